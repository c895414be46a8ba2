package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

const crashFile = "LANGSHARK_TEST_CRASH_FILE"

// TestMain is also the program that TestKill kills.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	testkit.Main(m)
}

// writeUntilKilled writes traces of eight observations from four goroutines, and
// prints the id of each that has been acknowledged.
func writeUntilKilled(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	if err := s.CreateProject(ctx, store.Project{ID: "p", Name: "p"}); err != nil && !errors.Is(err, store.ErrExists) {
		return err
	}
	failed := make(chan error)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				b := &store.Batch{ProjectID: "p"}
				id := fmt.Sprintf("t-%d-%d-%d", os.Getpid(), w, i)
				for k := range 8 {
					o := fmt.Sprintf("%s-%d", id, k)
					b.Observations = append(b.Observations, store.ObservationWrite{
						Stamp: store.Stamp{Time: 1, EventID: o}, ID: o, TraceID: id,
						Kind: exporter.KindSpan, Input: []byte(`"` + strings.Repeat("input ", 100) + `"`),
					})
				}
				if err := s.Write(ctx, b); err != nil {
					failed <- err
					return
				}
				fmt.Println(id)
			}
		}()
	}
	return <-failed
}

// TestKill kills a writer in the middle, three times over the same file: what
// was acknowledged is there, whole, and nothing is there in part.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.db")
	acknowledged := map[string]bool{}
	for range 3 {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), crashFile+"="+path)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 100 && lines.Scan(); n++ {
			acknowledged[lines.Text()] = true
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what was still in the pipe had been acknowledged too
			acknowledged[lines.Text()] = true
		}
		_ = child.Wait() // killed
	}
	if len(acknowledged) < 300 {
		t.Fatalf("only %d traces were acknowledged", len(acknowledged))
	}
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := 0
	q := store.TraceQuery{Page: store.Page{Limit: 1000}}
	for {
		page, err := s.Traces(t.Context(), "p", q)
		if err != nil {
			t.Fatal(err)
		}
		for _, trace := range page.Traces {
			if trace.Rollup.Observations != 8 {
				t.Errorf("trace %s has %d observations, want 8", trace.ID, trace.Rollup.Observations)
			}
			if acknowledged[trace.ID] {
				found++
			}
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if found != len(acknowledged) {
		t.Errorf("%d of %d acknowledged traces are there", found, len(acknowledged))
	}
	var check string
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Errorf("integrity: %s, %v", check, err)
	}
}

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
