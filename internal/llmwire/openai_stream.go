package llmwire

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds against a stream that makes no sense.
const (
	maxChoices   = 128
	maxToolCalls = 256 // of one choice
)

// chatStream puts the chunks of a stream together.
type chatStream struct {
	sse     SSE
	head    chatHead
	choices map[int]*chatChoice
	room    int // bytes of text that may still be kept
	err     *ProviderError
	started bool
	done    bool // [DONE] was seen
	cut     bool
	scratch chatChunk
}

func newChatStream() *chatStream {
	s := &chatStream{choices: make(map[int]*chatChoice, 1), room: MaxCaptureBytes}
	s.sse.OnEvent = s.event
	return s
}

func (s *chatStream) Feed(p []byte) { s.sse.Feed(p) }
func (s *chatStream) Started() bool { return s.started }

// Close puts the messages together. A stream without [DONE] is complete if every
// choice told its finish reason: some providers leave the mark out.
func (s *chatStream) Close() Response {
	s.sse.Close()
	r := Response{Err: s.err, Truncated: s.cut || s.sse.Skipped > 0}
	s.head.fill(&r)
	finished := len(s.choices) > 0
	messages := make([]json.RawMessage, 0, len(s.choices))
	for _, index := range slices.Sorted(maps.Keys(s.choices)) {
		c := s.choices[index]
		messages = append(messages, c.message())
		if c.finish == "" {
			finished = false
			continue
		}
		r.FinishReasons = append(r.FinishReasons, c.finish)
	}
	r.Complete = s.err == nil && (s.done || finished)
	switch len(messages) {
	case 0:
	case 1:
		r.Output = messages[0]
	default:
		r.Output = marshal(messages)
	}
	return r
}

// chatChunk is one event of the stream.
type chatChunk struct {
	chatHead
	Choices []chunkChoice `json:"choices"`
	XGroq   struct {
		Usage *openAIUsage `json:"usage"`
	} `json:"x_groq"`
}

type chunkChoice struct {
	Index        int          `json:"index"`
	Delta        chatDelta    `json:"delta"`
	FinishReason string       `json:"finish_reason"`
	Usage        *openAIUsage `json:"usage"` // Moonshot
}

type chatDelta struct {
	Role             string          `json:"role"`
	Content          looseText       `json:"content"`
	Refusal          looseText       `json:"refusal"`
	ReasoningContent looseText       `json:"reasoning_content"` // DeepSeek, vLLM, xAI
	Reasoning        looseText       `json:"reasoning"`         // OpenRouter, Groq
	ToolCalls        []toolCallDelta `json:"tool_calls"`
	FunctionCall     *functionDelta  `json:"function_call"` // the older form
}

type toolCallDelta struct {
	Index    *int           `json:"index"`
	ID       string         `json:"id"`
	Type     string         `json:"type"`
	Function *functionDelta `json:"function"`
	Custom   *struct {
		Name  string `json:"name"`
		Input string `json:"input"`
	} `json:"custom"`
}

type functionDelta struct {
	Name      string    `json:"name"`
	Arguments looseText `json:"arguments"`
}

// looseText is a text that some providers send in parts, or as an object.
type looseText string

// UnmarshalJSON takes a string, null, or a list of parts with a text each; other JSON stays as it is.
func (t *looseText) UnmarshalJSON(b []byte) error {
	*t = ""
	switch b[0] {
	case 'n':
	case '"':
		if plain := b[1 : len(b)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
			*t = looseText(plain)
			return nil
		}
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = looseText(s)
	case '[':
		var parts []struct {
			Text string `json:"text"`
		}
		_ = json.Unmarshal(b, &parts) // a part of another form has no text
		for _, p := range parts {
			*t += looseText(p.Text)
		}
	default:
		*t = looseText(b)
	}
	return nil
}

func (s *chatStream) event(_ string, data []byte) {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0:
	case string(data) == "[DONE]":
		s.done = true
	default:
		if s.chunk(data) {
			return
		}
		// Servers that end events by a single newline arrive here as one event.
		if lines := bytes.Split(data, []byte{'\n'}); len(lines) > 1 {
			for _, line := range lines {
				s.event("", line)
			}
		}
	}
}

