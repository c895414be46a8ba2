package sqlite

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/store"
)

// withoutRoom is a connection on which statistics can't be made.
type withoutRoom struct{ driver.Conn }

func (c withoutRoom) Prepare(query string) (driver.Stmt, error) {
	if strings.Contains(query, "optimize") {
		return nil, errors.New("database or disk is full (13)")
	}
	return c.Conn.Prepare(query)
}

// TestCloseWithoutRoom ends well where the statistics of the end can't be written.
func TestCloseWithoutRoom(t *testing.T) {
	var logged bytes.Buffer
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), Options{noWork: true, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	s.writer.db.conn = withoutRoom{s.writer.db.conn}
	if err := s.Close(); err != nil || !strings.Contains(logged.String(), "statistics at the end") {
		t.Errorf("Close: %v, logged %s", err, logged.String())
	}
}
