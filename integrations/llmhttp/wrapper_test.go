package llmhttp

import (
	"context"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

// What a wrapper records above the client is not recorded once more below it,
// but for what the application asks in between.
func TestRecordedElsewhere(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	off := ContextWithRecording(rec.Context(), false)
	for _, ctx := range []context.Context{off, ContextWithRecording(off, true), rec.Context()} {
		send(ctx, t, NewTransport(respond(200, "application/json", stream(answer))), ask+`}`)
	}
	if n := len(rec.Observations()); n != 2 {
		t.Errorf("recorded:\n%s", rec.Tree())
	}
}

// Calls that a wrapper has seen are linked as those that a transport has seen.
func TestToolCallsOfAWrapper(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, root := langshark.StartTrace(rec.Context(), "turn")
	_, g := langshark.StartGeneration(ctx, "answer")
	ToolCallsAsked(g, ToolCall{"1", "weather", `"서울"`}, ToolCall{"2", "weather", `"부산"`}, ToolCall{"3", "weather", `"대구"`}, ToolCall{"4", "weather", `"인천"`}, ToolCall{"5", "weather", `"제주"`})
	g.End()
	for i, run := range []func() *langshark.Span{
		func() *langshark.Span {
			_, s := langshark.StartObservation(ContextWithToolCall(ctx, ToolCall{ID: "2"}), langshark.KindTool, "other name")
			return s
		},
		func() *langshark.Span {
			_, s := langshark.StartObservation(ContextWithToolCall(ctx, ToolCall{Name: "weather", Arguments: `"대구"`}), langshark.KindTool, "weather")
			return s
		},
		func() *langshark.Span {
			_, s := langshark.StartObservation(ctx, langshark.KindTool, "weather")
			return s
		},
		func() *langshark.Span {
			_, s := StartTool(ctx, ToolCall{ID: "5", Name: "weather"})
			return s
		},
	} {
		span := run()
		span.End()
		for _, o := range rec.Observations() {
			if o.ID == span.ID() {
				want(t, o, map[string]string{"langshark.generation_id": `"` + g.ID() + `"`, "gen_ai.tool.call.id": []string{`"2"`, `"3"`, `"1"`, `"5"`}[i]})
			}
		}
	}
	if unknown := ContextWithToolCall(ctx, ToolCall{ID: "2"}); unknown != ctx {
		t.Error("a call was taken twice")
	}
	results := []ToolResult{{ID: "2", Output: "taken"}, {ID: "4", Output: "맑음 <&>", Failed: true}, {ID: "9"}}
	for range 2 {
		RecordToolResults(ctx, results, WithoutTools())
		RecordToolResults(ctx, results)
	}
	root.End()
	inferred := 0
	for _, o := range rec.Observations() {
		if langsharktest.Metadata(o, "langshark.inferred") != "" {
			inferred++
			if o.Level != langshark.LevelError || langsharktest.JSON(o.Input) != `"인천"` || langsharktest.JSON(o.Output) != `"맑음 <&>"` {
				t.Errorf("%+v", o)
			}
		}
	}
	if inferred != 1 {
		t.Errorf("recorded:\n%s", rec.Tree())
	}
	// The only one that waits is found too.
	ToolCallsAsked(g, ToolCall{ID: "6", Name: "alone"})
	_, span := langshark.StartObservation(ContextWithToolCall(ctx, ToolCall{Name: "alone"}), langshark.KindTool, "alone")
	span.End()
	want(t, rec.RequireObservation("alone"), map[string]string{"gen_ai.tool.call.id": `"6"`})
	ToolCallsAsked(nil, ToolCall{Name: "weather"})
	RecordToolResults(t.Context(), results)
}
