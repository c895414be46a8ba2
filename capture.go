package langshark

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/jsonx"
)

const (
	// MaxValueBytes bounds one captured value; what is beyond is cut and marked.
	MaxValueBytes = 1 << 20
	// MaxValueDepth bounds its nesting.
	MaxValueDepth = 64
	// maxLabelBytes bounds names, ids, tags and the like.
	maxLabelBytes = 4 << 10
)

// buffer holds encoded JSON. It goes back to the pool when nobody refers to it.
type buffer struct {
	b       []byte
	refs    atomic.Int32
	encoder *json.Encoder // writes to the buffer; made when first needed

	attached *attachments // files that the value refers to; nil for most
	foreign  bool         // not all of it was written by us, who write valid UTF-8
	files    bool         // it may contain files
	flat     bool         // it isn't deep, and files is right
}

// Write appends to the buffer.
func (b *buffer) Write(p []byte) (int, error) {
	b.b = append(b.b, p...)
	return len(p), nil
}

func (b *buffer) encode(v any) error {
	b.foreign = true
	if b.encoder == nil {
		b.encoder = json.NewEncoder(b)
		b.encoder.SetEscapeHTML(false)
	}
	return b.encoder.Encode(v) //nolint:wrapcheck // becomes part of a value
}

const maxPooledBytes = 64 << 10

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func getBuffer() *buffer {
	b := buffers.Get().(*buffer)
	b.b, b.foreign, b.files, b.flat = b.b[:0], false, false, false
	b.refs.Store(1)
	return b
}

func (b *buffer) release() {
	if b.refs.Add(-1) == 0 && cap(b.b) <= maxPooledBytes {
		b.attached = nil
		buffers.Put(b)
	}
}

type captureKind uint8

const (
	captureNone captureKind = iota
	captureText
	captureJSON
)

// capture is a value as it was when it was given: a string by reference, all else
// encoded. A string has a buffer if it refers to a file.
type capture struct {
	text string
	buf  *buffer
	kind captureKind
}

func newJSONCapture(b []byte) capture {
	buf := getBuffer()
	buf.b, buf.files = append(buf.b, b...), true
	return capture{kind: captureJSON, buf: buf}
}

func (v capture) release() {
	if v.buf != nil {
		v.buf.release()
	}
}

// share returns the same value with a reference of its own.
func (v capture) share() capture {
	if v.buf != nil {
		v.buf.refs.Add(1)
	}
	return v
}

func (v capture) value() exporter.Value {
	switch v.kind {
	case captureText:
		return exporter.Text(v.text)
	case captureJSON:
		return exporter.JSON(v.buf.b)
	default:
		return exporter.Value{}
	}
}

func (v capture) size() int64 {
	n := len(v.text)
	if v.buf != nil {
		n += cap(v.buf.b)
	}
	return int64(n)
}

// capture encodes and masks a value. nil is no value. Files are taken out before
// the mask, and the mask comes before the limit, so that it sees all of what is
// kept of a value.
func (c *Client) capture(scope captureScope, field Field, key string, v any) capture {
	if m, ok := asMedia(v); ok {
		file, reference := newMedia(m.contentType(), sourceBytes, bytes.Clone(m.Data))
		return c.referred(limited(c.masks(scope, field, key, c.attach(scope, field, capture{kind: captureText, text: reference}, []*exporter.Media{file}))))
	}
	return c.prepared(scope, field, key, c.encode(v))
}

// prepared makes of an encoded value what is recorded.
func (c *Client) prepared(scope captureScope, field Field, key string, v capture) capture {
	return c.referred(limited(c.masks(scope, field, key, c.media(scope, field, v))))
}

// captureAll does so for named values, leaving out those that are none.
func (c *Client) captureAll(scope captureScope, field Field, values []anyValue) []keyValue {
	var kvs []keyValue
	for _, m := range values {
		if v := c.capture(scope, field, m.key, m.value); v.kind != captureNone {
			kvs = setValue(kvs, c.label(m.key), v)
		}
	}
	return kvs
}

