//go:build !noui

package ui

import (
	"fmt"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

func TestPreviewsFollowUpdatesAndStayBounded(t *testing.T) {
	var p previews
	at := time.Now()
	trace := store.Trace{ProjectID: "p", ID: "t", UpdatedAt: at, Input: raw("one")}
	if got := p.of(&trace).input; got != "one" {
		t.Errorf("got %q", got)
	}
	trace.Input, trace.UpdatedAt = raw("two"), at.Add(time.Nanosecond)
	if got := p.of(&trace).input; got != "two" {
		t.Errorf("after an update: %q", got)
	}
	other := trace
	other.ProjectID, other.Input = "q", raw("of another project")
	if got := p.of(&other).input; got != "of another project" {
		t.Errorf("another project's: %q", got)
	}
	for i := range 2 * maxPreviews {
		p.of(&store.Trace{ID: fmt.Sprint(i)})
	}
	if len(p.kept) > maxPreviews {
		t.Errorf("%d previews are kept", len(p.kept))
	}
}
