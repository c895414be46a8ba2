package langshark

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// PromptOption says which version of a prompt [Client.Prompt] returns, and what if it can't be had.
type PromptOption interface{ promptOption() }

type (
	promptLabel    string
	promptVersion  int
	promptTTL      time.Duration
	promptFallback struct {
		text     string
		chat     bool
		messages []Message
	}
	promptUnit struct{ experiment, unit string }
)

func (promptLabel) promptOption()    {}
func (promptVersion) promptOption()  {}
func (promptTTL) promptOption()      {}
func (promptFallback) promptOption() {}
func (promptUnit) promptOption()     {}

// AtLabel asks for the version that has the label, instead of the one in
// [LabelProduction]. [LabelLatest] is the newest.
func AtLabel(label string) PromptOption { return promptLabel(label) }

// AtVersion asks for one version, from 1. It can't be given together with AtLabel.
func AtVersion(version int) PromptOption { return promptVersion(version) }

// WithTTL asks for a prompt that was fetched, or confirmed by the server, within d,
// instead of Config.PromptTTL, and that the server has told of no change since. An older
// one is still returned at once while a new one is fetched; with 0, a fetch that begins now
// is waited for, and an older one returned only if it fails.
func WithTTL(d time.Duration) PromptOption { return promptTTL(max(d, 0)) }

// WithFallback gives the text to use when the server can't be reached and nothing
// is known from before, or when it has no such prompt. It has the variables of the
// prompt that it stands in for, and is linked to no generation.
func WithFallback(text string) PromptOption { return promptFallback{text: text} }

// WithFallbackMessages is [WithFallback] for a chat. See [Placeholder].
func WithFallbackMessages(messages ...Message) PromptOption {
	return promptFallback{chat: true, messages: messages}
}

// Placeholder stands in a fallback for messages that [Prompt.Messages] is given by that name.
func Placeholder(name string) Message { return Message{Role: rolePlaceholder, Name: name} }

const rolePlaceholder = "placeholder"

// InExperiment asks for the version that an experiment on the prompt gives to a
// unit: a user, a session, or whatever is to see the same version each time. The
// version is picked in the client, by the hash of the unit alone, so that it is
// the same in every process. While there is no such experiment, and for units
// that are outside of it, the prompt is the one that the other options ask for. What was
// given is recorded on the trace in ctx, and on the traces of the generations
// that the prompt is linked to, as metadata:
//
//	langshark.experiment.<prompt>:<name>       the variant
//	langshark.experiment.<prompt>:<name>.unit  16 hexadecimal digits of the unit's hash
func InExperiment(experiment, unit string) PromptOption { return promptUnit{experiment, unit} }

// promptSettings are what options say.
type promptSettings struct {
	label      string
	version    int
	experiment string
	unit       string
	ttl        time.Duration
	hasTTL     bool
	fallback   promptFallback
	falls      bool
	versioned  bool
}

// promptSettingsOf reads options by their types, so that nothing escapes to the heap.
func promptSettingsOf(opts []PromptOption) (s promptSettings) {
	for _, o := range opts {
		switch o := o.(type) {
		case promptLabel:
			s.label = string(o)
		case promptVersion:
			s.version, s.versioned = int(o), true
		case promptTTL:
			s.ttl, s.hasTTL = time.Duration(o), true
		case promptFallback:
			s.fallback, s.falls = o, true
		case promptUnit:
			s.experiment, s.unit = o.experiment, o.unit
		}
	}
	return s
}

// check finds what can't be meant.
func (s *promptSettings) check(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("langshark: prompt: the name is empty")
	case s.versioned && s.version < 1:
		return fmt.Errorf("langshark: prompt %q: AtVersion(%d): versions begin at 1", name, s.version)
	case s.version > 0 && s.label != "":
		return fmt.Errorf("langshark: prompt %q: give AtVersion or AtLabel, not both", name)
	}
	return nil
}

// key is what the version that the settings name is kept by.
func (s *promptSettings) key(name string) promptKey {
	switch {
	case s.version > 0:
		return promptKey{name: name, version: s.version}
	case s.label != "":
		return promptKey{name: name, label: s.label}
	}
	return production(name)
}

// prompt makes the fallback; nil without one.
func (s *promptSettings) prompt(name string) *Prompt {
	if !s.falls {
		return nil
	}
	p := &Prompt{name: strings.Clone(name), source: PromptFallback}
	if !s.fallback.chat {
		p.setText(s.fallback.text)
		return p
	}
	list := make([]chatTemplate, 0, len(s.fallback.messages))
	for _, m := range s.fallback.messages {
		if m.Role == rolePlaceholder {
			list = append(list, chatTemplate{placeholder: m.Name})
			continue
		}
		list = append(list, chatTemplate{message: m, content: parseTemplate(m.Content)})
	}
	p.setMessages(slices.Clip(list))
	return p
}
