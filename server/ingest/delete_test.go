package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

// stepping is a store that notes how many observations each write of a delete takes along.
type stepping struct {
	store.Store

	has   map[string]int
	steps []int
}

func (s *stepping) Write(ctx context.Context, b *store.Batch) error {
	n := 0
	for _, d := range b.Deletes {
		if d.Thing == store.ThingTrace {
			n += s.has[d.ID]
		} else {
			n++
			s.has["large"]-- // the only one that is taken apart
		}
	}
	if len(b.Deletes) > 0 {
		s.steps = append(s.steps, n)
	}
	return s.Store.Write(ctx, b)
}

// TestDeletesGoInSteps: others write in between, whatever is deleted at once.
func TestDeletesGoInSteps(t *testing.T) {
	kept, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), sqlite.Options{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kept.Close() })
	if err := kept.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	s := &stepping{Store: kept, has: map[string]int{}}
	var ids []string
	add := func(trace string, observations int) {
		t.Helper()
		ids, s.has[trace] = append(ids, trace), observations
		b := &store.Batch{ProjectID: "p", Traces: []store.TraceWrite{{Stamp: store.NewStamp(time.Now(), false, trace), ID: trace}}}
		for i := range observations {
			id := fmt.Sprint(trace, "-", i)
			b.Observations = append(b.Observations, store.ObservationWrite{Stamp: store.NewStamp(time.Now().Add(time.Hour), false, id), ID: id, TraceID: trace, Kind: exporter.KindSpan})
		}
		if err := s.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 120 { // more than are looked at at once
		add(fmt.Sprint("small-", i), 1+i%40)
	}
	add("large", 3*deleteStep+7)
	add("last", deleteStep)
	ids = append(ids, "none")
	g := New(s, slog.New(slog.DiscardHandler))
	if err := g.DeleteTraces(t.Context(), "p", ids...); err != nil {
		t.Fatal(err)
	}
	if most := slices.Max(s.steps); most > deleteStep || len(s.steps) < 8 {
		t.Errorf("steps of %v", s.steps)
	}
	page, err := kept.Observations(t.Context(), "p", store.ObservationQuery{Page: store.Page{Limit: 5}})
	traces, err2 := kept.Traces(t.Context(), "p", store.TraceQuery{Page: store.Page{Limit: 5}})
	if err != nil || err2 != nil || len(page.Observations)+len(traces.Traces) != 0 {
		t.Errorf("left: %+v, %+v, %v %v", page, traces, err, err2)
	}
	if err := kept.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
