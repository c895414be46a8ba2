package media

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Archive writes all contents to a new file, a tar, and returns how many there are. While it
// does, snapshot takes a copy of the database: what came until then is in the archive, whatever goes meanwhile.
func (f *Files) Archive(ctx context.Context, path string, snapshot func() error) (contents int, err error) {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	archive := tar.NewWriter(out)
	done := map[string]bool{}
	// What is in the snapshot was there before it, or came after the first look and has not had the time to go.
	if err := f.archiveNew(ctx, archive, done); err != nil {
		return 0, err
	}
	if err := snapshot(); err != nil {
		return 0, err
	}
	if err := f.archiveNew(ctx, archive, done); err != nil {
		return 0, err
	}
	return len(done), errors.Join(archive.Close(), out.Sync())
}

// archiveNew adds the contents that are not done.
func (f *Files) archiveNew(ctx context.Context, archive *tar.Writer, done map[string]bool) error {
	return f.files.each(func(sum string, info fs.FileInfo) error {
		if ctx.Err() != nil || done[sum] {
			return ctx.Err()
		}
		in, err := f.files.open(sum)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer in.Close()
		header := &tar.Header{Name: FolderName + "/" + sum[:2] + "/" + sum[2:], Mode: 0o600, Size: info.Size(), ModTime: info.ModTime(), Typeflag: tar.TypeReg}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		done[sum] = true
		_, err = io.Copy(archive, in)
		return err
	})
}

// Extract puts the contents of an archive into the data's folder dir. What is not
// the content that its name says is an error.
func Extract(ctx context.Context, path, dir string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	f := &files{dir: Folder(dir)}
	for archive := tar.NewReader(in); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return fmt.Errorf("langshark: %s: %w", path, err)
		}
		if header.Typeflag == tar.TypeDir {
			continue
		}
		name, ours := strings.CutPrefix(header.Name, FolderName+"/")
		sum := strings.Replace(name, "/", "", 1)
		if !ours || !isSum(sum) || header.Typeflag != tar.TypeReg {
			return fmt.Errorf("langshark: %s: %q is no content of a file: this is no archive of langshark backup", path, header.Name)
		}
		temp, err := f.receive(archive, header.Size, sum)
		if err == nil {
			err = f.place(temp, header.Size, sum)
		}
		if err != nil {
			return fmt.Errorf("langshark: %s: %s: %w", path, header.Name, err)
		}
	}
}
