package sqlite

import "testing"

// SmallGenerations has ids go to the index after a few, not after many thousands.
func SmallGenerations(o Options) Options {
	o.maxGeneration = 64
	return o
}

// LatestVersion is the schema that this program makes.
func LatestVersion(t *testing.T) int {
	t.Helper()
	n, err := latestVersion()
	if err != nil {
		t.Fatal(err)
	}
	return n
}
