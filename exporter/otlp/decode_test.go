package otlp

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"testing"
)

// The protobuf form, read field by field as opentelemetry-proto numbers them,
// gives the same tree as the JSON form.

type message map[uint64][]any // numbers as uint64, the rest as []byte

func decode(b []byte) (message, error) {
	m := message{}
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errors.New("bad tag")
		}
		b = b[n:]
		switch tag & 7 {
		case 0:
			v, n := binary.Uvarint(b)
			if n <= 0 {
				return nil, errors.New("bad varint")
			}
			m[tag>>3], b = append(m[tag>>3], v), b[n:]
		case 1:
			if len(b) < 8 {
				return nil, errors.New("short fixed64")
			}
			m[tag>>3], b = append(m[tag>>3], binary.LittleEndian.Uint64(b)), b[8:]
		case 2:
			l, n := binary.Uvarint(b)
			if n <= 0 || uint64(len(b)-n) < l {
				return nil, errors.New("short bytes")
			}
			m[tag>>3], b = append(m[tag>>3], b[n:n+int(l)]), b[n+int(l):]
		default:
			return nil, fmt.Errorf("wire type %d", tag&7)
		}
	}
	return m, nil
}

func (m message) sub(t *testing.T, field uint64) (subs []message) {
	t.Helper()
	for _, v := range m[field] {
		s, err := decode(v.([]byte))
		if err != nil {
			t.Fatal(err)
		}
		subs = append(subs, s)
	}
	return subs
}

func (m message) text(field uint64) string {
	if len(m[field]) == 0 {
		return ""
	}
	return string(m[field][0].([]byte))
}

func (m message) number(field uint64) uint64 {
	if len(m[field]) == 0 {
		return 0
	}
	return m[field][0].(uint64)
}

func (m message) attributes(t *testing.T, field uint64) []any {
	t.Helper()
	list := []any{}
	for _, kv := range m.sub(t, field) {
		list = append(list, map[string]any{"key": kv.text(1), "value": kv.sub(t, 2)[0].anyValue(t)})
	}
	return list
}

func (m message) anyValue(t *testing.T) map[string]any {
	t.Helper()
	switch {
	case m[1] != nil:
		return map[string]any{"stringValue": m.text(1)}
	case m[2] != nil:
		return map[string]any{"boolValue": m.number(2) == 1}
	case m[3] != nil:
		return map[string]any{"intValue": strconv.FormatInt(int64(m.number(3)), 10)}
	case m[4] != nil:
		return map[string]any{"doubleValue": math.Float64frombits(m.number(4))}
	case m[5] != nil:
		values := []any{}
		for _, v := range m.sub(t, 5)[0].sub(t, 1) {
			values = append(values, v.anyValue(t))
		}
		return map[string]any{"arrayValue": map[string]any{"values": values}}
	}
	t.Fatalf("an attribute without a value: %v", m)
	return nil
}

func (m message) span(t *testing.T) map[string]any {
	t.Helper()
	span := map[string]any{
		"traceId": hex.EncodeToString([]byte(m.text(1))), "spanId": hex.EncodeToString([]byte(m.text(2))),
		"name": m.text(5), "kind": float64(m.number(6)),
		"startTimeUnixNano": strconv.FormatUint(m.number(7), 10), "endTimeUnixNano": strconv.FormatUint(m.number(8), 10),
		"attributes": m.attributes(t, 9),
	}
	if m[4] != nil {
		span["parentSpanId"] = hex.EncodeToString([]byte(m.text(4)))
	}
	if events := m.sub(t, 11); len(events) > 0 {
		list := []any{}
		for _, e := range events {
			list = append(list, map[string]any{"timeUnixNano": strconv.FormatUint(e.number(1), 10), "name": e.text(2), "attributes": e.attributes(t, 3)})
		}
		span["events"] = list
	}
	if status := m.sub(t, 15); len(status) > 0 {
		s := map[string]any{"code": float64(status[0].number(3))}
		if status[0][2] != nil {
			s["message"] = status[0].text(2)
		}
		span["status"] = s
	}
	return span
}

// tree is a whole body in protobuf as the JSON form has it.
func tree(t *testing.T, body []byte) any {
	t.Helper()
	request, err := decode(body)
	if err != nil {
		t.Fatal(err)
	}
	resource := request.sub(t, 1)[0]
	scoped := resource.sub(t, 2)[0]
	scope := scoped.sub(t, 1)[0]
	spans := []any{}
	for _, s := range scoped.sub(t, 2) {
		spans = append(spans, s.span(t))
	}
	return map[string]any{"resourceSpans": []any{map[string]any{
		"resource":   map[string]any{"attributes": resource.sub(t, 1)[0].attributes(t, 1)},
		"scopeSpans": []any{map[string]any{"scope": map[string]any{"name": scope.text(1), "version": scope.text(2)}, "spans": spans}},
	}}}
}

// pretty makes both forms comparable.
func pretty(t *testing.T, v any) string {
	t.Helper()
	if raw, ok := v.([]byte); ok {
		v = nil
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
	}
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}
