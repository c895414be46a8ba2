package langshark

import (
	"encoding/base64"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// Message is one message of a chat. Inputs and outputs of these types are
// encoded without reflection, in the form of OpenAI's Chat Completions, which
// the dashboard shows as a conversation. Any other type is recorded as
// encoding/json writes it.
type Message struct {
	// Role is system, developer, user, assistant or tool.
	Role string
	// Content is the text. Parts take its place if there are any.
	Content string
	Parts   []Part
	// Reasoning is what a model says of its thinking; written as reasoning_content.
	Reasoning string
	// Name tells participants of the same role apart.
	Name string
	// ToolCalls are those that an assistant asks for.
	ToolCalls []ToolCall
	// ToolCallID is, in a message of role tool, the call that it answers.
	ToolCallID string
}

// Part is a part of a message's content: a text, the URL of an image, or a file.
type Part struct {
	// Text is used if the others are empty.
	Text string
	// ImageURL is a link to an image, or a data URI.
	ImageURL string
	// Media is a file: an image, a sound or something else, by its ContentType.
	Media *Media
}

// ToolCall is a call of a function that a model asks for.
type ToolCall struct {
	ID   string
	Name string
	// Arguments are JSON as the model wrote it, which need not be valid.
	Arguments string
}

// isFlat reports whether the value is of messages without files, of which nothing has to be found out.
func isFlat(v any) bool {
	switch v := v.(type) {
	case Message:
		return v.isFlat()
	case []Message:
		for i := range v {
			if !v[i].isFlat() {
				return false
			}
		}
		return true
	}
	return false
}

func (m *Message) isFlat() bool {
	return len(m.Parts) == 0 && !strings.HasPrefix(m.Content, filesBegin) && !strings.HasPrefix(m.Reasoning, filesBegin)
}

// MarshalJSON returns the form that is recorded.
func (m Message) MarshalJSON() ([]byte, error) { return m.appendJSON(nil), nil }

// MarshalJSON returns the form that is recorded.
func (p Part) MarshalJSON() ([]byte, error) { return p.appendJSON(nil), nil }

// MarshalJSON returns the form that is recorded.
func (c ToolCall) MarshalJSON() ([]byte, error) { return c.appendJSON(nil), nil }

func (m *Message) appendJSON(dst []byte) []byte {
	o := jsonx.BeginObject(dst)
	o.String("role", m.Role)
	o.Name("content")
	switch {
	case len(m.Parts) > 0:
		o.Dst = appendList(o.Dst, m.Parts, (*Part).appendJSON)
	case m.Content == "" && len(m.ToolCalls) > 0:
		o.Dst = append(o.Dst, "null"...)
	default:
		o.Dst = jsonx.AppendString(o.Dst, m.Content)
	}
	o.StringIf("reasoning_content", m.Reasoning)
	o.StringIf("name", m.Name)
	if len(m.ToolCalls) > 0 {
		o.Name("tool_calls")
		o.Dst = appendList(o.Dst, m.ToolCalls, (*ToolCall).appendJSON)
	}
	o.StringIf("tool_call_id", m.ToolCallID)
	return o.End()
}

func (p *Part) appendJSON(dst []byte) []byte {
	o := jsonx.BeginObject(dst)
	kind := ""
	if p.Media != nil {
		kind, _, _ = strings.Cut(p.Media.contentType(), "/")
	}
	inner := func(kind string) jsonx.Object {
		o.String("type", kind)
		o.Name(kind)
		return jsonx.BeginObject(o.Dst)
	}
	switch {
	case kind == "audio":
		audio := inner("input_audio")
		audio.Name("data")
		audio.Dst = append(base64.StdEncoding.AppendEncode(append(audio.Dst, '"'), p.Media.Data), '"')
		audio.String("format", audioFormat(p.Media.contentType()))
		o.Dst = audio.End()
	case kind == "image" || p.ImageURL != "":
		image := inner("image_url")
		image.Name("url")
		if p.Media != nil {
			image.Dst = p.Media.appendJSON(image.Dst)
		} else {
			image.Dst = jsonx.AppendString(image.Dst, p.ImageURL)
		}
		o.Dst = image.End()
	case p.Media != nil:
		file := inner("file")
		file.Name("file_data")
		file.Dst = p.Media.appendJSON(file.Dst)
		o.Dst = file.End()
	default:
		o.String("type", "text")
		o.String("text", p.Text)
	}
	return o.End()
}

func (c *ToolCall) appendJSON(dst []byte) []byte {
	o := jsonx.BeginObject(dst)
	o.String("id", c.ID)
	o.String("type", "function")
	o.Name("function")
	f := jsonx.BeginObject(o.Dst)
	f.String("name", c.Name)
	f.String("arguments", c.Arguments)
	o.Dst = f.End()
	return o.End()
}

func appendList[T any](dst []byte, list []T, item func(*T, []byte) []byte) []byte {
	if list == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item(&list[i], dst)
	}
	return append(dst, ']')
}