// limited cuts what is longer than MaxValueBytes.
func limited(v capture) capture {
	switch {
	case v.kind == captureText && len(v.text) > MaxValueBytes:
		v.text = exporter.TruncateText(v.text, MaxValueBytes)
	case v.kind == captureJSON && len(v.buf.b) > MaxValueBytes:
		text := capture{kind: captureText, text: exporter.TruncateText(string(v.buf.b), MaxValueBytes)}
		text.takeFiles(v)
		v.release()
		return text
	}
	return v
}

// takeFiles makes the value refer to the files that another, which it is made of, refers to.
func (v *capture) takeFiles(of capture) {
	if of.buf == nil || of.buf.attached == nil {
		return
	}
	if v.buf == nil {
		v.buf = getBuffer()
	}
	v.buf.attached = of.buf.attached
}

func (c *Client) encode(v any) capture {
	switch v := v.(type) {
	case nil:
		return capture{}
	case string:
		return capture{kind: captureText, text: c.text(v)}
	case json.RawMessage:
		return encodeRaw(v)
	case []byte:
		if utf8.Valid(v) {
			return capture{kind: captureText, text: string(v)}
		}
	case error:
		return capture{kind: captureText, text: c.text(errorText(v))}
	}
	return encodeJSON(v)
}

// text is what is kept of a string.
func (c *Client) text(s string) string {
	if c.copyStrings {
		return strings.Clone(s)
	}
	return s
}

// label is what is kept of a name, an id or a tag.
func (c *Client) label(s string) string {
	if len(s) > maxLabelBytes {
		return exporter.TruncateText(s, maxLabelBytes)
	}
	return c.text(s)
}

func encodeRaw(raw json.RawMessage) capture {
	if len(raw) == 0 {
		return capture{}
	}
	buf := getBuffer()
	out, depth, files, err := jsonx.AppendCompact(buf.b, raw, filesBegin)
	if err != nil {
		buf.release()
		return encodeFailed(fmt.Errorf("invalid JSON: %w", err))
	}
	buf.b, buf.foreign, buf.files = out, true, files
	buf.flat = depth <= MaxValueDepth
	return checked(buf)
}

func encodeJSON(v any) (result capture) {
	buf := getBuffer()
	defer func() {
		if p := recover(); p != nil {
			buf.release()
			result = encodeFailed(fmt.Errorf("panic while encoding %T: %v", v, p))
		}
	}()
	buf.flat = isFlat(v)
	if err := buf.append(v, MaxValueDepth); err != nil {
		text := errorText(err) // the application's own, perhaps: it must come before the buffer is given back
		buf.release()
		return encodeFailed(errors.New(text))
	}
	return checked(buf)
}

// checked enforces the limits on what was encoded.
func checked(buf *buffer) capture {
	if buf.foreign && !utf8.Valid(buf.b) {
		buf.b = bytes.ToValidUTF8(buf.b, []byte("\ufffd"))
	}
	depth := 0
	if !buf.flat {
		depth, buf.files = jsonx.Survey(buf.b, filesBegin)
	}
	if depth > MaxValueDepth {
		buf.release()
		return encodeFailed(errTooDeep)
	}
	if string(buf.b) == "null" {
		buf.release()
		return capture{}
	}
	return capture{kind: captureJSON, buf: buf}
}

// encodeFailed stands for what can't be encoded.
func encodeFailed(err error) capture {
	b := getBuffer()
	o := jsonx.BeginObject(b.b)
	o.String("$error", exporter.TruncateText(err.Error(), 1000))
	b.b = o.End()
	return capture{kind: captureJSON, buf: b}
}

// errorText calls an error's own method, which may panic.
func errorText(err error) (s string) {
	defer func() {
		if p := recover(); p != nil {
			s = fmt.Sprintf("%T: its Error method panicked", err)
		}
	}()
	return err.Error()
}

// keyValue is one member of metadata or model parameters.
type keyValue struct {
	key   string
	value capture
}

// setValue replaces or adds a member.
func setValue(kvs []keyValue, key string, v capture) []keyValue {
	for i := range kvs {
		if kvs[i].key == key {
			kvs[i].value.release()
			kvs[i].value = v
			return kvs
		}
	}
	return append(kvs, keyValue{key, v})
}
