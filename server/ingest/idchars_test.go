package ingest

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/exporter"
)

// TestNULInIDs refuses the events whose ids would be those of others without the character NUL, and
// no others: it is removed from all other texts, as the recorded system does.
func TestNULInIDs(t *testing.T) {
	for body, want := range map[string]string{
		one("trace-create", `{"id":"abc\u0000"}`):                                                     "body.id: must not contain the character NUL",
		one("trace-create", `{"\u0069d":"abc\u0000"}`):                                                "body.id: must not contain the character NUL",
		one("trace-create", `{"id":"abc","sessionId":"\u0000s"}`):                                     "body.sessionId: must not contain the character NUL",
		one("span-create", `{"id":"s","traceId":"a\u0000b","parentObservationId":"\u0000"}`):          "body.traceId: must not contain the character NUL; body.parentObservationId: must not contain the character NUL",
		one("score-create", `{"id":"s","observationId":"\u0000","traceId":"t","name":"n","value":1}`): "body.observationId: must not contain the character NUL",
		one("score-create", `{"id":"s","queueId":"q\u0000","traceId":"t","name":"n","value":1}`):      "body.queueId: must not contain the character NUL",
		strings.Replace(one("trace-create", `{"id":"abc"}`), `"id":"e"`, `"id":"e\u0000"`, 1):         "id: must not contain the character NUL",
	} {
		result, r, err := ingest(t, body)
		if err != nil || len(result.Errors) != 1 || result.Errors[0].Status != 400 || result.Errors[0].Error != want || len(r.batches[0].Traces)+len(r.batches[0].Observations)+len(r.batches[0].Scores) != 0 {
			t.Errorf("%s: %+v, %v; want %q", body, result, err, want)
		}
	}
	result, r, err := ingest(t, one("trace-create", `{"id":"a\\u0000","name":"x\u0000y","input":{"id":"\u0000z"}}`))
	if err != nil || len(result.Errors) != 0 || r.batches[0].Traces[0].ID != `a\u0000` || r.batches[0].Traces[0].Name != "xy" || string(r.batches[0].Traces[0].Input) != `{"id":"z"}` {
		t.Errorf("other texts: %+v, %v", result, err)
	}
}

// TestNULInIDsOfOne is the same for the routes that store one thing.
func TestNULInIDsOfOne(t *testing.T) {
	g := New(&keeper{}, slog.New(slog.DiscardHandler))
	refused := func(name, field string, err error) {
		t.Helper()
		var errs FieldErrors
		if !errors.As(err, &errs) || len(errs) != 1 || errs[0].Path[0] != field || !strings.Contains(errs[0].Message, "NUL") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := g.Trace(t.Context(), "p", []byte(`{"id":"abc\u0000"}`))
	refused("trace", "id", err)
	_, err = g.Score(t.Context(), "p", []byte(`{"traceId":"abc\u0000","name":"n","value":1}`))
	refused("score", "traceId", err)
	_, err = g.Observation(t.Context(), "p", exporter.KindSpan, "spanId", []byte(`{"spanId":"o\u0000"}`))
	refused("update of a span", "spanId", err)
	if id, err := g.Trace(t.Context(), "p", []byte(`{"id":"abc","name":"\u0000n"}`)); err != nil || id != "abc" {
		t.Errorf("a name: %s, %v", id, err)
	}
}
