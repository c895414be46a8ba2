package mask_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/langshark/langshark-go/mask"
)

func FuzzMask(f *testing.F) {
	for _, s := range []string{cleanEnglish, cleanKorean, cleanJSON, dirtyText, "０１０－１２３４－５６７８", "0\u200b10-1234-5678"} {
		f.Add("", s)
	}
	for i, s := range hostile {
		f.Add([]string{"", "phone", "계좌번호", "rrn", "password", "token"}[i%6], strings.Repeat(s, 3))
	}
	for _, s := range negatives(1, 60) {
		f.Add("id", s)
	}
	m, err := mask.New(mask.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		once, err := m.Mask(mask.Text{Key: key, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		if utf8.ValidString(text) && !utf8.ValidString(once) {
			t.Fatalf("%q became %q, which is not UTF-8", text, once)
		}
		twice, err := m.Mask(mask.Text{Key: key, Text: once})
		if err != nil || twice != once {
			t.Fatalf("below %q, %q became %q, and that %q", key, text, once, twice)
		}
		found := m.Find(text)
		last, hidden := 0, 0
		for _, f := range found {
			if f.Start < last || f.End <= f.Start || f.End > len(text) || f.Confidence < mask.DefaultMinConfidence || f.Confidence > 1 {
				t.Fatalf("%q: %+v", text, found)
			}
			last = f.End
			hidden += countDigits(text[f.Start:f.End])
		}
		// the digits of what was found are gone, and labels have none
		if got := m.String(text); countDigits(got) > countDigits(text)-hidden {
			t.Fatalf("%q became %q: digits of %+v are left", text, got, found)
		}
	})
}

func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}
