package mask

// business looks for a Korean business registration number: NNN-NN-NNNNN with
// its checksum, or ten digits where the words say so.
func (sc *scan) business(d *number) int {
	n := 1
	if d.size(0) == 3 {
		n = 3
		if !d.shape(3, 2, 5) || !d.joined(3, "- .") {
			return 0
		}
	}
	if !d.clean(n) {
		return 0
	}
	var buf [10]byte
	if !businessNumber(d.digits(buf[:0], n)) {
		return 0
	}
	switch is := sc.before(d.start[0]); {
	case is == contextBusiness:
		return sc.hit(TypeBusinessNumber, d.start[0], d.end[n-1], 0.95)
	case n == 1, d.sep(0) != "-", is == contextOther:
		return 0
	}
	return sc.hit(TypeBusinessNumber, d.start[0], d.end[n-1], 0.8)
}

// businessNumber checks the checksum: weights 1 3 7 1 3 7 1 3 5, and the tens of
// the ninth digit times five. The first three digits, the tax office, begin at 101.
func businessNumber(num []byte) bool {
	sum := 0
	for i, w := range [9]int{1, 3, 7, 1, 3, 7, 1, 3, 5} {
		sum += int(num[i]-'0') * w
	}
	sum += int(num[8]-'0') * 5 / 10
	return (10-sum%10)%10 == int(num[9]-'0') && string(num[:3]) > "100"
}
