package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

func wantConflict(t *testing.T, what string, err error, part string) {
	t.Helper()
	if no, ok := errors.AsType[*catalog.ConflictError](err); !ok || !strings.Contains(no.Message, part) {
		t.Errorf("%s: %v, want a conflict that says %q", what, err, part)
	}
}

func wantForbidden(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	no, ok := errors.AsType[*catalog.ForbiddenError](err)
	if !ok {
		t.Errorf("%s: %v, want that it is forbidden", what, err)
		return
	}
	for _, part := range parts {
		if !strings.Contains(no.Message, part) {
			t.Errorf("%s: %q doesn't say %q", what, no.Message, part)
		}
	}
}

// history reads all of it, oldest first, in pages.
func history(t *testing.T, c *catalog.Catalog, name string, limit int) (all []catalog.PromptChange) {
	t.Helper()
	for page := (store.Page{Limit: limit}); ; {
		list, next, err := c.PromptHistory(t.Context(), projectID, name, page)
		if err != nil || len(list) > limit {
			t.Fatalf("%d entries, %v", len(list), err)
		}
		all = append(all, list...)
		if page.After = next; next == "" {
			slices.Reverse(all)
			return all
		}
	}
}

// TestHistoryAtRandom replays the history after each change, and compares rollbacks with a list
// of where each label has been.
func TestHistoryAtRandom(t *testing.T) {
	c, _ := open(t)
	r := rand.New(rand.NewPCG(9, 10))
	labels := []string{"production", "staging"}
	var been map[string][]int // of each label, 0 is nowhere
	last, there := 0, map[int]bool{}
	at := func(label string) int {
		if n := len(been[label]); n > 0 {
			return been[label][n-1]
		}
		return 0
	}
	move := func(label string, to int) {
		if at(label) != to {
			been[label] = append(been[label], to)
		}
	}
	been = map[string][]int{}
	rolled, nothing := 0, 0
	for step := range 200 {
		label := labels[r.IntN(2)]
		version := 1 + r.IntN(max(last, 1))
		switch what := r.IntN(7); {
		case what < 2 || len(there) == 0:
			if len(there) == 0 {
				been, last = map[string][]int{}, 0
			}
			last++
			there[last] = true
			give := l{}
			if r.IntN(2) == 0 {
				give = l{label}
				move(label, last)
			}
			do(t, c.CreatePrompt, m{"name": "p", "prompt": fmt.Sprint(step), "labels": give, "commitMessage": fmt.Sprint("step ", step)})
		case what == 2 && there[version]:
			if _, err := c.LabelPrompt(t.Context(), projectID, "p", version, body(t, m{"newLabels": l{label}})); err != nil {
				t.Fatal(err)
			}
			move(label, version)
		case what == 3 && there[version]:
			if _, err := c.LabelPrompt(t.Context(), projectID, "p", version, body(t, m{"removeLabels": l{label}})); err != nil {
				t.Fatal(err)
			}
			if at(label) == version {
				move(label, 0)
			}
		case what == 4 && there[version]:
			if err := c.DeletePrompt(t.Context(), projectID, "p", catalog.PromptSelection{Version: version}); err != nil {
				t.Fatal(err)
			}
			delete(there, version)
			for _, label := range labels {
				if at(label) == version {
					move(label, 0)
				}
			}
		case what >= 5:
			now, list := at(label), been[label]
			i := len(list) - 2
			for i >= 0 && (!there[list[i]] || list[i] == now) {
				i--
			}
			p, err := c.RollbackPrompt(t.Context(), projectID, body(t, m{"name": "p", "label": label}))
			if i < 0 {
				nothing++
				wantConflict(t, "nothing before", err, "no other version before")
				break
			}
			rolled++
			if err != nil || p.Version != list[i] || !slices.Contains(p.Labels, label) {
				t.Fatalf("step %d: back to %+v, %v; want version %d of %v", step, p, err, list[i], list)
			}
			been[label] = list[:i+1]
		}
		replay(t, step, history(t, c, "p", 100), map[string]int{"production": at("production"), "staging": at("staging")}, there)
	}
	if rolled < 20 || nothing < 5 {
		t.Errorf("%d rollbacks, %d with nothing before: the test tries too little", rolled, nothing)
	}
}

