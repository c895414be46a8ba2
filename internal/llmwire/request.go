package llmwire

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// maxParameterBytes bounds one parameter that isn't a plain value.
const maxParameterBytes = 2 << 10

// shape says what the fields of a request are. Those it doesn't name are parameters.
type shape struct {
	// main is the field that alone is the input, as in messages.
	main string
	// input are further fields that belong to the input, as in tools. If one of
	// them is there the input is an object with these fields.
	input []string
	// groups are objects whose members are parameters.
	groups []string
	// all says that everything is input.
	all bool
	// streams says that the answer comes in pieces unless the request forbids it.
	streams bool
}

// isInput reports whether a field belongs to the input.
func (s *shape) isInput(name string) bool {
	return s.all || name == s.main || slices.Contains(s.input, name)
}

type field struct {
	name  string
	value []byte
}

// parse reads a request's JSON. It doesn't keep the body.
func (s *shape) parse(body []byte, cut bool) Request {
	req := Request{Truncated: cut, Stream: s.streams}
	body = readable(body, cut)
	var inputs []field
	r := jsonx.NewReader(body)
	for ok := r.Object(); ok && r.Member(); {
		switch name := string(r.Key); {
		case name == "model":
			r.Set(&req.Model, maxWordBytes)
		case name == "stream":
			if r.Next() == 'n' {
				r.Skip()
				continue
			}
			req.Stream = r.Bool()
		case name == "stream_options":
			req.StreamUsage = includeUsage(&r)
		case s.isInput(name):
			value := r.Raw()
			if string(value) == "null" || string(value) == `""` && name != s.main && !s.all { // Ollama's SDK sends what it hasn't
				continue
			}
			inputs = putField(inputs, name, value)
		case slices.Contains(s.groups, name) && r.Next() == '{':
			for r.Object(); r.Member(); {
				req.parameter(string(r.Key), r.Raw())
			}
		default:
			req.parameter(name, r.Raw())
		}
	}
	req.Input = s.join(inputs)
	req.Foreign = req.Input == nil && req.Model == "" && len(body) > 0 && !cut
	var short bool
	req.Input, short = fit(req.Input, MaxCaptureBytes)
	req.Truncated = req.Truncated || short
	return req
}

// join makes the input of its fields.
func (s *shape) join(inputs []field) json.RawMessage {
	switch {
	case len(inputs) == 0:
		return nil
	case len(inputs) == 1 && inputs[0].name == s.main:
		return inputs[0].value
	}
	size := 2
	for _, f := range inputs {
		size += len(f.name) + len(f.value) + 8
	}
	o := jsonx.BeginObject(make([]byte, 0, size))
	for _, f := range inputs {
		o.Name(f.name) // as it stood in JSON
		o.Dst = append(o.Dst, f.value...)
	}
	return o.End()
}

// readable returns valid JSON without blanks: the body, or what can be made of
// its first bytes; else nil.
func readable(body []byte, cut bool) []byte {
	out, _, _, err := jsonx.AppendCompact(make([]byte, 0, len(body)), body, "")
	if err == nil {
		return out
	}
	if !cut {
		return nil
	}
	return closeJSON(body)
}

func putField(fields []field, name string, value []byte) []field {
	for i := range fields {
		if fields[i].name == name {
			fields[i].value = value // the last one counts, as everywhere
			return fields
		}
	}
	return append(fields, field{name, value})
}

func includeUsage(r *jsonx.Reader) (yes bool) {
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) == "include_usage" {
			yes = r.Bool()
		} else {
			r.Skip()
		}
	}
	return yes
}

// listIn returns a reader of an input at the list of that name: at the input
// itself, if that is no object.
func listIn(input []byte, name string) jsonx.Reader {
	r := jsonx.NewReader(input)
	if r.Next() == '{' {
		enter(&r, name)
	}
	return r
}

// parameter adds a plain value, or JSON as a string; null adds nothing.
func (req *Request) parameter(name string, raw []byte) {
	v := parameter(raw)
	if v == nil || name == "" {
		return
	}
	if req.Parameters == nil {
		req.Parameters = make(map[string]any)
	}
	req.Parameters[name] = v
}

func parameter(raw []byte) any {
	if len(raw) == 0 {
		return nil
	}
	switch raw[0] {
	case 'n':
		return nil
	case 't', 'f':
		return raw[0] == 't'
	case '"':
		r := jsonx.NewReader(raw)
		return cutText(r.String(), maxParameterBytes)
	case '[':
		if texts := stringList(raw); texts != nil {
			return texts
		}
	case '{':
	default:
		return json.Number(raw)
	}
	return cutText(strings.ToValidUTF8(string(raw), "\ufffd"), maxParameterBytes)
}

// stringList returns a list of strings, nil for another or a long one.
func stringList(raw []byte) []string {
	if len(raw) > maxParameterBytes {
		return nil
	}
	texts := []string{}
	r := jsonx.NewReader(raw)
	for ok := r.Array(); ok && r.Item(); {
		if r.Next() != '"' {
			return nil
		}
		texts = append(texts, r.String())
	}
	return texts
}

// cutText cuts s to limit bytes, at a rune, and marks it.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + cutMark
}
