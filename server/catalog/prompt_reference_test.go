package catalog_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
)

func byLabel(name, label string) string {
	return "@@@langfusePrompt:name=" + name + "|label=" + label + "@@@"
}

func byVersion(name string, version int) string {
	return fmt.Sprintf("@@@langfusePrompt:name=%s|version=%d@@@", name, version)
}

// wantRefusal complains unless the request is refused with a text that has all of these.
func wantRefusal(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	wantRefused(t, what, err)
	for _, part := range parts {
		if err != nil && !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %q doesn't say %q", what, err, part)
		}
	}
}

func TestReferences(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	do(t, c.CreatePrompt, m{"name": "이름/🎉 ?", "prompt": "안녕 {{user}}", "labels": l{"production"}})
	do(t, c.CreatePrompt, m{"name": "b", "prompt": "[" + byLabel("이름/🎉 ?", "production") + "]", "labels": l{"production"}})
	do(t, c.CreatePrompt, m{"name": "a", "type": "chat", "labels": l{"production"}, "prompt": l{
		m{"role": "system", "content": byVersion("b", 1) + " & " + byLabel("b", "production")}, m{"type": "placeholder", "name": "history"}, m{"role": "user", "content": "x"},
	}})
	want := `[{"role":"system","content":"[안녕 {{user}}] & [안녕 {{user}}]"},{"type":"placeholder","name":"history"},{"role":"user","content":"x"}]`
	a, err := c.ResolvedPrompt(ctx, projectID, "a", catalog.PromptSelection{})
	if err != nil || string(a.Prompt) != want {
		t.Fatalf("%+v, %v: %s", a, err, a.Prompt)
	}
	if g := a.Graph; g == nil || g.Root.Name != "a" || g.Root.ID != a.ID || len(g.Dependencies) != 2 || len(g.Dependencies[a.ID]) != 1 || g.Dependencies[a.ID][0].Name != "b" ||
		len(g.Dependencies[g.Dependencies[a.ID][0].ID]) != 1 || g.Dependencies[g.Dependencies[a.ID][0].ID][0].Name != "이름/🎉 ?" {
		t.Errorf("graph: %+v", g)
	}
	raw, err := c.Prompt(ctx, projectID, "a", catalog.PromptSelection{})
	if err != nil || !strings.Contains(string(raw.Prompt), "@@@langfusePrompt:name=b|version=1@@@") || raw.Graph != nil {
		t.Errorf("as it is kept: %s, %v", raw.Prompt, err)
	}
	plain, err := c.ResolvedPrompt(ctx, projectID, "이름/🎉 ?", catalog.PromptSelection{})
	if err != nil || plain.Graph != nil {
		t.Errorf("one that refers to nothing: %+v, %v", plain, err)
	}
	do(t, c.CreatePrompt, m{"name": "이름/🎉 ?", "prompt": "반갑습니다", "labels": l{"production"}})
	if a, err = c.ResolvedPrompt(ctx, projectID, "a", catalog.PromptSelection{}); err != nil || strings.Count(string(a.Prompt), "[반갑습니다]") != 2 {
		t.Errorf("after a label has moved: %s, %v", a.Prompt, err)
	}

	_, err = c.CreatePrompt(ctx, projectID, body(t, m{"name": "x", "prompt": byVersion("a", 1)}))
	wantRefusal(t, "a reference to a chat", err, "'a' with version 1", "chat")
	_, err = c.CreatePrompt(ctx, projectID, body(t, m{"name": "x", "prompt": byLabel("none", "production")}))
	wantRefusal(t, "a reference to nothing", err, "Prompt x refers to 'none' with label 'production'")
	_, err = c.CreatePrompt(ctx, projectID, body(t, m{"name": "x", "prompt": byVersion("b", 7)}))
	wantRefusal(t, "a reference to no version", err, "'b' with version 7")
	_, err = c.Prompt(ctx, projectID, "x", catalog.PromptSelection{Label: "latest"})
	wantNotFound(t, "what was refused", err)

	wantRefusal(t, "delete of what is referred to by label", c.DeletePrompt(ctx, projectID, "이름/🎉 ?", catalog.PromptSelection{Version: 2}), "'b' version 1 (by label 'production')")
	wantRefusal(t, "delete of all", c.DeletePrompt(ctx, projectID, "b", catalog.PromptSelection{}), "'a' version 1 (by version 1)", "'a' version 1 (by label 'production')")
	if err := c.DeletePrompt(ctx, projectID, "이름/🎉 ?", catalog.PromptSelection{Version: 1}); err != nil {
		t.Errorf("delete of what nobody refers to: %v", err)
	}
	for _, name := range []string{"a", "b", "이름/🎉 ?"} {
		if err := c.DeletePrompt(ctx, projectID, name, catalog.PromptSelection{}); err != nil {
			t.Errorf("%s, to which nobody refers any more: %v", name, err)
		}
	}
}

