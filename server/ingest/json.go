package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep the JSON of one event may nest.
const MaxDepth = 128

var errDepth = fmt.Errorf("nested deeper than %d levels", MaxDepth)

// sanitize brings valid JSON into the form in which it is kept: bytes that are no UTF-8 are
// replaced, as are halves of surrogate pairs that are alone, the character NUL is removed, and signs that are escaped though they need not be are written as
// they are, so that a text is found and counted however its sender writes it. What is valid stays so.
func sanitize(b []byte) []byte {
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	if !bytes.Contains(b, []byte(`\u`)) {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		next := bytes.IndexByte(b[i:], '\\')
		if next < 0 || i+next+1 == len(b) {
			return append(out, b[i:]...)
		}
		out = append(out, b[i:i+next]...)
		i += next
		if b[i+1] != 'u' {
			out = append(out, b[i], b[i+1])
			i += 2
			continue
		}
		var n int
		out, n = appendEscape(out, b[i:])
		i += n
	}
	return out
}

// appendEscape appends what the escape stands for that b begins with, as it is kept, and returns its length.
func appendEscape(out, b []byte) ([]byte, int) {
	const length = len(`\u0000`)
	r, ok := escaped(b)
	switch {
	case !ok:
		return append(out, b[:2]...), 2
	case r == 0:
		return out, length
	case utf16.IsSurrogate(r):
		low, ok := escaped(b[length:])
		if both := utf16.DecodeRune(r, low); ok && both != utf8.RuneError {
			return utf8.AppendRune(out, both), 2 * length
		}
		return utf8.AppendRune(out, utf8.RuneError), length // as who decodes it has it, if they don't refuse it
	case r >= ' ' && r != '"' && r != '\\' && r != 0x7f:
		return utf8.AppendRune(out, r), length
	}
	return append(out, b[:length]...), length
}

// escaped reads an escape of four hexadecimal digits.
func escaped(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}

// depth is how deep valid JSON nests.
func depth(raw []byte) int {
	deepest, level := 0, 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i += stringEnd(raw[i:]) - 1
		case '{', '[':
			level++
			deepest = max(deepest, level)
		case '}', ']':
			level--
		}
	}
	return deepest
}

// stringEnd is the length of the JSON string that raw begins with.
func stringEnd(raw []byte) int {
	i := 1
	for i < len(raw) {
		next := bytes.IndexByte(raw[i:], '"') // many times as fast as a search for two
		if next < 0 {
			break
		}
		i += next
		escapes := 0
		for raw[i-1-escapes] == '\\' {
			escapes++
		}
		i++
		if escapes%2 == 0 {
			return i
		}
	}
	return len(raw)
}

// valueEnd is the length of the JSON value that raw begins with. The JSON is valid.
func valueEnd(raw []byte) int {
	if len(raw) == 0 {
		return 0
	}
	switch raw[0] {
	case '"':
		return stringEnd(raw)
	case '{', '[':
		level := 0
		for i := 0; i < len(raw); i++ {
			switch raw[i] {
			case '"':
				i += stringEnd(raw[i:]) - 1
			case '{', '[':
				level++
			case '}', ']':
				if level--; level == 0 {
					return i + 1
				}
			}
		}
		return len(raw)
	}
	for i, c := range raw {
		if c == ',' || c == '}' || c == ']' || isSpace(c) {
			return i
		}
	}
	return len(raw)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func skipSpace(raw []byte) []byte {
	for len(raw) > 0 && isSpace(raw[0]) {
		raw = raw[1:]
	}
	return raw
}

// fields calls f for each member of the object, which is valid JSON.
func fields(object []byte, f func(key string, value json.RawMessage)) {
	raw := skipSpace(object)
	if len(raw) == 0 || raw[0] != '{' {
		return
	}
	raw = raw[1:]
	for {
		raw = skipSpace(raw)
		if len(raw) == 0 || raw[0] != '"' {
			return
		}
		n := stringEnd(raw)
		key := unquote(raw[:n])
		raw = skipSpace(raw[n:])
		raw = skipSpace(raw[1:]) // the colon
		n = valueEnd(raw)
		f(key, json.RawMessage(raw[:n:n]))
		raw = skipSpace(raw[n:])
		if len(raw) == 0 || raw[0] != ',' {
			return
		}
		raw = raw[1:]
	}
}

// elements lists the elements of the array, which is valid JSON. It stops after one more than
// most, so that a list of nothing but commas doesn't become one of a hundred times its size.
func elements(array []byte, most int) []json.RawMessage {
	var list []json.RawMessage
	raw := skipSpace(array)
	raw = skipSpace(raw[1:])
	for len(raw) > 0 && raw[0] != ']' && len(list) <= most {
		n := valueEnd(raw)
		list = append(list, json.RawMessage(raw[:n:n]))
		raw = skipSpace(raw[n:])
		if len(raw) > 0 && raw[0] == ',' {
			raw = skipSpace(raw[1:])
		}
	}
	return list
}

// unquote decodes a valid JSON string.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return ""
	}
	return s
}

// kindOf names the type of a valid JSON value.
func kindOf(raw []byte) string {
	if raw = skipSpace(raw); len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

var errNotJSON = errors.New("not JSON")

// parse checks a body and returns it trimmed.
func parse(body []byte) (json.RawMessage, error) {
	body = bytes.TrimRight(skipSpace(body), " \t\r\n")
	if !json.Valid(body) { // of bytes that are no UTF-8 it says nothing
		return nil, errNotJSON
	}
	return body, nil
}
