package llmwire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// cutMark ends a string that was longer.
const cutMark = "…[cut]"

// fit returns raw, or a shorter valid value of it that takes about limit bytes
// at most: first long strings are cut, harder each time, then everything goes.
// Files as base64 don't count and stay whole: the core takes them out.
func fit(raw json.RawMessage, limit int) (_ json.RawMessage, cut bool) {
	if len(raw) <= limit {
		return raw, false
	}
	for _, longest := range [...]int{math.MaxInt, 64 << 10, 8 << 10, 1 << 10, 256} {
		if short, files := shortenStrings(raw, longest); len(short)-files <= limit {
			return short, longest < math.MaxInt
		}
	}
	return marshal(fmt.Sprintf("<truncated: %d bytes>", len(raw))), true
}

// minFileBytes is from when on a string may be a file that is left whole.
const minFileBytes = 64 << 10

// isFile reports whether a long string, as it stands in JSON, is base64 or a data URI.
func isFile(s []byte) bool {
	if len(s) < minFileBytes || bytes.HasSuffix(s, []byte(cutMark)) {
		return false
	}
	head := s[:256]
	if bytes.HasPrefix(head, []byte("data:")) {
		return bytes.Contains(head, []byte(";base64,"))
	}
	for _, c := range head {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '+' && c != '/' && c != '\\' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// shortenStrings cuts each string of valid JSON that is longer than longest
// bytes, and says how many bytes are files, which stay.
func shortenStrings(raw []byte, longest int) (out []byte, files int) {
	out = make([]byte, 0, len(raw)/2)
	for len(raw) > 0 {
		open := bytes.IndexByte(raw, '"')
		if open < 0 {
			break
		}
		out = append(out, raw[:open+1]...)
		raw = raw[open+1:]
		end := stringEnd(raw)
		if end < 0 {
			end = len(raw)
		}
		if isFile(raw[:end]) {
			files += end
			out = append(out, raw[:end]...)
		} else if end > longest {
			out = append(out, raw[:cutString(raw, longest)]...)
			out = append(out, cutMark...)
		} else {
			out = append(out, raw[:end]...)
		}
		raw = raw[end:]
		if len(raw) > 0 {
			out = append(out, '"')
			raw = raw[1:]
		}
	}
	return append(out, raw...), files
}

// stringEnd returns the index of the quote that ends the string that begins at s[0], or -1.
func stringEnd(s []byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// cutString returns the largest n, at most limit, at which the encoded string s
// can be cut: neither in an escape nor in a rune.
func cutString(s []byte, limit int) int {
	n := 0
	for n < len(s) {
		size := 1
		switch {
		case s[n] == '\\' && n+1 < len(s) && s[n+1] == 'u':
			size = 6
		case s[n] == '\\':
			size = 2
		case s[n] >= utf8.RuneSelf:
			if _, w := utf8.DecodeRune(s[n:]); w > 1 {
				size = w
			} else if !utf8.FullRune(s[n:]) {
				return n
			}
		}
		if n+size > limit || n+size > len(s) {
			break
		}
		n += size
	}
	return n
}

// closeJSON makes a valid value of the first bytes of one: what is unfinished
// goes, a string is cut, brackets are closed. It returns nil if nothing is left.
func closeJSON(b []byte) json.RawMessage {
	var (
		stack    []byte // closing brackets
		safe     int    // b[:safe] with safeDepth brackets closed is valid
		depth    int
		key      bool // in an object, where a key is due or was read
		finished bool
	)
	mark := func(end int) {
		safe, depth = end, len(stack)
		finished = len(stack) == 0
	}
	for i := 0; i < len(b) && !finished; {
		switch c := b[i]; c {
		case '{', '[':
			if len(stack) >= 1000 {
				return closed(b[:safe], stack[:depth])
			}
			stack = append(stack, c+2) // '{'+2 is '}', '['+2 is ']'
			i++
			mark(i)
			key = c == '{'
		case '}', ']':
			if len(stack) == 0 || stack[len(stack)-1] != c {
				return closed(b[:safe], stack[:depth])
			}
			stack = stack[:len(stack)-1]
			i++
			mark(i)
			key = false
		case ',':
			key = len(stack) > 0 && stack[len(stack)-1] == '}'
			i++
		case ':':
			key = false
			i++
		case ' ', '\t', '\r', '\n':
			i++
		case '"':
			end := stringEnd(b[i+1:])
			if end < 0 {
				if key {
					return closed(b[:safe], stack[:depth])
				}
				whole := cutString(b[i+1:], len(b))
				out := append(bytes.Clone(b[:i+1+whole]), cutMark+`"`...)
				return closed(out, stack)
			}
			i += end + 2
			if !key {
				mark(i)
			}
		default:
			end := i
			for end < len(b) && bytes.IndexByte([]byte(",]}: \t\r\n\""), b[end]) < 0 {
				end++
			}
			if end == len(b) && len(stack) > 0 { // a number or word that may go on
				return closed(b[:safe], stack[:depth])
			}
			i = end
			mark(i)
		}
	}
	return closed(b[:safe], stack[:depth])
}

func closed(b, stack []byte) json.RawMessage {
	out := bytes.Clone(b)
	for _, bracket := range slices.Backward(stack) {
		out = append(out, bracket)
	}
	if !json.Valid(out) {
		return nil
	}
	return out
}

// marshal encodes v without escaping HTML, and without the final newline.
func marshal(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
}
