package mask

import "strings"

// phone looks for a telephone number and returns its end.
func (sc *scan) phone(d *number) int {
	start := d.start[0]
	if start > sc.from && sc.s[start-1] == '+' {
		return sc.international(d, start-1)
	}
	if d.n > 1 && (d.group(0) == "0082" || d.group(0) == "00" && strings.HasPrefix(d.group(1), "82") || d.n > 2 && d.group(0) == "82" && d.group(1) == "10") {
		return sc.international(d, start)
	}
	if last := sc.koreanPhone(d); last > 0 {
		return last
	}
	if last := sc.servicePhone(d); last > 0 {
		return last
	}
	if last := sc.americanPhone(d); last > 0 {
		return last
	}
	return sc.namedPhone(d)
}

// koreanPhone looks for numbers of Korea with their leading 0: 010-1234-5678,
// (02) 123-4567, 050x and 070. In one group only 010 says enough without a word.
func (sc *scan) koreanPhone(d *number) int {
	g := d.group(0)
	if g[0] != '0' || !sc.phoneBefore(d) {
		return 0
	}
	mobile := strings.HasPrefix(g, "010")
	switch {
	case isArea(g) && d.n >= 3 && sepsPhone(d, 3) && d.size(2) == 4 && (d.size(1) == 4 || d.size(1) == 3 && g != "010") && d.freeAfterPhone(3):
		return sc.hit(TypePhone, sc.bracket(d), d.end[2], 0.9)
	case isArea(g) && d.n >= 2 && sepsPhone(d, 2) && koreanLength(g, d.size(1)) && d.freeAfterPhone(2):
		return sc.hit(TypePhone, sc.bracket(d), d.end[1], 0.75)
	case mobile && len(g) == 7 && d.size(1) == 4 && sepsPhone(d, 2) && d.freeAfterPhone(2):
		return sc.hit(TypePhone, d.start[0], d.end[1], 0.8)
	case len(g) >= 9 && len(g) <= 12 && isKorean(g[1:]) && d.clean(1):
		if mobile && len(g) == 11 {
			return sc.hit(TypePhone, d.start[0], d.end[0], 0.85)
		}
		if is := sc.before(d.start[0]); is == contextPhone {
			return sc.hit(TypePhone, d.start[0], d.end[0], 0.85)
		}
	}
	return 0
}

// isArea reports whether g is the first part of a Korean number.
func isArea(g string) bool {
	switch len(g) {
	case 2:
		return g == "02"
	case 3:
		switch g[:2] {
		case "01":
			return g[2] == '0' || g[2] == '1' || g[2] >= '6'
		case "03":
			return g[2] >= '1' && g[2] <= '3'
		case "04", "06":
			return g[2] >= '1' && g[2] <= '4'
		case "05":
			return g[2] >= '1' && g[2] <= '5'
		}
		return g == "070" || g == "080"
	case 4:
		return g[:3] == "050" && g[3] >= '2' && g[3] <= '8'
	}
	return false
}

// koreanLength reports whether n digits make a number behind the area.
func koreanLength(area string, n int) bool {
	if area == "010" || area == "070" {
		return n == 8
	}
	return n == 7 || n == 8
}

// isKorean reports whether the digits are a number of Korea without its leading 0.
func isKorean(num string) bool {
	for n := 1; n <= 3 && n < len(num); n++ {
		var area [4]byte
		area[0] = '0'
		copy(area[1:], num[:n])
		if isArea(string(area[:n+1])) {
			return koreanLength(string(area[:n+1]), len(num)-n)
		}
	}
	return false
}

// sepsPhone reports whether what stands between the first n groups may stand in a telephone number.
func sepsPhone(d *number, n int) bool {
	for i := range n - 1 {
		switch d.sep(i) {
		case "-", ".", " ", ")", ") ", " - ", ")-":
		default:
			return false
		}
	}
	return true
}

// phoneBefore reports whether a telephone number may begin there. Tel.010 and
// T-010 are, what belongs to a longer number or an id is not.
func (sc *scan) phoneBefore(d *number) bool {
	if d.freeBefore() {
		return true
	}
	i := d.start[0]
	switch c := sc.s[i-1]; c {
	case '-', '.', '/':
		if isDigit(sc.s[i-2]) {
			return false
		}
		return i == 2 || !isAlnum(sc.at(i-3)) || sc.before(i) == contextPhone
	}
	return false
}

// freeAfterPhone is freeAfter, but lets letters follow: "010-1234-5678or".
func (d *number) freeAfterPhone(n int) bool {
	return d.freeAfter(n) || isAlpha(d.sc.at(d.end[n-1])) && d.n >= 3
}

// bracket returns the start of the number with an opening bracket that the number closes.
func (sc *scan) bracket(d *number) int {
	if i := d.start[0]; i > sc.from && sc.s[i-1] == '(' && d.n > 1 && d.sep(0)[0] == ')' {
		return i - 1
	}
	return d.start[0]
}

// services are the first digits of numbers without an area: 1588-1234.
var services = [...]string{
	"1522", "1533", "1544", "1551", "1555", "1566", "1577", "1588", "1599", "1600", "1601", "1602", "1611", "1644", "1660", "1661", "1666",
	"1668", "1670", "1688", "1800", "1811", "1833", "1844", "1855", "1866", "1877", "1899",
}

// servicePhone looks for a number of a company: 1588-1234, but not for years.
func (sc *scan) servicePhone(d *number) int {
	if d.size(0) != 4 && d.size(0) != 8 || d.size(0) == 4 && (d.size(1) != 4 || d.sep(0) != "-") {
		return 0
	}
	n := min(2, 3-d.size(0)/4)
	g := d.group(0)
	known := false
	for _, s := range services {
		known = known || g[:4] == s
	}
	if !known || !d.clean(n) {
		return 0
	}
	is := sc.before(d.start[0])
	switch {
	case is == contextPhone:
		return sc.hit(TypePhone, d.start[0], d.end[n-1], 0.85)
	case n == 1, is == contextOther, d.group(1) >= "1400" && d.group(1) <= "2100":
		return 0
	}
	return sc.hit(TypePhone, d.start[0], d.end[1], 0.7)
}
