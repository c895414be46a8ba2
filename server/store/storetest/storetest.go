// Package storetest holds the suite that every [store.Store] passes.
package storetest

import (
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// Opener makes an empty store whose clock is now. The store is closed by the test's cleanup.
type Opener func(t *testing.T, now func() time.Time) store.Store

// Run runs the suite.
func Run(t *testing.T, open Opener) {
	t.Helper()
	t.Run("Projects", func(t *testing.T) { testProjects(t, open) })
	t.Run("RoundTrip", func(t *testing.T) { testRoundTrip(t, open) })
	t.Run("NullsNeverClear", func(t *testing.T) { testNullsNeverClear(t, open) })
	t.Run("Permutations", func(t *testing.T) { testPermutations(t, open) })
	t.Run("UnknownTrace", func(t *testing.T) { testUnknownTrace(t, open) })
	t.Run("Delete", func(t *testing.T) { testDelete(t, open) })
	t.Run("TraceFilters", func(t *testing.T) { testTraceFilters(t, open) })
	t.Run("TraceOrders", func(t *testing.T) { testTraceOrders(t, open) })
	t.Run("Pages", func(t *testing.T) { testPages(t, open) })
	t.Run("ObservationFilters", func(t *testing.T) { testObservationFilters(t, open) })
	t.Run("HugeSums", func(t *testing.T) { testHugeSums(t, open) })
	t.Run("Sessions", func(t *testing.T) { testSessions(t, open) })
	t.Run("Isolation", func(t *testing.T) { testIsolation(t, open) })
	t.Run("Watch", func(t *testing.T) { testWatch(t, open) })
	t.Run("Concurrent", func(t *testing.T) { testConcurrent(t, open) })
	t.Run("Close", func(t *testing.T) { testClose(t, open) })
}

// epoch is the clock of the suite where it matters.
var epoch = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

const projectID = "p1"

// opened makes a store with one project.
func opened(t *testing.T, open Opener) store.Store {
	t.Helper()
	s := open(t, func() time.Time { return epoch })
	addProject(t, s, projectID)
	return s
}

func addProject(t *testing.T, s store.Store, id string) {
	t.Helper()
	if err := s.CreateProject(t.Context(), store.Project{ID: id, Name: "name of " + id, CreatedAt: epoch}); err != nil {
		t.Fatalf("CreateProject(%q): %v", id, err)
	}
}

func write(t *testing.T, s store.Store, b store.Batch) {
	t.Helper()
	if b.ProjectID == "" {
		b.ProjectID = projectID
	}
	if err := s.Write(t.Context(), &b); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

// at is a stamp so many seconds after the epoch.
func at(seconds int, event string) store.Stamp {
	return store.NewStamp(epoch.Add(time.Duration(seconds)*time.Second), false, event)
}
