package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

func TestPromptFolder(t *testing.T) {
	c, _ := open(t)
	for _, name := range []string{"b", "a/x", "a/y/z", "a/y/w", "a", "a/", "/lead", "Ünï/답변?%"} {
		do(t, c.CreatePrompt, m{"name": name, "prompt": "x", "tags": l{"t-" + name[:1]}, "labels": l{"production"}})
	}
	do(t, c.CreatePrompt, m{"name": "b", "prompt": "y", "labels": l{"staging"}})
	for _, x := range []struct {
		query catalog.PromptFolderQuery
		page  store.Page
		want  string
		total int
	}{
		{catalog.PromptFolderQuery{}, store.Page{Limit: 10}, "/(1) a/(3) Ünï/(1) a a/ b", 6},
		{catalog.PromptFolderQuery{}, store.Page{Limit: 2, Offset: 2}, "Ünï/(1) a", 6},
		{catalog.PromptFolderQuery{}, store.Page{Limit: 2, Offset: 9}, "", 6},
		{catalog.PromptFolderQuery{Folder: "a/"}, store.Page{Limit: 10}, "a/y/(2) a/ a/x", 3},
		{catalog.PromptFolderQuery{Folder: "a/", Search: "Y/"}, store.Page{Limit: 10}, "a/y/w a/y/z", 2},
		{catalog.PromptFolderQuery{Search: "답"}, store.Page{Limit: 10}, "Ünï/답변?%", 1},
		{catalog.PromptFolderQuery{Label: "staging"}, store.Page{Limit: 10}, "b", 1},
		{catalog.PromptFolderQuery{Tag: "t-a"}, store.Page{Limit: 10}, "a/(3) a a/", 3},
		{catalog.PromptFolderQuery{Folder: "none/"}, store.Page{Limit: 10}, "", 0},
	} {
		got, err := c.PromptFolder(t.Context(), projectID, x.query, x.page)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range got.Folders {
			names = append(names, fmt.Sprintf("%s(%d)", f.Path, f.Prompts))
		}
		for _, p := range got.Prompts {
			names = append(names, p.Name)
			if p.Name == "b" && (len(p.Versions) != 2 || fmt.Sprint(p.Labels) != "[latest production staging]") {
				t.Errorf("%+v: %+v", x.query, p)
			}
		}
		if list := strings.Join(names, " "); list != x.want || got.Total != x.total {
			t.Errorf("%+v %+v: %q of %d, want %q of %d", x.query, x.page, list, got.Total, x.want, x.total)
		}
		if len(got.Tags) != 4 || fmt.Sprint(got.Labels) != "[latest production staging]" {
			t.Errorf("choices %v %v", got.Tags, got.Labels)
		}
	}
}

func TestPromptOverview(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	_, err := c.PromptOverview(ctx, projectID, "p")
	wantNotFound(t, "no prompt", err)
	_, _, err = c.PromptVersions(ctx, projectID, "p", store.Page{Limit: 1})
	wantNotFound(t, "versions of no prompt", err)
	for i := range 3 {
		do(t, c.CreatePrompt, m{"name": "p", "prompt": fmt.Sprint(i), "labels": l{"production"}, "tags": l{"x"}})
	}
	do(t, func(ctx context.Context, projectID string, b []byte) (*catalog.Prompt, error) {
		return c.LabelPrompt(catalog.WithActor(ctx, catalog.Actor{Name: "kim"}), projectID, "p", 1, b)
	}, m{"newLabels": l{"first"}})
	variants := l{m{"name": "a", "version": 2, "weight": 1}, m{"name": "b", "version": 1, "weight": 1}, m{"name": "c", "version": 3, "weight": 0}}
	if _, err := c.SetExperiment(ctx, projectID, "e", body(t, m{"prompt": "p", "variants": variants})); err != nil {
		t.Fatal(err)
	}
	o, err := c.PromptOverview(ctx, projectID, "p")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.GivenBy(2), []string{"e"}) || o.GivenBy(3) != nil {
		t.Errorf("versions in experiments: %q, %q", o.GivenBy(2), o.GivenBy(3))
	}
	back, err := c.RollbackPrompt(ctx, projectID, body(t, m{"name": "p"}))
	if err != nil || back.Version != 2 || back.From != 3 || back.Experiments != nil {
		t.Errorf("rollback of what is in no experiment: %+v, %v", back, err)
	}
	if back, err = c.RollbackPrompt(ctx, projectID, body(t, m{"name": "p"})); err != nil || back.Version != 1 || back.From != 2 || !slices.Equal(back.Experiments, []string{"e"}) {
		t.Errorf("rollback of what an experiment still gives: %+v, %v", back, err)
	}
	if _, err := c.LabelPrompt(ctx, projectID, "p", 3, body(t, m{"newLabels": l{"production"}})); err != nil {
		t.Fatal(err)
	}
	if o, err = c.PromptOverview(ctx, projectID, "p"); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%+v", *o), "{Name:p Type:text Tags:[x] Versions:[3 2 1] Labels:[{Label:first Version:1 Back:0} {Label:latest Version:3 Back:0} {Label:production Version:3 Back:1}] Experiments:[{Name:e Versions:[2 1]}]}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if l := o.On("production"); l.Version != 3 || l.Back != 1 || o.On("none").Version != 0 {
		t.Errorf("%+v", l)
	}
	versions, total, err := c.PromptVersions(ctx, projectID, "p", store.Page{Limit: 2, Offset: 1})
	if err != nil || total != 3 || len(versions) != 2 || versions[0].Version != 2 || string(versions[1].Prompt) != `"0"` {
		t.Errorf("%+v of %d, %v", versions, total, err)
	}
}

