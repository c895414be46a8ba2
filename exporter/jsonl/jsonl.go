// Package jsonl writes records as JSON lines. Each line is one event of the
// ingestion API (id, timestamp, type, body), so that a file can be sent to a
// server later: its lines, comma-separated, are a batch.
package jsonl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/ingestion"
)

// Exporter is an [exporter.Exporter]. Make one with [New] or [Create].
type Exporter struct {
	mu     sync.Mutex
	w      io.Writer
	file   *os.File // synced with each batch and closed by Shutdown; nil if the writer was given
	buf    []byte
	torn   bool // the last line was written in part
	closed bool
}

// New writes to w, one call of Write for each batch. A partial write makes the
// batch fail, and the pipeline writes it whole again, beginning on a new line.
func New(w io.Writer) *Exporter { return &Exporter{w: w} }

// Create appends to the named file, which is made with mode 0600 if it isn't
// there. A batch is accepted when the file has been synced.
func Create(name string) (*Exporter, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("langshark: jsonl: %w", err)
	}
	return &Exporter{w: f, file: f}, nil
}

// Export writes the records.
func (e *Exporter) Export(ctx context.Context, records []exporter.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return errors.New("langshark: jsonl: exporter is shut down")
	}
	e.buf = e.buf[:0]
	if e.torn {
		e.buf = append(e.buf, '\n')
	}
	for i := range records {
		e.buf = ingestion.AppendEvent(e.buf, &records[i], ingestion.DialectV3)
		e.buf = append(e.buf, '\n')
	}
	n, err := e.w.Write(e.buf)
	if n > 0 && n <= len(e.buf) {
		e.torn = e.buf[n-1] != '\n'
	}
	if err == nil && n < len(e.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("langshark: jsonl: %w", err)
	}
	if e.file != nil {
		if err := e.file.Sync(); err != nil {
			return fmt.Errorf("langshark: jsonl: %w", err)
		}
	}
	return nil
}

// Shutdown closes the file of [Create]; a writer given to [New] stays open.
func (e *Exporter) Shutdown(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	if e.file == nil {
		return nil
	}
	if err := e.file.Close(); err != nil {
		return fmt.Errorf("langshark: jsonl: %w", err)
	}
	return nil
}
