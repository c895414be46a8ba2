package chatset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/langshark/langshark-go/server/internal/chat"
)

// Reason says why a generation can't be written.
type Reason string

// The reasons.
const (
	NoInput        Reason = "no input was recorded"
	NoOutput       Reason = "no output was recorded"
	OddInput       Reason = "the input is no conversation"
	OddOutput      Reason = "the output is no message of a model"
	SeveralAnswers Reason = "several answers to choose from"
	OddRole        Reason = "a role that chats don't have"
	Unrecorded     Reason = "an image whose content is not in the record"
	MisplacedImage Reason = "an image that isn't the user's"
	Sound          Reason = "sound"
	Attachment     Reason = "a file"
	OddPart        Reason = "a part that chats don't have"
	LoneResult     Reason = "a tool's result without its call"
	LoneCall       Reason = "a call of a tool without its result"
)

// Note says what was left out of a conversation that was written.
type Note string

// The notes.
const (
	WithoutThinking Note = "the model's reasoning was left out"
	WithoutTool     Note = "tools that the provider runs itself were left out"
)

// refusal is a reason on its way up.
type refusal struct{ reason Reason }

func (r refusal) Error() string { return string(r.reason) }

// Convert makes a conversation of the recorded input and output of a model
// call. It returns the reason if it can't, and else what it has left out.
func Convert(input, output json.RawMessage) (line Line, notes []Note, reason Reason) {
	switch {
	case blank(input):
		return line, nil, NoInput
	case blank(output):
		return line, nil, NoOutput
	}
	asked, ok := chat.Parse(input, chat.User)
	if !ok {
		return line, nil, OddInput
	}
	if several(output) {
		return line, nil, SeveralAnswers
	}
	answered, ok := chat.Parse(output, chat.Assistant)
	if !ok {
		return line, nil, OddOutput
	}
	w := &writer{}
	if err := w.all(asked, answered); err != nil {
		return line, nil, err.reason
	}
	var left bool
	line.Messages = w.messages
	line.Tools, left = toolsOf(input)
	if w.thinking {
		notes = append(notes, WithoutThinking)
	}
	if left {
		notes = append(notes, WithoutTool)
	}
	return line, notes, ""
}

func blank(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null" || string(raw) == `""` || string(raw) == "[]" || string(raw) == "{}"
}

// several reports whether the output is a list of alternatives: whole messages,
// not the items of one answer of the Responses API, or choices.
func several(output json.RawMessage) bool {
	type message struct {
		Type string `json:"type"`
	}
	var list []message
	if json.Unmarshal(output, &list) == nil && len(list) > 1 {
		switch list[0].Type {
		case "", "ai", "AIMessage":
			return true
		}
		return false
	}
	var answer struct{ Choices, Candidates []json.RawMessage }
	return json.Unmarshal(output, &answer) == nil && (len(answer.Choices) > 1 || len(answer.Candidates) > 1)
}

// writer writes messages in OpenAI's form.
type writer struct {
	messages []Message
	// open are the calls whose results have not come yet.
	open     []ToolCall
	calls    int
	thinking bool
}

func (w *writer) all(asked, answered chat.Conversation) *refusal {
	for _, m := range asked.Messages {
		if err := w.message(m); err != nil {
			return err
		}
	}
	if len(w.messages) == 0 {
		return &refusal{OddInput}
	}
	before := len(w.messages)
	if last := w.messages[before-1]; last.Role == "assistant" { // the beginning of the answer was given
		before--
	}
	for _, m := range answered.Messages {
		if m.Role != chat.Assistant {
			return &refusal{OddOutput}
		}
		if err := w.message(m); err != nil {
			return err
		}
	}
	w.join(before)
	if last := w.messages[len(w.messages)-1]; len(w.messages) != before+1 || last.Role != "assistant" {
		return &refusal{OddOutput}
	} else if (last.Content == nil || last.Content == "") && last.Refusal == "" && len(last.ToolCalls) == 0 {
		return &refusal{NoOutput}
	}
	return nil
}

// join makes one message of those of the model from the index on.
func (w *writer) join(from int) {
	for len(w.messages) > from+1 {
		a, b := &w.messages[from], w.messages[from+1]
		if a.Role != "assistant" || b.Role != "assistant" {
			return
		}
		absorb(a, b)
		w.messages = append(w.messages[:from+1], w.messages[from+2:]...)
	}
}

// absorb adds the message b, of the model, to a.
func absorb(a *Message, b Message) {
	one, _ := a.Content.(string)
	two, _ := b.Content.(string)
	if a.Content != nil || b.Content != nil {
		a.Content = one + two
	}
	a.Refusal += b.Refusal
	a.ToolCalls = append(a.ToolCalls, b.ToolCalls...)
}

