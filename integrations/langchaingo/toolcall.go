package langchaingo

import (
	"context"

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

// resultsIn takes the results after the last message of the model: those before were sent already.
func resultsIn(messages []llms.MessageContent) (all []llmhttp.ToolResult) {
	from := len(messages)
	for from > 0 && messages[from-1].Role != llms.ChatMessageTypeAI {
		from--
	}
	for _, m := range messages[from:] {
		for _, part := range m.Parts {
			if r, ok := uncached(part).(llms.ToolCallResponse); ok {
				all = append(all, llmhttp.ToolResult{ID: r.ToolCallID, Name: r.Name, Output: r.Content})
			}
		}
	}
	return all
}
