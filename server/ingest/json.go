package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// MaxDepth is how deep the JSON of one event may nest.
const MaxDepth = 128

var errDepth = fmt.Errorf("nested deeper than %d levels", MaxDepth)

// sanitize replaces what JSON can't hold or the stores don't want: bytes that
// are no UTF-8, and the character NUL, which is removed.
func sanitize(b []byte) []byte {
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	if !bytes.Contains(b, []byte(`\u0000`)) {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		if bytes.HasPrefix(b[i:], []byte(`\u0000`)) {
			i += 5
			continue
		}
		out = append(out, b[i], b[i+1])
		i++
	}
	return out
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

// parse checks a body and returns it trimmed and sanitized.
func parse(body []byte) (json.RawMessage, error) {
	body = skipSpace(sanitize(body))
	if !json.Valid(body) {
		return nil, errNotJSON
	}
	return bytes.TrimRight(body, " \t\r\n"), nil
}
