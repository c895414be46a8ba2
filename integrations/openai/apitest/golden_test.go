package apitest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden compares with a file, which LANGSHARK_UPDATE=1 writes.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if os.Getenv("LANGSHARK_UPDATE") == "1" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: make it with LANGSHARK_UPDATE=1", err)
	}
	if string(want) != got {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

type treeFile struct{ path, api, name string }

func treeFiles(t *testing.T) (all []treeFile) {
	t.Helper()
	paths, err := filepath.Glob("testdata/scenarios/*/*.tree")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%v, %d files", err, len(paths))
	}
	for _, p := range paths {
		all = append(all, treeFile{p, filepath.Base(filepath.Dir(p)), strings.TrimSuffix(filepath.Base(p), ".tree")})
	}
	return all
}
