// Package otlp turns spans of OpenTelemetry, as protobuf or JSON, into writes to
// the store. Each dialect of attributes that LLM libraries speak (Langfuse, gen_ai,
// OpenInference, Vercel, Genkit, Traceloop, Logfire, MLflow and others) is read into the same
// fields; for each field the first attribute that is there counts, in the order of Langfuse 4.
// What no field takes stays in the metadata.
//
// Nothing here panics, whatever the bytes; memory grows with the limits below, not
// with what a body claims to hold.
package otlp

import (
	"errors"
	"fmt"

	"github.com/langshark/langshark-go/server/store"
)

// Limits of one request and of one span.
const (
	// MaxSentBytes bounds a body as it was sent, MaxPlainBytes after it was decompressed.
	MaxSentBytes  = 16 << 20
	MaxPlainBytes = 64 << 20
	// MaxSpans bounds the spans of a request, MaxValues their attributes and events with all that is in them.
	MaxSpans  = 100_000
	MaxValues = 1_000_000
	// MaxAttributes bounds the attributes of one span, or of one of its events; MaxEvents its events.
	MaxAttributes = 10_000
	MaxEvents     = 10_000
	// MaxKeptBytes bounds the metadata that the spans of a request have together: each has a
	// copy of what its resource says.
	MaxKeptBytes = 256 << 20
	// MaxValueDepth is how deep lists and maps may nest in an attribute.
	MaxValueDepth = 32
)

// Errors of bodies. Nothing of such a body is stored.
var (
	// ErrBody says that a body is not an export request of traces.
	ErrBody = errors.New("not an export request of OTLP traces")
	// ErrTooMuch says that a body holds more than a request may: send smaller batches.
	ErrTooMuch = errors.New("too much for one request, send smaller batches")
)

// Request is an export request that has been read.
type Request struct {
	// Pieces are the writes of each span.
	Pieces []store.Batch
	// Rejected is how many spans were refused because of what is in them, and Reason
	// why the first was.
	Rejected int
	Reason   string

	kept int // bytes of metadata
}

// Protobuf reads an ExportTraceServiceRequest of opentelemetry-proto 1.x.
func Protobuf(body []byte) (*Request, error) {
	r := &Request{}
	d := &protobufDecoder{decoder: decoder{emit: r.add}}
	if err := d.request(body); err != nil {
		return nil, err
	}
	return r, nil
}

// JSON reads the same as OTLP/JSON: ids in hex, enumerations as numbers, 64-bit
// numbers as strings or as numbers.
func JSON(body []byte) (*Request, error) {
	r := &Request{}
	d := &jsonDecoder{decoder: decoder{emit: r.add}}
	if err := d.request(body); err != nil {
		return nil, err
	}
	return r, nil
}

// add converts a span.
func (r *Request) add(source *source, s *span) error {
	piece, err := convert(source, s)
	if err != nil {
		if r.Rejected++; r.Reason == "" {
			r.Reason = fmt.Sprintf("span %s (%s): %v", short(s.name), short(s.id), err)
		}
		return nil
	}
	for i := range piece.Observations {
		r.kept += len(piece.Observations[i].Metadata)
	}
	if r.kept > MaxKeptBytes {
		return fmt.Errorf("langshark: more than %d bytes of metadata, with the resource's for each span: %w", MaxKeptBytes, ErrTooMuch)
	}
	r.Pieces = append(r.Pieces, piece)
	return nil
}

// decoder is what both decoders have: how much they have read, and where spans go.
type decoder struct {
	emit                  func(*source, *span) error
	spanCount, valueCount int
}

// count takes a value off what a request may hold.
func (d *decoder) count() error {
	if d.valueCount++; d.valueCount > MaxValues {
		return fmt.Errorf("langshark: more than %d attributes and values: %w", MaxValues, ErrTooMuch)
	}
	return nil
}

func (d *decoder) countSpan() error {
	if d.spanCount++; d.spanCount > MaxSpans {
		return fmt.Errorf("langshark: more than %d spans: %w", MaxSpans, ErrTooMuch)
	}
	return nil
}

// short quotes a text, cut to what fits in a message.
func short(s string) string {
	const most = 80
	runes := 0
	for i := range s {
		if runes++; runes > most {
			return fmt.Sprintf("%q…", s[:i])
		}
	}
	return fmt.Sprintf("%q", s)
}
