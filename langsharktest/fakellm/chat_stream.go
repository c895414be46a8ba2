package fakellm

import "encoding/json"

type delta struct {
	Role             string     `json:"role,omitempty"`
	Content          *string    `json:"content,omitempty"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []toolCall `json:"tool_calls,omitempty"`
	Refusal          *string    `json:"refusal,omitempty"`
}

// delta is a piece as chat completions have it.
func (r *Reply) delta(p piece) *delta {
	d := &delta{}
	switch p.kind {
	case pieceBegin:
		d.Role = "assistant"
		if r.Text != "" || len(r.ToolCalls) == 0 {
			d.Content = &p.text
		}
	case pieceReasoning:
		d.ReasoningContent = p.text
	case pieceText:
		d.Content = &p.text
	case pieceRefusal:
		d.Refusal = &p.text
	case pieceCall:
		t := toolCall{Index: &p.call, ID: r.ToolCalls[p.call].ID, Type: "function"}
		t.Function.Name = r.ToolCalls[p.call].Name
		d.ToolCalls = []toolCall{t}
	case pieceArguments:
		t := toolCall{Index: &p.call}
		t.Function.Arguments = p.text
		d.ToolCalls = []toolCall{t}
	case pieceEnd:
	}
	return d
}

// chunk is a completion as an event of the stream: the usage is there, as null,
// only if it was asked for.
type chunk struct {
	*completion
	Usage *json.RawMessage `json:"usage,omitempty"`
}

func streamChat(s *stream) {
	s.openEvents()
	head := s.completion("chat.completion.chunk")
	null := json.RawMessage("null")
	send := func(choices []choice, u *json.RawMessage) {
		one := *head
		one.Choices = choices
		c := chunk{completion: &one}
		if s.req.StreamOptions.IncludeUsage {
			c.Usage = u
		}
		s.event("", c)
	}
	s.each(func(i int, p piece) {
		r := &s.replies[i]
		c := choice{Index: i, Delta: r.delta(p)}
		if p.kind == pieceEnd {
			c.FinishReason = &r.FinishReason
		}
		send([]choice{c}, &null)
	})
	if s.req.StreamOptions.IncludeUsage && !s.over {
		u := json.RawMessage(compact(openAIUsage(s.usage())))
		send([]choice{}, &u)
	}
	s.end([]byte("data: [DONE]\n\n"))
}
