package llmhttp

import (
	"context"
	"encoding/json"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/internal/jsonx"
	"github.com/langshark/langshark-go/internal/llmwire"
	"github.com/langshark/langshark-go/internal/toolcalls"
)

// ToolCall is a call of a tool that a model asked for.
type ToolCall struct {
	// ID is the provider's name for the call; empty where it gives none, as Ollama.
	ID string
	// Name is that of the tool.
	Name string
	// Arguments are what the model says, JSON as a rule.
	Arguments string
}

// StartTool starts the observation of a tool that runs because a model asked for
// it, named like the tool, with the arguments as its input, and linked to the
// generation that asked: metadata langshark.generation_id and
// gen_ai.tool.call.id. End it when the tool has answered.
//
// An observation of kind tool that is started in any other way, as by
// [langshark.Observe] with [langshark.WithKind], is linked too if it has the
// tool's name.
func StartTool(ctx context.Context, call ToolCall, opts ...langshark.SpanOption) (context.Context, *langshark.Span) {
	client := langshark.FromContext(ctx)
	if !client.Recording(ctx) {
		return client.StartObservation(ctx, langshark.KindTool, call.Name, opts...)
	}
	asked, found := toolcalls.Take(wanted(ctx, call, true))
	all := make([]langshark.SpanOption, 0, len(opts)+4)
	all = append(all, langshark.WithInput(arguments(call.Arguments)), langshark.WithMetadata("gen_ai.operation.name", "execute_tool"))
	if call.ID != "" {
		all = append(all, langshark.WithMetadata("gen_ai.tool.call.id", call.ID))
	}
	if found {
		all = append(all, langshark.WithMetadata("langshark.generation_id", asked.Generation))
	}
	return client.StartObservation(toolcalls.With(ctx, toolcalls.Call{}), langshark.KindTool, call.Name, append(all, opts...)...)
}

// wanted says which call a tool that starts with ctx runs for.
func wanted(ctx context.Context, call ToolCall, exact bool) toolcalls.Wanted {
	return toolcalls.Wanted{
		Trace: langshark.TraceID(ctx), Parent: langshark.ObservationID(ctx), ID: call.ID, Name: call.Name, Arguments: compact(call.Arguments),
		Exact: exact,
	}
}

// compact returns JSON as it is recorded, another text as it is.
func compact(text string) string {
	b, _, _, err := jsonx.AppendCompact(nil, []byte(text), "")
	if err != nil {
		return text
	}
	return string(b)
}

// arguments are JSON if that is what they are.
func arguments(text string) any {
	if raw := json.RawMessage(text); json.Valid(raw) {
		return raw
	}
	return text
}

// recordTools makes observations of the calls whose results a request brings.
func (c *call) recordTools(client *langshark.Client, at time.Time) {
	if !c.options.noTools && toolcalls.Any() {
		c.options.inferTools(c.ctx, client, c.request.ToolResults, at)
	}
}

// inferTools makes observations of the calls whose results an application
// sends, unless it recorded them itself. How long a tool ran isn't known: from
// the answer that asked for it to the request at the latest.
func (o *options) inferTools(ctx context.Context, client *langshark.Client, results []llmwire.ToolResult, at time.Time) {
	for i := range results {
		r := &results[i]
		call, ok := toolcalls.Take(wanted(ctx, ToolCall{ID: r.ID, Name: r.Name}, false))
		if !ok {
			continue
		}
		opts := []langshark.SpanOption{
			langshark.WithStartTime(call.At),
			langshark.WithMetadata("gen_ai.operation.name", "execute_tool"),
			langshark.WithMetadata("langshark.generation_id", call.Generation),
			langshark.WithMetadata("langshark.inferred", true),
		}
		if o.capture != langshark.CaptureDefault {
			opts = append(opts, langshark.WithCapture(o.capture))
		}
		if !o.noInput { // both are part of this request's input
			opts = append(opts, langshark.WithInput(arguments(call.Arguments)), langshark.WithOutput(r.Output))
		}
		if call.ID != "" {
			opts = append(opts, langshark.WithMetadata("gen_ai.tool.call.id", call.ID))
		}
		if r.Failed {
			opts = append(opts, langshark.WithLevel(langshark.LevelError))
		}
		_, span := client.StartObservation(toolcalls.With(ctx, toolcalls.Call{}), langshark.KindTool, call.Name, opts...)
		span.EndAt(at)
	}
}
