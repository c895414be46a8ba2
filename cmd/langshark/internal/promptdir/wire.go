package promptdir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
)

// wireMessage is a message of a chat as the API has it.
type wireMessage struct {
	Type    string `json:"type,omitempty"`
	Name    string `json:"name,omitempty"`
	Role    string `json:"role,omitempty"`
	Content string `json:"content"`
}

// FromServer is the file of a version. It has no message: that of the next push is another.
func FromServer(p *hub.Prompt) (*File, error) {
	f := &File{Name: p.Name, Type: p.Type, Version: p.Version, Labels: without(p.Labels, "latest"), Tags: p.Tags}
	if len(p.Config) > 0 {
		d := json.NewDecoder(bytes.NewReader(p.Config))
		d.UseNumber() // which loses no digits
		if err := d.Decode(&f.Config); err != nil {
			return nil, fmt.Errorf("config of %s: %w", p.Name, err)
		}
	}
	if f.Type != Chat {
		f.Type = Text
		if err := json.Unmarshal(p.Prompt, &f.Text); err != nil {
			return nil, fmt.Errorf("prompt %s: %w", p.Name, err)
		}
		return f, nil
	}
	var err error
	if f.Messages, err = decodeMessages(p.Prompt); err != nil {
		return nil, fmt.Errorf("prompt %s: %w", p.Name, err)
	}
	return f, nil
}

func decodeMessages(b []byte) ([]Message, error) {
	var list []wireMessage
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("prompt: a list of messages is expected: %w", err)
	}
	messages := make([]Message, 0, len(list))
	for i, m := range list {
		switch {
		case m.Type == "placeholder" && m.Name != "":
			messages = append(messages, Message{Placeholder: m.Name})
		case m.Role != "":
			messages = append(messages, Message{Role: m.Role, Content: m.Content})
		default:
			return nil, fmt.Errorf("prompt[%d]: role is missing", i)
		}
	}
	return messages, nil
}

// ToServer is the version that a file makes.
func (f *File) ToServer() (*hub.Prompt, error) {
	p := &hub.Prompt{Name: f.Name, Type: f.Type, Labels: f.Labels, Tags: f.Tags, CommitMessage: f.Message}
	if p.Labels == nil {
		p.Labels = []string{}
	}
	var prompt any = f.Text
	if f.Type == Chat {
		list := make([]wireMessage, 0, len(f.Messages))
		for _, m := range f.Messages {
			if m.Placeholder != "" {
				list = append(list, wireMessage{Type: "placeholder", Name: m.Placeholder})
				continue
			}
			list = append(list, wireMessage{Role: m.Role, Content: m.Content})
		}
		prompt = list
	}
	var errs [2]error
	p.Prompt, errs[0] = json.Marshal(prompt)
	if f.Config != nil {
		p.Config, errs[1] = json.Marshal(f.Config)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return p, nil
}

// Same reports whether both say the same: the prompt and its config, not who has which label.
func (f *File) Same(other *File) bool {
	return f.Type == other.Type && f.Text == other.Text && reflect.DeepEqual(f.Messages, other.Messages) && sameJSON(f.Config, other.Config)
}

// sameJSON compares configs by what they are on the wire; none and an empty one are the same.
func sameJSON(a, b any) bool {
	x, y := normal(a), normal(b)
	return reflect.DeepEqual(x, y)
}

func normal(v any) (n any) {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if d.Decode(&n) != nil {
		return v
	}
	if n == nil {
		return map[string]any{}
	}
	return exact(n)
}

// exact writes each number in one form: 1.0 and 1 are the same.
func exact(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = exact(v[key])
		}
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
	case json.Number:
		if r, ok := new(big.Rat).SetString(string(v)); ok && len(v) < maxNumberChars {
			return json.Number(r.RatString())
		}
	}
	return v
}

// maxNumberChars bounds numbers that are worked out: 1e999999 would have a million digits.
const maxNumberChars = 40

func without(list []string, s string) []string {
	var rest []string
	for _, x := range list {
		if x != s {
			rest = append(rest, x)
		}
	}
	return rest
}
