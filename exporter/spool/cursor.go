package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// position is how far a series of a folder is done with: all segments with a
// lower number, and of this one what lies before the offset.
type position struct {
	segment uint64
	offset  int64
	frame   uint32 // number of the frame at the offset
}

// cursor keeps a position in a file of two slots that are written in turn, so
// that one is whole whenever the process dies. It isn't synced: an older
// position makes records come again, none go missing.
//
// A slot: generation u64, segment u64, offset i64, frame u32, CRC-32C of the
// file's magic and the 28 bytes before.
type cursor struct {
	path       string
	file       file
	generation uint64
	last       position
}

const (
	cursorMagic = "LSSPOOLC"
	slotBytes   = 32
)

var cursorSeed = crc32.Checksum([]byte(cursorMagic), castagnoli)

func cursorName(series int) string { return seriesNames[series] + ".pos" }

func newCursor(dir string, series int) cursor {
	return cursor{path: filepath.Join(dir, cursorName(series))}
}

// load reads the position, zero if there is none that is whole.
func (c *cursor) load(fsys fileSystem) position {
	f, err := fsys.OpenFile(c.path, os.O_RDONLY, 0)
	if err != nil {
		return position{}
	}
	defer f.Close()
	var b [2 * slotBytes]byte
	n, err := f.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return position{}
	}
	for at := 0; at+slotBytes <= n; at += slotBytes {
		c.slot(b[at : at+slotBytes])
	}
	return c.last
}

func (c *cursor) slot(b []byte) {
	generation := binary.LittleEndian.Uint64(b)
	offset := int64(binary.LittleEndian.Uint64(b[16:]))
	sum := crc32.Update(cursorSeed, castagnoli, b[:28])
	if binary.LittleEndian.Uint32(b[28:]) != sum || generation <= c.generation || offset < 0 {
		return
	}
	c.generation = generation
	c.last = position{binary.LittleEndian.Uint64(b[8:]), offset, binary.LittleEndian.Uint32(b[24:])}
}

// store writes the position if it has changed.
func (c *cursor) store(fsys fileSystem, p position) error {
	if p == c.last {
		return nil
	}
	if c.file == nil {
		f, err := fsys.OpenFile(c.path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		c.file = f
	}
	c.generation++
	var b [slotBytes]byte
	binary.LittleEndian.PutUint64(b[:], c.generation)
	binary.LittleEndian.PutUint64(b[8:], p.segment)
	binary.LittleEndian.PutUint64(b[16:], uint64(p.offset))
	binary.LittleEndian.PutUint32(b[24:], p.frame)
	binary.LittleEndian.PutUint32(b[28:], crc32.Update(cursorSeed, castagnoli, b[:28]))
	if _, err := c.file.WriteAt(b[:], int64(c.generation%2)*slotBytes); err != nil {
		return err
	}
	c.last = p
	return nil
}

func (c *cursor) close() {
	if c.file != nil {
		c.file.Close()
		c.file = nil
	}
}
