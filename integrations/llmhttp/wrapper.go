package llmhttp

import (
	"context"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/internal/jsonx"
	"github.com/langshark/langshark-go/internal/llmwire"
	"github.com/langshark/langshark-go/internal/toolcalls"
)

// What is in this file is for integrations that record the calls of a model
// themselves, above the client that makes the requests.

type recordingKey struct{}

// ContextWithRecording says whether a [Transport] records the calls made with
// the context it returns. Turn it off for what is recorded by other means
// already, and on again where such a context reaches the application's own code.
func ContextWithRecording(ctx context.Context, on bool) context.Context {
	return context.WithValue(ctx, recordingKey{}, on)
}

// isRecordedElsewhere reports whether a wrapper records the calls made with ctx.
func isRecordedElsewhere(ctx context.Context) bool {
	on, said := ctx.Value(recordingKey{}).(bool)
	return said && !on
}

// ToolCallsAsked says that a generation asked for these calls of tools, which
// then are linked to it as those that a [Transport] has seen; see [StartTool].
func ToolCallsAsked(g *langshark.Generation, calls ...ToolCall) {
	if g == nil {
		return
	}
	at := time.Now()
	for _, c := range calls {
		toolcalls.Asked(toolcalls.Call{Trace: g.TraceID(), Parent: g.ParentID(), ID: c.ID, Name: c.Name, Arguments: c.Arguments, Generation: g.ID(), At: at})
	}
}

// ContextWithToolCall says that the next observation of kind tool started with
// the context it returns is that of a call which a model asked for: the one of
// this id or, if that is empty, of this name, preferably with these arguments.
// The context is returned as it is if no model of its trace is known to have asked.
// [StartTool] needs no such context.
func ContextWithToolCall(ctx context.Context, call ToolCall) context.Context {
	asked, ok := toolcalls.Take(wanted(ctx, call, true))
	if !ok {
		return ctx
	}
	return toolcalls.With(ctx, asked)
}

// ToolResult is what a tool answered, as the application sends it to the model.
type ToolResult struct {
	// ID is the provider's name for the call; empty where it gives none.
	ID string
	// Name is that of the tool. It is needed only without ID.
	Name string
	// Output is the answer.
	Output string
	// Failed says that it tells of a failure.
	Failed bool
}

// RecordToolResults records the calls of tools whose results are about to be
// sent to a model, as far as they were asked for in the trace of ctx and have no
// observation yet; see the package's comment. Of the options only [WithClient],
// [WithCapture], [WithoutInput] and [WithoutTools] have an effect.
func RecordToolResults(ctx context.Context, results []ToolResult, opts ...Option) {
	if len(results) == 0 || !toolcalls.Any() {
		return
	}
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	client := o.client
	if client == nil {
		client = langshark.FromContext(ctx)
	}
	if o.noTools || !client.Recording(ctx) {
		return
	}
	sent := make([]llmwire.ToolResult, len(results))
	for i, r := range results {
		sent[i] = llmwire.ToolResult{ID: r.ID, Name: r.Name, Output: jsonx.AppendString(nil, r.Output), Failed: r.Failed}
	}
	o.inferTools(ctx, client, sent, time.Now())
}
