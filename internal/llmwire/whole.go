package llmwire

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// whole reads an answer in one piece of JSON by read, which is given valid JSON.
type whole struct {
	body  []byte
	cut   bool
	limit int // bytes
	read  func(r *jsonx.Reader, into *Response)
}

func (a *whole) Feed(p []byte) {
	room := a.limit - len(a.body)
	if len(p) > room {
		p, a.cut = p[:room], true
	}
	a.body = append(a.body, p...)
}

func (a *whole) Started() bool { return false }

// Grow makes room for an answer of so many bytes.
func (a *whole) Grow(n int64) {
	a.body = make([]byte, 0, min(n, 64<<10)) // more only when it has come
}

func (a *whole) Close() Response {
	r := Response{Truncated: a.cut}
	compact, _, _, err := jsonx.AppendCompact(make([]byte, 0, len(a.body)), a.body, "")
	if err != nil {
		compact = closeJSON(a.body)
	}
	r.Complete = err == nil || a.cut // cut by us, not by the provider
	reader := jsonx.NewReader(compact)
	a.read(&reader, &r)
	if r.Err != nil && r.Err.Body == "" {
		r.Err = parseError(a.body[:min(len(a.body), MaxErrorBytes)])
	}
	var short bool
	r.Output, short = fit(r.Output, MaxCaptureBytes) // of a buffer of our own
	r.Truncated = r.Truncated || short
	return r
}

// answerOf returns what reads an answer: an error's text, stream for server-sent
// events, read for one piece of JSON. If the answer doesn't say itself which of
// them it is, its Content-Type does.
func answerOf(status int, contentType string, req *Request, stream func() Accumulator, read func(r *jsonx.Reader, into *Response)) Accumulator {
	return answerUpTo(MaxBodyBytes, status, contentType, req, stream, read)
}

// answerUpTo is answerOf for pieces of so many bytes at most.
func answerUpTo(limit, status int, contentType string, req *Request, stream func() Accumulator, read func(r *jsonx.Reader, into *Response)) Accumulator {
	if status >= http.StatusMultipleChoices {
		return &errorAnswer{}
	}
	a := &sniffed{piece: func() Accumulator { return &whole{read: read, limit: limit} }, stream: stream}
	a.other = a.piece
	kind := strings.ToLower(contentType)
	if stream != nil && (isEventStream(kind) || req.Stream && !strings.HasPrefix(kind, "application/json")) {
		a.other = stream
	}
	return a
}

func isEventStream(contentType string) bool {
	return strings.HasPrefix(strings.ToLower(contentType), "text/event-stream")
}

// isError takes an answer's error field: it reports whether it says something.
func isError(r *jsonx.Reader) bool {
	return string(r.Raw()) != "null"
}

// list makes of several outputs one: nothing, the only one, or an array.
func list(outputs []json.RawMessage) json.RawMessage {
	switch len(outputs) {
	case 0:
		return nil
	case 1:
		return outputs[0]
	}
	out := json.RawMessage{'['}
	for i, o := range outputs {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, o...)
	}
	return append(out, ']')
}
