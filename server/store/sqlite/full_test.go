package sqlite_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

// smallDisk is a file system of 24 MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	mount, err := exec.LookPath("mount")
	if err != nil || exec.CommandContext(t.Context(), mount, "-t", "tmpfs", "-o", "size=24m", "tmpfs", dir).Run() != nil {
		testkit.Skip(t, "a file system can't be mounted here")
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return dir
}

// largeTrace is one of four observations whose texts can't be made smaller.
func largeTrace(id string) *store.Batch {
	b := &store.Batch{ProjectID: "p", Traces: []store.TraceWrite{{Stamp: store.NewStamp(time.Now(), false, id), ID: id, UserID: "u"}}}
	for k := range 4 {
		text := make([]byte, 6<<10)
		_, _ = rand.Read(text) // never fails
		o := fmt.Sprintf("%s-%d", id, k)
		b.Observations = append(b.Observations, store.ObservationWrite{
			Stamp: store.NewStamp(time.Now(), false, o), ID: o, TraceID: id, Kind: exporter.KindSpan, Start: time.Now(),
			Input: json.RawMessage(`"` + o + " " + base64.StdEncoding.EncodeToString(text) + `"`),
		})
	}
	return b
}

// TestFullDisk writes until there is no room, reads meanwhile, makes room and goes on.
func TestFullDisk(t *testing.T) {
	dir := smallDisk(t)
	ballast := filepath.Join(dir, "ballast")
	// More than the rest: what stands in the log can be moved to the file once it is gone.
	if err := os.WriteFile(ballast, make([]byte, 14<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "full.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var acknowledged []string
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				id := fmt.Sprintf("t-%d-%d", w, i)
				err := s.Write(t.Context(), largeTrace(id))
				if errors.Is(err, store.ErrFull) {
					return
				}
				if err != nil {
					t.Errorf("Write: %v", err)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, id)
				mu.Unlock()
			}
			t.Error("a disk of 24 MiB takes 4,000 traces of 32 KB")
		})
	}
	wg.Wait()
	readOnly := false
	for n := 0; n < 1000 && !readOnly; n++ { // a small write of the background may still have fitted
		id := fmt.Sprint("last-", n)
		if err := s.Write(t.Context(), largeTrace(id)); err == nil {
			acknowledged = append(acknowledged, id)
		}
		readOnly = s.Stats().ReadOnly
	}
	stats := s.Stats()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); stats.Pending != 0 && time.Now().Before(deadline); <-tick.C { // the search index tries to write too
		stats = s.Stats()
	}
	if len(acknowledged) < 50 || stats.Full == 0 || !readOnly || stats.Failed != 0 || stats.Pending != 0 {
		t.Errorf("%d traces acknowledged, then %+v", len(acknowledged), stats)
	}
	if err := s.Write(t.Context(), largeTrace("refused")); !errors.Is(err, store.ErrFull) {
		t.Errorf("a write to a full disk: %v, want ErrFull", err)
	}
	present(t, s, acknowledged)
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check on a full disk: %v", err)
	}
	// Room is made: writes go on by themselves.
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	resumes(t, s, "resumed")
	acknowledged = append(acknowledged, "resumed")
	if stats := s.Stats(); stats.ReadOnly || stats.Full == 0 {
		t.Errorf("once there is room: %+v", stats)
	}
	present(t, s, acknowledged)
	if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
		t.Errorf("Check, Close: %v", err)
	}
	again, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	present(t, again, acknowledged)
	if err := again.Check(t.Context()); err != nil {
		t.Errorf("Check of the file opened again: %v", err)
	}
}

// resumes writes until it is acknowledged.
func resumes(t *testing.T, s store.Store, id string) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(time.Minute)
	for {
		err := s.Write(t.Context(), largeTrace(id))
		if err == nil {
			return
		}
		if !errors.Is(err, store.ErrFull) {
			t.Fatalf("once there is room: %v", err)
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("a minute after there is room: %v", err)
		}
	}
}

// present reads all that was acknowledged.
func present(t *testing.T, s store.Store, ids []string) {
	t.Helper()
	if page, err := s.Traces(t.Context(), "p", store.TraceQuery{}); err != nil || len(page.Traces) == 0 {
		t.Errorf("Traces: %d, %v", len(page.Traces), err)
	}
	for _, id := range ids {
		trace, err := s.Trace(t.Context(), "p", id)
		if err != nil || trace.Rollup.Observations != 4 {
			t.Errorf("trace %s: %+v, %v", id, trace, err)
			continue
		}
		o, err := s.Observation(t.Context(), "p", id+"-3")
		if err != nil || len(o.Input) < 8<<10 || string(o.Input[:len(o.ID)+2]) != `"`+o.ID+" " {
			t.Errorf("observation %s-3: %v", id, err)
		}
	}
	if len(ids) > 0 {
		if rows, err := s.Metrics(t.Context(), "p", store.MetricsQuery{By: store.ByTrace}); err != nil || len(rows) != 1 || rows[0].Traces < int64(len(ids)) {
			t.Errorf("Metrics: %+v, %v; want at least %d traces", rows, err, len(ids))
		}
	}
}
