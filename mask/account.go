package mask

// account looks for the number of a bank account: 10 to 16 digits in up to five
// groups of which words before, or right behind, speak of a bank or an account.
func (sc *scan) account(d *number) int {
	if !d.freeBefore() {
		return 0
	}
	for n := min(d.n, 5); n > 0; n-- {
		if n > 1 && !d.joined(n, "- ") || !d.freeAfter(n) {
			continue
		}
		var buf [maxGroups * maxDigits]byte
		num := d.digits(buf[:0], n)
		if len(num) < 10 || len(num) > 16 || dateTime(num) || n > 1 && d.sep(0) == " " && len(num) > 14 {
			continue
		}
		start, end := d.start[0], d.end[n-1]
		if sc.hasPrefix(end, "원") {
			return 0
		}
		switch is := sc.before(start); {
		case is == contextAccount:
		case is == contextNone && sc.after(end) == contextAccount:
		default:
			return 0
		}
		return sc.hit(TypeBankAccount, start, end, 0.65)
	}
	return 0
}

// dateTime reports whether the digits are a date and time of this century: YYYYMMDDhhmm(ss).
func dateTime(num []byte) bool {
	if len(num) != 12 && len(num) != 14 || string(num[:2]) != "20" {
		return false
	}
	two := func(i int) int { return int(num[i]-'0')*10 + int(num[i+1]-'0') }
	return two(4) >= 1 && two(4) <= 12 && two(6) >= 1 && two(6) <= 31 && two(8) < 24 && two(10) < 60
}