func TestReferencesInCircles(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	do(t, c.CreatePrompt, m{"name": "b", "prompt": "b1", "labels": l{"production"}})
	do(t, c.CreatePrompt, m{"name": "a", "prompt": byLabel("b", "production"), "labels": l{"production"}})
	_, err := c.CreatePrompt(ctx, projectID, body(t, m{"name": "b", "prompt": byLabel("a", "production"), "labels": l{"production"}}))
	wantRefusal(t, "a circle by a new version", err, "b → a → b")
	_, err = c.CreatePrompt(ctx, projectID, body(t, m{"name": "c", "prompt": byLabel("c", "latest")}))
	wantRefusal(t, "one that refers to itself", err, "c → c")
	do(t, c.CreatePrompt, m{"name": "b", "prompt": byLabel("a", "production")}) // b's production is another version
	_, err = c.LabelPrompt(ctx, projectID, "b", 2, body(t, m{"newLabels": l{"production"}}))
	wantRefusal(t, "a circle by a label", err, "b → a → b")
	if p, err := c.Prompt(ctx, projectID, "b", catalog.PromptSelection{}); err != nil || p.Version != 1 {
		t.Errorf("a refused move has moved: %+v, %v", p, err)
	}
}

// TestReferencesStayReadable changes what others refer to, so that those would be too deep, too long or go round.
func TestReferencesStayReadable(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	production := l{"production"}
	do(t, c.CreatePrompt, m{"name": "leaf", "prompt": "x", "labels": production})
	do(t, c.CreatePrompt, m{"name": "d0", "prompt": "x", "labels": production})
	for i := 1; i <= catalog.MaxPromptDepth; i++ {
		do(t, c.CreatePrompt, m{"name": fmt.Sprint("d", i), "prompt": byLabel(fmt.Sprint("d", i-1), "production"), "labels": production})
	}
	deeper := m{"name": "d0", "prompt": byVersion("leaf", 1), "labels": production}
	_, err := c.CreatePrompt(ctx, projectID, body(t, deeper))
	wantRefusal(t, "a version that makes those above too deep", err, "'d5' version 1", "deeper than 5", "d5 → d4 → d3 → d2 → d1 → d0 → leaf")
	do(t, c.CreatePrompt, m{"name": "d0", "prompt": byVersion("leaf", 1)}) // nobody gets it there
	_, err = c.LabelPrompt(ctx, projectID, "d0", 2, body(t, m{"newLabels": production}))
	wantRefusal(t, "a label that makes those above too deep", err, "'d5' version 1")
	_, err = c.RollbackPrompt(ctx, projectID, body(t, m{"name": "d0", "version": 2}))
	wantRefusal(t, "a rollback that does", err, "'d5' version 1")
	if p, err := c.ResolvedPrompt(ctx, projectID, "d5", catalog.PromptSelection{}); err != nil || string(p.Prompt) != `"x"` {
		t.Errorf("after what was refused: %+v, %v", p, err)
	}

	// A version that nobody is given is no reason to refuse, but in an experiment it is given.
	do(t, c.CreatePrompt, m{"name": "d5", "prompt": "y", "labels": production})
	if _, err := c.SetExperiment(ctx, projectID, "tone", body(t, m{"prompt": "d5", "variants": l{m{"name": "old", "version": 1, "weight": 100}}})); err != nil {
		t.Fatal(err)
	}
	_, err = c.LabelPrompt(ctx, projectID, "d0", 2, body(t, m{"newLabels": production}))
	wantRefusal(t, "one that breaks an experiment", err, "'d5' version 1")
	if err := c.DeleteExperiment(ctx, projectID, "d5", "tone", 0); err != nil {
		t.Fatal(err)
	}
	if _, err = c.LabelPrompt(ctx, projectID, "d0", 2, body(t, m{"newLabels": production})); err != nil {
		t.Errorf("one that breaks nobody: %v", err)
	}
	do(t, c.CreatePrompt, m{"name": "d0", "prompt": byVersion("leaf", 1) + "!", "labels": production}) // d5's first is as broken as before
	_, err = c.LabelPrompt(ctx, projectID, "d5", 1, body(t, m{"newLabels": production}))
	wantRefusal(t, "a move to what can't be read", err, "deeper than 5")

	// What is unreadable anyway hinders nobody.
	do(t, c.CreatePrompt, m{"name": "big", "prompt": "x", "labels": production})
	do(t, c.CreatePrompt, m{"name": "other", "prompt": "x", "labels": production})
	do(t, c.CreatePrompt, m{"name": "both", "prompt": strings.Repeat(byLabel("big", "production"), 9) + byLabel("other", "production")})
	do(t, c.CreatePrompt, m{"name": "both", "prompt": "plain"})
	do(t, c.CreatePrompt, m{"name": "big", "prompt": strings.Repeat("x", 120_000), "labels": production})
	if err := c.DeletePrompt(ctx, projectID, "both", catalog.PromptSelection{Version: 2}); err != nil { // latest is on the broken one
		t.Fatal(err)
	}
	do(t, c.CreatePrompt, m{"name": "other", "prompt": "y", "labels": production})
	do(t, c.RollbackPrompt, m{"name": "other"})
	do(t, c.CreatePrompt, m{"name": "big", "prompt": strings.Repeat("x", 118_000), "labels": production})

	do(t, c.CreatePrompt, m{"name": "part", "prompt": "x"})
	do(t, c.CreatePrompt, m{"name": "long", "prompt": strings.Repeat(byLabel("part", "latest"), 4)})
	_, err = c.CreatePrompt(ctx, projectID, body(t, m{"name": "part", "prompt": strings.Repeat("가", 100_000)}))
	wantRefusal(t, "a part that makes the whole too long", err, "'long' version 1", "1048576 bytes")
	for i := range 3 {
		do(t, c.CreatePrompt, m{"name": "part", "prompt": fmt.Sprint("x", i)})
	}
	if err := c.DeletePrompt(ctx, projectID, "part", catalog.PromptSelection{Label: "latest"}); err != nil {
		t.Errorf("a delete that moves latest: %v", err)
	}
}

