package ingest

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

func twoPieces() []store.Batch {
	return []store.Batch{
		{Observations: []store.ObservationWrite{{ID: "a"}}, Traces: []store.TraceWrite{{ID: "t"}}, Scores: []store.ScoreWrite{{ID: "s"}}},
		{Observations: []store.ObservationWrite{{ID: "b"}}},
	}
}

// TestPieces writes all at once, gives back what passes, and counts what was stored.
func TestPieces(t *testing.T) {
	for _, e := range []error{store.ErrFull, store.ErrBusy} {
		r := &recorder{err: fmt.Errorf("langshark: %w", e)}
		g := New(r, slog.New(slog.DiscardHandler))
		if failed, err := g.Pieces(t.Context(), "p", twoPieces()); !errors.Is(err, e) || failed != nil || len(r.batches) != 1 || g.Counts(KindObservation) != (Counts{}) {
			t.Errorf("%v: %v, %v after %d writes", e, failed, err, len(r.batches))
		}
	}
	r := &recorder{}
	g := New(r, slog.New(slog.DiscardHandler))
	if failed, err := g.Pieces(t.Context(), "p", twoPieces()); err != nil || failed != nil || len(r.batches) != 1 || r.batches[0].Len() != 4 || r.batches[0].ProjectID != "p" {
		t.Errorf("%v, %v: %+v", failed, err, r.batches)
	}
	for k, want := range map[Kind]int64{KindTrace: 1, KindObservation: 2, KindScore: 1} {
		if c := g.Counts(k); c.Accepted != want || c.Rejected != 0 {
			t.Errorf("%v: %+v", k, c)
		}
	}
	if failed, err := g.Pieces(t.Context(), "p", nil); err != nil || failed != nil || len(r.batches) != 1 {
		t.Errorf("nothing: %v, %v", failed, err)
	}
}

// TestPiecesOneByOne lets no bad piece keep out the others.
func TestPiecesOneByOne(t *testing.T) {
	bad := errors.New("bad")
	for _, c := range []struct {
		errs   []error
		failed []int
		err    bool
	}{
		{[]error{nil, bad}, []int{1}, false},
		{[]error{bad, nil}, []int{0}, false},
		{[]error{bad, bad}, nil, true},
		{[]error{nil, store.ErrBusy}, nil, true},
	} {
		pieces := twoPieces()
		pieces[0].Traces, pieces[0].Scores = nil, nil // the store takes single writes alone
		g := New(&filling{errs: slices.Clone(c.errs)}, slog.New(slog.DiscardHandler))
		failed, err := g.Pieces(t.Context(), "p", pieces)
		if (err != nil) != c.err || !slices.Equal(failed, c.failed) {
			t.Errorf("%v: %v, %v", c.errs, failed, err)
		}
		want := Counts{}
		if !c.err {
			want = Counts{Accepted: 1, Rejected: 1}
		}
		if got := g.Counts(KindObservation); got != want {
			t.Errorf("%v: counted %+v", c.errs, got)
		}
	}
}

// TestDetails reads counts and costs that came by another way; wrong ones are none.
func TestDetails(t *testing.T) {
	u := UsageDetails([]byte(`{"input":40,"input_cached_tokens":60,"output":15,"bad":-1,"text":"7"}`))
	if u == nil || u.Input != 100 || u.Output != 15 || u.Total != 122 || u.Details["text"] != 7 {
		t.Errorf("%+v", u)
	}
	c := CostDetails([]byte(`{"input":0.5,"output":0.25}`))
	if c == nil || *c.Total != exporter.USD(0.75) {
		t.Errorf("%+v", c)
	}
	for _, raw := range []string{"{}", "null", "[]", `{"input":"x"}`, `{"input":-5,"total":1e30}`, `{"input":1,"output":-5}`} {
		if u, c := UsageDetails([]byte(raw)), CostDetails([]byte(raw)); u != nil || c != nil {
			t.Errorf("%s: %+v, %+v", raw, u, c)
		}
	}
	if Label("a\x00b\xff") != "ab\ufffd" || Environment("Langfuse-Prod") != "prod" {
		t.Error("labels")
	}
}
