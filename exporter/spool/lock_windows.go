package spool

import (
	"errors"
	"os"
	"syscall"
)

// lock is a file that nobody else can open meanwhile.
type lock struct {
	handle syscall.Handle
	name   string
}

const errorSharingViolation = syscall.Errno(32)

// tryLock makes the file if it isn't there and locks it, or returns errLocked.
func tryLock(name string) (*lock, error) {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case errors.Is(err, errorSharingViolation):
		return nil, errLocked
	case err != nil:
		return nil, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	return &lock{h, name}, nil
}

// release gives the lock back, and removes its file if what it guards is gone.
// Who opens it in between keeps it: Remove then fails.
func (l *lock) release(remove bool) {
	_ = syscall.CloseHandle(l.handle)
	if remove {
		_ = os.Remove(l.name)
	}
}
