package spool

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// series is the segments of some classes, oldest first: adopted ones, then the process's own.
type series struct {
	segs   []*segment
	active *segment // being written; the last of segs, or none

	// Where reading is: in segs[at], whose frames before off have been in a window.
	at     int
	off    int64 // 0: not begun
	number uint32
	file   file // of segs[at], nil until it is read
	crypt  *crypter
	reader frameReader
	head   frame // at off, or after damage behind it
	peeked bool
	fails  int // reads of segs[at] in a row that failed
}

const maxReadFails = 3 // then what is left of a segment counts as damaged

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// stopReading closes what is read, and remembers where.
func (sr *series) stopReading() {
	if sr.file != nil {
		sr.file.Close()
	}
	sr.file, sr.crypt, sr.peeked, sr.fails = nil, nil, false, 0
	sr.head = frame{}
}

// move goes on with another segment.
func (sr *series) move(at int) {
	sr.stopReading()
	sr.at, sr.off, sr.number = at, 0, 0
}

// seal ends the segment being written.
func (sr *series) seal(policy SyncPolicy) error {
	seg := sr.active
	sr.active = nil
	var err error
	if policy == SyncNone {
		err = seg.file.Sync()
	}
	if closeErr := seg.file.Close(); err == nil {
		err = closeErr
	}
	seg.file, seg.crypt = nil, nil
	return err
}

// peek finds the next frame that can be read, and whether there is one.
func (s *Spool) peek(sr *series) (ok bool, damaged int64, err error) {
	for !sr.peeked {
		if sr.at == len(sr.segs) {
			return false, damaged, nil
		}
		seg := sr.segs[sr.at]
		if seg.unread == 0 {
			if seg == sr.active {
				return false, damaged, nil
			}
			sr.move(sr.at + 1)
			continue
		}
		err := s.startReading(sr, seg)
		if err == nil {
			sr.reader.end = seg.size
			sr.head, err = sr.reader.next()
		}
		switch {
		case err == nil:
			sr.peeked, sr.fails = true, 0
			return true, damaged, nil
		case errors.Is(err, io.EOF), missing(err), sr.fails >= maxReadFails:
			damaged += s.giveUp(sr, seg)
		default:
			sr.fails++
			return false, damaged, err
		}
	}
	return true, damaged, nil
}

// giveUp counts what can't be read of a segment.
func (s *Spool) giveUp(sr *series, seg *segment) (damaged int64) {
	damaged = seg.unread
	seg.unread = 0
	s.stats.Records -= damaged
	if seg == sr.active {
		s.note(sr.seal(s.cfg.Sync))
	}
	return damaged
}

func (s *Spool) startReading(sr *series, seg *segment) error {
	if sr.file != nil {
		return nil
	}
	f, err := s.cfg.fs.OpenFile(seg.path(), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	if seg.key {
		aead, err := newAEAD(s.cfg.Key, seg.id)
		if err != nil {
			f.Close()
			return err
		}
		sr.crypt = &crypter{aead: aead}
	}
	if sr.off == 0 {
		sr.off, sr.number = seg.start, seg.startFrame
	}
	sr.file = f
	sr.reader.reset(f, seg.id, sr.off)
	return nil
}
