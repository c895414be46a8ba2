package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/media"
	"github.com/langshark/langshark-go/server/pricing"
)

type restoreCommand struct {
	Data  string `default:"langshark-data" env:"LANGSHARK_DATA" placeholder:"DIR" help:"Folder of the data, made if it isn't there (${env}). Defaults to ${default}. No server may be running on it."`
	Force bool   `help:"If there is data already, move it aside. Without, it is left as it is and nothing is restored."`
	File  string `arg:"" help:"Backup to restore. It is not changed."`
}

// Help is the long text of restore --help.
func (*restoreCommand) Help() string {
	return `The files that payloads refer to are taken from FILE` + server.MediaSuffix + ` and imported prices from FILE` + server.PricesSuffix + `, if those are there. Imported prices of the folder are moved aside either way. The backup is copied and the copy checked before anything changes. Stop the server first, and start it afterwards.`
}

// Run restores the backup.
func (c *restoreCommand) Run(ctx context.Context, term terminal) (err error) {
	dir := folder(c.Data)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if _, err := c.old(dir); err != nil {
		return err
	}
	unlock, err := server.Lock(dir)
	switch {
	case err == nil:
		defer unlock()
	case errors.Is(err, server.ErrInUse):
		return fmt.Errorf("a server is running on %s: stop it first", dir)
	case !errors.Is(err, errors.ErrUnsupported):
		return err
	}
	removeStale(dir, err == nil)
	old, err := c.old(dir) // a server may have made some until now
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp(dir, restorePrefix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := copyFile(ctx, c.File, filepath.Join(temp, dataFile)); err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
	if err := c.extract(ctx, temp); err != nil {
		return err
	}
	if err := copyFile(ctx, c.File+server.PricesSuffix, filepath.Join(temp, pricing.FileName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", c.File+server.PricesSuffix, err)
	}
	if err := c.check(ctx, temp, term); err != nil {
		return err
	}
	suffix := asideSuffix()
	if len(old) > 0 {
		if err := moveAside(ctx, dir, suffix, term); err != nil {
			return err
		}
	}
	if err := errors.Join(placeMedia(temp, dir, suffix), placePrices(temp, dir, suffix, term)); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(temp, dataFile), filepath.Join(dir, dataFile)); err != nil {
		return err
	}
	syncFolder(dir)
	fmt.Fprintf(term.stdout, "Restored %s to %s.\n", c.File, dir)
	return nil
}

// extract unpacks the files that payloads refer to, if the backup has any.
func (c *restoreCommand) extract(ctx context.Context, temp string) error {
	err := media.Extract(ctx, c.File+server.MediaSuffix, temp)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// placeMedia moves the files of a copy to the data. What is left there of other data is kept aside.
func placeMedia(temp, dir, suffix string) error {
	if _, err := setAside(dir, media.FolderName, suffix+".media"); err != nil {
		return err
	}
	err := os.Rename(media.Folder(temp), media.Folder(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// placePrices moves the imported prices of a copy, if it has any, to the data. Those that are there are kept aside
// either way: they may be why somebody goes back.
func placePrices(temp, dir, suffix string, term terminal) error {
	moved, err := setAside(dir, pricing.FileName, suffix+server.PricesSuffix)
	if err != nil {
		return err
	}
	err = os.Rename(filepath.Join(temp, pricing.FileName), filepath.Join(dir, pricing.FileName))
	none := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !none:
		return err
	case moved != "" && none:
		fmt.Fprintf(term.stdout, "The prices that were there are now %s. The backup has none: the table that comes along is in force.\n", moved)
	case moved != "":
		fmt.Fprintf(term.stdout, "The prices that were there are now %s.\n", moved)
	}
	return nil
}

// asideSuffix follows the name of the data in those of what is kept aside.
func asideSuffix() string { return ".before-" + time.Now().UTC().Format("20060102T150405.000Z") }

// setAside gives what is in dir another name, if it is there, and returns its new path.
func setAside(dir, name, suffix string) (moved string, err error) {
	to := filepath.Join(dir, dataFile+suffix)
	err = os.Rename(filepath.Join(dir, name), to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	}
	return to, nil
}

// old are the files of the data that is there, which must not be unless by force.
func (c *restoreCommand) old(dir string) ([]string, error) {
	names, err := dataFiles(dir)
	if err == nil && len(names) > 0 && !c.Force {
		err = fmt.Errorf("there is data in %s already: name another folder with --data DIR, or move it aside with --force", dir)
	}
	return names, err
}

// restorePrefix is what the names of folders begin with in which copies are checked.
const restorePrefix = ".restore-"

// removeStale removes what restores that were killed have left: all of it if the folder is
// locked, so that there is no other one, else what is older than a day.
func removeStale(dir string, locked bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.IsDir() || !strings.HasPrefix(e.Name(), restorePrefix) {
			continue
		}
		if locked || time.Since(info.ModTime()) > day {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// check opens the copy as a server would, which brings it up to date, and looks for damage.
func (c *restoreCommand) check(ctx context.Context, temp string, term terminal) (err error) {
	if ours, err := isData(filepath.Join(temp, dataFile)); err != nil || !ours {
		return errors.Join(fmt.Errorf("%s is no data of langshark", c.File), err)
	}
	srv, err := server.New(server.Config{DataDir: temp, NoHousekeeping: true, Logger: slog.New(slog.DiscardHandler)}) //nolint:contextcheck // what it opens outlives a call
	if err != nil {
		return fmt.Errorf("%s can't be opened: %w", c.File, err)
	}
	err = checked(ctx, srv, c.File, term)
	if _, lost := os.Lstat(c.File + server.MediaSuffix); err != nil && errors.Is(lost, fs.ErrNotExist) {
		err = fmt.Errorf("%w (%s is not there: if contents of media are missing, put it beside the backup)", err, c.File+server.MediaSuffix)
	}
	if err = errors.Join(err, srv.Shutdown(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	if names, err := dataFiles(temp); err != nil || len(names) != 1 {
		return errors.Join(fmt.Errorf("the copy of %s was not closed well: %q", c.File, names), err)
	}
	return nil
}

// isData reports whether a file is one that a server has written. An engine
// would take an empty file for a new one, and add its tables to anybody's.
func isData(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 100) // of an SQLite file, see "Database File Format" in its documentation, section 1.3
	if _, err := io.ReadFull(f, head); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	version := binary.BigEndian.Uint32(head[60:]) // of the schema
	return string(head[:16]) == "SQLite format 3\x00" && version > 0, nil
}

// dataFile is the file of the data, siblings what the engine keeps beside it.
const dataFile = "langshark.db"

var siblings = []string{"", "-wal", "-shm"}

// dataFiles are the files of the data that are there.
func dataFiles(dir string) (names []string, err error) {
	for _, s := range siblings {
		_, err := os.Lstat(filepath.Join(dir, dataFile+s))
		switch {
		case err == nil:
			names = append(names, dataFile+s)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return names, nil
}

// moveAside gives the files of the data other names. It refuses while a server runs on them.
func moveAside(ctx context.Context, dir, suffix string, term terminal) error {
	if exists(dir) {
		// Whoever is the last to close the data tidies up beside it. If that is not us, it is a server's.
		// Data too damaged to be opened has no server.
		if srv, err := server.New(server.Config{DataDir: dir, NoHousekeeping: true, Logger: slog.New(slog.DiscardHandler)}); err == nil { //nolint:contextcheck // what it opens outlives a call
			if err := srv.Shutdown(ctx); err != nil {
				return err
			}
			if _, err := os.Lstat(filepath.Join(dir, dataFile+"-wal")); err == nil {
				return fmt.Errorf("a server is running on %s: stop it first", dir)
			}
		}
	}
	names, err := dataFiles(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		// The name of the data, then the sibling's ending: so they still belong together.
		if _, err := setAside(dir, name, suffix+name[len(dataFile):]); err != nil {
			return err
		}
	}
	if _, err := setAside(dir, media.FolderName, suffix+".media"); err != nil {
		return err
	}
	fmt.Fprintf(term.stdout, "The data that was there is now %s.\n", filepath.Join(dir, dataFile+suffix))
	return nil
}

// copyFile copies a file to a new one and waits until it is on disk.
func copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, cancelled{ctx, in})
	return errors.Join(err, out.Sync(), out.Close())
}

// cancelled is a reader that ends with ctx.
type cancelled struct {
	ctx context.Context //nolint:containedctx // a reader has no other place for it
	io.Reader
}

// Read implements [io.Reader].
func (r cancelled) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}

// syncFolder writes the names in a folder to disk, where the system can.
func syncFolder(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync() // Windows can't, and needs not
		f.Close()
	}
}
