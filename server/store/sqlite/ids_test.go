package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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

// TestIDsAnew makes the index anew where the log is damaged; what only looks is told, and can copy and check.
func TestIDsAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s, err := Open(t.Context(), path, Options{maxGeneration: 16})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		if err := s.Write(t.Context(), seen(i, fmt.Sprint("t", i), fmt.Sprint("o", i))); err != nil {
			t.Fatal(err)
		}
	}
	damage := func(t *tx) error { return t.exec("UPDATE id_log SET entries = x'ff00'") }
	if err := errors.Join(s.do(t.Context(), damage), s.Close()); err != nil {
		t.Fatal(err)
	}
	looks, err := Open(t.Context(), path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := looks.Observation(t.Context(), "p", "o3"); !errors.Is(err, errIDLog) {
		t.Errorf("an observation by id: %v", err)
	}
	if page, err := looks.Traces(t.Context(), "p", store.TraceQuery{}); err != nil || len(page.Traces) != 30 {
		t.Errorf("%d traces, %v", len(page.Traces), err)
	}
	if err := looks.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "id_log") {
		t.Errorf("Check: %v", err)
	}
	if err := errors.Join(looks.Backup(t.Context(), path+".copy", nil), looks.Close()); err != nil {
		t.Error(err)
	}
	for _, path := range []string{path, path + ".copy"} {
		s := openSmall(t, path)
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		for i := range 30 {
			if o, err := s.Observation(t.Context(), "p", fmt.Sprint("o", i)); err != nil || o.TraceID != fmt.Sprint("t", i) {
				t.Errorf("o%d: %v, %v", i, o, err)
			}
		}
		if err := s.Write(t.Context(), seen(99, "t3", "o3")); err != nil {
			t.Error(err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestIDsThatMeet keeps rows whose ids have one hash apart.
func TestIDsThatMeet(t *testing.T) {
	x := newIDs(100)
	entries := []byte{}
	for rid := range int64(3) {
		entries = appendID(entries, idAdded, idEntry{9, rid})
	}
	if err := x.apply(1, appendID(entries, idRemoved, idEntry{9, 0})); err != nil {
		t.Fatal(err)
	}
	if got := x.find(x.view(), 9); !slices.Equal(slices.Sorted(slices.Values(got)), []int64{1, 2}) {
		t.Errorf("now %v, want 1 and 2", got)
	}
	if got := x.everFound(x.view(), 9); !slices.Equal(slices.Sorted(slices.Values(got)), []int64{0, 1, 2}) {
		t.Errorf("ever %v, want 0, 1 and 2", got)
	}
}

// TestIDsMoveBesideReads reads an observation by its id while it goes from trace to trace.
func TestIDsMoveBesideReads(t *testing.T) {
	s := openSmall(t, filepath.Join(t.TempDir(), "a.db"))
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), seen(0, "t0", "o")); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := s.Observation(t.Context(), "p", "o"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 400 {
		if err := s.Write(t.Context(), seen(-i, fmt.Sprint("t", i%20), "o")); err != nil { // an earlier event names another trace
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
}

// TestIDsUnderLoad has the index keep up with as much as can be written.
func TestIDsUnderLoad(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), Options{maxGeneration: 3000, MaxPending: 300, Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 150 {
				trace := fmt.Sprint(w, ".", i)
				b := seen(i, trace)
				for k := range 40 {
					b.Observations = append(b.Observations, store.ObservationWrite{Stamp: stampOf(i), ID: fmt.Sprint(trace, ".", k), TraceID: trace})
				}
				for err := store.ErrBusy; errors.Is(err, store.ErrBusy); {
					if err = s.Write(t.Context(), b); err != nil && !errors.Is(err, store.ErrBusy) {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := s.ids.backlog(); n > 3 {
		t.Errorf("%d generations wait for the index", n)
	}
}

// TestIDsAfterAFailedRead makes no second row of what it could not see for a moment.
func TestIDsAfterAFailedRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	a, b := openSmall(t, path), openSmall(t, path)
	if err := a.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Write(t.Context(), seen(1, "t", "o")); err != nil {
		t.Fatal(err)
	}
	change := func(query string) {
		t.Helper()
		if err := b.do(t.Context(), func(t *tx) error { return t.exec(query) }); err != nil {
			t.Fatal(err)
		}
	}
	change("CREATE TABLE kept AS SELECT seq, entries FROM id_log")
	change("UPDATE id_log SET entries = x'ff'")
	if err := a.Write(t.Context(), seen(2, "t", "o")); !errors.Is(err, errIDLog) {
		t.Fatalf("a write beside a damaged log: %v", err)
	}
	change("UPDATE id_log SET entries = (SELECT entries FROM kept WHERE kept.seq = id_log.seq)")
	change("DROP TABLE kept")
	if err := a.Write(t.Context(), seen(3, "t", "o")); err != nil {
		t.Fatal(err)
	}
	if page, err := a.Observations(t.Context(), "p", store.ObservationQuery{Page: store.Page{Total: true}}); err != nil || page.Total != 1 {
		t.Errorf("%d observations, %v, want 1", page.Total, err)
	}
	if err := a.Check(t.Context()); err != nil {
		t.Error(err)
	}
	change("INSERT INTO observations (rid, project, start, kind, id, given, created, updated, registers) SELECT rid + 1, project, start, kind, id, given, created, updated, registers FROM observations")
	change("INSERT INTO ids (hash, rid) VALUES (" + strconv.FormatInt(hashOf(observationIDs, 1, "o"), 10) + ", (SELECT max(rid) FROM observations))")
	if err := a.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "two rows") {
		t.Errorf("Check of an id with two rows: %v", err)
	}
}
