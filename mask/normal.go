package mask

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// shift says that from offset at of the normal text on, offsets of the original
// are by delta higher.
type shift struct{ at, delta int }

// odd reports whether the character at i, which begins with one of 0xC2, 0xE2
// and 0xEF, may hide a value: a full-width digit or @, and beside a letter or a
// digit an invisible character, a dash or a blank that is not ASCII.
func odd(s string, i int) bool {
	r, n := utf8.DecodeRuneInString(s[i:])
	plain := plainRune(r)
	switch {
	case plain == int(r):
		return false
	case isDigit(byte(plain)) || plain == '@':
		return true
	case plain < 0:
		return i > 0 && isAlnum(s[i-1]) || i > 0 && i+n < len(s) && isAlnum(s[i+n])
	}
	return i > 0 && isDigit(s[i-1])
}

// plainRune returns the ASCII character that r stands for, -1 if r is
// invisible, else r.
func plainRune(r rune) int {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E: // full-width forms of ASCII
		return int(r) - 0xFF01 + '!'
	case r >= 0x2010 && r <= 0x2015, r == 0x2212: // dashes and the minus
		return '-'
	case r == 0xA0, r == 0x2007, r == 0x202F: // blanks without a break
		return ' '
	case r >= 0x200B && r <= 0x200F, r == 0x2060, r == 0xFEFF, r == 0xAD: // of no width, marks of direction, soft hyphen
		return -1
	}
	return int(r)
}

// normal returns s with what odd looks for in ASCII or left out, and the shifts
// that lead back.
func normal(s string, shifts []shift) (string, []shift) {
	var b strings.Builder
	b.Grow(len(s))
	last, delta := 0, 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		plain := plainRune(r)
		if plain == int(r) {
			i += n
			continue
		}
		b.WriteString(s[last:i])
		if plain >= 0 {
			b.WriteByte(byte(plain))
			delta += n - 1
		} else {
			delta += n
		}
		i += n
		last = i
		shifts = append(shifts, shift{b.Len(), delta})
	}
	b.WriteString(s[last:])
	return b.String(), shifts
}

// original returns the offset in the original text of an offset in the normal
// one, behind what was left out there.
func original(shifts []shift, at int) int {
	i := sort.Search(len(shifts), func(i int) bool { return shifts[i].at > at })
	if i == 0 {
		return at
	}
	return at + shifts[i-1].delta
}
