package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	engine "modernc.org/sqlite"

	"github.com/langshark/langshark-go/server/store"
)

// A step of a backup copies backupPages, waits until they are on the disk, and
// leaves the disk to others for as long: commits would wait behind what piles up.
const (
	backupPages = 512
	backupRest  = 50 * time.Millisecond // at most
)

// Backup implements [store.Store]. It copies from a snapshot: the writer goes on,
// into the log beside the file, which grows meanwhile by what is written.
func (s *Store) Backup(ctx context.Context, path string, progress func(done, total int64)) (err error) {
	if path, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("langshark: backup: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("langshark: backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	if err := f.Close(); err != nil {
		return fmt.Errorf("langshark: backup: %w", err)
	}
	defer s.readLong()()
	if err := s.copyTo(ctx, path, progress); err != nil {
		return fmt.Errorf("langshark: backup: %w", err)
	}
	return syncFile(path)
}

func (s *Store) copyTo(ctx context.Context, path string, progress func(done, total int64)) (err error) {
	source, err := openDB(s.readingURL() + "&_pragma=cache_size(-2048)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.close()) }()
	backups, ok := source.conn.(interface {
		NewBackup(uri string) (*engine.Backup, error)
	})
	if !ok {
		return errors.New("the engine can't make backups")
	}
	// The snapshot: without, each commit would make the copy begin again.
	if err := source.exec("BEGIN"); err != nil {
		return err
	}
	var things int64
	if err := source.row("SELECT count(*) FROM sqlite_schema", nil, &things); err != nil {
		return err
	}
	b, err := backups.NewBackup(fileURL(path) + "?_pragma=synchronous(0)&_pragma=journal_mode(off)")
	if err != nil {
		return err
	}
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return errors.Join(err, b.Finish())
		}
		start := time.Now()
		var err error
		if more, err = b.Step(backupPages); err != nil {
			_ = b.Finish() // says the same again
			return copyError(err)
		}
		if err := syncFile(path); err != nil {
			return errors.Join(err, b.Finish())
		}
		pause(ctx, min(time.Since(start), backupRest))
		if progress != nil {
			total := int64(b.PageCount())
			progress((total-int64(b.Remaining()))*s.pageSize, total*s.pageSize)
		}
	}
	if err := b.Finish(); err != nil {
		return copyError(err)
	}
	return s.unchanged()
}

// copyError is an error of the engine's copy. Its text is that of the source's
// connection, on which nothing is wrong.
func copyError(err error) error {
	var e *engine.Error
	if !errors.As(err, &e) {
		return err
	}
	if errors.Is(known(err), store.ErrFull) {
		return noRoomError{}
	}
	text := engine.ErrorCodeString[e.Code()]
	if text == "" {
		text = engine.ErrorCodeString[e.Code()&0xff]
	}
	if text == "" {
		return err
	}
	return errors.New(text)
}

// noRoomError is [store.ErrFull] of the disk that a copy goes to.
type noRoomError struct{}

// Error implements error.
func (noRoomError) Error() string { return "there is no room for the copy on its disk" }

// Is reports that it is [store.ErrFull].
func (noRoomError) Is(target error) bool { return target == store.ErrFull }

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("langshark: backup: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("langshark: backup: %w", err)
	}
	return nil
}
