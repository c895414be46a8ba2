package langchaingo

import "strings"

// recorded is an error as it is recorded: without the queries of the URLs in its
// text, where tools have their keys.
type recorded struct{ error }

// Error is the text without them.
func (e recorded) Error() string { return withoutQueries(e.error.Error()) }

// Unwrap returns the application's error.
func (e recorded) Unwrap() error { return e.error }

// withoutQueries leaves the query, and what follows it, out of each URL in a text.
func withoutQueries(text string) string {
	var b strings.Builder
	for {
		at := strings.Index(text, "://")
		if at < 0 {
			break
		}
		end := at + len("://")
		end += urlEnd(text[end:], before(text[:at]))
		if query := strings.IndexByte(text[at:end], '?'); query >= 0 {
			b.WriteString(text[:at+query])
		} else {
			b.WriteString(text[:end])
		}
		text = text[end:]
	}
	if b.Len() == 0 {
		return text
	}
	b.WriteString(text)
	return b.String()
}

// before is the sign before a URL, of which the scheme ends text; 0 if there is none.
func before(text string) byte {
	for i := len(text) - 1; i >= 0; i-- {
		letter := text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z'
		if !letter && (text[i] < '0' || text[i] > '9') && !strings.ContainsRune("+-.", rune(text[i])) {
			return text[i]
		}
	}
	return 0
}

// urlEnd is where a URL ends: in quotes or brackets where these do, for it may
// have blanks, else at the first blank.
func urlEnd(text string, open byte) int {
	closing := byte(0)
	switch open {
	case '"', '\'', '`':
		closing = open
	case '<':
		closing = '>'
	}
	for i := 0; closing != 0 && i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case closing:
			return i
		}
	}
	if end := strings.IndexAny(text, " \t\r\n\"<>`"); end >= 0 {
		return end
	}
	return len(text)
}
