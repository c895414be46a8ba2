package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/langshark/langshark-go/server/ingest"
)

// protobufDecoder walks the wire itself: a generated decoder would make of two bytes
// a span of three hundred before anybody could count.
type protobufDecoder struct{ decoder }

// field is one field of a message.
type field struct {
	number protowire.Number
	kind   protowire.Type
	bits   uint64 // of numbers
	bytes  []byte // of what has a length
}

// each calls f for each field of the message.
func each(b []byte, f func(field) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("langshark: protobuf: %w: %w", protowire.ParseError(n), ErrBody)
		}
		b = b[n:]
		x := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			x.bits, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			x.bits, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			x.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return fmt.Errorf("langshark: protobuf: %w: %w", protowire.ParseError(n), ErrBody)
		}
		b = b[n:]
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// message reports whether the field is the one, and has bytes.
func (x field) is(number protowire.Number) bool {
	return x.number == number && x.kind == protowire.BytesType
}

func (x field) text() string { return ingest.Clean(string(x.bytes)) }

func (d *protobufDecoder) request(body []byte) error {
	return each(body, func(x field) error {
		if x.is(1) {
			return d.resourceSpans(x.bytes)
		}
		return nil
	})
}

func (d *protobufDecoder) resourceSpans(b []byte) error {
	var src source
	err := each(b, func(x field) (err error) { // the resource may stand behind the spans
		if x.is(1) {
			src.resource, err = d.holder(x.bytes, 1, nil)
		}
		return err
	})
	if err != nil {
		return err
	}
	return each(b, func(x field) error {
		if x.is(2) {
			return d.scopeSpans(src, x.bytes)
		}
		return nil
	})
}

// holder reads the attributes of a resource or scope.
func (d *protobufDecoder) holder(b []byte, number protowire.Number, other func(field)) (list []attribute, err error) {
	var fault error
	err = each(b, func(x field) error {
		if !x.is(number) {
			if other != nil {
				other(x)
			}
			return nil
		}
		return d.attribute(&list, x.bytes, &fault)
	})
	if err == nil && fault != nil {
		err = fmt.Errorf("langshark: resource or scope: %w: %w", fault, ErrBody)
	}
	return list, err
}

func (d *protobufDecoder) scopeSpans(src source, b []byte) error {
	err := each(b, func(x field) (err error) {
		if x.is(1) {
			src.scopeAttributes, err = d.holder(x.bytes, 3, func(x field) {
				switch {
				case x.is(1):
					src.scope = x.text()
				case x.is(2):
					src.scopeVersion = x.text()
				}
			})
		}
		return err
	})
	if err != nil {
		return err
	}
	return each(b, func(x field) error {
		if !x.is(2) {
			return nil
		}
		if err := d.countSpan(); err != nil {
			return err
		}
		s, err := d.span(x.bytes)
		if err == nil {
			err = d.emit(&src, &s)
		}
		return err
	})
}

func (d *protobufDecoder) span(b []byte) (s span, err error) {
	err = each(b, func(x field) error {
		switch {
		case x.is(1):
			s.trace = hex.EncodeToString(x.bytes)
		case x.is(2):
			s.id = hex.EncodeToString(x.bytes)
		case x.is(4):
			s.parent = hex.EncodeToString(x.bytes)
		case x.is(5):
			s.name = x.text()
		case x.number == 7 && x.kind == protowire.Fixed64Type:
			s.start = x.bits
		case x.number == 8 && x.kind == protowire.Fixed64Type:
			s.end = x.bits
		case x.is(9):
			return d.attribute(&s.attributes, x.bytes, &s.fault)
		case x.is(11):
			return d.event(&s, x.bytes)
		case x.is(15):
			return each(x.bytes, func(x field) error {
				switch {
				case x.is(2):
					s.message = x.text()
				case x.number == 3 && x.kind == protowire.VarintType:
					s.failed = x.bits == statusError
				}
				return nil
			})
		}
		return nil
	})
	return s, err
}

const statusError = 2

func (d *protobufDecoder) event(s *span, b []byte) error {
	if err := d.count(); err != nil {
		return err
	}
	if len(s.events) == MaxEvents {
		s.blame(errEvents)
		return nil
	}
	var e event
	err := each(b, func(x field) error {
		switch {
		case x.number == 1 && x.kind == protowire.Fixed64Type:
			e.at = x.bits
		case x.is(2):
			e.name = x.text()
		case x.is(3):
			return d.attribute(&e.attributes, x.bytes, &s.fault)
		}
		return nil
	})
	s.events = append(s.events, e)
	return err
}

// attribute appends a KeyValue, unless there is a fault in it.
func (d *protobufDecoder) attribute(list *[]attribute, b []byte, fault *error) error {
	if len(*list) == MaxAttributes {
		*fault = errAttributes
		return nil
	}
	a, err := d.keyValue(b, 1, fault)
	*list = append(*list, a)
	return err
}

func (d *protobufDecoder) keyValue(b []byte, depth int, fault *error) (a attribute, err error) {
	if err := d.count(); err != nil {
		return a, err
	}
	err = each(b, func(x field) (err error) {
		switch {
		case x.is(1):
			a.key = x.text()
		case x.is(2):
			a.value, err = d.value(x.bytes, depth, fault)
		}
		return err
	})
	return a, err
}

func (d *protobufDecoder) value(b []byte, depth int, fault *error) (v value, err error) {
	if depth > MaxValueDepth {
		*fault = errDepth
		return v, nil
	}
	err = each(b, func(x field) error {
		switch {
		case x.is(1):
			v = textValue(x.text())
		case x.number == 2 && x.kind == protowire.VarintType:
			v = boolValue(x.bits != 0)
		case x.number == 3 && x.kind == protowire.VarintType:
			v = intValue(int64(x.bits))
		case x.number == 4 && x.kind == protowire.Fixed64Type:
			v = floatValue(math.Float64frombits(x.bits))
		case x.is(5):
			v = value{kind: valueList}
			return d.elements(&v.list, x.bytes, depth, fault)
		case x.is(6):
			v = value{kind: valueMap}
			return each(x.bytes, func(x field) error {
				if !x.is(1) {
					return nil
				}
				a, err := d.keyValue(x.bytes, depth+1, fault)
				v.list = append(v.list, a)
				return err
			})
		case x.is(7):
			v = value{kind: valueBytes, text: base64.StdEncoding.EncodeToString(x.bytes)}
		}
		return nil
	})
	return v, err
}

func (d *protobufDecoder) elements(list *[]attribute, b []byte, depth int, fault *error) error {
	return each(b, func(x field) error {
		if !x.is(1) {
			return nil
		}
		if err := d.count(); err != nil {
			return err
		}
		v, err := d.value(x.bytes, depth+1, fault)
		*list = append(*list, attribute{value: v})
		return err
	})
}
