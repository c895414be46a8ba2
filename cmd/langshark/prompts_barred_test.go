package main

import (
	"net/http"
	"strings"
	"testing"
)

// guarded is a server whose label production only the key that the commands have may move, and whose prompt b has an
// experiment that another key has set.
func guarded(t *testing.T) (s serving, dir string) {
	t.Helper()
	s = hubServer(t)
	pair := exported.FindAllStringSubmatch(did(t, "project", "keys", "create", "default", "--data", s.data), -1)
	did(t, "project", "protect-label", "--project", "default", "--label", "production", "--key", pair[0][1], "--data", s.data)
	prompt(t, s, map[string]any{"name": "b", "prompt": "one"})
	experiment(t, s, "e\n")
	t.Setenv("LANGSHARK_PUBLIC_KEY", pair[0][1])
	t.Setenv("LANGSHARK_SECRET_KEY", pair[1][1])
	dir = t.TempDir()
	file(t, dir, "a.md", "---\nname: a\nlabels: [production]\n---\nA")
	return s, dir
}

// experiment sets one on prompt b, by a key that may not move production.
func experiment(t *testing.T, s serving, name string) {
	t.Helper()
	variants := []any{map[string]any{"name": "all", "version": 1, "weight": 10_000}}
	sent(t, s, http.MethodPut, "prompt-experiments/"+strings.ReplaceAll(name, "\n", "%0A"), http.StatusOK, map[string]any{"prompt": "b", "variants": variants})
}

// TestPushOfAProtectedLabelBesideAnExperiment pushes nothing, since the second file would be refused.
func TestPushOfAProtectedLabelBesideAnExperiment(t *testing.T) {
	for name, text := range map[string]string{
		"a new version": "---\nname: b\nversion: 1\nlabels: [eu, production]\n---\ntwo",
		"a label":       "---\nname: b\nversion: 1\nlabels: [production]\n---\none",
	} {
		t.Run(name, func(t *testing.T) {
			_, dir := guarded(t)
			file(t, dir, "b.md", text)
			const want = `b.md: label production is protected, and experiment "e\n" on b would go past it, and may have been set by somebody who may not move it: end the experiment`
			for _, more := range []string{"--check", "--force", "--no-write"} {
				failed(t, want, "prompts", "push", "--dir", dir, more)
			}
			failed(t, want, "prompts", "push", "--dir", dir)
			if out := did(t, "prompts", "ls"); strings.Contains(out, "a  ") {
				t.Errorf("something was pushed:\n%s", out)
			}
			replaceIn(t, dir+"/b.md", "production", "staging")
			contains(t, did(t, "prompts", "push", "--dir", dir), "Pushed b.md")
		})
	}
}

// TestPushOfAProtectedLabelThatIsThere moves it past an experiment: who set that has been told.
func TestPushOfAProtectedLabelThatIsThere(t *testing.T) {
	s, dir := guarded(t)
	sent(t, s, http.MethodDelete, "prompt-experiments/e%0A?prompt=b", http.StatusNoContent, nil)
	b := file(t, dir, "b.md", "---\nname: b\nversion: 1\nlabels: [production]\n---\none")
	contains(t, did(t, "prompts", "push", "--dir", dir), "Pushed b.md: version 1 of b gets production\n")
	replaceIn(t, b, "one", "two")
	var asked bool
	before(t, s, func(_ http.ResponseWriter, r *http.Request) bool {
		asked = asked || strings.HasSuffix(r.URL.Path, "/prompt-experiments")
		return false
	})
	contains(t, did(t, "prompts", "push", "--dir", dir), "Pushed b.md: version 2 of b gets production from version 1\n")
	if asked {
		t.Error("asked for experiments, though the label only moves")
	}
}

// TestPushOfAProtectedLabelBesideAnExperimentThatIsCleared for it, or of which the server doesn't say that.
func TestPushOfAProtectedLabelBesideAnExperimentThatIsCleared(t *testing.T) {
	s, dir := guarded(t)
	file(t, dir, "b.md", "---\nname: b\nversion: 1\nlabels: [production]\n---\none")
	for answer, would := range map[string]bool{
		`{"data":[{"experiment":"x","clearedLabels":["eu","production"]}]}`: true,
		`{"data":[{"experiment":"x"}]}`:                                     true,
		`{"data":[]}`:                                                       true,
		"":                                                                  true,
		`{"data":[{"experiment":"x","clearedLabels":["eu"]}]}`: false,
	} {
		before(t, s, func(w http.ResponseWriter, r *http.Request) bool {
			is := strings.HasSuffix(r.URL.Path, "/prompt-experiments")
			switch {
			case is && answer == "":
				http.NotFound(w, r)
			case is:
				_, _ = w.Write([]byte(answer))
			}
			return is
		})
		code, stdout, stderr := command(t, "prompts", "push", "--dir", dir, "--check")
		if (code == 0) != would {
			t.Errorf("%s: %d %s%s", answer, code, stdout, stderr)
		}
	}
}

// TestPushSaysWhatTheServerRefuses: an experiment that is set meanwhile has no other cause.
func TestPushSaysWhatTheServerRefuses(t *testing.T) {
	s, dir := guarded(t)
	sent(t, s, http.MethodDelete, "prompt-experiments/e%0A?prompt=b", http.StatusNoContent, nil)
	file(t, dir, "b.md", "---\nname: b\nversion: 1\nlabels: [production]\n---\none")
	first := true
	before(t, s, func(_ http.ResponseWriter, r *http.Request) bool {
		if first && r.Method == http.MethodPatch {
			first = false
			experiment(t, s, "late")
		}
		return false
	})
	code, _, stderr := command(t, "prompts", "push", "--dir", dir)
	if code != 1 || strings.Contains(stderr, "meanwhile") || strings.Contains(stderr, "push again") ||
		!strings.Contains(stderr, "b.md: the server answered 400: Experiment 'late' on prompt 'b' would go past the protected label 'production'") {
		t.Errorf("%d %s", code, stderr)
	}
}
