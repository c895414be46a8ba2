package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	engine "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/langshark/langshark-go/server/store"
)

// openReadOnly opens a file that is there. Nothing goes on in the background.
func (s *Store) openReadOnly(_ context.Context, path string) (err error) {
	if s.codecs, err = newCodecs(); err != nil {
		return err
	}
	if s.path, err = filepath.Abs(path); err != nil {
		return err
	}
	info, err := os.Stat(s.path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return errDirectory
	case info.Size() == 0 && s.noLog():
		return errors.New("the file is empty: there is no data in it")
	}
	s.url = fileURL(s.path)
	err = s.readFile()
	if err != nil && cantShare(err) && s.noLog() {
		// The files by which processes share the data can't be made here, for want of
		// rights or of room. All data is in the file: it is read as it is now.
		s.immutable = info
		err = s.readFile()
	}
	if code := codeOf(err) & 0xff; code == codes.SQLITE_CANTOPEN || code == codes.SQLITE_READONLY {
		return fmt.Errorf("%w: the log beside it can only be read by who may write to the folder; copy all its files to a folder of yours", err)
	}
	if err != nil {
		return known(err)
	}
	if s.read, err = sql.Open("sqlite", s.readURL()); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	if err := s.openLong(); err != nil {
		return err
	}
	s.writer = &writer{store: s, closed: true, done: make(chan struct{}), wake: make(chan struct{}, 1), committed: make(chan struct{}, 1)}
	close(s.writer.done)
	s.end = func() {}
	s.startWork(context.Background())
	return nil
}

// readFile looks whether the file is ours and can be read, and reads its state.
func (s *Store) readFile() (err error) {
	d, err := openDB(s.readingURL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	have, err := version(d)
	if err != nil {
		return err
	}
	latest, err := latestVersion()
	switch {
	case err != nil:
		return err
	case have == 0:
		return errors.New("there are no tables in the file, and so no data")
	case have < latest:
		s.older = fmt.Errorf("the file has schema version %d: %w", have, store.ErrOlder)
		return d.row("PRAGMA page_size", nil, &s.pageSize)
	}
	return s.readState(d)
}

// readingURL is for connections that only read.
func (s *Store) readingURL() string {
	url := s.url + "?_pragma=busy_timeout(5000)&_pragma=query_only(1)"
	if s.opts.ReadOnly {
		url += "&mode=ro"
	}
	if s.immutable != nil {
		url += "&immutable=1"
	}
	return url
}

// unchanged is an error if a file that was taken for one that nobody changes has been changed.
func (s *Store) unchanged() error {
	if s.immutable == nil {
		return nil
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if info.Size() != s.immutable.Size() || !info.ModTime().Equal(s.immutable.ModTime()) {
		return errors.New("the file was changed meanwhile: do it again")
	}
	return nil
}

// noLog reports whether all data is in the file, none in a log beside it.
func (s *Store) noLog() bool {
	info, err := os.Stat(s.path + "-wal")
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

// tidyUp has the engine remove the empty files that reading has made beside the data,
// which one that only reads leaves there, unless others use them.
func (s *Store) tidyUp() {
	if !s.opts.ReadOnly || s.url == "" || !there(s.path+"-wal") || !s.noLog() {
		return
	}
	d, err := openDB(s.url + "?mode=rw")
	if err != nil {
		return
	}
	_, _ = version(d) // makes it look at the log
	d.close()         //nolint:errcheck // whoever may not write leaves them
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// cantShare reports whether the files beside the data could not be opened or made.
func cantShare(err error) bool {
	switch code := codeOf(err); code & 0xff {
	case codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY, codes.SQLITE_FULL:
		return true
	case codes.SQLITE_IOERR:
		return code == codes.SQLITE_IOERR_SHMSIZE || code == codes.SQLITE_IOERR_SHMOPEN || code == codes.SQLITE_IOERR_SHMMAP || code == codes.SQLITE_IOERR_WRITE
	}
	return false
}

// codeOf is the engine's number of an error, 0 if it is another's.
func codeOf(err error) int {
	var e *engine.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code()
}
