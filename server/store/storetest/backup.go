package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// testBackup copies a store that four goroutines write to, and looks into the copy.
func testBackup(t *testing.T, e Engine) {
	t.Helper()
	s := opened(t, e.Open)
	path := filepath.Join(t.TempDir(), "copy #1?%.db")
	const observations = 8
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	enough := make(chan struct{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("t-%d-%d", w, i)
				b := &store.Batch{ProjectID: projectID, Traces: []store.TraceWrite{{Stamp: at(i, id), ID: id, Timestamp: epoch, UserID: "u"}}}
				for k := range observations {
					o := fmt.Sprintf("%s-%d", id, k)
					b.Observations = append(b.Observations, store.ObservationWrite{
						Stamp: at(i, o), ID: o, TraceID: id, Kind: exporter.KindGeneration, Start: epoch, End: epoch.Add(time.Second), Model: "m",
						Input: json.RawMessage(fmt.Sprintf(`"복사 word%dx%dx%d %s"`, w, i, k, strings.Repeat(o+" ", 50))),
					})
				}
				if err := s.Write(t.Context(), b); err != nil {
					t.Errorf("Write: %v", err)
					return
				}
				mu.Lock()
				acknowledged[id] = true
				if len(acknowledged) == 200 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	mu.Lock()
	before := maps.Clone(acknowledged)
	mu.Unlock()
	err := s.Backup(t.Context(), path, func(done, total int64) {
		if done < 0 || done > total {
			t.Errorf("progress says %d of %d", done, total)
		}
	})
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatalf("Backup: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Fatalf("the copy: %+v, %v", info, err)
	}
	if err := s.Backup(t.Context(), path, nil); err == nil {
		t.Error("a backup over another succeeded")
	}
	if e.OpenAt == nil {
		return
	}
	restored := e.OpenAt(t, path, func() time.Time { return epoch })
	if err := restored.Check(t.Context()); err != nil {
		t.Errorf("Check of the copy: %v", err)
	}
	all := dump(t, restored, projectID)
	for _, trace := range all.Traces {
		if trace.Rollup.Observations != observations || trace.UserID != "u" {
			t.Errorf("the copy has a part of a trace: %+v", trace)
		}
		delete(before, trace.ID)
	}
	if len(before) != 0 {
		t.Errorf("the copy lacks %d traces that were acknowledged before it was begun", len(before))
	}
	if len(all.Observations) != len(all.Traces)*observations {
		t.Errorf("the copy has %d observations of %d traces", len(all.Observations), len(all.Traces))
	}
	if diff := checkMetrics(t, restored, projectID, all, 0, 3); diff != "" {
		t.Errorf("the copy: %s", diff)
	}
	indexed(t, restored)
	if hits := searchAll(t, restored, projectID, store.SearchQuery{Text: "word0x0x3 복사"}); len(hits) != 1 {
		t.Errorf("search in the copy: %+v", hits)
	}
	// It is a store as any other.
	write(t, restored, store.Batch{Traces: []store.TraceWrite{{Stamp: at(0, "new"), ID: "new"}}})
	if err := second(restored.Trace(t.Context(), projectID, "new")); err != nil {
		t.Errorf("written to the copy: %v", err)
	}
	if err := second(s.Trace(t.Context(), projectID, "new")); err == nil {
		t.Error("what was written to the copy is in the store")
	}
}

// testBackupRefuses tries a file that is there, no folder, and a context that has ended.
func testBackupRefuses(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seed(t, s)
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), there, nil); err == nil {
		t.Error("Backup to a file that was there succeeded")
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "mine" { //nolint:gosec // made above
		t.Errorf("the file that was there: %q, %v", text, err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "no", "folder"), nil); err == nil {
		t.Error("Backup to no folder succeeded")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ended, filepath.Join(dir, "ended"), nil); err == nil {
		t.Error("Backup with a context that has ended succeeded")
	}
	// Ended in the middle, if it tells of one; then it may just as well be done.
	during, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := s.Backup(during, filepath.Join(dir, "during"), func(done, total int64) {
		if done < total {
			cancel()
		}
	})
	entries, readErr := os.ReadDir(dir)
	if readErr != nil {
		t.Fatal(readErr)
	}
	for _, entry := range entries {
		if entry.Name() != "there" && (err != nil || entry.Name() != "during") {
			t.Errorf("a backup that failed leaves %s", entry.Name())
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}
