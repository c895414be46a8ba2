package langshark

import (
	"strings"
	"unicode/utf8"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// overlapBytes is what is kept of a text beyond [MaxValueBytes], for the mask: no secret that
// detectors know is longer.
const overlapBytes = 64 << 10

// streamOutput collects the items of a sequence: the text of strings, else a JSON list.
type streamOutput struct {
	client *Client
	text   strings.Builder
	list   []byte
	isText bool
	full   bool // what follows is left out
}

func (o *streamOutput) add(v any, first bool) {
	text, isText := v.(string)
	if first {
		o.isText = isText
	}
	if o.isText && isText {
		room := MaxValueBytes + overlapBytes - o.text.Len()
		o.full = len(text) > room
		o.text.WriteString(cutText(text, room))
		return
	}
	if o.isText { // strings first, then something else
		o.list = jsonx.AppendString(o.list, o.text.String())
		o.isText = false
	}
	c := o.client.encode(v)
	if len(o.list) > 0 {
		o.list = append(o.list, ',')
	}
	o.list = c.value().AppendJSON(o.list)
	c.release()
	o.full = len(o.list) > MaxValueBytes // the item itself may shrink, by files and the mask
}

// value makes the output of what was collected, and reports whether something is left out.
func (o *streamOutput) value(scope captureScope) (v capture, truncated bool) {
	c := o.client
	if o.isText {
		text := o.text.String()
		if o.full {
			return c.captureCut(scope, FieldOutput, text, MaxValueBytes), true
		}
		return c.prepared(scope, FieldOutput, "", capture{kind: captureText, text: text}), len(text) > MaxValueBytes
	}
	buf := getBuffer() // the limit on depth is the items': the list is ours
	buf.b, buf.files = append(append(append(buf.b, '['), o.list...), ']'), true
	v = capture{kind: captureJSON, buf: buf}
	v = c.masks(scope, FieldOutput, "", c.media(scope, FieldOutput, v))
	if v.kind == captureJSON && len(v.buf.b) > MaxValueBytes {
		v.buf.b, truncated = cutList(v.buf.b, MaxValueBytes), true
	}
	return c.referred(limited(v)), truncated || o.full
}

// captureCut records about the first keep bytes of a text that goes on, of which whole is as much as is
// known. A mask sees it all, and again the part that is kept: where the results part, something
// reaches over the cut, and nothing is kept from there on.
func (c *Client) captureCut(scope captureScope, field Field, whole string, keep int) capture {
	part := cutText(whole, keep)
	if c.masker(scope.mode) == nil {
		return capture{kind: captureText, text: part}
	}
	v := c.masks(scope, field, "", capture{kind: captureText, text: whole})
	if v.kind != captureText {
		return v
	}
	again := c.masks(scope, field, "", capture{kind: captureText, text: part})
	if again.kind != captureText {
		return again
	}
	v.text = cutText(v.text, commonPrefix(v.text, again.text))
	return limited(v)
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// cutText cuts s to at most n bytes, at a rune.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// cutList keeps the first items of a JSON list, as many as fit; all if not even one does.
func cutList(b []byte, limit int) []byte {
	end, depth := 0, 0
	for i := 0; i < min(len(b), limit); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 1 {
				end = i
			}
		case '"':
			i = jsonx.StringEnd(b, i+1)
		}
	}
	if end == 0 {
		return b
	}
	return append(b[:end], ']')
}
