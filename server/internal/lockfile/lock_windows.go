package lockfile

import (
	"errors"
	"os"
	"syscall"
)

const errorSharingViolation = syscall.Errno(32)

// tryLock opens the file so that others can read it and not open it so as well.
func tryLock(name string) (f *os.File, again bool, err error) {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, false, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errorSharingViolation) {
		err = ErrHeld
	}
	if err != nil {
		return nil, false, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	return os.NewFile(uintptr(h), name), false, nil
}

// Release gives the lock back and removes its file. Who opens it in between
// keeps it: Remove then fails.
func (l *Lock) Release() {
	l.file.Close()
	_ = os.Remove(l.file.Name())
}
