package llmwire

import (
	"github.com/langshark/langshark-go/internal/jsonx"
)

// ollamaStream puts the lines of a stream together. In the steady state it
// allocates nothing but what the text grows by.
type ollamaStream struct {
	objects           objects
	unread            unread
	head              ollamaHead
	chat              bool // there are messages, not the text of a completion
	any               bool
	role              string
	content, thinking []byte
	calls             [][]byte // as they came, valid JSON
	keep              keeper
	err               *ProviderError
	started           bool
}

func newOllamaStream() *ollamaStream {
	s := &ollamaStream{keep: keeper{room: MaxCaptureBytes}}
	s.objects.lines, s.objects.onObject = true, s.line
	return s
}

func (s *ollamaStream) Feed(p []byte)   { s.objects.Feed(p) }
func (s *ollamaStream) Started() bool   { return s.started }
func (s *ollamaStream) Ended(bool) bool { return s.head.done }

// Close puts the message together, or the text. The last line says that it is done.
func (s *ollamaStream) Close() Response {
	var r Response
	s.head.fill(&r)
	s.unread.fill(&r)
	r.Err, r.Truncated = s.err, s.keep.cut || s.objects.skipped > 0
	r.Complete = s.head.done && s.err == nil
	switch {
	case s.chat:
		r.Output = s.message()
		r.ToolCalls = chatToolCalls(r.Output)
	case !s.any:
	case len(s.thinking) > 0:
		o := jsonx.BeginObject(nil)
		o.String("response", text(s.content))
		o.String("thinking", text(s.thinking))
		r.Output = o.End()
	default:
		r.Output = jsonx.AppendString(nil, text(s.content))
	}
	return r
}

func (s *ollamaStream) line(data []byte) {
	r := jsonx.NewReader(data)
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "message":
			s.piece(&r)
		case "response":
			s.any = true
			s.content = s.text(s.content, &r)
		case "thinking":
			s.any = true
			s.thinking = s.text(s.thinking, &r)
		default:
			s.head.member(&r)
		}
	}
	s.unread.event(&r, data)
	if s.head.err && s.err == nil {
		s.err = parseError(data[:min(len(data), MaxErrorBytes)])
	}
}

// piece adds what a line has of the message.
func (s *ollamaStream) piece(r *jsonx.Reader) {
	for ok := r.Object(); ok && r.Member(); {
		s.chat = true
		switch string(r.Key) {
		case "role":
			r.Set(&s.role, 64)
		case "content":
			s.content = s.text(s.content, r)
		case "thinking":
			s.thinking = s.text(s.thinking, r)
		case "tool_calls":
			for ok := r.Array(); ok && r.Item(); {
				s.call(r.Raw())
			}
		default:
			r.Skip()
		}
	}
}

// call keeps a tool call, which comes whole.
func (s *ollamaStream) call(raw []byte) {
	s.started = true
	if len(s.calls) >= maxToolCalls {
		s.keep.cut = true
		return
	}
	if call, ok := s.keep.json(nil, raw); ok {
		s.calls = append(s.calls, call)
	}
}

// text appends a piece of text, the first of which starts the answer.
func (s *ollamaStream) text(to []byte, r *jsonx.Reader) []byte {
	before := len(to)
	to = s.keep.text(to, r)
	s.started = s.started || len(to) > before
	return to
}

// message encodes the message in the shape of an answer in one piece.
func (s *ollamaStream) message() []byte {
	o := jsonx.BeginObject(make([]byte, 0, 64+len(s.content)+len(s.content)/8+len(s.thinking)))
	role := s.role
	if role == "" {
		role = "assistant"
	}
	o.String("role", role)
	o.String("content", text(s.content))
	o.StringIf("thinking", text(s.thinking))
	if len(s.calls) > 0 {
		o.Name("tool_calls")
		o.Dst = append(o.Dst, '[')
		for i, call := range s.calls {
			if i > 0 {
				o.Dst = append(o.Dst, ',')
			}
			o.Dst = append(o.Dst, call...)
		}
		o.Dst = append(o.Dst, ']')
	}
	return o.End()
}
