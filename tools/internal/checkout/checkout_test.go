package checkout

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository makes a git repository of files.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "git", "init", "-q", root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return root
}

// TestProxy has a module that is never published within one that is: neither has the other's files.
func TestProxy(t *testing.T) {
	files := map[string]string{
		".gitignore":                          "ignored.go\n",
		"go.mod":                              "module " + Prefix + "\n\ngo 1.25.0\n",
		"a.go":                                "package a\n",
		"ignored.go":                          "package a\n",
		"testdata/go.mod":                     "module example.com/data\n",
		"integrations/openai/go.mod":          "module " + Prefix + "/integrations/openai\n\ngo 1.25.0\n",
		"integrations/openai/b.go":            "package b\n",
		"integrations/openai/testdata/c.txt":  "c\n",
		"integrations/openai/apitest/go.mod":  "module " + Prefix + "/integrations/openai/apitest\n\ngo 1.25.0\n",
		"integrations/openai/apitest/d.go":    "package d\n",
		"integrations/openai/apitest/e/e.go":  "package e\n",
		"integrations/openai/apitests/f/f.go": "package f\n",
	}
	out := t.TempDir()
	modules, err := Proxy(t.Context(), repository(t, files), out)
	if err != nil {
		t.Fatal(err)
	}
	published := map[string]bool{}
	for _, m := range modules {
		published[m.Dir] = m.Published
	}
	if len(modules) != 3 || !published["."] || !published["integrations/openai"] || published["integrations/openai/apitest"] {
		t.Errorf("modules %+v", modules)
	}
	for path, want := range map[string][]string{
		Prefix:                          {".gitignore", "a.go", "go.mod"},
		Prefix + "/integrations/openai": {"apitests/f/f.go", "b.go", "go.mod", "testdata/c.txt"},
	} {
		if got := contentsOf(t, filepath.Join(out, path, "@v", Version+".zip"), path+"@"+Version+"/"); !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", path, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(out, Prefix, "integrations/openai/apitest")); err == nil {
		t.Error("a module that is never published is in the proxy")
	}
}

func contentsOf(t *testing.T, name, prefix string) (files []string) {
	t.Helper()
	archive, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, f := range archive.File {
		files = append(files, strings.TrimPrefix(f.Name, prefix))
	}
	slices.Sort(files)
	return files
}
