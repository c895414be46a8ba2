package otlp

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/ingest"
)

// maxPath is how many parts the name of an attribute may have within a list.
const maxPath = 16

// list puts a list together whose elements are spread over attributes, as in
// llm.input_messages.0.message.role. Numbers are places in a list, which are in order
// but need not be without gaps, so that no number makes a list long.
func (c *conversion) list(prefix string) json.RawMessage {
	root := &branch{}
	for i := range c.attributes.list {
		a := &c.attributes.list[i]
		rest, ok := strings.CutPrefix(a.key, prefix)
		if !ok || c.taken[i] || rest == "" || rest[0] < '0' || rest[0] > '9' {
			continue
		}
		if path := strings.Split(rest, "."); len(path) <= maxPath {
			c.taken[i] = true
			root.put(path, a.value)
		}
	}
	if len(root.children) == 0 {
		return nil
	}
	return ingest.Sanitize(root.appendJSON(nil))
}

// branch is an object or a list that is being put together.
type branch struct {
	value    value
	children map[string]*branch
}

func (b *branch) put(path []string, v value) {
	for _, name := range path {
		if b.children == nil {
			b.children = map[string]*branch{}
		}
		next := b.children[name]
		if next == nil {
			next = &branch{}
			b.children[name] = next
		}
		b = next
	}
	b.value = v
}

// wrappers are members of OpenInference that stand alone around what is meant.
var wrappers = []string{"message", "message_content", "tool_call", "document"}

func (b *branch) appendJSON(dst []byte) []byte {
	if len(b.children) == 0 {
		if raw := payload(b.value); raw != nil {
			return append(dst, raw...)
		}
		return append(dst, "null"...)
	}
	if len(b.children) == 1 {
		for _, name := range wrappers {
			if inner := b.children[name]; inner != nil && len(inner.children) > 0 {
				return inner.appendJSON(dst)
			}
		}
	}
	places := make([]int, 0, len(b.children))
	names := make([]string, 0, len(b.children))
	for name := range b.children {
		names = append(names, name)
		if n, err := strconv.Atoi(name); err == nil && n >= 0 && strconv.Itoa(n) == name {
			places = append(places, n)
		}
	}
	if len(places) == len(names) {
		slices.Sort(places)
		dst = append(dst, '[')
		for i, n := range places {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = b.children[strconv.Itoa(n)].appendJSON(dst)
		}
		return append(dst, ']')
	}
	slices.Sort(names)
	if i := slices.Index(names, "role"); i > 0 { // a message begins with who says it
		names = slices.Insert(slices.Delete(names, i, i+1), 0, "role")
	}
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, quoted(name)...), ':')
		dst = b.children[name].appendJSON(dst)
	}
	return append(dst, '}')
}
