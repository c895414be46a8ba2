package otlp

import (
	"math"
	"strconv"

	"github.com/langshark/langshark-go/exporter"
)

// source is where spans come from: a resource, and the library that made them.
type source struct {
	resource        []attribute
	scope           string
	scopeVersion    string
	scopeAttributes []attribute

	encoded []attribute // what every span has of this in its metadata
}

// span is one span as it was sent. Texts are clean.
type span struct {
	trace, id, parent string // hex; parent is empty for a root
	name              string
	start, end        uint64 // nanoseconds since 1970; 0 is unknown
	attributes        []attribute
	events            []event
	failed            bool // its status is an error
	message           string
	fault             error // why it can't be stored
}

// blame keeps the first fault.
func (s *span) blame(err error) {
	if s.fault == nil {
		s.fault = err
	}
}

type event struct {
	name       string
	at         uint64
	attributes []attribute
}

type attribute struct {
	key   string
	value value
}

type valueKind uint8

const (
	valueNone valueKind = iota
	valueText
	valueBool
	valueInt
	valueDouble
	valueBytes // text holds them in base64
	valueList
	valueMap
	valueRaw // text is JSON
)

// value is an AnyValue.
type value struct {
	kind valueKind
	text string
	bits uint64 // of a bool, int or double
	list []attribute
}

func textValue(s string) value   { return value{kind: valueText, text: s} }
func rawValue(raw []byte) value  { return value{kind: valueRaw, text: string(raw)} }
func intValue(n int64) value     { return value{kind: valueInt, bits: uint64(n)} }
func floatValue(f float64) value { return value{kind: valueDouble, bits: math.Float64bits(f)} }

func boolValue(b bool) value {
	if b {
		return value{kind: valueBool, bits: 1}
	}
	return value{kind: valueBool}
}

// String is the text of a value, or its JSON.
func (v value) String() string {
	switch v.kind {
	case valueText, valueBytes:
		return v.text
	case valueNone:
		return ""
	default:
		return string(v.appendJSON(nil))
	}
}

// float is a number, or that of a text.
func (v value) float() (float64, bool) {
	var f float64
	switch v.kind {
	case valueInt:
		f = float64(int64(v.bits))
	case valueDouble:
		f = math.Float64frombits(v.bits)
	case valueText:
		var err error
		if f, err = strconv.ParseFloat(v.text, 64); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// integer is a whole number; numbers below zero and beyond 2^53 are cut.
func (v value) integer() (int64, bool) {
	const most = 1 << 53
	if v.kind == valueInt {
		return max(0, min(int64(v.bits), most)), true
	}
	f, ok := v.float()
	return int64(max(0, min(f, most))), ok
}

// appendJSON appends the value as JSON. Numbers that JSON has not are texts.
func (v value) appendJSON(dst []byte) []byte {
	switch v.kind {
	case valueText, valueBytes:
		return exporter.Text(v.text).AppendJSON(dst)
	case valueBool:
		return strconv.AppendBool(dst, v.bits != 0)
	case valueInt:
		return strconv.AppendInt(dst, int64(v.bits), 10)
	case valueDouble:
		f := math.Float64frombits(v.bits)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return strconv.AppendQuote(dst, strconv.FormatFloat(f, 'g', -1, 64))
		}
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	case valueList:
		dst = append(dst, '[')
		for i := range v.list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = v.list[i].value.appendJSON(dst)
		}
		return append(dst, ']')
	case valueMap:
		return appendObject(dst, v.list)
	case valueRaw:
		return append(dst, v.text...)
	default:
		return append(dst, "null"...)
	}
}

func appendObject(dst []byte, attributes []attribute) []byte {
	dst = append(dst, '{')
	for i := range attributes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = exporter.Text(attributes[i].key).AppendJSON(dst)
		dst = attributes[i].value.appendJSON(append(dst, ':'))
	}
	return append(dst, '}')
}