func (w *writer) message(m chat.Message) *refusal {
	switch m.Role {
	case chat.System, chat.Developer:
		return w.plain("system", m)
	case chat.User, chat.Tool:
		return w.user(m)
	case chat.Assistant:
		return w.assistant(m)
	case chat.Other:
	}
	return &refusal{OddRole}
}

// user writes the results of tools first, which Anthropic and Gemini have in the user's messages.
func (w *writer) user(m chat.Message) *refusal {
	rest := chat.Message{Role: m.Role, Name: m.Name}
	results := 0
	for _, p := range m.Parts {
		if p.Kind != chat.Result {
			rest.Parts = append(rest.Parts, p)
			continue
		}
		results++
		id, ok := w.answer(p)
		if !ok {
			return &refusal{LoneResult}
		}
		w.messages = append(w.messages, Message{Role: "tool", ToolCallID: id, Content: p.Text + p.JSON})
	}
	switch {
	case len(rest.Parts) == 0 && results > 0:
		return nil
	case m.Role == chat.Tool:
		return &refusal{LoneResult}
	}
	return w.plain("user", rest)
}

// answer closes the call that a result belongs to: by id, else the first of its name, else the first.
func (w *writer) answer(p chat.Part) (id string, ok bool) {
	found := -1
	for i, c := range w.open {
		if c.ID == p.ID || p.ID == "" && (p.Name == "" || p.Name == c.Function.Name) {
			found = i
			break
		}
	}
	if found < 0 {
		return "", false
	}
	id = w.open[found].ID
	w.open = append(w.open[:found:found], w.open[found+1:]...)
	return id, true
}

// plain writes a message that calls nothing.
func (w *writer) plain(role string, m chat.Message) *refusal {
	if len(w.open) > 0 {
		return &refusal{LoneCall}
	}
	var parts []ContentPart
	images := false
	for _, p := range m.Parts {
		switch p.Kind {
		case chat.Text:
			parts = append(parts, ContentPart{Type: "text", Text: p.Text})
		case chat.Image:
			url, problem := imageURL(p)
			if problem == "" && role != "user" {
				problem = MisplacedImage
			}
			if problem != "" {
				return &refusal{problem}
			}
			parts, images = append(parts, ContentPart{Type: "image_url", ImageURL: &ImageURL{url}}), true
		case chat.Thinking:
			w.thinking = true
		case chat.Audio:
			return &refusal{Sound}
		case chat.File:
			return &refusal{Attachment}
		case chat.Call, chat.Result, chat.Refusal, chat.Data:
			return &refusal{OddPart}
		}
	}
	out := Message{Role: role, Name: m.Name}
	if images {
		out.Content = parts
	} else {
		texts := make([]string, len(parts))
		for i, p := range parts {
			texts[i] = p.Text
		}
		out.Content = strings.Join(texts, "\n")
	}
	w.messages = append(w.messages, out)
	return nil
}

func imageURL(p chat.Part) (string, Reason) {
	switch {
	case p.Inline != "":
		return p.Inline, ""
	case strings.HasPrefix(p.Text, "https://"), strings.HasPrefix(p.Text, "http://"):
		return p.Text, ""
	}
	return "", Unrecorded
}

func (w *writer) assistant(m chat.Message) *refusal {
	out := Message{Role: "assistant", Name: m.Name}
	var text strings.Builder
	said := false
	for _, p := range m.Parts {
		switch p.Kind {
		case chat.Text:
			text.WriteString(p.Text)
			said = true
		case chat.Call:
			out.ToolCalls = append(out.ToolCalls, w.call(p))
		case chat.Refusal:
			out.Refusal += p.Text
		case chat.Thinking:
			w.thinking = true
		case chat.Image:
			return &refusal{MisplacedImage}
		case chat.Audio:
			return &refusal{Sound}
		case chat.File:
			return &refusal{Attachment}
		case chat.Result, chat.Data:
			return &refusal{OddPart}
		}
	}
	if said {
		out.Content = text.String()
	}
	silent := !said && len(out.ToolCalls) == 0 && out.Refusal == ""
	last := len(w.messages) - 1
	more := last >= 0 && w.messages[last].Role == "assistant"
	switch {
	case silent && (len(m.Parts) > 0 || more): // reasoning alone
		return nil
	case silent:
		out.Content = ""
	}
	if more && len(out.ToolCalls) > 0 { // the Responses API has each call as an item of its own
		absorb(&w.messages[last], out)
	} else {
		if len(w.open) > 0 {
			return &refusal{LoneCall}
		}
		w.messages = append(w.messages, out)
	}
	w.open = append(w.open, out.ToolCalls...)
	return nil
}

func (w *writer) call(p chat.Part) ToolCall {
	w.calls++
	c := ToolCall{ID: p.ID, Type: "function", Function: FunctionCall{Name: p.Name, Arguments: p.JSON}}
	if c.ID == "" {
		c.ID = fmt.Sprint("call_", w.calls)
	}
	if c.Function.Arguments == "" {
		c.Function.Arguments = "{}"
	}
	return c
}
