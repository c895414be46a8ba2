// Package sqlite keeps the data in one SQLite file, by a pure Go engine.
//
// One goroutine writes. It takes what waits, merges it, commits once for all
// and then answers all: a write that has been answered is on disk. Readers
// have connections of their own and never wait for the writer.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	engine "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/langshark/langshark-go/server/store"
)

// Options say how a store works. The zero value is valid.
type Options struct {
	// MaxPending bounds the writes that wait for the writer, in items.
	// Defaults to 20,000. What comes on top is refused with [store.ErrBusy].
	MaxPending int
	// MaxPendingBytes bounds them in bytes. Defaults to 64 MiB.
	MaxPendingBytes int
	// SweepEvery is how often is looked for what is older than its project keeps.
	// Defaults to a minute.
	SweepEvery time.Duration
	// NoHousekeeping leaves retention, the search index and dictionaries to another
	// process that has the file open, or to the next one.
	NoHousekeeping bool
	// ReadOnly opens a file that is there and writes nothing, to it or beside it, but
	// what SQLite needs to share it with others. Writes fail with [store.ErrReadOnly].
	// A file of an older schema can be copied by Backup and not be read otherwise.
	ReadOnly bool
	// BeforeMigration is asked before a file of an older schema is brought up to
	// date; done, if not nil, is called afterwards. An error leaves the file as it is.
	BeforeMigration func(have, want int) (done func(), err error)
	// Beside says that another process has the file open and comes first: after each
	// commit it has a while to itself.
	Beside bool
	// Ephemeral gives up safety against power loss, for data nobody keeps.
	Ephemeral bool
	// Logger defaults to slog.Default().
	Logger *slog.Logger
	// Pricer says what model calls cost. Nil says of none, and lets go what another
	// one said of what changes.
	Pricer store.Pricer
	// Now is the clock of createdAt and updatedAt. Defaults to time.Now.
	Now func() time.Time

	noWork        bool // nothing goes on in the background: for tests
	maxGeneration int  // of ids, likewise; 0 is maxGeneration
}

// Store is a [store.Store] in one file. Use [Open].
type Store struct {
	opts         Options
	log          *slog.Logger
	path         string
	url          string      // of the file, for connections
	immutable    os.FileInfo // how the file was, if it is read as one that nobody changes
	older        error       // if it can't be read because its schema is older
	noIDs        error       // if nothing can be found by its id
	pageSize     int64
	read         *sql.DB
	long         *sql.DB // for reads that take long, so that they leave the others alone
	writer       *writer
	indexer      *db // reads for the search index
	checkpointer *db // used by moveLog alone
	checkpoints  sync.Mutex
	codecs       *codecs
	ids          *ids
	moving       atomic.Pointer[idMove]
	counts       counts
	full         full

	mu       sync.RWMutex
	projects map[string]int64 // by id
	watchers map[*watcher]struct{}

	end      context.CancelFunc // ends what works in the background
	kick     chan struct{}      // has the sweeper look now
	merged   time.Time          // when the search index was last merged; the sweeper's
	training sync.Mutex
	trained  map[int64]time.Time // when a dictionary was last tried, by project; guarded by training
	working  sync.WaitGroup

	// gate is held by each read while it goes on, and by a checkpoint that must have
	// none: reads that come later wait for it, so that they can't hold the log for ever.
	gate      sync.RWMutex
	longReads atomic.Int32 // how many hold one state for long

	gone    atomic.Bool // set by Close
	closing sync.Once
	closed  error
}

type watcher struct{ f func(store.Commit) }

var _ store.Store = (*Store)(nil)

// Open opens or makes the file and brings its schema up to date.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	opts.MaxPending = cmp.Or(opts.MaxPending, 20_000)
	opts.MaxPendingBytes = cmp.Or(opts.MaxPendingBytes, 64<<20)
	opts.SweepEvery = cmp.Or(opts.SweepEvery, time.Minute)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Store{opts: opts, log: opts.Logger, projects: map[string]int64{}, watchers: map[*watcher]struct{}{}, ids: newIDs(cmp.Or(opts.maxGeneration, maxGeneration))}
	if s.log == nil {
		s.log = slog.Default()
	}
	open := s.open
	if opts.ReadOnly {
		open = s.openReadOnly
	}
	if err := open(ctx, path); err != nil {
		err = errors.Join(fmt.Errorf("langshark: open %s: %w", path, err), s.closeFiles())
		s.tidyUp()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) (err error) {
	if s.codecs, err = newCodecs(); err != nil {
		return err
	}
	s.codecs.load = s.loadDictionary
	if s.path, err = filepath.Abs(path); err != nil {
		return err
	}
	s.url = fileURL(s.path)
	// SQLite would make the file as the umask has it, and its siblings like it.
	if f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		err = f.Close()
		if err != nil {
			return err
		}
	} else if info, stat := os.Stat(path); stat == nil && info.IsDir() {
		return errDirectory
	} else if !errors.Is(err, os.ErrExist) {
		return err
	}
	d, err := openDB(s.url + "?_pragma=busy_timeout(" + strconv.Itoa(busyTimeout) + ")")
	if err != nil {
		return err
	}
	if err := s.prepare(ctx, d); err != nil {
		return errors.Join(err, d.close())
	}
	if s.read, err = sql.Open("sqlite", s.readURL()); err != nil {
		return errors.Join(err, d.close())
	}
	if s.indexer, err = openDB(s.url + "?_pragma=busy_timeout(5000)&_pragma=query_only(1)&_pragma=cache_size(-4096)"); err != nil {
		return errors.Join(err, d.close())
	}
	if s.checkpointer, err = openDB(s.url + "?_pragma=busy_timeout(5000)&_pragma=cache_size(-1024)&_pragma=synchronous(" + s.synchronous() + ")"); err != nil {
		return errors.Join(err, d.close())
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	if err := s.openLong(); err != nil {
		return errors.Join(err, d.close())
	}
	s.writer = startWriter(s, d)
	background, end := context.WithCancel(context.WithoutCancel(ctx))
	s.end = end
	s.startWork(background)
	return nil
}

