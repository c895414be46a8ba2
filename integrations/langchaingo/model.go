package langchaingo

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
)

// WrapModel returns m with each call recorded as a generation: model, options,
// messages, answer, usage, and the time to first token of streams, which go on
// to the application's own functions. If m is an [llms.ReasoningModel], so is
// what it returns.
//
// A call's options are read once more than the library does, so an
// [llms.CallOption] must only set what it is for.
func WrapModel(m llms.Model, opts ...Option) llms.Model {
	if isNil(m) {
		return m
	}
	switch m.(type) {
	case *model, *reasoningModel:
		return m
	}
	w := &model{inner: m, options: newOptions(opts), provider: provider(m), asCall: callsGenerate(m)}
	if w.options.model == "" {
		w.options.model = fieldOf(m, "model", "modelID", "Model", "DefaultModel")
	}
	if r, ok := m.(llms.ReasoningModel); ok {
		return &reasoningModel{w, r}
	}
	return w
}

type model struct {
	inner    llms.Model
	options  *options
	provider string
	asCall   bool
}

type reasoningModel struct {
	*model
	reasoning llms.ReasoningModel
}

// SupportsReasoning is that of the wrapped model.
func (m *reasoningModel) SupportsReasoning() bool { return m.reasoning.SupportsReasoning() }

// GenerateContent records the call of the wrapped model.
func (m *model) GenerateContent(ctx context.Context, messages []llms.MessageContent, opts ...llms.CallOption) (*llms.ContentResponse, error) {
	client := m.options.recorder(ctx)
	if client == nil {
		return m.inner.GenerateContent(ctx, messages, opts...)
	}
	ctx, call := m.begin(ctx, client, opts)
	if call.generation == nil { // the trace isn't sampled
		return m.inner.GenerateContent(ctx, messages, opts...)
	}
	if !m.options.noInput {
		call.generation.SetInput(requestOf(messages, &call.request))
	}
	return observed(call.generation, call.answered, func() (*llms.ContentResponse, error) {
		return m.inner.GenerateContent(ctx, messages, call.with(opts)...)
	})
}

// Call records the call of the wrapped model.
func (m *model) Call(ctx context.Context, prompt string, opts ...llms.CallOption) (string, error) {
	client := m.options.recorder(ctx)
	if client == nil {
		return m.inner.Call(ctx, prompt, opts...) //nolint:staticcheck // the application asks for it
	}
	if m.asCall {
		return llms.GenerateFromSinglePrompt(ctx, m, prompt, opts...)
	}
	ctx, call := m.begin(ctx, client, opts)
	if call.generation == nil {
		return m.inner.Call(ctx, prompt, opts...) //nolint:staticcheck // the application asks for it
	}
	m.options.input(call.generation, []langshark.Message{{Role: "user", Content: prompt}})
	return observed(call.generation, call.said, func() (string, error) {
		return m.inner.Call(ctx, prompt, call.with(opts)...) //nolint:staticcheck // as above
	})
}

// maxHeard bounds what is kept of a stream, in bytes, for when it breaks off.
const maxHeard = 1 << 20

// modelCall is one call under way.
type modelCall struct {
	options    *options
	generation *langshark.Generation
	request    llms.CallOptions

	mu              sync.Mutex
	text, reasoning strings.Builder // what a stream has brought
}

func (m *model) begin(ctx context.Context, client *langshark.Client, opts []llms.CallOption) (context.Context, *modelCall) {
	c := &modelCall{options: m.options, request: optionsOf(opts)}
	asked := c.request.Model
	if asked == "" {
		asked = m.options.model
	}
	name := "chat"
	if asked != "" {
		name += " " + asked
	}
	ctx, c.generation = client.StartGeneration(ctx, m.options.named(name), langshark.WithCapture(m.options.capture))
	g := c.generation
	if g == nil {
		return ctx, c
	}
	g.SetMetadata("gen_ai.operation.name", "chat")
	if m.provider != "" {
		g.SetMetadata("gen_ai.provider.name", m.provider)
	}
	if asked != "" {
		g.SetModel(asked)
		g.SetMetadata("gen_ai.request.model", asked)
	}
	if p := parametersOf(&c.request); len(p) > 0 {
		g.SetModelParameters(p)
	}
	stepsFrom(ctx).asked(g.ID())
	return covered(ctx, langshark.KindGeneration), c
}

// with adds the option that listens to a stream, if the application asks for one.
func (c *modelCall) with(opts []llms.CallOption) []llms.CallOption {
	return append(slices.Clip(opts), c.listen)
}

// listen is applied last, so that it finds the application's functions.
func (c *modelCall) listen(o *llms.CallOptions) {
	stream, reasoning := o.StreamingFunc, o.StreamingReasoningFunc
	if stream != nil {
		o.StreamingFunc = func(ctx context.Context, chunk []byte) error {
			c.heard(nil, chunk)
			return stream(ctx, chunk)
		}
	}
	if reasoning != nil {
		o.StreamingReasoningFunc = func(ctx context.Context, thought, chunk []byte) error {
			if stream != nil {
				c.heard(thought, nil) // the chunk comes by the other function too
			} else {
				c.heard(thought, chunk)
			}
			return reasoning(ctx, thought, chunk)
		}
	}
}

func (c *modelCall) heard(thought, chunk []byte) {
	if len(thought) == 0 && len(chunk) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.text.Len() == 0 && c.reasoning.Len() == 0 {
		c.generation.FirstToken()
	}
	if c.text.Len()+c.reasoning.Len() < maxHeard {
		c.text.Write(chunk)
		c.reasoning.Write(thought)
	}
}

// answered records the answer; of a stream that broke off, what came.
func (c *modelCall) answered(r *llms.ContentResponse) {
	g := c.generation
	if r == nil || len(r.Choices) == 0 {
		c.said("")
		return
	}
	c.options.output(g, answerOf(r))
	if reasons := stopReasons(r); len(reasons) > 0 {
		g.SetMetadata("gen_ai.response.finish_reasons", reasons)
	}
	if u, ok := usageOf(r); ok {
		g.SetUsage(u)
	}
	if name := answeredBy(r); name != "" {
		g.SetModel(name)
	}
}

func (c *modelCall) said(text string) {
	c.mu.Lock()
	m := langshark.Message{Role: "assistant", Content: text, Reasoning: c.reasoning.String()}
	if text == "" {
		m.Content = c.text.String()
	}
	c.mu.Unlock()
	if m.Content != "" || m.Reasoning != "" {
		c.options.output(c.generation, m)
	}
}
