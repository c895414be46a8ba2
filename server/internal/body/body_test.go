package body_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/langshark/langshark-go/server/internal/body"
)

func pack(tb testing.TB, coding string, plain []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b)
		if err != nil {
			tb.Fatal(err)
		}
		w = z
	default:
		return plain
	}
	if _, err := w.Write(plain); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func read(coding string, sent []byte, most body.Limits) ([]byte, error) {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(sent))
	r.Header.Set("Content-Encoding", coding)
	return body.Read(httptest.NewRecorder(), r, most)
}

func TestRead(t *testing.T) {
	plain := []byte(strings.Repeat(`{"안녕":"world"}`, 1000))
	for _, coding := range []string{"", "identity", "gzip", "x-gzip", "GZIP", "deflate", "zstd"} {
		sent := pack(t, strings.ToLower(coding), plain)
		got, err := read(coding, sent, body.Limits{Sent: int64(len(sent)), Plain: int64(len(plain))})
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%q: %d bytes, %v", coding, len(got), err)
		}
		var tooLarge *http.MaxBytesError
		if _, err := read(coding, sent, body.Limits{Sent: int64(len(sent)) - 1, Plain: 1 << 20}); !errors.As(err, &tooLarge) || tooLarge.Limit != int64(len(sent))-1 {
			t.Errorf("%q, too much sent: %v", coding, err)
		}
		if coding == "" || coding == "identity" {
			continue
		}
		if _, err := read(coding, sent, body.Limits{Sent: 1 << 20, Plain: int64(len(plain)) - 1}); !errors.As(err, &tooLarge) || tooLarge.Limit != int64(len(plain))-1 {
			t.Errorf("%q, too much inside: %v", coding, err)
		}
		if _, err := read(coding, sent[:len(sent)/2], body.Limits{Sent: 1 << 20, Plain: 1 << 20}); !errors.Is(err, body.ErrBroken) {
			t.Errorf("%q, cut: %v", coding, err)
		}
		if _, err := read(coding, []byte("not compressed"), body.Limits{Sent: 1 << 20, Plain: 1 << 20}); !errors.Is(err, body.ErrBroken) {
			t.Errorf("%q, plain: %v", coding, err)
		}
	}
	for _, coding := range []string{"br", "gzip, gzip", "chunked"} {
		if _, err := read(coding, plain, body.Limits{Sent: 1 << 20, Plain: 1 << 20}); !errors.Is(err, body.ErrEncoding) {
			t.Errorf("%q: %v", coding, err)
		}
	}
}

// TestBomb reads no more of a bomb than the limit.
func TestBomb(t *testing.T) {
	for _, coding := range []string{"gzip", "deflate", "zstd"} {
		sent := pack(t, coding, make([]byte, 64<<20))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var tooLarge *http.MaxBytesError
		if _, err := read(coding, sent, body.Limits{Sent: 4 << 20, Plain: 4 << 20}); !errors.As(err, &tooLarge) {
			t.Errorf("%s: %v", coding, err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
			t.Errorf("%s: a bomb of %d bytes took %d MB", coding, len(sent), used>>20)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, coding := range []string{"gzip", "deflate", "zstd"} {
		f.Add(coding, pack(f, coding, []byte("some text, some text")))
	}
	f.Fuzz(func(t *testing.T, coding string, sent []byte) {
		if b, err := read(coding, sent, body.Limits{Sent: 1 << 16, Plain: 1 << 16}); err == nil && len(b) > 1<<16 {
			t.Errorf("%d bytes", len(b))
		}
	})
}