// synchronous is the engine's word for when it waits for the disk.
func (s *Store) synchronous() string {
	if s.opts.Ephemeral {
		return "OFF"
	}
	return "FULL"
}

// busyTimeout is how long is waited for another process, in milliseconds.
const busyTimeout = 5000

// readers is how many reads run at once, longReaders how many of those that take long.
const (
	readers     = 4
	longReaders = 2
)

// openLong opens the connections of reads that take long; idle ones are let go.
func (s *Store) openLong() (err error) {
	if s.long, err = sql.Open("sqlite", s.readURL()); err == nil {
		s.long.SetMaxOpenConns(longReaders)
		s.long.SetMaxIdleConns(1)
		s.long.SetConnMaxIdleTime(time.Minute)
	}
	return err
}

// prepare sets the writer's connection up and brings the schema up to date.
func (s *Store) prepare(ctx context.Context, d *db) error {
	if err := d.script("PRAGMA page_size=8192"); err != nil { // of a new file
		return err
	}
	if _, err := version(d); err != nil { // before anything is written into another's file
		return err
	}
	for _, pragma := range []string{
		"journal_mode=WAL", "synchronous=" + s.synchronous(), "cache_size=-65536",
		"temp_store=MEMORY", "wal_autocheckpoint=0", "secure_delete=ON", "journal_size_limit=67108864",
	} {
		if err := d.script("PRAGMA " + pragma); err != nil {
			return err
		}
	}
	if err := s.migrate(ctx, d); err != nil {
		return err
	}
	return s.readState(d)
}

// readState reads what is to be known of the file.
func (s *Store) readState(d *db) error {
	if err := d.row("PRAGMA page_size", nil, &s.pageSize); err != nil {
		return err
	}
	var blocks, searched int64
	if err := d.row("SELECT payload - 1, searched FROM counters", nil, &blocks, &searched); err != nil {
		return err
	}
	s.counts.blocks.Store(blocks)
	s.counts.searched.Store(searched)
	if err := s.loadOrRebuildIDs(d); err != nil {
		return err
	}
	return s.loadDictionaries(d)
}

// fileURL is an absolute path as SQLite's URI, with all signs quoted that mean something there.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if path[0] != '/' { // a drive letter
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// Watch implements [store.Store].
func (s *Store) Watch(f func(store.Commit)) (stop func()) {
	w := &watcher{f}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[w] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, w)
	}
}

func (s *Store) tell(commits []store.Commit) {
	if len(commits) == 0 {
		return
	}
	s.mu.RLock()
	watchers := slices.Collect(maps.Keys(s.watchers))
	s.mu.RUnlock()
	for _, w := range watchers { // not under the lock: one may end itself
		for _, c := range commits {
			w.f(c)
		}
	}
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.gone.Store(true)
		s.end()
		s.working.Wait()
		err := s.writer.close()
		s.closed = errors.Join(err, s.closeFiles())
		s.tidyUp()
	})
	return s.closed
}

func (s *Store) closeFiles() error {
	var errs []error
	for _, d := range []*db{s.indexer, s.checkpointer} {
		if d != nil {
			errs = append(errs, d.close())
		}
	}
	for _, pool := range []*sql.DB{s.read, s.long} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// project returns the number of a project, which another process may have made.
func (s *Store) project(ctx context.Context, id string) (int64, error) {
	s.mu.RLock()
	pk, ok := s.projects[id]
	s.mu.RUnlock()
	if ok {
		return pk, nil
	}
	s.gate.RLock()
	err := s.read.QueryRowContext(ctx, "SELECT pk FROM projects WHERE id = ?", id).Scan(&pk)
	s.gate.RUnlock()
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("langshark: project %q: %w", id, store.ErrNotFound)
	}
	if err != nil {
		return 0, s.readError("project", err)
	}
	s.mu.Lock()
	s.projects[id] = pk
	s.mu.Unlock()
	return pk, nil
}

// readError names what failed.
func (s *Store) readError(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("langshark: %s: %w", what, store.ErrNotFound)
	}
	if s.older != nil && !s.gone.Load() {
		return fmt.Errorf("langshark: read %s: %w", what, s.older)
	}
	if s.gone.Load() {
		return fmt.Errorf("langshark: read %s: %w: %w", what, store.ErrClosed, err)
	}
	return fmt.Errorf("langshark: read %s: %w", what, known(err))
}

// known makes an error of the engine one of the store's, where it has one.
func known(err error) error {
	var e *engine.Error
	if !errors.As(err, &e) {
		return err
	}
	switch code := e.Code(); {
	case code&0xff == codes.SQLITE_BUSY || code&0xff == codes.SQLITE_LOCKED: // another process has the file
		return fmt.Errorf("%w: %w", store.ErrBusy, err)
	case code&0xff == codes.SQLITE_FULL, code == codes.SQLITE_IOERR_SHMSIZE, code == codes.SQLITE_IOERR_WRITE, code == codes.SQLITE_IOERR_FSYNC:
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}
