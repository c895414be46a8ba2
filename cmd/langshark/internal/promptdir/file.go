// Package promptdir keeps prompts in a folder of Markdown files, one each, made for
// people to read, review and edit.
//
// A file begins with front matter in YAML; the text of the prompt is what follows, to
// the last line break but one of the file. The messages of a chat each begin with a line
// of two @ signs and the role, or "@@ placeholder" and its name:
//
//	---
//	name: support/answer
//	type: chat
//	version: 4
//	labels: [production]
//	config:
//	  model: gpt-4o
//	---
//	@@ system
//	You help customers of {{shop}}.
//	@@ placeholder history
//	@@ user
//	{{question}}
//
// A line of a text that begins with two @ signs itself, after any backslashes, has a backslash more in
// front. Files named .yaml or .yml hold the same in YAML alone, with the prompt as the field prompt.
package promptdir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The types of prompts.
const (
	Text = "text"
	Chat = "chat"
)

// File is a prompt as a file has it.
type File struct {
	// Path is relative to the folder, with slashes.
	Path string
	Name string
	Type string
	// Version is the one on the server that the file was written from or pushed as; 0 for none.
	Version int
	Labels  []string
	Tags    []string
	// Message says what a push changes.
	Message string
	Config  any
	// Text is the prompt of type text, Messages that of type chat.
	Text     string
	Messages []Message
}

// Message is a message of a chat, or the place for some, which has a name only.
type Message struct {
	Role, Content string
	Placeholder   string
}

// front is the front matter, and with the prompt a file in YAML.
type front struct {
	Name    string   `yaml:"name"`
	Type    string   `yaml:"type"`
	Version int      `yaml:"version,omitempty"`
	Labels  []string `yaml:"labels,omitempty,flow"`
	Tags    []string `yaml:"tags,omitempty,flow"`
	Message string   `yaml:"message,omitempty"`
	Config  config   `yaml:"config,omitempty"`
	Prompt  any      `yaml:"prompt,omitempty"`
}

const (
	fence  = "---"
	marker = "@@"
)

// Encode writes a prompt as a Markdown file.
func (f *File) Encode() ([]byte, error) {
	head := front{Name: f.Name, Type: f.Type, Version: f.Version, Labels: f.Labels, Tags: f.Tags, Message: f.Message, Config: config{f.Config}}
	matter, err := head.encode()
	if err != nil {
		return nil, fmt.Errorf("front matter of %s: %w", f.Name, err)
	}
	var b bytes.Buffer
	b.WriteString(fence + "\n")
	b.Write(matter)
	b.WriteString(fence + "\n")
	if f.Type == Text {
		b.WriteString(f.Text)
		b.WriteByte('\n')
		return b.Bytes(), nil
	}
	for _, m := range f.Messages {
		if head := m.Role + m.Placeholder; strings.TrimSpace(head) != head || strings.ContainsAny(head, "\n\r") || strings.HasPrefix(m.Role, "placeholder ") {
			return nil, fmt.Errorf("prompt %s: the role or placeholder %q can't be written on a line of a file", f.Name, head)
		}
		if m.Placeholder != "" {
			fmt.Fprintf(&b, "%s placeholder %s\n", marker, m.Placeholder)
			continue
		}
		fmt.Fprintf(&b, "%s %s\n", marker, m.Role)
		for line := range strings.SplitSeq(m.Content, "\n") {
			if escaped(line) {
				b.WriteByte('\\')
			}
			b.WriteString(line + "\n")
		}
	}
	return b.Bytes(), nil
}

// encode writes the front matter, in YAML's short forms where it reads back so, else in those of JSON: the
// library can't read all that it writes, as a tab at the beginning of a block.
func (h *front) encode() ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	var back front
	if errors.Join(encoder.Encode(h), encoder.Close()) == nil && strict(b.Bytes(), &back) == nil && back.same(h) && !bytes.Contains(b.Bytes(), []byte("\n"+fence+"\n")) {
		return b.Bytes(), nil
	}
	b.Reset()
	for _, field := range []struct {
		name  string
		value any
		leave bool
	}{
		{"name", h.Name, false},
		{"type", h.Type, false},
		{"version", h.Version, h.Version == 0},
		{"labels", h.Labels, len(h.Labels) == 0},
		{"tags", h.Tags, len(h.Tags) == 0},
		{"message", h.Message, h.Message == ""},
		{"config", h.Config.value, h.Config.IsZero()},
	} {
		if field.leave {
			continue
		}
		value, err := json.Marshal(field.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field.name, err)
		}
		fmt.Fprintf(&b, "%s: %s\n", field.name, value)
	}
	return b.Bytes(), nil
}

