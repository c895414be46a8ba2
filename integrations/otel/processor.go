package otel

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/langshark/langshark-go"
)

// SpanProcessor records the spans of a TracerProvider as observations. Make
// one with [NewSpanProcessor].
type SpanProcessor struct {
	client *langshark.Client
	filter func(sdktrace.ReadOnlySpan) bool
}

var _ sdktrace.SpanProcessor = (*SpanProcessor)(nil)

// Option changes what a [SpanProcessor] records.
type Option func(*SpanProcessor)

// WithFilter records the spans that keep returns true for. Defaults to [LLMSpans].
func WithFilter(keep func(sdktrace.ReadOnlySpan) bool) Option {
	return func(p *SpanProcessor) {
		if keep != nil {
			p.filter = keep
		}
	}
}

// NewSpanProcessor returns a processor that records to the client, which the
// application shuts down itself. A nil client is the default one, looked up for
// each span.
func NewSpanProcessor(c *langshark.Client, opts ...Option) *SpanProcessor {
	p := &SpanProcessor{client: c, filter: LLMSpans}
	for _, o := range opts {
		o(p)
	}
	return p
}

// AllSpans is a filter that keeps every span.
func AllSpans(sdktrace.ReadOnlySpan) bool { return true }

var llmPrefixes = []string{"gen_ai.", "openinference.", "langfuse.", "llm.", "ai.", "traceloop.", "genkit:", "mlflow.span", "pydantic_ai."}

// LLMSpans is a filter that keeps spans with an attribute about LLMs.
func LLMSpans(s sdktrace.ReadOnlySpan) bool {
	for _, kv := range s.Attributes() {
		for _, p := range llmPrefixes {
			if strings.HasPrefix(string(kv.Key), p) {
				return true
			}
		}
	}
	return false
}

// OnStart does nothing.
func (p *SpanProcessor) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd records the span. It never blocks and never panics.
func (p *SpanProcessor) OnEnd(s sdktrace.ReadOnlySpan) {
	c := p.client
	if c == nil {
		c = langshark.Default()
	}
	if !c.Enabled() || !s.SpanContext().IsSampled() {
		return
	}
	defer func() { _ = recover() }() // a filter is the application's
	if p.filter(s) {
		c.RecordObservation(observation(s))
	}
}

// ForceFlush waits until what was recorded has arrived.
func (p *SpanProcessor) ForceFlush(ctx context.Context) error {
	if p.client == nil {
		return langshark.Default().Flush(ctx) //nolint:wrapcheck // it is the client's
	}
	return p.client.Flush(ctx) //nolint:wrapcheck // it is the client's
}

// Shutdown does what ForceFlush does: the client may be used by others.
func (p *SpanProcessor) Shutdown(ctx context.Context) error { return p.ForceFlush(ctx) }

// attributes are a span's, by name.
type attributes map[string]attribute.Value

// take returns the first of the names that is there, and forgets it.
func (a attributes) take(names ...string) (attribute.Value, bool) {
	for _, name := range names {
		if v, ok := a[name]; ok {
			delete(a, name)
			return v, true
		}
	}
	return attribute.Value{}, false
}

func (a attributes) text(names ...string) string {
	v, ok := a.take(names...)
	if !ok {
		return ""
	}
	return v.String()
}

// number takes a whole number; one that is given as text is read.
func (a attributes) number(names ...string) int64 {
	v, ok := a.take(names...)
	if !ok {
		return 0
	}
	return wholeNumber(v)
}
