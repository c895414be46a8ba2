package catalog_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// promptModel is what a prompt should be: the labels of each version, by number.
type promptModel struct {
	last   int
	labels map[int][]string // of the versions that are there
	texts  map[int]string
	tags   []string
}

func (p *promptModel) move(label string, version int) {
	for v, labels := range p.labels {
		if i := slices.Index(labels, label); i >= 0 && v != version {
			p.labels[v] = slices.Delete(labels, i, i+1)
		}
	}
	if !slices.Contains(p.labels[version], label) {
		p.labels[version] = append(p.labels[version], label)
	}
}

func (p *promptModel) newest() (version int) {
	for v := range p.labels {
		version = max(version, v)
	}
	return version
}

// TestLabelMoves adds, labels and deletes versions at random and compares with a
// model: each label is on one version, latest on the newest.
func TestLabelMoves(t *testing.T) {
	c, _ := open(t)
	r := rand.New(rand.NewPCG(5, 6))
	all := []string{"production", "staging", "a.b", "x_y-1"}
	some := func() []string {
		list := []string{}
		for _, label := range all {
			if r.IntN(3) == 0 {
				list = append(list, label)
			}
		}
		return list
	}
	model := map[string]*promptModel{}
	for step := range 200 {
		name := []string{"chat", "folder/chat", ""}[r.IntN(3)]
		p := model[name]
		switch r.IntN(5) {
		case 0, 1:
			if p == nil {
				p = &promptModel{labels: map[int][]string{}, texts: map[int]string{}, tags: []string{}}
				model[name] = p
			}
			text, labels := fmt.Sprint("text ", step), some()
			body := m{"name": name, "prompt": text, "labels": labels}
			if r.IntN(3) == 0 {
				p.tags = []string{fmt.Sprint("tag", step)}
				body["tags"] = p.tags
			}
			p.last++
			p.labels[p.last], p.texts[p.last] = []string{}, text
			for _, label := range append(labels, catalog.LabelLatest) {
				p.move(label, p.last)
			}
			made := do(t, c.CreatePrompt, body)
			if made.Version != p.last || !slices.Equal(made.Labels, p.labels[p.last]) || !slices.Equal(made.Tags, p.tags) {
				t.Fatalf("step %d: made %+v, want version %d with %v", step, made, p.last, p.labels[p.last])
			}
		case 2, 3:
			version, labels := 1+r.IntN(4), some()
			got, err := c.LabelPrompt(t.Context(), projectID, name, version, body(t, m{"newLabels": labels}))
			if p == nil || p.labels[version] == nil {
				wantNotFound(t, "labels for no version", err)
				continue
			}
			for _, label := range labels {
				p.move(label, version)
			}
			if err != nil || !slices.Equal(got.Labels, p.labels[version]) {
				t.Fatalf("step %d: %+v, %v; want %v", step, got, err, p.labels[version])
			}
		case 4:
			s := catalog.PromptSelection{Version: 1 + r.IntN(4)}
			err := c.DeletePrompt(t.Context(), projectID, name, s)
			if p == nil || p.labels[s.Version] == nil {
				wantNotFound(t, "delete of no version", err)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if delete(p.labels, s.Version); len(p.labels) == 0 {
				delete(model, name)
				continue
			}
			p.move(catalog.LabelLatest, p.newest())
		}
		comparePrompt(t, c, name, model[name])
	}
}

// comparePrompt reads all versions and all labels of a prompt.
func comparePrompt(t *testing.T, c *catalog.Catalog, name string, p *promptModel) {
	t.Helper()
	if p == nil {
		_, err := c.Prompt(t.Context(), projectID, name, catalog.PromptSelection{Label: catalog.LabelLatest})
		wantNotFound(t, name, err)
		return
	}
	on := map[string]int{}
	for version, labels := range p.labels {
		got, err := c.Prompt(t.Context(), projectID, name, catalog.PromptSelection{Version: version})
		if err != nil || !slices.Equal(got.Labels, labels) || string(got.Prompt) != `"`+p.texts[version]+`"` || !slices.Equal(got.Tags, p.tags) {
			t.Fatalf("%q version %d: %+v, %v; want %v %q", name, version, got, err, labels, p.texts[version])
		}
		for _, label := range labels {
			on[label]++
			if by, err := c.Prompt(t.Context(), projectID, name, catalog.PromptSelection{Label: label}); err != nil || by.Version != version {
				t.Fatalf("%q by label %s: %+v, %v; want version %d", name, label, by, err, version)
			}
		}
	}
	for label, n := range on {
		if n != 1 {
			t.Errorf("%q: label %s is on %d versions", name, label, n)
		}
	}
	if newest, err := c.Prompt(t.Context(), projectID, name, catalog.PromptSelection{Label: catalog.LabelLatest}); err != nil || newest.Version != p.newest() {
		t.Errorf("%q latest: %+v, %v; want version %d", name, newest, err, p.newest())
	}
}

// TestPromptsMeet adds versions at the same time: each gets a number of its own.
func TestPromptsMeet(t *testing.T) {
	c, _ := open(t)
	const n = 20
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { do(t, c.CreatePrompt, m{"name": "p", "prompt": "x", "labels": l{"production"}}) })
	}
	wg.Wait()
	list, total, err := c.Prompts(t.Context(), projectID, catalog.PromptFilter{}, store.Page{Limit: 10})
	if err != nil || total != 1 || len(list[0].Versions) != n || list[0].Versions[n-1] != n || !slices.Equal(list[0].Labels, []string{"latest", "production"}) {
		t.Errorf("%+v of %d, %v", list, total, err)
	}
}

