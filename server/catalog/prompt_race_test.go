package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// TestReadersNeverMiss has a label move on and on while what it was on is deleted: who reads by the
// label, or by a reference to it, always finds a version.
func TestReadersNeverMiss(t *testing.T) {
	c, _ := open(t)
	do(t, c.CreatePrompt, m{"name": "part", "prompt": "v", "labels": l{"production"}})
	do(t, c.CreatePrompt, m{"name": "whole", "prompt": byLabel("part", "production"), "labels": l{"production"}})
	if _, err := c.SetExperiment(t.Context(), projectID, "e", body(t, m{"prompt": "part", "variants": l{variant("a", 1, 1)}})); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for _, read := range []func() error{
		func() error {
			_, err := c.Prompt(t.Context(), projectID, "part", catalog.PromptSelection{})
			return err
		},
		func() error {
			p, err := c.ResolvedPrompt(t.Context(), projectID, "whole", catalog.PromptSelection{})
			if err == nil && string(p.Prompt) != `"v"` {
				err = fmt.Errorf("resolved to %s", p.Prompt)
			}
			return err
		},
		func() error {
			_, err := c.Experiment(t.Context(), projectID, "part", "e")
			return err
		},
	} {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := read(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := 1; n < 60; n++ {
		do(t, c.CreatePrompt, m{"name": "part", "prompt": "v", "labels": l{"production"}})
		if _, err := c.SetExperiment(t.Context(), projectID, "e", body(t, m{"prompt": "part", "variants": l{variant("a", n+1, 1)}})); err != nil {
			t.Fatal(err)
		}
		if err := c.DeletePrompt(t.Context(), projectID, "part", catalog.PromptSelection{Version: n}); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	readers.Wait()
}

// TestManyAtOnce has several change the same prompts in all ways; whatever came first, what is left hangs
// together: each label on one version, the history leading there, every reference to something.
func TestManyAtOnce(t *testing.T) {
	c, _ := open(t)
	names := []string{"a", "b", "c"}
	labels := []string{"production", "staging"}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(17, uint64(worker)))
			ctx := catalog.WithActor(context.WithoutCancel(t.Context()), catalog.Actor{Name: fmt.Sprint("w", worker)})
			for range 60 {
				name, label, version := names[r.IntN(3)], labels[r.IntN(2)], 1+r.IntN(12)
				var err error
				switch r.IntN(7) {
				case 0, 1:
					text := []string{"x", byLabel(names[r.IntN(3)], labels[r.IntN(2)]), byVersion(names[r.IntN(3)], 1+r.IntN(5))}[r.IntN(3)]
					_, err = c.CreatePrompt(ctx, projectID, body(t, m{"name": name, "prompt": text, "labels": l{label}}))
				case 2:
					_, err = c.LabelPrompt(ctx, projectID, name, version, body(t, m{"newLabels": l{label}}))
				case 3:
					_, err = c.LabelPrompt(ctx, projectID, name, version, body(t, m{"removeLabels": l{label}}))
				case 4:
					err = c.DeletePrompt(ctx, projectID, name, catalog.PromptSelection{Version: version})
				case 5:
					_, err = c.RollbackPrompt(ctx, projectID, body(t, m{"name": name, "label": label}))
				case 6:
					_, err = c.SetExperiment(ctx, projectID, label, body(t, m{"prompt": name, "variants": l{variant("x", version, 10), variant("y", version+1, 20)}}))
				}
				var refused *ingest.RequestError
				var conflict *catalog.ConflictError
				if err != nil && !errors.As(err, &refused) && !errors.As(err, &conflict) && !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, name := range names {
		hangsTogether(t, c, name, labels)
	}
}

// hangsTogether reads all of a prompt.
func hangsTogether(t *testing.T, c *catalog.Catalog, name string, labels []string) {
	t.Helper()
	list, _, err := c.Prompts(t.Context(), projectID, catalog.PromptFilter{Name: name}, store.Page{Limit: 1})
	if err != nil || len(list) == 0 {
		t.Logf("%s is gone: %v", name, err)
		return
	}
	there, on := map[int]bool{}, map[string]int{"production": 0, "staging": 0}
	for _, version := range list[0].Versions {
		there[version] = true
		_, err := c.ResolvedPrompt(t.Context(), projectID, name, catalog.PromptSelection{Version: version})
		var refused *ingest.RequestError
		if err != nil && !errors.As(err, &refused) { // by a later change a circle or too deep
			t.Fatalf("%s version %d: %v", name, version, err)
		}
		p, err := c.Prompt(t.Context(), projectID, name, catalog.PromptSelection{Version: version})
		if err != nil {
			t.Fatal(err)
		}
		for _, label := range labels {
			if slices.Contains(p.Labels, label) {
				if on[label] != 0 {
					t.Errorf("%s: %s is on versions %d and %d", name, label, on[label], version)
				}
				on[label] = version
			}
		}
	}
	replay(t, 0, history(t, c, name, 100), on, there)
	experiments, err := c.Experiments(t.Context(), projectID, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range experiments {
		for _, v := range x.Variants {
			if !there[v.Version] {
				t.Errorf("%s: experiment %s has version %d, which is gone", name, x.Name, v.Version)
			}
		}
	}
}
