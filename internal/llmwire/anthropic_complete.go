package llmwire

import (
	"github.com/langshark/langshark-go/internal/jsonx"
)

// anthropicComplete is the older API of text completions.
type anthropicComplete struct{}

func (anthropicComplete) Provider() string  { return "anthropic" }
func (anthropicComplete) Operation() string { return textCompletion }
func (anthropicComplete) Kind() Kind        { return Generation }

const textCompletion = "text_completion"

var completeShape = shape{main: "prompt"}

func (anthropicComplete) ParseRequest(_ string, body []byte, cut bool) Request {
	return completeShape.parse(body, cut)
}

// Answer returns the accumulator for a stream, an answer in one piece, or an error.
func (anthropicComplete) Answer(status int, contentType string, req *Request) Accumulator {
	return answerOf(status, contentType, req, func() Accumulator { return newCompleteStream() }, readAnthropicCompletion)
}

func readAnthropicCompletion(r *jsonx.Reader, into *Response) {
	var head anthropicHead
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) == "completion" {
			into.Output = r.Raw()
		} else {
			head.member(r)
		}
	}
	head.fill(into)
}

// completeStream joins the pieces of a completion.
type completeStream struct {
	sse    SSE
	unread unread
	head   anthropicHead
	text   []byte
	keep   keeper
	err    *ProviderError
}

func newCompleteStream() *completeStream {
	s := &completeStream{keep: keeper{room: MaxCaptureBytes}}
	s.sse.OnEvent = func(_, data []byte) { s.event(data) }
	return s
}

func (s *completeStream) Feed(p []byte)   { s.sse.Feed(p) }
func (s *completeStream) Started() bool   { return len(s.text) > 0 }
func (s *completeStream) Ended(bool) bool { return s.head.stopReason != "" }

func (s *completeStream) event(data []byte) {
	r := jsonx.NewReader(data)
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) == "completion" {
			s.text = s.keep.text(s.text, &r)
		} else {
			s.head.member(&r)
		}
	}
	s.unread.event(&r, data)
	if s.head.err && s.err == nil {
		s.err = parseError(data[:min(len(data), MaxErrorBytes)])
	}
}

// Close returns the text. The last piece tells why it stopped.
func (s *completeStream) Close() Response {
	s.sse.Close()
	var r Response
	s.head.fill(&r)
	s.unread.fill(&r)
	r.Err, r.Truncated = s.err, s.keep.cut || s.sse.Skipped > 0
	r.Complete = s.err == nil && s.head.stopReason != ""
	if len(s.text) > 0 || r.Complete {
		r.Output = jsonx.AppendString(nil, text(s.text))
	}
	return r
}
