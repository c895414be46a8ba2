package spool

import (
	"errors"
	"fmt"
	"slices"

	"github.com/langshark/langshark-go/exporter"
)

// window is what Next has returned and is not yet all acknowledged.
type window struct {
	records []exporter.Spooled
	places  []place // where each is
	shown   int     // by the last Next
	left    int     // not acknowledged
	mem     memory
}

type place struct {
	seg    *segment
	off    int64
	number uint32
	done   bool
}

// compact forgets what is acknowledged, keeping the order.
func (w *window) compact() {
	n := 0
	for i := range w.records {
		if !w.places[i].done {
			w.records[n], w.places[n] = w.records[i], w.places[i]
			n++
		}
	}
	clear(w.records[n:])
	w.records, w.places = w.records[:n], w.places[:n]
}

// Next returns the oldest records. See [exporter.Spool]; strings and values lie
// in memory that the first call after all of them are acknowledged uses again.
func (s *Spool) Next(n int, maxBytes int64) (records []exporter.Spooled, damaged int64, err error) {
	if err := s.usable(); err != nil {
		return nil, 0, err
	}
	w := &s.window
	if w.compact(); w.left == 0 {
		damaged, err = s.read(n, maxBytes)
		s.publish()
		if w.left > 0 {
			err = nil // it comes again
		}
		if err != nil {
			err = fmt.Errorf("langshark: spool: reading from %s: %w", s.cfg.Dir, err)
		}
	}
	w.shown = max(0, min(n, len(w.records)))
	return w.records[:w.shown:w.shown], damaged, err
}

// read fills the window.
func (s *Spool) read(n int, maxBytes int64) (damaged int64, err error) {
	w := &s.window
	w.mem.reset()
	for bytes := int64(0); w.left < n && (bytes < maxBytes || w.left == 0); {
		var from *series
		for i := range s.series {
			sr := &s.series[i]
			ok, lost, err := s.peek(sr)
			damaged += lost
			if err != nil {
				return damaged, err
			}
			if ok && (from == nil || older(sr.segs[sr.at], sr.head.seq, from.segs[from.at], from.head.seq)) {
				from = sr
			}
		}
		if from == nil {
			break
		}
		bytes += from.head.end - from.head.off
		damaged += s.take(from)
	}
	for i := range s.series { // so that FirstSeq knows, and segments without a readable record go
		_, lost, _ := s.peek(&s.series[i]) // an error comes again
		damaged += lost
	}
	if w.left == 0 {
		_ = s.settle() // what can't be written down comes again
	}
	return damaged, nil
}

// take moves the peeked frame to the window.
func (s *Spool) take(sr *series) (damaged int64) {
	w, seg, f := &s.window, sr.segs[sr.at], sr.head
	sr.peeked, sr.off, sr.number = false, f.end, f.number+1
	sr.reader.off = f.end
	seg.unread--
	payload := w.mem.bytes.take(len(f.payload()), slabBytes)
	ok := true
	if sr.crypt != nil {
		var err error
		payload, err = sr.crypt.open(payload, f.raw, f.number)
		ok = err == nil
	} else {
		copy(payload, f.payload())
	}
	var record exporter.Record
	if ok {
		record, ok = decodeRecord(payload, &w.mem)
	}
	if !ok {
		s.stats.Records--
		return 1
	}
	seq := f.seq
	if seg.folder.adopted {
		seq = 0
	}
	seg.held++
	w.left++
	w.records = append(w.records, exporter.Spooled{Record: record, Class: f.class, Seq: seq, Again: f.again})
	w.places = append(w.places, place{seg: seg, off: f.off, number: f.number})
	return 0
}

// Ack says that record i of the last Next is done with. An index that isn't
// one, or was acknowledged before, says nothing.
func (s *Spool) Ack(i int) {
	w := &s.window
	if i < 0 || i >= w.shown || w.places[i].done || s.closed {
		return
	}
	w.places[i].done = true
	w.left--
	s.stats.Records--
	if w.left == 0 {
		_ = s.settle()
	}
	s.publish()
}

// settle removes the segments that are done with and writes down how far the
// others are: up to the first record of the window that is not acknowledged,
// if there is one. An error loses nothing: records come again after a crash.
func (s *Spool) settle() error {
	var errs []error
	for i := range s.series {
		sr := &s.series[i]
		at, off, number := sr.at, sr.off, sr.number
		p := s.window.first(i)
		if p != nil {
			at, off, number = slices.Index(sr.segs, p.seg), p.off, p.number
		}
		s.forget(sr, at)
		if off == 0 || len(sr.segs) == 0 {
			continue
		}
		seg := sr.segs[0]
		if p == nil {
			seg.held = 0
			if seg.unread == 0 {
				sr.move(0)
				s.forget(sr, 1)
				continue
			}
		}
		seg.start, seg.startFrame = off, number
		errs = append(errs, seg.folder.cursors[i].store(s.cfg.fs, position{seg.number, off, number}))
	}
	return errors.Join(errs...)
}

// first returns the place of the first record of a series that is not acknowledged.
func (w *window) first(series int) *place {
	for i := range w.places {
		if p := &w.places[i]; !p.done && p.seg.series == series {
			return p
		}
	}
	return nil
}

// forget discards the first n segments.
func (s *Spool) forget(sr *series, n int) {
	for _, seg := range sr.segs[:n] {
		s.discard(seg)
	}
	sr.segs = append(sr.segs[:0], sr.segs[n:]...)
	sr.at = max(0, sr.at-n)
}
