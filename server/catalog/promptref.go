package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// A reference stands in a text as @@@langfusePrompt:name=N|version=V@@@, or with |label=L.
const (
	referenceStart = "@@@langfusePrompt:"
	referenceEnd   = "@@@"
)

// maxReferences is how many different prompts one version may refer to.
const maxReferences = 100

// reference says which version of which prompt a text wants in its place.
type reference struct {
	name string
	PromptSelection
}

// named names what is referred to.
func (r reference) named() ingest.Reason {
	return say("'%s' with %s", r.name, r.PromptSelection.named())
}

// TextPart is a piece of the text of a prompt.
type TextPart struct {
	// Text is how it is written.
	Text string
	// Name and Selection say what a reference refers to; Name is empty for all else.
	Name      string
	Selection PromptSelection
}

// TextParts takes a text apart at its references. Put together the parts are the text.
func TextParts(text string) (parts []TextPart) {
	literal, rest := 0, 0 // where the part begins, and what is still unread
	for {
		start := strings.Index(text[rest:], referenceStart)
		if start < 0 {
			break
		}
		start += rest
		inside := start + len(referenceStart)
		n := strings.Index(text[inside:], referenceEnd)
		if n < 0 {
			break
		}
		r, ok := readReference(text[inside : inside+n])
		if !ok { // the next one may begin within it
			rest = inside
			continue
		}
		if start > literal {
			parts = append(parts, TextPart{Text: text[literal:start]})
		}
		rest = inside + n + len(referenceEnd)
		parts = append(parts, TextPart{text[start:rest], r.name, r.PromptSelection})
		literal = rest
	}
	if literal < len(text) {
		parts = append(parts, TextPart{Text: text[literal:]})
	}
	return parts
}

// expand has replace say what stands in the place of each reference. What it says is not looked
// at again, and what only looks like a reference stays.
func expand(text string, replace func(reference) (string, error)) (string, error) {
	var b strings.Builder
	for _, part := range TextParts(text) {
		if part.Name == "" {
			b.WriteString(part.Text)
			continue
		}
		with, err := replace(reference{part.Name, part.Selection})
		if err != nil {
			return "", err
		}
		b.WriteString(with)
	}
	return b.String(), nil
}

// readReference reads what stands between the marks. A name may have any sign but @@@.
func readReference(s string) (r reference, ok bool) {
	s, ok = strings.CutPrefix(s, "name=")
	i := strings.LastIndexByte(s, '|')
	if !ok || i < 1 || strings.ContainsAny(s, "\r\n") {
		return r, false
	}
	r.name = s[:i]
	key, value, _ := strings.Cut(s[i+1:], "=")
	switch key {
	case "version":
		n, err := strconv.ParseUint(value, 10, 31)
		r.Version = int(n)
		return r, err == nil && n > 0
	case "label":
		r.Label = value
		return r, validLabel(value)
	}
	return r, false
}

// promptMessage is a message of a chat: its role and content, or the name of a placeholder.
type promptMessage struct {
	Type    string  `json:"type,omitempty"`
	Name    string  `json:"name,omitempty"`
	Role    string  `json:"role,omitempty"`
	Content *string `json:"content,omitempty"`
}

// mapTexts has f change the text of a prompt, or the contents of its messages.
func mapTexts(kind string, raw json.RawMessage, f func(text string) (string, error)) (json.RawMessage, error) {
	if kind != PromptChat {
		text, err := unquote(raw)
		if err != nil {
			return nil, fmt.Errorf("langshark: text of a prompt: %w", err)
		}
		if text, err = f(text); err != nil {
			return nil, err
		}
		return encode(text)
	}
	var messages []promptMessage
	if err := json.Unmarshal(raw, &messages); err != nil {
		return nil, fmt.Errorf("langshark: messages of a prompt: %w", err)
	}
	for _, m := range messages {
		if m.Content == nil {
			continue
		}
		content, err := f(*m.Content)
		if err != nil {
			return nil, err
		}
		*m.Content = content
	}
	return encode(messages)
}

// mayRefer is false if a prompt surely refers to nothing. An @ may be written as an escape.
func mayRefer(raw json.RawMessage) bool {
	s := string(raw)
	return strings.Contains(s, referenceStart) || strings.Contains(s, `\u00`)
}

// references are those of a prompt, each once.
func references(kind string, raw json.RawMessage) (list []reference, err error) {
	if !mayRefer(raw) {
		return nil, nil
	}
	_, err = mapTexts(kind, raw, func(text string) (string, error) {
		return expand(text, func(r reference) (string, error) {
			if !slices.Contains(list, r) {
				list = append(list, r)
			}
			return "", nil
		})
	})
	return list, err
}

// promptReference keeps that a version refers to another prompt: its parent is
// the version, its name that of the other prompt, by which it is looked for.
type promptReference struct {
	Identity `json:"-"`
	Prompt   string `json:"prompt"` // that refers
	Version  int    `json:"version"`
	// One of these is set.
	ToVersion int    `json:"toVersion,omitempty"`
	ToLabel   string `json:"toLabel,omitempty"`
}

// keepReferences notes what a new version refers to.
func keepReferences(tx store.DocumentTx, p *prompt, v *promptVersion) error {
	list, err := references(p.Type, v.Prompt)
	if err != nil {
		return err
	}
	if len(list) > maxReferences {
		return refused("A prompt may refer to at most %d others, this one has %d references: put some of them together", maxReferences, len(list))
	}
	for _, r := range list {
		if len(r.name) > store.MaxDocumentName {
			return refused("Prompt not found: %s, which is referred to", r.named())
		}
		kept := &promptReference{Identity: Identity{ID: newID()}, Prompt: p.Name, Version: v.Version, ToVersion: r.Version, ToLabel: r.Label}
		if err := put(tx, kindPromptReference, v.ID, r.name, kept); err != nil {
			return err
		}
	}
	return nil
}

// dropReferences forgets what a version refers to.
func dropReferences(tx store.DocumentTx, versionID string) error {
	kept, _, err := list[promptReference](tx, store.DocumentQuery{Kind: kindPromptReference, Parent: versionID, Page: store.Page{Limit: maxReferences}})
	if err != nil {
		return err
	}
	for _, r := range kept {
		if err := tx.Delete(kindPromptReference, r.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// eachReferring calls f with what refers to a prompt.
func eachReferring(r reader, name string, f func(*promptReference) (more bool, err error)) error {
	return each(r, store.DocumentQuery{Kind: kindPromptReference, Names: []string{name}}, func(d *store.Document) (bool, error) {
		ref, err := decode[promptReference](d)
		if err != nil {
			return false, err
		}
		return f(ref)
	})
}

// mostNamed is how many of those that refer an error names.
const mostNamed = 5

// freed refuses, after a change of p that has dropped versions or labels, if a version that
// stays refers to one of them.
func (p *prompt) freed(r reader) error {
	var blocking ingest.Reasons
	n := 0
	err := eachReferring(r, p.Name, func(ref *promptReference) (bool, error) {
		to := PromptSelection{Version: ref.ToVersion, Label: ref.ToLabel}
		if p.ref(to.of(p)) != nil {
			return true, nil
		}
		if n++; n <= mostNamed {
			blocking = append(blocking, say("'%s' version %d (by %s)", ref.Prompt, ref.Version, to.named()))
		}
		return true, nil
	})
	if err != nil || n == 0 {
		return err
	}
	if n > mostNamed {
		return refused("Prompt '%s' is referred to by %s and %d more: change or delete those first", p.Name, blocking, n-mostNamed)
	}
	return refused("Prompt '%s' is referred to by %s: change or delete those first", p.Name, blocking)
}
