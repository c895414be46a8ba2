package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// CreateProject implements [store.Store].
func (s *Store) CreateProject(ctx context.Context, p store.Project) error {
	return s.writer.submit(ctx, &request{items: 1, do: func(t *tx) error {
		var taken int
		if err := t.row("SELECT count(*) FROM projects WHERE id = ? OR name = ?", []any{p.ID, p.Name}, &taken); err != nil {
			return err
		}
		if taken > 0 {
			return fmt.Errorf("langshark: project %q: %w", p.Name, store.ErrExists)
		}
		return t.exec("INSERT INTO projects (id, name, created) VALUES (?, ?, ?)", p.ID, p.Name, micros(p.CreatedAt))
	}})
}

// Projects implements [store.Store].
func (s *Store) Projects(ctx context.Context) ([]store.Project, error) {
	s.gate.RLock()
	defer s.gate.RUnlock()
	rows, err := s.read.QueryContext(ctx, "SELECT id, name, created, retention FROM projects ORDER BY pk")
	if err != nil {
		return nil, s.readError("projects", err)
	}
	defer rows.Close()
	var list []store.Project
	for rows.Next() {
		var p store.Project
		var created, retention int64
		if err := rows.Scan(&p.ID, &p.Name, &created, &retention); err != nil {
			return nil, s.readError("projects", err)
		}
		p.CreatedAt, p.Retention = fromMicros(created), duration(retention)
		list = append(list, p)
	}
	if err := rows.Err(); err != nil {
		return nil, s.readError("projects", err)
	}
	return list, nil
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }
