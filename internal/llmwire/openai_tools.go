package llmwire

import "github.com/langshark/langshark-go/internal/jsonx"

// toolDelta is a piece of a tool call, or a whole one, as it stands in the bytes read.
type toolDelta struct {
	index           int
	indexed         bool
	id, kind        []byte
	name, arguments []byte
	custom          bool
}

// read takes a member of tool_calls.
func (d *toolDelta) read(r *jsonx.Reader) {
	*d = toolDelta{}
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "index":
			if raw := r.Raw(); string(raw) != "null" {
				v := jsonx.NewReader(raw)
				d.index, d.indexed = int(min(v.Int(), 1<<30)), true
			}
		case "id":
			d.id = r.Raw()
		case "type":
			d.kind = r.Raw()
		case "function":
			d.function(r)
		case "custom":
			d.custom = true
			d.function(r)
		default:
			r.Skip()
		}
	}
}

// function takes {"name", "arguments"}, or "input" of a custom tool.
func (d *toolDelta) function(r *jsonx.Reader) {
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "name":
			d.name = r.Raw()
		case "arguments", "input":
			d.arguments = r.Raw()
		default:
			r.Skip()
		}
	}
}

// whole makes a call of a delta that has all of it.
func (d *toolDelta) whole() ToolCall {
	k := keeper{room: MaxCaptureBytes}
	return ToolCall{ID: word(d.id), Name: word(d.name), Arguments: text(k.value(nil, d.arguments))}
}

// chatToolCall is a tool call of a stream as far as it has come.
type chatToolCall struct {
	id, kind, name string
	arguments      []byte
}

// call returns the tool call that a delta belongs to: that of its index. Without
// an index, and where a provider gives each call the index 0, a new id begins a
// new call. It returns nil if there are too many.
func (c *chatChoice) call(d *toolDelta) *chatToolCall {
	var call *chatToolCall
	if d.indexed {
		call = c.byIndex[d.index]
	} else if len(c.calls) > 0 {
		call = c.calls[len(c.calls)-1]
	}
	if call != nil && (!present(d.id) || call.id == "" || sameText(d.id, call.id)) {
		return call
	}
	if len(c.calls) >= maxToolCalls {
		return nil
	}
	call = &chatToolCall{kind: "function"}
	c.calls = append(c.calls, call)
	if d.indexed {
		if c.byIndex == nil {
			c.byIndex = make(map[int]*chatToolCall)
		}
		c.byIndex[d.index] = call
	}
	return call
}

// sameText reports whether a string as it stands in JSON is s.
func sameText(raw []byte, s string) bool {
	return len(raw) >= 2 && (string(raw[1:len(raw)-1]) == s || word(raw) == s)
}

// add puts a piece into the call, and reports whether it says something.
func (t *chatToolCall) add(d *toolDelta, k *keeper) bool {
	if t.name == "" {
		t.name = word(d.name)
	}
	before := len(t.arguments)
	t.arguments = k.value(t.arguments, d.arguments)
	return len(t.arguments) > before || present(d.name)
}
