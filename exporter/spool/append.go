package spool

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/langshark/langshark-go/exporter"
)

// chunk is records made ready to be written at once.
type chunk struct {
	bufs  [seriesCount][]byte // room for a header, then frames
	items []item              // in the records' order
}

// item is where a record's frame is.
type item struct {
	series   int
	off, end int
	seq      uint64
}

const maxChunk = 1 << 20 // about, unless one record is larger

func seriesOf(c exporter.Class) int {
	if c == exporter.ClassSpan {
		return plain
	}
	return higher
}

// Append writes records. See [exporter.Spool]. Plain spans make room for higher
// classes, not the other way round.
func (s *Spool) Append(records []exporter.Spooled) (n int, evicted int64, err error) {
	if err := s.usable(); err != nil {
		return 0, 0, err
	}
	for n < len(records) && err == nil {
		var wrote int
		var gone int64
		wrote, gone, err = s.appendChunk(records[n:])
		n += wrote
		evicted += gone
	}
	s.chunk.trim()
	s.publish()
	if err != nil {
		err = fmt.Errorf("langshark: spool: writing to %s: %w", s.cfg.Dir, err)
	}
	return n, evicted, err
}

func (s *Spool) appendChunk(records []exporter.Spooled) (n int, evicted int64, err error) {
	if err := s.encode(records); err != nil {
		return 0, 0, err
	}
	k, evicted := s.makeRoom(len(s.chunk.items))
	if k == 0 {
		return 0, evicted, fmt.Errorf("%w (MaxBytes %d)", exporter.ErrSpoolFull, s.cfg.MaxBytes)
	}
	n, again, err := s.write(s.chunk.items[:k])
	if again {
		if err := s.encode(records[:k]); err != nil {
			return 0, evicted, err
		}
		n, _, err = s.write(s.chunk.items)
	}
	return n, evicted, err
}

// encode fills the chunk with as many of the records as it takes, at least one.
func (s *Spool) encode(records []exporter.Spooled) error {
	c := &s.chunk
	c.items = c.items[:0]
	for i := range c.bufs {
		c.bufs[i] = append(c.bufs[i][:0], make([]byte, segmentHead)...)
	}
	limit := min(maxChunk, s.cfg.SegmentBytes-segmentHead)
	for total, i := int64(0), 0; i < len(records) && total < limit; i++ {
		r := &records[i]
		series := seriesOf(r.Class)
		buf := c.bufs[series]
		off := len(buf)
		buf = appendRecord(newFrame(buf, r), &r.Record)
		if s.cfg.Key != nil {
			buf = append(buf, make([]byte, tagBytes)...)
		}
		size := int64(len(buf) - off)
		if size-frameHead > maxPayload || size+seriesCount*segmentHead > s.cfg.MaxBytes {
			if i == 0 {
				c.bufs[series] = buf[:off]
				return fmt.Errorf("%w: %d bytes (MaxBytes %d)", exporter.ErrSpoolTooLarge, size, min(s.cfg.MaxBytes, maxPayload))
			}
			return nil
		}
		if total += size; total > limit && i > 0 {
			return nil
		}
		c.bufs[series] = buf
		c.items = append(c.items, item{series, off, len(buf), r.Seq})
	}
	return nil
}

// trim gives back what a large record took.
func (c *chunk) trim() {
	for i := range c.bufs {
		if cap(c.bufs[i]) > keptBuffer {
			c.bufs[i] = nil
		}
	}
}

// extent returns how many of the items are of the series, the first one's index
// and where the last one's frame ends in the buffer.
func extent(items []item, series int) (count, first, end int) {
	first, end = -1, segmentHead
	for i := range items {
		if items[i].series != series {
			continue
		}
		if count == 0 {
			first = i
		}
		count++
		end = items[i].end
	}
	return count, first, end
}

// write writes and syncs the items. n of the first are stored, all others are
// not. again says that the disk took them and then failed to sync: nothing is
// stored, and another file may do.
func (s *Spool) write(items []item) (n int, again bool, err error) {
	n = len(items)
	var targets [seriesCount]*segment
	for i := range s.series {
		count, first, end := extent(items[:n], i)
		if count == 0 {
			continue
		}
		seg, targetErr := s.target(i, int64(end-segmentHead))
		if targetErr != nil {
			n, err = first, targetErr
			continue
		}
		targets[i] = seg
		if stored, writeErr := s.writeFrames(seg, items[:n]); writeErr != nil {
			n, err = stored, writeErr
		}
	}
	failed := err != nil
	for i, seg := range targets {
		if seg == nil {
			continue
		}
		count, _, end := extent(items[:n], i)
		if failed {
			_ = seg.file.Truncate(seg.base() + int64(end-segmentHead)) // what stays isn't read
		}
		if count == 0 {
			continue
		}
		if syncErr := s.sync(seg); syncErr != nil {
			s.undo(targets)
			return 0, true, syncErr
		}
	}
	for i, seg := range targets {
		if seg == nil {
			continue
		}
		count, _, end := extent(items[:n], i)
		if count > 0 {
			s.commit(seg, items[:n], count, int64(end-segmentHead))
		}
		if failed {
			s.abandon(seg)
		}
	}
	return n, false, err
}

