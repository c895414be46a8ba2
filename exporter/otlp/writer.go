package otlp

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/jsonx"
)

// writer appends the parts of a span in one of the two encodings.
type writer interface {
	beginSpan(trace [16]byte, id, parent [8]byte, hasParent bool, name string, client bool, start, end time.Time)
	text(key, s string)
	keyed(prefix, key, s string)
	value(prefix, key string, v exporter.Value)
	int(key string, n int64)
	float(key string, f float64)
	bool(key string, v bool)
	list(key string, items []string)
	beginEvent(name string, at time.Time)
	endEvent()
	endSpan(failed bool, message string)
}

// protobuf writes opentelemetry-proto 1.x by hand. The lengths of what is
// nested are written into four bytes kept for each, as varints of full width.
type protobuf struct {
	b     []byte
	span  int  // where the span's length is
	event int  // where the event's length is
	field byte // the tag of attributes: of a span or of an event
}

const (
	lengthBytes = 4
	maxLength   = 1<<(7*lengthBytes) - 1 // what these can say
)

// open keeps place for a length.
func (w *protobuf) open(tag ...byte) int {
	w.b = append(w.b, tag...)
	at := len(w.b)
	w.b = append(w.b, 0, 0, 0, 0)
	return at
}

func (w *protobuf) close(at int) {
	n := len(w.b) - at - lengthBytes
	w.b[at] = byte(n) | 0x80
	w.b[at+1] = byte(n>>7) | 0x80
	w.b[at+2] = byte(n>>14) | 0x80
	w.b[at+3] = byte(n >> 21)
}

// valid returns what a string of protobuf may hold; decoders refuse all of a body for one
// that is not UTF-8.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

func (w *protobuf) bytes(tag byte, s string) {
	w.b = append(binary.AppendUvarint(append(w.b, tag), uint64(len(s))), s...)
}

func (w *protobuf) beginSpan(trace [16]byte, id, parent [8]byte, hasParent bool, name string, client bool, start, end time.Time) {
	w.span, w.field = w.open(0x12), 0x4A
	w.b = append(append(w.b, 0x0A, 16), trace[:]...)
	w.b = append(append(w.b, 0x12, 8), id[:]...)
	if hasParent {
		w.b = append(append(w.b, 0x22, 8), parent[:]...)
	}
	w.bytes(0x2A, valid(name))
	w.b = append(w.b, 0x30, spanKind(client))
	w.b = binary.LittleEndian.AppendUint64(append(w.b, 0x39), nanos(start))
	w.b = binary.LittleEndian.AppendUint64(append(w.b, 0x41), nanos(end))
}

func spanKind(client bool) byte {
	if client {
		return 3
	}
	return 1
}

// nanos are those since 1970, 0 for earlier times.
func nanos(t time.Time) uint64 { return uint64(max(0, t.UnixNano())) }

// attribute begins one whose value takes n bytes.
func (w *protobuf) attribute(prefix, key string, n int) {
	k := len(prefix) + len(key)
	w.b = append(w.b, w.field)
	w.b = binary.AppendUvarint(w.b, uint64(1+size(k)+k+1+size(n)+n))
	w.b = binary.AppendUvarint(append(w.b, 0x0A), uint64(k))
	w.b = append(append(w.b, prefix...), key...)
	w.b = binary.AppendUvarint(append(w.b, 0x12), uint64(n))
}

// size is that of a varint.
func size(n int) int {
	s := 1
	for ; n >= 0x80; n >>= 7 {
		s++
	}
	return s
}

func (w *protobuf) text(key, s string) { w.keyed("", key, s) }

func (w *protobuf) keyed(prefix, key, s string) {
	s, key = valid(s), valid(key)
	w.attribute(prefix, key, 1+size(len(s))+len(s))
	w.bytes(0x0A, s)
}

func (w *protobuf) value(prefix, key string, v exporter.Value) {
	if s, ok := v.AsText(); ok {
		w.keyed(prefix, key, s)
		return
	}
	if raw := v.RawJSON(); len(raw) > 0 {
		w.keyed(prefix, key, unsafe.String(&raw[0], len(raw)))
	}
}

func (w *protobuf) int(key string, n int64) {
	key = valid(key)
	w.attribute("", key, 1+uvarintSize(uint64(n)))
	w.b = binary.AppendUvarint(append(w.b, 0x18), uint64(n))
}

func uvarintSize(n uint64) int {
	s := 1
	for ; n >= 0x80; n >>= 7 {
		s++
	}
	return s
}

func (w *protobuf) float(key string, f float64) {
	key = valid(key)
	w.attribute("", key, 9)
	w.b = binary.LittleEndian.AppendUint64(append(w.b, 0x21), math.Float64bits(f))
}

func (w *protobuf) bool(key string, v bool) {
	key = valid(key)
	w.attribute("", key, 2)
	b := byte(0)
	if v {
		b = 1
	}
	w.b = append(w.b, 0x10, b)
}

