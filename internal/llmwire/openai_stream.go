package llmwire

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// Bounds against a stream that makes no sense.
const (
	maxChoices   = 128
	maxToolCalls = 256 // of one choice
)

// chatStream puts the chunks of a stream together. In the steady state it
// allocates nothing but what the text grows by.
type chatStream struct {
	sse     SSE
	unread  unread
	head    openAIHead
	choices map[int]*chatChoice
	first   *chatChoice // that of index 0
	keep    keeper
	started bool
	done    bool // [DONE] was seen
	plain   bool // the choices are texts
}

// chatChoice is one message of a stream as far as it has come.
type chatChoice struct {
	role, finish                        string
	content, refusal, reasoning, spoken []byte

	calls    []*chatToolCall
	byIndex  map[int]*chatToolCall
	function *chatToolCall // the older form
	last     toolDelta
}

func newChatStream() *chatStream {
	s := &chatStream{choices: make(map[int]*chatChoice, 1), keep: keeper{room: MaxCaptureBytes}}
	s.sse.OnEvent = func(_, data []byte) { s.event(data) }
	return s
}

func (s *chatStream) Feed(p []byte) { s.sse.Feed(p) }
func (s *chatStream) Started() bool { return s.started }

// Ended doesn't wait for the empty line behind the mark, as clients don't. Some
// servers send the usage behind it.
func (s *chatStream) Ended(usageAsked bool) bool {
	if usageAsked && !s.head.usage.said() {
		return false
	}
	if s.done {
		return true
	}
	last := bytes.TrimSpace(s.sse.held()) // several chunks where events end by one newline
	return bytes.Equal(last[bytes.LastIndexByte(last, '\n')+1:], doneMark)
}

// Close puts the messages together. A stream without [DONE] is complete if every
// choice told its finish reason: some providers leave the mark out.
func (s *chatStream) Close() Response {
	s.sse.Close()
	var r Response
	s.head.fill(&r)
	s.unread.fill(&r)
	r.Truncated = s.keep.cut || s.sse.Skipped > 0
	finished := len(s.choices) > 0
	messages := make([]json.RawMessage, 0, len(s.choices))
	for _, index := range slices.Sorted(maps.Keys(s.choices)) {
		c := s.choices[index]
		if s.plain && len(c.calls) == 0 {
			messages = append(messages, textJSON(c.content))
		} else {
			messages = append(messages, c.message())
		}
		r.ToolCalls = append(r.ToolCalls, c.toolCalls()...)
		if c.finish == "" {
			finished = false
			continue
		}
		r.FinishReasons = append(r.FinishReasons, c.finish)
	}
	r.Complete = r.Err == nil && (s.done || finished)
	r.Output = list(messages)
	return r
}

// event takes an event's data: a chunk, or several where a server ends events by
// a single newline.
func (s *chatStream) event(data []byte) {
	for {
		data = bytes.TrimSpace(data)
		switch {
		case len(data) == 0:
			return
		case bytes.HasPrefix(data, doneMark):
			s.done = true
			data = data[len(doneMark):]
			continue
		}
		r := jsonx.NewReader(data)
		s.chunk(&r)
		s.unread.event(&r, data)
		if !r.Bad() {
			data = r.Rest()
			continue
		}
		_, data, _ = bytes.Cut(data, []byte{'\n'})
	}
}

var doneMark = []byte("[DONE]")

func (s *chatStream) chunk(r *jsonx.Reader) {
	from := r.Rest()
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) != "choices" {
			s.head.member(r)
			continue
		}
		for ok := r.Array(); ok && r.Item(); {
			s.choice(r)
		}
	}
	if s.head.flat || len(s.head.err) > 0 && s.head.err[0] == '"' { // type and code stand beside the text
		whole := from[:len(from)-len(r.Rest())]
		s.head.err, s.head.flat = bytes.Clone(whole[:min(len(whole), MaxErrorBytes)]), false
	}
}

// choice takes one of a chunk's choices.
func (s *chatStream) choice(r *jsonx.Reader) {
	var c *chatChoice
	var delta, piece, finish []byte
	index := 0
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "index":
			index = int(min(r.Int(), 1<<30))
			c = s.at(index)
		case "delta":
			if c != nil { // the index comes first, as a rule
				s.delta(c, r)
			} else {
				delta = r.Raw()
			}
		case "text": // of the older API, before the index
			piece = r.Raw()
		case "finish_reason":
			finish = r.Raw()
		case "usage": // Moonshot
			s.head.use(readOpenAIUsage(r))
		default:
			r.Skip()
		}
	}
	if c == nil {
		if c = s.at(index); c == nil {
			s.keep.cut = true
			return
		}
	}
	if delta != nil {
		d := jsonx.NewReader(delta)
		s.delta(c, &d)
	}
	if piece != nil {
		v := jsonx.NewReader(piece)
		c.content = s.text(c.content, &v)
	}
	if present(finish) {
		v := jsonx.NewReader(finish)
		v.Set(&c.finish, maxWordBytes)
	}
}

func (s *chatStream) at(index int) *chatChoice {
	if index == 0 && s.first != nil {
		return s.first
	}
	c := s.choices[index]
	if c == nil && len(s.choices) < maxChoices {
		c = &chatChoice{}
		s.choices[index] = c
		if index == 0 {
			s.first = c
		}
	}
	return c
}

