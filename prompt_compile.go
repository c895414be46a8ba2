package langshark

import (
	"fmt"
)

// Compile fills the variables of a text. A variable without a value, and a value without a
// variable, are a [*VarsError], unless [Lenient] is given. Values are never
// searched for variables themselves. A chat is compiled by [Prompt.Messages].
func (p *Prompt) Compile(vars Vars, opts ...CompileOption) (string, error) {
	if p == nil {
		return "", errNoPrompt
	}
	if p.text == nil {
		return "", fmt.Errorf("langshark: prompt %q is a chat: compile it by Messages", p.name)
	}
	o := optionsOf(opts)
	s, found, err := p.text.compile(vars, o&JSONSafe != 0)
	if err != nil {
		return "", fmt.Errorf("%w of prompt %q version %d", err, p.name, p.version)
	}
	if o&Lenient == 0 && (found < len(p.variables) || found < len(vars)) {
		return "", vars.misfit(p)
	}
	return s, nil
}

// Messages fills the variables and placeholders of a chat, with the errors of
// [Prompt.Compile]. A text becomes one message of role user.
func (p *Prompt) Messages(vars Vars, opts ...CompileOption) ([]Message, error) {
	if p == nil {
		return nil, errNoPrompt
	}
	if p.text != nil {
		s, err := p.Compile(vars, opts...)
		if err != nil {
			return nil, err
		}
		return []Message{{Role: "user", Content: s}}, nil
	}
	o := optionsOf(opts)
	if o&Lenient == 0 {
		if err := vars.misfit(p); err != nil {
			return nil, err
		}
	}
	list := make([]Message, 0, len(p.messages))
	for i := range p.messages {
		m := &p.messages[i]
		if m.content == nil {
			given, err := messagesOf(vars[m.placeholder])
			if err != nil {
				return nil, fmt.Errorf("langshark: placeholder %q of prompt %q version %d: %w", m.placeholder, p.name, p.version, err)
			}
			list = append(list, given...)
			continue
		}
		s, _, err := m.content.compile(vars, o&JSONSafe != 0)
		if err != nil {
			return nil, fmt.Errorf("%w of prompt %q version %d", err, p.name, p.version)
		}
		message := m.message
		message.Content = s
		list = append(list, message)
	}
	return list, nil
}

func optionsOf(opts []CompileOption) (all CompileOption) {
	for _, o := range opts {
		all |= o
	}
	return all
}

func messagesOf(v any) ([]Message, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case Message:
		return []Message{v}, nil
	case []Message:
		return v, nil
	}
	return nil, fmt.Errorf("it takes langshark.Message or []langshark.Message, not %T", v)
}
