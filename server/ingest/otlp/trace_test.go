package otlp

import (
	"slices"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/merge"
)

// merged is what a trace is after its writes, in this order.
func merged(pieces ...store.Batch) store.TraceWrite {
	var trace merge.Trace
	for _, p := range pieces {
		for i := range p.Traces {
			trace.Apply(&p.Traces[i], store.Stamp{})
		}
	}
	trace.Settle()
	return trace.Fields
}

// TestSpansOfATraceInAnyOrder has a root that names itself, and a child that names the
// trace: what is said by name wins, whichever comes first.
func TestSpansOfATraceInAnyOrder(t *testing.T) {
	root := one(t, sent{name: "GET /chat", attrs: attrs{"input.value": "in", "output.value": "out", "user.id": "kim"}})
	child := one(t, sent{name: "child", parent: spanHex, id: "00000000000000c1", attrs: attrs{"langfuse.trace.name": "support", "session.id": "s", "tag.tags": "a, b", "input.value": "not the trace's", "langfuse.trace.metadata.k": "v"}})
	other := one(t, sent{name: "other", parent: spanHex, id: "00000000000000c2", attrs: attrs{"tag.tags": []string{"c"}}})
	pieces := []store.Batch{root, child, other}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}} {
		var sorted []store.Batch
		for _, i := range order {
			sorted = append(sorted, pieces[i])
		}
		w := merged(append(sorted, sorted...)...) // all of it twice
		if w.Name != "support" || w.UserID != "kim" || w.SessionID != "s" || string(w.Input) != `"in"` || string(w.Output) != `"out"` || !slices.Equal(w.Tags, []string{"a", "b", "c"}) || string(w.Metadata) != `{"k":"v"}` || w.Timestamp.Second() != 5 {
			t.Errorf("%v: %+v", order, w)
		}
	}
}

// TestEnvironment looks at the span, then at its resource.
func TestEnvironment(t *testing.T) {
	for want, s := range map[string]sent{
		"span":     {name: "n", attrs: attrs{"deployment.environment": "Span"}, resource: attrs{"langfuse.environment": "resource"}},
		"resource": {name: "n", resource: attrs{"langfuse.environment": "langfuse-Resource", "deployment.environment.name": "other"}},
		"old":      {name: "n", resource: attrs{"deployment.environment": "old"}},
		"":         {name: "n"},
	} {
		if got := one(t, s).Observations[0].Environment; got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// TestTags reads all forms of tags.
func TestTags(t *testing.T) {
	for text, v := range map[string]any{"a list": []string{"y", "x", "y"}, "JSON": `["y","x"]`, "commas": "y, x", "one": "x"} {
		want := []string{"x", "y"}
		if text == "one" {
			want = want[:1]
		}
		b := one(t, sent{name: "n", attrs: attrs{"langfuse.tags": v}})
		if got := b.Traces[len(b.Traces)-1].Tags; !slices.Equal(got, want) {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// TestScores reads evaluations: on the span that they judge, and on a carrier of our own.
func TestScores(t *testing.T) {
	event := func(a attrs) sentEvent {
		a["gen_ai.evaluation.name"] = "quality"
		return sentEvent{"gen_ai.evaluation.result", a}
	}
	b := one(t, sent{name: "chat", resource: attrs{"langfuse.environment": "dev"}, events: []sentEvent{
		event(attrs{"gen_ai.evaluation.score.value": 0.5, "gen_ai.evaluation.score.label": "fair", "gen_ai.evaluation.explanation": "so so", "gen_ai.response.id": "r"}),
		event(attrs{"gen_ai.evaluation.score.label": "good"}),
		event(attrs{"gen_ai.evaluation.score.value": 0, "gen_ai.evaluation.score.label": "False"}),
		event(attrs{"error.type": "timeout"}),
	}})
	if len(b.Scores) != 3 || len(b.Observations) != 1 {
		t.Fatalf("%+v", b)
	}
	numeric, category, truth := b.Scores[0], b.Scores[1], b.Scores[2]
	if numeric.Type != exporter.ScoreNumeric || *numeric.Number != 0.5 || numeric.Text != "" || numeric.Comment != "so so" || numeric.ObservationID != spanHex || numeric.TraceID != traceHex || numeric.Environment != "dev" {
		t.Errorf("%+v", numeric)
	}
	same(t, string(numeric.Metadata), `{"gen_ai.evaluation.score.label":"fair","gen_ai.response.id":"r"}`)
	if category.Type != exporter.ScoreCategorical || category.Text != "good" || category.Number != nil || category.ID == numeric.ID {
		t.Errorf("%+v", category)
	}
	if truth.Type != exporter.ScoreBoolean || *truth.Number != 0 || truth.Text != "False" {
		t.Errorf("%+v", truth)
	}
	again := one(t, sent{name: "chat", events: []sentEvent{event(attrs{"gen_ai.evaluation.score.value": 0.5})}})
	if again.Scores[0].ID != numeric.ID {
		t.Error("a span that comes twice makes two scores")
	}
}

// TestLevels has levels by name, and of failed spans.
func TestLevels(t *testing.T) {
	for want, s := range map[string]sent{
		"DEBUG ":        {name: "n", attrs: attrs{"langfuse.observation.level": "DEBUG"}},
		"ERROR boom":    {name: "n", failed: "boom"},
		"WARNING known": {name: "n", failed: "boom", attrs: attrs{"langfuse.observation.level": "WARNING", "langfuse.observation.status_message": "known"}},
		"DEFAULT ":      {name: "n", events: []sentEvent{{"exception", attrs{"exception.message": "caught"}}}},
	} {
		o := one(t, s).Observations[0]
		if got := o.Level.String() + " " + o.StatusMessage; got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// TestException takes the message of a failed span from its exception.
func TestException(t *testing.T) {
	r, err := JSON([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"` + traceHex + `","spanId":"` + spanHex + `","status":{"code":"STATUS_CODE_ERROR"},
		"events":[{"name":"exception","attributes":[{"key":"exception.message","value":{"stringValue":"mistaken"}}]}]}]}]}]}`))
	if err != nil || len(r.Pieces) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if o := r.Pieces[0].Observations[0]; *o.Level != exporter.LevelError || o.StatusMessage != "mistaken" {
		t.Errorf("%+v", o)
	}
}
