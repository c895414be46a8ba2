package filter

import (
	"strings"
	"unicode/utf8"
)

// Bounds of an expression.
const (
	maxBytes = 16 << 10
	maxDepth = 64
)

// Parse reads an expression. An error is an [*Error]. A blank text is the nil
// Filter, which matches everything.
func Parse(text string) (*Filter, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	p := &parser{lexer: lexer{text: text}}
	switch {
	case len(text) > maxBytes:
		return nil, p.fail(0, "longer than %d bytes", maxBytes)
	case !utf8.ValidString(text):
		return nil, p.fail(0, "not UTF-8")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenEnd {
		return nil, p.fail(p.token.at, "expected and, or, or the end, found %s", p.token)
	}
	return &Filter{text: text, root: root}, nil
}

type parser struct {
	lexer
	token token
	dot   bool // the token is followed by a quoted text without space, as in score."a b"
}

func (p *parser) advance() (err error) {
	p.token, err = p.next()
	p.dot = strings.HasSuffix(p.token.text, ".") && p.pos < len(p.text) && strings.IndexByte(`"'`, p.text[p.pos]) >= 0
	return err
}

// keyword reports whether the token is the word, and takes it.
func (p *parser) keyword(word string) (bool, error) {
	if p.token.kind != tokenWord || !strings.EqualFold(p.token.text, word) {
		return false, nil
	}
	return true, p.advance()
}

func (p *parser) or(depth int) (node, error) {
	left, err := p.and(depth)
	for err == nil {
		var more bool
		if more, err = p.keyword("or"); err != nil || !more {
			break
		}
		var right node
		if right, err = p.and(depth); err == nil {
			left = or{left, right}
		}
	}
	return left, err
}

func (p *parser) and(depth int) (node, error) {
	left, err := p.not(depth)
	for err == nil {
		var more bool
		if more, err = p.keyword("and"); err != nil || !more {
			break
		}
		var right node
		if right, err = p.not(depth); err == nil {
			left = and{left, right}
		}
	}
	return left, err
}

func (p *parser) not(depth int) (node, error) {
	if depth > maxDepth {
		return nil, p.fail(p.token.at, "nested deeper than %d levels", maxDepth)
	}
	if negated, err := p.keyword("not"); err != nil || negated {
		if err != nil {
			return nil, err
		}
		inner, err := p.not(depth + 1)
		return not{inner}, err
	}
	if p.token.kind != tokenOpen {
		return p.comparison()
	}
	open := p.token
	if err := p.advance(); err != nil {
		return nil, err
	}
	inner, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenClose {
		return nil, p.fail(p.token.at, "expected and, or, or the ) of the ( in column %d, found %s", p.column(open), p.token)
	}
	return inner, p.advance()
}

func (p *parser) column(t token) int { return utf8.RuneCountInString(p.text[:t.at]) + 1 }

func (p *parser) comparison() (node, error) {
	if p.token.kind != tokenWord || reserved(p.token.text) {
		return nil, p.fail(p.token.at, "expected a field (%s), not or (, found %s", fieldNames(), p.token)
	}
	at := p.token.at
	name, key, _ := p.token.text, "", false
	if i := strings.IndexByte(name, '.'); i >= 0 && isKeyed(name[:i]) {
		name, key = name[:i], name[i+1:]
	}
	if p.dot {
		if err := p.advance(); err != nil {
			return nil, err
		}
		key += p.token.text
	}
	f, known := fields[name]
	switch {
	case !known:
		return nil, p.fail(at, "there is no field %s: fields are %s", name, fieldNames())
	case f.keyed && key == "":
		return nil, p.fail(at, "expected %s.NAME, found %s alone", name, name)
	case !f.keyed && key != "":
		return nil, p.fail(at, "%s has no parts", name)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	o, known := operators[p.token.text]
	if p.token.kind != tokenOp || !known {
		return nil, p.fail(p.token.at, "expected an operator (%s) after %s, found %s", f.operators(), name, p.token)
	}
	opAt := p.token.at
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind != tokenQuoted && (p.token.kind != tokenWord || reserved(p.token.text)) {
		hint := ""
		if p.token.kind == tokenWord {
			hint = ": put the word in quotes if it is the value"
		}
		return nil, p.fail(p.token.at, "expected %s after %s %s, found %s%s", f.kind.wants(), name, o, p.token, hint)
	}
	v, problem := f.kind.read(p.token.text, p.token.kind == tokenQuoted)
	if problem != "" {
		return nil, p.fail(p.token.at, "%s", problem)
	}
	if !f.allows(o, v) {
		if f.keyed {
			name += "." + key
		}
		return nil, p.fail(opAt, "%s knows %s, not %s", name, f.operators(), o)
	}
	c := &comparison{field: name, key: key, op: o, value: v}
	c.eval = f.compile(c)
	return c, p.advance()
}

func reserved(word string) bool {
	return strings.EqualFold(word, "and") || strings.EqualFold(word, "or") || strings.EqualFold(word, "not")
}
