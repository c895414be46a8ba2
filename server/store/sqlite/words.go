package sqlite

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How text becomes words of the search index. Scripts that write words apart are
// indexed by word, in lower case, and found by the beginning of one. Korean,
// Chinese and Japanese join what belongs to a word and what doesn't (환불 is in
// 환불을), so that each two neighbouring characters are a word, and the last one
// of a run alone too: any part of a run is found.

const (
	maxWordBytes = 32
	// maxSearchBytes is how much of an input or output is indexed.
	maxSearchBytes = 256 << 10
)

// joined reports whether a script writes words without gaps, or with endings attached.
func joined(r rune) bool {
	return r >= 0x1100 && (unicode.Is(unicode.Hangul, r) || unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r) || r == 'ー')
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// run is a part of a text of one kind of script, in lower case.
type run struct {
	text   string
	joined bool
}

// runsOf calls f for each run of a text. It keeps nothing of f's argument's memory.
func runsOf(text string, f func(run)) {
	text = strings.ToLower(text)
	start, kind := 0, 0 // 0 nothing, 1 word, 2 joined
	flush := func(end int) {
		if kind != 0 {
			f(run{text[start:end], kind == 2})
		}
	}
	for i, r := range text {
		now := 0
		switch {
		case r == utf8.RuneError:
		case joined(r):
			now = 2
		case wordRune(r):
			now = 1
		}
		if now != kind {
			flush(i)
			start, kind = i, now
		}
	}
	flush(len(text))
}

// words gathers the words of texts, each once.
type words struct {
	seen map[string]struct{}
	list strings.Builder
}

func (w *words) add(word string) {
	if _, ok := w.seen[word]; ok {
		return
	}
	if w.seen == nil {
		w.seen = map[string]struct{}{}
	}
	w.seen[word] = struct{}{}
	w.list.WriteByte(' ')
	w.list.WriteString(word)
}

// text adds the words of a text.
func (w *words) text(text string) {
	runsOf(text, func(r run) {
		if !r.joined {
			w.add(cutWord(r.text))
			return
		}
		pairs(r.text, w.add)
	})
}

func cutWord(word string) string {
	if len(word) <= maxWordBytes {
		return word
	}
	n := maxWordBytes
	for n > 0 && !utf8.RuneStart(word[n]) {
		n--
	}
	return word[:n]
}

// pairs calls f for each two neighbours, and for the last one alone.
func pairs(text string, f func(string)) {
	last := -1
	for i, r := range text {
		if last >= 0 {
			f(text[last : i+utf8.RuneLen(r)])
		}
		last = i
	}
	f(text[last:])
}

// projectWord is a word that no text has, by which a search stays within its project.
func projectWord(project int64) string {
	const digits = "abcdefghijklmnop"
	b := []byte("\uE000")
	for n := uint64(project); ; n >>= 4 { //nolint:gosec // row numbers are not negative
		b = append(b, digits[n&15])
		if n < 16 {
			return string(b)
		}
	}
}

// payloadText calls f for all that a person would read in a payload: its strings
// and numbers, not the keys.
func payloadText(raw json.RawMessage, f func(string)) {
	if len(raw) > maxSearchBytes {
		raw = raw[:maxSearchBytes]
	}
	i := 0
	for i < len(raw) {
		switch c := raw[i]; {
		case c == '"':
			end := i + 1
			escaped := false
			for end < len(raw) && raw[end] != '"' {
				if raw[end] == '\\' {
					escaped = true
					end++
				}
				end++
			}
			end = min(end, len(raw))
			text := raw[i+1 : end]
			i = min(end+1, len(raw))
			for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
				i++
			}
			if i < len(raw) && raw[i] == ':' { // a key
				continue
			}
			f(unescape(text, escaped))
		case c >= '0' && c <= '9' || c == '-':
			end := i + 1
			for end < len(raw) && (raw[end] >= '0' && raw[end] <= '9' || raw[end] == '.' || raw[end] == '-' || raw[end] == '+' || raw[end]|0x20 == 'e') {
				end++
			}
			f(string(raw[i:end]))
			i = end
		default:
			i++
		}
	}
}

// unescape is the text of a JSON string without its quotes, as far as it is valid.
func unescape(text []byte, escaped bool) string {
	if !escaped {
		return string(text)
	}
	var s string
	for cut := 0; cut <= 12 && cut <= len(text); cut++ { // a cut payload may end within an escape
		quoted := append(append([]byte{'"'}, text[:len(text)-cut]...), '"')
		if json.Unmarshal(quoted, &s) == nil {
			return s
		}
	}
	return ""
}

// term is something that a search looks for: what stands between quotes, or a word.
type term struct {
	text  string // in lower case, as it must stand in a text
	words []word // all of which must be in the index
}

// word is one of the index, or the beginning of one.
type word struct {
	text  string
	start bool
}

// parseSearch makes terms of a query. Quotes hold words together.
func parseSearch(query string) []term {
	var terms []term
	for i, part := range strings.Split(query, `"`) {
		texts := strings.Fields(part)
		if i%2 == 1 {
			texts = []string{strings.TrimSpace(part)}
		}
		for _, text := range texts {
			if t := parseTerm(text); len(t.words) > 0 {
				terms = append(terms, t)
			}
		}
	}
	return terms
}

func parseTerm(text string) term {
	t := term{text: strings.ToLower(text)}
	end := false // the last run is one of words apart, which may go on
	runsOf(text, func(r run) {
		end = !r.joined
		switch {
		case !r.joined:
			t.words = append(t.words, word{text: cutWord(r.text)})
		case utf8.RuneCountInString(r.text) == 1: // it begins a pair, or is alone
			t.words = append(t.words, word{r.text, true})
		default:
			pairs(r.text, func(p string) {
				if utf8.RuneCountInString(p) == 2 { // the last one may go on
					t.words = append(t.words, word{text: p})
				}
			})
		}
	})
	if end && len(t.words) > 0 {
		t.words[len(t.words)-1].start = true
	}
	return t
}

// match is the query of the index for all terms.
func match(project int64, terms []term) string {
	var b strings.Builder
	b.WriteString(`"` + projectWord(project) + `"`)
	for _, t := range terms {
		for _, w := range t.words {
			b.WriteString(` AND "` + w.text + `"`)
			if w.start {
				b.WriteByte('*')
			}
		}
	}
	return b.String()
}

// find returns where a term stands in a text that is in lower case, or -1. A Latin
// word must begin there.
func (t *term) find(lower string) int {
	first, _ := utf8.DecodeRuneInString(t.text)
	from := 0
	for {
		i := strings.Index(lower[from:], t.text)
		if i < 0 {
			return -1
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(lower[:i])
		if joined(first) || !wordRune(first) || i == 0 || !wordRune(before) || joined(before) {
			return i
		}
		from = i + 1
	}
}
