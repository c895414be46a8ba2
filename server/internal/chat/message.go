package chat

import (
	"encoding/json"
	"strings"
)

var roles = map[string]Role{
	"system": System, "developer": Developer, "user": User, "human": User, "assistant": Assistant, "ai": Assistant,
	"model": Assistant, "bot": Assistant, "tool": Tool, "function": Tool,
	"HumanMessage": User, "AIMessage": Assistant, "AIMessageChunk": Assistant, "SystemMessage": System, "ToolMessage": Tool,
}

// message reads one message; ok is false if m is something else.
func message(m map[string]any, speaker Role, depth int) (Message, bool) {
	if depth > maxDepth {
		return Message{}, false
	}
	// OpenAI choices {"message": {…}}, Gemini candidates {"content": {"parts": […]}}.
	for _, key := range []string{"message", "delta", "content"} {
		if inner, ok := m[key].(map[string]any); ok {
			return message(inner, speaker, depth+1)
		}
	}
	if inner, ok := m["kwargs"].(map[string]any); ok && str(m["type"]) == "constructor" {
		if msg, ok := message(inner, langchainRole(m["id"], speaker), depth+1); ok {
			return msg, true
		}
	}
	if msg, ok := item(m, depth); ok {
		return msg, true
	}
	name := str(m["role"])
	if name == "" {
		name = str(m["type"])
	}
	role, known := roles[name]
	content, hasContent := m["content"]
	switch content.(type) {
	case string, []any, nil:
	default:
		return Message{}, false
	}
	_, hasParts := m["parts"].([]any)
	_, hasCalls := m["tool_calls"].([]any)
	if !known {
		switch {
		case str(m["role"]) != "" && (hasContent || hasParts):
			role = Other
		case hasParts, hasCalls, hasContent && (len(m) == 1 || str(m["type"]) == "message"):
			role = speaker
		default:
			return Message{}, false
		}
	}
	if !hasContent && !hasParts && !hasCalls && m["function_call"] == nil && m["reasoning_content"] == nil && m["refusal"] == nil && m["audio"] == nil {
		return Message{}, false
	}
	return Message{Role: role, Name: str(m["name"]), Parts: messageParts(m, role, depth)}, true
}

func messageParts(m map[string]any, role Role, depth int) []Part {
	var out []Part
	for _, key := range []string{"reasoning_content", "reasoning", "thinking"} {
		if s := str(m[key]); s != "" {
			out = append(out, Part{Kind: Thinking, Text: s})
			break
		}
	}
	body := parts(m["content"], depth)
	if len(body) == 0 {
		body = parts(m["parts"], depth)
	}
	if role == Tool {
		id := str(m["tool_call_id"])
		if len(body) > 0 && (id != "" || str(m["name"]) != "") {
			body[0].ID, body[0].Name = id, str(m["name"])
		}
		for i := range body {
			if body[i].Kind == Text {
				body[i] = result(body[i].Name, body[i].ID, body[i].Text)
			}
		}
	}
	out = append(out, body...)
	if s := str(m["refusal"]); s != "" {
		out = append(out, Part{Kind: Refusal, Text: s})
	}
	calls, _ := m["tool_calls"].([]any)
	for _, c := range calls {
		if call, ok := c.(map[string]any); ok {
			out = append(out, toolCall(call))
		}
	}
	if f, ok := m["function_call"].(map[string]any); ok {
		out = append(out, toolCall(f))
	}
	if m["audio"] != nil {
		a, _ := m["audio"].(map[string]any)
		out = append(out, Part{Kind: Audio, Text: str(a["transcript"])})
	}
	return out
}

func toolCall(c map[string]any) Part {
	p := Part{Kind: Call, ID: str(c["id"]), Name: str(c["name"])}
	args := c["arguments"]
	if args == nil {
		args = c["args"]
	}
	if f, ok := c["function"].(map[string]any); ok {
		p.Name, args = str(f["name"]), f["arguments"]
	}
	p.JSON = argument(args)
	return p
}

// argument returns arguments as JSON; models send them as a text of JSON.
func argument(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return encode(v)
}

// result is a tool's answer: JSON is shown as such, other text as text.
func result(name, id, text string) Part {
	p := Part{Kind: Result, Name: name, ID: id, Text: text}
	if t := strings.TrimSpace(text); (strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[")) && json.Valid([]byte(t)) {
		p.Text, p.JSON = "", t
	}
	return p
}

func langchainRole(id any, speaker Role) Role {
	path, _ := id.([]any)
	if len(path) == 0 {
		return speaker
	}
	if r, ok := roles[str(path[len(path)-1])]; ok {
		return r
	}
	return speaker
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

func encode(v any) string {
	if v == nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
