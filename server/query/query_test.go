package query_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func open(tb testing.TB) (store.Store, *query.Reader) {
	tb.Helper()
	s, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "q.db"), sqlite.Options{Ephemeral: true})
	if err != nil {
		tb.Fatal(err)
	}
	r := query.New(s)
	tb.Cleanup(func() {
		r.Close()
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	for _, id := range []string{"p", "other"} {
		if err := s.CreateProject(tb.Context(), store.Project{ID: id, Name: id}); err != nil {
			tb.Fatal(err)
		}
	}
	return s, r
}

func span(id, parent string, at int) store.ObservationWrite {
	start := time.Unix(int64(at), 0)
	return store.ObservationWrite{Stamp: store.NewStamp(start, false, id), ID: id, TraceID: "t", ParentID: parent, Kind: exporter.KindSpan, Name: id, Start: start}
}

func write(t *testing.T, s store.Store, project string, spans ...store.ObservationWrite) {
	t.Helper()
	if err := s.Write(t.Context(), &store.Batch{ProjectID: project, Observations: spans}); err != nil {
		t.Fatal(err)
	}
}

// draw is the tree as text: one line a node, indented, with a mark at those whose parent is missing.
func draw(nodes []*query.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		mark := ""
		if n.Orphan {
			mark = "?"
		}
		fmt.Fprintf(&b, "%s%s%s\n%s", strings.Repeat(" ", n.Depth), n.Name, mark, draw(n.Children))
	}
	return b.String()
}

func TestTree(t *testing.T) {
	s, r := open(t)
	write(t, s, "p",
		span("root", "", 1), span("late", "root", 9), span("early", "root", 2), span("leaf", "early", 3),
		span("orphan", "nowhere", 4), span("below", "orphan", 5),
		span("a", "b", 6), span("b", "a", 7), span("tail", "b", 8), span("self", "self", 10))
	d, err := r.Trace(t.Context(), "p", "t")
	if err != nil {
		t.Fatal(err)
	}
	want := "root\n early\n  leaf\n late\norphan?\n below\na?\nb?\n tail\nself?\n"
	if got := draw(d.Tree()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTraceTreeHasNoPayloads(t *testing.T) {
	s, r := open(t)
	o := span("o", "", 1)
	o.Input = []byte(`"in"`)
	write(t, s, "p", o)
	slim, err := r.TraceTree(t.Context(), "p", "t")
	if err != nil || slim.Observations[0].Input != nil {
		t.Errorf("%+v, %v", slim, err)
	}
	whole, err := r.Trace(t.Context(), "p", "t")
	if err != nil || string(whole.Observations[0].Input) != `"in"` {
		t.Errorf("%+v, %v", whole, err)
	}
}

func TestSubscribe(t *testing.T) {
	s, r := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	changes := r.Subscribe(ctx, "p")
	elsewhere := r.Subscribe(t.Context(), "other")
	write(t, s, "p", span("o", "", 1))
	if c := <-changes; !reflect.DeepEqual(c, query.Change{TraceIDs: []string{"t"}}) {
		t.Errorf("told %+v", c)
	}
	// What a slow reader misses is gathered, up to a bound.
	var many []store.ObservationWrite
	for i := range 1500 {
		o := span(fmt.Sprint("o", i), "", 1)
		o.TraceID = fmt.Sprintf("t%04d", i)
		many = append(many, o)
	}
	write(t, s, "p", many...)
	if c := <-changes; !c.Overflow || len(c.TraceIDs) != 1000 {
		t.Errorf("told of %d traces, overflow %v", len(c.TraceIDs), c.Overflow)
	}
	cancel()
	if _, open := <-changes; open {
		t.Error("still told after the end of ctx")
	}
	select {
	case c := <-elsewhere:
		t.Errorf("another project is told %+v", c)
	default:
	}
	r.Close()
	if _, open := <-elsewhere; open {
		t.Error("still told after Close")
	}
	if _, open := <-r.Subscribe(t.Context(), "p"); open {
		t.Error("told after Close")
	}
}

func TestSearchSaysWhatTheStoreSays(t *testing.T) {
	_, r := open(t)
	if page, err := r.Search(t.Context(), "p", store.SearchQuery{Text: "word"}); err != nil || len(page.Hits) != 0 || page.Next != "" {
		t.Errorf("in an empty project: %+v, %v", page, err)
	}
	if _, err := r.Search(t.Context(), "p", store.SearchQuery{Text: "..."}); !errors.Is(err, store.ErrBadQuery) {
		t.Errorf("for no word: %v, want ErrBadQuery", err)
	}
	if _, err := r.Search(t.Context(), "none", store.SearchQuery{Text: "word"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("in no project: %v, want ErrNotFound", err)
	}
}
