package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// SetRetention says how long the traces of a project are kept, from their
// timestamp on; zero is for ever. What is older goes in the background, in small
// steps, with its observations and scores, and can't be had back. Empty means the
// first project; [store.ErrNotFound] says that there is no such project.
func (s *Server) SetRetention(ctx context.Context, projectID string, keep time.Duration) error {
	if keep < 0 {
		return fmt.Errorf("langshark: retention %v is negative: zero keeps traces for ever", keep)
	}
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return err
	}
	return s.store.SetRetention(ctx, projectID, keep)
}

// Backup writes a copy of everything to a new file, as it is at one moment,
// while the server goes on. The file is there once it is whole, and for its owner
// only to read. [ErrExists] says that there is such a file already: it is left as
// it is. progress, if not nil, is called now and then with bytes.
//
// To restore it, put it into an empty Config.DataDir as langshark.db while no
// server uses that folder, or let langshark restore do so.
func (s *Server) Backup(ctx context.Context, path string, progress func(done, total int64)) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("langshark: backup to %s: the file %w", path, ErrExists)
	}
	temp, err := os.MkdirTemp(filepath.Dir(path), ".langshark-backup-") // nobody else's to look into
	if err != nil {
		return fmt.Errorf("langshark: backup to %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	part := filepath.Join(temp, fileName)
	if err := s.store.Backup(ctx, part, progress); err != nil {
		return fmt.Errorf("langshark: backup to %s: %w", path, err)
	}
	if err := os.Chmod(part, 0o600); err != nil {
		return fmt.Errorf("langshark: backup to %s: %w", path, err)
	}
	if err := syncFile(part); err != nil {
		return fmt.Errorf("langshark: backup to %s: %w", path, err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("langshark: backup: %w", err)
	}
	return nil
}

// syncFile waits until a file is on disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Check looks for damage: whether all can be read, and whether what is kept as
// sums is the sum of what is kept. Its error has a line for each finding. It
// reads everything, while the server goes on.
func (s *Server) Check(ctx context.Context) error { return s.store.Check(ctx) }
