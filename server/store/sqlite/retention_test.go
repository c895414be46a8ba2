package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// TestExpireLargeTrace takes a trace of many observations out in steps: nobody
// sees it after the first, the number of steps is that of its observations, and
// sums are right in between. A late event makes another trace meanwhile.
func TestExpireLargeTrace(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "large.db"), Options{Ephemeral: true, noWork: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	old := time.Unix(1_600_000_000, 0)
	const observations, step = 5500, 1000
	b := &store.Batch{ProjectID: "p"}
	for i := range observations {
		b.Observations = append(b.Observations, store.ObservationWrite{
			Stamp: store.Stamp{Time: 1, EventID: "e"}, ID: fmt.Sprint("o", i), TraceID: "large", Kind: exporter.KindSpan,
			Start: old.Add(time.Duration(i) * time.Second), End: old.Add(time.Hour), Input: []byte(`"환불 text"`),
		})
	}
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for more := true; more; steps++ {
		err := s.do(t.Context(), func(t *tx) (err error) {
			t.names[1] = "p"
			more, err = t.expireTraces(1, micros(old.Add(time.Minute)), step)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if steps == 1 {
			late := store.ObservationWrite{Stamp: store.Stamp{Time: 2, EventID: "late"}, ID: "o5000", TraceID: "large", Kind: exporter.KindSpan, Start: time.Unix(1_800_000_000, 0)}
			if err := s.Write(t.Context(), &store.Batch{ProjectID: "p", Observations: []store.ObservationWrite{late}}); err != nil {
				t.Fatal(err)
			}
		}
		want := min(steps, 1)
		if page, err := s.Observations(t.Context(), "p", store.ObservationQuery{}); err != nil || len(page.Observations) != want {
			t.Fatalf("step %d: %d observations are seen, %v", steps, len(page.Observations), err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("step %d: %v", steps, err)
		}
	}
	if most := observations/step + 3; steps > most {
		t.Errorf("%d steps, want at most %d", steps, most)
	}
	rows, err := s.Metrics(t.Context(), "p", store.MetricsQuery{})
	if err != nil || len(rows) != 1 || rows[0].Observations != 1 {
		t.Errorf("metrics: %+v, %v; want the late observation", rows, err)
	}
}

// TestTombstonesGo has them go with what is as old.
func TestTombstonesGo(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "tombs.db"), Options{Ephemeral: true, noWork: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	b := &store.Batch{ProjectID: "p"}
	for i := range 500 {
		id := fmt.Sprint("o", i)
		b.Observations = append(b.Observations, store.ObservationWrite{Stamp: store.NewStamp(now, false, id), ID: id, TraceID: "t", Kind: exporter.KindSpan, Name: "n", Start: now})
	}
	b.Deletes = []store.Delete{{Stamp: store.NewStamp(now.Add(time.Second), false, "d"), Thing: store.ThingTrace, ID: "t"}}
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		if err := s.read.QueryRowContext(t.Context(), "SELECT count(*) FROM tombstones").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := s.expire(t.Context(), "p", 1, micros(now.Add(-time.Hour))); err != nil || count() != 501 {
		t.Fatalf("%d tombstones, %v", count(), err)
	}
	if err := s.expire(t.Context(), "p", 1, micros(now.Add(time.Hour))); err != nil || count() != 0 {
		t.Errorf("%d tombstones are left, %v", count(), err)
	}
}
