package llmwire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// maxParameterBytes bounds one parameter that isn't a plain value.
const maxParameterBytes = 2 << 10

// openAIChat is the chat completions API of OpenAI and of those who offer the same.
// Reference: platform.openai.com/docs/api-reference/chat, as of 2026-11.
type openAIChat struct {
	provider   string
	deployment string // of Azure, which needs no model in the body
}

func (e openAIChat) Provider() string { return e.provider }
func (openAIChat) Operation() string  { return "chat" }

// ParseRequest takes messages and tools as input, all else as parameters.
func (e openAIChat) ParseRequest(body []byte, cut bool) Request {
	req := parseChatRequest(body, cut)
	if req.Model == "" {
		req.Model = e.deployment
	}
	return req
}

func parseChatRequest(body []byte, cut bool) Request {
	req := Request{Truncated: cut}
	if cut {
		body = closeJSON(body)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields == nil {
		return req
	}
	input := map[string]json.RawMessage{}
	for name, value := range fields {
		switch name {
		case "model":
			_ = json.Unmarshal(value, &req.Model) // a model of another type is none
		case "stream":
			_ = json.Unmarshal(value, &req.Stream)
		case "stream_options":
			var o struct {
				IncludeUsage bool `json:"include_usage"`
			}
			_ = json.Unmarshal(value, &o)
			req.StreamUsage = o.IncludeUsage
		case "messages", "tools", "functions":
			input[name] = value
		default:
			if p := parameter(value); p != nil {
				if req.Parameters == nil {
					req.Parameters = make(map[string]any, len(fields))
				}
				req.Parameters[name] = p
			}
		}
	}
	switch messages, ok := input["messages"]; {
	case len(input) == 0:
	case ok && len(input) == 1:
		req.Input = bytes.Clone(messages)
	default:
		req.Input = marshal(input)
	}
	var short bool
	req.Input, short = fit(req.Input, MaxCaptureBytes)
	req.Truncated = req.Truncated || short
	return req
}

// parameter returns a plain value, or JSON as a string; nil for null.
func parameter(raw json.RawMessage) any {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return nil
	}
	switch v := v.(type) {
	case nil:
		return nil
	case bool, json.Number:
		return v
	case string:
		return cutText(v, maxParameterBytes)
	case []any:
		texts := make([]string, 0, len(v))
		for _, item := range v {
			if s, ok := item.(string); ok && len(raw) <= maxParameterBytes {
				texts = append(texts, s)
			}
		}
		if len(texts) == len(v) {
			return texts
		}
	}
	return cutText(string(raw), maxParameterBytes)
}

// cutText cuts s to limit bytes, at a rune, and marks it.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + cutMark
}

// Answer returns the accumulator for a stream, an answer in one piece, or an error.
func (openAIChat) Answer(status int, contentType string, req *Request) Accumulator {
	contentType = strings.ToLower(contentType)
	switch {
	case status >= http.StatusMultipleChoices:
		return &errorAnswer{}
	case strings.HasPrefix(contentType, "text/event-stream"),
		req.Stream && !strings.HasPrefix(contentType, "application/json"):
		return newChatStream()
	default:
		return &chatAnswer{}
	}
}
