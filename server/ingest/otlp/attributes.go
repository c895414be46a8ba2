package otlp

import (
	"encoding/json"
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/ingest"
)

// attributes are those of one span, and which of them have become fields.
type attributes struct {
	list  []attribute
	taken []bool
	index map[string]int
}

func newAttributes(list []attribute) *attributes {
	a := &attributes{list: list, taken: make([]bool, len(list)), index: make(map[string]int, len(list))}
	for i := range list {
		if _, twice := a.index[list[i].key]; twice {
			a.taken[a.index[list[i].key]] = true // the last of a name counts
		}
		a.index[list[i].key] = i
	}
	return a
}

// get returns the first of the names that has a value, and leaves it in the rest.
func (a *attributes) get(names ...string) (v value, ok bool) {
	for _, name := range names {
		if i, ok := a.index[name]; ok && a.list[i].value.kind != valueNone {
			return a.list[i].value, true
		}
	}
	return value{}, false
}

func (a *attributes) has(names ...string) bool {
	_, ok := a.get(names...)
	return ok
}

// take returns the first of the names that has a value; it has become a field.
func (a *attributes) take(names ...string) (v value, ok bool) {
	for _, name := range names {
		if i, ok := a.index[name]; ok && a.list[i].value.kind != valueNone {
			a.taken[i] = true
			return a.list[i].value, true
		}
	}
	return value{}, false
}

// drop takes all of the names.
func (a *attributes) drop(names ...string) {
	for _, name := range names {
		if i, ok := a.index[name]; ok {
			a.taken[i] = true
		}
	}
}

// see returns the text of the first of the names that has one.
func (a *attributes) see(names ...string) string {
	for _, name := range names {
		if v, ok := a.get(name); ok {
			if s := v.String(); s != "" {
				return s
			}
		}
	}
	return ""
}

// text takes what see returns.
func (a *attributes) text(names ...string) string {
	for _, name := range names {
		if v, ok := a.get(name); ok {
			if s := v.String(); s != "" {
				a.drop(name)
				return s
			}
		}
	}
	return ""
}

// below takes the attributes whose names begin with the prefix.
func (a *attributes) below(prefix string, f func(key string, v value)) {
	for i := range a.list {
		if key, ok := strings.CutPrefix(a.list[i].key, prefix); ok && key != "" && !a.taken[i] && a.list[i].value.kind != valueNone {
			a.taken[i] = true
			f(key, a.list[i].value)
		}
	}
}

// anyBelow reports whether there is an attribute whose name begins with the prefix.
func (a *attributes) anyBelow(prefix string) bool {
	for i := range a.list {
		if strings.HasPrefix(a.list[i].key, prefix) {
			return true
		}
	}
	return false
}

// rest are those that no field has taken.
func (a *attributes) rest(keep func(key string) bool) (list []attribute) {
	for i := range a.list {
		if !a.taken[i] && keep(a.list[i].key) {
			list = append(list, a.list[i])
		}
	}
	return list
}

// payload is a value as JSON. A text that holds an object or array is that; null is nothing.
func payload(v value) json.RawMessage {
	if v.kind == valueNone {
		return nil
	}
	if v.kind == valueText {
		if raw := embedded(v.text); raw != nil {
			return raw
		}
	}
	return v.appendJSON(nil)
}

// embedded is the object or array that a text holds, or nil.
func embedded(text string) json.RawMessage {
	t := strings.TrimSpace(text)
	if len(t) < 2 || t[0] != '{' && t[0] != '[' {
		return nil
	}
	raw := []byte(t)
	if !json.Valid(raw) || ingest.TooDeep(raw) || ingest.TooManyKeys(raw) {
		return nil
	}
	return ingest.Sanitize(raw)
}

// object is an object that an attribute holds, as a text or as a map; nil if it holds none.
func object(v value) json.RawMessage {
	raw := payload(v)
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return raw
}

// members decodes an object; nil if it is none.
func members(raw json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

func quoted(s string) json.RawMessage { return exporter.Text(s).AppendJSON(nil) }
