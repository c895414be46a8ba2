package mask

// lettered looks at digits s[i:end] that follow a capital: passports and IBANs.
// It returns where to go on.
func (sc *scan) lettered(i, end int) int {
	s := sc.s
	start := i - 1
	if start > sc.from && isUpper(s[start-1]) {
		start--
	}
	if !sc.begins(start) {
		return end
	}
	if i-start == 2 && end-i >= 2 {
		if last := sc.iban(start); last > 0 {
			return last
		}
	}
	if last := sc.passport(start, i, end); last > 0 {
		return last
	}
	return end
}

// passport looks for a passport's number whose letters begin at start and whose
// digits are s[i:end]: Korean ones are a letter of MSRODG and eight digits, or
// since 2021 three digits, a letter and four digits. Other forms, and those
// that products have too, need the word.
func (sc *scan) passport(start, i, end int) int {
	s := sc.s
	korean := i-start == 1 && isKoreanPassport(s[start])
	newer := i-start == 1 && end-i == 3 && isUpper(sc.at(end))
	last := end
	if newer {
		for last = end + 1; last < len(s) && last < end+6 && isDigit(s[last]); last++ {
		}
		newer = last-end == 5
	}
	if !sc.ends(last) || sc.at(last) == '-' && isAlnum(sc.at(last+1)) || !newer && (end-i < 6 || end-i > 9) {
		return 0
	}
	if start > sc.from && (s[start-1] == '-' || s[start-1] == '/') {
		return 0
	}
	is := sc.before(start)
	if is == contextNone {
		if next := sc.after(last); next == contextPassport {
			is = next
		}
	}
	switch {
	case is == contextPassport && korean:
		return sc.hit(TypePassport, start, last, 0.95)
	case is == contextPassport:
		return sc.hit(TypePassport, start, last, 0.8)
	case newer && s[start] == 'M' && is == contextNone:
		return sc.hit(TypePassport, start, last, 0.6)
	}
	return 0
}

func isKoreanPassport(c byte) bool {
	switch c {
	case 'M', 'S', 'R', 'O', 'D', 'G':
		return true
	}
	return false
}

// shortKeyed looks for numbers that only their name makes personal: a passport
// of nine digits, and numbers that lost their leading zeros in JSON.
func (sc *scan) shortKeyed(d *number) int {
	if d.n != 1 || !d.clean(1) {
		return 0
	}
	start, end := d.start[0], d.end[0]
	if d.size(0) == 9 && sc.before(start) == contextPassport {
		return sc.hit(TypePassport, start, end, 0.75)
	}
	if start != 0 || end != len(sc.s) {
		return 0
	}
	is := sc.keyContext()
	if size := end - start; is != contextResident && is != contextForeigner || size >= 13 || size < 9 {
		return 0
	}
	num := [13]byte{'0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0'}
	copy(num[13-(end-start):], sc.s)
	if typ, ok := registration(num[:], sc.m.now); ok {
		return sc.hit(typ, start, end, 0.8)
	}
	return 0
}
