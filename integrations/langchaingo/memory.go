package langchaingo

import (
	"context"

	"github.com/tmc/langchaingo/schema"

	langshark "github.com/langshark/langshark-go"
)

// WrapMemory returns m with loads, saves and clears recorded as spans. Only
// those below an observation are: the library loads and saves around a chain's
// call, and a trace of its own for each would say little. Start a trace first.
func WrapMemory(m schema.Memory, opts ...Option) schema.Memory {
	if isNil(m) {
		return m
	}
	if _, ok := m.(*memory); ok {
		return m
	}
	return &memory{m, newOptions(opts)}
}

type memory struct {
	inner   schema.Memory
	options *options
}

// GetMemoryKey is that of the wrapped memory.
func (m *memory) GetMemoryKey(ctx context.Context) string { return m.inner.GetMemoryKey(ctx) }

// MemoryVariables are those of the wrapped memory.
func (m *memory) MemoryVariables(ctx context.Context) []string { return m.inner.MemoryVariables(ctx) }

// LoadMemoryVariables records the call of the wrapped memory.
func (m *memory) LoadMemoryVariables(ctx context.Context, inputs map[string]any) (map[string]any, error) {
	below, span := m.begin(ctx, "memory load")
	if span == nil {
		return m.inner.LoadMemoryVariables(ctx, inputs)
	}
	m.options.input(span, valuesOf(inputs))
	return observed(span, func(out map[string]any) {
		if out != nil {
			m.options.output(span, valuesOf(out))
		}
	}, func() (map[string]any, error) { return m.inner.LoadMemoryVariables(below, inputs) })
}

// SaveContext records the call of the wrapped memory.
func (m *memory) SaveContext(ctx context.Context, inputs, outputs map[string]any) error {
	below, span := m.begin(ctx, "memory save")
	if span == nil {
		return m.inner.SaveContext(ctx, inputs, outputs)
	}
	if !m.options.noInput {
		span.SetInput(map[string]any{"inputs": valuesOf(inputs), "outputs": valuesOf(outputs)})
	}
	return without(span, func() error { return m.inner.SaveContext(below, inputs, outputs) })
}

// Clear records the call of the wrapped memory.
func (m *memory) Clear(ctx context.Context) error {
	below, span := m.begin(ctx, "memory clear")
	if span == nil {
		return m.inner.Clear(ctx)
	}
	return without(span, func() error { return m.inner.Clear(below) })
}

// without is observed for a call without a result.
func without(h handle, call func() error) error {
	_, err := observed(h, func(struct{}) {}, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

func (m *memory) begin(ctx context.Context, name string) (context.Context, *langshark.Span) {
	client := m.options.recorder(ctx)
	if client == nil || langshark.ObservationID(ctx) == "" {
		return ctx, nil
	}
	return m.options.start(ctx, client, langshark.KindSpan, name)
}
