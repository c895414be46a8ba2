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
	place := usageAsked
	if s.host != nil {
		place = s.host.usageAt
		if s.host.preamble != nil {
			s.host.preamble(s)
		}
	}
	asked := s.req.StreamOptions.IncludeUsage
	head := s.completion(true)
	null := json.RawMessage("null")
	send := func(choices []choice, u *json.RawMessage, end bool) {
		one := *head
		one.Choices = choices
		c := chunk{completion: &one}
		if asked || u != &null {
			c.Usage = u
		}
		if !s.over {
			s.event("", s.dress(c, end))
		}
	}
	counted := func() *json.RawMessage {
		u := json.RawMessage(compact(openAIUsage(s.usage())))
		return &u
	}
	ends := 0
	s.each(func(i int, p piece) {
		r := &s.replies[i]
		c := choice{Index: i}
		if s.api == Completions {
			if p.kind != pieceText && p.kind != pieceRefusal && p.kind != pieceEnd {
				return
			}
			c.Text = &p.text
		} else {
			c.Delta = r.delta(p)
		}
		u := &null
		if c.Delta != nil && p.kind == pieceCall && s.wholeCalls {
			c.Delta.ToolCalls[0].Function.Arguments = r.ToolCalls[p.call].Arguments
		}
		if p.kind == pieceEnd {
			c.FinishReason = &r.FinishReason
			if ends++; place == usageLast && ends == len(s.replies) {
				u = counted()
			}
		}
		send([]choice{c}, u, p.kind == pieceEnd)
	})
	if (asked && place == usageAsked || place == usageAlways) && !s.over {
		send([]choice{}, counted(), false)
	}
	s.end([]byte("data: [DONE]\n\n"))
}
