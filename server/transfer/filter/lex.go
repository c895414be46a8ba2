package filter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error says where an expression is wrong.
type Error struct {
	// Column is where, in characters, from 1 on.
	Column int
	// Message is what was expected and found, and how to mend it.
	Message string
}

// Error is, for example, "filter, column 8: expected a value, found the end".
func (e *Error) Error() string { return fmt.Sprintf("filter, column %d: %s", e.Column, e.Message) }

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenQuoted
	tokenOp
	tokenOpen
	tokenClose
)

type token struct {
	kind tokenKind
	text string // of words and operators, and of quoted texts what they mean
	at   int    // byte offset
}

// String names the token in messages.
func (t token) String() string {
	switch t.kind {
	case tokenEnd:
		return "the end"
	case tokenQuoted:
		return fmt.Sprintf("the text %q", t.text)
	case tokenWord, tokenOp, tokenOpen, tokenClose:
	}
	return t.text
}

// lexer cuts an expression into tokens.
type lexer struct {
	text string
	pos  int
}

func (l *lexer) fail(at int, format string, args ...any) error {
	return &Error{Column: utf8.RuneCountInString(l.text[:at]) + 1, Message: fmt.Sprintf(format, args...)}
}

const operatorSigns = "=!<>~"

func (l *lexer) next() (token, error) {
	rest := strings.TrimLeftFunc(l.text[l.pos:], unicode.IsSpace)
	l.pos = len(l.text) - len(rest)
	at := l.pos
	if rest == "" {
		return token{kind: tokenEnd, at: at}, nil
	}
	switch c := rest[0]; {
	case c == '(':
		l.pos++
		return token{tokenOpen, "(", at}, nil
	case c == ')':
		l.pos++
		return token{tokenClose, ")", at}, nil
	case c == '"' || c == '\'':
		text, err := l.quoted()
		return token{tokenQuoted, text, at}, err
	case strings.IndexByte(operatorSigns, c) >= 0:
		n := 1
		if len(rest) > 1 && rest[1] == '=' && c != '~' {
			n = 2
		}
		l.pos += n
		return token{tokenOp, rest[:n], at}, nil
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(operatorSigns+`()"'`, r) })
	if end < 0 {
		end = len(rest)
	}
	l.pos += end
	return token{tokenWord, rest[:end], at}, nil
}

// quoted reads a text in quotes. A backslash takes the next sign as it is.
func (l *lexer) quoted() (string, error) {
	start := l.pos
	quote := l.text[start]
	var b strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == quote:
			l.pos = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(l.text):
			i++
			b.WriteByte(l.text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", l.fail(start, "the text that begins here has no closing %c", quote)
}
