package langshark

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// append appends a value as JSON: chat messages, and maps and lists of plain values,
// without reflection, everything else by encoding/json. The two differ in escapes, and
// in bytes of a known format, which become a data URI as a [Media] does.
func (b *buffer) append(v any, depth int) error {
	switch v := v.(type) {
	case nil:
		b.b = append(b.b, "null"...)
	case string:
		b.b = jsonx.AppendString(b.b, v)
	case bool:
		b.b = strconv.AppendBool(b.b, v)
	case int:
		b.b = strconv.AppendInt(b.b, int64(v), 10)
	case int64:
		b.b = strconv.AppendInt(b.b, v, 10)
	case []Message:
		b.b = appendList(b.b, v, (*Message).appendJSON)
	case Message:
		b.b = v.appendJSON(b.b)
	case []string:
		return appendItems(b, v, func(s string) error {
			b.b = jsonx.AppendString(b.b, s)
			return nil
		})
	case []any:
		if depth == 0 {
			return errTooDeep
		}
		return appendItems(b, v, func(v any) error { return b.append(v, depth-1) })
	case map[string]string:
		return appendMembers(b, v, func(s string) error {
			b.b = jsonx.AppendString(b.b, s)
			return nil
		})
	case map[string]any:
		if depth == 0 {
			return errTooDeep
		}
		return appendMembers(b, v, func(v any) error { return b.append(v, depth-1) })
	case []byte:
		if m, ok := asMedia(v); ok {
			b.b = m.appendJSON(b.b)
			return nil
		}
		return b.other(v)
	default:
		return b.other(v)
	}
	return nil
}

// other appends a value as encoding/json does.
func (b *buffer) other(v any) error {
	if tooDeep(v) {
		return errTooDeep
	}
	err := b.encode(v)
	b.b = bytes.TrimSuffix(b.b, []byte("\n"))
	return err
}

var errTooDeep = errors.New("nested deeper than " + strconv.Itoa(MaxValueDepth) + " levels")

func appendItems[T any](b *buffer, list []T, item func(T) error) error {
	if list == nil {
		b.b = append(b.b, "null"...)
		return nil
	}
	b.b = append(b.b, '[')
	for i, v := range list {
		if i > 0 {
			b.b = append(b.b, ',')
		}
		if err := item(v); err != nil {
			return err
		}
	}
	b.b = append(b.b, ']')
	return nil
}

// appendMembers appends an object in the order of its keys.
func appendMembers[T any](b *buffer, m map[string]T, value func(T) error) error {
	if m == nil {
		b.b = append(b.b, "null"...)
		return nil
	}
	var few [16]string
	keys := slices.AppendSeq(few[:0], maps.Keys(m))
	slices.Sort(keys)
	b.b = append(b.b, '{')
	for i, key := range keys {
		if i > 0 {
			b.b = append(b.b, ',')
		}
		b.b = append(jsonx.AppendString(b.b, key), ':')
		if err := value(m[key]); err != nil {
			return err
		}
	}
	b.b = append(b.b, '}')
	return nil
}
