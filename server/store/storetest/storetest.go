// Package storetest holds the suite that every [store.Store] passes.
package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// Opener makes an empty store whose clock is now. The store is closed by the test's cleanup.
type Opener func(t *testing.T, now func() time.Time) store.Store

// Engine is how stores of one engine are made.
type Engine struct {
	// Open makes an empty store.
	Open Opener
	// OpenAt opens the file at a path, or makes it: what a backup wrote, for
	// one. The store is closed by the test's cleanup. If nil, nobody looks into backups.
	OpenAt func(t *testing.T, path string, now func() time.Time) store.Store
	// OpenPriced makes an empty store with a pricer. The store is closed by the
	// test's cleanup. If nil, nothing is priced.
	OpenPriced func(t *testing.T, now func() time.Time, p store.Pricer) store.Store
}

// Run runs the suite against an engine that has no more than an Opener.
func Run(t *testing.T, open Opener) {
	t.Helper()
	Engine{Open: open}.Run(t)
}

// Run runs the suite.
func (e Engine) Run(t *testing.T) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, Opener)
	}{
		{"Projects", testProjects},
		{"RoundTrip", testRoundTrip},
		{"NullsNeverClear", testNullsNeverClear},
		{"Permutations", testPermutations},
		{"UnknownTrace", testUnknownTrace},
		{"Delete", testDelete},
		{"DeleteOfWhatIsStored", testDeleteOfWhatIsStored},
		{"TraceFilters", testTraceFilters},
		{"TraceOrders", testTraceOrders},
		{"Pages", testPages},
		{"ObservationFilters", testObservationFilters},
		{"ScoreFilters", testScoreFilters},
		{"HugeSums", testHugeSums},
		{"Sessions", testSessions},
		{"Isolation", testIsolation},
		{"Watch", testWatch},
		{"Concurrent", testConcurrent},
		{"Close", testClose},
		{"LargeTrace", testLargeTrace},
		{"Extremes", testExtremes},
		{"MetricsBuckets", testMetricsBuckets},
		{"MetricsErrors", testMetricsErrors},
		{"MetricsOfHugeCounts", testMetricsOfHugeCounts},
		{"MetricsIsolation", testMetricsIsolation},
		{"Search", testSearch},
		{"SearchHits", testSearchHits},
		{"SearchFollowsWrites", testSearchFollowsWrites},
		{"SearchPages", testSearchPages},
		{"SearchTimes", testSearchTimes},
		{"SearchNasty", testSearchNasty},
		{"Documents", testDocuments},
		{"DocumentsRefused", testDocumentsRefused},
		{"DocumentsMeet", testDocumentsMeet},
		{"Retention", testRetention},
		{"RetentionBesideWrites", testRetentionBesideWrites},
		{"RetentionAgain", testRetentionAgain},
		{"Stats", testStats},
		{"BackupRefuses", testBackupRefuses},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, e.Open) })
	}
	t.Run("Pricing", func(t *testing.T) { testPricing(t, e) })
	t.Run("Backup", func(t *testing.T) { testBackup(t, e) })
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

// patience is how long the suite waits for what an engine does in the background.
const patience = time.Minute

// eventually asks until the answer is empty, and fails with the last one if that takes too long.
func eventually(t *testing.T, ask func() (missing string)) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		missing := ask()
		if missing == "" {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("after %v still: %s", patience, missing)
		}
	}
}

// indexed waits until search knows all that was written.
func indexed(t *testing.T, s store.Store) {
	t.Helper()
	eventually(t, func() string {
		if lag := s.Stats().SearchLag; lag != 0 {
			return fmt.Sprintf("search lags by %d", lag)
		}
		return ""
	})
}

// short is the size of a test: the second with -short, where the race detector makes an engine slow.
func short(n, few int) int {
	if testing.Short() {
		return few
	}
	return n
}
