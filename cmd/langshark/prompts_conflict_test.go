package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file writes a file of a folder of prompts.
func file(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// rolledBack is a server whose prompt b has two versions, of which a folder has the newer in production, as it was before a rollback.
func rolledBack(t *testing.T) (s serving, dir string) {
	t.Helper()
	s = hubServer(t)
	dir = t.TempDir()
	for _, text := range []string{"good", "bad"} {
		prompt(t, s, map[string]any{"name": "b", "prompt": text, "labels": []string{"production"}})
	}
	did(t, "prompts", "pull", "--dir", dir, "b")
	posted(t, s, "prompt-rollback", http.StatusOK, map[string]any{"name": "b", "message": "it swears"})
	return s, dir
}

// TestPushDoesNotUndoARollback: neither with another text nor with the same, nor after somebody moved the label on.
func TestPushDoesNotUndoARollback(t *testing.T) {
	s, dir := rolledBack(t)
	file(t, dir, "a.md", "---\nname: a\n---\nA")
	const want = "b.md: production was moved to version 1 from version 2 by pk at "
	failed(t, want, "prompts", "push", "--dir", dir)
	failed(t, "(it swears): a push would undo that", "prompts", "push", "--dir", dir, "--check")
	failed(t, want, "prompts", "push", "--dir", dir, "--no-write")
	contains(t, did(t, "prompts", "diff", "--dir", dir), "b.md: version 2 of b gets production from version 1\n    not without --force: "+want)
	if out := did(t, "prompts", "ls"); strings.Contains(out, "a  ") {
		t.Errorf("something was pushed:\n%s", out)
	}
	replaceIn(t, filepath.Join(dir, "b.md"), "bad", "worse")
	failed(t, want, "prompts", "push", "--dir", dir)
	prompt(t, s, map[string]any{"name": "b", "prompt": "bad", "labels": []string{"staging"}})
	failed(t, "the server has version 3, and it is from version 2; that was made by pk at ", "prompts", "push", "--dir", dir)
	contains(t, did(t, "prompts", "push", "--dir", dir, "--force"), "b.md: version 4 of b gets production from version 1\n")
	replaceIn(t, filepath.Join(dir, "b.md"), "version: 4", "version: 4")
}

// TestPushOfAStaleFileDoesNotUndoAPromotion, though the newest version says what the file says.
func TestPushOfAStaleFileDoesNotUndoAPromotion(t *testing.T) {
	s := hubServer(t)
	dir := t.TempDir()
	pair := exported.FindAllStringSubmatch(did(t, "project", "keys", "create", "default", "--data", s.data), -1)
	b := file(t, dir, "b.md", "---\nname: b\nlabels: [production]\n---\none")
	t.Setenv("LANGSHARK_PUBLIC_KEY", pair[0][1])
	t.Setenv("LANGSHARK_SECRET_KEY", pair[1][1])
	did(t, "prompts", "push", "--dir", dir)
	prompt(t, s, map[string]any{"name": "b", "prompt": "two", "labels": []string{"production"}})
	prompt(t, s, map[string]any{"name": "b", "prompt": "one"})
	const want = "b.md: production was moved to version 2 from version 1 by pk at "
	failed(t, want, "prompts", "push", "--dir", dir, "--check")
	failed(t, want, "prompts", "push", "--dir", dir)
	contains(t, did(t, "prompts", "diff", "--dir", dir), "b.md: version 3 of b gets production from version 2\n    not without --force: "+want)
	replaceIn(t, b, "version: 1\n", "") // it is from the version of the same key all the same
	failed(t, want, "prompts", "push", "--dir", dir, "--no-write")
	contains(t, did(t, "prompts", "push", "--dir", dir, "--check"), "version 3 of b gets production from version 2\n")
	replaceIn(t, b, "name: b\n", "name: b\nversion: 3\n") // as it was looked at, and is promoted
	contains(t, did(t, "prompts", "push", "--dir", dir), "version 3 of b gets production from version 2\n")
}

// TestPushOfAStaleFilePromotes a label that its version never had, or has again.
func TestPushOfAStaleFilePromotes(t *testing.T) {
	s := hubServer(t)
	dir := t.TempDir()
	for _, text := range []string{"one", "two", "one"} {
		prompt(t, s, map[string]any{"name": "b", "prompt": text, "labels": []string{text}})
	}
	for _, version := range []int{1, 2, 1} {
		posted(t, s, "prompt-rollback", http.StatusOK, map[string]any{"name": "b", "label": "eu", "version": version})
	}
	file(t, dir, "b.md", "---\nname: b\nversion: 1\nlabels: [two, eu]\n---\none")
	contains(t, did(t, "prompts", "push", "--dir", dir), "version 3 of b gets two from version 2, eu from version 1\n")
	prompt(t, s, map[string]any{"name": "c", "prompt": "one"})
	posted(t, s, "prompt-rollback", http.StatusOK, map[string]any{"name": "c", "label": "eu", "version": 1})
	did(t, "prompts", "push", "--dir", dir, "b")
	file(t, dir, "c.md", "---\nname: c\nlabels: [eu, new]\n---\none") // which names no version
	contains(t, did(t, "prompts", "push", "--dir", dir), "version 1 of c gets new\n")
}

// TestPushOfAStaleFileDoesNotUndoARollback from the newest version, which says what the file says.
func TestPushOfAStaleFileDoesNotUndoARollback(t *testing.T) {
	s := hubServer(t)
	dir := t.TempDir()
	for _, text := range []string{"one", "two", "one"} {
		prompt(t, s, map[string]any{"name": "b", "prompt": text})
	}
	for _, version := range []int{3, 2} {
		posted(t, s, "prompt-rollback", http.StatusOK, map[string]any{"name": "b", "label": "eu", "version": version})
	}
	file(t, dir, "b.md", "---\nname: b\nversion: 1\nlabels: [eu]\n---\none")
	failed(t, "b.md: eu was moved to version 2 from version 3 by pk at ", "prompts", "push", "--dir", dir)
}

func TestPushOfALabelThatWasTakenAway(t *testing.T) {
	_, dir := rolledBack(t)
	did(t, "prompts", "rm", "b", "--only-version", "1") // and production with it
	contains(t, did(t, "prompts", "push", "--dir", dir, "--check", "--force"), "version 2 of b gets production\n")
	failed(t, "b.md: production was moved to version 1", "prompts", "push", "--dir", dir)
	replaceIn(t, filepath.Join(dir, "b.md"), "[production]", "[eu]")
	contains(t, did(t, "prompts", "push", "--dir", dir), "version 2 of b gets eu\n")
}

// TestPushPromotes moves a label to a version that it has never been on.
func TestPushPromotes(t *testing.T) {
	s := hubServer(t)
	dir := t.TempDir()
	prompt(t, s, map[string]any{"name": "b", "prompt": "one", "labels": []string{"production", "eu"}})
	prompt(t, s, map[string]any{"name": "b", "prompt": "two"})
	did(t, "prompts", "pull", "--dir", dir, "b")
	replaceIn(t, filepath.Join(dir, "b.md"), "version: 2\n", "version: 2\nlabels: [production, production, new]\n")
	contains(t, did(t, "prompts", "push", "--dir", dir), "b.md: version 2 of b gets production from version 1, new\n")
	replaceIn(t, filepath.Join(dir, "b.md"), "two", "three")
	replaceIn(t, filepath.Join(dir, "b.md"), "[production, production, new]", "[production, eu]")
	contains(t, did(t, "prompts", "push", "--dir", dir), "b.md: version 3 of b gets production from version 2, eu from version 1\n")
	replaceIn(t, filepath.Join(dir, "b.md"), "labels:", "tags: [x]\nlabels:") // for which there is a version too
	contains(t, did(t, "prompts", "push", "--dir", dir), "b.md: version 4 of b gets production from version 3, eu from version 3, tags x\n")
}

// TestPushDoesNotResurrect what was deleted, all of it or the version that the file is from.
func TestPushDoesNotResurrect(t *testing.T) {
	s, dir := rolledBack(t)
	prompt(t, s, map[string]any{"name": "b", "prompt": "three"})
	did(t, "prompts", "pull", "--dir", dir, "b")
	did(t, "prompts", "rm", "b", "--only-version", "3")
	replaceIn(t, filepath.Join(dir, "b.md"), "three", "four")
	failed(t, "b.md: it is from version 3, but the server has version 2 at most, deleted by pk at ", "prompts", "push", "--dir", dir)
	did(t, "prompts", "rm", "b", "--yes")
	const want = "b.md: it is from version 3, but the server has no such prompt, deleted by pk at "
	failed(t, want, "prompts", "push", "--dir", dir)
	failed(t, want, "prompts", "push", "--dir", dir, "--check")
	replaceIn(t, filepath.Join(dir, "b.md"), "version: 3\n", "")
	failed(t, "b.md: it was pushed as version 3 with this key, but the server has no such prompt, deleted by pk", "prompts", "push", "--dir", dir, "--no-write")
	contains(t, did(t, "prompts", "push", "--dir", dir, "--force"), "Pushed b.md: a new prompt, b")
	replaceIn(t, filepath.Join(dir, "b.md"), "name: b\nversion: 4\n", "name: b\nversion: 4\n") // numbers go on
}

// TestPushOfCI has a key of its own and writes no versions: what it has pushed itself is no conflict.
func TestPushOfCI(t *testing.T) {
	s := hubServer(t)
	dir := t.TempDir()
	pair := exported.FindAllStringSubmatch(did(t, "project", "keys", "create", "default", "--data", s.data), -1)
	as := func(public, secret string) {
		t.Setenv("LANGSHARK_PUBLIC_KEY", public)
		t.Setenv("LANGSHARK_SECRET_KEY", secret)
	}
	as(pair[0][1], pair[1][1])
	b := file(t, dir, "b.md", "---\nname: b\nlabels: [production]\n---\none")
	push := []string{"prompts", "push", "--dir", dir, "--no-write"}
	contains(t, did(t, push...), "a new prompt, b gets production\n")
	for _, edit := range [][2]string{{"one", "two"}, {"two", "three"}} {
		replaceIn(t, b, edit[0], edit[1])
		failed(t, "no version is named in it", "prompts", "push", "--dir", dir)
		contains(t, did(t, push...), "of b gets production from version ")
	}
	posted(t, s, "prompt-rollback", http.StatusOK, map[string]any{"name": "b"})
	failed(t, "b.md: production was moved to version 2 from version 3 by pk at ", push...)
	posted(t, s, "prompt-rollback", http.StatusOK, map[string]any{"name": "b", "version": 3})
	contains(t, did(t, push...), "Nothing has changed")
	prompt(t, s, map[string]any{"name": "b", "prompt": "by a person"})
	replaceIn(t, b, "three", "four")
	failed(t, "b.md: the server has version 4, and it is from version 3; that was made by pk at ", push...)
}

// before has all commands ask the server by way of a handler, which says whether it has answered itself.
func before(t *testing.T, s serving, answered func(http.ResponseWriter, *http.Request) bool) {
	t.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answered(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	t.Setenv("LANGSHARK_HOST", front.URL)
}

// TestTwoPushesAtOnce: the second one is told, and what the first has made stays.
func TestTwoPushesAtOnce(t *testing.T) {
	for name, c := range map[string]struct{ name, front, mine, theirs, want string }{
		"a version":    {"b", "version: 1", "mine", "theirs", "Label 'latest' of prompt 'b' is on version 2, not on version 1 as expected"},
		"a new prompt": {"c", "type: text", "mine", "theirs", "Label 'latest' of prompt 'c' is on version 1, not on no version as expected"},
		"labels":       {"b", "labels: [eu]", "one", "one", "Label 'eu' of prompt 'b' is on version 2, not on no version as expected"},
	} {
		t.Run(name, func(t *testing.T) {
			s := hubServer(t)
			prompt(t, s, map[string]any{"name": "b", "prompt": "one"})
			dir := t.TempDir()
			text := "---\nname: " + c.name + "\n" + c.front + "\n---\n" + c.mine
			path := file(t, dir, "x.md", text)
			first := true
			before(t, s, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet && first {
					first = false
					prompt(t, s, map[string]any{"name": c.name, "prompt": c.theirs, "labels": []string{"eu"}})
				}
				return false
			})
			failed(t, c.want, "prompts", "push", "--dir", dir, "--force")
			if b, err := os.ReadFile(path); err != nil || string(b) != text {
				t.Errorf("the file became %s (%v)", b, err)
			}
		})
	}
}

// TestPushToAServerWithoutAHistory: a label on an older version counts as rolled back.
func TestPushToAServerWithoutAHistory(t *testing.T) {
	s, dir := rolledBack(t)
	before(t, s, func(w http.ResponseWriter, r *http.Request) bool {
		none := strings.HasPrefix(r.URL.Path, "/api/public/prompt-")
		if none {
			http.NotFound(w, r)
		}
		return none
	})
	failed(t, "b.md: production is on version 1, older than the file's 2, and the server doesn't tell", "prompts", "push", "--dir", dir)
	replaceIn(t, filepath.Join(dir, "b.md"), "[production]", "[eu]")
	contains(t, did(t, "prompts", "push", "--dir", dir), "version 2 of b gets eu\n")
}