// writeFrames writes those of the items that are of the segment's series, and
// returns the index of the first item that isn't written.
func (s *Spool) writeFrames(seg *segment, items []item) (stored int, err error) {
	buf := s.chunk.bufs[seg.series]
	number, end, seed := seg.frames, segmentHead, seg.id.seed()
	for _, it := range items {
		if it.series == seg.series {
			finishFrame(buf[it.off:it.end], &seg.id, seed, number, seg.crypt)
			number++
			end = it.end
		}
	}
	from, at := segmentHead, seg.size
	if seg.size == 0 {
		putHeader(buf, seg, s.keyID, s.cfg.now())
		from = 0
	}
	n, err := seg.file.WriteAt(buf[from:end], at)
	if n < end-from && err == nil {
		err = io.ErrShortWrite
	}
	if err == nil {
		return len(items), nil
	}
	for i, it := range items {
		if it.series == seg.series && it.end > from+n {
			return i, err
		}
	}
	return len(items), err
}

// sync makes durable what was written, as the policy has it.
func (s *Spool) sync(seg *segment) error {
	if s.cfg.Sync != SyncBatch {
		return nil
	}
	if err := seg.file.Sync(); err != nil {
		return err
	}
	if seg.size > 0 {
		return nil
	}
	return s.cfg.fs.SyncDir(seg.folder.path)
}

// commit counts what was written.
func (s *Spool) commit(seg *segment, items []item, count int, bytes int64) {
	if seg.size == 0 {
		sr := &s.series[seg.series]
		sr.segs = append(sr.segs, seg)
		seg.size = segmentHead
		seg.folder.live++
		s.stats.Segments++
		s.stats.Bytes += segmentHead
	}
	for _, it := range items {
		if it.series == seg.series {
			seg.add(it.seq)
		}
	}
	seg.frames += uint32(count)
	seg.size += bytes
	s.stats.Bytes += bytes
	s.stats.Records += int64(count)
}

// undo takes back all that was written to the segments, and ends them.
func (s *Spool) undo(targets [seriesCount]*segment) {
	for _, seg := range targets {
		if seg != nil {
			_ = seg.file.Truncate(seg.base())
			s.abandon(seg)
		}
	}
}

// abandon ends a segment that the disk has failed; one that holds nothing goes.
func (s *Spool) abandon(seg *segment) {
	_ = s.series[seg.series].seal(s.cfg.Sync)
	if seg.size == 0 {
		s.note(s.cfg.fs.Remove(seg.path()))
	}
}

// target returns the segment to write so many bytes to.
func (s *Spool) target(series int, bytes int64) (*segment, error) {
	sr := &s.series[series]
	if seg := sr.active; seg != nil {
		if seg.size+bytes <= s.cfg.SegmentBytes && int64(seg.frames) < 1<<31 {
			return seg, nil
		}
		s.note(sr.seal(s.cfg.Sync))
	}
	seg, err := s.create(series)
	if missing(err) { // somebody tidied the folder away
		var own *folder
		if own, err = s.makeFolder(); err != nil {
			return nil, err
		}
		old := s.own
		s.own = own
		s.folders = append(s.folders, own)
		if old.live == 0 {
			s.drop(old)
		}
		seg, err = s.create(series)
	}
	if err != nil {
		return nil, err
	}
	sr.active = seg
	return seg, nil
}

func (s *Spool) create(series int) (*segment, error) {
	seg := &segment{folder: s.own, series: series, number: s.own.next, start: segmentHead, key: s.cfg.Key != nil}
	if _, err := rand.Read(seg.id[:]); err != nil {
		return nil, err
	}
	if seg.key {
		aead, err := newAEAD(s.cfg.Key, seg.id)
		if err != nil {
			return nil, err
		}
		seg.crypt = &crypter{aead: aead}
	}
	f, err := s.cfg.fs.OpenFile(seg.path(), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		if errors.Is(err, os.ErrExist) {
			s.own.next++
		}
		return nil, err
	}
	s.own.next++
	seg.file = f
	return seg, nil
}
