package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hubServer is a server with two prompts, whose keys are in the environment.
func hubServer(t *testing.T) serving {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	s := start(t, 1, "--addr", "127.0.0.1:0", "--data", data, "--open", "--init-project-public-key", "pk", "--init-project-secret-key", "sk")
	t.Cleanup(func() { stop(t, s) })
	s.data = data
	t.Setenv("LANGSHARK_HOST", s.url)
	t.Setenv("LANGSHARK_PUBLIC_KEY", "pk")
	t.Setenv("LANGSHARK_SECRET_KEY", "sk")
	prompt(t, s, map[string]any{"name": "support/answer", "type": "chat", "labels": []string{"production"}, "config": map[string]any{"model": "gpt-4o"}, "prompt": []any{
		map[string]any{"role": "system", "content": "You help customers of {{shop}}."}, map[string]any{"type": "placeholder", "name": "history"},
	}})
	prompt(t, s, map[string]any{"name": "인사?", "prompt": "안녕 {{name}}", "labels": []string{}, "tags": []string{"ko"}})
	return s
}

// prompt makes a version by the API.
func prompt(t *testing.T, s serving, body map[string]any) {
	t.Helper()
	posted(t, s, "v2/prompts", http.StatusCreated, body)
}

// posted sends JSON to the API by POST.
func posted(t *testing.T, s serving, path string, status int, body map[string]any) {
	t.Helper()
	sent(t, s, http.MethodPost, path, status, body)
}

// sent sends JSON to the API.
func sent(t *testing.T, s serving, method, path string, status int, body map[string]any) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+"/api/public/"+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("pk", "sk")
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != status {
		t.Fatal(path, res.Status)
	}
}

// did runs a command that has to succeed and returns what it prints.
func did(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := command(t, args...)
	if code != 0 {
		t.Fatalf("%q: %d %s%s", args, code, stdout, stderr)
	}
	return stdout
}

// failed runs a command that has to fail with such a text.
func failed(t *testing.T, want string, args ...string) {
	t.Helper()
	if code, stdout, stderr := command(t, args...); code != 1 || !strings.Contains(stderr, want) {
		t.Errorf("%q: %d %s%s, not %q", args, code, stdout, stderr, want)
	}
}

func contains(t *testing.T, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("%q is not in\n%s", want, text)
	}
}

func replaceIn(t *testing.T, file, old, with string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		t.Fatalf("%q is not in %s", old, b)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(b), old, with)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestPromptsInAFolder(t *testing.T) {
	s := hubServer(t)
	dir := filepath.Join(t.TempDir(), "prompts")
	contains(t, did(t, "prompts", "ls"), "support/answer  1         1       latest,production")
	contains(t, did(t, "prompts", "ls", "--json", "support/"), `{"name":"support/answer"`)
	failed(t, `no prompt "none"`, "prompts", "ls", "none")

	contains(t, did(t, "prompts", "pull", "--dir", dir), "support/answer.md: version 1")
	answer := filepath.Join(dir, "support", "answer.md")
	b, err := os.ReadFile(answer)
	if err != nil {
		t.Fatal(err)
	}
	if want := "---\nname: support/answer\ntype: chat\nversion: 1\nlabels: [production]\nconfig:\n  model: gpt-4o\n---\n@@ system\nYou help customers of {{shop}}.\n@@ placeholder history\n"; string(b) != want {
		t.Errorf("\n%s", b)
	}
	if _, err := os.Stat(filepath.Join(dir, "인사%3F.md")); err != nil {
		t.Error(err)
	}
	if out := did(t, "prompts", "pull", "--dir", dir); out != "" {
		t.Errorf("pulled again: %s", out)
	}
	contains(t, did(t, "prompts", "push", "--dir", dir), "Nothing has changed")

	replaceIn(t, answer, "You help", "You politely help")
	contains(t, did(t, "prompts", "diff", "--dir", dir), "+You politely help customers of {{shop}}.")
	failed(t, "1 prompts differ", "prompts", "diff", "--dir", dir, "--exit-code")
	contains(t, did(t, "prompts", "push", "--dir", dir, "--check"), "Would push support/answer.md: version 2 of support/answer gets production")
	failed(t, "changes that were not pushed", "prompts", "pull", "--dir", dir, "support/answer", "--label", "production")
	contains(t, did(t, "prompts", "push", "--dir", dir, "-m", "politer"), "Pushed support/answer.md: version 2")
	replaceIn(t, answer, "version: 2", "version: 2") // it was written
	contains(t, did(t, "prompts", "push", "--dir", dir), "Nothing has changed")

	// somebody makes a version in between
	prompt(t, s, map[string]any{"name": "support/answer", "type": "chat", "labels": []string{"staging"}, "prompt": []any{map[string]any{"role": "system", "content": "theirs"}}})
	replaceIn(t, answer, "politely", "kindly")
	failed(t, "the server has version 3, and it is from version 2", "prompts", "push", "--dir", dir)
	failed(t, "the server has version 3", "prompts", "push", "--dir", dir, "--check")
	failed(t, "not pushed", "prompts", "pull", "--dir", dir)
	contains(t, did(t, "prompts", "push", "--dir", dir, "--force", "--no-write"), "version 4 of support/answer gets production")
	replaceIn(t, answer, "version: 2", "version: 4")

	// only labels
	replaceIn(t, answer, "[production]", "[production, eu]")
	contains(t, did(t, "prompts", "push", "--dir", dir), "version 4 of support/answer gets eu")
	contains(t, did(t, "prompts", "ls", "support/answer"), "eu,latest,production,staging")

	replaceIn(t, answer, "eu", "latest")
	failed(t, "latest is always on the newest version", "prompts", "push", "--dir", dir)
	replaceIn(t, answer, "type: chat", "type: image")
	failed(t, `support/answer.md: type: "image"`, "prompts", "push", "--dir", dir, "--check")

	failed(t, "add --yes", "prompts", "rm", "support/answer")
	contains(t, did(t, "prompts", "rm", "support/answer", "--only-version", "1"), "Deleted version 1")
	contains(t, did(t, "prompts", "rm", "support/answer", "--yes"), "Deleted all versions")
	failed(t, "not found", "prompts", "rm", "support/answer", "--yes")
}

