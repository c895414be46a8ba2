package spool

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/langshark/langshark-go/exporter"
)

// Spool is an [exporter.Spool] in files. Make one with [New].
type Spool struct {
	cfg   Config
	keyID keyID

	own     *folder // nil until Open
	folders []*folder
	order   int
	closed  bool
	series  [seriesCount]series
	window  window
	chunk   chunk
	scanner frameReader
	trouble []error // with files that could not be removed

	stats exporter.SpoolStats // the worker's

	mu        sync.Mutex
	published exporter.SpoolStats // guarded by mu
}

var _ exporter.Spool = (*Spool)(nil)

var errClosed = errors.New("langshark: spool is closed")

// New checks the configuration. It touches no file; Open does.
func New(cfg Config) (*Spool, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Spool{cfg: cfg, keyID: idOfKey(cfg.Key)}, nil
}

// Open makes a folder for this process below Dir, and adopts those of processes
// which are gone. See [exporter.Spool].
func (s *Spool) Open() (exporter.SpoolReport, error) {
	var report exporter.SpoolReport
	if s.closed {
		return report, errClosed
	}
	if s.own != nil {
		return report, nil
	}
	defer s.publish()
	err := s.cfg.fs.MkdirAll(s.cfg.Dir, 0o700)
	if err == nil {
		s.own, err = s.makeFolder() // first, so that nothing is adopted where nothing can be written
	}
	if err == nil {
		s.folders = append(s.folders, s.own)
		err = s.adopt(&report)
	}
	if err != nil {
		s.giveBack()
		return exporter.SpoolReport{}, fmt.Errorf("langshark: spool: can't use the folder %s: %w", s.cfg.Dir, err)
	}
	s.order++
	s.own.order = s.order
	return report, nil
}

// giveBack unlocks all folders and forgets what was in them.
func (s *Spool) giveBack() {
	for _, f := range s.folders {
		s.note(f.finish(s.cfg.fs))
	}
	s.folders, s.own, s.order = nil, nil, 0
	s.series = [seriesCount]series{}
	s.stats = exporter.SpoolStats{}
}

// usable says why the spool can't be used, if so.
func (s *Spool) usable() error {
	switch {
	case s.closed:
		return errClosed
	case s.own == nil:
		return errors.New("langshark: spool is not open")
	}
	return nil
}

// Stats returns counts. Any goroutine may call it.
func (s *Spool) Stats() exporter.SpoolStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.published
}

func (s *Spool) publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.published = s.stats
}

// FirstSeq returns the lowest Seq of what is kept.
func (s *Spool) FirstSeq() (seq uint64, ok bool) {
	consider := func(v uint64) {
		if !ok || v < seq {
			seq, ok = v, true
		}
	}
	for i := range s.window.records {
		if !s.window.places[i].done {
			consider(s.window.records[i].Seq)
		}
	}
	for i := range s.series {
		sr := &s.series[i]
		for at, seg := range sr.segs {
			switch {
			case seg.unread == 0:
			case seg.folder.adopted:
				return 0, true
			case at == sr.at && sr.peeked && !seg.mixed:
				consider(sr.head.seq)
			default:
				consider(seg.lowest)
			}
		}
	}
	return seq, ok
}

// Close syncs what is being written, and leaves for the next process what has
// not been acknowledged.
func (s *Spool) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	s.note(s.settle())
	for i := range s.series {
		sr := &s.series[i]
		sr.stopReading()
		if sr.active != nil {
			s.note(sr.seal(SyncNone)) // synced now, whatever was promised before
		}
	}
	left := s.stats
	s.giveBack()
	s.stats = left // still there
	s.window, s.chunk = window{}, chunk{}
	s.publish()
	if err := errors.Join(s.trouble...); err != nil {
		return fmt.Errorf("langshark: spool: closing %s: %w", s.cfg.Dir, err)
	}
	return nil
}

// note keeps an error that loses nothing until Close.
func (s *Spool) note(err error) {
	const most = 10
	if err != nil && len(s.trouble) < most {
		s.trouble = append(s.trouble, err)
	}
}

// discard removes a segment that is done with, or given up.
func (s *Spool) discard(seg *segment) {
	sr := &s.series[seg.series]
	if sr.active == seg {
		seg.file.Close()
		seg.file, sr.active = nil, nil
	}
	f := seg.folder
	if err := s.cfg.fs.Remove(seg.path()); err != nil && !missing(err) {
		s.note(err)
		f.kept++
		s.note(f.cursors[seg.series].store(s.cfg.fs, position{segment: seg.number + 1}))
	}
	s.stats.Bytes -= seg.size
	s.stats.Segments--
	if f.live--; f.live == 0 && f != s.own {
		s.drop(f)
	}
}

// drop gives back a folder that holds nothing any more.
func (s *Spool) drop(f *folder) {
	s.note(f.finish(s.cfg.fs))
	s.folders = slices.DeleteFunc(s.folders, func(x *folder) bool { return x == f })
}

// older reports whether a frame of segment a comes before one of b.
func older(a *segment, aSeq uint64, b *segment, bSeq uint64) bool {
	if c := cmp.Compare(a.folder.order, b.folder.order); c != 0 {
		return c < 0
	}
	return aSeq < bSeq
}
