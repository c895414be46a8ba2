package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// errLocked: somebody else has the lock.
var errLocked = errors.New("locked")

const lockSuffix = ".lock"

// folder holds the segments of one process. The lock's file lies beside it:
// who wants to touch the folder takes that first, and who removes the folder
// removes it before the lock.
type folder struct {
	path    string
	lock    *lock
	order   int  // of the folders' creation; all adopted ones before the process's own
	adopted bool // its records are older than all of this process
	next    uint64
	live    int // segments
	kept    int // files that aren't the spool's, or that it can't read
	cursors [seriesCount]cursor
}

func newFolder(path string, l *lock, order int) *folder {
	f := &folder{path: path, lock: l, order: order, next: 1}
	for i := range f.cursors {
		f.cursors[i] = newCursor(path, i)
	}
	return f
}

// folderName sorts by the time of creation.
func folderName(now time.Time) string {
	return fmt.Sprintf("p%019d-%d-%08x", now.UnixNano(), os.Getpid(), rand.Uint32())
}

func isFolderName(name string) bool {
	return len(name) > 21 && name[0] == 'p' && name[20] == '-' && !strings.HasSuffix(name, lockSuffix)
}

// makeFolder makes the process's own folder.
func (s *Spool) makeFolder() (*folder, error) {
	for range 100 { // another process may remove the lock's file before it is locked
		path := filepath.Join(s.cfg.Dir, folderName(s.cfg.now()))
		l, err := tryLock(path + lockSuffix)
		if errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := s.cfg.fs.Mkdir(path, 0o700); err != nil {
			l.release(true)
			return nil, err
		}
		if err := s.syncDir(s.cfg.Dir); err != nil {
			_ = s.cfg.fs.Remove(path)
			l.release(true)
			return nil, err
		}
		s.order++
		return newFolder(path, l, s.order), nil
	}
	return nil, errLocked
}

func (s *Spool) syncDir(name string) error {
	if s.cfg.Sync != SyncBatch {
		return nil
	}
	return s.cfg.fs.SyncDir(name)
}

// finish gives the folder back: removed if it is empty, else for the next process.
func (f *folder) finish(fsys fileSystem) error {
	for i := range f.cursors {
		f.cursors[i].close()
	}
	gone := false
	var err error
	if f.live == 0 && f.kept == 0 {
		for i := range f.cursors {
			_ = fsys.Remove(f.cursors[i].path)
		}
		err = fsys.Remove(f.path)
		gone = err == nil || errors.Is(err, fs.ErrNotExist)
		if gone {
			err = nil
		}
	}
	f.lock.release(gone)
	return err
}
