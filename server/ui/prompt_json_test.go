//go:build !noui

package ui

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/langshark/langshark-go/server/ui/internal/message"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

func TestBadJSONIsShown(t *testing.T) {
	english := view.Page{Printer: message.For(message.English)}
	for text, want := range map[string]string{
		`{"a": 1e999}`:                        "",
		`{`:                                   "Line 1 is no JSON: it ends too early. Close the bracket or quote that is open.",
		"{\n\"a\": [1,\n\n":                   "Line 4 is no JSON: it ends too early. Close the bracket or quote that is open.",
		"{\n\"a\": 1,\n}":                     "Line 3 is no JSON from “}” on: ",
		"{\"a\": \"one\ntwo\"}":               "Line 1 is no JSON from “{\"a\": \"one” on: ",
		`{"a": 한글}`:                           "Line 1 is no JSON from “한글}” on: ",
		"{'" + strings.Repeat("한", 50) + "'}": "Line 1 is no JSON from “'" + strings.Repeat("한", 39) + "…” on: ",
	} {
		if got := badJSON(english, text); got != want && (want == "" || !strings.HasPrefix(got, want)) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if got := badJSON(koreanPage, text); (got == "") != (want == "") || strings.Contains(got, "invalid") || strings.Contains(got, "%!") {
			t.Errorf("%q in Korean: %q", text, got)
		}
	}
}

// FuzzBadJSON: what is JSON has nothing to be said of, of all else something is said that can be shown.
func FuzzBadJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a": [1, "\u00e9"]}`, `{`, "", "{\n\"a\" 1}", `{"a": 한글}`, "\"a\nb\"", "nul", `{} x`, "\xff", "[1e999]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		said := badJSON(koreanPage, text)
		if (said == "") != json.Valid([]byte(text)) || utf8.ValidString(text) && !utf8.ValidString(said) || len(said) > 400 {
			t.Errorf("%q: %q", text, said)
		}
	})
}
