package mask

import "strings"

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
