package catalog_test

import (
	"slices"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// said is what is said of things in a store: of two traces with an observation each, and of a session.
type said struct {
	*catalog.Catalog
	store store.Store
	queue string
}

func newSaid(t *testing.T) said {
	t.Helper()
	c, s := open(t)
	w := said{Catalog: c, store: s}
	stamp := store.NewStamp(time.Now(), false, "e")
	w.write(t, &store.Batch{
		Traces:       []store.TraceWrite{{Stamp: stamp, ID: "t1", SessionID: "s"}, {Stamp: stamp, ID: "t2"}},
		Observations: []store.ObservationWrite{{Stamp: stamp, ID: "o1", TraceID: "t1"}, {Stamp: stamp, ID: "moved", TraceID: "t1"}, {Stamp: stamp, ID: "o2", TraceID: "t2"}},
	})
	config := do(t, c.CreateScoreConfig, m{"name": "n", "dataType": "NUMERIC"}).ID
	w.queue = do(t, c.CreateQueue, m{"name": "q", "scoreConfigIds": l{config}}).ID
	for _, of := range [][2]string{{"TRACE", "t1"}, {"OBSERVATION", "o1"}, {"OBSERVATION", "moved"}, {"SESSION", "s"}, {"TRACE", "t2"}, {"OBSERVATION", "o2"}} {
		do(t, c.CreateComment, m{"objectType": of[0], "objectId": of[1], "content": "c"})
		if _, err := c.AddQueueItem(t.Context(), projectID, w.queue, body(t, m{"objectType": of[0], "objectId": of[1]})); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w said) write(t *testing.T, b *store.Batch) {
	t.Helper()
	b.ProjectID = projectID
	if err := w.store.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// delete removes traces from the store alone, as retention does.
func (w said) delete(t *testing.T, traces ...string) {
	t.Helper()
	b := &store.Batch{}
	for _, id := range traces {
		b.Deletes = append(b.Deletes, store.Delete{Stamp: store.NewStamp(time.Now(), true, "d"), Thing: store.ThingTrace, ID: id})
	}
	w.write(t, b)
}

// want compares what comments and items are about, oldest first.
func (w said) want(t *testing.T, ids ...string) {
	t.Helper()
	comments, _, err := w.Comments(t.Context(), projectID, catalog.CommentFilter{}, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := w.QueueItems(t.Context(), projectID, w.queue, "", store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var commented, queued []string
	for _, c := range slices.Backward(comments) {
		commented = append(commented, c.ObjectID)
	}
	for _, i := range slices.Backward(items) {
		queued = append(queued, i.ObjectID)
	}
	if !slices.Equal(commented, ids) || !slices.Equal(queued, ids) {
		t.Errorf("comments on %v, items of %v; want both of %v", commented, queued, ids)
	}
	page, err := w.store.Documents(t.Context(), projectID, store.DocumentQuery{Kind: "trace-note"})
	if err != nil {
		t.Fatal(err)
	}
	sessions := len(slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id != "s" }))
	if got, want := len(page.Documents), 2*(len(ids)-sessions); got != want {
		t.Errorf("%d notes, want %d", got, want)
	}
}

// TestForgetTraces removes what is said of a deleted trace, and not of an observation that is there again, elsewhere.
func TestForgetTraces(t *testing.T) {
	w := newSaid(t)
	w.want(t, "t1", "o1", "moved", "s", "t2", "o2")
	w.delete(t, "t1")
	w.write(t, &store.Batch{Observations: []store.ObservationWrite{{Stamp: store.NewStamp(time.Now().Add(time.Hour), false, "later"), ID: "moved", TraceID: "t2"}}})
	for range 2 { // once more is no error
		if err := w.ForgetTraces(t.Context(), projectID, "t1", "none"); err != nil {
			t.Fatal(err)
		}
		w.want(t, "moved", "s", "t2", "o2")
	}
}

// TestSweepNotes removes what is said of traces that have gone by themselves.
func TestSweepNotes(t *testing.T) {
	w := newSaid(t)
	w.delete(t, "t1")
	w.want(t, "t1", "o1", "moved", "s", "t2", "o2")
	if err := w.SweepNotes(t.Context(), projectID); err != nil {
		t.Fatal(err)
	}
	w.want(t, "s", "t2", "o2")
	w.delete(t, "t2")
	if err := w.SweepNotes(t.Context(), projectID); err != nil {
		t.Fatal(err)
	}
	w.want(t, "s")
}
