package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// told reads the events that are there, as name:change:seq.
func told(t *testing.T, w *catalog.PromptWatch) string {
	t.Helper()
	var list []string
	ended, cancel := context.WithCancel(t.Context()) // nothing is waited for
	cancel()
	for {
		events, err := w.Next(ended)
		if errors.Is(err, context.Canceled) {
			return strings.Join(list, " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.All {
				list = append(list, fmt.Sprint("all:", e.Seq))
			} else {
				list = append(list, fmt.Sprint(e.Name, ":", e.Change, ":", e.Seq))
			}
		}
	}
}

func watch(t *testing.T, c *catalog.Catalog, projectID string) *catalog.PromptWatch {
	t.Helper()
	w, err := c.WatchPrompts(projectID)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func TestPromptEvents(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	w, other := watch(t, c, projectID), watch(t, c, "p2")
	label := func(v any) {
		if _, err := c.LabelPrompt(ctx, projectID, "a", 1, body(t, v)); err != nil {
			t.Error(err)
		}
	}
	refused := func() {
		_, err := c.CreatePrompt(ctx, projectID, body(t, m{"name": "a", "prompt": byVersion("none", 1)}))
		wantRefused(t, "a reference to nothing", err)
	}
	for _, x := range []struct {
		want string
		f    func()
	}{
		{"all:0", func() {}},
		{"a:version:1", func() {
			do(t, c.CreatePrompt, m{"name": "a", "prompt": "x", "labels": l{"production"}, "tags": l{"t"}})
		}},
		{"", refused},
		{"", func() { label(m{"newLabels": l{"production"}}) }}, // it is there already
		{"a:labels:2", func() { label(m{"newLabels": l{"staging"}}) }},
		{"a:labels:3", func() { label(m{"removeLabels": l{"staging"}}) }},
		{"b:version:4", func() { do(t, c.CreatePrompt, m{"name": "b", "prompt": byVersion("a", 1)}) }},
		{"c:version:5", func() { do(t, c.CreatePrompt, m{"name": "c", "prompt": byVersion("b", 1)}) }},
		{"d:version:6", func() { do(t, c.CreatePrompt, m{"name": "d", "prompt": byVersion("b", 1) + byVersion("c", 1)}) }},
		{"a:labels:7 b:labels:8 d:labels:9 c:labels:10", func() { label(m{"newLabels": l{"staging"}}) }},
		{"b:experiment:11 d:experiment:12 c:experiment:13", func() {
			if _, err := c.SetExperiment(ctx, projectID, "e", body(t, m{"prompt": "b", "variants": l{variant("x", 1, 1)}})); err != nil {
				t.Error(err)
			}
		}},
		{"d:delete:14", func() {
			if err := c.DeletePrompt(ctx, projectID, "d", catalog.PromptSelection{}); err != nil {
				t.Error(err)
			}
		}},
	} {
		x.f()
		if got := told(t, w); got != x.want {
			t.Errorf("told %q, want %q", got, x.want)
		}
	}
	if late := told(t, watch(t, c, projectID)); late != "all:14" {
		t.Errorf("one who comes late: %q", late)
	}
	if got := told(t, other); got != "all:0" {
		t.Errorf("another project: %q", got)
	}
	for range 150 { // nobody reads meanwhile
		do(t, c.CreatePrompt, m{"name": "a", "prompt": "x"})
	}
	if got := told(t, w); !strings.HasPrefix(got, "all:") || strings.Count(got, " ") > 100 {
		t.Errorf("one who is slow: %.200s", got)
	}
	w.Close()
	do(t, c.CreatePrompt, m{"name": "a", "prompt": "x"})
	if got := told(t, w); got != "" {
		t.Errorf("one who has ended: %q", got)
	}
}

func TestPromptWatchesAreBounded(t *testing.T) {
	c, _ := open(t)
	var first *catalog.PromptWatch
	for range catalog.MaxPromptWatches {
		first = watch(t, c, projectID)
	}
	if _, err := c.WatchPrompts(projectID); !errors.Is(err, catalog.ErrTooManyWatches) {
		t.Errorf("one too many: %v", err)
	}
	watch(t, c, "p2")
	first.Close()
	w := watch(t, c, projectID)
	if w.Epoch() == "" || w.Epoch() != first.Epoch() {
		t.Errorf("epochs %q, %q", w.Epoch(), first.Epoch())
	}
	var wg sync.WaitGroup
	if _, err := w.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	wg.Go(func() {
		if _, err := w.Next(t.Context()); !errors.Is(err, catalog.ErrClosed) {
			t.Errorf("while it closes: %v", err)
		}
	})
	c.Close()
	c.Close()
	wg.Wait()
	if _, err := c.WatchPrompts(projectID); !errors.Is(err, catalog.ErrClosed) {
		t.Errorf("after it has closed: %v", err)
	}
}

// TestEventsAreOfWhatIsCommitted has several write while one reads, at each event, what it tells of.
func TestEventsAreOfWhatIsCommitted(t *testing.T) {
	c, _ := open(t)
	const writers, each = 4, 10
	w := watch(t, c, projectID)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range each {
				do(t, c.CreatePrompt, m{"name": fmt.Sprint("p", i), "prompt": "x", "labels": l{"production"}})
			}
		})
	}
	seen, last := map[string]int{}, int64(0)
	for len(seen) < writers || last < writers*each {
		events, err := w.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.All {
				continue
			}
			if e.Seq != last+1 {
				t.Fatalf("event %d after %d", e.Seq, last)
			}
			last = e.Seq
			seen[e.Name]++
			p, err := c.Prompt(t.Context(), projectID, e.Name, catalog.PromptSelection{})
			if err != nil || p.Version < seen[e.Name] {
				t.Fatalf("after %d events of %s: %+v, %v", seen[e.Name], e.Name, p, err)
			}
		}
	}
	wg.Wait()
	list, _, err := c.Prompts(t.Context(), projectID, catalog.PromptFilter{}, store.Page{Limit: 10})
	if err != nil || len(list) != writers || last != writers*each {
		t.Errorf("%d prompts, %d events, %v", len(list), last, err)
	}
}
