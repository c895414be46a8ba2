package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A segment is a file of frames behind a header of 64 bytes.
//
//	0  magic [8]  "LSSPOOL\n"
//	8  major u16, minor u16
//	12 flags u32  bit 0: encrypted; bits 0 to 15 must be understood
//	16 id [16]    random
//	32 key [8]    names the key; zeros if not encrypted
//	40 created i64 Unix nanoseconds
//	48 series u8, reserved [11]
//	60 crc u32    CRC-32C of the 60 bytes before
const (
	segmentMagic = "LSSPOOL\n"
	segmentHead  = 64
	segmentMajor = 1
	segmentMinor = 0

	flagEncrypted = 1 << 0
	flagsMust     = 0xffff
)

// The series of segments: one for what is given up first, one for the rest.
const (
	plain  = iota // spans and events
	higher        // all other classes
	seriesCount
)

var seriesNames = [seriesCount]string{"plain", "higher"}

// segment is one file, and what is known of it without reading it.
type segment struct {
	folder *folder
	series int
	number uint64 // unique in the folder, ascending
	id     segmentID
	key    bool // encrypted

	size   int64  // up to the end of the last whole frame
	unread int64  // records that no window has had
	held   int64  // records of the current window, acknowledged or not
	lowest uint64 // Seq of the unread, or lower
	last   uint64
	mixed  bool // their Seqs don't ascend

	start      int64 // where the first record is that isn't done with
	startFrame uint32

	// of the one being written
	file   file
	frames uint32 // numbers given
	crypt  *crypter
}

func (s *segment) name() string {
	return fmt.Sprintf("%s-%08d.seg", seriesNames[s.series], s.number)
}

func (s *segment) path() string { return filepath.Join(s.folder.path, s.name()) }

// base is where frames are appended.
func (s *segment) base() int64 { return max(s.size, segmentHead) }

// add counts a record that was appended.
func (s *segment) add(seq uint64) {
	switch {
	case s.unread == 0:
		s.lowest, s.mixed = seq, false
	case seq < s.last:
		s.lowest, s.mixed = min(s.lowest, seq), true
	}
	s.last = seq
	s.unread++
}

// parseSegmentName undoes segment.name.
func parseSegmentName(name string) (series int, number uint64, ok bool) {
	rest, isSegment := strings.CutSuffix(name, ".seg")
	kind, digits, _ := strings.Cut(rest, "-")
	number, err := strconv.ParseUint(digits, 10, 64)
	for series = range seriesNames {
		if isSegment && kind == seriesNames[series] && err == nil && number < math.MaxUint64 {
			return series, number, true
		}
	}
	return 0, 0, false
}

// putHeader writes the header to dst.
func putHeader(dst []byte, s *segment, key keyID, created time.Time) {
	clear(dst[:segmentHead])
	copy(dst, segmentMagic)
	binary.LittleEndian.PutUint16(dst[8:], segmentMajor)
	binary.LittleEndian.PutUint16(dst[10:], segmentMinor)
	if s.key {
		binary.LittleEndian.PutUint32(dst[12:], flagEncrypted)
		copy(dst[32:], key[:])
	}
	copy(dst[16:], s.id[:])
	binary.LittleEndian.PutUint64(dst[40:], uint64(created.UnixNano()))
	dst[48] = byte(s.series)
	binary.LittleEndian.PutUint32(dst[60:], crc32.Checksum(dst[:60], castagnoli))
}

// Why a segment isn't read.
var (
	errTornHeader = errors.New("cut off in its header")
	errNoSegment  = errors.New("its header is damaged")
	errNewer      = errors.New("written by a newer version of this library")
	errOtherKey   = errors.New("encrypted with another key")
)

// readHeader reads what the header says to s, or why the segment can't be read.
func readHeader(f io.ReaderAt, s *segment, ours keyID) error {
	var b [segmentHead]byte
	switch n, err := f.ReadAt(b[:], 0); {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case n < segmentHead || b == [segmentHead]byte{}:
		return errTornHeader
	case string(b[:8]) != segmentMagic:
		return errNoSegment
	case binary.LittleEndian.Uint16(b[8:]) > segmentMajor:
		return errNewer
	case binary.LittleEndian.Uint32(b[60:]) != crc32.Checksum(b[:60], castagnoli):
		return errNoSegment
	}
	flags := binary.LittleEndian.Uint32(b[12:])
	s.key = flags&flagEncrypted != 0
	switch {
	case flags&flagsMust&^flagEncrypted != 0:
		return errNewer
	case s.key && (ours == keyID{} || keyID(b[32:40]) != ours):
		return errOtherKey
	}
	s.id = segmentID(b[16:32])
	return nil
}

// scan counts the records of a segment that another process wrote, from s.start
// on, and finds where the last whole one ends; torn is what follows that.
func (s *segment) scan(r *frameReader, f io.ReaderAt, size int64) (damaged, torn int64, err error) {
	r.reset(f, s.id, s.start)
	r.end = size
	s.size = min(s.start, size)
	number := int64(s.startFrame)
	for {
		fr, err := r.next()
		if errors.Is(err, io.EOF) {
			return damaged, size - s.size, nil
		}
		if err != nil {
			return damaged, 0, err
		}
		switch missing := int64(fr.number) - number; {
		case fr.off == r.off: // none between, whatever the numbers say
		case missing < 0 || missing > (fr.off-r.off)/frameHead:
			damaged++ // at least
		default:
			damaged += missing
		}
		number = int64(fr.number) + 1
		s.unread++
		r.off, s.size = fr.end, fr.end
	}
}
