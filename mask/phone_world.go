package mask

import "strings"

// international looks for a number with its country (ITU-T E.164): 8 to 15
// digits behind a plus, of Korea also without.
func (sc *scan) international(d *number, start int) int {
	if start > sc.from && (isAlnum(sc.s[start-1]) || sc.s[start-1] == '+') || start == d.start[0] && !d.freeBefore() {
		return 0
	}
	for n := min(d.n, 6); n > 0; n-- {
		if n > 1 && !sepsWorld(d, n) || !d.freeAfter(n) {
			continue
		}
		var buf [maxGroups * maxDigits]byte
		num := string(d.digits(buf[:0], n))
		if start == d.start[0] {
			num = strings.TrimPrefix(num, "00")
		}
		confidence := 0.0
		switch {
		case len(num) < 8 || len(num) > 15:
		case strings.HasPrefix(num, "82"):
			if isKorean(strings.TrimPrefix(num[2:], "0")) {
				confidence = 0.95
			} else if isService(num[2:]) {
				confidence = 0.8
			}
		case num[0] == '1':
			if len(num) == 11 && isAmerican(num[1:4], num[4:7]) {
				confidence = 0.9
			}
		case isCountry(num) && len(num) >= 9:
			confidence = 0.85
		}
		if confidence > 0 {
			return sc.hit(TypePhone, start, d.end[n-1], confidence)
		}
	}
	return 0
}

func isService(num string) bool {
	for _, s := range services {
		if len(num) == 8 && num[:4] == s {
			return true
		}
	}
	return false
}

// isCountry reports whether the number begins with a code that is given to a country.
func isCountry(num string) bool {
	two := num[:2]
	switch num[0] {
	case '1', '7':
		return true
	case '2':
		return two == "20" || two == "27" || strings.Contains("21 22 23 24 25 26 29", two)
	case '3':
		return two != "38" || num[2] != '4'
	case '4':
		return two != "42" || num[2] == '0' || num[2] == '1' || num[2] == '3'
	case '5', '6':
		return true
	case '8':
		return strings.Contains("81 84 85 86 87 88", two)
	case '9':
		return two != "97" || num[2] != '8'
	}
	return false
}

// sepsWorld reports whether the groups may belong to one number: (0) too.
func sepsWorld(d *number, n int) bool {
	for i := range n - 1 {
		switch d.sep(i) {
		case "-", ".", " ", ")", ") ", " (", "(", "-(", ")-", " - ":
		default:
			return false
		}
	}
	return true
}

// isAmerican reports whether area and exchange are such of North America: neither begins with 0 or 1.
func isAmerican(area, exchange string) bool {
	return area[0] >= '2' && exchange[0] >= '2' && area[1:] != "11" && exchange[1:] != "11"
}

// americanPhone looks for 415-555-2671, (415) 555-2671 and 1-415-555-2671.
func (sc *scan) americanPhone(d *number) int {
	first := 0
	if d.size(0) == 1 && d.group(0) == "1" {
		first = 1
	}
	if d.n < first+3 || d.size(first) != 3 || d.size(first+1) != 3 || d.size(first+2) != 4 {
		return 0
	}
	n := first + 3
	if !isAmerican(d.group(first), d.group(first+1)) || !d.clean(n) || !sepsWorld(d, n) {
		return 0
	}
	start := sc.bracket(d)
	is := sc.before(d.start[0])
	switch {
	case is == contextPhone:
		return sc.hit(TypePhone, start, d.end[n-1], 0.9)
	case is == contextOther, is == contextAccount:
		return 0
	case d.sep(first) == " " && start == d.start[0]: // blanks only
		return 0
	}
	return sc.hit(TypePhone, start, d.end[n-1], 0.7)
}

// namedPhone looks for the numbers of other countries, where the words say so:
// 8 to 13 digits with a leading 0, or ten of North America.
func (sc *scan) namedPhone(d *number) int {
	whole := d.start[0] == 0 && d.n == 1 && d.end[0] == len(sc.s)
	if g := d.group(0); g[0] != '0' && len(g) != 10 && !whole || !d.freeBefore() {
		return 0
	}
	for n := min(d.n, 5); n > 0; n-- {
		if n > 1 && !sepsPhone(d, n) || !d.freeAfter(n) {
			continue
		}
		var buf [maxGroups * maxDigits]byte
		num := d.digits(buf[:0], n)
		switch {
		case len(num) < 8 || len(num) > 15:
			continue
		case num[0] == '0' && len(num) >= 9 && len(num) <= 13:
			if sc.before(d.start[0]) == contextPhone {
				return sc.hit(TypePhone, sc.bracket(d), d.end[n-1], 0.7)
			}
		case whole && sc.keyContext() == contextPhone:
			return sc.hit(TypePhone, d.start[0], d.end[0], 0.75)
		case n == 1 && len(num) == 10 && isAmerican(string(num[:3]), string(num[3:6])):
			if sc.before(d.start[0]) == contextPhone {
				return sc.hit(TypePhone, d.start[0], d.end[0], 0.7)
			}
		}
	}
	return 0
}
