// Package jsonx appends JSON to byte slices.
package jsonx

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. Invalid UTF-8 becomes U+FFFD, as in
// encoding/json; HTML characters are left as they are.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		if i = plain(s, i); i == len(s) {
			break
		}
		b := s[i]
		if b >= utf8.RuneSelf {
			if size := threeBytes(s[i:]); size > 0 { // most of Korean, Chinese and Japanese
				i += size
				continue
			}
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, `\ufffd`...)
				i++
				start = i
				continue
			}
			i += size
			continue
		}
		dst = append(dst, s[start:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns the index from i on of the first byte that is not printable
// ASCII or has to be escaped, eight bytes at a time.
func plain(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(s[i:]), 8))
		// A byte's high bit: below ' ', or '"', or '\\', or beyond ASCII. A borrow can set
		// the bit of a byte above one that is rightly set, but the lowest is always right.
		if m := (x | (x - ' '*ones) | ((x ^ '"'*ones) - ones) | ((x ^ '\\'*ones) - ones)) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] < utf8.RuneSelf && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

// threeBytes returns the length of the run of three-byte characters at the
// start of s: U+1000 to U+FFFF without the surrogates, the others being rare.
func threeBytes(s string) int {
	i := 0
	for i+3 <= len(s) {
		b := s[i]
		if b < 0xE1 || b > 0xEF || s[i+1]&0xC0 != 0x80 || s[i+2]&0xC0 != 0x80 || b == 0xED && s[i+1] >= 0xA0 {
			break
		}
		i += 3
	}
	return i
}
