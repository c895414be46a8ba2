package llmwire

import (
	"bytes"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// AttributeUnread is the name under which is recorded how many events of a
// stream were neither JSON nor a mark.
const AttributeUnread = "langshark.stream.unread_events"

// unread counts them.
type unread int64

// event counts an event unless it is a mark or an object, which r has read.
func (n *unread) event(r *jsonx.Reader, data []byte) {
	data = bytes.TrimSpace(data)
	if len(data) > 0 && (r.Bad() || data[0] != '{') && !bytes.HasPrefix(data, doneMark) {
		*n++
	}
}

func (n unread) fill(r *Response) { r.count(AttributeUnread, int64(n)) }
