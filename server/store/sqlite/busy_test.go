package sqlite

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// TestLockedFile tries to write while another process holds the file.
func TestLockedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		conn  *Store
		query string
	}{{s, "PRAGMA busy_timeout=50"}, {other, "BEGIN IMMEDIATE"}} {
		if err := step.conn.writer.db.script(step.query); err != nil {
			t.Fatal(err)
		}
	}
	b := &store.Batch{ProjectID: "p", Traces: []store.TraceWrite{{Stamp: store.NewStamp(time.Now(), false, "e"), ID: "t"}}}
	if err := s.Write(t.Context(), b); !errors.Is(err, store.ErrBusy) {
		t.Errorf("Write: %v, want ErrBusy", err)
	}
	if err := other.writer.db.script("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), b); err != nil {
		t.Errorf("Write afterwards: %v", err)
	}
}
