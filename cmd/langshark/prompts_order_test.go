package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// referring is a file in production whose text refers to others in production.
func referring(name string, others ...string) string {
	text := "---\nname: " + name + "\nlabels: [production]\n---\n" + name
	for _, other := range others {
		text += " @@@langfusePrompt:name=" + other + "|label=production@@@"
	}
	return text
}

// TestCheckFindsWhatAPushWouldMeet: neither pushes anything.
func TestCheckFindsWhatAPushWouldMeet(t *testing.T) {
	hubServer(t)
	deep := map[string]string{"d6.md": referring("d6")}
	for i := range 6 {
		deep[fmt.Sprintf("d%d.md", i)] = referring(fmt.Sprint("d", i), fmt.Sprint("d", i+1))
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a chat on the server": {map[string]string{"a.md": referring("a", "support/answer")}, `a.md: a refers to "support/answer" labelled production, which is a chat`},
		"a chat of the folder": {map[string]string{"a.md": referring("a", "talk"), "talk.md": "---\nname: talk\ntype: chat\nlabels: [production]\n---\n@@ user\nhi"}, "which is a chat"},
		"depth":                {deep, "d0.md: references are nested deeper than 5: d0 → d1 → d2 → d3 → d4 → d5 → d6"},
		"length":               {map[string]string{"a.md": referring("a", "long", "long"), "long.md": referring("long") + strings.Repeat("x", 600<<10)}, "a.md: a is longer than 1048576 bytes"},
		"a long name":          {map[string]string{"a.md": referring(strings.Repeat("가", 256))}, "a.md: name: it has 256 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file(t, dir, "0.md", "---\nname: \"0\"\n---\nwhat would be pushed first")
			for path, text := range c.files {
				file(t, dir, path, text)
			}
			failed(t, c.want, "prompts", "push", "--dir", dir, "--check")
			failed(t, c.want, "prompts", "push", "--dir", dir)
			if out := did(t, "prompts", "ls"); strings.Count(out, "\n") != 3 {
				t.Errorf("something was pushed:\n%s", out)
			}
		})
	}
}

// TestPushOfNamesWithAnySigns has references that only the server's grammar reads.
func TestPushOfNamesWithAnySigns(t *testing.T) {
	hubServer(t)
	dir := t.TempDir()
	file(t, dir, "a.md", referring("a", "x@y|z"))
	failed(t, `a.md: a refers to "x@y|z" labelled production`, "prompts", "push", "--dir", dir, "--check")
	file(t, dir, "xyz.md", referring("x@y|z"))
	if out := did(t, "prompts", "push", "--dir", dir, "--check"); strings.Index(out, "xyz.md") > strings.Index(out, "a.md") {
		t.Errorf("in the order\n%s", out)
	}
	did(t, "prompts", "push", "--dir", dir)
	contains(t, did(t, "generate", "prompts", "a", "--package", "p", "-o", "-"), `WithFallback("a x@y|z")`)
}

// TestCheckOfWhatLeadsToAChange: a file that doesn't change could not be read any more.
func TestCheckOfWhatLeadsToAChange(t *testing.T) {
	hubServer(t)
	dir := t.TempDir()
	for i := range 5 {
		file(t, dir, fmt.Sprintf("d%d.md", i), referring(fmt.Sprint("d", i), fmt.Sprint("d", i+1)))
	}
	bottom := file(t, dir, "d5.md", referring("d5"))
	did(t, "prompts", "push", "--dir", dir)
	file(t, dir, "d6.md", referring("d6"))
	replaceIn(t, bottom, "\nd5", "\nd5 @@@langfusePrompt:name=d6|version=1@@@")
	failed(t, "d0.md: references are nested deeper than 5", "prompts", "push", "--dir", dir, "--check")
	failed(t, "d0.md: references are nested deeper than 5", "prompts", "push", "--dir", dir, "d5", "d6")
	top := filepath.Join(dir, "d0.md")
	replaceIn(t, top, "\nd0", "\n@@@langfusePrompt:name=none|label=x@@@d0") // which is not pushed with them: what the server has counts
	failed(t, "d0.md: references are nested deeper than 5", "prompts", "push", "--dir", dir, "d5", "d6")
	if out := did(t, "prompts", "ls"); strings.Contains(out, "d6") {
		t.Errorf("something was pushed:\n%s", out)
	}
	replaceIn(t, top, "@@@langfusePrompt:name=none|label=x@@@", "")
	replaceIn(t, bottom, "|version=1@@@", "|label=latest@@@")
	failed(t, "d0.md: references are nested deeper than 5", "prompts", "push", "--dir", dir, "--check")
}

// TestPushOfAFileInYAML writes the version, so that the next edit is no conflict.
func TestPushOfAFileInYAML(t *testing.T) {
	hubServer(t)
	dir := t.TempDir()
	path := file(t, dir, "y.yaml", "# for the shop\nname: y\nmessage: first\nprompt: one # text\n")
	contains(t, did(t, "prompts", "push", "--dir", dir), "Pushed y.yaml: a new prompt, y")
	replaceIn(t, path, "one", "two")
	contains(t, did(t, "prompts", "push", "--dir", dir), "Pushed y.yaml: version 2 of y")
	if b, err := os.ReadFile(path); err != nil || string(b) != "# for the shop\nname: y\nversion: 2\nprompt: two # text\n" {
		t.Errorf("%s, %v", b, err)
	}
}

func TestPullOfALongName(t *testing.T) {
	s := hubServer(t)
	dir := t.TempDir()
	name := strings.Repeat("가", 100)
	prompt(t, s, map[string]any{"name": name, "prompt": "hi"})
	did(t, "prompts", "pull", "--dir", dir)
	files, err := filepath.Glob(filepath.Join(dir, "가*.md"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	contains(t, did(t, "prompts", "push", "--dir", dir), "Nothing has changed")
	replaceIn(t, files[0], "hi", "ho")
	contains(t, did(t, "prompts", "push", "--dir", dir), "version 2 of "+name)
	if out := did(t, "prompts", "pull", "--dir", dir); out != "" {
		t.Errorf("pulled again: %s", out)
	}
}