// TestVersionSaysWhoMadeIt: the name of a person, API for keys.
func TestVersionSaysWhoMadeIt(t *testing.T) {
	c, _ := open(t)
	for actor, want := range map[catalog.Actor]string{{PublicKey: "pk"}: "API", {Name: "kim"}: "kim"} {
		p, err := c.CreatePrompt(catalog.WithActor(t.Context(), actor), projectID, body(t, m{"name": want, "prompt": "x"}))
		if err != nil || p.CreatedBy != want {
			t.Errorf("%+v: %v, %v", actor, p, err)
		}
	}
}

func TestPlanExperiment(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	for range 2 {
		do(t, c.CreatePrompt, m{"name": "p", "prompt": "x"})
	}
	plan := func(want catalog.ExperimentPlan, variants ...any) {
		t.Helper()
		b := body(t, m{"prompt": "p", "variants": variants})
		if got, err := c.PlanExperiment(ctx, projectID, "e", b); err != nil || *got != want {
			t.Errorf("%s: %+v, %v, want %+v", b, got, err, want)
		}
	}
	plan(catalog.ExperimentPlan{Moved: 3000, Outside: 7000}, variant("a", 1, 1000), variant("b", 2, 2000))
	if all, err := c.Experiments(ctx, projectID, "p"); err != nil || len(all) != 0 {
		t.Errorf("a plan has made %+v, %v", all, err)
	}
	if _, err := c.SetExperiment(ctx, projectID, "e", body(t, m{"prompt": "p", "variants": l{variant("a", 1, 1000), variant("b", 2, 2000)}})); err != nil {
		t.Fatal(err)
	}
	plan(catalog.ExperimentPlan{Moved: 1000, Outside: 6000}, variant("a", 1, 2000), variant("b", 2, 2000))
	plan(catalog.ExperimentPlan{Renewed: 1000, Outside: 7000}, variant("a", 2, 1000), variant("b", 2, 2000))
	plan(catalog.ExperimentPlan{Moved: 2000, Renewed: 1000, Outside: 9000}, variant("a", 2, 1000))
	history, _, err := c.PromptHistory(ctx, projectID, "p", store.Page{Limit: 10})
	if err != nil || len(history) != 3 {
		t.Errorf("plans are in the history: %+v, %v", history, err)
	}
	_, err = c.PlanExperiment(ctx, projectID, "e", body(t, m{"prompt": "p", "variants": l{variant("a", 7, 1)}}))
	wantNotFound(t, "a plan with no version", err)
	_, err = c.PlanExperiment(ctx, projectID, "e", body(t, m{"prompt": "none", "variants": l{variant("a", 1, 1)}}))
	wantNotFound(t, "a plan for no prompt", err)
	_, err = c.PlanExperiment(ctx, projectID, "", body(t, m{"prompt": "p", "variants": l{variant("a", 1, 10001)}}))
	wantFields(t, "a wrong plan", err, "experiment", "variants")
}

func TestTextParts(t *testing.T) {
	const ref = "@@@langfusePrompt:name=a/b|label=production@@@"
	parts := catalog.TextParts("x" + ref + ref + "@@@langfusePrompt:name=|version=1@@@ @@@langfusePrompt:name=c|version=2@@@")
	var got []string
	for _, p := range parts {
		got = append(got, fmt.Sprintf("%s %+v", p.Name, p.Selection))
	}
	const want = " {Version:0 Label:}; a/b {Version:0 Label:production}; a/b {Version:0 Label:production};  {Version:0 Label:}; c {Version:2 Label:}"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("%s, want %s", s, want)
	}
}

func FuzzTextParts(f *testing.F) {
	f.Add("a @@@langfusePrompt:name=x|label=y@@@ b @@@langfusePrompt:name=@@@langfusePrompt:name=z|version=1@@@")
	f.Fuzz(func(t *testing.T, text string) {
		var b strings.Builder
		for _, p := range catalog.TextParts(text) {
			if p.Text == "" {
				t.Error("an empty part")
			}
			b.WriteString(p.Text)
		}
		if b.String() != text {
			t.Errorf("the parts are %q", b.String())
		}
	})
}
