package langshark

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// template is a text with variables, taken apart once.
type template struct {
	source string
	slots  []slot
	end    string   // the text behind the last slot
	names  []string // each variable once, in the order of their first places
	uses   []int    // how often each has a slot
	bytes  int      // of all text between slots
}

// slot is the place of a variable.
type slot struct {
	before string // the text between it and the one before
	raw    string // as it is written
	name   int    // which of the names
}

// parseTemplate finds the variables of a text: {{name}}, with spaces around the name
// if one likes. A name begins with a letter or an underscore, of any script, and
// goes on with letters, digits, _ - and periods. All else stays as it is, so that
// JSON with its braces needs no escapes.
func parseTemplate(s string) *template {
	t := &template{source: s}
	index := map[string]int{}
	literal, rest := 0, 0 // where the literal begins, and what is still unread
	for {
		open := strings.Index(s[rest:], "{{")
		if open < 0 {
			break
		}
		open += rest
		name, end := variableAt(s, open+2)
		if end < 0 {
			rest = open + 1 // in {{{x}} the variable begins one later
			continue
		}
		t.add(slot{before: s[literal:open], raw: s[open:end]}, name, index)
		literal, rest = end, end
	}
	t.end = s[literal:]
	t.bytes += len(t.end)
	return t
}

func (t *template) add(at slot, name string, index map[string]int) {
	if i, known := index[name]; known {
		at.name = i
	} else {
		at.name = len(t.names)
		index[name] = at.name
		t.names = append(t.names, name)
		t.uses = append(t.uses, 0)
	}
	t.uses[at.name]++
	t.bytes += len(at.before)
	t.slots = append(t.slots, at)
}

// variableAt reads what stands behind {{: a name and }}, whose end it returns; -1 if it is no variable.
func variableAt(s string, from int) (name string, end int) {
	i := from
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	begin := i
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !inName(r, i == begin) {
			break
		}
		i += n
	}
	name = s[begin:i]
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	if name == "" || !strings.HasPrefix(s[i:], "}}") {
		return "", -1
	}
	return name, i + 2
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func inName(r rune, first bool) bool {
	switch {
	case r == '_' || unicode.IsLetter(r):
		return r != utf8.RuneError
	case first:
		return false
	}
	return r == '-' || r == '.' || unicode.IsDigit(r) || unicode.IsMark(r)
}

// compile fills the variables. It is lenient with those that vars lacks, which stay as they are
// written: found counts those that it has. What is filled in is not looked at again, so that no
// value can bring a variable with it.
func (t *template) compile(vars Vars, safe bool) (s string, found int, err error) {
	var few [8]string
	values := few[:0]
	if len(t.names) > len(few) {
		values = make([]string, len(t.names))
	}
	values = values[:len(t.names)]
	if found, err = vars.fill(values, t.names, safe); err != nil {
		return "", found, err
	}
	if found < len(t.names) {
		return t.partly(vars, values), found, nil
	}
	n := t.bytes
	for i, v := range values {
		n += len(v) * t.uses[i]
	}
	var b strings.Builder
	b.Grow(n)
	for i := range t.slots {
		at := &t.slots[i]
		b.WriteString(at.before)
		b.WriteString(values[at.name])
	}
	b.WriteString(t.end)
	return b.String(), found, nil
}

// partly is the text where some variables have no value.
func (t *template) partly(vars Vars, values []string) string {
	var b strings.Builder
	b.Grow(len(t.source))
	for _, at := range t.slots {
		b.WriteString(at.before)
		if _, ok := vars[t.names[at.name]]; ok {
			b.WriteString(values[at.name])
		} else {
			b.WriteString(at.raw)
		}
	}
	b.WriteString(t.end)
	return b.String()
}
