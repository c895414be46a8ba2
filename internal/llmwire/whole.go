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
	limit int // bytes; zero means MaxBodyBytes
	read  func(r *jsonx.Reader, into *Response)
}

func (a *whole) Feed(p []byte) {
	room := max(a.limit, MaxBodyBytes) - len(a.body)
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
// events, piece for one of JSON.
func answerOf(status int, contentType string, req *Request, stream func() Accumulator, piece func(r *jsonx.Reader, into *Response)) Accumulator {
	contentType = strings.ToLower(contentType)
	switch {
	case status >= http.StatusMultipleChoices:
		return &errorAnswer{}
	case stream != nil && (strings.HasPrefix(contentType, "text/event-stream") ||
		req.Stream && !strings.HasPrefix(contentType, "application/json")):
		return stream()
	default:
		return &whole{read: piece}
	}
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
