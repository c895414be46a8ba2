package langchaingo

import (
	"context"
	"sync"

	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
)

// WrapModel returns m with each call recorded as a generation: model, options,
// messages, answer, usage, and the time to first token of streams, which go on
// to the application's own functions. If m is an [llms.ReasoningModel], so is
// what it returns.
//
// The calls of tools that it asks for are linked to the tools that run them; see
// [WrapTool]. Of a call whose result the application sends without having
// recorded a tool, one is made up (metadata langshark.inferred); see [WithoutTools].
//
// Requests of the wrapped model are not recorded once more by an
// [llmhttp.Transport] in its client.
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
	m.options.sent(ctx, client, messages)
	ctx, call := m.begin(ctx, client, opts)
	if call.Generation == nil { // the trace isn't sampled
		return m.inner.GenerateContent(ctx, messages, opts...)
	}
	if !m.options.noInput {
		call.SetInput(requestOf(messages, &call.request))
	}
	call.whole = len(messages) == 1 && call.request.StreamingFunc == nil
	return observed(call, call.answered, func() (r *llms.ContentResponse, err error) {
		r, err = m.inner.GenerateContent(ctx, messages, call.with(opts)...)
		call.failed = err != nil
		return r, err
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
	if call.Generation == nil {
		return m.inner.Call(ctx, prompt, opts...) //nolint:staticcheck // the application asks for it
	}
	m.options.input(call, []langshark.Message{{Role: "user", Content: prompt}})
	return observed(call, call.said, func() (string, error) {
		return m.inner.Call(ctx, prompt, call.with(opts)...) //nolint:staticcheck // as above
	})
}

// modelCall is one call under way, and the handle of its observation.
type modelCall struct {
	*langshark.Generation

	ctx      context.Context //nolint:containedctx // the application's, which may cancel the call
	options  *options
	provider string
	request  llms.CallOptions
	outer    *modelCall // the call of a wrapped model that this one is part of
	steps    *steps     // of the agent whose model it is
	failed   bool       // by an error that the application gets
	whole    bool       // the answer comes in one piece

	mu     sync.Mutex
	heard  heard
	asked  bool // the calls of tools are known
	stream bool
}

type modelCallKey struct{}

func (m *model) begin(ctx context.Context, client *langshark.Client, opts []llms.CallOption) (context.Context, *modelCall) {
	c := &modelCall{ctx: ctx, options: m.options, provider: m.provider, request: optionsOf(opts)}
	asked := c.request.Model
	if asked == "" {
		asked = m.options.model
	}
	name := "chat"
	if asked != "" {
		name += " " + asked
	}
	ctx, g := client.StartGeneration(ctx, m.options.named(name), langshark.WithCapture(m.options.capture))
	if g == nil {
		return ctx, c
	}
	c.Generation, c.steps = g, stepsFrom(ctx)
	c.outer, _ = ctx.Value(modelCallKey{}).(*modelCall)
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
	ctx = llmhttp.ContextWithRecording(context.WithValue(ctx, modelCallKey{}, c), false)
	return covered(ctx, langshark.KindGeneration), c
}

// SetError takes the end of the application's context for no failure of the model.
func (c *modelCall) SetError(err error) {
	c.Generation.SetError(err)
	if isCancelled(c.ctx, err) {
		c.SetLevel(langshark.LevelWarning)
	}
}

// answered records the answer; of a stream that broke off, what came.
func (c *modelCall) answered(r *llms.ContentResponse) {
	if r == nil || len(r.Choices) == 0 {
		c.ended(true)
		c.said("")
		return
	}
	reasons := stopReasons(r)
	if len(reasons) > 0 {
		c.SetMetadata("gen_ai.response.finish_reasons", reasons)
	}
	u, counted := usageOf(r)
	if counted {
		c.SetUsage(u)
		if c.provider == "gcp.gemini" && !c.whole {
			c.SetMetadata("langshark.usage.incomplete", true)
		}
	}
	if name := answeredBy(r); name != "" {
		c.SetModel(name)
	}
	c.ended(len(reasons) > 0 || !c.tellsReason() || counted && c.provider == "ollama")
	if m, ok := c.message(""); ok && !says(r) {
		c.options.output(c, m)
	} else {
		c.options.output(c, answerOf(r))
	}
	if !c.failed {
		c.asks(r)
	}
}

// tellsReason reports whether the library's client is known to tell why an
// answer ended, or its usage, if it did end.
func (c *modelCall) tellsReason() bool {
	switch c.provider {
	case "openai", "anthropic", "gcp.gemini", "mistral_ai", "ollama":
		return true
	}
	return false
}

func (c *modelCall) said(text string) {
	if m, ok := c.message(text); ok {
		c.options.output(c, m)
	}
}
