package fakellm

import "encoding/json"

type claudeMessage struct {
	Model        string        `json:"model"`
	ID           string        `json:"id"`
	Type         string        `json:"type"`
	Role         string        `json:"role"`
	Content      []any         `json:"content"`
	StopReason   *string       `json:"stop_reason"`
	StopSequence *string       `json:"stop_sequence"`
	StopDetails  *claudeDetail `json:"stop_details"`
	Usage        claudeUsage   `json:"usage"`
}

type claudeDetail struct {
	Type        string  `json:"type"`
	Category    *string `json:"category"`
	Explanation *string `json:"explanation"`
}

type claudeUsage struct {
	InputTokens   int64          `json:"input_tokens"`
	CacheCreation int64          `json:"cache_creation_input_tokens"`
	CacheRead     int64          `json:"cache_read_input_tokens"`
	ByTTL         *claudeTTL     `json:"cache_creation,omitempty"`
	OutputTokens  int64          `json:"output_tokens"`
	Details       *claudeOutputs `json:"output_tokens_details,omitempty"`
	ServiceTier   string         `json:"service_tier,omitempty"`
}

type claudeTTL struct {
	FiveMinutes int64 `json:"ephemeral_5m_input_tokens"`
	OneHour     int64 `json:"ephemeral_1h_input_tokens"`
}

type claudeOutputs struct {
	ThinkingTokens int64 `json:"thinking_tokens"`
}

type claudeText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type claudeThinking struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking"`
	Signature string `json:"signature"`
}

type claudeCall struct {
	Type  string          `json:"type"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

var claudeReasons = map[string]string{
	"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal",
}

// claudeStop is why the answer ended.
func (r *Reply) claudeStop() (*string, *claudeDetail) {
	why := r.finish(claudeReasons)
	if r.Refusal != "" && why == "end_turn" {
		why = "refusal"
	}
	if why == "refusal" {
		return &why, &claudeDetail{Type: "refusal"}
	}
	return &why, nil
}

// claudeMessage is the answer, without its content and its end.
func (c *call) claudeMessage() *claudeMessage {
	return &claudeMessage{
		Model: c.model(), ID: c.id("msg_"), Type: "message", Role: "assistant",
		Content: []any{}, Usage: c.claudeUsage(),
	}
}

func (c *call) claudeUsage() claudeUsage {
	u := c.usage()
	out := claudeUsage{
		InputTokens:   max(u.PromptTokens-u.CachedTokens-u.CacheWriteTokens, 0),
		CacheCreation: u.CacheWriteTokens, CacheRead: u.CachedTokens,
		ByTTL:        &claudeTTL{FiveMinutes: u.CacheWriteTokens},
		OutputTokens: u.CompletionTokens, ServiceTier: "standard",
	}
	if u.ReasoningTokens > 0 {
		out.Details = &claudeOutputs{u.ReasoningTokens}
	}
	return out
}

func answerClaude(c *call) (string, []byte) {
	m, r := c.claudeMessage(), &c.replies[0]
	if r.Reasoning != "" {
		m.Content = append(m.Content, claudeThinking{"thinking", r.Reasoning, signature(r.Reasoning)})
	}
	for _, text := range []string{r.Text, r.Refusal} {
		if text != "" {
			m.Content = append(m.Content, claudeText{"text", text})
		}
	}
	for _, t := range r.ToolCalls {
		m.Content = append(m.Content, claudeCall{"tool_use", t.ID, t.Name, t.object()})
	}
	m.StopReason, m.StopDetails = r.claudeStop()
	return "application/json", compact(m)
}

type claudeEvent struct {
	Type    string         `json:"type"`
	Message *claudeMessage `json:"message,omitempty"`
	Index   *int           `json:"index,omitempty"`
	Block   any            `json:"content_block,omitempty"`
	Delta   any            `json:"delta,omitempty"`
	Usage   *claudeUsage   `json:"usage,omitempty"`
}

type claudeTextDelta struct {
	Type      string  `json:"type"`
	Text      *string `json:"text,omitempty"`
	Thinking  *string `json:"thinking,omitempty"`
	Signature *string `json:"signature,omitempty"`
	JSON      *string `json:"partial_json,omitempty"`
}

type claudeEnd struct {
	StopReason   *string       `json:"stop_reason"`
	StopSequence *string       `json:"stop_sequence"`
	StopDetails  *claudeDetail `json:"stop_details"`
}

func streamClaude(s *stream) {
	s.openEvents()
	r := &s.replies[0]
	send := func(e claudeEvent) { s.event(e.Type, e) }
	block := 0
	delta := func(d claudeTextDelta) { send(claudeEvent{Type: "content_block_delta", Index: &block, Delta: d}) }
	s.each(func(_ int, p piece) {
		if p.first {
			send(claudeEvent{Type: "content_block_start", Index: &block, Block: r.claudeBlock(p)})
			if block == 0 {
				send(claudeEvent{Type: "ping"})
			}
		}
		empty := ""
		switch p.kind {
		case pieceBegin:
			m := s.claudeMessage()
			m.Usage.OutputTokens, m.Usage.Details = min(m.Usage.OutputTokens, 1), nil // counted at the end
			send(claudeEvent{Type: "message_start", Message: m})
		case pieceReasoning:
			delta(claudeTextDelta{Type: "thinking_delta", Thinking: &p.text})
			if p.last {
				sign := signature(r.Reasoning)
				delta(claudeTextDelta{Type: "signature_delta", Signature: &sign})
			}
		case pieceText, pieceRefusal:
			delta(claudeTextDelta{Type: "text_delta", Text: &p.text})
		case pieceCall:
			delta(claudeTextDelta{Type: "input_json_delta", JSON: &empty})
		case pieceArguments:
			delta(claudeTextDelta{Type: "input_json_delta", JSON: &p.text})
		case pieceEnd:
			end, u := claudeEnd{}, s.claudeUsage()
			end.StopReason, end.StopDetails = r.claudeStop()
			u.ByTTL, u.ServiceTier = nil, ""
			send(claudeEvent{Type: "message_delta", Delta: end, Usage: &u})
		}
		if p.last {
			send(claudeEvent{Type: "content_block_stop", Index: &block})
			block++
		}
	})
	s.end(event("message_stop", []byte(`{"type":"message_stop"}`)))
}

// claudeBlock is the empty block that a stream then fills.
func (r *Reply) claudeBlock(p piece) any {
	switch p.kind {
	case pieceReasoning:
		return claudeThinking{Type: "thinking"}
	case pieceCall:
		t := r.ToolCalls[p.call]
		return claudeCall{"tool_use", t.ID, t.Name, json.RawMessage("{}")}
	default:
		return claudeText{Type: "text"}
	}
}
