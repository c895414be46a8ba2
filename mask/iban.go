package mask

// ibanLengths are the lengths of account numbers by country, from the registry of ISO 13616.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
	"FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "KW": 30, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "QA": 29, "RO": 24, "SA": 24, "SE": 24, "SI": 19,
	"SK": 24, "SM": 27, "TR": 26, "UA": 29,
}

// iban looks for an international bank account number that begins at start with
// a country's two capitals and two digits. It is written in one or in groups of
// four, and leaves 1 modulo 97 with its first four characters moved to the end.
func (sc *scan) iban(start int) int {
	s := sc.s
	length := ibanLengths[s[start:start+2]]
	if length == 0 {
		return 0
	}
	var b [34]byte
	n, i := 0, start
	for ; i < len(s) && n < length; i++ {
		c := s[i]
		if c == ' ' && n%4 == 0 {
			continue
		}
		if !isUpper(c) && !isDigit(c) {
			return 0
		}
		b[n] = c
		n++
	}
	sc.work += i - start
	if n < length || !sc.ends(i) {
		return 0
	}
	sum := 0
	for k := range n {
		c := b[(k+4)%n]
		if isDigit(c) {
			sum = (sum*10 + int(c-'0')) % 97
		} else {
			sum = (sum*100 + int(c-'A') + 10) % 97
		}
	}
	if sum != 1 {
		return 0
	}
	return sc.hit(TypeBankAccount, start, i, 0.95)
}
