package llmwire

import (
	"unicode/utf8"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// maxWordBytes bounds ids, names of models and the like.
const maxWordBytes = 1 << 10

// keeper bounds what is kept of an answer. The zero keeper keeps nothing.
type keeper struct {
	room int  // bytes that may still be kept
	cut  bool // something was left out
}

// bound takes back what was appended to dst beyond the room, and marks the cut.
// before is the length that dst had.
func (k *keeper) bound(dst []byte, before int) []byte {
	n := len(dst) - before
	if n <= k.room {
		k.room -= n
		return dst
	}
	end := before
	if !k.cut {
		end += k.room
		for end > before && !utf8.RuneStart(dst[end]) {
			end--
		}
		dst = append(dst[:end], cutMark...)
	} else {
		dst = dst[:end]
	}
	k.cut, k.room = true, 0
	return dst
}

// text appends the next value: a string's text, nothing for null, the texts of
// a list of parts, other JSON as it is.
func (k *keeper) text(dst []byte, r *jsonx.Reader) []byte {
	before := len(dst)
	switch r.Next() {
	case '"':
		dst = r.Append(dst)
	case 'n':
		r.Skip()
	case '[':
		for ok := r.Array(); ok && r.Item(); {
			if r.Next() == '"' {
				dst = r.Append(dst)
				continue
			}
			for ok := r.Object(); ok && r.Member(); {
				if string(r.Key) == "text" {
					dst = r.Append(dst)
				} else {
					r.Skip()
				}
			}
		}
	default:
		dst = append(dst, r.Raw()...)
	}
	return k.bound(dst, before)
}

// value is text for a value that was read as it stands; nil is none.
func (k *keeper) value(dst, raw []byte) []byte {
	if len(raw) == 0 {
		return dst
	}
	r := jsonx.NewReader(raw)
	return k.text(dst, &r)
}

// present reports whether raw is a value other than null and "".
func present(raw []byte) bool {
	switch string(raw) {
	case "", "null", `""`:
		return false
	}
	return true
}

// filled reports whether raw is a value other than null, "", [] and {}.
func filled(raw []byte) bool {
	return present(raw) && string(raw) != "[]" && string(raw) != "{}"
}

// word returns the text of a string that was read as it stands, "" if it is too long.
func word(raw []byte) string {
	var s string
	if len(raw) > 0 {
		r := jsonx.NewReader(raw)
		r.Set(&s, maxWordBytes)
	}
	return s
}

// maxNesting bounds how deep what is put into an output may nest by itself.
const maxNesting = 1000

// json appends a whole value, without blanks, if it is valid and there is room
// for it.
func (k *keeper) json(dst, raw []byte) (_ []byte, ok bool) {
	out, ok := appendValid(dst, raw)
	if n := len(out) - len(dst); n <= k.room {
		k.room -= n
		return out, ok
	}
	k.cut = true
	return dst, false
}

// appendValid appends a value without blanks, if it is valid.
func appendValid(dst, raw []byte) (_ []byte, ok bool) {
	out, deepest, _, err := jsonx.AppendCompact(dst, raw, "")
	if err != nil || deepest > maxNesting {
		return dst, false
	}
	return out, true
}
