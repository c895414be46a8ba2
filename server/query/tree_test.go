package query

import (
	"fmt"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// TestDeepTree takes no longer than the chain is long, and finds the loops beside it.
func TestDeepTree(t *testing.T) {
	const n = 50_000
	d := &TraceDetail{}
	for i := range n {
		d.Observations = append(d.Observations, store.Observation{ID: fmt.Sprint(i), ParentID: fmt.Sprint(i - 1)})
	}
	d.Observations[0].ParentID = ""
	for id, parent := range map[string]string{"self": "self", "a": "b", "b": "c", "c": "a", "tail": "a"} {
		d.Observations = append(d.Observations, store.Observation{ID: id, ParentID: parent})
	}
	start := time.Now()
	roots := d.Tree()
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("%v", took)
	}
	orphans := map[string]bool{}
	for _, r := range roots {
		orphans[r.ID] = r.Orphan
	}
	if len(roots) != 5 || orphans["0"] || !orphans["self"] || !orphans["a"] || !orphans["b"] || !orphans["c"] {
		t.Errorf("roots %v", orphans)
	}
}
