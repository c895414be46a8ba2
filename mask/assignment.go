package mask

import (
	"strings"
	"unicode/utf8"
)

// secretName is a name whose value is a secret.
type secretName struct {
	name  string
	human bool // chosen by people: a password, not a token
}

// secretNames are compared with the end of what stands before a ':' or '=',
// in lower case and without separators.
var secretNames = []secretName{
	{"password", true},
	{"passwd", true},
	{"passphrase", true},
	{"passcode", true},
	{"pwd", true},
	{"pw", true},
	{"dbpass", true},
	{"userpass", true},
	{"secret", false},
	{"secretkey", false},
	{"secretaccesskey", false},
	{"token", false},
	{"apikey", false},
	{"accesskey", false},
	{"privatekey", false},
	{"authkey", false},
	{"accountkey", false},
	{"sharedkey", false},
	{"subscriptionkey", false},
	{"signingkey", false},
	{"encryptionkey", false},
	{"authorization", false},
	{"credential", false},
	{"credentials", false},
	{"cookie", false},
	{"비밀번호", true},
	{"비번", true},
	{"패스워드", true},
	{"암호", true},
	{"시크릿", false},
	{"토큰", false},
	{"인증키", false},
	{"api키", false},
	{"비밀키", false},
	{"액세스키", false},
}

// secretIndex lists the names by their last byte.
var secretIndex = func() (index [256][]secretName) {
	for _, n := range secretNames {
		last := n.name[len(n.name)-1]
		index[last] = append(index[last], n)
	}
	return index
}()

// secretPairs has the last two bytes of the names, in either case.
var secretPairs = func() (p pairs) {
	for _, n := range secretNames {
		a, b := n.name[len(n.name)-2], n.name[len(n.name)-1]
		for _, a := range []byte{a, toUpper(a)} {
			p.add(a, b)
			p.add(a, toUpper(b))
		}
	}
	return p
}()

const (
	maxNameBytes  = 40
	maxValueBytes = 256 // of a value that is looked at
)

// nameBefore returns the secret's name that ends before i, with blanks and a quote between.
func (sc *scan) nameBefore(i int) (secretName, bool) {
	s := sc.s
	j := i
	for j > sc.from && i-j < 4 && (s[j-1] == ' ' || s[j-1] == '"' || s[j-1] == '\'' || s[j-1] == '\\' || s[j-1] == '*' || s[j-1] == '`') {
		j--
	}
	if j < sc.from+2 || !secretPairs.has(s[j-2], s[j-1]) {
		return secretName{}, false
	}
	list := secretIndex[toLower(s[j-1])]
	var buf [maxNameBytes]byte
	n := len(buf)
	for k := j; k > sc.from && n > 0; k-- {
		c := s[k-1]
		if c == '_' || c == '-' || c == '.' || c == ' ' {
			continue
		}
		if !isAlnum(c) && c < utf8.RuneSelf {
			break
		}
		n--
		buf[n] = toLower(c)
	}
	sc.work += len(buf) - n
	name := string(buf[n:])
	var best secretName
	for _, w := range list {
		if len(w.name) > len(best.name) && strings.HasSuffix(name, w.name) {
			best = w
		}
	}
	return best, best.name != ""
}

// assignment looks for a value behind the ':' or '=' at i whose name says that
// it is a secret, and returns where to go on.
func (sc *scan) assignment(i int) int {
	s := sc.s
	if i > 2 && s[i-1] == '"' && isAlpha(s[i-2]) && !secretPairs.has(s[i-3], s[i-2]) {
		return i + 1 // most members of JSON
	}
	name, ok := sc.nameBefore(i)
	if !ok {
		return i + 1
	}
	j := i + 1
	for j < len(s) && j-i < 6 && (s[j] == ' ' || s[j] == '=' || s[j] == '>' && s[j-1] == '=') {
		j++
	}
	quote := byte(0)
	if j < len(s) && s[j] == '\\' {
		j++
	}
	if j < len(s) && (s[j] == '"' || s[j] == '\'' || s[j] == '`') {
		quote = s[j]
		j++
	}
	for _, scheme := range []string{"Bearer ", "bearer ", "Basic ", "basic ", "Token ", "token ", "KakaoAK ", "ApiKey "} {
		if strings.HasPrefix(s[j:], scheme) {
			j += len(scheme)
			break
		}
	}
	end := sc.valueEnd(j, quote)
	if end == j || !isSecret(s[j:end], name, quote != 0) {
		return i + 1
	}
	if end-j == maxValueBytes {
		for end < len(s) && !valueStops(s[end], quote) {
			end++
		}
	}
	if last := sc.keyIn(j, end); last > 0 {
		return last
	}
	return sc.hit(TypeSecret, j, end, 0.8)
}

// keyIn looks for a provider's key or a JWT that is all of the value, and returns its end or 0.
func (sc *scan) keyIn(j, end int) int {
	n, from := len(sc.found), sc.from
	for p := j; p < end && p < j+12; p++ {
		last := 0
		switch c := sc.s[p]; {
		case anchors[c] == anchorDash:
			last = sc.keyAt(p)
		case c == 'J' && p == j+2:
			last = sc.jwt(p)
		case p == j && (c == 'A' || c == 'S'):
			last = sc.keyAt(p)
		case c == ':' && isDigit(sc.s[j]):
			last = sc.telegram(&number{sc: sc, start: [maxGroups]int{j}, end: [maxGroups]int{p}, n: 1})
		}
		if len(sc.found) > n && sc.found[n].Start == j && last >= end {
			return last
		}
		sc.found, sc.from = sc.found[:n], from
	}
	return 0
}

// valueEnd returns the end of a value, at most maxValueBytes on.
func (sc *scan) valueEnd(j int, quote byte) int {
	end, limit := j, min(len(sc.s), j+maxValueBytes)
	for end < limit && !valueStops(sc.s[end], quote) {
		end++
	}
	sc.work += end - j
	if quote == 0 {
		for end > j && sc.s[end-1] == '.' && end-j < maxValueBytes {
			end-- // the sentence's
		}
	}
	return end
}

func valueStops(c, quote byte) bool {
	if quote != 0 {
		return c == quote || c == '\\' || c == '\n'
	}
	switch c {
	case '"', '\'', '`', ',', ';', ')', '(', '}', '{', ']', '[', '<', '>', '&', '|':
		return true
	}
	return isSpace(c) || c >= utf8.RuneSelf
}
