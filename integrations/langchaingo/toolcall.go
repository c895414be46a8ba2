package langchaingo

import (
	"context"
	"slices"

	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
)

// asks makes the calls of tools in an answer known, so that the tools that run
// for them are linked to this generation.
func (c *modelCall) asks(r *llms.ContentResponse) {
	c.mu.Lock()
	known := c.asked // by a wrapped model within
	c.mu.Unlock()
	calls := callsIn(r)
	if !known && len(calls) > 0 {
		llmhttp.ToolCallsAsked(c.Generation, calls...)
	}
	for o := c.outer; o != nil; o = o.outer {
		o.mu.Lock()
		o.asked = o.asked || len(calls) > 0
		o.mu.Unlock()
	}
	c.steps.asked(c.Generation, len(calls) > 0)
}

func callsIn(r *llms.ContentResponse) (all []llmhttp.ToolCall) {
	for _, choice := range r.Choices {
		if choice == nil {
			continue
		}
		for _, c := range choice.ToolCalls {
			if c.FunctionCall != nil {
				all = append(all, llmhttp.ToolCall{ID: c.ID, Name: c.FunctionCall.Name, Arguments: c.FunctionCall.Arguments})
			}
		}
		if f := choice.FuncCall; f != nil && len(choice.ToolCalls) == 0 {
			all = append(all, llmhttp.ToolCall{Name: f.Name, Arguments: f.Arguments})
		}
	}
	return all
}

// sent records the tools whose results are among the messages, and that nobody recorded.
func (o *options) sent(ctx context.Context, client *langshark.Client, messages []llms.MessageContent) {
	if o.noTools || ctx == nil {
		return
	}
	results := resultsIn(messages)
	if len(results) == 0 {
		return
	}
	opts := []llmhttp.Option{llmhttp.WithClient(client), llmhttp.WithCapture(o.capture)}
	if o.noInput {
		opts = append(opts, llmhttp.WithoutInput())
	}
	safely(func() { llmhttp.RecordToolResults(ctx, results, opts...) })
}

// resultsIn takes the results since the application's user spoke last; those
// that only a name tells apart, since the model did: those before were sent already.
func resultsIn(messages []llms.MessageContent) (all []llmhttp.ToolResult) {
	named := true
	for _, m := range slices.Backward(messages) {
		if m.Role == llms.ChatMessageTypeHuman || m.Role == llms.ChatMessageTypeSystem {
			break
		}
		named = named && m.Role != llms.ChatMessageTypeAI
		for _, part := range slices.Backward(m.Parts) {
			if r, ok := uncached(part).(llms.ToolCallResponse); ok && (named || r.ToolCallID != "") {
				all = append(all, llmhttp.ToolResult{ID: r.ToolCallID, Name: r.Name, Output: r.Content})
			}
		}
	}
	slices.Reverse(all)
	return all
}
