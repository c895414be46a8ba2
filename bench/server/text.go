package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// author writes texts. Not safe for concurrent use.
type author struct {
	*rand.Rand

	filler, english, korean [][]byte
	buf                     []byte

	current string // session
	left    int    // traces of it
}

// session is that of the next trace: a conversation goes on for some ten traces, then there is another.
func (a *author) session() string {
	if a.left == 0 {
		a.current, a.left = a.id(16), 1+a.IntN(20)
	}
	a.left--
	return a.current
}

// What search is asked for. The common words stand in about every tenth text of
// their language, the rare ones in about every 20,000th.
const (
	commonEnglish, rareEnglish = "refund", "zephyrquartz"
	commonKorean, rareKorean   = "환불", "무지개송어"

	everyCommon, everyRare = 10, 20_000
)

func newAuthor(seed uint64) *author {
	a := &author{Rand: rand.New(rand.NewPCG(seed, 7))} //nolint:gosec // texts, not secrets
	for i := range 8192 {
		a.filler = append(a.filler, fmt.Appendf(nil, "w%d ", i))
	}
	words := rand.New(rand.NewPCG(3, 9)) //nolint:gosec // the same vocabulary for all
	for w := range strings.FieldsSeq("the a to of and is in for with you that your this on please can have as be not are it will from order by or an order model answer question data user help time") {
		a.english = append(a.english, []byte(w+" "))
	}
	consonants, vowels := "bcdfghjklmnprstvw", "aeiou"
	for range 3000 {
		var w []byte
		for range 2 + words.IntN(3) {
			w = append(w, consonants[words.IntN(len(consonants))], vowels[words.IntN(len(vowels))])
		}
		a.english = append(a.english, append(w, ' '))
	}
	for w := range strings.FieldsSeq("그리고 고객님 주문 배송 안내 문의 오늘 내일 감사합니다 있습니다 합니다 때문에 서비스 확인 요청 가능 제품 결제 정보 사용") {
		a.korean = append(a.korean, []byte(w+" "))
	}
	particles := []string{"", "을", "를", "이", "가", "은", "는", "에서", "으로", "에게", "입니다", "했습니다"}
	for range 2000 {
		var w []rune
		for range 2 + words.IntN(2) {
			w = append(w, rune(0xac00+words.IntN(11172)))
		}
		a.korean = append(a.korean, []byte(string(w)+particles[words.IntN(len(particles))]+" "))
	}
	return a
}

// prompt is a text of ASCII that compresses about as prompts do.
func (a *author) prompt(size int) string {
	a.buf = a.buf[:0]
	for len(a.buf) < size {
		a.buf = append(a.buf, a.filler[min(int(a.ExpFloat64()*300), len(a.filler)-1)]...)
	}
	return string(a.buf[:size])
}

// text is a JSON string of about that many bytes, of words whose frequencies fall as those of languages do.
func (a *author) text(size int, korean bool) json.RawMessage {
	words, common, rare := a.english, commonEnglish, rareEnglish
	if korean {
		words, common, rare = a.korean, commonKorean, rareKorean
	}
	b := append(make([]byte, 0, size+64), '"')
	at, word := -1, ""
	switch {
	case a.IntN(everyRare) == 0:
		word = rare
	case a.IntN(everyCommon) == 0:
		word = common
	}
	if word != "" {
		at = a.IntN(max(size-20, 1))
	}
	for len(b) < size {
		if at >= 0 && len(b) > at {
			b = append(append(b, word...), ' ')
			at = -1
		}
		b = append(b, words[min(int(a.ExpFloat64()*float64(len(words))/8), len(words)-1)]...)
	}
	return append(b, '"')
}

// id is random, of so many digits.
func (a *author) id(digits int) string {
	const hex = "0123456789abcdef"
	a.buf = slices.Grow(a.buf[:0], digits)[:digits]
	var bits uint64
	for i := range a.buf {
		if i%16 == 0 {
			bits = a.Uint64()
		}
		a.buf[i] = hex[bits&15]
		bits >>= 4
	}
	return string(a.buf)
}
