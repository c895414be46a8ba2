package mask

// card looks for a payment card's number: 13 to 19 digits in one group, 4-4-4-4
// (-3), 4-6-5 or 4-6-4, of a known issuer's range and with a Luhn checksum.
func (sc *scan) card(d *number) int {
	n := 1
	switch {
	case d.shape(4, 4, 4, 4, 3) && d.joined(5, " -."):
		n = 5
	case d.shape(4, 4, 4, 4) && d.joined(4, " -."):
		n = 4
	case d.shape(4, 6, 5) && d.joined(3, " -."), d.shape(4, 6, 4) && d.joined(3, " -."):
		n = 3
	}
	if n == 1 && d.size(0) < 13 || !d.clean(n) {
		return 0
	}
	var buf [maxDigits]byte
	num := d.digits(buf[:0], n)
	lengths := issuer(num)
	if lengths&(1<<len(num)) == 0 || !luhn(num) {
		return 0
	}
	if n > 1 {
		return sc.hit(TypeCard, d.start[0], d.end[n-1], 0.95)
	}
	switch is := sc.before(d.start[0]); {
	case is == contextCard:
		return sc.hit(TypeCard, d.start[0], d.end[0], 0.95)
	case is == contextOther, len(num) != 16 && len(num) != 15:
		return 0
	}
	return sc.hit(TypeCard, d.start[0], d.end[0], 0.75)
}

// issuer returns the lengths, as bits, of the numbers of the issuer whose range
// (ISO/IEC 7812) the number lies in, 0 if there is none.
func issuer(num []byte) int {
	n2 := int(num[0]-'0')*10 + int(num[1]-'0')
	n4 := n2*100 + int(num[2]-'0')*10 + int(num[3]-'0')
	switch {
	case n2/10 == 4: // Visa
		return 1<<13 | 1<<16 | 1<<19
	case n2 >= 51 && n2 <= 55, n4 >= 2221 && n4 <= 2720: // Mastercard
		return 1 << 16
	case n2 == 34, n2 == 37: // American Express
		return 1 << 15
	case n4 == 6011, n4 >= 6440 && n4 <= 6599: // Discover
		return 1<<16 | 1<<19
	case n2 == 36, n2 == 38, n2 == 39, n4 >= 3000 && n4 <= 3059: // Diners
		return 1 << 14
	case n4 >= 3528 && n4 <= 3589: // JCB
		return 1 << 16
	case n2 == 62: // UnionPay
		return 1<<16 | 1<<17 | 1<<18 | 1<<19
	case n2 == 94: // Korean cards for use at home
		return 1 << 16
	}
	return 0
}

// luhn checks the checksum of ISO/IEC 7812-1 annex B; all zeros and the like pass it and are refused.
func luhn(num []byte) bool {
	sum, same := 0, true
	for i := range num {
		n := int(num[len(num)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
		same = same && num[i] == num[0]
	}
	return sum%10 == 0 && !same
}
