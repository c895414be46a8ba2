package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

func variant(name string, version, weight int) m {
	return m{"name": name, "version": version, "weight": weight}
}

func TestExperiments(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	set := func(name string, v any) (*catalog.Experiment, error) {
		return c.SetExperiment(ctx, projectID, name, body(t, v))
	}
	must := func(name string, v any) *catalog.Experiment {
		t.Helper()
		return do(t, func(ctx context.Context, projectID string, b []byte) (*catalog.Experiment, error) {
			return c.SetExperiment(ctx, projectID, name, b)
		}, v)
	}
	do(t, c.CreatePrompt, m{"name": "part", "prompt": "kind", "labels": l{"production"}})
	for range 3 {
		do(t, c.CreatePrompt, m{"name": "p", "prompt": "be " + byLabel("part", "production"), "labels": l{"production"}})
	}
	made := must("톤 / tone?", m{"prompt": "p", "variants": l{variant("control", 1, 5000), variant("friendly", 2, 4000), variant("same", 2, 0)}})
	if len(made.Salt) != 16 || made.CreatedAt.IsZero() || fmt.Sprint(made.Ranges) != "[{0 5000 control} {5000 9000 friendly}]" ||
		len(made.Prompts) != 2 || string(made.Prompts[0].Prompt) != `"be kind"` || made.Prompts[1].Version != 2 || made.Prompts[1].Graph == nil {
		t.Errorf("%+v", made)
	}
	next := must("톤 / tone?", m{"prompt": "p", "variants": l{variant("control", 3, 4000), variant("friendly", 2, 6000)}, "salt": made.Salt})
	if next.ID != made.ID || next.Salt != made.Salt || !next.CreatedAt.Equal(made.CreatedAt) || fmt.Sprint(next.Ranges) != "[{0 4000 control} {4000 10000 friendly}]" || next.Prompts[0].Version != 3 {
		t.Errorf("%+v", next)
	}
	got, err := c.Experiment(ctx, projectID, "p", "톤 / tone?")
	if err != nil || fmt.Sprint(got.Ranges) != fmt.Sprint(next.Ranges) || len(got.Prompts) != 2 || got.Prompt != "p" {
		t.Errorf("%+v, %v", got, err)
	}
	own := must("own", m{"prompt": "p", "variants": l{variant("x", 1, 1)}, "salt": "소금"})
	if own.Salt != "소금" {
		t.Errorf("salt %q", own.Salt)
	}
	all, err := c.Experiments(ctx, projectID, "p")
	if err != nil || len(all) != 2 || all[0].Name != "own" || all[0].Prompts != nil {
		t.Errorf("%+v, %v", all, err)
	}
	_, err = set("own", m{"prompt": "p", "variants": l{variant("x", 1, 1)}, "salt": "other"})
	wantRefusal(t, "another salt", err, "'own'", "salt")
	_, err = set("own", m{"prompt": "none", "variants": l{variant("x", 1, 1)}})
	wantNotFound(t, "an experiment on no prompt", err)
	_, err = set("own", m{"prompt": "p", "variants": l{variant("x", 9, 1)}})
	wantNotFound(t, "an experiment on no version", err)
	for _, x := range []struct {
		name string
		v    any
		want []string
	}{
		{"e", m{}, []string{"prompt", "variants"}},
		{"", m{"prompt": "p", "variants": l{}}, []string{"experiment", "variants"}},
		{strings.Repeat("e", 256), m{"prompt": "p", "variants": l{variant("x", 1, 1)}}, []string{"experiment"}},
		{"e", m{"prompt": "p", "variants": l{variant("x", 1, 6000), variant("y", 1, 4001)}}, []string{"variants"}},
		{"e", m{"prompt": "p", "variants": l{variant("x", 1, 1), variant("x", 2, 1)}}, []string{"variants"}},
		{"e", m{"prompt": "p", "variants": l{variant("", 0, -1)}}, []string{"variants", "variants", "variants"}},
		{"e", m{"prompt": "p", "variants": l{m{"name": "x", "version": 1.5, "weight": "1"}}}, []string{"variants", "variants"}},
		{"e", m{"prompt": "p", "variants": "x"}, []string{"variants"}},
	} {
		_, err := set(x.name, x.v)
		wantFields(t, fmt.Sprintf("%.80v", x.v), err, x.want...)
	}
	// Who writes says what was seen.
	x, err := c.Experiment(ctx, projectID, "p", "톤 / tone?")
	if err != nil || x.Revision < 2 {
		t.Fatalf("%+v, %v", x, err)
	}
	_, err = set("톤 / tone?", m{"prompt": "p", "variants": l{variant("x", 1, 1)}, "revision": x.Revision - 1})
	wantConflict(t, "weights by who has seen older ones", err, fmt.Sprintf("at revision %d, not %d as expected", x.Revision, x.Revision-1))
	_, err = set("톤 / tone?", m{"prompt": "p", "variants": l{variant("x", 1, 1)}, "revision": 0})
	wantConflict(t, "one that is there already", err, "not 0 as expected")
	_, err = set("gone", m{"prompt": "p", "variants": l{variant("x", 1, 1)}, "revision": 3})
	wantConflict(t, "one that was ended meanwhile", err, "at revision 0, not 3 as expected")
	wantConflict(t, "an end of what has changed", c.DeleteExperiment(ctx, projectID, "p", "톤 / tone?", x.Revision-1), "as expected")
	if now, err := c.Experiment(ctx, projectID, "p", "톤 / tone?"); err != nil || now.Revision != x.Revision || !slices.Equal(now.Variants, x.Variants) {
		t.Errorf("what was refused has changed it: %+v, %v", now, err)
	}
	x, err = set("톤 / tone?", m{"prompt": "p", "variants": x.Variants, "revision": x.Revision})
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, "delete of a version in it", c.DeletePrompt(ctx, projectID, "p", catalog.PromptSelection{Version: 2}), "experiment '톤 / tone?'")
	if err := c.DeleteExperiment(ctx, projectID, "p", "톤 / tone?", 0); err != nil {
		t.Error(err)
	}
	_, err = c.Experiment(ctx, projectID, "p", "톤 / tone?")
	wantNotFound(t, "one that was deleted", err)
	if anew, err := set("톤 / tone?", m{"prompt": "p", "variants": l{variant("x", 1, 1)}}); err != nil || anew.Revision <= x.Revision {
		t.Errorf("made anew: %+v, %v: who has seen the old one would take it for that", anew, err)
	}
	if err := c.DeleteExperiment(ctx, projectID, "p", "톤 / tone?", 0); err != nil {
		t.Error(err)
	}
	wantNotFound(t, "delete of none", c.DeleteExperiment(ctx, projectID, "p", "톤 / tone?", 0))
	wantNotFound(t, "delete on no prompt", c.DeleteExperiment(ctx, projectID, "none", "own", 0))
	entries := history(t, c, "p", 100)
	last, before := entries[len(entries)-1], entries[len(entries)-2]
	if last.Action != catalog.ActionExperimentEnd || last.Variants != nil || before.Action != catalog.ActionExperiment || len(before.Variants) == 0 {
		t.Errorf("history: %+v, %+v", before, last)
	}
	if e := slices.DeleteFunc(entries, func(e catalog.PromptChange) bool { return !strings.HasPrefix(string(e.Action), "experiment") }); len(e) != 7 || e[0].Experiment != "톤 / tone?" || e[2].Experiment != "own" {
		t.Errorf("history: %+v", e)
	}
	if err := c.DeletePrompt(ctx, projectID, "p", catalog.PromptSelection{}); err != nil {
		t.Errorf("delete of the prompt with its experiments: %v", err)
	}
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "anew"})
	if all, err := c.Experiments(ctx, projectID, "p"); err != nil || len(all) != 0 {
		t.Errorf("experiments on a prompt made anew: %+v, %v", all, err)
	}
	if _, err := c.Experiments(ctx, projectID, "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("experiments on no prompt: %v", err)
	}
}
