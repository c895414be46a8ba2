//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package spool

import (
	"errors"
	"os"
	"syscall"
)

// lock is held on an open file; the system gives it back when the process dies.
type lock struct{ file *os.File }

// tryLock makes the file if it isn't there and locks it, or returns errLocked.
func tryLock(name string) (*lock, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	if !sameFile(f, name) { // removed by its last holder between the two calls
		f.Close()
		return nil, errLocked
	}
	return &lock{f}, nil
}

func sameFile(f *os.File, name string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(name)
	return err == nil && os.SameFile(held, named)
}

// release gives the lock back, and removes its file first if what it guards is gone.
func (l *lock) release(remove bool) {
	if remove {
		_ = os.Remove(l.file.Name())
	}
	l.file.Close()
}
