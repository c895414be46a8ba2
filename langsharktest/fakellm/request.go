package fakellm

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Request is a request as the provider received it, in the words of chat
// completions whatever wire it came on: a system prompt is a message of the role
// "system", a tool's result one of the role "tool", the model's is "assistant".
type Request struct {
	// API says what was asked, and on which wire.
	API   API    `json:"-"`
	Model string `json:"model"`
	// Messages are the conversation; the texts to embed or to judge, the prompt
	// of a picture, what is to be spoken are of the role "user".
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
	// Files are those of a request in parts: pictures, sounds.
	Files []File `json:"-"`
	// Path is that of the HTTP request, as in "/v1/messages".
	Path string `json:"-"`
	// Header is that of the HTTP request.
	Header http.Header `json:"-"`
	// Body is the whole request.
	Body json.RawMessage `json:"-"`
}

// File is a part of a request that holds a file.
type File struct {
	// Field is the name of the part, as in "image".
	Field string
	// Name is that of the file.
	Name string
	// Data are its bytes.
	Data []byte
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
// The named tool is found by the id of the call, or where there is none by the
// result's own name.
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
		if m.Role == "tool" && (ids[m.ToolCallID] || m.Name == name) {
			result, found = string(m.Content), true
		}
	}
	return result, found
}

// say adds messages of a role.
func (r *Request) say(role string, texts ...string) {
	for _, t := range texts {
		r.Messages = append(r.Messages, Message{Role: role, Content: Content(t)})
	}
}

// offer adds a tool.
func (r *Request) offer(name string) {
	var t Tool
	t.Function.Name = name
	r.Tools = append(r.Tools, t)
}

// called is a tool call in an earlier message.
func called(id, name string, arguments string) toolCall {
	t := toolCall{ID: id, Type: "function"}
	t.Function.Name, t.Function.Arguments = name, arguments
	return t
}

// turn adds a message that tools' results may stand in: they come behind what
// is said beside them, so that it doesn't look like a new question.
func (r *Request) turn(m Message, results []Message) {
	if len(results) == 0 || m.Content != "" {
		r.Messages = append(r.Messages, m)
	}
	r.Messages = append(r.Messages, results...)
}
