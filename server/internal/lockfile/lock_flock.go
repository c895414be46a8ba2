//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package lockfile

import (
	"errors"
	"os"
	"syscall"
)

// tryLock asks for another try if the file was removed meanwhile.
func tryLock(name string) (f *os.File, again bool, err error) {
	f, err = os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, err
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
			err = ErrHeld
		}
		return nil, false, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	if !sameFile(f, name) {
		f.Close()
		return nil, true, nil
	}
	return f, false, nil
}

func sameFile(f *os.File, name string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(name)
	return err == nil && os.SameFile(held, named)
}

// Release gives the lock back and removes its file.
func (l *Lock) Release() {
	_ = os.Remove(l.file.Name()) // while it is held: nobody else's goes
	l.file.Close()
}
