package chatset

import (
	"bytes"
	"encoding/json"
	"time"
)

// Line is one conversation.
type Line struct {
	Messages []Message `json:"messages"`
	Tools    []Tool    `json:"tools,omitempty"`
	Metadata *Metadata `json:"metadata,omitempty"`
}

// Message is one turn. Content is a text, a list of parts if there are images,
// or null beside calls of tools.
type Message struct {
	Role       string     `json:"role"`
	Name       string     `json:"name,omitempty"`
	Content    any        `json:"content"`
	Refusal    string     `json:"refusal,omitempty"`
	ToolCalls  []ToolCall `json:"tool_calls,omitempty"`
	ToolCallID string     `json:"tool_call_id,omitempty"`
}

// ContentPart is a part of a content with images.
type ContentPart struct {
	Type     string    `json:"type"` // text or image_url
	Text     string    `json:"text,omitempty"`
	ImageURL *ImageURL `json:"image_url,omitempty"`
}

// ImageURL is where an image is: an address, or a data URL.
type ImageURL struct {
	URL string `json:"url"`
}

// ToolCall is a request to run a tool.
type ToolCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"` // function
	Function FunctionCall `json:"function"`
}

// FunctionCall is the tool and its arguments, which are JSON in a text.
type FunctionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// Tool is a tool that was offered to the model.
type Tool struct {
	Type     string   `json:"type"` // function
	Function Function `json:"function"`
}

// Function describes a tool.
type Function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Strict      *bool           `json:"strict,omitempty"`
}

// Metadata says where a conversation comes from.
type Metadata struct {
	TraceID       string         `json:"traceId"`
	ObservationID string         `json:"observationId"`
	Name          string         `json:"name,omitempty"`
	Model         string         `json:"model,omitempty"`
	Start         time.Time      `json:"startTime"`
	Scores        map[string]any `json:"scores,omitempty"`
}

// encode is v as JSON in one line, without its end.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
