package media

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/langshark/langshark-go/server/store"
)

// Errors of contents.
var (
	// ErrContent says that what came is not what was announced.
	ErrContent = errors.New("not the content that was announced")
	// ErrTooMuch says that a server without a folder holds as much as it may.
	ErrTooMuch = errors.New("no room for more files without Config.DataDir")
)

// tempPrefix is what the names of contents begin with that are not whole yet.
const tempPrefix = ".upload-"

// files are contents in a folder, each in a file named by its hash.
type files struct {
	dir  string
	most int64        // of all contents; 0 is any number
	held atomic.Int64 // bytes of contents, counted where there is a limit
}

func (f *files) path(sum string) string { return filepath.Join(f.dir, sum[:2], sum[2:]) }

// receive reads a content of a known length and hash into a file that is not in
// its place yet. The caller puts it there, or removes it.
func (f *files) receive(r io.Reader, length int64, sum string) (temp string, err error) {
	if held := f.held.Add(length); f.most > 0 && held > f.most {
		f.held.Add(-length)
		return "", fmt.Errorf("langshark: media of %d bytes: %w", length, ErrTooMuch)
	}
	defer func() {
		if err != nil {
			f.held.Add(-length)
		}
	}()
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return "", wrapDisk(err)
	}
	out, err := os.CreateTemp(f.dir, tempPrefix) // 0600
	if err != nil {
		return "", wrapDisk(err)
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, hash), io.LimitReader(r, length+1))
	switch {
	case err != nil:
	case n != length:
		err = fmt.Errorf("langshark: media: %w: it has %s than the contentLength of %d bytes", ErrContent, map[bool]string{true: "more", false: "less"}[n > length], length)
	case hex.EncodeToString(hash.Sum(nil)) != sum:
		err = fmt.Errorf("langshark: media: %w: its SHA-256 is not the sha256Hash", ErrContent)
	default:
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return "", wrapDisk(errors.Join(err, os.Remove(out.Name())))
	}
	return out.Name(), nil
}

// place puts a received content where it belongs. One that is there already stays.
func (f *files) place(temp string, length int64, sum string) error {
	to := f.path(sum)
	if info, err := os.Stat(to); err == nil && info.Size() == length {
		f.held.Add(-length)
		return os.Remove(temp)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return f.discard(temp, length, err)
	}
	if err := os.Rename(temp, to); err != nil {
		return f.discard(temp, length, err)
	}
	syncFolder(filepath.Dir(to))
	syncFolder(f.dir)
	return nil
}

func (f *files) discard(temp string, length int64, err error) error {
	f.held.Add(-length)
	return wrapDisk(errors.Join(err, os.Remove(temp)))
}

func (f *files) open(sum string) (*os.File, error) { return os.Open(f.path(sum)) }

// remove deletes a content. One that isn't there is no error.
func (f *files) remove(sum string) error {
	info, err := os.Stat(f.path(sum))
	if err == nil {
		err = os.Remove(f.path(sum))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		f.held.Add(-info.Size())
	}
	return err
}

// verify reads a content and says what is wrong with it.
func (f *files) verify(sum string, length int64) error {
	in, err := f.open(sum)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("its content is missing")
	}
	if err != nil {
		return err
	}
	defer in.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, in)
	switch {
	case err != nil:
		return err
	case n != length || hex.EncodeToString(hash.Sum(nil)) != sum:
		return fmt.Errorf("its content, %s, is damaged", f.path(sum))
	}
	return nil
}

// each calls f with all contents.
func (f *files) each(do func(sum string, info fs.FileInfo) error) error {
	folders, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !folder.IsDir() || len(folder.Name()) != 2 {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(f.dir, folder.Name()))
		if err != nil {
			return err
		}
		for _, e := range entries {
			sum := folder.Name() + e.Name()
			if !isSum(sum) {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			if err := do(sum, info); err != nil {
				return err
			}
		}
	}
	return nil
}

// isSum reports whether s is a SHA-256 in lower-case hex.
func isSum(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// removeUnfinished removes what uploads that were killed have left.
func (f *files) removeUnfinished() {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) {
			_ = os.Remove(filepath.Join(f.dir, e.Name()))
		}
	}
}

// wrapDisk makes a full disk the store's.
func wrapDisk(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("langshark: media: %w", store.ErrFull)
	}
	return err
}

// syncFolder writes the names in a folder to disk, where the system can.
func syncFolder(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync() // Windows can't, and needs not
		f.Close()
	}
}
