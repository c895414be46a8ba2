package mask

import "strings"

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
