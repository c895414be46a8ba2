// Package body reads the bodies of requests, compressed or not, within bounds.
package body

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Limits bound a body in bytes: as it was sent, and after it was decompressed.
type Limits struct{ Sent, Plain int64 }

// Errors of bodies.
var (
	// ErrEncoding says that the Content-Encoding is not one that is read.
	ErrEncoding = errors.New("the Content-Encoding is not read: send gzip, zstd or deflate, or none")
	// ErrBroken says that the body is not what its Content-Encoding says.
	ErrBroken = errors.New("the body can't be decompressed")
)

// Read reads the body of a request. One that is too large, before or after it is
// decompressed, is an [*http.MaxBytesError]; of a bomb no more than the limit is
// ever in memory.
func Read(w http.ResponseWriter, r *http.Request, most Limits) ([]byte, error) {
	sent := http.MaxBytesReader(w, r.Body, most.Sent)
	coding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding")))
	if coding == "" || coding == "identity" {
		return readAll(sent, min(r.ContentLength, most.Sent, startSize))
	}
	plain, done, err := decompressor(coding, sent)
	if err == nil {
		defer done()
		var b []byte
		// One more than the limit, to tell a body of the limit from one that goes on.
		b, err = readAll(io.LimitReader(plain, most.Plain+1), startSize/4)
		if int64(len(b)) > most.Plain {
			return nil, fmt.Errorf("decompressed: %w", &http.MaxBytesError{Limit: most.Plain})
		}
		if err == nil {
			return b, nil
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, ErrEncoding), errors.As(err, &tooLarge):
		return nil, err
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, fmt.Errorf("decompressed: %w", &http.MaxBytesError{Limit: most.Plain})
	case r.Context().Err() != nil:
		return nil, err
	}
	return nil, fmt.Errorf("%w as %s: %w", ErrBroken, coding, err)
}

// startSize is the most that is set aside for a body before any of it has come.
const startSize = 1 << 20

// maxWindow bounds what a decoder of zstd remembers: 8 MiB, as RFC 8878 recommends.
const maxWindow = 8 << 20

var decoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return err
	}
	return d
}}

// decompressor opens a body; done gives back what it took.
func decompressor(coding string, r io.Reader) (plain io.Reader, done func(), err error) {
	switch coding {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { _ = z.Close() }, nil
	case "deflate":
		z, err := zlib.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { _ = z.Close() }, nil
	case "zstd":
		d, ok := decoders.Get().(*zstd.Decoder)
		if !ok {
			return nil, nil, errors.New("no decoder of zstd")
		}
		if err := d.Reset(r); err != nil {
			return nil, nil, err
		}
		return d, func() {
			if d.Reset(nil) == nil {
				decoders.Put(d)
			}
		}, nil
	}
	return nil, nil, fmt.Errorf("%q: %w", coding, ErrEncoding)
}

// readAll reads all of r, which is about size bytes, or any number if that is negative.
func readAll(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(max(size, 0)) + bytes.MinRead)
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}