func TestPromptForms(t *testing.T) {
	c, _ := open(t)
	chat := do(t, c.CreatePrompt, m{"name": "c", "type": "chat", "config": nil, "commitMessage": "why", "prompt": l{
		m{"role": "system", "content": "<{{x}}>", "extra": 1}, m{"type": "placeholder", "name": "history"}, m{"role": "user", "content": ""},
	}})
	want := `[{"role":"system","content":"<{{x}}>"},{"type":"placeholder","name":"history"},{"role":"user","content":""}]`
	if string(chat.Prompt) != want || string(chat.Config) != `{}` || chat.CommitMessage != "why" || chat.Type != catalog.PromptChat {
		t.Errorf("%+v %s", chat, chat.Prompt)
	}
	_, err := c.CreatePrompt(t.Context(), projectID, body(t, m{"name": "c", "prompt": "x"}))
	wantRefused(t, "a text after a chat", err)
	old := do(t, c.CreatePromptV1, m{"name": "old", "prompt": "x", "isActive": true, "labels": l{"ignored"}})
	if !slices.Equal(old.Labels, []string{"production", "latest"}) {
		t.Errorf("the older form: %+v", old)
	}
	if next := do(t, c.CreatePromptV1, m{"name": "old", "prompt": "y", "isActive": false}); !slices.Equal(next.Labels, []string{"latest"}) {
		t.Errorf("not active: %+v", next)
	}
	_, err = c.CreatePromptV1(t.Context(), projectID, body(t, m{"name": "old", "prompt": "y"}))
	wantFields(t, "the older form without isActive", err, "isActive")
	for _, x := range []struct {
		body any
		want []string
	}{
		{m{}, []string{"name", "prompt"}},
		{m{"name": "n", "prompt": l{}}, []string{"prompt"}},
		{m{"name": "n", "prompt": "x", "type": "chat"}, []string{"prompt"}},
		{m{"name": "n", "prompt": l{m{"role": "user"}, "x"}, "type": "chat"}, []string{"prompt", "prompt"}},
		{m{"name": "n", "prompt": "x", "type": "foo"}, []string{"type"}},
		{m{"name": "n", "prompt": "x", "labels": l{"Bad Label"}}, []string{"labels"}},
		{m{"name": "n", "prompt": "x", "labels": l{""}}, []string{"labels"}},
		{m{"name": "n", "prompt": "x", "tags": "t"}, []string{"tags"}},
		{m{"name": strings.Repeat("n", 256), "prompt": "x"}, []string{"name"}},
	} {
		_, err := c.CreatePrompt(t.Context(), projectID, body(t, x.body))
		wantFields(t, fmt.Sprintf("%.80v", x.body), err, x.want...)
	}
	_, err = c.LabelPrompt(t.Context(), projectID, "old", 1, body(t, m{"newLabels": l{"latest"}}))
	wantFields(t, "latest by hand", err, "newLabels")
}

