// Package lockfile has locks between processes, held by a file that is open.
// The system gives a lock back when its process dies.
package lockfile

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ErrHeld says that another has the lock. Where the system has no such locks,
// errors are [errors.ErrUnsupported].
var ErrHeld = errors.New("locked by another process")

// Lock is held until Release.
type Lock struct{ file *os.File }

// Acquire makes the file if it isn't there, locks it and writes the number of
// this process into it. If another has it, the error is [ErrHeld].
func Acquire(name string) (*Lock, error) {
	for range 10 {
		f, again, err := tryLock(name)
		if err != nil {
			return nil, err
		}
		if again { // its last holder has just removed it
			continue
		}
		if err := errors.Join(f.Truncate(0), writeProcess(f)); err != nil {
			l := &Lock{f}
			l.Release()
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
		return &Lock{f}, nil
	}
	return nil, &os.PathError{Op: "lock", Path: name, Err: ErrHeld}
}

func writeProcess(f *os.File) error {
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// Holder is the number of the process that has the lock, 0 if that isn't known.
func Holder(name string) int {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	process, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return process
}
