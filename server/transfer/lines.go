package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/langshark/langshark-go/server/ingest"
)

// maxLine bounds a line: more than any row has that came by the API.
const maxLine = 64 << 20

// lineReader reads lines one by one, whatever their length up to maxLine.
type lineReader struct {
	in   *bufio.Reader
	line int64 // the number of the line that was read last
	// ended says that it has an end: the last line of a file that was cut off has none.
	ended bool
	buf   []byte
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, 256<<10)}
}

// next returns the next line, without its end, valid until the next call, and
// io.EOF after the last. A [*LineError] says that the line is too long: it has
// been passed over. An [io.ErrUnexpectedEOF] says that a compressed file was cut off.
func (l *lineReader) next() ([]byte, error) {
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.in.ReadSlice('\n')
		if !long {
			l.buf = append(l.buf, part...)
		}
		if len(l.buf) > maxLine {
			long, l.buf = true, nil
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(l.buf) == 0 && !long:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("after line %d: %w", l.line, err)
		}
		l.line, l.ended = l.line+1, err == nil
		if long {
			return nil, &LineError{Line: l.line, Message: fmt.Sprintf("longer than %d MiB", maxLine>>20)}
		}
		return l.buf, nil
	}
}

// cut says whether the line that was read last is the beginning of one: it has no
// end and can't be read.
func (l *lineReader) cut(text []byte) bool {
	text = bytes.TrimSpace(text)
	return !l.ended && len(text) > 0 && !json.Valid(ingest.Sanitize(text))
}
