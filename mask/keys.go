package mask

import (
	"fmt"
	"unicode/utf8"
)

var defaultKeys = []string{
	"password", "passwd", "passphrase", "passcode", "pwd", "pw", "secret", "credential", "credentials",
	"authorization", "cookie", "token", "access token", "refresh token", "id token", "auth token", "session token", "bearer token",
	"csrf token", "api key", "apikey", "api token", "secret key", "access key", "private key", "auth key", "account key",
	"signing key", "encryption key", "subscription key", "client secret", "cvc", "cvv", "ssn", "otp",
	"비밀번호", "비번", "패스워드", "암호", "인증번호", "인증키", "주민등록번호", "주민번호", "시크릿", "토큰",
}

// DefaultKeys returns the names of members whose value is replaced unless
// [Config.Keys] says otherwise. Below "token" a text of fewer than 16 bytes or
// with blanks is left: models' answers list their tokens under that name.
func DefaultKeys() []string { return append([]string(nil), defaultKeys...) }

const (
	maxKeyBytes   = 64 // of a name; of longer ones the end is compared
	minTokenBytes = 16
)

// names is a set of members' names, without separators and in lower case.
type names map[string]bool

func newNames(field string, list []string) (names, error) {
	n := names{}
	for _, s := range list {
		var w words
		w.set(s)
		if w.n == 0 || len(s) > maxKeyBytes {
			return nil, fmt.Errorf("%s has %q: a name has letters or digits and at most %d bytes", field, s, maxKeyBytes)
		}
		n[string(w.b[:w.n])] = true
	}
	return n, nil
}

// match reports whether the key, or its last words, are a name of the set.
func (n names) match(key string) bool {
	_, ok := n.find(key)
	return ok
}

func (n names) find(key string) (name string, ok bool) {
	if len(n) == 0 || key == "" {
		return "", false
	}
	var w words
	w.set(key)
	for i := range w.n {
		if w.first[i] && n[string(w.b[i:w.n])] {
			return string(w.b[i:w.n]), true
		}
	}
	return "", false
}

// words is a name in lower case without separators, and where its words begin.
type words struct {
	b     [maxKeyBytes + utf8.UTFMax]byte
	first [maxKeyBytes + utf8.UTFMax]bool
	n     int
}

func (w *words) set(key string) {
	if len(key) > maxKeyBytes {
		key = key[len(key)-maxKeyBytes:]
	}
	start, lower := true, false
	for i := range len(key) {
		c := key[i]
		switch {
		case isUpper(c):
			next := i+1 < len(key) && isLower(key[i+1])
			start = start || lower || next // apiKey, APIKey
			lower = false
			c += 'a' - 'A'
		case isLower(c), isDigit(c):
			lower = true
		case c >= utf8.RuneSelf:
			lower = false
		default: // a separator
			start = true
			continue
		}
		w.b[w.n], w.first[w.n] = c, start
		w.n++
		start = false
	}
}

// redactsKey reports whether the whole text below the key is replaced.
func (m *Masker) redactsKey(t *Text) bool {
	if t.Key == "" || t.Text == "" {
		return false
	}
	name, ok := m.keys.find(t.Key)
	if !ok || name != "token" && name != "토큰" {
		return ok
	}
	n := 0
	for i := len(t.Text) - 1; i >= 0; i-- {
		if t.Text[i] == '>' {
			if start := labelStart(t.Text, i); start >= 0 {
				i = start
				continue
			}
		}
		if isSpace(t.Text[i]) {
			return false
		}
		n++
	}
	return n >= minTokenBytes
}
