package llmhttp

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/langshark/langshark-go/internal/llmwire"
)

// maxHeldBytes bounds an event that is held back until it is whole; a longer one
// is passed on.
const maxHeldBytes = 256 << 10

// hidable reports whether an answer may be a stream in which an event can be
// found; clients accept one of any type.
func hidable(resp *http.Response) bool {
	return resp.StatusCode == http.StatusOK && resp.Header.Get("Content-Encoding") == "" &&
		!strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "json")
}

// mayHide reports whether the answer to a request will be readable: not if the
// application asks for an encoding itself.
func mayHide(req *http.Request) bool {
	encoding := req.Header.Get("Accept-Encoding")
	return encoding == "" || strings.EqualFold(encoding, "identity")
}

// hideUsage keeps the chunk that tells the usage from the application.
func hideUsage(resp *http.Response) {
	resp.Body = &usageHider{rc: resp.Body}
	if resp.ContentLength >= 0 { // it becomes shorter
		resp.ContentLength = -1
		resp.Header.Del("Content-Length")
	}
}

// usageHider passes a stream on event by event, without the one that is only there
// because we asked for it.
type usageHider struct {
	rc    io.ReadCloser
	buf   []byte // what was read last
	event []byte // the beginning of an unfinished event
	ready []byte // what the application may have, from given on
	given int
	line  int  // length of the unfinished line of the event
	cr    bool // the last byte was a carriage return
	long  bool // the event is too long to be held
	gone  bool // the last event was left out

	closed atomic.Bool
	err    error
}

func (h *usageHider) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for h.given == len(h.ready) || h.closed.Load() {
		if h.closed.Load() { // what is held is gone: below one hears so
			return h.rc.Read(p)
		}
		if h.err != nil {
			return 0, h.err
		}
		if h.buf == nil {
			h.buf = make([]byte, 4096)
		}
		n, err := h.rc.Read(h.buf)
		h.ready, h.given = h.ready[:0], 0
		h.take(h.buf[:n])
		if err != nil {
			h.err = err
			h.end(err == io.EOF && isUsageEvent(h.event))
		}
	}
	n := copy(p, h.ready[h.given:])
	h.given += n
	return n, nil
}

// Close closes, perhaps while another goroutine reads.
func (h *usageHider) Close() error {
	h.closed.Store(true)
	return h.rc.Close()
}

// take adds bytes to the event and ends it at each empty line.
func (h *usageHider) take(p []byte) {
	for len(p) > 0 {
		end := bytes.IndexAny(p, "\r\n")
		if end < 0 {
			h.add(p)
			h.line += len(p)
			h.cr = false
			return
		}
		h.add(p[:end])
		h.line += end
		c := p[end]
		second := c == '\n' && h.cr && end == 0 // of a pair
		h.cr = c == '\r'
		h.add(p[end : end+1])
		p = p[end+1:]
		if second {
			if len(h.event) == 1 { // that of an event that has ended: it belongs to it
				h.end(h.gone)
			}
			continue
		}
		if empty := h.line == 0; empty {
			h.finish()
		}
		h.line = 0
	}
}

func (h *usageHider) add(p []byte) {
	if h.long {
		h.ready = append(h.ready, p...)
		return
	}
	h.event = append(h.event, p...)
	if len(h.event) > maxHeldBytes {
		h.long = true
		h.pass()
	}
}

// finish ends an event.
func (h *usageHider) finish() {
	h.gone = !h.long && isUsageEvent(h.event)
	h.long = false
	h.end(h.gone)
}

// end passes what is held on, or forgets it.
func (h *usageHider) end(hide bool) {
	if hide {
		h.event = h.event[:0]
	}
	h.pass()
}

func (h *usageHider) pass() {
	h.ready = append(h.ready, h.event...)
	h.event = h.event[:0]
}

// isUsageEvent reports whether an event is a chunk with a usage and without
// choices, and nothing but that.
func isUsageEvent(event []byte) bool {
	if !bytes.Contains(event, usageMember) {
		return false // most are told by that
	}
	var data []byte
	for line := range bytes.FieldsFuncSeq(event, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if value, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			if data != nil {
				return false // of several lines, or several chunks
			}
			data = value
		}
	}
	return len(data) > 0 && llmwire.IsUsageChunk(data)
}

var usageMember = []byte(`"usage"`)
