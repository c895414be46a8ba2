package mask

import (
	"net/netip"
	"strings"
)

// maxIPv6Bytes is the longest form, with an IPv4 address at its end.
const maxIPv6Bytes = 45

// ipv4 looks for four decimal numbers below 256. Addresses of this host (0/8,
// 127/8) and broadcast are nobody's. Four small numbers, and what a version's
// word stands before, are a version or a section.
func (sc *scan) ipv4(d *number) int {
	if !d.joined(4, ".") || !d.freeBefore() {
		return 0
	}
	start, end := d.start[0], d.end[3]
	if c := sc.at(end); isAlnum(c) || c == '_' || (c == '.' || c == '-') && isAlnum(sc.at(end+1)) {
		return 0
	}
	small := true
	for i := range 4 {
		g := d.group(i)
		if len(g) > 3 || len(g) > 1 && g[0] == '0' || len(g) == 3 && g > "255" {
			return 0
		}
		small = small && (len(g) == 1 || len(g) == 2 && g < "20")
	}
	if g := d.group(0); g == "0" || g == "127" || g == "255" {
		return 0
	}
	switch is := sc.before(start); {
	case is == contextIP:
		return sc.hit(TypeIP, start, end, 0.95)
	case is == contextOther, small:
		return 0
	}
	return sc.hit(TypeIP, start, end, 0.85)
}

// ipv6 looks for an IPv6 address around the ':' at i and returns its end, 0 if
// there is none. The loopback and the unspecified address are nobody's.
func (sc *scan) ipv6(i int) int {
	s := sc.s
	next := sc.at(i + 1)
	if i > 0 && next != ':' && !isHex(s[i-1]) {
		return 0
	}
	start := i
	for start > sc.from && i-start < 5 && isHex(s[start-1]) {
		start--
	}
	if i-start > 4 || start > sc.from && (isAlnum(s[start-1]) || s[start-1] == '_' || s[start-1] == ':' || s[start-1] == '.') {
		return 0
	}
	end, colons := start, 0
	for end < len(s) && end-start <= maxIPv6Bytes && (isHex(s[end]) || s[end] == ':' || s[end] == '.') {
		if s[end] == ':' {
			colons++
		}
		end++
	}
	sc.work += end - start
	for end > start && (s[end-1] == '.' || s[end-1] == ':' && (end-2 < start || s[end-2] != ':')) {
		end-- // the sentence's
	}
	if colons < 2 || end-start > maxIPv6Bytes || !sc.ends(end) || !isIPv6(s[start:end]) {
		return 0
	}
	return sc.hit(TypeIP, start, end, 0.9)
}

// isIPv6 reports whether s is an address and not a path in some language, as face::beef is.
func isIPv6(s string) bool {
	first, _, _ := strings.Cut(s, ":")
	if strings.Count(s, ":") < 3 && !strings.ContainsAny(first, "0123456789") && !strings.Contains(s, ".") {
		return false
	}
	a, err := netip.ParseAddr(s)
	return err == nil && !a.IsLoopback() && !a.IsUnspecified() && len(s) > 4
}
