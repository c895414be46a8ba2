package mask

import "unicode/utf8"

// context is what the words before a number say about it.
type context uint8

const (
	contextNone context = iota
	contextPhone
	contextAccount
	contextResident
	contextForeigner
	contextPassport
	contextLicense
	contextBusiness
	contextCard
	contextIP
	contextOther // a number of something else: an order, a version
)

// contextBytes is how far before a number its words are looked for. Matches on the way do not count.
const contextBytes = 48

var contextWords = map[context][]string{
	contextPhone: {
		"phone", "telephone", "tel", "mobile", "cell", "cellphone", "call", "fax", "contact", "whatsapp", "sms", "phone number", "phone no",
		"전화", "연락처", "휴대폰", "핸드폰", "휴대전화", "폰번호", "팩스", "문자", "모바일", "연락",
	},
	contextAccount: {
		"account number", "account no", "account num", "account #", "acct", "a/c", "bank account", "bank", "iban", "deposit to", "wire to", "transfer to",
		"계좌", "통장", "국민", "신한", "카뱅", "토스", "입금", "송금", "이체", "은행", "뱅크", "농협", "수협", "신협", "새마을금고", "우체국", "예금",
	},
	contextResident: {
		"rrn", "resident registration", "resident number", "resident no", "resident id", "national id", "주민등록", "주민번호", "주민",
	},
	contextForeigner: {
		"alien registration", "foreigner registration", "arc", "arc no", "arc number", "frn", "foreigner number",
		"외국인등록", "외국인번호", "외국인", "거소신고",
	},
	contextPassport: {"passport", "여권"},
	contextLicense: {
		"driver license", "driver's license", "drivers license", "driving license", "driver licence", "driver's licence", "driving licence",
		"license", "licence", "dl no", "면허",
	},
	contextBusiness: {"business registration", "business number", "business no", "business reg", "brn", "biz no", "biz reg", "사업자", "tax id"},
	contextCard:     {"card", "visa", "mastercard", "amex", "credit", "debit", "pan", "카드"},
	contextIP:       {"ip", "ip address", "ipv4", "ipaddr", "host", "server", "client", "peer", "remote", "from", "아이피", "접속", "서버", "주소"},
	contextOther: {
		"order", "tracking", "invoice", "serial", "sku", "isbn", "barcode", "ean", "upc", "version", "build", "release", "ticket", "case", "transaction", "id",
		"uuid", "timestamp", "epoch", "time", "ref", "reference", "model", "part", "batch", "lot", "shipment", "parcel", "request", "trace", "section", "chapter",
		"firmware", "driver version", "code", "item", "product",
		"주문", "운송장", "송장", "택배", "버전", "바코드", "일련번호", "티켓", "접수", "거래번호", "상품", "제품", "모델", "품번", "청구서", "관리번호",
		"문서번호", "사번", "학번", "회원번호", "요청", "타임스탬프", "펌웨어", "배치", "조항", "코드",
	},
}

// contextWord is one word and what it says.
type contextWord struct {
	word string
	is   context
}

// contextIndex lists the words by a hash of their first bytes.
var contextIndex = func() (index [256][]contextWord) {
	for is, list := range contextWords {
		for _, w := range list {
			h := contextHash(w[0], w[1], at2(w))
			index[h] = append(index[h], contextWord{w, is})
		}
	}
	return index
}()

// contextPairs has the first two bytes of words, in either case.
var contextPairs = func() (p pairs) {
	for _, list := range contextWords {
		for _, w := range list {
			for _, a := range []byte{w[0], toUpper(w[0])} {
				p.add(a, w[1])
				p.add(a, toUpper(w[1]))
			}
		}
	}
	return p
}()

func at2(w string) byte {
	if w[0] < utf8.RuneSelf {
		return 0 // English words may have two letters
	}
	return w[2]
}

func contextHash(a, b, c byte) uint8 { return a*31 ^ b*7 ^ c*3 }

