package mask

import "strings"

// scan is the state of one search. It is used again for the next.
//
// One pass over the bytes stops where a value may stand: at digits, '@', ':',
// '=', '-', '_' and a few capitals. From there the detectors look at a window
// of bounded size, so that the time is linear in the text's length.
type scan struct {
	m       *Masker
	s       string // in plain characters, see normal
	key     string // of the member the text stands below
	shifts  []shift
	found   []Match // offsets in s
	out     []Match // offsets in the original text
	from    int     // where the last match ended
	work    int     // bytes looked at besides the pass itself
	pemEnd  int     // where the next end of a PEM block is, len(s) if there is none
	context context // of the key
	keyRead bool    // whether context is known
	words   context // before wordsAt-1
	wordsAt int     // 0 if words is unknown
}

// maxKept bounds what a scan keeps for the next.
const maxKept = 1 << 12

func (sc *scan) release() {
	*sc = scan{shifts: sc.shifts[:0], found: sc.found[:0], out: sc.out[:0]}
	if cap(sc.shifts) > maxKept || cap(sc.found) > maxKept {
		*sc = scan{}
	}
	scans.Put(sc)
}

// find returns the matches in text, with those of customs. They are valid until the next find.
func (sc *scan) find(m *Masker, text, key string, customs []custom) []Match {
	*sc = scan{m: m, s: text, key: key, shifts: sc.shifts[:0], found: sc.found[:0], out: sc.out[:0], pemEnd: -1, work: sc.work}
	if m.enabled != 0 && !sc.pass() {
		sc.s, sc.shifts = normal(text, sc.shifts)
		sc.found, sc.from = sc.found[:0], 0
		sc.pass()
	}
	for i := range customs {
		customs[i].find(sc)
	}
	if len(sc.found) == 0 {
		return nil
	}
	sc.found = sc.resolve(sc.found)
	for _, f := range sc.found {
		f.Start, f.End = original(sc.shifts, f.Start), original(sc.shifts, f.End)
		sc.out = append(sc.out, f)
	}
	return sc.out
}

// value returns the text of a match in plain characters.
func (sc *scan) value(i int) string { return sc.s[sc.found[i].Start:sc.found[i].End] }

// pass looks for everything in sc.s. It reports false when characters must be
// made plain first.
func (sc *scan) pass() bool {
	s := sc.s
	plain := len(sc.shifts) > 0
	for i := 0; i < len(s); {
		for i+8 <= len(s) {
			b := s[i : i+8]
			if anchors[b[0]]|anchors[b[1]]|anchors[b[2]]|anchors[b[3]]|anchors[b[4]]|anchors[b[5]]|anchors[b[6]]|anchors[b[7]] != 0 {
				break
			}
			i += 8
		}
		for i < len(s) && anchors[s[i]] == 0 {
			i++
		}
		if i == len(s) {
			break
		}
		next := 0
		switch anchors[s[i]] {
		case anchorNumber:
			next = sc.number(i)
		case anchorAt:
			next = sc.email(i)
		case anchorColon:
			next = sc.colon(i)
		case anchorDash:
			next = sc.dash(i)
		case anchorCapital:
			next = sc.capital(i)
		case anchorOdd:
			if !plain && odd(s, i) {
				return false
			}
		}
		i = max(i+1, next) // a detector whose type isn't wanted returns 0
	}
	return true
}

// colon looks at a ':' or '='.
func (sc *scan) colon(i int) int {
	if sc.s[i] == ':' {
		end := 0
		if next := sc.at(i + 1); next == '/' {
			end = sc.userinfo(i)
		} else if next == ':' || isHex(next) {
			end = sc.ipv6(i)
		}
		if end > 0 {
			return end
		}
	}
	return sc.assignment(i)
}

// dash looks at a '-' or '_'.
func (sc *scan) dash(i int) int {
	if sc.s[i] == '-' && sc.at(i+1) == '-' {
		return sc.pem(i)
	}
	return sc.keyAt(i)
}

// capital looks at one of the letters with an anchor.
func (sc *scan) capital(i int) int {
	switch sc.s[i] {
	case 'J':
		return sc.jwt(i)
	case 'B':
		return sc.scheme(i)
	}
	return sc.keyAt(i)
}

func (sc *scan) enabled(t Type) bool {
	for i := range types {
		if types[i] == t {
			return sc.m.enabled&(1<<i) != 0
		}
	}
	return false
}

// add notes a match unless it is allowed or too unsure.
func (sc *scan) add(t Type, start, end int, confidence float64) {
	if confidence >= sc.m.minConfidence && !sc.allowed(sc.s[start:end]) {
		sc.found = append(sc.found, Match{t, start, end, confidence})
	}
}

func (sc *scan) allowed(value string) bool {
	m := sc.m
	if m.allow[value] {
		return true
	}
	for _, re := range m.allowPatterns {
		if re.MatchString(value) {
			return true
		}
	}
	return false
}

// hit notes a match of a detector of this package and returns its end, 0 if it
// isn't wanted. What follows it begins a word, as it would behind the match's label.
func (sc *scan) hit(t Type, start, end int, confidence float64) int {
	if !sc.enabled(t) || confidence < sc.m.minConfidence {
		return 0
	}
	sc.from = max(sc.from, end)
	sc.add(t, start, end, confidence)
	return end
}

// begins reports whether a word may begin at i.
func (sc *scan) begins(i int) bool {
	return i <= sc.from || chars[sc.s[i-1]]&setToken == 0
}

// ends reports whether a word may end before i.
func (sc *scan) ends(i int) bool {
	return i >= len(sc.s) || !isAlnum(sc.s[i]) && sc.s[i] != '_'
}

// hasPrefix reports whether the text goes on with prefix at i.
func (sc *scan) hasPrefix(i int, prefix string) bool {
	return i >= 0 && i <= len(sc.s) && strings.HasPrefix(sc.s[i:], prefix)
}