// replay complains unless the entries lead to these labels and versions.
func replay(t *testing.T, step int, entries []catalog.PromptChange, want map[string]int, there map[int]bool) {
	t.Helper()
	on, versions := map[string]int{"production": 0, "staging": 0}, map[int]bool{}
	for _, e := range entries {
		switch e.Action {
		case catalog.ActionCreate:
			versions[e.Version] = true
		case catalog.ActionDelete:
			delete(versions, e.Version)
		case catalog.ActionLabel, catalog.ActionRollback, catalog.ActionUnlabel:
			if on[e.Label] != e.From {
				t.Fatalf("step %d: %+v comes from version %d, the label was on %d", step, e, e.From, on[e.Label])
			}
			on[e.Label] = e.Version
		case catalog.ActionTags, catalog.ActionExperiment, catalog.ActionExperimentEnd:
		}
	}
	if !maps.Equal(on, want) || !maps.Equal(versions, there) {
		t.Fatalf("step %d: the history leads to %v of %v, want %v of %v", step, on, versions, want, there)
	}
}

func TestHistorySaysWho(t *testing.T) {
	c, _ := open(t)
	by := func(a catalog.Actor) context.Context { return catalog.WithActor(t.Context(), a) }
	if _, err := c.CreatePrompt(by(catalog.Actor{PublicKey: "pk-1", Name: "x"}), projectID, body(t, m{"name": "p", "prompt": "x", "labels": l{"production"}, "tags": l{"t"}, "commitMessage": "why"})); err != nil {
		t.Fatal(err)
	}
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "y"})
	if _, err := c.LabelPrompt(by(catalog.Actor{Name: "김"}), projectID, "p", 2, body(t, m{"newLabels": l{"production"}, "message": "better"})); err != nil {
		t.Fatal(err)
	}
	if _, err := c.RollbackPrompt(by(catalog.Actor{Name: "이"}), projectID, body(t, m{"name": "p", "message": "worse"})); err != nil {
		t.Fatal(err)
	}
	if err := c.DeletePrompt(t.Context(), projectID, "p", catalog.PromptSelection{}); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, e := range history(t, c, "p", 3) {
		if e.At.IsZero() || e.Name != "p" {
			t.Errorf("%+v", e)
		}
		fmt.Fprintf(&got, "%s %s %d %s<%d %s\n", e.By, e.Action, e.Version, e.Label, e.From, e.Message)
	}
	want := `pk-1 create 1 <0 why
pk-1 label 1 production<0 why
pk-1 tags 0 <0 why
 create 2 <0 
김 label 2 production<1 better
이 rollback 1 production<2 worse
 unlabel 0 production<1 
 delete 0 <0 
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	if all := history(t, c, "", 7); len(all) != 8 {
		t.Errorf("of all prompts: %d entries", len(all))
	}
	if _, _, err := c.PromptHistory(t.Context(), projectID, "p", store.Page{Limit: 3, After: "none"}); !errors.Is(err, store.ErrBadCursor) {
		t.Errorf("a cursor that isn't one: %v", err)
	}
}

func TestRollback(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	_, err := c.RollbackPrompt(ctx, projectID, body(t, m{"name": "p"}))
	wantNotFound(t, "rollback of no prompt", err)
	for range 4 {
		do(t, c.CreatePrompt, m{"name": "p", "prompt": "x", "labels": l{"production"}})
	}
	for _, want := range []int{3, 2, 1} { // each goes back further
		if p := do(t, c.RollbackPrompt, m{"name": "p"}); p.Version != want {
			t.Errorf("back to version %d, want %d", p.Version, want)
		}
	}
	_, err = c.RollbackPrompt(ctx, projectID, body(t, m{"name": "p"}))
	wantConflict(t, "rollback of the first", err, "Label 'production' of prompt 'p'")
	if p := do(t, c.RollbackPrompt, m{"name": "p", "version": 4}); p.Version != 4 {
		t.Errorf("to a version: %d", p.Version)
	}
	if p := do(t, c.RollbackPrompt, m{"name": "p"}); p.Version != 1 {
		t.Errorf("after one to a version: %d", p.Version)
	}
	// A rollback to where it is changes nothing.
	for _, version := range []int{4, 2, 3} {
		if _, err := c.LabelPrompt(ctx, projectID, "p", version, body(t, m{"newLabels": l{"production"}})); err != nil {
			t.Fatal(err)
		}
	}
	if p := do(t, c.RollbackPrompt, m{"name": "p", "version": 3}); p.Version != 3 || p.From != 3 {
		t.Errorf("to where it is: %+v", p)
	}
	for _, want := range []int{2, 4, 1} {
		if p := do(t, c.RollbackPrompt, m{"name": "p"}); p.Version != want {
			t.Errorf("back to version %d, want %d", p.Version, want)
		}
	}
	// What was rolled back from by name is not where the next one goes.
	for i, move := range []struct{ label, rollback, then int }{{2, 0, 0}, {3, 0, 0}, {4, 0, 0}, {0, 2, 1}, {3, 0, 2}, {4, 1, 0}} {
		if move.label != 0 {
			if _, err := c.LabelPrompt(ctx, projectID, "p", move.label, body(t, m{"newLabels": l{"production"}})); err != nil {
				t.Fatal(err)
			}
		}
		if move.rollback != 0 {
			if p := do(t, c.RollbackPrompt, m{"name": "p", "version": move.rollback}); p.Version != move.rollback || p.From != 4 {
				t.Errorf("%d: to a version: %+v", i, p)
			}
		}
		if o, err := c.PromptOverview(ctx, projectID, "p"); (move.rollback != 0 || move.then != 0) && (err != nil || o.On("production").Back != move.then) {
			t.Errorf("%d: the next one goes to %+v, %v; want %d", i, o, err, move.then)
		}
	}
	_, err = c.RollbackPrompt(ctx, projectID, body(t, m{"name": "p", "version": 9}))
	wantNotFound(t, "rollback to no version", err)
	_, err = c.RollbackPrompt(ctx, projectID, body(t, m{"name": "p", "expect": m{"production": 3}}))
	wantConflict(t, "rollback of another version than expected", err, "on version 1, not on version 3")
	_, err = c.RollbackPrompt(ctx, projectID, body(t, m{"label": "latest", "version": 1.5}))
	wantFields(t, "a wrong rollback", err, "name", "version", "label")
}

func TestRollbacksAreBounded(t *testing.T) {
	c, _ := open(t)
	const moves = catalog.MaxRollbacks + 20
	for range moves {
		do(t, c.CreatePrompt, m{"name": "p", "prompt": "x", "labels": l{"production"}})
	}
	for i := range catalog.MaxRollbacks {
		if p := do(t, c.RollbackPrompt, m{"name": "p"}); p.Version != moves-1-i {
			t.Fatalf("back %d times to version %d", i+1, p.Version)
		}
	}
	_, err := c.RollbackPrompt(t.Context(), projectID, body(t, m{"name": "p"}))
	wantConflict(t, "further than is kept", err, "name the version")
}

func TestExpect(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "x", "labels": l{"production"}, "expect": m{"production": nil, "latest": 0}})
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "y", "expect": m{"production": 1, "latest": 1, "staging": 0}})
	_, err := c.CreatePrompt(ctx, projectID, body(t, m{"name": "p", "prompt": "z", "expect": m{"latest": 1}}))
	wantConflict(t, "a version after another one", err, "on version 2, not on version 1")
	label := func(v any) error {
		_, err := c.LabelPrompt(ctx, projectID, "p", 2, body(t, v))
		return err
	}
	wantConflict(t, "a move", label(m{"newLabels": l{"production"}, "expect": m{"production": 2}}), "Label 'production' of prompt 'p' is on version 1, not on version 2")
	wantConflict(t, "a first move", label(m{"newLabels": l{"staging"}, "expect": m{"staging": 1}}), "on no version, not on version 1")
	if err := label(m{"newLabels": l{"production"}, "expect": m{"production": 1}}); err != nil {
		t.Error(err)
	}
	wantFields(t, "wrong fields", label(m{"newLabels": l{"a"}, "removeLabels": l{"a"}, "expect": m{"production": "1"}}), "removeLabels", "expect")
	wantFields(t, "no labels", label(m{}), "newLabels")
	wantFields(t, "latest", label(m{"removeLabels": l{"latest"}}), "removeLabels")
	if err := label(m{"removeLabels": l{"production", "never"}}); err != nil {
		t.Error(err)
	}
	_, err = c.Prompt(ctx, projectID, "p", catalog.PromptSelection{})
	wantNotFound(t, "the label that was taken away", err)
	if err := label(m{"newLabels": l{"part"}}); err != nil {
		t.Fatal(err)
	}
	do(t, c.CreatePrompt, m{"name": "q", "prompt": byLabel("p", "part")})
	wantRefusal(t, "a label that is referred to", label(m{"removeLabels": l{"part"}}), "'q' version 1 (by label 'part')")
}

func TestProtectedLabels(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	for _, name := range []string{"p", "old"} {
		do(t, c.CreatePrompt, m{"name": name, "prompt": "x", "labels": l{"production", "staging"}})
		do(t, c.CreatePrompt, m{"name": name, "prompt": "y", "labels": l{"production"}})
	}
	if err := c.ProtectLabel(ctx, projectID, catalog.ProtectedLabel{Label: "production", Keys: []string{"pk-ci"}, Roles: []string{"admin"}}); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(context.Context) error{
		"create": func(ctx context.Context) error {
			_, err := c.CreatePrompt(ctx, projectID, body(t, m{"name": "p", "prompt": "z", "labels": l{"production"}}))
			return err
		},
		"a first create": func(ctx context.Context) error {
			_, err := c.CreatePrompt(ctx, projectID, body(t, m{"name": "new", "prompt": "z", "labels": l{"production"}}))
			return err
		},
		"the older form": func(ctx context.Context) error {
			_, err := c.CreatePromptV1(ctx, projectID, body(t, m{"name": "p", "prompt": "z", "isActive": true}))
			return err
		},
		"newLabels": func(ctx context.Context) error {
			_, err := c.LabelPrompt(ctx, projectID, "p", 1, body(t, m{"newLabels": l{"production"}}))
			return err
		},
		"removeLabels": func(ctx context.Context) error {
			_, err := c.LabelPrompt(ctx, projectID, "p", 2, body(t, m{"removeLabels": l{"production"}}))
			return err
		},
		"rollback": func(ctx context.Context) error {
			_, err := c.RollbackPrompt(ctx, projectID, body(t, m{"name": "p"}))
			return err
		},
		"rollback to a version": func(ctx context.Context) error {
			_, err := c.RollbackPrompt(ctx, projectID, body(t, m{"name": "p", "version": 1}))
			return err
		},
		"delete of the version": func(ctx context.Context) error {
			return c.DeletePrompt(ctx, projectID, "p", catalog.PromptSelection{Version: 2})
		},
		"delete by label": func(ctx context.Context) error {
			return c.DeletePrompt(ctx, projectID, "p", catalog.PromptSelection{Label: "production"})
		},
		"delete of all": func(ctx context.Context) error {
			return c.DeletePrompt(ctx, projectID, "p", catalog.PromptSelection{})
		},
	}
	for way, f := range ways {
		for _, a := range []catalog.Actor{{}, {PublicKey: "pk-other"}, {Role: "viewer", Name: "admin"}} {
			wantForbidden(t, fmt.Sprintf("%s by %+v", way, a), f(catalog.WithActor(ctx, a)), "Label 'production' of prompt", "pk-ci", "admin")
		}
	}
	if p, err := c.Prompt(ctx, projectID, "p", catalog.PromptSelection{}); err != nil || p.Version != 2 {
		t.Fatalf("production has moved: %+v, %v", p, err)
	}
	if _, err := c.Prompt(ctx, projectID, "new", catalog.PromptSelection{Label: "latest"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a version of what was forbidden is there: %v", err)
	}
	// What moves no protected label is free.
	if _, err := c.LabelPrompt(ctx, projectID, "p", 2, body(t, m{"newLabels": l{"production", "staging"}})); err != nil {
		t.Errorf("where it is already: %v", err)
	}
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "z"})
	for _, a := range []catalog.Actor{{PublicKey: "pk-ci"}, {Role: "admin"}, {Operator: true}} {
		if _, err := c.RollbackPrompt(catalog.WithActor(ctx, a), projectID, body(t, m{"name": "p", "version": 1})); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
		if _, err := c.RollbackPrompt(catalog.WithActor(ctx, a), projectID, body(t, m{"name": "p", "version": 2})); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if list, err := c.ProtectedLabels(ctx, projectID); err != nil || len(list) != 1 || list[0].Label != "production" || !slices.Equal(list[0].Keys, []string{"pk-ci"}) {
		t.Errorf("%+v, %v", list, err)
	}
	if err := c.ProtectLabel(ctx, projectID, catalog.ProtectedLabel{Label: "production"}); err != nil {
		t.Fatal(err)
	}
	wantForbidden(t, "nobody named", ways["rollback"](catalog.WithActor(ctx, catalog.Actor{PublicKey: "pk-ci"})), "only who runs the server")
	if err := c.UnprotectLabel(ctx, projectID, "production"); err != nil {
		t.Fatal(err)
	}
	if err := ways["rollback"](ctx); err != nil {
		t.Errorf("after it is free again: %v", err)
	}
	if err := c.UnprotectLabel(ctx, projectID, "production"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("free already: %v", err)
	}
	for _, label := range []string{"latest", "Not A Label", ""} {
		if err := c.ProtectLabel(ctx, projectID, catalog.ProtectedLabel{Label: label}); err == nil {
			t.Errorf("label %q is protected", label)
		}
	}
}

// TestProtectedLabelsGuardRollbacks keeps the versions that a protected label may be taken back to from those
// who may not move it.
func TestProtectedLabelsGuardRollbacks(t *testing.T) {
	c, _ := open(t)
	operator := catalog.WithActor(t.Context(), catalog.Actor{Operator: true})
	for range 14 { // production has been on each, and gone on to the next
		do(t, c.CreatePrompt, m{"name": "p", "prompt": "x", "labels": l{"production", "free"}})
	}
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "draft"})
	if err := c.ProtectLabel(t.Context(), projectID, catalog.ProtectedLabel{Label: "production", Keys: []string{"pk-ci"}}); err != nil {
		t.Fatal(err)
	}
	drop := func(ctx context.Context, version int) error {
		return c.DeletePrompt(ctx, projectID, "p", catalog.PromptSelection{Version: version})
	}
	other := catalog.WithActor(t.Context(), catalog.Actor{PublicKey: "pk-other"})
	for _, version := range []int{4, 13} {
		wantForbidden(t, fmt.Sprint("version ", version), drop(other, version), fmt.Sprintf("Version %d of prompt 'p'", version), "'production'", "pk-ci")
	}
	for _, version := range []int{3, 15} { // eleven moves ago, and never
		if err := drop(other, version); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
	}
	if _, err := c.LabelPrompt(operator, projectID, "p", 14, body(t, m{"removeLabels": l{"production"}})); err != nil {
		t.Fatal(err)
	}
	wantForbidden(t, "all, while the label is nowhere", c.DeletePrompt(other, projectID, "p", catalog.PromptSelection{}), "'production'")
	for _, want := range []int{14, 13} {
		if p, err := c.RollbackPrompt(operator, projectID, body(t, m{"name": "p"})); err != nil || p.Version != want {
			t.Errorf("a rollback: %+v, %v; want version %d", p, err, want)
		}
	}
	if err := drop(other, 14); err != nil {
		t.Errorf("what was taken back: %v", err)
	}
	if err := drop(catalog.WithActor(t.Context(), catalog.Actor{PublicKey: "pk-ci"}), 12); err != nil {
		t.Errorf("by who may move it: %v", err)
	}
}

// TestProtectedLabelsGuardExperiments refuses changes of experiments to those who may not move the labels of the prompt.
func TestProtectedLabelsGuardExperiments(t *testing.T) {
	c, _ := open(t)
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "x", "labels": l{"production", "staging"}})
	do(t, c.CreatePrompt, m{"name": "free", "prompt": "x", "labels": l{"staging"}})
	set := func(ctx context.Context, prompt, name string) error {
		_, err := c.SetExperiment(ctx, projectID, name, body(t, m{"prompt": prompt, "variants": l{m{"name": "a", "version": 1, "weight": 1}}}))
		return err
	}
	if err := set(t.Context(), "p", "before"); err != nil {
		t.Fatal(err)
	}
	if err := c.ProtectLabel(t.Context(), projectID, catalog.ProtectedLabel{Label: "production", Keys: []string{"pk-ci"}, Roles: []string{"admin"}}); err != nil {
		t.Fatal(err)
	}
	for _, a := range []catalog.Actor{{}, {PublicKey: "pk-other"}, {Role: "viewer"}} {
		ctx := catalog.WithActor(t.Context(), a)
		wantForbidden(t, "a new one", set(ctx, "p", "new"), "experiment on prompt 'p'", "'production'", "pk-ci", "admin")
		wantForbidden(t, "a change", set(ctx, "p", "before"), "'production'")
		wantForbidden(t, "an end", c.DeleteExperiment(ctx, projectID, "p", "before", 0), "'production'")
		if err := set(ctx, "free", "new"); err != nil {
			t.Errorf("on a prompt without the label: %v", err)
		}
	}
	if list, err := c.Experiments(t.Context(), projectID, "p"); err != nil || len(list) != 1 || list[0].Name != "before" {
		t.Errorf("%+v, %v", list, err)
	}
	for _, a := range []catalog.Actor{{PublicKey: "pk-ci"}, {Role: "admin"}, {Operator: true}} {
		ctx := catalog.WithActor(t.Context(), a)
		if err := errors.Join(set(ctx, "p", "new"), c.DeleteExperiment(ctx, projectID, "p", "new", 0)); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
}

// TestProtectedLabelsComeToPromptsWithExperiments: who may not move a label can't have made an experiment before it came.
func TestProtectedLabelsComeToPromptsWithExperiments(t *testing.T) {
	c, _ := open(t)
	protect := catalog.ProtectedLabel{Label: "production", Keys: []string{"pk-ci"}}
	if err := c.ProtectLabel(t.Context(), projectID, protect); err != nil {
		t.Fatal(err)
	}
	ci, other := catalog.WithActor(t.Context(), catalog.Actor{PublicKey: "pk-ci"}), catalog.WithActor(t.Context(), catalog.Actor{PublicKey: "pk-other"})
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "x"})
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "unreviewed"})
	set := func(ctx context.Context) {
		t.Helper()
		if _, err := c.SetExperiment(ctx, projectID, "sly", body(t, m{"prompt": "p", "variants": l{m{"name": "a", "version": 2, "weight": 10_000}}})); err != nil {
			t.Fatal(err)
		}
	}
	set(other)
	place := func() error {
		_, err := c.LabelPrompt(ci, projectID, "p", 1, body(t, m{"newLabels": l{"production"}}))
		return err
	}
	wantRefusal(t, "a protected label beside it", place(), "Experiment 'sly' on prompt 'p' would go past the protected label 'production'", "end it")
	_, err := c.CreatePrompt(ci, projectID, body(t, m{"name": "p", "prompt": "y", "labels": l{"production"}}))
	wantRefusal(t, "a version with the label", err, "'sly'")
	cleared := func() []string {
		t.Helper()
		list, err := c.Experiments(t.Context(), projectID, "p")
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		return list[0].Cleared
	}
	if got := cleared(); len(got) > 0 {
		t.Errorf("cleared for %q by who may move nothing", got)
	}
	set(ci) // which says that it may be so
	if got := cleared(); !slices.Equal(got, []string{"production"}) {
		t.Errorf("cleared for %q by who may move production", got)
	}
	if err := place(); err != nil {
		t.Errorf("beside one that was set with the right to: %v", err)
	}
	if _, err := c.LabelPrompt(ci, projectID, "p", 2, body(t, m{"newLabels": l{"production"}})); err != nil {
		t.Errorf("a move: %v", err)
	}
	// Who runs the server may do what is protected later, too.
	operator := catalog.WithActor(t.Context(), catalog.Actor{Operator: true})
	if _, err := c.SetExperiment(operator, projectID, "ours", body(t, m{"prompt": "p", "variants": l{m{"name": "a", "version": 2, "weight": 1}}})); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteExperiment(operator, projectID, "p", "sly", 0); err != nil {
		t.Fatal(err)
	}
	if err := c.ProtectLabel(t.Context(), projectID, catalog.ProtectedLabel{Label: "later", Keys: []string{"pk-ci"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.LabelPrompt(ci, projectID, "p", 1, body(t, m{"newLabels": l{"later"}})); err != nil {
		t.Errorf("beside the experiment of who runs the server: %v", err)
	}
}

// TestNumbersAreNotUsedAgain counts on where a prompt of the same name ended that was deleted whole.
func TestNumbersAreNotUsedAgain(t *testing.T) {
	c, _ := open(t)
	for _, want := range []int{1, 3, 5} {
		for i := range 2 {
			if p := do(t, c.CreatePrompt, m{"name": "p", "prompt": "x"}); p.Version != want+i {
				t.Errorf("version %d, want %d", p.Version, want+i)
			}
		}
		if err := c.DeletePrompt(t.Context(), projectID, "p", catalog.PromptSelection{}); err != nil {
			t.Fatal(err)
		}
	}
	if p := do(t, c.CreatePrompt, m{"name": "P", "prompt": "x"}); p.Version != 1 {
		t.Errorf("another name begins at %d", p.Version)
	}
	do(t, c.CreatePrompt, m{"name": "p", "prompt": l{m{"role": "user", "content": "hi"}}, "type": "chat"}) // another type is another prompt
}

func TestPromptDiff(t *testing.T) {
	c, _ := open(t)
	show := func(parts []catalog.DiffPart) string {
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(map[string]string{"equal": "=", "delete": "-", "insert": "+"}[string(p.Op)] + p.Text + "|")
		}
		return b.String()
	}
	v := func(n int) catalog.PromptSelection { return catalog.PromptSelection{Version: n} }
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "친절하게 답해 주세요", "config": m{"temperature": 0.5}})
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "짧게 답해 주세요", "config": m{"temperature": 0.7}, "labels": l{"production"}})
	d, err := c.PromptDiff(t.Context(), projectID, "p", v(1), catalog.PromptSelection{})
	if err != nil || d.From != 1 || d.To != 2 || show(d.Parts) != "-친절하게|+짧게|= 답해 주세요|" || show(d.Config) != "={\n  \"temperature\": 0.|-5|+7|=\n}|" || d.Messages != nil {
		t.Errorf("%+v, %v", d, err)
	}
	if same, err := c.PromptDiff(t.Context(), projectID, "p", v(2), v(2)); err != nil || show(same.Parts) != "=짧게 답해 주세요|" {
		t.Errorf("%+v, %v", same, err)
	}
	message := func(role, content string) m { return m{"role": role, "content": content} }
	do(t, c.CreatePrompt, m{"name": "c", "type": "chat", "prompt": l{message("system", "be kind"), m{"type": "placeholder", "name": "history"}, message("user", "q")}})
	do(t, c.CreatePrompt, m{"name": "c", "type": "chat", "prompt": l{message("system", "be short"), message("assistant", "ok"), message("user", "q")}})
	d, err = c.PromptDiff(t.Context(), projectID, "c", v(1), v(2))
	var got []string
	for _, m := range d.Messages {
		got = append(got, m.Role+"/"+m.Name+":"+show(m.Parts))
	}
	want := []string{"system/:=be |-kind|+short|", "/history:-{{history}}|", "assistant/:+ok|", "user/:=q|"}
	if err != nil || d.Parts != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	_, err = c.PromptDiff(t.Context(), projectID, "c", v(1), v(9))
	wantNotFound(t, "no version", err)
	_, err = c.PromptDiff(t.Context(), projectID, "none", v(1), v(2))
	wantNotFound(t, "no prompt", err)
}
