package query

import (
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/store"
)

// TestTypesOfColumns has a condition by each type for columns of some kind, and by some type for each column.
func TestTypesOfColumns(t *testing.T) {
	used := map[string]bool{}
	for kind := store.FactText; kind <= store.FactList; kind++ {
		types := typesOf[kind]
		if !slices.Contains(types, "null") || len(types) < 2 {
			t.Errorf("kind %d has %v", kind, types)
		}
		for _, name := range types {
			if used[name] = true; !slices.Contains(filterTypes, name) {
				t.Errorf("kind %d has the type %q, which is none", kind, name)
			}
		}
		for _, name := range filterTypes {
			err := typeFits("filter[0]", kind, &MetricsFilter{Column: "c", Type: name})
			if fits := slices.Contains(types, name); fits != (err == nil) || !fits && (!strings.Contains(err.Error(), `filter[0].type "`+name+`"`) || !strings.Contains(err.Error(), types[0])) {
				t.Errorf("%s of kind %d: %v", name, kind, err)
			}
		}
	}
	for _, name := range filterTypes {
		if !used[name] {
			t.Errorf("no column has the type %s", name)
		}
	}
	for name, want := range map[string]bool{"number": true, "numberObject": true, "stringObject": true, "boolean": false, "datetime": false} {
		if err := typeFits("f", store.FactText, &MetricsFilter{Column: metadataColumn, Key: "k", Type: name}); (err == nil) != want {
			t.Errorf("%s of metadata: %v", name, err)
		}
	}
	if typesOf[store.FactText][len(typesOf[store.FactText])-1] != "null" {
		t.Error("what metadata may be is now that of all texts")
	}
}
