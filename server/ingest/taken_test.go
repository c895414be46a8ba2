package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/store"
)

// having is a store with some observations, which counts how often it is asked.
type having struct {
	store.Store

	traces map[string]string
	asked  int
	err    error
}

func (h *having) Observations(_ context.Context, _ string, q store.ObservationQuery) (page store.ObservationPage, err error) {
	h.asked++
	if len(q.IDs) > takenStep || q.Limit < len(q.IDs) || q.Payloads {
		return page, fmt.Errorf("asked for %d ids, %d at most", len(q.IDs), q.Limit)
	}
	for _, id := range q.IDs {
		if trace := h.traces[id]; trace != "" {
			page.Observations = append(page.Observations, store.Observation{ID: id, TraceID: trace})
		}
	}
	return page, h.err
}

// TestTaken asks for all ids of spans at once, and leaves out those that another trace has.
func TestTaken(t *testing.T) {
	span := func(n int, trace string) store.Batch {
		return store.Batch{Observations: []store.ObservationWrite{{ID: fmt.Sprintf("%016x", n), TraceID: trace}}}
	}
	h := &having{traces: map[string]string{fmt.Sprintf("%016x", 7): "old", "step": "old"}}
	g := New(h, slog.New(slog.DiscardHandler))
	pieces := make([]store.Batch, 0, takenStep+10)
	for i := range takenStep + 2 {
		pieces = append(pieces, span(i, "new"))
	}
	score := store.Batch{Scores: []store.ScoreWrite{{ID: "s"}}}
	own := store.Batch{Observations: []store.ObservationWrite{{ID: "step", TraceID: "new"}}}
	pieces = append(pieces, span(3, "third"), span(7, "old"), span(4, "new"), score, own)
	rest, rejected, reason, err := g.Taken(t.Context(), "p", pieces)
	if err != nil || rejected != 2 || len(rest) != len(pieces)-2 || h.asked != 2 {
		t.Fatalf("%d of %d left, %d rejected, %v, asked %d times", len(rest), len(pieces), rejected, err, h.asked)
	}
	if !strings.Contains(reason, `"0000000000000007"`) || !strings.Contains(reason, `"old"`) {
		t.Errorf("the first of them: %s", reason)
	}
	for i := range rest {
		for _, w := range rest[i].Observations {
			if w.TraceID == "third" || w.ID == fmt.Sprintf("%016x", 7) && w.TraceID != "old" {
				t.Errorf("%+v is left", w)
			}
		}
	}
	h.asked = 0
	if rest, rejected, reason, err := g.Taken(t.Context(), "p", []store.Batch{score, own}); err != nil || len(rest) != 2 || rejected != 0 || reason != "" || h.asked != 0 {
		t.Errorf("without ids of spans: %d, %d, %q, %v, asked %d times", len(rest), rejected, reason, err, h.asked)
	}
	h.err = errors.New("broken")
	if _, _, _, err := g.Taken(t.Context(), "p", pieces); !errors.Is(err, h.err) {
		t.Errorf("%v", err)
	}
}
