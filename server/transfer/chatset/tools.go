package chatset

import (
	"bytes"
	"encoding/json"
	"strings"
)

// offered is a tool as any of the APIs writes it.
type offered struct {
	Type         string          `json:"type"`
	Function     *offered        `json:"function"` // OpenAI chat
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	Parameters   json.RawMessage `json:"parameters"`           // OpenAI, Gemini
	JSONSchema   json.RawMessage `json:"parametersJsonSchema"` // Gemini
	InputSchema  json.RawMessage `json:"input_schema"`         // Anthropic
	Strict       *bool           `json:"strict"`
	Declarations []offered       `json:"functionDeclarations"` // Gemini
	Declared     []offered       `json:"function_declarations"`
}

// toolsOf reads the tools of an input. left says that some were left out, as
// the provider runs them itself.
func toolsOf(input json.RawMessage) (tools []Tool, left bool) {
	var in struct{ Tools, Functions []json.RawMessage }
	if json.Unmarshal(input, &in) != nil {
		return nil, false
	}
	for _, raw := range append(in.Tools, in.Functions...) {
		var o offered
		if json.Unmarshal(raw, &o) != nil {
			left = true
			continue
		}
		before := len(tools)
		tools = o.add(tools)
		left = left || len(tools) == before
	}
	return tools, left
}

func (o *offered) add(tools []Tool) []Tool {
	if o.Function != nil {
		return o.Function.add(tools)
	}
	for _, list := range [][]offered{o.Declarations, o.Declared} {
		for i := range list {
			list[i].Parameters = lowerTypes(list[i].Parameters)
			tools = list[i].add(tools)
		}
	}
	if o.Name == "" || o.Type != "" && o.Type != "function" && o.Type != "custom" || o.Type == "custom" && o.InputSchema == nil {
		return tools
	}
	f := Function{Name: o.Name, Description: o.Description, Strict: o.Strict}
	for _, schema := range []json.RawMessage{o.Parameters, o.JSONSchema, o.InputSchema} {
		if len(schema) > 0 && string(schema) != "null" {
			f.Parameters = schema
		}
	}
	return append(tools, Tool{Type: "function", Function: f})
}

// lowerTypes turns the types of Gemini's schemas, as OBJECT, into those of JSON Schema.
func lowerTypes(schema json.RawMessage) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(schema))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || !lower(v) {
		return schema
	}
	b, err := encode(v)
	if err != nil {
		return schema
	}
	return b
}

// lower reports whether it changed something.
func lower(v any) (changed bool) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			changed = lower(e) || changed
		}
	case map[string]any:
		for key, e := range v {
			if s, ok := e.(string); ok && key == "type" && s != strings.ToLower(s) {
				v[key], changed = strings.ToLower(s), true
				continue
			}
			changed = lower(e) || changed
		}
	}
	return changed
}
