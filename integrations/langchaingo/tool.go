package langchaingo

import (
	"context"

	"github.com/tmc/langchaingo/tools"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
)

// WrapTool returns t with each call recorded as a tool of t's name: what the
// model gave it and what it returned, linked to the generation that asked for it
// (metadata langshark.generation_id and gen_ai.tool.call.id), if one in the same
// trace has asked for a tool of this name. Below a [WrapExecutor] tools are wrapped
// already.
func WrapTool(t tools.Tool, opts ...Option) tools.Tool {
	if isNil(t) {
		return t
	}
	if _, ok := t.(*tool); ok {
		return t
	}
	return &tool{t, newOptions(opts)}
}

// WrapTools is [WrapTool] for all of a list, which stays as it is.
func WrapTools(ts []tools.Tool, opts ...Option) []tools.Tool {
	if ts == nil {
		return nil
	}
	all := make([]tools.Tool, len(ts))
	for i, t := range ts {
		all[i] = WrapTool(t, opts...)
	}
	return all
}

type tool struct {
	inner   tools.Tool
	options *options
}

// Name is that of the wrapped tool.
func (t *tool) Name() string { return t.inner.Name() }

// Description is that of the wrapped tool.
func (t *tool) Description() string { return t.inner.Description() }

// Call records the call of the wrapped tool.
func (t *tool) Call(ctx context.Context, input string) (string, error) {
	client := t.options.recorder(ctx)
	if client == nil {
		return t.inner.Call(ctx, input)
	}
	steps := stepsFrom(ctx)
	step := steps.acting(t.inner.Name(), input)
	call := llmhttp.ToolCall{Name: t.inner.Name(), Arguments: input}
	if step != nil {
		call = llmhttp.ToolCall{ID: step.action.ToolID, Name: step.Tool, Arguments: step.Input}
	}
	if ctx != nil {
		ctx = llmhttp.ContextWithToolCall(ctx, call)
	}
	below, span := t.options.start(ctx, client, langshark.KindTool, t.inner.Name())
	span.SetMetadata("gen_ai.operation.name", "execute_tool")
	if call.ID != "" {
		span.SetMetadata("gen_ai.tool.call.id", call.ID)
	}
	t.options.input(span, input)
	failed := false
	return observed(span, func(out string) {
		if out != "" || !failed {
			t.options.output(span, out)
		}
		steps.observed(step, out)
	}, func() (string, error) {
		out, err := t.inner.Call(below, input)
		failed = err != nil
		return out, err
	})
}
