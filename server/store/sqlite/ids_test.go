package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// seen is a batch of a trace with observations, the n-th that is written.
func seen(n int, trace string, observations ...string) *store.Batch {
	b := &store.Batch{ProjectID: "p", Traces: []store.TraceWrite{{Stamp: stampOf(n), ID: trace}}}
	for _, id := range observations {
		b.Observations = append(b.Observations, store.ObservationWrite{Stamp: stampOf(n), ID: id, TraceID: trace})
	}
	return b
}

func stampOf(n int) store.Stamp {
	return store.NewStamp(time.Unix(1_700_000_000+int64(n), 0), false, "e")
}

func openSmall(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{maxGeneration: 16})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestIDsAtOnce reads what has been acknowledged by its ids at once, while
// generations go to the index all the time.
func TestIDsAtOnce(t *testing.T) {
	s := openSmall(t, filepath.Join(t.TempDir(), "a.db"))
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range 150 {
				trace := fmt.Sprint("t", w, ".", i)
				if err := s.Write(t.Context(), seen(i, trace, trace+".a", trace+".b")); err != nil {
					t.Error(err)
					return
				}
				for _, id := range []string{fmt.Sprint("t", w, ".", r.IntN(i+1)), trace} {
					o, err := s.Observation(t.Context(), "p", id+".b")
					if err != nil || o.TraceID != id {
						t.Errorf("%s.b: %v, %v", id, o, err)
					}
					if _, err := s.Trace(t.Context(), "p", id); err != nil {
						t.Errorf("%s: %v", id, err)
					}
				}
			}
		})
	}
	wg.Wait()
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestIDsOfOthers has two stores write to one file, and move things and delete
// them: each finds what the other has done.
func TestIDsOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	both := []*Store{openSmall(t, path), openSmall(t, path)}
	if err := both[0].CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	in, gone := map[string]string{}, map[string]bool{} // the trace that each observation is in, which a delete leaves
	for i := range 400 {
		s := both[r.IntN(2)]
		n := r.IntN(200)
		trace, id := fmt.Sprint("t", r.IntN(60)), fmt.Sprint("o", n)
		b := seen(i, trace, id)
		switch {
		case n < 100: // an event from before the others says which trace it is in
			b = seen(-i, trace, id)
			in[id] = trace
		case i%4 == 0:
			b = &store.Batch{ProjectID: "p", Deletes: []store.Delete{{Stamp: stampOf(i), Thing: store.ThingObservation, ID: id}}}
			gone[id] = true
		default:
			gone[id] = false
			if in[id] == "" {
				in[id] = trace
			}
		}
		if err := s.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		look := fmt.Sprint("o", r.IntN(200))
		for n, s := range both {
			switch o, err := s.Observation(t.Context(), "p", look); {
			case (in[look] == "" || gone[look]) && errors.Is(err, store.ErrNotFound):
			case err != nil:
				t.Fatalf("store %d, %s: %v", n, look, err)
			case o.TraceID != in[look]:
				t.Fatalf("store %d: %s is in %s, want %s", n, look, o.TraceID, in[look])
			}
		}
	}
	both = append(both, openSmall(t, path))
	for n, s := range both {
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("store %d: %v", n, err)
		}
		for id, trace := range in {
			if gone[id] {
				continue
			}
			if o, err := s.Observation(t.Context(), "p", id); err != nil || o.TraceID != trace {
				t.Errorf("store %d: %s: %v, %v", n, id, o, err)
			}
		}
	}
}

// TestIDsMove has a full generation leave the log for the index, and nothing else.
func TestIDsMove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s := openSmall(t, path)
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	const traces = 40
	for i := range traces {
		if err := s.Write(t.Context(), seen(i, fmt.Sprint("t", i), fmt.Sprint("o", i))); err != nil {
			t.Fatal(err)
		}
	}
	counts := func() (indexed, logged int) {
		if err := s.read.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM ids), (SELECT count(*) FROM id_log)").Scan(&indexed, &logged); err != nil {
			t.Fatal(err)
		}
		return indexed, logged
	}
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(time.Minute); s.ids.waiting() != nil; <-again.C {
		if time.Now().After(deadline) {
			t.Fatal("generations stay")
		}
	}
	if indexed, logged := counts(); indexed == 0 || indexed > 2*traces || logged == 0 || indexed+2*logged != 2*traces {
		t.Errorf("%d entries in the index, %d rows of the log, want %d entries in all", indexed, logged, 2*traces)
	}
	err := s.do(t.Context(), func(t *tx) error { return t.exec("DELETE FROM ids WHERE hash = (SELECT min(hash) FROM ids)") })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err == nil {
		t.Error("Check finds no fault with an index that lacks an entry")
	}
}

func TestIDLogDamaged(t *testing.T) {
	good := appendID(appendID(nil, idAdded, idEntry{-5, 1 << 40}), idRemoved, idEntry{7, 3})
	var got []idChange
	keep := func(what byte, e idEntry) { got = append(got, idChange{e, what == idRemoved}) }
	if err := eachID(good, keep); err != nil || len(got) != 2 || got[0] != (idChange{idEntry{-5, 1 << 40}, false}) || got[1] != (idChange{idEntry{7, 3}, true}) {
		t.Errorf("%v, %v", got, err)
	}
	for n := 1; n < len(good); n++ {
		if n == len(appendID(nil, idAdded, idEntry{-5, 1 << 40})) {
			continue
		}
		if err := eachID(good[:n], keep); !errors.Is(err, errIDLog) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// TestIDsThatMeet keeps rows whose ids have one hash apart.
func TestIDsThatMeet(t *testing.T) {
	g := newGeneration(1)
	for rid := range int64(3) {
		g.apply(idAdded, idEntry{9, rid})
	}
	g.apply(idRemoved, idEntry{9, 0})
	if got := g.find(9, []int64{0, 5}); len(got) != 3 || got[0] != 5 {
		t.Errorf("%v, want 5, 1 and 2", got)
	}
}
