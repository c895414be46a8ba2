package server

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/langshark/langshark-go/server/internal/lockfile"
)

// lockName is the file in the folder of the data that says that a server uses it.
const lockName = "langshark.lock"

// ErrInUse says that a server uses the folder already.
var ErrInUse = errors.New("in use by another langshark")

// Lock keeps servers off a folder of data until release is called or the process
// ends, as a server does: [ErrInUse] if one uses it. It is for who replaces the
// data. Where the system has no locks, the error is [errors.ErrUnsupported].
// Servers with Config.NoHousekeeping or Config.ReadOnly neither lock nor mind.
func Lock(dir string) (release func(), err error) {
	name := filepath.Join(dir, lockName)
	l, err := lockfile.Acquire(name)
	if errors.Is(err, lockfile.ErrHeld) {
		by := ""
		if process := lockfile.Holder(name); process > 0 {
			by = fmt.Sprintf(" (process %d)", process)
		}
		return nil, fmt.Errorf("langshark: the folder %s is %w%s: stop it, or choose another Config.DataDir", dir, ErrInUse, by)
	}
	if err != nil {
		return nil, fmt.Errorf("langshark: lock the folder %s: %w", dir, err)
	}
	return l.Release, nil
}

// lock keeps other servers off.
func (s *Server) lock(dir string) error {
	release, err := Lock(dir)
	switch {
	case err == nil:
		s.release = release
	case errors.Is(err, errors.ErrUnsupported):
		s.cfg.Logger.Warn("langshark: other servers can't be kept off the folder", "error", err)
	default:
		return err
	}
	return nil
}

func (s *Server) unlock() {
	if s.release != nil {
		s.release()
	}
}

// beforeMigration keeps tools from changing the file under a server that may not know its new form.
func beforeMigration(dir string) func(have, want int) (func(), error) {
	return func(have, want int) (func(), error) {
		release, err := Lock(dir)
		if errors.Is(err, errors.ErrUnsupported) {
			return nil, nil //nolint:nilnil // nothing to release
		}
		if err != nil {
			return nil, fmt.Errorf("the file has schema version %d, this langshark works with version %d, and can't bring it up to date: %w", have, want, err)
		}
		return release, nil
	}
}
