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
		for end > j && sc.s[end-1] == '.' && end < limit {
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

// isSecret reports whether the value is a secret and not a variable, a sample,
// a word of prose or a number of tokens.
func isSecret(v string, name secretName, quoted bool) bool {
	if len(v) < 4 || sample(v) {
		return false
	}
	if !name.human {
		return len(v) >= minTokenBytes && strings.IndexByte(v, ' ') < 0 && random(v) && !identifier(v, true)
	}
	digits, letters, symbols := 0, 0, 0
	for i := range len(v) {
		switch c := v[i]; {
		case isDigit(c):
			digits++
		case isAlpha(c):
			letters++
		case c == ' ':
			return false
		default:
			symbols++
		}
	}
	switch {
	case v[0] == '/' || v[0] == '$' || v[0] == '%':
		return quoted && digits > 0 && letters > 0 && !strings.ContainsAny(v[1:], "/{%")
	case letters == 0:
		return digits >= 4 && symbols <= 2
	case digits == 0 && symbols == 0:
		return quoted && len(v) >= 8 && strings.ToLower(v) != v && strings.ToLower(v[1:]) != v[1:] && !identifier(v, false)
	case identifier(v, false):
		return false
	}
	return len(v) >= 6 || digits > 0 && letters > 0
}

// identifier reports whether v is a name or a path of names, as config.Secret
// or new_password; with digits allowed inside if dotted.
func identifier(v string, dotted bool) bool {
	digits, seps := 0, 0
	for i := range len(v) {
		switch c := v[i]; {
		case isAlpha(c):
		case isDigit(c):
			digits++
		case c == '_' || c == '.' || c == '-' && dotted:
			seps++
		case c == '-':
			seps++
		default:
			return false
		}
	}
	return digits == 0 && (seps > 0 || dotted)
}

// sample reports whether v is what stands in place of a secret in documentation.
func sample(v string) bool {
	var buf [32]byte
	n := 0
	same := true
	for i := range min(len(v), len(buf)) {
		buf[n] = toLower(v[i])
		same = same && v[i] == v[0]
		n++
	}
	low := string(buf[:n])
	switch low {
	case "null", "none", "true", "false", "undefined", "string", "required", "changeme", "example":
		return true
	}
	for _, p := range []string{"process.env", "os.getenv", "os.environ", "${", "{{", "***", "xxxx", "your-", "your_", "<"} {
		if strings.HasPrefix(low, p) {
			return true
		}
	}
	return same
}

// scheme looks for "Bearer …" and "Basic …" outside of an assignment.
func (sc *scan) scheme(i int) int {
	var j int
	switch {
	case sc.hasPrefix(i, "Bearer "):
		j = i + 7
	case sc.hasPrefix(i, "Basic "):
		j = i + 6
	default:
		return i + 1
	}
	end := sc.run(j, setBase64, len(sc.s))
	for end > j && sc.s[end-1] == '.' {
		end--
	}
	if end-j < minTokenBytes || !sc.begins(i) || !random(sc.s[j:end]) {
		return max(i+1, end)
	}
	return sc.hit(TypeSecret, j, end, 0.85)
}

// userinfo looks for a password in a URL, scheme://user:password@host, whose
// first ':' stands at i, and returns its end, 0 if there is none.
func (sc *scan) userinfo(i int) int {
	if !sc.hasPrefix(i, "://") {
		return 0
	}
	s := sc.s
	colon, at := 0, 0
scan:
	for j := i + 3; j < len(s) && j-i < maxValueBytes; j++ {
		sc.work++
		switch c := s[j]; {
		case c == '@':
			at = j
		case c == ':' && colon == 0:
			colon = j
		case c == '/' || c == '"' || c == '\'' || c == '?' || isSpace(c):
			break scan
		}
	}
	if colon == 0 || at < colon+2 || !isAlnum(sc.at(at+1)) {
		return 0
	}
	if v := s[colon+1 : at]; sample(v) || strings.ContainsAny(v, "{}$<>") {
		return 0
	}
	return sc.hit(TypeSecret, colon+1, at, 0.9)
}
