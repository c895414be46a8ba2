package transfer

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Compression is how a file is compressed.
type Compression string

// The ways to compress.
const (
	Plain Compression = ""
	Gzip  Compression = "gzip"
	Zstd  Compression = "zstd"
)

// CompressionOf is what the end of a file's name says: .gz, .zst or neither.
func CompressionOf(name string) Compression {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".gz", ".gzip":
		return Gzip
	case ".zst", ".zstd":
		return Zstd
	}
	return Plain
}

// Compress returns a writer whose Close completes what was written to it, and
// leaves w open.
func Compress(w io.Writer, c Compression) (io.WriteCloser, error) {
	switch c {
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zstd:
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("langshark: zstd: %w", err)
		}
		return z, nil
	case Plain:
		return plain{w}, nil
	}
	return nil, fmt.Errorf("langshark: there is no compression %q: it is gzip, zstd or none", c)
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// maxWindow bounds the memory that a zstd file may ask for.
const maxWindow = 128 << 20

// Decompress reads what [Compress] wrote, by its first bytes, whatever its name.
func Decompress(r io.Reader) (io.ReadCloser, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	magic, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("langshark: %w", err)
	}
	switch s := string(magic); {
	case strings.HasPrefix(s, "\x1f\x8b"):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("langshark: gzip: %w", err)
		}
		return z, nil
	case s == "\x28\xb5\x2f\xfd":
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, fmt.Errorf("langshark: zstd: %w", err)
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(b), nil
}
