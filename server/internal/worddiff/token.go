package worddiff

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokens are the pieces of a text, equal ones with the same number.
type tokens struct {
	parts []string
	ids   []int32
}

func (t *tokens) add(part string, numbers map[string]int32) {
	id, ok := numbers[part]
	if !ok {
		id = int32(len(numbers))
		numbers[part] = id
	}
	t.parts, t.ids = append(t.parts, part), append(t.ids, id)
}

// The kinds of characters that make pieces.
const (
	single = iota // a piece of its own
	word          // letters and digits
	blank         // spaces within a line
	joins         // belongs to what stands before it
)

// words splits a text into words, runs of blanks, and single signs. Korean words are those
// between blanks; Chinese and Japanese have none, so that each character is one.
func words(s string, numbers map[string]int32) tokens {
	var t tokens
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		kind := kindOf(r)
		for n < len(s) {
			next, size := utf8.DecodeRuneInString(s[n:])
			k := kindOf(next)
			if k != joins && (k != kind || kind == single) && r != zeroWidthJoiner {
				break
			}
			r, n = next, n+size
		}
		t.add(s[:n], numbers)
		s = s[n:]
	}
	return t
}

const zeroWidthJoiner = '\u200d'

func kindOf(r rune) int {
	switch {
	case r == zeroWidthJoiner, unicode.Is(unicode.M, r), r >= 0x1F3FB && r <= 0x1F3FF: // these are skin tones
		return joins
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana), r == utf8.RuneError:
		return single
	case unicode.IsLetter(r), unicode.IsDigit(r), r == '_':
		return word
	case r == ' ', r == '\t':
		return blank
	}
	return single
}

// lines joins pieces to lines.
func lines(t tokens, numbers map[string]int32) tokens {
	var out tokens
	start := 0
	for i, part := range t.parts {
		if strings.HasPrefix(part, "\n") || i == len(t.parts)-1 {
			out.add(strings.Join(t.parts[start:i+1], ""), numbers)
			start = i + 1
		}
	}
	return out
}
