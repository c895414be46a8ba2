package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/langshark/langshark-go/exporter"
)

// A frame holds one record: a head of 28 bytes, then the payload.
//
//	0  mark [4]   the segment's own
//	4  crc  u32   CRC-32C, begun with that of the segment's id, of all that follows
//	8  length u32 of the payload
//	12 number u32 of the frame in the segment, from 0
//	16 seq u64    of the record
//	24 class u8, again u8, reserved u16
const (
	frameCRC    = 4
	frameLength = 8
	frameMeta   = 12 // to the head's end: authenticated along with an encrypted payload
	frameHead   = 28

	maxPayload = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// segmentID is random. It makes marks and checksums of one segment meaningless
// in any other, and unknown to those who choose what is recorded.
type segmentID [16]byte

func (id *segmentID) mark() []byte { return id[:4] }

func (id *segmentID) seed() uint32 { return crc32.Checksum(id[:], castagnoli) }

// newFrame begins a frame; the payload is appended to what it returns.
func newFrame(dst []byte, r *exporter.Spooled) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, frameHead)...)
	binary.LittleEndian.PutUint64(dst[at+16:], r.Seq)
	dst[at+24], dst[at+25] = byte(r.Class), r.Again
	return dst
}

// finishFrame makes the frame one of a segment.
func finishFrame(frame []byte, id *segmentID, seed, number uint32, c *crypter) {
	copy(frame, id.mark())
	binary.LittleEndian.PutUint32(frame[frameLength:], uint32(len(frame)-frameHead))
	binary.LittleEndian.PutUint32(frame[frameMeta:], number)
	if c != nil {
		c.seal(frame, number)
	}
	binary.LittleEndian.PutUint32(frame[frameCRC:], crc32.Update(seed, castagnoli, frame[frameLength:]))
}

// frame is one that was read and whose checksum is right.
type frame struct {
	off, end int64 // in the file
	number   uint32
	seq      uint64
	class    exporter.Class
	again    uint8
	raw      []byte // all of it; valid until the reader is used again
}

func (f *frame) payload() []byte { return f.raw[frameHead:] }

// frameReader reads a segment's frames, whatever the file holds.
type frameReader struct {
	file io.ReaderAt
	id   segmentID
	seed uint32
	off  int64 // where the next frame is expected
	end  int64 // of what may be read

	buf    []byte // bytes of the file from bufAt
	bufAt  int64
	budget int64 // bytes still to be checked behind marks that begin no frame
}

const (
	readAhead   = 64 << 10
	falseBudget = 256 << 20 // what a file made to cost time can cost
	keptBuffer  = 4 << 20
)

// reset begins with another file. The buffer is kept unless a frame made it large.
func (r *frameReader) reset(f io.ReaderAt, id segmentID, off int64) {
	buf := r.buf
	if cap(buf) > keptBuffer {
		buf = nil
	}
	*r = frameReader{file: f, id: id, seed: id.seed(), off: off, buf: buf[:0], budget: falseBudget}
}

// next returns the frame at off or the first whole one after it, or io.EOF.
// It does not go beyond it: the caller sets off.
func (r *frameReader) next() (frame, error) {
	f, ok, err := r.at(r.off)
	if ok || err != nil {
		return f, err
	}
	for off := r.off + 1; ; off++ {
		if off, err = r.find(off); err != nil {
			return frame{}, err
		}
		if f, ok, err = r.at(off); ok || err != nil {
			return f, err
		}
	}
}

// at reads the frame at off, if there is one.
func (r *frameReader) at(off int64) (f frame, ok bool, err error) {
	head, err := r.view(off, frameHead)
	if err != nil || len(head) < frameHead || !bytes.Equal(head[:frameCRC], r.id.mark()) {
		return f, false, err
	}
	length := int64(binary.LittleEndian.Uint32(head[frameLength:]))
	if length > maxPayload || length > r.end-off-frameHead || r.budget < 0 {
		return f, false, nil
	}
	raw, err := r.view(off, int(frameHead+length))
	if err != nil || int64(len(raw)) < frameHead+length {
		return f, false, err
	}
	if binary.LittleEndian.Uint32(raw[frameCRC:]) != crc32.Update(r.seed, castagnoli, raw[frameLength:]) {
		r.budget -= length
		return f, false, nil
	}
	return frame{
		off: off, end: off + frameHead + length,
		number: binary.LittleEndian.Uint32(raw[frameMeta:]),
		seq:    binary.LittleEndian.Uint64(raw[16:]),
		class:  exporter.Class(raw[24]), again: raw[25],
		raw: raw,
	}, true, nil
}

// find returns where the next mark is, from off on, or io.EOF.
func (r *frameReader) find(off int64) (int64, error) {
	for r.end-off >= frameHead {
		b, err := r.view(off, frameHead)
		if err != nil {
			return 0, err
		}
		if int64(len(b)) < frameHead {
			break
		}
		b = r.buf[off-r.bufAt:] // all there is
		if i := bytes.Index(b, r.id.mark()); i >= 0 {
			return off + int64(i), nil
		}
		off += int64(len(b) - len(r.id.mark()) + 1)
	}
	return 0, io.EOF
}

// view returns n bytes of the file from off; fewer only at the end.
func (r *frameReader) view(off int64, n int) ([]byte, error) {
	if n = int(min(int64(n), r.end-off)); n <= 0 {
		return nil, nil
	}
	if from := off - r.bufAt; from >= 0 && from+int64(n) <= int64(len(r.buf)) {
		return r.buf[from : from+int64(n)], nil
	}
	want := int(min(int64(max(n, readAhead)), r.end-off))
	if cap(r.buf) < want {
		r.buf = make([]byte, want)
	}
	m, err := r.file.ReadAt(r.buf[:want], off)
	r.buf, r.bufAt = r.buf[:max(m, 0)], off
	if m >= n {
		return r.buf[:n], nil
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	r.end = off + int64(m) // the file is shorter than it was
	return r.buf, nil
}
