// Package chat finds conversations in the recorded input and output of model
// calls, whatever API they were made for: OpenAI chat and responses, Anthropic
// messages, Gemini contents, LangChain messages, and plain text.
package chat

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Role is who speaks.
type Role string

// The roles.
const (
	System    Role = "system"
	Developer Role = "developer"
	User      Role = "user"
	Assistant Role = "assistant"
	Tool      Role = "tool"
	Other     Role = "other"
)

// PartKind is what a part of a message holds.
type PartKind uint8

// The kinds of parts.
const (
	Text     PartKind = iota
	Call              // a request to run a tool
	Result            // what a tool answered
	Thinking          // reasoning the model showed
	Refusal
	Image
	Audio
	File
	Data // anything else, as JSON
)

// Part is a piece of a message.
type Part struct {
	Kind PartKind
	// Text is the text of Text, Thinking, Refusal and Result, the name of a
	// File, the address or media type of an Image.
	Text string
	// Name and ID are the tool's and the call's of Call and Result.
	Name string
	ID   string
	// JSON is the arguments of a Call, a structured Result, or Data.
	JSON string
	// Inline is set for an Image whose bytes are in the message: a data URL of
	// a raster format, safe to show.
	Inline string
	// Media is set for an Image, Audio or File that the payload refers to: its id. Its
	// Text is the media type then.
	Media string
}

// Message is one turn.
type Message struct {
	Role  Role
	Name  string
	Parts []Part
}

// Conversation is what was found in a payload.
type Conversation struct {
	Messages []Message
	// Tools counts the tools that were offered to the model.
	Tools int
	// Plain is set if the payload is a text rather than messages.
	Plain bool
}

const maxDepth = 8

// Parse reads a payload. ok is false if it is no conversation: show it as JSON.
// speaker is who is taken to speak where the payload doesn't say.
func Parse(payload []byte, speaker Role) (c Conversation, ok bool) {
	payload = bytes.TrimSpace(payload)
	if len(payload) == 0 {
		return Conversation{}, false
	}
	v, err := decode(payload)
	if err != nil {
		return Conversation{Plain: true, Messages: []Message{{Role: speaker, Parts: texts(string(payload))}}}, true
	}
	c.Messages, c.Tools, ok = find(v, speaker, 0)
	if s, isText := v.(string); isText && !ok {
		return Conversation{Plain: true, Messages: []Message{{Role: speaker, Parts: texts(s)}}}, true
	}
	if !ok || len(c.Messages) == 0 {
		return Conversation{}, false
	}
	return c, true
}

func decode(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

// find looks for messages in v and the places where the APIs keep them.
func find(v any, speaker Role, depth int) (messages []Message, tools int, ok bool) {
	if depth > maxDepth {
		return nil, 0, false
	}
	switch v := v.(type) {
	case []any:
		m, ok := list(v, speaker, depth)
		return m, 0, ok
	case map[string]any:
		return object(v, speaker, depth)
	case string:
		// A payload that was encoded twice.
		if t := strings.TrimSpace(v); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
			if inner, err := decode([]byte(t)); err == nil {
				return find(inner, speaker, depth+1)
			}
		}
	}
	return nil, 0, false
}

func list(v []any, speaker Role, depth int) ([]Message, bool) {
	if len(v) == 0 {
		return nil, false
	}
	var out []Message
	for _, e := range v {
		if nested, isList := e.([]any); isList && len(v) == 1 { // LangChain batches
			return list(nested, speaker, depth+1)
		}
		m, ok := e.(map[string]any)
		if !ok {
			return nil, false
		}
		msg, ok := message(m, speaker, depth)
		if !ok {
			return nil, false
		}
		out = append(out, msg)
	}
	return out, true
}

func object(m map[string]any, speaker Role, depth int) (messages []Message, tools int, ok bool) {
	if offered, isList := m["tools"].([]any); isList {
		tools = len(offered)
	}
	var head []Message
	for _, key := range []string{"system", "instructions", "system_instruction", "systemInstruction"} {
		if p := parts(m[key], depth); len(p) > 0 {
			head = append(head, Message{Role: System, Parts: p})
		}
	}
	for _, key := range []string{"messages", "contents", "choices", "candidates"} {
		if l, isList := m[key].([]any); isList {
			if msgs, ok := list(l, speaker, depth+1); ok {
				return append(head, msgs...), tools, true
			}
		}
	}
	if msg, ok := message(m, speaker, depth); ok {
		return append(head, msg), tools, true
	}
	for _, key := range []string{"input", "output", "message", "kwargs", "response"} {
		if _, isText := m[key].(string); isText && (len(head) > 0 || tools > 0) {
			return append(head, Message{Role: speaker, Parts: parts(m[key], depth)}), tools, true
		}
		if l, isList := m[key].([]any); isList {
			if msgs, ok := list(l, speaker, depth+1); ok {
				return append(head, msgs...), tools, true
			}
		}
		if inner, isMap := m[key].(map[string]any); isMap && len(m) <= 2 {
			if msgs, n, ok := object(inner, speaker, depth+1); ok {
				return append(head, msgs...), max(tools, n), true
			}
		}
	}
	// {"question": "…"}: one text under a usual name.
	if len(m) == 1 {
		for key, e := range m {
			if s, isText := e.(string); isText && soleText[key] {
				return []Message{{Role: speaker, Parts: texts(s)}}, 0, true
			}
		}
	}
	return nil, 0, false
}

var soleText = map[string]bool{
	"input": true, "output": true, "question": true, "query": true, "prompt": true, "text": true,
	"answer": true, "completion": true, "content": true, "message": true, "result": true,
}
