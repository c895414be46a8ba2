package mask

// What a byte begins or belongs to. The pass over a text stops at bytes with an anchor.
const (
	anchorNumber  = iota + 1 // a digit
	anchorAt                 // @
	anchorColon              // : and =
	anchorDash               // - and _
	anchorCapital            // a letter some keys begin with
	anchorOdd                // the first byte of characters that may need to be made plain
)

// anchors is indexed by byte.
var anchors = func() (a [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		a[c] = anchorNumber
	}
	a['@'] = anchorAt
	a[':'], a['='] = anchorColon, anchorColon
	a['-'], a['_'] = anchorDash, anchorDash
	for _, c := range "ABJS" {
		a[c] = anchorCapital
	}
	a[0xC2], a[0xE2], a[0xEF] = anchorOdd, anchorOdd, anchorOdd
	return a
}()

// Sets of bytes, as bits of chars.
const (
	setToken  = 1 << iota // letters, digits, - and _
	setBase64             // letters, digits and + / = . - _ ~
	setLocal              // what stands before the @ of an e-mail address
	setHex
	setBlank
)

// chars is indexed by byte.
var chars = func() (t [256]uint8) {
	for i := range 256 {
		c := byte(i)
		if isAlnum(c) {
			t[c] |= setToken | setBase64 | setLocal
		}
		if isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			t[c] |= setHex
		}
	}
	for set, s := range map[uint8]string{setToken: "-_", setBase64: "+/=.-_~", setLocal: "._%+-'", setBlank: " \t\r\n"} {
		for i := range len(s) {
			t[s[i]] |= set
		}
	}
	return t
}()

func isDigit(c byte) bool { return c-'0' < 10 }
func isUpper(c byte) bool { return c-'A' < 26 }
func isLower(c byte) bool { return c-'a' < 26 }
func isAlpha(c byte) bool { return (c|0x20)-'a' < 26 }
func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }
func isHex(c byte) bool   { return chars[c]&setHex != 0 }
func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }

func toLower(c byte) byte {
	if isUpper(c) {
		return c | 0x20
	}
	return c
}

func toUpper(c byte) byte {
	if isLower(c) {
		return c &^ 0x20
	}
	return c
}

// pairs is a set of two bytes.
type pairs [256][4]uint64

func (p *pairs) add(a, b byte)      { p[a][b>>6] |= 1 << (b & 63) }
func (p *pairs) has(a, b byte) bool { return p[a][b>>6]>>(b&63)&1 != 0 }

// run returns the end of the bytes of the set from i on, at most limit bytes on.
func (sc *scan) run(i int, set uint8, limit int) int {
	end := min(len(sc.s), i+limit)
	j := i
	for j < end && chars[sc.s[j]]&set != 0 {
		j++
	}
	sc.work += j - i
	return j
}

// at returns the byte at i, 0 outside of the text.
func (sc *scan) at(i int) byte {
	if i < 0 || i >= len(sc.s) {
		return 0
	}
	return sc.s[i]
}
