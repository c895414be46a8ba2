package otlp

import (
	"encoding/json"
	"fmt"
	"strings"
)

// reader reads JSON that is known to be valid, once from its beginning to its end.
type reader struct {
	raw []byte
	at  int
	err error // the first value of a wrong type, or what a callback has found
}

func (r *reader) peek() byte {
	for r.at < len(r.raw) {
		switch c := r.raw[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) wrong(what, expected string) {
	r.fail(fmt.Errorf("langshark: %s: expected %s: %w", what, expected, ErrBody))
	r.skip()
}

// object calls f for each member, which f must read or skip. Null is none.
func (r *reader) object(what string, f func(key string)) {
	switch r.peek() {
	case '{':
	case 'n':
		r.skip()
		return
	default:
		r.wrong(what, "an object")
		return
	}
	r.at++
	for r.peek() != '}' && r.err == nil {
		key := r.text(what)
		r.peek()
		r.at++ // the colon
		r.peek()
		f(key)
		if r.peek() == ',' {
			r.at++
		}
	}
	r.at++
}

// array calls f for each element, which f must read or skip. Null is none.
func (r *reader) array(what string, f func()) {
	switch r.peek() {
	case '[':
	case 'n':
		r.skip()
		return
	default:
		r.wrong(what, "an array")
		return
	}
	r.at++
	for r.peek() != ']' && r.err == nil {
		f()
		if r.peek() == ',' {
			r.at++
		}
	}
	r.at++
}

// text reads a string, or a number or truth as it is written. Null is empty.
func (r *reader) text(what string) string {
	c := r.peek()
	if c == '{' || c == '[' {
		r.wrong(what, "a string or a number")
		return ""
	}
	start := r.at
	r.skip()
	token := r.raw[start:r.at]
	switch {
	case c == 'n':
		return ""
	case c != '"':
		return string(token)
	case len(token) < 2:
		return ""
	}
	s := string(token[1 : len(token)-1])
	if strings.IndexByte(s, '\\') >= 0 && json.Unmarshal(token, &s) != nil {
		return ""
	}
	return s
}

// skip goes over a value.
func (r *reader) skip() {
	level := 0
	for first := true; r.at < len(r.raw); first = false {
		if !first && level == 0 {
			return
		}
		switch r.peek() {
		case '"':
			r.skipString()
		case '{', '[':
			level++
			r.at++
		case '}', ']':
			level--
			r.at++
		case ',', ':':
			r.at++
		default:
			for r.at < len(r.raw) && !strings.ContainsRune(",:]} \t\r\n", rune(r.raw[r.at])) {
				r.at++
			}
		}
	}
}

func (r *reader) skipString() {
	for r.at++; r.at < len(r.raw); r.at++ {
		switch r.raw[r.at] {
		case '\\':
			r.at++
		case '"':
			r.at++
			return
		}
	}
}