func TestPromptList(t *testing.T) {
	c, _ := open(t)
	for i := range 3 {
		do(t, c.CreatePrompt, m{"name": "b", "prompt": "x", "config": m{"n": i}, "labels": l{fmt.Sprint("l", i)}, "tags": l{"t"}})
	}
	first := do(t, c.CreatePrompt, m{"name": "a/b", "prompt": "x", "labels": l{"production"}})
	if len(first.Tags) != 0 {
		t.Errorf("tags of another prompt: %v", first.Tags)
	}
	for _, x := range []struct {
		name   string
		filter catalog.PromptFilter
		page   store.Page
		want   string // names with versions and the newest config
		total  int64
	}{
		{"all", catalog.PromptFilter{}, store.Page{Limit: 5}, `a/b[1]{} b[1 2 3]{"n":2}`, 2},
		{"second page", catalog.PromptFilter{}, store.Page{Limit: 1, Offset: 1}, `b[1 2 3]{"n":2}`, 2},
		{"after the end", catalog.PromptFilter{}, store.Page{Limit: 1, Offset: 9}, ``, 2},
		{"name", catalog.PromptFilter{Name: "a/b"}, store.Page{Limit: 5}, `a/b[1]{}`, 1},
		{"label", catalog.PromptFilter{Label: "l1"}, store.Page{Limit: 5}, `b[2]{"n":1}`, 1},
		{"tag", catalog.PromptFilter{Tag: "t"}, store.Page{Limit: 5}, `b[1 2 3]{"n":2}`, 1},
		{"version", catalog.PromptFilter{Version: 1}, store.Page{Limit: 5}, `a/b[1]{} b[1]{"n":0}`, 2},
		{"from", catalog.PromptFilter{From: first.UpdatedAt}, store.Page{Limit: 5}, `a/b[1]{}`, 1},
		{"later", catalog.PromptFilter{From: first.UpdatedAt.Add(time.Hour)}, store.Page{Limit: 5}, ``, 0},
		{"to", catalog.PromptFilter{To: first.UpdatedAt}, store.Page{Limit: 5}, `b[1 2 3]{"n":2}`, 1},
	} {
		list, total, err := c.Prompts(t.Context(), projectID, x.filter, x.page)
		var got []string
		for _, p := range list {
			got = append(got, fmt.Sprintf("%s%v%s", p.Name, p.Versions, p.LastConfig))
		}
		if err != nil || strings.Join(got, " ") != x.want || total != x.total {
			t.Errorf("%s: %v of %d, %v; want %s of %d", x.name, got, total, err, x.want, x.total)
		}
	}
	ids, err := c.PromptIDs(t.Context(), projectID, []catalog.PromptVersionKey{{Name: "a/b", Version: 1}, {Name: "none", Version: 1}, {Name: "a/b", Version: 1}})
	if err != nil || !reflect.DeepEqual(ids, map[catalog.PromptVersionKey]string{{Name: "a/b", Version: 1}: first.ID}) {
		t.Errorf("ids: %v, %v", ids, err)
	}
	if err := c.DeletePrompt(t.Context(), projectID, "b", catalog.PromptSelection{}); err != nil {
		t.Error(err)
	}
	wantNotFound(t, "a deleted prompt", c.DeletePrompt(t.Context(), projectID, "b", catalog.PromptSelection{}))
	wantNotFound(t, "no such label", c.DeletePrompt(t.Context(), projectID, "a/b", catalog.PromptSelection{Label: "none"}))
}
