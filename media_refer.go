package langshark

import (
	"bytes"
	"strings"

	"github.com/langshark/langshark-go/exporter"
)

// referred keeps the files that a value still refers to: the mask may have taken a reference
// away, or the limit cut it off. The others are not sent, and counted.
func (c *Client) referred(v capture) capture {
	if v.buf == nil || v.buf.attached == nil {
		return v
	}
	a := v.buf.attached
	kept := a.files[:0]
	for _, m := range a.files {
		if v.refersTo(m) {
			kept = append(kept, m)
		} else {
			c.mediaOmitted.Add(1)
		}
	}
	clear(a.files[len(kept):])
	if a.files = kept; len(kept) == 0 {
		v.buf.attached = nil
	}
	return v
}

// refersTo reports whether a whole reference to the file is in the value.
func (v capture) refersTo(m *exporter.Media) bool {
	for _, source := range [...]string{sourceURI, sourceBytes} {
		reference := m.ID + "|source=" + source + "@@@"
		if strings.Contains(v.text, reference) || v.kind == captureJSON && bytes.Contains(v.buf.b, []byte(reference)) {
			return true
		}
	}
	return false
}

// omit counts the files of a value that isn't recorded.
func (c *Client) omit(v capture) {
	if v.buf != nil && v.buf.attached != nil {
		c.mediaOmitted.Add(int64(len(v.buf.attached.files)))
	}
}
