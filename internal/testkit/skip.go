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
	"the race detector allocates",
	"a file system can't be mounted here",
}

// Skip skips the test with its reason. Where LANGSHARK_TEST_ALL=1 promises that
// all that tests need is there, it fails unless the reason is always allowed.
func Skip(tb testing.TB, reason string) {
	tb.Helper()
	if os.Getenv("LANGSHARK_TEST_ALL") == "1" && !slices.Contains(allowed, reason) {
		tb.Fatalf("would skip, but LANGSHARK_TEST_ALL=1 says that nothing is missing: %s", reason)
	}
	tb.Skip(reason)
}

// Recorded returns the path of recorded data in the folder that
// LANGSHARK_TESTDATA names, or skips the test.
func Recorded(tb testing.TB, elem ...string) string {
	tb.Helper()
	dir := os.Getenv("LANGSHARK_TESTDATA")
	if dir == "" {
		Skip(tb, "recorded data: LANGSHARK_TESTDATA is not set")
	}
	path := filepath.Join(append([]string{dir}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		tb.Fatalf("LANGSHARK_TESTDATA is set, but %v", err)
	}
	return path
}