func TestReferencesAreBounded(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	do(t, c.CreatePrompt, m{"name": "d0", "prompt": "x", "labels": l{"production"}})
	for i := 1; i <= catalog.MaxPromptDepth; i++ {
		do(t, c.CreatePrompt, m{"name": fmt.Sprint("d", i), "prompt": byLabel(fmt.Sprint("d", i-1), "production"), "labels": l{"production"}})
	}
	for _, text := range []string{byVersion("d5", 1), byVersion("d0", 1) + byVersion("d4", 1) + byVersion("d5", 1)} {
		_, err := c.CreatePrompt(ctx, projectID, body(t, m{"name": "deep", "prompt": text}))
		wantRefusal(t, "one too deep", err, "deeper than 5", "deep → d5 → d4")
	}
	do(t, c.CreatePrompt, m{"name": "big", "prompt": strings.Repeat("가", 100_000)})
	_, err := c.CreatePrompt(ctx, projectID, body(t, m{"name": "bigger", "prompt": strings.Repeat(byVersion("big", 1), 4)}))
	wantRefusal(t, "one too long", err, "'bigger' version 1", "1048576 bytes")
	do(t, c.CreatePrompt, m{"name": "big2", "prompt": strings.Repeat(byVersion("big", 1), 3)})
	var many strings.Builder
	for i := range 101 {
		fmt.Fprint(&many, byVersion("d0", i+1))
	}
	_, err = c.CreatePrompt(ctx, projectID, body(t, m{"name": "many", "prompt": many.String()}))
	wantRefusal(t, "too many references", err, "at most 100")
}

