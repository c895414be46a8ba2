package mask

// resident looks for Korean registration numbers of residents and foreigners:
// YYMMDD-GNNNNNN. The date and the digit G for gender and century are checked.
// The checksum only adds confidence: numbers given since October 2020 have none.
func (sc *scan) resident(d *number) int {
	n := 1
	if d.size(0) == 6 {
		n = 2
		if d.size(1) != 7 {
			return 0
		}
		if s := d.sep(0); s != "-" && s != " " && s != " - " && s != "." {
			return 0
		}
	}
	if !d.clean(n) {
		return 0
	}
	var buf [13]byte
	num := d.digits(buf[:0], n)
	typ, ok := registration(num, sc.m.now)
	if !ok {
		return 0
	}
	confidence := sc.residentConfidence(num, d, n, typ)
	if confidence == 0 {
		return 0
	}
	return sc.hit(typ, d.start[0], d.end[n-1], confidence)
}

// residentConfidence returns how sure it is that a number that could be of the
// type is one, 0 if it is not.
func (sc *scan) residentConfidence(num []byte, d *number, n int, typ Type) float64 {
	sum := checksum(num, typ)
	is := sc.before(d.start[0])
	named := is == contextResident || is == contextForeigner
	switch {
	case named && sum:
		return 0.99
	case named:
		return 0.95
	case n == 2 && d.sep(0) != " ":
		switch {
		case sum:
			return 0.95
		case is == contextOther:
			return 0 // an order of that day
		}
		return 0.85
	case is == contextOther:
		return 0
	case sum && (n == 2 || typ == TypeResidentNumber || !timestamp(num)):
		return 0.7
	case n == 2 || typ == TypeForeignerNumber, timestamp(num), ean13(num):
		return 0
	}
	return 0.5
}

// registration returns which number it may be by its date and its seventh digit.
func registration(num []byte, now int) (Type, bool) {
	year := int(num[0]-'0')*10 + int(num[1]-'0')
	month := int(num[2]-'0')*10 + int(num[3]-'0')
	day := int(num[4]-'0')*10 + int(num[5]-'0')
	typ := TypeResidentNumber
	switch num[6] {
	case '1', '2':
		year += 1900
	case '3', '4':
		year += 2000
	case '5', '6':
		year, typ = year+1900, TypeForeignerNumber
	case '7', '8':
		year, typ = year+2000, TypeForeignerNumber
	default:
		return "", false
	}
	return typ, year <= now && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// checksum checks the last digit of a resident's or a foreigner's number, whose
// rule is the same with 2 added; newer foreigners' numbers follow the residents' rule.
func checksum(num []byte, typ Type) bool {
	sum := 0
	for i, c := range num[:12] {
		sum += int(c-'0') * (i%8 + 2)
	}
	check := (11 - sum%11) % 10
	last := int(num[12] - '0')
	return check == last || typ == TypeForeignerNumber && (check+2)%10 == last
}

// timestamp reports whether 13 digits are a Unix time in milliseconds of the years 2001 to 2036.
func timestamp(num []byte) bool { return num[0] == '1' || num[0] == '2' && num[1] == '0' }

// ean13 reports whether 13 digits are an article's number of Korea (880) with its check digit.
func ean13(num []byte) bool {
	sum := 0
	for i, c := range num {
		sum += int(c-'0') * (1 + i%2*2)
	}
	return string(num[:3]) == "880" && sum%10 == 0
}
