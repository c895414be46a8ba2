package mask

import (
	"encoding/base64"
	"strings"
)

const pemBegin, pemEnd = "-----BEGIN ", "-----END "

// maxPEMBytes is the longest private key that is looked for.
const maxPEMBytes = 1 << 14

// pem looks for a private key in PEM (RFC 7468) at the dash at i, ended or cut
// short, and returns where to go on.
func (sc *scan) pem(i int) int {
	s := sc.s
	dashes := i
	for dashes < len(s) && s[dashes] == '-' {
		dashes++
	}
	if i = max(i, dashes-5); !sc.hasPrefix(i, pemBegin) {
		return dashes
	}
	label := s[i:min(len(s), i+64)]
	n := strings.Index(label, "PRIVATE KEY")
	if n < 0 || strings.IndexByte(label[:n], '\n') >= 0 {
		return i + len(pemBegin)
	}
	body := i + n + len("PRIVATE KEY")
	if rest := s[body:]; !strings.HasPrefix(rest, "-----") && !strings.HasPrefix(rest, " BLOCK-----") {
		return i + len(pemBegin)
	}
	if sc.pemEnd < body {
		k := strings.Index(s[body:], pemEnd)
		sc.pemEnd = len(s)
		if k >= 0 {
			sc.pemEnd = body + k
		}
		sc.work += sc.pemEnd - body
	}
	if sc.pemEnd < len(s) && sc.pemEnd-i <= maxPEMBytes {
		end := sc.pemEnd + len(pemEnd)
		for end < len(s) && end-sc.pemEnd < 64 && s[end] != '-' && s[end] != '\n' {
			end++
		}
		for end < len(s) && s[end] == '-' {
			end++
		}
		return sc.hit(TypePrivateKey, i, end, 1)
	}
	end := body
	for end < len(s) && (chars[s[end]]&(setBase64|setBlank) != 0 || s[end] == '\\' || s[end] == ':') {
		end++
	}
	for end > body && isSpace(s[end-1]) {
		end--
	}
	sc.work += end - body
	return sc.hit(TypePrivateKey, i, end, 0.95)
}

// jwt looks for a JSON Web Token (RFC 7519) whose "eyJ" ends at i.
func (sc *scan) jwt(i int) int {
	start := i - 2
	if start < sc.from || !sc.hasPrefix(start, "eyJ") || !sc.begins(start) || start > sc.from && sc.s[start-1] == '.' {
		return i + 1
	}
	dot := sc.run(start, setToken, len(sc.s))
	if sc.at(dot) != '.' || !isHeader(sc.s[start:dot]) {
		return dot
	}
	end := sc.run(dot+1, setToken, len(sc.s))
	if end-dot < 3 {
		return end
	}
	for sc.at(end) == '.' && chars[sc.at(end+1)]&setToken != 0 { // a signature; of an encrypted one five parts
		end = sc.run(end+1, setToken, len(sc.s))
	}
	return sc.hit(TypeJWT, start, end, 0.98)
}

// isHeader reports whether the part of a token is JSON that names an algorithm.
func isHeader(part string) bool {
	var buf [192]byte
	if len(part) > 256 {
		part = part[:256]
	}
	n, _ := base64.RawURLEncoding.Decode(buf[:], []byte(part)[:len(part)/4*4])
	head := string(buf[:n])
	return strings.HasPrefix(head, "{") && (strings.Contains(head, `"alg"`) || strings.Contains(head, `"typ"`) || strings.Contains(head, `"kid"`) || strings.Contains(head, `"enc"`))
}