func (h *front) same(other *front) bool {
	return h.Name == other.Name && h.Message == other.Message && slices.Equal(h.Labels, other.Labels) && slices.Equal(h.Tags, other.Tags) && sameJSON(h.Config.value, other.Config.value)
}

// escaped reports whether a line would be read as the beginning of a message, or as such a line escaped.
func escaped(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, `\`), marker) }

// Decode reads a file. Errors name the field or the line.
func Decode(path string, b []byte) (*File, error) {
	text := strings.TrimPrefix(string(b), "\ufeff")
	var head front
	if isYAML(path) {
		if err := strict([]byte(text), &head); err != nil {
			return nil, err
		}
		return head.file(path)
	}
	if strings.HasPrefix(text, fence+"\r\n") { // somebody's editor or git made all of it so
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	rest, ok := strings.CutPrefix(text, fence+"\n")
	if !ok {
		return nil, errors.New("line 1: a line --- is expected, then front matter in YAML, another line --- and the prompt")
	}
	matter, body, ok := strings.Cut("\n"+rest, "\n"+fence+"\n")
	if !ok {
		return nil, errors.New("the front matter has no end: a line --- is missing")
	}
	if err := strict([]byte(matter), &head); err != nil {
		return nil, err
	}
	f := &File{
		Path: path, Name: head.Name, Type: head.Type, Version: head.Version, Labels: head.Labels, Tags: head.Tags, Message: head.Message, Config: head.Config.value,
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.Type == Text {
		f.Text = strings.TrimSuffix(body, "\n")
		return f, nil
	}
	return f, f.messages(body)
}

// messages reads the body of a chat.
func (f *File) messages(body string) error {
	var lines []string
	open := false
	end := func() {
		if open {
			f.Messages[len(f.Messages)-1].Content = strings.Join(lines, "\n")
		}
		lines, open = nil, false
	}
	for i, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
		head, ok := strings.CutPrefix(line, marker+" ")
		switch {
		case ok:
			end()
			role := strings.TrimSpace(head)
			if name, is := strings.CutPrefix(role, "placeholder "); is {
				f.Messages = append(f.Messages, Message{Placeholder: strings.TrimSpace(name)})
				continue
			}
			if role == "" {
				return fmt.Errorf("line %d of the prompt: %s needs a role, as in %s system", i+1, marker, marker)
			}
			f.Messages, open = append(f.Messages, Message{Role: role}), true
		case open:
			if escaped(line) {
				line = strings.TrimPrefix(line, `\`)
			}
			lines = append(lines, line)
		case strings.TrimSpace(line) != "":
			return fmt.Errorf("line %d of the prompt: a chat begins with a line like %s system, and nothing stands behind a placeholder", i+1, marker)
		}
	}
	end()
	if len(f.Messages) == 0 {
		return fmt.Errorf("a chat needs messages, each below a line like %s system", marker)
	}
	return nil
}

// strict decodes YAML and refuses fields that there aren't.
func strict(b []byte, into *front) error {
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("front matter: %w", err)
	}
	return nil
}

func isYAML(path string) bool {
	return strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")
}

// file is what a file in YAML alone says.
func (h *front) file(path string) (*File, error) {
	f := &File{Path: path, Name: h.Name, Type: h.Type, Version: h.Version, Labels: h.Labels, Tags: h.Tags, Message: h.Message, Config: h.Config.value}
	if f.Type == "" {
		if _, is := h.Prompt.([]any); is {
			f.Type = Chat
		}
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.Type == Text {
		text, ok := h.Prompt.(string)
		if !ok {
			return nil, errors.New("prompt: a text is expected")
		}
		f.Text = text
		return f, nil
	}
	b, err := json.Marshal(h.Prompt)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	f.Messages, err = decodeMessages(b)
	return f, err
}

// check fills in what may be left out and finds what may not.
func (f *File) check() error {
	if f.Type == "" {
		f.Type = Text
	}
	switch {
	case f.Name == "":
		return errors.New("name: it is missing")
	case f.Type != Text && f.Type != Chat:
		return fmt.Errorf("type: %q is neither text nor chat", f.Type)
	case f.Version < 0:
		return fmt.Errorf("version: %d is below 0", f.Version)
	}
	return nil
}
