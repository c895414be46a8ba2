package jsonx

import "bytes"

// Depth returns how deep the objects and arrays of valid JSON nest; 0 for a scalar.
func Depth(b []byte) int {
	depth, _ := Survey(b, "\x00")
	return depth
}

// Survey returns the depth of valid JSON, and whether one of its strings, a key
// perhaps, begins with the text.
func Survey(b []byte, text string) (deepest int, found bool) {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		case '"':
			i++
			found = found || len(b)-i >= len(text) && string(b[i:i+len(text)]) == text
			i = StringEnd(b, i)
		}
	}
	return deepest, found
}

// StringEnd returns the index of the quote that ends the string whose text begins at i.
func StringEnd(b []byte, i int) int {
	for i < len(b) {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return len(b)
		}
		i += n
		escapes := 0
		for j := i - 1; j >= 0 && b[j] == '\\'; j-- {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
		i++
	}
	return i
}
