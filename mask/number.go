package mask

// maxGroups and maxDigits bound a number: none that is looked for has more.
const (
	maxGroups = 8
	maxDigits = 19
)

// number is groups of digits with separators between them, from one group on.
type number struct {
	sc    *scan
	start [maxGroups]int
	end   [maxGroups]int
	n     int
	total int // digits
}

// group returns the digits of group i.
func (d *number) group(i int) string { return d.sc.s[d.start[i]:d.end[i]] }

// size returns how many digits group i has, 0 if there is none.
func (d *number) size(i int) int {
	if i >= d.n {
		return 0
	}
	return d.end[i] - d.start[i]
}

// sep returns what stands between groups i and i+1.
func (d *number) sep(i int) string { return d.sc.s[d.end[i]:d.start[i+1]] }

// shape reports whether the first groups have these sizes.
func (d *number) shape(sizes ...int) bool {
	if d.n < len(sizes) {
		return false
	}
	for i, n := range sizes {
		if d.size(i) != n {
			return false
		}
	}
	return true
}

// joined reports whether one of the separators, always the same, stands between the first n groups.
func (d *number) joined(n int, seps string) bool {
	for i := range n - 1 {
		s := d.sep(i)
		if len(s) != 1 || s != d.sep(0) {
			return false
		}
		ok := false
		for k := range len(seps) {
			ok = ok || seps[k] == s[0]
		}
		if !ok {
			return false
		}
	}
	return true
}

// digits appends the digits of the first n groups.
func (d *number) digits(b []byte, n int) []byte {
	for i := range n {
		b = append(b, d.group(i)...)
	}
	return b
}

// clean reports whether the number up to group n stands for itself: no letter,
// digit or further part is joined to it.
func (d *number) clean(n int) bool { return d.freeBefore() && d.freeAfter(n) }

func (d *number) freeBefore() bool {
	sc, i := d.sc, d.start[0]
	if i <= sc.from {
		return true
	}
	switch c := sc.s[i-1]; {
	case isAlnum(c), c == '_':
		return false
	case c == '#', c == '$':
		return false
	case c == '-', c == '.', c == '/':
		return i-1 <= sc.from || !isAlnum(sc.at(i-2))
	}
	return true
}

func (d *number) freeAfter(n int) bool {
	sc, i := d.sc, d.end[n-1]
	switch c := sc.at(i); {
	case isAlnum(c), c == '_':
		return false
	case c == '-', c == '.':
		return !isAlnum(sc.at(i + 1))
	}
	return true
}

// gather reads groups of digits from i on.
func (sc *scan) gather(d *number, i int) {
	d.sc = sc
	for d.n < maxGroups && i < len(sc.s) && isDigit(sc.s[i]) {
		j := i
		for j < len(sc.s) && isDigit(sc.s[j]) && j-i <= maxDigits {
			j++
		}
		sc.work += j - i + 1
		if j-i > maxDigits {
			return
		}
		d.start[d.n], d.end[d.n] = i, j
		d.n++
		d.total += j - i
		for i = j; i < len(sc.s) && i-j < 3; i++ {
			if c := sc.s[i]; c != ' ' && c != '-' && c != '.' && c != ')' && c != '(' {
				break
			}
		}
		if i == j {
			return
		}
	}
}

// number looks at a group of digits.
func (sc *scan) number(i int) int {
	s := sc.s
	end := i + 1
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	size := end - i
	if i > sc.from && (isAlpha(s[i-1]) || s[i-1] == '_') {
		if isUpper(s[i-1]) {
			end = sc.lettered(i, end)
		}
		return sc.wordEnd(end)
	}
	if end < len(s) && isAlpha(s[end]) && (size > 16 || s[i] != '0') {
		return sc.wordEnd(end)
	}
	if size > maxDigits {
		return end
	}
	if size < 7 {
		// most digits of a text are short numbers with nothing behind
		j := end
		for j < len(s) && j-end < 3 && (s[j] == ' ' || s[j] == '-' || s[j] == '.' || s[j] == ')' || s[j] == '(') {
			j++
		}
		if j == end || j == len(s) || !isDigit(s[j]) {
			return end
		}
	}
	var d number
	sc.gather(&d, i)
	if d.total < 7 && d.n < 4 {
		return end
	}
	if last := sc.numberDetectors(&d, size); last > end {
		return last
	}
	return end
}

// wordEnd returns the end of the letters and digits at i: within them no value
// begins.
func (sc *scan) wordEnd(i int) int {
	if i <= sc.from {
		return i
	}
	for i < len(sc.s) && isAlnum(sc.s[i]) {
		i++
	}
	return i
}

// numberDetectors asks those that may know a number that begins with a group of
// the size, and returns the end of what they found.
func (sc *scan) numberDetectors(d *number, size int) int {
	last := 0
	if d.total >= 13 && size >= 4 {
		last = max(last, sc.card(d))
	}
	switch size {
	case 6, 13:
		last = max(last, sc.resident(d))
	case 2, 12:
		last = max(last, sc.license(d))
	case 3, 10:
		last = max(last, sc.business(d))
	}
	if size <= 3 && d.n >= 4 {
		last = max(last, sc.ipv4(d))
	}
	if size >= 8 && size <= 10 && sc.at(d.end[0]) == ':' {
		last = max(last, sc.telegram(d))
	}
	if d.total >= 8 {
		last = max(last, sc.phone(d))
	}
	if d.total >= 9 {
		last = max(last, sc.account(d), sc.shortKeyed(d))
	}
	return last
}
