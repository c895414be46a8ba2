package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGenerateFromFilesThatReferToOthers: the functions have the variables of all that is referred to, as from a server.
func TestGenerateFromFilesThatReferToOthers(t *testing.T) {
	hubServer(t)
	dir := t.TempDir()
	file(t, dir, "a.md", referring("a", "rules")+" {{question}}")
	rules := file(t, dir, "rules.md", referring("rules", "tone")+" of {{shop}}")
	file(t, dir, "tone.md", referring("tone"))
	generate := []string{"generate", "prompts", "--dir", dir, "--package", "p", "-o", "-"}
	out := did(t, append(generate, "a")...)
	contains(t, out, "func NewAVars(shop AShop, question AQuestion) AVars")
	contains(t, out, `langshark.WithFallback("a rules tone of {{shop}} {{question}}")`)
	did(t, "prompts", "push", "--dir", dir)
	if fromServer := did(t, "generate", "prompts", "--package", "p", "-o", "-", "a"); fromServer != did(t, append(generate, "a")...) {
		t.Errorf("from the server:\n%s", fromServer)
	}
	replaceIn(t, rules, "[production]", "[staging]")
	failed(t, `a.md: a refers to "rules" labelled production: no such prompt in the folder, where rules.md is version 1, labelled ["staging"]`, generate...)
	if err := os.Remove(rules); err != nil {
		t.Fatal(err)
	}
	failed(t, `a.md: a refers to "rules" labelled production: no such prompt in the folder: pull it`, generate...)
	file(t, dir, "rules.md", referring("rules", "a"))
	failed(t, "in a circle: a → rules → a", generate...)
}

func TestPackageOf(t *testing.T) {
	t.Setenv("GOPACKAGE", "")
	dir := filepath.Join(t.TempDir(), "p-k.go")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	is := func(want, out string) {
		t.Helper()
		if got, err := packageOf(out); err != nil || got != want {
			t.Errorf("%s is of package %s (%v), not %s", out, got, err, want)
		}
	}
	out := filepath.Join(dir, "prompts_gen.go")
	is("pkgo", out)
	file(t, dir, "prompts_gen.go", "package old")
	file(t, dir, "gen.go", "//go:build ignore\n\npackage generator")
	file(t, dir, "broken.go", "pack")
	is("pkgo", out)
	file(t, dir, "a_test.go", "package main_test")
	is("main", out)
	file(t, dir, "a.go", "// Package main is.\npackage main\n\nbroken")
	is("main", out)
	t.Setenv("GOPACKAGE", "elsewhere")
	is("main", out)
	is("elsewhere", "-")
	t.Chdir(dir)
	is("elsewhere", "prompts_gen.go")
	t.Setenv("GOPACKAGE", "elsewhere_test")
	is("elsewhere", "prompts_gen.go")
	is("elsewhere_test", "prompts_test.go")
	t.Setenv("GOPACKAGE", "")
	file(t, dir, "b.go", "package other")
	if _, err := packageOf(out); err == nil || !strings.Contains(err.Error(), "a_test.go is of package main and b.go of package other: name one with --package") {
		t.Error(err)
	}
	if _, err := packageOf("-"); err == nil || !strings.Contains(err.Error(), "--package") {
		t.Error(err)
	}
}

// TestGoGenerate runs the documented line by the go command, in a package main of a folder with another name.
func TestGoGenerate(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command")
	}
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "pk")
	run := func(in string, args ...string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), "go", args...)
		c.Dir, c.Env = in, append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("go %q: %v\n%s", args, err, out)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "prompts"), 0o755); err != nil {
		t.Fatal(err)
	}
	file(t, dir, "main.go", "package main\n\n//go:generate langshark generate prompts --dir prompts\n\nfunc main() {}\n")
	file(t, filepath.Join(dir, "prompts"), "a.md", "---\nname: a\n---\nhi")
	run(".", "build", "-o", filepath.Join(bin, "langshark"), ".")
	run(dir, "generate", "main.go")
	b, err := os.ReadFile(filepath.Join(dir, "prompts_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(b), "\npackage main\n")
}
