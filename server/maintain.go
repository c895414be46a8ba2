package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/internal/lockfile"
	"github.com/langshark/langshark-go/server/pricing"
	"github.com/langshark/langshark-go/server/store"
)

// SetRetention says how long the traces of a project are kept, from their
// timestamp on; zero is for ever. What is older goes in the background, in small
// steps, with its observations and scores, and can't be had back. Empty means the
// first project; [store.ErrNotFound] says that there is no such project.
func (s *Server) SetRetention(ctx context.Context, projectID string, keep time.Duration) error {
	if keep < 0 {
		return fmt.Errorf("langshark: retention %v is negative: zero keeps traces for ever", keep)
	}
	if keep > 0 && keep < store.MinRetention {
		return fmt.Errorf("langshark: retention %v is too short: the shortest is %v, and zero keeps traces for ever", keep, store.MinRetention)
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
// it is. progress, if not nil, is called now and then with bytes. What backups that
// were killed have left in the same folder, hidden, is removed.
//
// The files that payloads refer to are in an archive beside it, named by [MediaSuffix], if there are any, and imported
// prices in a file named by [PricesSuffix].
//
// To restore it, put it into an empty Config.DataDir as langshark.db while no
// server uses that folder, unpack the archive there and copy the prices there as prices.csv, or let langshark restore do all that.
func (s *Server) Backup(ctx context.Context, path string, progress func(done, total int64)) (err error) {
	for _, name := range []string{path, path + MediaSuffix, path + PricesSuffix} {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("langshark: backup to %s: the file %s %w", path, name, ErrExists)
		}
	}
	removeStale(filepath.Dir(path))
	temp, release, err := backupFolder(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("langshark: backup to %s: %w", path, err)
	}
	defer func() {
		release()
		err = errors.Join(err, os.RemoveAll(temp))
	}()
	part := filepath.Join(temp, fileName)
	contents, err := s.media.Archive(ctx, part+MediaSuffix, func() error { return s.store.Backup(ctx, part, progress) })
	if err != nil {
		return fmt.Errorf("langshark: backup to %s: %w", path, err)
	}
	if err := os.Chmod(part, 0o600); err != nil {
		return fmt.Errorf("langshark: backup to %s: %w", path, err)
	}
	if err := syncFile(part); err != nil {
		return fmt.Errorf("langshark: backup to %s: %w", path, err)
	}
	if err := s.backupPrices(part + PricesSuffix); err != nil {
		return fmt.Errorf("langshark: backup to %s: %w", path, err)
	}
	if err := os.Rename(part+PricesSuffix, path+PricesSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("langshark: backup: %w", err)
	}
	if contents > 0 {
		if err := os.Rename(part+MediaSuffix, path+MediaSuffix); err != nil {
			return fmt.Errorf("langshark: backup: %w", err)
		}
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("langshark: backup: %w", err)
	}
	return nil
}

// MediaSuffix is what is put after the name of a backup for that of the archive with its
// files: a tar, whose entries are those of the folder of the data.
const MediaSuffix = ".media.tar"

// PricesSuffix is what is put after the name of a backup for that of the imported prices.
const PricesSuffix = ".prices.csv"

// backupPrices copies the imported prices, if there are any. They are replaced, never changed.
func (s *Server) backupPrices(path string) error {
	if s.cfg.DataDir == "" {
		return nil
	}
	table, err := os.ReadFile(filepath.Join(s.cfg.DataDir, pricing.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, table, 0o600); err != nil {
		return err
	}
	return syncFile(path)
}

// backupPrefix is what the names of folders begin with in which backups are made.
const backupPrefix = ".langshark-backup-"

// backupFolder makes a folder in dir which is nobody else's to look into. Until
// release it is locked, so that it can be told from one whose process was killed.
func backupFolder(dir string) (temp string, release func(), err error) {
	for range 10 {
		if temp, err = os.MkdirTemp(dir, backupPrefix); err != nil {
			return "", nil, err
		}
		lock, err := lockfile.Acquire(filepath.Join(temp, lockName))
		switch {
		case err == nil:
			return temp, lock.Release, nil
		case errors.Is(err, errors.ErrUnsupported):
			return temp, func() {}, nil
		case !errors.Is(err, lockfile.ErrHeld) && !errors.Is(err, os.ErrNotExist): // else another backup has taken it for a stale one
			return "", nil, errors.Join(err, os.RemoveAll(temp))
		}
	}
	return "", nil, fmt.Errorf("a folder in %s: others remove it", dir)
}

// removeStale removes folders of backups that were killed: those whose lock nobody
// has, and those without one that are older than a day. What can't be removed stays.
func removeStale(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the backup will say what is wrong
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.IsDir() || !strings.HasPrefix(e.Name(), backupPrefix) {
			continue
		}
		folder := filepath.Join(dir, e.Name())
		name := filepath.Join(folder, lockName)
		if _, err := os.Lstat(name); err != nil {
			if time.Since(info.ModTime()) > 24*time.Hour {
				_ = os.RemoveAll(folder)
			}
			continue
		}
		lock, err := lockfile.Acquire(name)
		if err != nil {
			continue
		}
		inside, _ := os.ReadDir(folder)
		for _, e := range inside {
			if e.Name() != lockName {
				_ = os.Remove(filepath.Join(folder, e.Name()))
			}
		}
		lock.Release()
		_ = os.Remove(folder) // not what is in it: a backup that has just begun may have it now
	}
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
// sums is the sum of what is kept, and whether the files that payloads refer to are there and
// whole. Its error has a line for each finding. It reads everything, while the server goes on. [store.ErrOlder] says
// that nothing was looked at: with Config.ReadOnly, data of an older version can't be.
func (s *Server) Check(ctx context.Context) error {
	err := s.store.Check(ctx)
	if errors.Is(err, store.ErrOlder) {
		return err
	}
	return errors.Join(err, s.media.Verify(ctx))
}

// inUse reports whether a server has the folder.
func inUse(dir string) bool {
	unlock, err := Lock(dir)
	if err == nil {
		unlock()
	}
	return errors.Is(err, ErrInUse)
}
