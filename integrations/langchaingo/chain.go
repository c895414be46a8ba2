package langchaingo

import (
	"context"
	"maps"

	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/schema"

	langshark "github.com/langshark/langshark-go"
)

// WrapChain returns c with each call recorded as a chain: its values, those of
// memory included, and its result. Run it by [chains.Call], [chains.Run] or
// [chains.Predict], or as part of another chain.
//
// These load and save memory around the call, so that a wrapped memory stands
// beside the chain and not below it.
func WrapChain(c chains.Chain, opts ...Option) chains.Chain {
	if isNil(c) {
		return c
	}
	switch c.(type) {
	case *chain, *executor:
		return c
	}
	return &chain{c, newOptions(opts), typeName(c)}
}

type chain struct {
	inner   chains.Chain
	options *options
	name    string
}

// Call records the call of the wrapped chain.
func (c *chain) Call(ctx context.Context, inputs map[string]any, opts ...chains.ChainCallOption) (map[string]any, error) {
	client := c.options.recorder(ctx)
	if client == nil {
		return c.inner.Call(ctx, inputs, opts...)
	}
	below, span := c.options.start(ctx, client, langshark.KindChain, c.name)
	c.options.input(span, valuesOf(inputs))
	return observed(span, func(out map[string]any) {
		if out != nil {
			c.options.output(span, valuesOf(out))
		}
	}, func() (map[string]any, error) { return c.inner.Call(below, inputs, opts...) })
}

// GetMemory is that of the wrapped chain.
func (c *chain) GetMemory() schema.Memory { return c.inner.GetMemory() }

// GetInputKeys are those of the wrapped chain.
func (c *chain) GetInputKeys() []string { return c.inner.GetInputKeys() }

// GetOutputKeys are those of the wrapped chain.
func (c *chain) GetOutputKeys() []string { return c.inner.GetOutputKeys() }

// GetCallbackHandler is that of the wrapped chain, unless it is a [Handler],
// which would record the chain a second time.
func (c *chain) GetCallbackHandler() callbacks.Handler { return handlerOf(c.inner) }

func handlerOf(c chains.Chain) callbacks.Handler {
	h, ok := c.(callbacks.HandlerHaver)
	if !ok {
		return nil
	}
	handler := h.GetCallbackHandler()
	if _, ours := handler.(*Handler); ours {
		return nil
	}
	return handler
}

// valuesOf gives documents, steps and messages among a chain's values the form in which they are recorded.
func valuesOf(values map[string]any) map[string]any {
	var changed map[string]any
	for key, v := range values {
		var form any
		switch v := v.(type) {
		case []schema.Document:
			form = documentsOf(v)
		case []schema.AgentStep:
			form = stepsOf(v)
		case []llms.ChatMessage:
			form = historyOf(v)
		case []llms.MessageContent:
			form = messagesOf(v)
		default:
			continue
		}
		if changed == nil {
			changed = maps.Clone(values)
		}
		changed[key] = form
	}
	if changed != nil {
		return changed
	}
	return values
}
