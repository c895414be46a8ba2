package llmhttp

import (
	"context"
	"strings"
	"sync"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/langsharktest"
)

const (
	twoCalls = `{"id":"c","model":"gpt-4o","choices":[{"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"서울\"}"}},` +
		`{"id":"call_2","type":"function","function":{"name":"weather","arguments":"{\"city\":\"부산\"}"}}]},"finish_reason":"tool_calls"}]}`
	twoResults = `{"model":"gpt-4o","messages":[{"role":"user","content":"?"},{"role":"assistant","tool_calls":[]},` +
		`{"role":"tool","tool_call_id":"call_2","content":"비"},{"role":"tool","tool_call_id":"call_1","content":"맑음"}]}`
)

// tools returns the observations of tools by their input.
func tools(rec *langsharktest.Recorder) map[string]*exporter.Observation {
	all := map[string]*exporter.Observation{}
	for _, o := range rec.Observations() {
		if o.Kind == langshark.KindTool {
			all[langsharktest.JSON(o.Input)] = o
		}
	}
	return all
}

// turn has the model ask for tools, runs them, and sends what they answered.
func turn(ctx context.Context, t *testing.T, run func(ctx context.Context), opts ...Option) {
	t.Helper()
	send(ctx, t, NewTransport(respond(200, "application/json", stream(twoCalls)), opts...), ask+`}`)
	run(ctx)
	for range 2 { // the history is sent again and again
		send(ctx, t, NewTransport(respond(200, "application/json", stream(answer)), opts...), twoResults)
	}
}

func TestToolsAreInferred(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, root := langshark.StartTrace(rec.Context(), "turn")
	turn(ctx, t, func(context.Context) {})
	root.End()
	all := tools(rec)
	if len(all) != 2 {
		t.Fatalf("tools:\n%s", rec.Tree())
	}
	var asking string
	for _, o := range rec.Observations() {
		if strings.Contains(langsharktest.JSON(o.Output), "call_1") {
			asking = o.ID
		}
	}
	for in, tt := range map[string]struct{ id, out string }{`{"city":"서울"}`: {"call_1", "맑음"}, `{"city":"부산"}`: {"call_2", "비"}} {
		o := all[in]
		if o == nil || o.Name != "weather" || langsharktest.JSON(o.Output) != `"`+tt.out+`"` || o.ParentID != root.ObservationID() || o.End.Before(o.Start) {
			t.Fatalf("%s: %+v", in, o)
		}
		want(t, o, map[string]string{
			"gen_ai.tool.call.id": `"` + tt.id + `"`, "langshark.generation_id": `"` + asking + `"`, "langshark.inferred": "true", "gen_ai.operation.name": `"execute_tool"`,
		})
	}
}

func TestToolsOfTheApplication(t *testing.T) {
	weather := langshark.Observe("weather", func(_ context.Context, in map[string]string) (string, error) {
		return "ok " + in["city"], nil
	}, langshark.WithKind(langshark.KindTool))
	for name, run := range map[string]func(ctx context.Context){
		"StartTool, in any order": func(ctx context.Context) {
			for _, call := range []ToolCall{{"call_2", "weather", `{"city":"부산"}`}, {"call_1", "weather", `{"city":"서울"}`}} {
				_, span := StartTool(ctx, call)
				span.SetOutput("ok")
				span.End()
			}
		},
		"observed, at the same time": func(ctx context.Context) {
			var wg sync.WaitGroup
			both := make(chan struct{})
			at := langshark.Observe("weather", func(_ context.Context, in map[string]string) (string, error) {
				if in["city"] == "서울" {
					<-both // the first to begin is the last to end
				} else {
					close(both)
				}
				return "ok", nil
			}, langshark.WithKind(langshark.KindTool))
			for _, city := range []string{"부산", "서울"} {
				wg.Go(func() { _, _ = at(ctx, map[string]string{"city": city}) })
			}
			wg.Wait()
		},
		"observed, by name": func(ctx context.Context) {
			_, _ = weather(ctx, map[string]string{"city": "서울"})
			_, _ = weather(ctx, map[string]string{"city": "부산"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec := langsharktest.NewRecorder(t)
			ctx, root := langshark.StartTrace(rec.Context(), "turn")
			turn(ctx, t, run)
			root.End()
			all := tools(rec)
			if len(all) != 2 {
				t.Fatalf("tools:\n%s", rec.Tree())
			}
			want(t, all[`{"city":"서울"}`], map[string]string{"gen_ai.tool.call.id": `"call_1"`, "langshark.inferred": ""})
			want(t, all[`{"city":"부산"}`], map[string]string{"gen_ai.tool.call.id": `"call_2"`, "langshark.inferred": ""})
			for _, o := range all {
				if langsharktest.Metadata(o, "langshark.generation_id") == "" {
					t.Errorf("no generation: %+v", o)
				}
			}
		})
	}
}

func TestWithoutTools(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, root := langshark.StartTrace(rec.Context(), "turn")
	turn(ctx, t, func(context.Context) {}, WithoutTools())
	root.End()
	if n := len(tools(rec)); n != 0 {
		t.Errorf("%d tools", n)
	}
}

// What the application must not record of messages is not recorded of tools either.
func TestToolsWithoutContent(t *testing.T) {
	for name, opt := range map[string]Option{"input": WithoutInput(), "capture": WithCapture(langshark.CaptureNone)} {
		rec := langsharktest.NewRecorder(t)
		ctx, root := langshark.StartTrace(rec.Context(), "turn")
		turn(ctx, t, func(context.Context) {}, opt)
		root.End()
		for _, o := range rec.Observations() {
			if o.Kind == langshark.KindTool && (!o.Input.IsZero() || !o.Output.IsZero()) {
				t.Errorf("%s: %s %s", name, langsharktest.JSON(o.Input), langsharktest.JSON(o.Output))
			}
		}
	}
}

// Without a client, and in another trace, a tool is an observation like any other.
func TestStartToolAlone(t *testing.T) {
	if ctx, span := StartTool(t.Context(), ToolCall{Name: "f"}); span != nil || ctx != t.Context() {
		t.Error("recorded without a client")
	}
	rec := langsharktest.NewRecorder(t)
	_, span := StartTool(rec.Context(), ToolCall{ID: "call_1", Name: "weather", Arguments: "not JSON"}, langshark.WithMetadata("k", 1))
	span.End()
	o := rec.RequireObservation("weather")
	if o.Kind != langshark.KindTool || langsharktest.JSON(o.Input) != `"not JSON"` {
		t.Errorf("got %+v", o)
	}
	want(t, o, map[string]string{"gen_ai.tool.call.id": `"call_1"`, "langshark.generation_id": "", "k": "1"})
}
