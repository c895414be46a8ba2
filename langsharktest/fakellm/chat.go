package fakellm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// The shapes of chat completions, as OpenAI has them in 2026-11.

type completion struct {
	ID                string   `json:"id"`
	Object            string   `json:"object"`
	Created           int64    `json:"created"`
	Model             string   `json:"model"`
	Choices           []choice `json:"choices"`
	Usage             *usage   `json:"usage"`
	ServiceTier       string   `json:"service_tier"`
	SystemFingerprint string   `json:"system_fingerprint"`
}

type choice struct {
	Index        int      `json:"index"`
	Message      *message `json:"message,omitempty"`
	Delta        *delta   `json:"delta,omitempty"`
	Logprobs     any      `json:"logprobs"`
	FinishReason *string  `json:"finish_reason"`
}

type message struct {
	Role             string     `json:"role"`
	Content          *string    `json:"content"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []toolCall `json:"tool_calls,omitempty"`
	Refusal          *string    `json:"refusal"`
	Annotations      []any      `json:"annotations"`
}

type toolCall struct {
	Index    *int   `json:"index,omitempty"`
	ID       string `json:"id,omitempty"`
	Type     string `json:"type,omitempty"`
	Function struct {
		Name      string `json:"name,omitempty"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type usage struct {
	PromptTokens        int64 `json:"prompt_tokens"`
	CompletionTokens    int64 `json:"completion_tokens"`
	TotalTokens         int64 `json:"total_tokens"`
	PromptTokensDetails struct {
		CachedTokens int64 `json:"cached_tokens"`
		AudioTokens  int64 `json:"audio_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionTokensDetails struct {
		ReasoningTokens          int64 `json:"reasoning_tokens"`
		AudioTokens              int64 `json:"audio_tokens"`
		AcceptedPredictionTokens int64 `json:"accepted_prediction_tokens"`
		RejectedPredictionTokens int64 `json:"rejected_prediction_tokens"`
	} `json:"completion_tokens_details"`
}

func (p *Provider) chat(w http.ResponseWriter, r *http.Request) {
	req, e := readChat(r)
	if e != nil {
		writeError(w, e)
		return
	}
	p.keep(req)
	replies := make([]Reply, req.N)
	for i := range replies {
		one := *req
		one.Choice = i
		reply, scripted := p.next()
		if !scripted {
			reply = p.respond(r.Context(), &one)
		}
		replies[i] = reply.withDefaults()
	}
	first := &replies[0]
	p.pause(r.Context(), Moment{Request: req})
	if r.Context().Err() != nil {
		return
	}
	maps.Copy(w.Header(), first.Header)
	if first.Err != nil && (first.ErrAfter == 0 || !req.Stream) {
		writeError(w, first.Err)
		return
	}
	c := p.head(req, first)
	if req.Stream {
		p.stream(w, r, req, replies, c)
		return
	}
	c.Object, c.Usage = "chat.completion", p.usage(req, replies)
	for i := range replies {
		c.Choices = append(c.Choices, choice{Index: i, Message: replies[i].message(), FinishReason: &replies[i].FinishReason})
	}
	body, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		writeError(w, ServerError())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if first.BreakAfter != 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush() // whether it arrives or not, the connection ends
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body) // the client may have gone
}

// head makes what an answer and its chunks have in common.
func (p *Provider) head(req *Request, first *Reply) *completion {
	h := fnv.New64a()
	_, _ = h.Write(req.Body)
	p.mu.Lock()
	n := p.served
	p.mu.Unlock()
	return &completion{
		ID:      fmt.Sprintf("chatcmpl-%016x%05d", h.Sum64(), n),
		Created: p.now().Unix(), Model: cmp.Or(first.Model, versions[req.Model], req.Model),
		Choices: []choice{}, ServiceTier: "default", SystemFingerprint: "fp_fake0c0ffee",
	}
}

func (r Reply) withDefaults() Reply {
	if r.Text == "" {
		r.Text = strings.Join(r.Chunks, "")
	}
	if r.Chunks == nil {
		r.Chunks = words(r.Text)
	}
	calls := make([]ToolCall, len(r.ToolCalls))
	for i, c := range r.ToolCalls {
		c.Arguments = cmp.Or(c.Arguments, "{}")
		if c.ID == "" {
			h := fnv.New64a()
			fmt.Fprint(h, i, c.Name, c.Arguments)
			c.ID = fmt.Sprintf("call_%016x%d", h.Sum64(), i)
		}
		calls[i] = c
	}
	r.ToolCalls = calls
	if r.FinishReason == "" {
		r.FinishReason = "stop"
		if len(calls) > 0 {
			r.FinishReason = "tool_calls"
		}
	}
	return r
}

// message is the reply in an answer in one piece.
func (r *Reply) message() *message {
	m := &message{Role: "assistant", ReasoningContent: r.Reasoning, Annotations: []any{}}
	if r.Text != "" || len(r.ToolCalls) == 0 && r.Refusal == "" {
		m.Content = &r.Text
	}
	if r.Refusal != "" {
		m.Refusal = &r.Refusal
	}
	for _, c := range r.ToolCalls {
		t := toolCall{ID: c.ID, Type: "function"}
		t.Function.Name, t.Function.Arguments = c.Name, c.Arguments
		m.ToolCalls = append(m.ToolCalls, t)
	}
	return m
}

// words cuts a text behind its spaces.
func words(text string) []string {
	if text == "" {
		return nil
	}
	return strings.SplitAfter(text, " ")
}

func (p *Provider) models(w http.ResponseWriter, _ *http.Request) {
	type model struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Created int64  `json:"created"`
		OwnedBy string `json:"owned_by"`
	}
	list := struct {
		Object string  `json:"object"`
		Data   []model `json:"data"`
	}{Object: "list"}
	for _, id := range []string{"gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "o4-mini", "text-embedding-3-small"} {
		list.Data = append(list.Data, model{id, "model", 1715367049, "fakellm"})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list) // the client may have gone
}