func (w *protobuf) list(key string, items []string) {
	n := 0
	for _, s := range items {
		s = valid(s)
		inner := 1 + size(len(s)) + len(s)
		n += 1 + size(inner) + inner
	}
	w.attribute("", key, 1+size(n)+n)
	w.b = binary.AppendUvarint(append(w.b, 0x2A), uint64(n))
	for _, s := range items {
		s = valid(s)
		w.b = binary.AppendUvarint(append(w.b, 0x0A), uint64(1+size(len(s))+len(s)))
		w.bytes(0x0A, s)
	}
}

func (w *protobuf) beginEvent(name string, at time.Time) {
	w.event, w.field = w.open(0x5A), 0x1A
	w.b = binary.LittleEndian.AppendUint64(append(w.b, 0x09), nanos(at))
	w.bytes(0x12, name)
}

func (w *protobuf) endEvent() {
	w.close(w.event)
	w.field = 0x4A
}

func (w *protobuf) endSpan(failed bool, message string) {
	if failed {
		message = valid(message)
		n := 2
		if message != "" {
			n += 1 + size(len(message)) + len(message)
		}
		w.b = binary.AppendUvarint(append(w.b, 0x7A), uint64(n))
		if message != "" {
			w.bytes(0x12, message)
		}
		w.b = append(w.b, 0x18, 2)
	}
	w.close(w.span)
}

// textJSON writes the JSON form of OTLP: ids in hex, 64-bit numbers as strings.
type textJSON struct {
	b    []byte
	some bool // the list of attributes has one
}

func (w *textJSON) beginSpan(trace [16]byte, id, parent [8]byte, hasParent bool, name string, client bool, start, end time.Time) {
	w.b = hex.AppendEncode(append(w.b, `{"traceId":"`...), trace[:])
	w.b = hex.AppendEncode(append(w.b, `","spanId":"`...), id[:])
	if hasParent {
		w.b = hex.AppendEncode(append(w.b, `","parentSpanId":"`...), parent[:])
	}
	w.b = jsonx.AppendString(append(w.b, `","name":`...), name)
	w.b = append(append(w.b, `,"kind":`...), '0'+spanKind(client))
	w.b = strconv.AppendUint(append(w.b, `,"startTimeUnixNano":"`...), nanos(start), 10)
	w.b = strconv.AppendUint(append(w.b, `","endTimeUnixNano":"`...), nanos(end), 10)
	w.b = append(w.b, `","attributes":[`...)
	w.some = false
}

func (w *textJSON) attribute(prefix, key, kind string) {
	if w.some {
		w.b = append(w.b, ',')
	}
	w.some = true
	w.b = append(w.b, `{"key":`...)
	if prefix == "" {
		w.b = jsonx.AppendString(w.b, key)
	} else {
		w.b = jsonx.AppendString(w.b, prefix+key)
	}
	w.b = append(append(append(w.b, `,"value":{"`...), kind...), `":`...)
}

func (w *textJSON) text(key, s string) { w.keyed("", key, s) }

func (w *textJSON) keyed(prefix, key, s string) {
	w.attribute(prefix, key, "stringValue")
	w.b = append(jsonx.AppendString(w.b, s), `}}`...)
}

func (w *textJSON) value(prefix, key string, v exporter.Value) {
	if s, ok := v.AsText(); ok {
		w.keyed(prefix, key, s)
		return
	}
	if raw := v.RawJSON(); len(raw) > 0 {
		w.keyed(prefix, key, unsafe.String(&raw[0], len(raw)))
	}
}

func (w *textJSON) int(key string, n int64) {
	w.attribute("", key, "intValue")
	w.b = append(strconv.AppendInt(append(w.b, '"'), n, 10), `"}}`...)
}

func (w *textJSON) float(key string, f float64) {
	w.attribute("", key, "doubleValue")
	w.b = append(strconv.AppendFloat(w.b, f, 'g', -1, 64), `}}`...)
}

func (w *textJSON) bool(key string, v bool) {
	w.attribute("", key, "boolValue")
	w.b = append(strconv.AppendBool(w.b, v), `}}`...)
}

func (w *textJSON) list(key string, items []string) {
	w.attribute("", key, "arrayValue")
	w.b = append(w.b, `{"values":[`...)
	for i, s := range items {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(jsonx.AppendString(append(w.b, `{"stringValue":`...), s), '}')
	}
	w.b = append(w.b, `]}}}`...)
}

func (w *textJSON) beginEvent(name string, at time.Time) {
	w.b = strconv.AppendUint(append(w.b, `],"events":[{"timeUnixNano":"`...), nanos(at), 10)
	w.b = append(jsonx.AppendString(append(w.b, `","name":`...), name), `,"attributes":[`...)
	w.some = false
}

func (w *textJSON) endEvent() { w.b = append(w.b, `]}`...) }

func (w *textJSON) endSpan(failed bool, message string) {
	w.b = append(w.b, ']')
	if failed {
		w.b = append(w.b, `,"status":{`...)
		if message != "" {
			w.b = append(jsonx.AppendString(append(w.b, `"message":`...), message), ',')
		}
		w.b = append(w.b, `"code":2}`...)
	}
	w.b = append(w.b, '}')
}
