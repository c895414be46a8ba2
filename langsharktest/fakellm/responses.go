package fakellm

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// The Responses API, as OpenAI has it in 2026-11.

var responsesEndpoint = &endpoint{
	api: Responses, vendor: openAI, read: readResponses, answer: answerResponses, stream: streamResponses, broken: failResponses,
}

// inquiry is the part of a Responses request that the provider looks at.
type inquiry struct {
	Model        string          `json:"model"`
	Input        json.RawMessage `json:"input"`
	Instructions Content         `json:"instructions"`
	Previous     string          `json:"previous_response_id"`
	Stream       bool            `json:"stream"`
	Store        *bool           `json:"store"`
	Tools        []struct {
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"tools"`
	StreamOptions struct {
		Obfuscation *bool `json:"include_obfuscation"`
	} `json:"stream_options"`
	fields map[string]json.RawMessage
}

// inputItem is one of the items that are the input.
type inputItem struct {
	Type      string  `json:"type"`
	Role      string  `json:"role"`
	Content   Content `json:"content"`
	CallID    string  `json:"call_id"`
	Name      string  `json:"name"`
	Arguments string  `json:"arguments"`
	Input     string  `json:"input"`
	Output    Content `json:"output"`
}

func readResponses(c *call) *Error {
	in := &inquiry{}
	if e := c.parse(in); e != nil {
		return e
	}
	_ = json.Unmarshal(c.req.Body, &in.fields) // was an object just now
	c.in = in
	switch {
	case in.Model == "":
		return &Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Param: "model", Code: "missing_required_parameter", Message: "Missing required parameter: 'model'."}
	case len(in.Input) == 0:
		return &Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Param: "input", Code: "missing_required_parameter", Message: "Missing required parameter: 'input'."}
	}
	req := c.req
	req.Model, req.Stream = in.Model, in.Stream
	if in.Instructions != "" {
		req.say("system", string(in.Instructions))
	}
	if in.Previous != "" {
		before, ok := c.p.recall(in.Previous)
		if !ok {
			return &Error{
				Status: http.StatusBadRequest, Type: "invalid_request_error", Param: "previous_response_id", Code: "previous_response_not_found",
				Message: fmt.Sprintf("Previous response with id '%s' not found.", in.Previous),
			}
		}
		req.Messages = append(req.Messages, before...)
	}
	for _, t := range in.Tools {
		if t.Name == "" {
			t.Name = t.Type // one of OpenAI's own
		}
		req.offer(t.Name)
	}
	var text string
	var items []inputItem
	if json.Unmarshal(in.Input, &text) == nil {
		items = []inputItem{{Role: "user", Content: Content(text)}}
	} else if json.Unmarshal(in.Input, &items) != nil {
		return invalid("input", "Invalid type for 'input': expected one of a string or array of input items.")
	}
	return req.readItems(items)
}

// readItems adds input items as messages. Calls stand beside what was said with
// them; each must have a result, and each result a call.
func (r *Request) readItems(items []inputItem) *Error {
	open := map[string]bool{} // false: answered
	for _, m := range r.Messages {
		for _, c := range m.ToolCalls {
			open[c.ID] = true
		}
		if m.Role == "tool" {
			open[m.ToolCallID] = false
		}
	}
	refers := false // to items that aren't here
	for _, it := range items {
		switch it.Type {
		case "", "message":
			r.say(it.Role, string(it.Content))
		case "function_call", "custom_tool_call":
			if n := len(r.Messages); n == 0 || r.Messages[n-1].Role != "assistant" {
				r.say("assistant", "")
			}
			last := &r.Messages[len(r.Messages)-1]
			last.ToolCalls = append(last.ToolCalls, called(it.CallID, it.Name, it.Arguments+it.Input))
			open[it.CallID] = true
		case "function_call_output", "custom_tool_call_output":
			if _, known := open[it.CallID]; !known && !refers {
				return invalid("input", "No tool call found for function call output with call_id "+it.CallID+".")
			}
			open[it.CallID] = false
			r.Messages = append(r.Messages, Message{Role: "tool", ToolCallID: it.CallID, Content: it.Output})
		case "item_reference":
			refers = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(open)) {
		if open[id] {
			return invalid("input", "No tool output found for function call "+id+".")
		}
	}
	return nil
}

// store remembers a conversation up to an answer, for previous_response_id.
func (c *call) store(id string) {
	in := c.in.(*inquiry)
	if in.Store != nil && !*in.Store {
		return
	}
	r := &c.replies[0]
	m := Message{Role: "assistant", Content: Content(r.Text + r.Refusal)}
	for _, t := range r.ToolCalls {
		m.ToolCalls = append(m.ToolCalls, called(t.ID, t.Name, t.Arguments))
	}
	conversation := append(slices.Clone(c.req.Messages), m)
	if in.Instructions != "" {
		conversation = conversation[1:] // not carried over
	}
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.stored) == maxKept {
		delete(p.answers, p.stored[0])
		p.stored = p.stored[1:]
	}
	p.answers[id] = conversation
	p.stored = append(p.stored, id)
}

func (p *Provider) recall(id string) ([]Message, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.answers[id]
	return m, ok
}

// echoed are the fields of a request that come back in the answer, and what is
// there if the request doesn't have them.
var echoed = map[string]string{
	"background": "false", "instructions": "null", "max_output_tokens": "null", "max_tool_calls": "null",
	"metadata": "{}", "parallel_tool_calls": "true", "previous_response_id": "null", "prompt_cache_key": "null",
	"reasoning": `{"effort":null,"summary":null}`, "safety_identifier": "null", "store": "true", "temperature": "1.0",
	"text": `{"format":{"type":"text"},"verbosity":"medium"}`, "tool_choice": `"auto"`, "tools": "[]",
	"top_logprobs": "0", "top_p": "1.0", "truncation": `"disabled"`, "user": "null",
}

// response makes the response object.
func (c *call) response(status string, output []any) map[string]any {
	body := map[string]any{
		"id": c.id("resp_"), "object": "response", "created_at": c.p.now().Unix(), "completed_at": nil, "status": status,
		"error": nil, "incomplete_details": nil, "model": c.model(), "output": output, "service_tier": "default", "usage": nil,
	}
	for k, v := range echoed {
		body[k] = json.RawMessage(v)
		if own, ok := c.in.(*inquiry).fields[k]; ok {
			body[k] = own
		}
	}
	if status == "in_progress" || status == "failed" {
		return body
	}
	if status == "completed" {
		body["completed_at"] = c.p.now().Unix()
	} else {
		why := c.replies[0].finish(map[string]string{"length": "max_output_tokens"})
		body["incomplete_details"] = map[string]string{"reason": why}
	}
	u := c.usage()
	body["usage"] = map[string]any{
		"input_tokens":          u.PromptTokens,
		"input_tokens_details":  map[string]int64{"cached_tokens": u.CachedTokens, "cache_write_tokens": u.CacheWriteTokens},
		"output_tokens":         u.CompletionTokens,
		"output_tokens_details": map[string]int64{"reasoning_tokens": u.ReasoningTokens},
		"total_tokens":          u.PromptTokens + u.CompletionTokens,
	}
	return body
}

// outcome is the status that the reply ends with.
func (r *Reply) outcome() string {
	switch r.FinishReason {
	case "length", "content_filter", "max_output_tokens":
		return "incomplete"
	default:
		return "completed"
	}
}

type thoughtItem struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Summary []any  `json:"summary"`
}

type messageItem struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Status  string `json:"status"`
	Content []any  `json:"content"`
	Role    string `json:"role"`
}

type callItem struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	Arguments string `json:"arguments"`
	CallID    string `json:"call_id"`
	Name      string `json:"name"`
}

type textPart struct {
	Type        string `json:"type"`
	Annotations []any  `json:"annotations"`
	Logprobs    []any  `json:"logprobs"`
	Text        string `json:"text"`
}

type refusalPart struct {
	Type    string `json:"type"`
	Refusal string `json:"refusal"`
}

type summaryPart struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

func outputText(text string) textPart { return textPart{"output_text", []any{}, []any{}, text} }

// output are the items of the reply, all done.
func (c *call) output() []any {
	r, out := &c.replies[0], []any{}
	id := func(prefix string) string { return c.id(prefix) + strconv.Itoa(len(out)) }
	if r.Reasoning != "" {
		out = append(out, thoughtItem{id("rs_"), "reasoning", []any{summaryPart{"summary_text", r.Reasoning}}})
	} else if r.ReasoningTokens > 0 {
		out = append(out, thoughtItem{id("rs_"), "reasoning", []any{}})
	}
	if m := (messageItem{id("msg_"), "message", r.outcome(), []any{}, "assistant"}); r.speaks() {
		if r.Text != "" || r.Refusal == "" {
			m.Content = append(m.Content, outputText(r.Text))
		}
		if r.Refusal != "" {
			m.Content = append(m.Content, refusalPart{"refusal", r.Refusal})
		}
		out = append(out, m)
	}
	for _, t := range r.ToolCalls {
		out = append(out, callItem{id("fc_"), "function_call", "completed", t.Arguments, t.ID, t.Name})
	}
	return out
}

// speaks reports whether the reply has a message beside its tool calls.
func (r *Reply) speaks() bool { return r.Text != "" || r.Refusal != "" || len(r.ToolCalls) == 0 }

func answerResponses(c *call) (string, []byte) {
	body := c.response(c.replies[0].outcome(), c.output())
	c.store(c.id("resp_"))
	return "application/json", indented(body)
}
