package fakellm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

const maxRequestBytes = 32 << 20

// Request is a chat request as the provider received it.
type Request struct {
	Model    string    `json:"model"`
	Messages []Message `json:"messages"`
	Tools    []Tool    `json:"tools"`
	Stream   bool      `json:"stream"`
	// N is how many choices are asked for, at least 1.
	N             int `json:"n"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`

	// Choice is the one that is asked for, from 0 to N-1.
	Choice int `json:"-"`
	// Header is that of the HTTP request.
	Header http.Header `json:"-"`
	// Body is the whole request.
	Body json.RawMessage `json:"-"`
}

// Message is one message of a conversation.
type Message struct {
	Role       string     `json:"role"`
	Content    Content    `json:"content"`
	Name       string     `json:"name"`
	ToolCallID string     `json:"tool_call_id"`
	ToolCalls  []toolCall `json:"tool_calls"`
}

// Content is a message's text; of a message in parts, that of its text parts.
type Content string

// UnmarshalJSON takes a string, null, or a list of parts.
func (c *Content) UnmarshalJSON(b []byte) error {
	*c = ""
	if bytes.HasPrefix(b, []byte("[")) {
		var parts []struct {
			Text string `json:"text"`
		}
		if err := json.Unmarshal(b, &parts); err != nil {
			return err
		}
		for _, p := range parts {
			*c += Content(p.Text)
		}
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*c = Content(s)
	return nil
}

// Tool is a function that the model may call.
type Tool struct {
	Function struct {
		Name string `json:"name"`
	} `json:"function"`
}

// Last returns the last message, the zero Message if there is none.
func (r *Request) Last() Message {
	if len(r.Messages) == 0 {
		return Message{}
	}
	return r.Messages[len(r.Messages)-1]
}

// LastUser returns the text of the user's last message.
func (r *Request) LastUser() string {
	for _, m := range slices.Backward(r.Messages) {
		if m.Role == "user" {
			return string(m.Content)
		}
	}
	return ""
}

// System returns the text of the system and developer messages.
func (r *Request) System() string {
	var texts []string
	for _, m := range r.Messages {
		if m.Role == "system" || m.Role == "developer" {
			texts = append(texts, string(m.Content))
		}
	}
	return strings.Join(texts, "\n")
}

// HasTool reports whether the model may call the named function.
func (r *Request) HasTool(name string) bool {
	return slices.ContainsFunc(r.Tools, func(t Tool) bool { return t.Function.Name == name })
}

// ToolResult returns what the named tool answered after the user's last message.
func (r *Request) ToolResult(name string) (string, bool) {
	ids := map[string]bool{}
	result, found := "", false
	for _, m := range r.Messages {
		if m.Role == "user" {
			result, found = "", false
		}
		for _, c := range m.ToolCalls {
			if c.Function.Name == name {
				ids[c.ID] = true
			}
		}
		if m.Role == "tool" && ids[m.ToolCallID] {
			result, found = string(m.Content), true
		}
	}
	return result, found
}

// readChat reads and checks a request as the provider does.
func readChat(r *http.Request) (*Request, *Error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxRequestBytes))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return nil, invalid("", "Request body is too large.")
	} else if err != nil {
		return nil, invalid("", "The body of your request could not be read.")
	}
	req := &Request{Body: body, Header: r.Header.Clone()}
	if err := json.Unmarshal(body, req); err != nil {
		return nil, invalid("", "We could not parse the JSON body of your request. ("+err.Error()+")")
	}
	switch {
	case req.Model == "":
		return nil, invalid("model", "you must provide a model parameter")
	case len(req.Messages) == 0:
		return nil, invalid("messages", "Missing required parameter: 'messages'.")
	case req.N < 0 || req.N > 128:
		return nil, invalid("n", "Invalid 'n': integer out of range.")
	}
	req.N = max(req.N, 1)
	return req, nil
}