// wordAt returns the longest context word at i, contextNone if there is none.
func wordAt(s string, i int) (is context, n int) {
	if i+1 >= len(s) {
		return contextNone, 0
	}
	a, b, c := toLower(s[i]), toLower(s[i+1]), byte(0)
	if a >= utf8.RuneSelf {
		if i+2 >= len(s) {
			return contextNone, 0
		}
		c = s[i+2]
	} else if i > 0 && isAlpha(s[i-1]) && (!isLower(s[i-1]) || !isUpper(s[i])) {
		return contextNone, 0
	}
	for _, w := range contextIndex[contextHash(a, b, c)] {
		if len(w.word) > n && foldAt(s, i, w.word) {
			is, n = w.is, len(w.word)
		}
	}
	return is, n
}

// foldAt reports whether s has the word at i. Where the word has a blank, s may
// have '_', '-', '.', or a capital in place of both.
func foldAt(s string, i int, word string) bool {
	j := i
	for k := range len(word) {
		if j >= len(s) {
			return false
		}
		c := word[k]
		switch {
		case toLower(s[j]) == c, c == ' ' && (s[j] == '_' || s[j] == '-' || s[j] == '.'):
			j++
		case c == ' ' && isUpper(s[j]) && isLower(s[j-1]): // accountNumber
		default:
			return false
		}
	}
	if word[0] >= utf8.RuneSelf || j >= len(s) || !isAlpha(s[j]) {
		return true
	}
	return s[j] == 's' && (j+1 >= len(s) || !isAlpha(s[j+1])) || isUpper(s[j]) && isLower(s[j-1])
}

// before returns what the nearest context word before i says, or else the key.
func (sc *scan) before(i int) context {
	if sc.wordsAt != i+1 {
		sc.wordsAt, sc.words = i+1, sc.wordsBefore(i)
	}
	return sc.words
}

func (sc *scan) wordsBefore(i int) context {
	s := sc.s[:i]
	next := len(sc.found) - 1
	edge := 0 // of the nearest match before j
	if next >= 0 {
		edge = sc.found[next].End
	}
	second := byte(0)
	for j, budget := i-1, contextBytes; j >= 0 && budget > 0; j, budget = j-1, budget-1 {
		if j < edge { // over a match, as over its label
			j, second = min(j, sc.found[next].Start), 0
			budget++
			for edge = 0; next >= 0; next-- {
				if sc.found[next].Start < j {
					edge = sc.found[next].End
					break
				}
			}
			continue
		}
		c := s[j]
		if contextPairs.has(c, second) {
			if is, n := wordAt(s, j); n > 0 {
				sc.work += i - j
				return is
			}
		} else if c == '>' {
			if k := labelStart(s, j); k >= 0 {
				j, c = k, 0
				budget++
			}
		}
		second = c
	}
	sc.work += contextBytes
	return sc.keyContext()
}

// labelStart returns where the label that ends at i begins, -1 if none does.
func labelStart(s string, i int) int {
	for j := i - 1; j >= 0 && i-j < 32; j-- {
		switch c := s[j]; {
		case c == '<':
			return j
		case !isUpper(c) && c != '_':
			return -1
		}
	}
	return -1
}

// keyContext returns what the member's name says. Its last word counts, and
// words about other numbers only if there is no other: passport_id is a passport.
func (sc *scan) keyContext() context {
	if sc.keyRead || sc.key == "" {
		return sc.context
	}
	sc.keyRead = true
	key := sc.key
	if len(key) > maxKeyBytes {
		key = key[len(key)-maxKeyBytes:]
	}
	for i := 0; i < len(key); {
		is, n := wordAt(key, i)
		if n > 0 && (is != contextOther || sc.context == contextNone) {
			sc.context = is
		}
		i += max(1, n)
	}
	return sc.context
}

// after returns what the first context word right behind i says.
func (sc *scan) after(i int) context {
	for j := i; j < len(sc.s) && j < i+24; j++ {
		sc.work++
		switch c := sc.s[j]; {
		case c == '<', c == '\n', c == '@', isDigit(c):
			return contextNone
		case !contextPairs.has(c, sc.at(j+1)):
			continue
		}
		if is, n := wordAt(sc.s, j); n > 0 {
			return is
		}
	}
	return contextNone
}
