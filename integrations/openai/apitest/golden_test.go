package apitest

import (
	"os"
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