// chunk takes one chunk, and reports whether it is JSON.
func (s *chatStream) chunk(data []byte) bool {
	c := &s.scratch
	choices := c.Choices[:cap(c.Choices)]
	clear(choices) // encoding/json decodes into what is there
	*c = chatChunk{Choices: choices[:0]}
	err := json.Unmarshal(data, c)
	var odd *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &odd) { // a field of an odd type is skipped
		return false
	}
	if c.hasError() {
		s.err = parseError(data[:min(len(data), MaxErrorBytes)])
	}
	s.merge(c)
	for i := range c.Choices {
		choice := s.choice(c.Choices[i].Index)
		if choice == nil {
			s.cut = true
			continue
		}
		s.delta(choice, &c.Choices[i].Delta)
		if c.Choices[i].FinishReason != "" {
			choice.finish = c.Choices[i].FinishReason
		}
		if u := c.Choices[i].Usage; u.usage() != nil {
			s.head.Usage = u
		}
	}
	return true
}

// merge takes what is said once for all chunks.
func (s *chatStream) merge(c *chatChunk) {
	for _, f := range [...]struct {
		to   *string
		from string
	}{
		{&s.head.ID, c.ID},
		{&s.head.Model, c.Model},
		{&s.head.SystemFingerprint, c.SystemFingerprint},
		{&s.head.ServiceTier, c.ServiceTier},
	} {
		if f.from != "" && len(f.from) <= 1<<10 {
			*f.to = f.from
		}
	}
	for _, u := range [...]*openAIUsage{c.Usage, c.XGroq.Usage} {
		if u.usage() != nil {
			s.head.Usage = u
		}
	}
}

func (s *chatStream) choice(index int) *chatChoice {
	c := s.choices[index]
	if c == nil && len(s.choices) < maxChoices {
		c = &chatChoice{}
		s.choices[index] = c
	}
	return c
}

// delta adds a piece to a choice.
func (s *chatStream) delta(c *chatChoice, d *chatDelta) {
	if d.Role != "" && len(d.Role) < 64 {
		c.role = d.Role
	}
	s.add(&c.content, string(d.Content))
	s.add(&c.refusal, string(d.Refusal))
	if d.ReasoningContent != "" {
		s.add(&c.reasoning, string(d.ReasoningContent))
	} else {
		s.add(&c.reasoning, string(d.Reasoning))
	}
	if f := d.FunctionCall; f != nil {
		if c.function == nil {
			c.function = &chatToolCall{}
		}
		s.function(c.function, f.Name, string(f.Arguments))
	}
	for i := range d.ToolCalls {
		t := &d.ToolCalls[i]
		call := c.call(t)
		if call == nil {
			s.cut = true
			continue
		}
		s.started = true
		if t.Type != "" && len(t.Type) < 64 {
			call.kind = t.Type
		}
		if t.ID != "" && call.id == "" {
			call.id = s.take(t.ID)
		}
		if t.Function != nil {
			s.function(call, t.Function.Name, string(t.Function.Arguments))
		}
		if t.Custom != nil {
			call.kind = "custom"
			s.function(call, t.Custom.Name, t.Custom.Input)
		}
	}
}

func (s *chatStream) function(c *chatToolCall, name, arguments string) {
	s.started = s.started || name != "" || arguments != ""
	if name != "" && c.name == "" {
		c.name = s.take(name)
	}
	s.add(&c.arguments, arguments)
}

// add appends to a text as much as there is room for.
func (s *chatStream) add(to *strings.Builder, text string) {
	if text == "" {
		return
	}
	s.started = true
	to.WriteString(s.take(text))
}

// take returns text, cut where the room ends.
func (s *chatStream) take(text string) string {
	if len(text) > s.room {
		if !s.cut {
			text = strings.ToValidUTF8(text[:s.room], "") + cutMark
		} else {
			text = ""
		}
		s.cut, s.room = true, 0
		return text
	}
	s.room -= len(text)
	return text
}
