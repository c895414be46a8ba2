package langshark

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// LabelProduction is the label of the version that a prompt is asked for by if nothing is said.
const LabelProduction = "production"

// LabelLatest is always on the newest version.
const LabelLatest = "latest"

// Prompt is one version of a managed prompt. It never changes, is shared by
// all who ask for it, and has been taken apart already, so that compiling it costs
// little more than copying its text. All methods may be called on nil.
type Prompt struct {
	name          string
	version       int
	labels, tags  []string
	config        json.RawMessage
	commitMessage string
	fetchedAt     time.Time
	source        PromptOrigin
	text          *template      // nil for a chat
	messages      []chatTemplate // of a chat
	variables     []string       // and placeholders, each once
	experiment    assignment
}

// PromptOrigin says where a prompt was taken from.
type PromptOrigin uint8

const (
	// PromptFetched is from the server, by this process.
	PromptFetched PromptOrigin = iota + 1
	// PromptSaved is from the file of an earlier process. See Config.PromptSnapshot.
	PromptSaved
	// PromptFallback is from the code. See [WithFallback].
	PromptFallback
)

// String is the origin in a word.
func (o PromptOrigin) String() string {
	switch o {
	case PromptFetched:
		return "fetched"
	case PromptSaved:
		return "saved"
	case PromptFallback:
		return "fallback"
	}
	return fmt.Sprintf("PromptOrigin(%d)", uint8(o))
}

// chatTemplate is a message of a chat, or the place for some.
type chatTemplate struct {
	message     Message   // but for its content
	content     *template // nil for a placeholder
	placeholder string
}

var errNoPrompt = errors.New("langshark: the prompt is nil")

// Name is the whole name, with its folders.
func (p *Prompt) Name() string {
	if p == nil {
		return ""
	}
	return p.name
}

// Version begins at 1; a fallback has 0.
func (p *Prompt) Version() int {
	if p == nil {
		return 0
	}
	return p.version
}

// IsChat reports whether it is a list of messages instead of a text.
func (p *Prompt) IsChat() bool { return p != nil && p.text == nil }

// IsFallback reports whether it is the one that the code gave. It is linked to no generation.
func (p *Prompt) IsFallback() bool { return p.Origin() == PromptFallback }

// Origin says where it was taken from.
func (p *Prompt) Origin() PromptOrigin {
	if p == nil {
		return 0
	}
	return p.source
}

// FetchedAt is when the server last said that it is so; the zero time for a fallback.
func (p *Prompt) FetchedAt() time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.fetchedAt
}

// Labels are those that the version had when it was fetched.
func (p *Prompt) Labels() []string {
	if p == nil {
		return nil
	}
	return slices.Clone(p.labels)
}

// Tags are those of all versions.
func (p *Prompt) Tags() []string {
	if p == nil {
		return nil
	}
	return slices.Clone(p.tags)
}

// CommitMessage says what was changed with this version. It may be empty.
func (p *Prompt) CommitMessage() string {
	if p == nil {
		return ""
	}
	return p.commitMessage
}

// Variables are the names of the variables and placeholders, in the order of their first places.
func (p *Prompt) Variables() []string {
	if p == nil {
		return nil
	}
	return slices.Clone(p.variables)
}

// Config is what is kept with the version, as JSON: a model and its parameters, as a rule. See [PromptConfig].
func (p *Prompt) Config() json.RawMessage {
	if p == nil {
		return nil
	}
	return bytes.Clone(p.config)
}

// PromptConfig decodes what is kept with a version of a prompt into a T. Fields
// that T lacks are overlooked; a value of another type is an error that names the prompt and the field.
func PromptConfig[T any](p *Prompt) (T, error) {
	var v T
	if p == nil {
		return v, errNoPrompt
	}
	if len(p.config) == 0 {
		return v, nil
	}
	if err := json.Unmarshal(p.config, &v); err != nil {
		return v, fmt.Errorf("langshark: config of prompt %q version %d: %w", p.name, p.version, err)
	}
	return v, nil
}

// Text is the text as it is written, with its variables; "" for a chat.
func (p *Prompt) Text() string {
	if p == nil || p.text == nil {
		return ""
	}
	return p.text.source
}

// String is the prompt for people to read: its text, or each message with its role.
func (p *Prompt) String() string {
	if p == nil || p.text != nil {
		return p.Text()
	}
	var b strings.Builder
	for i, m := range p.messages {
		if i > 0 {
			b.WriteByte('\n')
		}
		if m.content == nil {
			fmt.Fprintf(&b, "[%s]", m.placeholder)
			continue
		}
		fmt.Fprintf(&b, "%s: %s", m.message.Role, m.content.source)
	}
	return b.String()
}
