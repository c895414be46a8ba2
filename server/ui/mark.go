//go:build !noui

package ui

import (
	"strings"
	"unicode"

	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// searchTerms are what a search looks for, in lower case: what stands between
// quotes, or a word. They are those of [store.SearchQuery].
func searchTerms(text string) [][]rune {
	var terms [][]rune
	for i, part := range strings.Split(text, `"`) {
		words := strings.Fields(part)
		if i%2 == 1 {
			words = []string{strings.TrimSpace(part)}
		}
		for _, w := range words {
			if strings.ContainsFunc(w, wordRune) {
				terms = append(terms, lower(w))
			}
		}
	}
	return terms
}

// mark parts a text into what is one of the terms and what isn't. Terms that
// overlap or touch are one piece.
func mark(text string, terms [][]rune) []view.Piece {
	plain, low := []rune(text), lower(text)
	found := make([]bool, len(low))
	for _, t := range terms {
		for i := 0; i+len(t) <= len(low); i++ {
			if begins(low, i, t) {
				for k := range t {
					found[i+k] = true
				}
			}
		}
	}
	var pieces []view.Piece
	for from := 0; from < len(plain); {
		to := from + 1
		for to < len(plain) && found[to] == found[from] {
			to++
		}
		pieces = append(pieces, view.Piece{Text: string(plain[from:to]), Found: found[from]})
		from = to
	}
	return pieces
}

// begins reports whether a term stands at a place. A word of a script that
// parts words is found by its beginning only.
func begins(text []rune, at int, term []rune) bool {
	for i, r := range term {
		if text[at+i] != r {
			return false
		}
	}
	if at == 0 || joined(term[0]) || !wordRune(term[0]) {
		return true
	}
	before := text[at-1]
	return joined(before) || !wordRune(before)
}

// lower changes the case of a text, character by character, so that places in it stay what they are.
func lower(text string) []rune {
	runes := []rune(text)
	for i, r := range runes {
		runes[i] = unicode.ToLower(r)
	}
	return runes
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// joined reports whether a script writes words without gaps, or with endings attached.
func joined(r rune) bool {
	return unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー'
}
