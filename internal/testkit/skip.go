package testkit

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Reasons for which a test may be skipped even when LANGSHARK_TEST_ALL is set.
var allowed = []string{
	"recorded data: LANGSHARK_TESTDATA is not set",
	"short mode",
	"a soak test: run make soak",
}

// Skip skips the test with its reason. Where LANGSHARK_TEST_ALL=1 promises that
// all that tests need is there, it fails unless the reason is always allowed.
func Skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("LANGSHARK_TEST_ALL") == "1" && !slices.Contains(allowed, reason) {
		t.Fatalf("would skip, but LANGSHARK_TEST_ALL=1 says that nothing is missing: %s", reason)
	}
	t.Skip(reason)
}

// Recorded returns the path of recorded data in the folder that
// LANGSHARK_TESTDATA names, or skips the test.
func Recorded(t testing.TB, elem ...string) string {
	t.Helper()
	dir := os.Getenv("LANGSHARK_TESTDATA")
	if dir == "" {
		Skip(t, "recorded data: LANGSHARK_TESTDATA is not set")
	}
	path := filepath.Join(append([]string{dir}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("LANGSHARK_TESTDATA is set, but %v", err)
	}
	return path
}