// TestReferencesAtRandom compares with texts that are expanded in the plainest way.
func TestReferencesAtRandom(t *testing.T) {
	c, _ := open(t)
	r := rand.New(rand.NewPCG(7, 8))
	names := []string{"a", "b|version=1", "다", "d/e"}
	type version struct {
		prefix string
		refs   []string // name, version or label
	}
	type head struct {
		versions   map[int]version
		last       int
		production int
	}
	type model map[string]*head
	copyOf := func(m model) model {
		n := model{}
		for name, h := range m {
			c := *h
			c.versions = maps.Clone(h.versions)
			n[name] = &c
		}
		return n
	}
	var expand func(m model, name string, v int, above []string) (string, bool)
	expand = func(m model, name string, v int, above []string) (string, bool) {
		h := m[name]
		key := fmt.Sprint(name, v)
		if h == nil || slices.Contains(above, key) || len(above) > catalog.MaxPromptDepth {
			return "", false
		}
		one, ok := h.versions[v]
		if !ok {
			return "", false
		}
		text := one.prefix
		for _, ref := range one.refs {
			i := strings.LastIndexByte(ref, '#')
			to, n := ref[:i], 0
			if ref[i+1:] == "p" && m[to] != nil {
				n = m[to].production
			} else {
				fmt.Sscan(ref[i+1:], &n)
			}
			part, ok := expand(m, to, n, append(slices.Clone(above), key))
			if !ok {
				return "", false
			}
			text += part
		}
		return text, true
	}
	now, gone := model{}, map[string]int{} // gone are the last numbers of prompts that were deleted whole
	refused, circles := 0, 0
	for step := range 250 {
		name := names[r.IntN(len(names))]
		next := copyOf(now)
		var err error
		var want bool
		switch h := next[name]; {
		case h == nil || r.IntN(2) == 0:
			if h == nil {
				h = &head{versions: map[int]version{}, last: gone[name]}
				next[name] = h
			}
			h.last++
			v := version{prefix: fmt.Sprint("<", step, ">")}
			text := v.prefix
			for range r.IntN(3) {
				to := names[r.IntN(len(names))]
				if n := r.IntN(3); n > 0 {
					v.refs, text = append(v.refs, fmt.Sprint(to, "#", n)), text+byVersion(to, n)
				} else {
					v.refs, text = append(v.refs, to+"#p"), text+byLabel(to, "production")
				}
			}
			h.versions[h.last] = v
			labels := l{}
			if r.IntN(2) == 0 {
				labels, h.production = l{"production"}, h.last
			}
			_, want = expand(next, name, h.last, nil)
			_, err = c.CreatePrompt(t.Context(), projectID, body(t, m{"name": name, "prompt": text, "labels": labels}))
		case r.IntN(2) == 0:
			h.production = 1 + r.IntN(h.last)
			_, want = expand(next, name, h.production, nil)
			_, err = c.LabelPrompt(t.Context(), projectID, name, h.production, body(t, m{"newLabels": l{"production"}}))
		default:
			n := 1 + r.IntN(h.last)
			_, want = h.versions[n]
			if delete(h.versions, n); h.production == n {
				h.production = 0
			}
			for _, other := range next {
				for _, v := range other.versions {
					for _, ref := range v.refs {
						if ref == fmt.Sprint(name, "#", n) || ref == name+"#p" && h.production == 0 {
							want = false
						}
					}
				}
			}
			if len(h.versions) == 0 {
				delete(next, name)
			}
			err = c.DeletePrompt(t.Context(), projectID, name, catalog.PromptSelection{Version: n})
		}
		if (err == nil) != want {
			t.Fatalf("step %d, %s: %v, want accepted %t", step, name, err, want)
		}
		var no *ingest.RequestError
		var missing *catalog.NotFoundError
		switch {
		case err == nil:
			if next[name] == nil {
				gone[name] = now[name].last
			}
			now = next
		case errors.As(err, &no):
			refused++
			if strings.Contains(err.Error(), "circle") {
				circles++
			}
		case !errors.As(err, &missing):
			t.Fatal(err)
		}
		if name := names[r.IntN(len(names))]; now[name] != nil {
			for n := range now[name].versions {
				text, ok := expand(now, name, n, nil)
				p, err := c.ResolvedPrompt(t.Context(), projectID, name, catalog.PromptSelection{Version: n})
				if ok != (err == nil) || ok && string(p.Prompt) != string(body(t, text)) && string(p.Prompt) != `"`+text+`"` {
					t.Fatalf("step %d, %s version %d: %+v, %v; want %q, %t", step, name, n, p, err, text, ok)
				}
			}
		}
	}
	if refused < 30 || circles < 2 {
		t.Errorf("%d refused, %d of them for circles: the test tries too little", refused, circles)
	}
}
