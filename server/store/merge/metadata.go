package merge

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

// node is one place in a tree of metadata that several writes have made. It
// keeps just enough to give the same value whatever the order of the writes.
type node struct {
	// Value is the last thing here that is neither object nor null, at ValueAt.
	Value   json.RawMessage
	ValueAt store.Stamp
	// ObjectAt is the last time an object stood here, after ValueAt.
	ObjectAt store.Stamp
	// NullAt is the last time a null stood here, after ValueAt. It counts only
	// where there is nothing else.
	NullAt store.Stamp
	// Children are the keys that objects after ValueAt had.
	Children map[string]*node
}

// MaxKeys is how many keys the metadata of one thing may gather, those within objects too. Beyond,
// new ones are left out, and [TruncatedKey] says so.
const MaxKeys = 20_000

// TruncatedKey is in metadata that has more than [MaxKeys] keys.
const TruncatedKey = "langshark.metadata.truncated"

// treeWriter merges one write.
type treeWriter struct {
	stamp store.Stamp
	left  int // keys that the tree has room for
	full  bool
}

// write merges raw and reports whether that changed anything.
func (w *treeWriter) write(n *node, raw json.RawMessage) (changed bool) {
	s := w.stamp
	if covers(n.ValueAt, s) {
		return false
	}
	switch first(raw) {
	case 'n':
		return advance(&n.NullAt, s)
	case '{':
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil {
			return false // decoded before; never happens
		}
		changed = advance(&n.ObjectAt, s)
		keys := maps.Keys(object)
		if w.left < len(object) { // which of them find room must not be chance
			keys = slices.Values(slices.Sorted(keys))
		}
		for key := range keys {
			value := object[key]
			child := n.Children[key]
			if child == nil {
				if w.left <= 0 {
					w.full = true
					continue
				}
				w.left--
				child = &node{}
				if n.Children == nil {
					n.Children = map[string]*node{}
				}
				n.Children[key] = child
			}
			changed = w.write(child, value) || changed
		}
		return changed
	default:
		n.Value, n.ValueAt = raw, s
		if len(n.Children) > 0 {
			before := n.count()
			n.cutBelow(s)
			w.left += before - n.count()
		} else {
			n.cutBelow(s)
		}
		return true
	}
}

// count is how many keys are below.
func (n *node) count() int {
	sum := len(n.Children)
	for _, child := range n.Children {
		sum += child.count()
	}
	return sum
}

// mark says that there was no room for a key.
func (n *node) mark(s store.Stamp) (changed bool) {
	if n.Children[TruncatedKey] != nil || n.ObjectAt.IsZero() {
		return false
	}
	n.Children[TruncatedKey] = &node{Value: json.RawMessage("true"), ValueAt: s}
	return true
}

// cut removes what was written up to s.
func (n *node) cut(s store.Stamp) {
	if covers(s, n.ValueAt) {
		n.Value, n.ValueAt = nil, store.Stamp{}
	}
	n.cutBelow(s)
}

func (n *node) cutBelow(s store.Stamp) {
	if covers(s, n.ObjectAt) {
		n.ObjectAt = store.Stamp{}
	}
	if covers(s, n.NullAt) {
		n.NullAt = store.Stamp{}
	}
	for key, child := range n.Children {
		child.cut(s)
		if child.empty() {
			delete(n.Children, key)
		}
	}
}

func (n *node) empty() bool {
	return n.ValueAt.IsZero() && n.ObjectAt.IsZero() && n.NullAt.IsZero() && len(n.Children) == 0
}

// json appends the value, its keys sorted.
func (n *node) json(dst []byte) []byte {
	switch {
	case !n.ObjectAt.IsZero():
		dst = append(dst, '{')
		keys := make([]string, 0, len(n.Children))
		for key := range n.Children {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			quoted, err := json.Marshal(key)
			if err != nil { // strings always encode
				continue
			}
			dst = append(append(dst, quoted...), ':')
			dst = n.Children[key].json(dst)
		}
		return append(dst, '}')
	case !n.ValueAt.IsZero():
		return append(dst, n.Value...)
	default:
		return append(dst, "null"...)
	}
}

// advance moves at on to s, unless it is there already.
func advance(at *store.Stamp, s store.Stamp) bool {
	if !at.IsZero() && s.Compare(*at) <= 0 {
		return false
	}
	*at = s
	return true
}

// first returns the first byte of raw that isn't space.
func first(raw []byte) byte {
	for _, b := range raw {
		if b != ' ' && b != '\t' && b != '\n' && b != '\r' {
			return b
		}
	}
	return 'n'
}
