package view

import (
	"context"
	"html"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/langshark/langshark-go/server/catalog"
)

// textPiece is a run of a prompt's text.
type textPiece struct {
	text     string
	variable string // its name, empty for other text
}

// variables takes a text apart at its variables as the SDK does: {{name}}, with spaces around if one likes,
// a name being a letter or an underscore, then letters, digits, _ - and periods.
func variables(s string) (pieces []textPiece) {
	literal, rest := 0, 0
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
		if open > literal {
			pieces = append(pieces, textPiece{text: s[literal:open]})
		}
		pieces = append(pieces, textPiece{s[open:end], name})
		literal, rest = end, end
	}
	if literal < len(s) {
		pieces = append(pieces, textPiece{text: s[literal:]})
	}
	return pieces
}

// variableAt reads a name and }}, whose end it returns; -1 if it is no variable.
func variableAt(s string, i int) (name string, end int) {
	i = blanks(s, i)
	begin := i
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !inName(r, i == begin) {
			break
		}
		i += n
	}
	name = s[begin:i]
	i = blanks(s, i)
	if name == "" || !strings.HasPrefix(s[i:], "}}") {
		return "", -1
	}
	return name, i + 2
}

func blanks(s string, i int) int {
	for i < len(s) && strings.IndexByte(" \t\r\n", s[i]) >= 0 {
		i++
	}
	return i
}

func inName(r rune, first bool) bool {
	if r == '_' || unicode.IsLetter(r) {
		return r != utf8.RuneError
	}
	return !first && (r == '-' || r == '.' || unicode.IsDigit(r) || unicode.IsMark(r))
}

// Variables are the names of the variables of a prompt, placeholders among them, in the order in which they come.
func (b PromptBody) Variables() []string {
	var names []string
	add := func(text string) {
		for _, part := range catalog.TextParts(text) {
			if part.Name != "" {
				continue
			}
			for _, v := range variables(part.Text) {
				if v.variable != "" && !slices.Contains(names, v.variable) {
					names = append(names, v.variable)
				}
			}
		}
	}
	add(b.Text)
	for _, m := range b.Messages {
		if m.Placeholder != "" && !slices.Contains(names, m.Placeholder) {
			names = append(names, m.Placeholder)
		}
		add(m.Content)
	}
	return names
}

// promptText shows a text with its variables marked and its references as links. White space is
// the text's own, which a template would change.
func promptText(p Page, text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		for _, part := range catalog.TextParts(text) {
			if part.Name == "" {
				for _, v := range variables(part.Text) {
					if v.variable == "" {
						b.WriteString(html.EscapeString(v.text))
						continue
					}
					b.WriteString(`<mark class="var">` + html.EscapeString(v.text) + `</mark>`)
				}
				continue
			}
			version := ""
			if part.Selection.Version != 0 {
				version = strconv.Itoa(part.Selection.Version)
			}
			address := p.PromptURL("versions", "name", part.Name, "version", version, "label", part.Selection.Label)
			b.WriteString(`<a class="ref" href="` + html.EscapeString(address) + `">` + html.EscapeString(part.Text) + `</a>`)
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// diffText shows what has changed: del and ins mean it without colour too.
func diffText(parts []catalog.DiffPart) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		for _, part := range parts {
			text := html.EscapeString(part.Text)
			switch part.Op {
			case "delete":
				b.WriteString("<del>" + text + "</del>")
			case "insert":
				b.WriteString("<ins>" + text + "</ins>")
			default:
				b.WriteString(text)
			}
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}