// delta adds a piece to a choice.
func (s *chatStream) delta(c *chatChoice, r *jsonx.Reader) {
	reasoned := false
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "role":
			r.Set(&c.role, 64)
		case "content":
			s.content(c, r)
		case "refusal":
			c.refusal = s.text(c.refusal, r)
		case "reasoning_content", "reasoning": // DeepSeek, vLLM, xAI; OpenRouter, Groq
			if reasoned { // the same under the other name
				r.Skip()
				continue
			}
			before := len(c.reasoning)
			c.reasoning = s.text(c.reasoning, r)
			reasoned = len(c.reasoning) > before
		case "audio":
			for ok := r.Object(); ok && r.Member(); {
				if string(r.Key) == "transcript" {
					c.spoken = s.text(c.spoken, r)
				} else {
					s.started = s.started || string(r.Key) == "data"
					r.Skip()
				}
			}
		case "tool_calls":
			for ok := r.Array(); ok && r.Item(); {
				s.tool(c, r)
			}
		case "function_call":
			if r.Next() != '{' {
				r.Skip()
				continue
			}
			if c.function == nil {
				c.function = &chatToolCall{}
			}
			c.last = toolDelta{}
			c.last.function(r)
			s.started = c.function.add(&c.last, &s.keep) || s.started
		default:
			r.Skip()
		}
	}
}

// content takes text, or the parts that Mistral sends, of which some are thoughts.
func (s *chatStream) content(c *chatChoice, r *jsonx.Reader) {
	if r.Next() != '[' {
		c.content = s.text(c.content, r)
		return
	}
	for ok := r.Array(); ok && r.Item(); {
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "text":
				c.content = s.text(c.content, r)
			case "thinking":
				c.reasoning = s.text(c.reasoning, r)
			default:
				r.Skip()
			}
		}
	}
}

func (s *chatStream) tool(c *chatChoice, r *jsonx.Reader) {
	d := &c.last
	d.read(r)
	call := c.call(d)
	if call == nil {
		s.keep.cut = true
		return
	}
	s.started = true
	if d.custom {
		call.kind = "custom"
	} else if len(d.kind) < 64 && present(d.kind) && !sameText(d.kind, call.kind) {
		call.kind = word(d.kind)
	}
	if call.id == "" {
		call.id = word(d.id)
	}
	call.add(d, &s.keep)
}

// text appends a piece of text, the first of which starts the answer.
func (s *chatStream) text(to []byte, r *jsonx.Reader) []byte {
	before := len(to)
	to = s.keep.text(to, r)
	s.started = s.started || len(to) > before
	return to
}

func (c *chatChoice) toolCalls() (calls []ToolCall) {
	for _, t := range c.calls {
		calls = append(calls, ToolCall{t.id, t.name, text(t.arguments)})
	}
	if c.function != nil {
		calls = append(calls, ToolCall{"", c.function.name, text(c.function.arguments)})
	}
	return calls
}

// message encodes the choice in the shape of an answer in one piece.
func (c *chatChoice) message() json.RawMessage {
	o := jsonx.BeginObject(make([]byte, 0, 64+len(c.content)+len(c.content)/8+len(c.reasoning)))
	role := c.role
	if role == "" {
		role = "assistant"
	}
	o.String("role", role)
	if len(c.content) > 0 || len(c.calls) == 0 && c.function == nil && len(c.refusal) == 0 && len(c.spoken) == 0 {
		o.String("content", text(c.content))
	} else {
		o.Name("content")
		o.Dst = append(o.Dst, "null"...)
	}
	o.StringIf("reasoning_content", text(c.reasoning))
	o.StringIf("refusal", text(c.refusal))
	if len(c.spoken) > 0 {
		o.Name("audio")
		audio := jsonx.BeginObject(o.Dst)
		audio.String("transcript", text(c.spoken))
		o.Dst = audio.End()
	}
	if len(c.calls) > 0 {
		o.Name("tool_calls")
		o.Dst = append(o.Dst, '[')
		for i, call := range c.calls {
			if i > 0 {
				o.Dst = append(o.Dst, ',')
			}
			t := jsonx.BeginObject(o.Dst)
			t.String("id", call.id)
			t.String("type", call.kind)
			if call.kind == "custom" {
				t.Name("custom")
				t.Dst = call.encode(t.Dst, "input")
			} else {
				t.Name("function")
				t.Dst = call.encode(t.Dst, "arguments")
			}
			o.Dst = t.End()
		}
		o.Dst = append(o.Dst, ']')
	}
	if c.function != nil {
		o.Name("function_call")
		o.Dst = c.function.encode(o.Dst, "arguments")
	}
	return o.End()
}

func (t *chatToolCall) encode(dst []byte, arguments string) []byte {
	o := jsonx.BeginObject(dst)
	o.String("name", t.name)
	o.String(arguments, text(t.arguments))
	return o.End()
}

// text returns bytes that were taken from JSON as a valid text.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}

// HasStreamUsage reports whether streams of the endpoint tell their usage only
// if stream_options.include_usage asks for it.
func HasStreamUsage(e Endpoint) bool {
	switch e.(type) {
	case openAIChat, openAICompletion:
		return e.Provider() != "mistral_ai" // it tells, and refuses fields that it doesn't know
	}
	return false
}

// IsUsageChunk reports whether a stream's chunk is the one that tells the usage
// and nothing else.
func IsUsageChunk(data []byte) bool {
	noChoices, usage := false, false
	r := jsonx.NewReader(data)
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "choices":
			choices := string(r.Raw())
			if noChoices = choices == "[]" || choices == "null"; !noChoices {
				return false
			}
		case "usage":
			usage = r.Next() == '{'
			r.Skip()
		case "id", "object", "created", "model", "service_tier", "system_fingerprint", "obfuscation", "provider":
			r.Skip()
		default:
			if string(r.Raw()) != "null" {
				return false
			}
		}
	}
	return noChoices && usage && !r.Bad()
}
