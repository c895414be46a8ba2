package langshark

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// Vars are the values of a prompt's variables, and the messages that stand in for its placeholders.
// Strings and bytes are filled in as they are, nil as nothing, an error and a [fmt.Stringer] by
// their text, all else as JSON. A placeholder takes a [Message] or []Message.
type Vars map[string]any

// CompileOption says how variables are filled in. Several may be given.
type CompileOption uint8

const (
	// Lenient leaves variables without a value in the text as they are, leaves
	// out placeholders without messages, and overlooks values that the prompt
	// has no place for. Without it, both are a [*VarsError].
	Lenient CompileOption = 1 << iota
	// JSONSafe escapes what is filled in as the inside of a JSON string, for
	// prompts that are JSON: "question": "{{question}}".
	JSONSafe
)

// VarsError says that variables and values of a prompt don't fit together.
type VarsError struct {
	Prompt  string
	Version int
	// Missing are variables and placeholders without a value, Unknown values without a
	// place. Both are sorted.
	Missing, Unknown []string
}

// Error names them all.
func (e *VarsError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "langshark: prompt %q version %d:", e.Prompt, e.Version)
	list := func(what string, names []string) {
		if len(names) == 0 {
			return
		}
		b.WriteString(" " + what)
		for i, name := range names {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(" " + strconv.Quote(name))
		}
		b.WriteByte(';')
	}
	list("no value for", e.Missing)
	list("it has no", e.Unknown)
	return strings.TrimSuffix(b.String(), ";")
}

// fill finds the values of names in vars, in the order of names, and how many of them it found.
func (vars Vars) fill(values []string, names []string, safe bool) (found int, err error) {
	for i, name := range names {
		v, ok := vars[name]
		if !ok {
			continue
		}
		found++
		s, plain := v.(string)
		if !plain {
			if s, err = textOf(v); err != nil {
				return found, fmt.Errorf("langshark: variable %q: %w", name, err)
			}
		}
		if safe {
			s = jsonInside(s)
		}
		values[i] = s
	}
	return found, nil
}

// textOf is the text of a value that is no string.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case json.RawMessage:
		return string(v), nil
	case Message, []Message:
		return "", fmt.Errorf("messages fit a placeholder, and this is a variable of a text")
	case error:
		return safely(v.Error)
	case fmt.Stringer:
		return safely(v.String)
	}
	return jsonText(v)
}

// jsonText is a value as JSON. Its methods are the application's, and may panic.
func jsonText(v any) (s string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%T: %w", v, panicError(p))
		}
	}()
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "", fmt.Errorf("%T: %w", v, err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// safely calls a method of the application's, such as String of a nil pointer.
func safely(f func() string) (s string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicError(p)
		}
	}()
	return f(), nil
}

// jsonInside is a text as it stands within the quotes of a JSON string.
func jsonInside(s string) string {
	b := jsonx.AppendString(make([]byte, 0, len(s)+2), s)
	return string(b[1 : len(b)-1])
}

// misfit is the error of values that don't fit, nil if they do.
func (vars Vars) misfit(p *Prompt) error {
	found := 0
	for _, name := range p.variables {
		if _, ok := vars[name]; ok {
			found++
		}
	}
	if found == len(p.variables) && found == len(vars) {
		return nil
	}
	e := &VarsError{Prompt: p.name, Version: p.version}
	known := make(map[string]bool, len(p.variables))
	for _, name := range p.variables {
		known[name] = true
		if _, ok := vars[name]; !ok {
			e.Missing = append(e.Missing, name)
		}
	}
	for name := range vars {
		if !known[name] {
			e.Unknown = append(e.Unknown, name)
		}
	}
	slices.Sort(e.Missing)
	slices.Sort(e.Unknown)
	return e
}
