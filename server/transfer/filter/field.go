package filter

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// field is a field of the language.
type field struct {
	kind kind
	// keyed fields are followed by a dot and a name.
	keyed bool
	// texts are the values of a text field; none means that it isn't there.
	texts func(it *Item) []string
	// compare is the sign of the difference to the value, for ordered fields; ok is false if there is none.
	compare func(it *Item, v *value) (sign int, ok bool)
	// values calls yield for the values of a keyed field.
	values func(it *Item, key string) []any
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

var fields = map[string]field{
	"name":        {texts: func(it *Item) []string { return one(it.Observation.Name) }},
	"trace.name":  {texts: func(it *Item) []string { return one(it.Trace.Name) }},
	"model":       {texts: func(it *Item) []string { return one(it.Observation.Model) }},
	"user":        {texts: func(it *Item) []string { return one(it.Trace.UserID) }},
	"session":     {texts: func(it *Item) []string { return one(it.Trace.SessionID) }},
	"tag":         {texts: func(it *Item) []string { return it.Trace.Tags }},
	"environment": {texts: func(it *Item) []string { return one(cmp.Or(it.Observation.Environment, it.Trace.Environment)) }},
	"release":     {texts: func(it *Item) []string { return one(it.Trace.Release) }},
	"version":     {texts: func(it *Item) []string { return one(cmp.Or(it.Observation.Version, it.Trace.Version)) }},
	"prompt":      {texts: promptNames},
	"kind": {kind: kindKind, compare: func(it *Item, v *value) (int, bool) {
		return cmp.Compare(it.Observation.Kind, v.kind), true
	}},
	"level": {kind: kindLevel, compare: func(it *Item, v *value) (int, bool) {
		return rank(it.Observation.Level) - rank(v.level), true
	}},
	"latency": {kind: kindDuration, compare: func(it *Item, v *value) (int, bool) {
		return cmp.Compare(it.Observation.Latency(), v.duration), !it.Observation.End.IsZero()
	}},
	"tokens": {kind: kindNumber, compare: func(it *Item, v *value) (int, bool) {
		if it.Observation.Usage == nil {
			return 0, false
		}
		return cmp.Compare(float64(it.Observation.Usage.Total), v.number), true
	}},
	"cost": {kind: kindMoney, compare: func(it *Item, v *value) (int, bool) {
		if c := it.Observation.Cost; c != nil && c.Total != nil {
			return cmp.Compare(*c.Total, v.money), true
		}
		return 0, false
	}},
	"start":    {kind: kindTime},
	"score":    {kind: kindAny, keyed: true, values: scoreValues},
	"metadata": {kind: kindAny, keyed: true, values: metadataValues},
}

// promptNames are the prompt's name, and it with its version as in "greeting:3".
func promptNames(it *Item) []string {
	o := it.Observation
	if o.PromptName == "" {
		return nil
	}
	return []string{o.PromptName, o.PromptName + ":" + strconv.Itoa(o.PromptVersion)}
}

func isKeyed(name string) bool { return fields[name].keyed }

var sortedNames = slices.Sorted(maps.Keys(fields))

func fieldNames() string {
	names := slices.Clone(sortedNames)
	for i, name := range names {
		switch name {
		case "score":
			names[i] = "score.NAME"
		case "metadata":
			names[i] = "metadata.KEY"
		}
	}
	return strings.Join(names, ", ")
}

func (f *field) operators() string {
	switch f.kind {
	case kindText:
		return "=, !=, ~"
	case kindKind:
		return "=, !="
	case kindTime:
		return "<, <=, >, >="
	case kindAny:
		return "=, !=, ~, and before a number <, <=, >, >="
	case kindNumber, kindMoney, kindDuration, kindLevel:
	}
	return "=, !=, <, <=, >, >="
}

func (f *field) allows(o op, v value) bool {
	order := o == opLess || o == opLessEqual || o == opGreater || o == opGreaterEqual
	switch f.kind {
	case kindText:
		return !order
	case kindKind:
		return o == opEqual || o == opNotEqual
	case kindTime:
		return order
	case kindAny:
		return !order || v.isNumber
	case kindNumber, kindMoney, kindDuration, kindLevel:
	}
	return o != opContains
}

// compile makes the test of a comparison.
func (f field) compile(c *comparison) func(*Item) bool {
	switch {
	case f.texts != nil:
		return func(it *Item) bool { return anyText(c, f.texts(it)) }
	case f.values != nil:
		return func(it *Item) bool { return anyValue(c, f.values(it, c.key)) }
	case f.kind == kindTime:
		return func(it *Item) bool {
			start := it.Observation.Start
			if c.op == opLess || c.op == opLessEqual {
				return start.Before(c.value.to(c.op))
			}
			return !start.Before(c.value.from(c.op))
		}
	}
	return func(it *Item) bool {
		sign, ok := f.compare(it, &c.value)
		if !ok {
			return c.op == opNotEqual
		}
		return ordered(c.op, sign)
	}
}

// anyText: one of the texts is enough; for != none may be equal.
func anyText(c *comparison, have []string) bool {
	if c.op == opNotEqual {
		return !slices.Contains(have, c.value.text)
	}
	for _, s := range have {
		if texts(c.op, s, c.value.text) {
			return true
		}
	}
	return c.op == opEqual && c.value.text == "" && len(have) == 0
}

func anyValue(c *comparison, have []any) bool {
	o := c.op
	if o == opNotEqual {
		o = opEqual
	}
	found := false
	for _, v := range have {
		switch v := v.(type) {
		case float64:
			found = found || c.value.isNumber && o != opContains && ordered(o, cmp.Compare(v, c.value.number))
		case string:
			found = found || texts(o, v, c.value.text)
		case bool:
			found = found || o == opEqual && strings.EqualFold(strconv.FormatBool(v), c.value.text)
		}
	}
	return found != (c.op == opNotEqual)
}

// scoreValues are the values of the scores of that name: numbers, texts and,
// for booleans, both.
func scoreValues(it *Item, name string) (values []any) {
	for i := range it.Scores {
		s := &it.Scores[i]
		if s.Name != name || s.ObservationID != "" && s.ObservationID != it.Observation.ID {
			continue
		}
		if s.Number != nil {
			values = append(values, *s.Number)
		}
		switch {
		case s.Type == "BOOLEAN":
			values = append(values, s.Text == "True")
		case s.Text != "":
			values = append(values, s.Text)
		}
	}
	return values
}

// metadataValues finds a key in the observation's metadata, else in the
// trace's. A key with dots is looked for as it is, then level by level.
func metadataValues(it *Item, key string) []any {
	for _, raw := range []json.RawMessage{it.Observation.Metadata, it.Trace.Metadata} {
		if v, ok := dig(raw, key); ok {
			return scalars(v)
		}
	}
	return nil
}

func dig(raw json.RawMessage, key string) (json.RawMessage, bool) {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return nil, false
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil, false
	}
	if v, ok := m[key]; ok {
		return v, true
	}
	first, rest, dotted := strings.Cut(key, ".")
	if !dotted {
		return nil, false
	}
	return dig(m[first], rest)
}

// scalars are the value, or those of an array.
func scalars(raw json.RawMessage) []any {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil
	}
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
