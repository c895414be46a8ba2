package langsharktest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
)

// inlineRunes is how long a list or an object may be to stand in one line.
const inlineRunes = 72

// decoded returns a captured value as encoding/json has it, numbers as they were written.
func decoded(v exporter.Value) any {
	if text, ok := v.AsText(); ok {
		return text
	}
	var out any
	dec := json.NewDecoder(bytes.NewReader(v.AppendJSON(nil)))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		return string(v.RawJSON())
	}
	return out
}

// writer lays out text. Both functions must be set.
type writer struct {
	strings.Builder
	// text is applied to every string before it is written.
	text func(string) string
	// line is applied to lists and objects before their length is looked at.
	line func(string) string
}

// value appends a value whose further lines are indented. A list or an object that is too long for one line has an item
// a line, each with a comma; a string of several lines stands between """.
func (w *writer) value(v any, indent string) {
	inner := indent + "  "
	switch v := v.(type) {
	case string:
		w.WriteString(block(w.text(v), indent))
		return
	case []any:
		if !w.inline(v) {
			w.WriteString("[\n")
			for _, item := range v {
				w.WriteString(inner)
				w.value(item, inner)
				w.WriteString(",\n")
			}
			w.WriteString(indent + "]")
			return
		}
	case map[string]any:
		if !w.inline(v) {
			w.WriteString("{\n")
			for _, key := range w.keys(v) {
				w.WriteString(inner + quote(w.text(key)) + ": ")
				w.value(v[key], inner)
				w.WriteString(",\n")
			}
			w.WriteString(indent + "}")
			return
		}
	}
	w.WriteString(w.compact(v))
}

// keys returns an object's keys in order of what is shown of them.
func (w *writer) keys(object map[string]any) []string {
	return slices.SortedFunc(maps.Keys(object), func(a, b string) int {
		return cmp.Or(cmp.Compare(w.text(a), w.text(b)), cmp.Compare(a, b))
	})
}

func (w *writer) inline(v any) bool {
	return utf8.RuneCountInString(w.line(w.compact(v))) <= inlineRunes
}

// compact returns JSON in one line.
func (w *writer) compact(v any) string {
	var b strings.Builder
	switch v := v.(type) {
	case string:
		return quote(w.text(v))
	case []any:
		for i, item := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(w.compact(item))
		}
		return "[" + b.String() + "]"
	case map[string]any:
		for i, key := range w.keys(v) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quote(w.text(key)) + ": " + w.compact(v[key]))
		}
		return "{" + b.String() + "}"
	case nil:
		return "null"
	default: // json.Number and bool
		return fmt.Sprint(v)
	}
}

// block returns a string as JSON, or, if it has several lines that an editor leaves alone, as they are.
func block(s, indent string) string {
	if !strings.Contains(s, "\n") || strings.Contains(s, `"""`) {
		return quote(s)
	}
	var b strings.Builder
	b.WriteString(`"""`)
	for l := range strings.SplitSeq(s, "\n") {
		if strings.TrimRight(l, " \t") != l || !printable(l) {
			return quote(s)
		}
		b.WriteByte('\n')
		if l != "" {
			b.WriteString(indent + "  " + l)
		}
	}
	b.WriteString("\n" + indent + `"""`)
	return b.String()
}

// printable reports whether all of s can be seen, tabs aside.
func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) && r != '\t' {
			return false
		}
	}
	return true
}

// quote returns a string as JSON, with what can't be seen escaped.
func quote(s string) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\t':
			b = append(b, `\t`...)
		case unicode.IsPrint(r):
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return string(append(b, '"'))
}

// bare returns a string as it is if it can be told from what stands around it, else as a value.
func bare(s, indent string) string {
	if s == "" || strings.TrimSpace(s) != s || !printable(s) || strings.ContainsAny(s, "\"[]\t") {
		return block(s, indent)
	}
	return s
}