func TestANewPromptFromAFile(t *testing.T) {
	hubServer(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte("---\nname: new/one\nlabels: [production]\ntags: [x]\nmessage: first\n---\nHi {{name}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	contains(t, did(t, "prompts", "push", "--dir", dir), "a.md: a new prompt, new/one gets production, tags x")
	contains(t, did(t, "prompts", "push", "--dir", dir), "Nothing has changed")
	replaceIn(t, filepath.Join(dir, "a.md"), "version: 1", "version: 1")
	out := filepath.Join(dir, "prompts_gen.go")
	did(t, "generate", "prompts", "new/", "--package", "prompts", "-o", out)
	fromServer, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(fromServer), "func NewNewOneVars(name NewOneName) NewOneVars")
	if fromFiles := did(t, "generate", "prompts", "--dir", dir, "--package", "prompts", "-o", "-"); fromFiles != string(fromServer) {
		t.Errorf("from files:\n%s", fromFiles)
	}
	did(t, "generate", "prompts", "--dir", dir, "--package", "prompts", "-o", out, "--check")
	replaceIn(t, filepath.Join(dir, "a.md"), "{{name}}", "{{first}}")
	failed(t, "run it again", "generate", "prompts", "--dir", dir, "--package", "prompts", "-o", out, "--check")
}

func TestPushOfPromptsThatReferToOthers(t *testing.T) {
	s := hubServer(t)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name+".md"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a", "---\nname: a\nlabels: [production]\n---\n@@@langfusePrompt:name=rules|label=production@@@ {{q}}")
	failed(t, `a.md: a refers to "rules" labelled production`, "prompts", "push", "--dir", dir, "--check")
	write("rules", "---\nname: rules\nlabels: [production]\n---\nBe kind.")
	out := did(t, "prompts", "push", "--dir", dir, "--check")
	if strings.Index(out, "rules.md") > strings.Index(out, "a.md") {
		t.Errorf("in the order\n%s", out)
	}
	did(t, "prompts", "push", "--dir", dir)
	write("b", "---\nname: b\nlabels: [production]\n---\n@@@langfusePrompt:name=c|label=production@@@")
	write("c", "---\nname: c\nlabels: [production]\n---\n@@@langfusePrompt:name=b|label=production@@@")
	failed(t, "in a circle: b → c → b", "prompts", "push", "--dir", dir, "--check")
	write("c", "---\nname: c\nlabels: [Upper]\n---\nx")
	failed(t, `labels: "Upper"`, "prompts", "push", "--dir", dir, "--check")
	prompt(t, s, map[string]any{"name": "esc\x1b[31m\nred", "prompt": "x"})
	contains(t, did(t, "prompts", "ls"), `"esc\x1b[31m\nred"`)
}

func TestPromptsErrors(t *testing.T) {
	for _, name := range []string{"LANGSHARK_HOST", "LANGSHARK_BASE_URL", "LANGFUSE_HOST", "LANGFUSE_BASE_URL", "LANGSHARK_PUBLIC_KEY", "LANGFUSE_PUBLIC_KEY"} {
		t.Setenv(name, "")
	}
	failed(t, "--host URL or LANGSHARK_HOST", "prompts", "ls")
	failed(t, "is not a URL", "prompts", "ls", "--host", "example.com")
	failed(t, "LANGSHARK_PUBLIC_KEY", "prompts", "ls", "--host", "http://127.0.0.1:1")
	failed(t, "refused", "prompts", "ls", "--host", "http://127.0.0.1:1", "--public-key", "a", "--secret-key", "b")
	failed(t, "not both", "prompts", "rm", "a", "--only-version", "1", "--only-label", "b")
	failed(t, "no prompts", "generate", "prompts", "--dir", t.TempDir(), "--package", "p")
}

// TestPushOfProtectedLabels: nothing is pushed if a label would move that the key may not move, and --check says so.
func TestPushOfProtectedLabels(t *testing.T) {
	s := hubServer(t)
	dir := filepath.Join(t.TempDir(), "prompts")
	did(t, "prompts", "pull", "--dir", dir)
	protect := func(key ...string) {
		t.Helper()
		did(t, append([]string{"project", "protect-label", "--project", "default", "--label", "production", "--role", "lead", "--data", s.data}, key...)...)
	}
	protect()
	contains(t, did(t, "prompts", "push", "--check", "--dir", dir), "Nothing has changed")
	replaceIn(t, filepath.Join(dir, "support", "answer.md"), "You help", "You gladly help")
	const want = "answer.md: label production is protected, and this key may not move it (role lead may move it)"
	failed(t, want, "prompts", "push", "--check", "--dir", dir)
	failed(t, want, "prompts", "push", "--dir", dir)
	contains(t, did(t, "prompts", "ls"), "support/answer")
	if out := did(t, "prompts", "diff", "--dir", dir); !strings.Contains(out, "version 2") {
		t.Errorf("something was pushed: %s", out)
	}
	protect("--key", "pk")
	contains(t, did(t, "prompts", "push", "--check", "--dir", dir), "gets production")
	contains(t, did(t, "prompts", "push", "--dir", dir), "Pushed")
}
