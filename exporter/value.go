package exporter

import "github.com/langshark/langshark-go/internal/jsonx"

// Value is a captured payload: nothing, a string, or JSON. A string is kept by
// reference and encoded when it is sent.
type Value struct {
	text string
	json []byte
	kind valueKind
}

type valueKind uint8

const (
	valueNone valueKind = iota
	valueText
	valueJSON
)

// Text returns the value of a string.
func Text(s string) Value { return Value{text: s, kind: valueText} }

// JSON returns the value of encoded JSON, which must be valid and is not copied.
func JSON(b []byte) Value { return Value{json: b, kind: valueJSON} }

// IsZero reports whether there is no value at all; JSON null is a value.
func (v Value) IsZero() bool { return v.kind == valueNone }

// AsText returns the string and whether the value is one that was given as a string.
func (v Value) AsText() (string, bool) { return v.text, v.kind == valueText }

// RawJSON returns the encoded form if the value was given as JSON, else nil.
func (v Value) RawJSON() []byte { return v.json }

// AppendJSON appends the value as JSON; no value is null.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case valueText:
		return jsonx.AppendString(dst, v.text)
	case valueJSON:
		return append(dst, v.json...)
	default:
		return append(dst, "null"...)
	}
}

// MarshalJSON returns [Value.AppendJSON].
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// Len returns the number of bytes the value holds.
func (v Value) Len() int { return len(v.text) + len(v.json) }
