package llmwire

import (
	"encoding/json"
	"strings"
)

// chatChoice is one message of a stream as far as it has come.
type chatChoice struct {
	role      string
	finish    string
	content   strings.Builder
	refusal   strings.Builder
	reasoning strings.Builder
	calls     []*chatToolCall
	byIndex   map[int]*chatToolCall
	function  *chatToolCall
}

type chatToolCall struct {
	id, kind, name string
	arguments      strings.Builder
}

// call returns the tool call that a delta belongs to: that of its index. Without
// an index, and where a provider gives each call the index 0, a new id begins a
// new call. It returns nil if there are too many.
func (c *chatChoice) call(d *toolCallDelta) *chatToolCall {
	var call *chatToolCall
	if d.Index != nil {
		call = c.byIndex[*d.Index]
	} else if len(c.calls) > 0 {
		call = c.calls[len(c.calls)-1]
	}
	if call != nil && (d.ID == "" || call.id == "" || d.ID == call.id) {
		return call
	}
	if len(c.calls) >= maxToolCalls {
		return nil
	}
	call = &chatToolCall{kind: "function"}
	c.calls = append(c.calls, call)
	if d.Index != nil {
		if c.byIndex == nil {
			c.byIndex = make(map[int]*chatToolCall)
		}
		c.byIndex[*d.Index] = call
	}
	return call
}

// The shapes below are those of a message in an answer in one piece.

type chatMessage struct {
	Role             string            `json:"role"`
	Content          *string           `json:"content"`
	ReasoningContent string            `json:"reasoning_content,omitempty"`
	Refusal          string            `json:"refusal,omitempty"`
	ToolCalls        []messageToolCall `json:"tool_calls,omitempty"`
	FunctionCall     *messageFunction  `json:"function_call,omitempty"`
}

type messageToolCall struct {
	ID       string           `json:"id"`
	Type     string           `json:"type"`
	Function *messageFunction `json:"function,omitempty"`
	Custom   *messageCustom   `json:"custom,omitempty"`
}

type messageFunction struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

type messageCustom struct {
	Name  string `json:"name"`
	Input string `json:"input"`
}

// message encodes the choice.
func (c *chatChoice) message() json.RawMessage {
	m := chatMessage{Role: c.role, ReasoningContent: c.reasoning.String(), Refusal: c.refusal.String()}
	if m.Role == "" {
		m.Role = "assistant"
	}
	if c.content.Len() > 0 || len(c.calls) == 0 && c.function == nil && m.Refusal == "" {
		text := c.content.String()
		m.Content = &text
	}
	for _, call := range c.calls {
		t := messageToolCall{ID: call.id, Type: call.kind}
		if call.kind == "custom" {
			t.Custom = &messageCustom{call.name, call.arguments.String()}
		} else {
			t.Function = &messageFunction{call.name, call.arguments.String()}
		}
		m.ToolCalls = append(m.ToolCalls, t)
	}
	if c.function != nil {
		m.FunctionCall = &messageFunction{c.function.name, c.function.arguments.String()}
	}
	return marshal(m)
}
