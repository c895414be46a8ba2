package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/langshark/langshark-go/server/internal/worddiff"
	"github.com/langshark/langshark-go/server/store"
)

// DiffPart is a run of words of which the same has become: equal, delete or insert.
type DiffPart = worddiff.Part

// PromptDiff says what has changed from one version of a prompt to another.
type PromptDiff struct {
	From, To int
	// Parts are those of a text; nil for a chat.
	Parts []DiffPart
	// Messages are those of a chat, of both versions; nil for a text.
	Messages []MessageDiff
	// Config are the parts of the config, as indented JSON.
	Config []DiffPart
}

// MessageDiff is a message of a chat, or its placeholder.
type MessageDiff struct {
	// Role is that of the message; of a placeholder it is empty and Name is set.
	Role, Name string
	Parts      []DiffPart
}

// PromptDiff compares two versions word by word, as they are kept. It takes a bounded time.
func (c *Catalog) PromptDiff(ctx context.Context, projectID, name string, from, to PromptSelection) (*PromptDiff, error) {
	r := c.reader(ctx, projectID)
	p, err := promptNamed(r, name)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, notFound("Prompt not found: '%s'", name)
	}
	var sides [2]*Prompt
	for i, s := range []PromptSelection{from, to} {
		sides[i], err = p.load(r, s.of(p))
		if errors.Is(err, store.ErrNotFound) {
			return nil, promptNotFound(name, s.named())
		}
		if err != nil {
			return nil, err
		}
	}
	return diff(sides[0], sides[1])
}

func diff(a, b *Prompt) (*PromptDiff, error) {
	d := &PromptDiff{From: a.Version, To: b.Version}
	before, err := indented(a.Config)
	if err != nil {
		return nil, err
	}
	after, err := indented(b.Config)
	if err != nil {
		return nil, err
	}
	d.Config = parts(before, after)
	if a.Type == PromptChat {
		d.Messages, err = diffMessages(a.Prompt, b.Prompt)
		return d, err
	}
	x, err := unquote(a.Prompt)
	if err != nil {
		return nil, err
	}
	y, err := unquote(b.Prompt)
	d.Parts = parts(x, y)
	return d, err
}

// parts is never nil.
func parts(a, b string) []DiffPart { return append([]DiffPart{}, worddiff.Diff(a, b)...) }

// indented is JSON with a line for each member, in their order.
func indented(raw json.RawMessage) (string, error) {
	if len(raw) == 0 {
		raw = json.RawMessage("null")
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return "", fmt.Errorf("langshark: config of a prompt: %w", err)
	}
	return b.String(), nil
}

// said is a message that can be compared.
type said struct{ role, name, content string }

func readSaid(raw json.RawMessage) ([]said, error) {
	var messages []promptMessage
	if err := json.Unmarshal(raw, &messages); err != nil {
		return nil, fmt.Errorf("langshark: messages of a prompt: %w", err)
	}
	list := make([]said, len(messages))
	for i, m := range messages {
		if m.Content == nil {
			list[i] = said{name: m.Name, content: "{{" + m.Name + "}}"}
		} else {
			list[i] = said{role: m.Role, content: *m.Content}
		}
	}
	return list, nil
}

// diffMessages finds the messages that are the same; of those between, one that goes and one that comes
// with the same role are taken for one that has changed.
func diffMessages(rawA, rawB json.RawMessage) ([]MessageDiff, error) {
	a, err := readSaid(rawA)
	if err != nil {
		return nil, err
	}
	b, err := readSaid(rawB)
	if err != nil {
		return nil, err
	}
	list := []MessageDiff{}
	var gone, come []said
	flush := func() {
		for len(gone) > 0 || len(come) > 0 {
			var before, after string
			var m said
			switch {
			case len(gone) > 0 && len(come) > 0 && gone[0].role == come[0].role && gone[0].name == come[0].name:
				m, before, after = gone[0], gone[0].content, come[0].content
				gone, come = gone[1:], come[1:]
			case len(gone) > 0 && (len(come) == 0 || len(gone) >= len(come)):
				m, before = gone[0], gone[0].content
				gone = gone[1:]
			default:
				m, after = come[0], come[0].content
				come = come[1:]
			}
			list = append(list, MessageDiff{m.role, m.name, parts(before, after)})
		}
	}
	for _, step := range worddiff.Steps(a, b) {
		switch step.Op {
		case worddiff.Delete:
			gone, a = append(gone, a[:step.N]...), a[step.N:]
		case worddiff.Insert:
			come, b = append(come, b[:step.N]...), b[step.N:]
		case worddiff.Equal:
			flush()
			for _, m := range a[:step.N] {
				list = append(list, MessageDiff{m.role, m.name, parts(m.content, m.content)})
			}
			a, b = a[step.N:], b[step.N:]
		}
	}
	flush()
	return list, nil
}
