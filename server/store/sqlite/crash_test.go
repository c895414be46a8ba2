package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

// TestNewerFile refuses a file of a later version.
func TestNewerFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "newer.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA user_version = 999"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("Open: %v", err)
	}
	if _, err := sqlite.Open(t.Context(), filepath.Join(path, "below", "a", "file"), sqlite.Options{}); err == nil {
		t.Error("opened a file below a file")
	}
}

// TestTwoProcesses has two stores on one file, as the server and the command line are.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared.db")
	a, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	for i, s := range []store.Store{a, b, a} {
		id := fmt.Sprint("t", i)
		if err := s.Write(t.Context(), &store.Batch{ProjectID: "p", Traces: []store.TraceWrite{{Stamp: store.Stamp{Time: 1, EventID: id}, ID: id}}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []store.Store{a, b} {
		if page, err := s.Traces(t.Context(), "p", store.TraceQuery{}); err != nil || len(page.Traces) != 3 {
			t.Errorf("%d traces, %v", len(page.Traces), err)
		}
	}
}

// TestWithdrawn gives a write up while the writer is busy with another.
func TestWithdrawn(t *testing.T) {
	s := open(t, time.Now)
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	entered, release := make(chan struct{}), make(chan struct{})
	stop := s.Watch(func(store.Commit) {
		close(entered)
		<-release
	})
	write := func(ctx context.Context, id string) error {
		return s.Write(ctx, &store.Batch{ProjectID: "p", Traces: []store.TraceWrite{{Stamp: store.Stamp{Time: 1, EventID: id}, ID: id}}})
	}
	first := make(chan error)
	go func() { first <- write(t.Context(), "first") }()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() { second <- write(ctx, "second") }()
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("the write that was given up: %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	stop()
	if err := write(t.Context(), "third"); err != nil {
		t.Error(err)
	}
	page, err := s.Traces(t.Context(), "p", store.TraceQuery{TraceFilter: store.TraceFilter{IDs: []string{"first", "second", "third"}}})
	if err != nil || len(page.Traces) != 2 {
		t.Errorf("%+v, %v", page.Traces, err)
	}
}
