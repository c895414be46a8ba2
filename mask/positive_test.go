package mask_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/langshark/langshark-go/mask"
)

// positive is a text that holds one value of a type.
type positive struct {
	key, text string
	value     string
}

// writer makes positives. It knows the definitions of the numbers, not the detectors.
type writer struct{ *rand.Rand }

func (w writer) pick(list ...string) string { return list[w.IntN(len(list))] }

func (w writer) from(set string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[w.IntN(len(set))]
	}
	return string(b)
}

const (
	digitSet  = "0123456789"
	hexSet    = "0123456789abcdef"
	upperSet  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowerSet  = "abcdefghijklmnopqrstuvwxyz"
	base62Set = digitSet + upperSet + lowerSet
	urlSet    = base62Set + "-_"
)

// form is how one type is written and talked about.
type form struct {
	value func(w writer) string
	// words name the value in Korean, then in English; keys in JSON.
	korean, english, keys []string
	// named says that the value is one only where its name is given.
	named func(value string) bool
}

var (
	koreanNamed   = []string{"%s: %s", "%s %s", "제 %s는 %s%s", "고객 %s가 %s%s 바뀌었습니다", "%s(%s)를 확인해 주세요", "%s는 %s%s 등록했어요.", "[%s] %s"}
	koreanPlain   = []string{"%s", "%s로 보내 주세요", "어제 %s에서 받았는데 아직 답이 없네요", "%s, 맞나요?", "저장된 값은 '%s'입니다.", "받은 내용\n- %s\n- 확인함", "확인 결과 %s이(가) 나왔습니다", "안녕하세요. %s 확인 부탁드립니다."}
	englishNamed  = []string{"My %s is %s.", "%s: %s", "%s %s", "the %s on file, %s, is outdated", "Please update the %s to %s", "%s = %s", "(%s %s)", "We have your %s as %s; is it right?"}
	englishPlain  = []string{"%s", "Here it is: %s.", "I got %s yesterday and nobody answers", "Use %s, please", "\"%s\"", "Please check %s and reply.", "stored as %s\nnext line", "old value %s, to be replaced"}
	koreanEndings = []string{"로", "입니다", "이고", "번", "예요", " 입니다", "으로", "", "이에요."}
)

// write puts a value into a text.
func (w writer) write(f *form) positive {
	v := f.value(w)
	named := f.named != nil && f.named(v)
	p := positive{value: v}
	switch n := w.IntN(10); {
	case n < 3: // Korean, by name
		p.text = strings.ReplaceAll(w.fill(w.pick(koreanNamed...), w.pick(f.korean...), v), "\x00", "")
	case n < 6: // English, by name
		p.text = w.fill(w.pick(englishNamed...), w.pick(f.english...), v)
	case n == 6: // a member of an object in a text
		other, _ := json.Marshal(map[string]any{"ok": true})
		p.text = fmt.Sprintf(`{"name":"x","%s":"%s","n":%s}`, w.pick(f.keys...), v, other)
	case n == 7: // below a key
		p.key, p.text = w.pick(f.keys...), v
	case named:
		p.text = w.pick(f.korean...) + w.pick(": ", " ", " - ") + v
	case n == 8:
		p.text = fmt.Sprintf(w.pick(koreanPlain...), v)
	default:
		p.text = fmt.Sprintf(w.pick(englishPlain...), v)
	}
	return p
}

func (w writer) fill(template, name, v string) string {
	if strings.Count(template, "%s") == 3 {
		return fmt.Sprintf(template, name, v, w.pick(koreanEndings...))
	}
	return fmt.Sprintf(template, name, v)
}

func always(string) bool { return true }

// bare reports whether the value is digits only, which the name must explain.
func bare(v string) bool { return strings.Trim(v, digitSet) == "" }

var forms = map[mask.Type]*form{
	mask.TypeEmail: {value: writer.email, korean: []string{"이메일", "메일 주소"}, english: []string{"e-mail", "email address", "mail"}, keys: []string{"email", "user_email", "contact"}},
	mask.TypePhone: {value: writer.phone, korean: []string{"전화번호", "휴대폰", "연락처", "핸드폰 번호"}, english: []string{"phone number", "mobile", "phone", "tel", "contact number"}, keys: []string{"phone", "mobile", "phoneNumber", "연락처", "customer_phone"}, named: func(v string) bool {
		return !strings.HasPrefix(v, "+") && bare(v) || strings.HasPrefix(v, "07") || strings.HasPrefix(v, "020")
	}},
	"resident_number":       {value: func(w writer) string { return w.resident("1234") }, korean: []string{"주민등록번호", "주민번호"}, english: []string{"resident registration number", "RRN", "resident number"}, keys: []string{"rrn", "주민등록번호", "resident_number"}, named: bare},
	"foreigner_number":      {value: func(w writer) string { return w.resident("5678") }, korean: []string{"외국인등록번호", "외국인번호"}, english: []string{"alien registration number", "foreigner registration number", "ARC number"}, keys: []string{"arc_number", "외국인등록번호", "foreigner_registration"}, named: bare},
	mask.TypeBusinessNumber: {value: writer.business, korean: []string{"사업자등록번호", "사업자번호"}, english: []string{"business registration number", "business number"}, keys: []string{"business_number", "사업자등록번호"}, named: bare},
	mask.TypePassport:       {value: writer.passport, korean: []string{"여권번호", "여권"}, english: []string{"passport number", "passport", "passport no."}, keys: []string{"passport", "passport_no", "여권번호"}, named: always},
	mask.TypeDriverLicense:  {value: writer.license, korean: []string{"운전면허번호", "면허번호"}, english: []string{"driver's license", "driver license number", "driving licence"}, keys: []string{"driver_license", "면허번호"}, named: bare},
	mask.TypeBankAccount:    {value: writer.account, korean: []string{"계좌번호", "국민은행 계좌", "입금 계좌", "신한은행", "카카오뱅크", "환불 계좌", "농협"}, english: []string{"account number", "bank account", "account no.", "acct"}, keys: []string{"account_number", "bankAccount", "계좌번호"}, named: func(v string) bool { return v[0] <= '9' }},
	mask.TypeCard:           {value: writer.card, korean: []string{"카드번호", "신용카드", "카드"}, english: []string{"card number", "credit card", "Visa card"}, keys: []string{"card_number", "cardNumber", "카드번호"}},
	mask.TypeIP:             {value: writer.ip, korean: []string{"IP", "접속 IP", "아이피 주소"}, english: []string{"IP address", "client IP", "host"}, keys: []string{"ip", "client_ip", "remote_addr"}},
	mask.TypeAPIKey:         {value: writer.apiKey, korean: []string{"API 키", "키 값", "발급받은 키"}, english: []string{"API key", "key", "credential"}, keys: []string{"key", "value", "config"}},
	mask.TypeJWT:            {value: writer.jwt, korean: []string{"인증 값", "세션"}, english: []string{"id_token", "JWT", "session"}, keys: []string{"jwt", "session", "value"}},
}

func (w writer) name() string {
	return w.pick("kim", "minsu", "jiyoung", "park", "lee", "anna", "john", "o.brien", "maria", "wei", "yuki", "dev", "support", "hong")
}

func (w writer) email() string {
	local := w.name()
	switch w.IntN(6) {
	case 0:
		local += "." + w.name()
	case 1:
		local += w.from(digitSet, 1+w.IntN(4))
	case 2:
		local += "+" + w.pick("news", "shop", "test1")
	case 3:
		local = strings.ToUpper(local[:1]) + local[1:] + "_" + w.name()
	case 4:
		local = w.from(lowerSet, 1) + "-" + w.name()
	}
	domain := w.pick("example", "mail", "naver", "daum", "gmail", "my-company", "univ", "corp1") + w.pick(".com", ".co.kr", ".net", ".org", ".ac.kr", ".io", ".dev", ".de", ".museum", ".한국"[:0]+".info")
	if w.IntN(5) == 0 {
		domain = w.pick("mail", "eu-west", "dept.sales") + "." + domain
	}
	return local + "@" + domain
}

func (w writer) phone() string {
	sep := w.pick("-", "-", "-", " ", ".", "")
	last := w.from(digitSet, 4)
	mid := w.from("23456789", 1) + w.from(digitSet, 3)
	area := w.pick("031", "032", "033", "041", "042", "043", "044", "051", "052", "053", "054", "055", "061", "062", "063", "064")
	switch w.IntN(14) {
	case 0, 1, 2, 3:
		return "010" + sep + mid + sep + last
	case 4:
		return w.pick("011", "016", "017", "018", "019") + sep + mid[:3] + sep + last
	case 5:
		return "02" + w.pick("-", ")", " ") + w.pick(mid[:3], mid) + "-" + last
	case 6:
		return area + w.pick("-", ")", ") ") + w.pick(mid[:3], mid) + "-" + last
	case 7:
		return w.pick("070", "0502", "0505", "0507") + "-" + mid + "-" + last
	case 8:
		return w.pick("1588", "1577", "1544", "1644", "1899", "1666") + "-" + w.from("3456789", 1) + w.from(digitSet, 3)
	case 9, 10:
		return "+82" + w.pick(" ", "-", " ", "") + w.pick("10", "(0)10") + w.pick("-", " ") + mid + w.pick("-", " ") + last
	case 11:
		nanp := []string{w.from("2345679", 1) + w.from("02345678", 2), w.from("2345679", 1) + w.from("02345678", 2), last}
		return w.pick("+1 ", "+1-", "1-", "") + w.pick(strings.Join(nanp, "-"), fmt.Sprintf("(%s) %s-%s", nanp[0], nanp[1], nanp[2]), strings.Join(nanp, "."))
	case 12:
		return w.pick("+44 20 7946 ", "+44 7700 90", "+49 30 1234 ", "+33 1 23 45 ", "+81 3-1234-", "+86 138 0013 ", "+61 2 9876 ", "+971 50 123 ", "+358 40 123 ") + last
	}
	return w.pick("020 7946 ", "07700 90") + last
}

// resident makes a registration number; every third is of those without a checksum.
func (w writer) resident(genders string) string {
	g := genders[w.IntN(len(genders))]
	year := 40 + w.IntN(60)
	if g == '3' || g == '4' || g == '7' || g == '8' {
		year = w.IntN(25)
	}
	month := 1 + w.IntN(12)
	b := fmt.Sprintf("%02d%02d%02d%c%s", year, month, 1+w.IntN(28), g, w.from(digitSet, 6))
	withSum := w.IntN(3) > 0
	if withSum {
		weights := []int{2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}
		sum := 0
		for i, x := range weights {
			sum += x * int(b[i]-'0')
		}
		b = b[:12] + string(rune('0'+(11-sum%11)%10))
	}
	return b[:6] + w.pick("-", "-", "-", " - ", "") + b[6:]
}

func (w writer) business() string {
	b := fmt.Sprintf("%03d%02d%s", 101+w.IntN(899), 1+w.IntN(98), w.from(digitSet, 4))
	weights := []int{1, 3, 7, 1, 3, 7, 1, 3, 5}
	sum := 0
	for i, x := range weights {
		sum += x * int(b[i]-'0')
	}
	sum += 5 * int(b[8]-'0') / 10
	b += string(rune('0' + (10-sum%10)%10))
	if w.IntN(4) == 0 {
		return b
	}
	return b[:3] + "-" + b[3:5] + "-" + b[5:]
}

func (w writer) passport() string {
	switch w.IntN(5) {
	case 0, 1:
		return w.pick("M", "S", "R", "G", "D") + w.from(digitSet, 8)
	case 2, 3:
		return w.pick("M", "S", "R") + w.from(digitSet, 3) + w.from(upperSet, 1) + w.from(digitSet, 4)
	}
	return w.pick(w.from(upperSet, 1)+w.from(digitSet, 7), w.from(upperSet, 2)+w.from(digitSet, 7), "5"+w.from(digitSet, 8))
}

func (w writer) license() string {
	sep := w.pick("-", "-", "-", "-", " ", "")
	return fmt.Sprintf("%d%s%s%s%s%s%s", 11+w.IntN(18), sep, w.from(digitSet, 2), sep, w.from(digitSet, 6), sep, w.from(digitSet, 2))
}

func (w writer) account() string {
	if w.IntN(6) == 0 {
		return w.iban()
	}
	shape := [][]int{{6, 2, 6}, {3, 3, 6}, {4, 2, 7}, {3, 6, 2, 3}, {3, 4, 4, 2}, {4, 3, 6}, {3, 2, 6}, {3, 8, 1, 2}, {12}, {13}, {14}, {11}}[w.IntN(12)]
	parts := make([]string, len(shape))
	for i, n := range shape {
		parts[i] = w.from("123456789", 1) + w.from(digitSet, n-1)
	}
	return strings.Join(parts, w.pick("-", "-", "-", " "))
}

// iban makes one of Germany, Britain or the Netherlands, its check digits by trial.
func (w writer) iban() string {
	country, bban := "DE", w.from(digitSet, 18)
	switch w.IntN(3) {
	case 0:
		country, bban = "GB", w.from(upperSet, 4)+w.from(digitSet, 14)
	case 1:
		country, bban = "NL", w.from(upperSet, 4)+w.from(digitSet, 10)
	}
	for check := 2; ; check++ {
		s := fmt.Sprintf("%s%02d", country, check)
		mod := 0
		for _, c := range bban + s {
			if c >= 'A' {
				mod = (mod*100 + int(c-'A') + 10) % 97
			} else {
				mod = (mod*10 + int(c-'0')) % 97
			}
		}
		if mod == 1 {
			s += bban
			if w.IntN(2) == 0 {
				return s
			}
			var groups []string
			for len(s) > 4 {
				groups, s = append(groups, s[:4]), s[4:]
			}
			return strings.Join(append(groups, s), " ")
		}
	}
}

func (w writer) card() string {
	brand := []struct {
		prefix string
		n      int
	}{{"4", 16}, {"51", 16}, {"55", 16}, {"2221", 16}, {"34", 15}, {"37", 15}, {"6011", 16}, {"65", 16}, {"3530", 16}, {"62", 16}, {"9410", 16}}[w.IntN(11)]
	s := brand.prefix + w.from(digitSet, brand.n-len(brand.prefix)-1)
	for check := '0'; ; check++ {
		sum := 0
		for i, c := range s + string(check) {
			x := int(c - '0')
			if (brand.n-i)%2 == 0 {
				x = x*2%10 + x*2/10
			}
			sum += x
		}
		if sum%10 == 0 {
			s += string(check)
			break
		}
	}
	sep := w.pick("-", " ", "")
	if brand.n == 15 {
		return s[:4] + sep + s[4:10] + sep + s[10:]
	}
	return s[:4] + sep + s[4:8] + sep + s[8:12] + sep + s[12:]
}

func (w writer) ip() string {
	switch w.IntN(4) {
	case 0:
		return w.pick("2001:db8::", "fe80::", "2404:6800:4004:80a::", "fd12:3456:789a:1::") + w.from(hexSet[1:], 1+w.IntN(4))
	case 1:
		groups := make([]string, 8)
		for i := range groups {
			groups[i] = w.from(hexSet, 4)
		}
		return strings.Join(groups, ":")
	}
	return fmt.Sprintf("%d.%d.%d.%d", []int{10, 172, 192, 8 + w.IntN(110), 130 + w.IntN(90)}[w.IntN(5)], w.IntN(256), w.IntN(256), 1+w.IntN(254))
}

func (w writer) apiKey() string {
	return w.pick(
		"sk-"+w.from(base62Set, 48), "sk-proj-"+w.from(urlSet, 100)+"T3BlbkFJ"+w.from(base62Set, 20), "sk-ant-api03-"+w.from(urlSet, 93)+"AA",
		"AIza"+w.from(urlSet, 34)+"A", "AKIA"+w.from(upperSet+"234567", 16), "ghp_"+w.from(base62Set, 36), "github_pat_"+w.from(base62Set, 22)+"_"+w.from(base62Set, 59),
		"glpat-"+w.from(base62Set, 20), "xoxb-"+w.from(digitSet, 12)+"-"+w.from(digitSet, 13)+"-"+w.from(base62Set, 24), "sk_live_"+w.from(base62Set, 24),
		"hf_"+w.from(base62Set, 34), "gsk_"+w.from(base62Set, 52), "xai-"+w.from(base62Set, 80), "sk-or-v1-"+w.from(hexSet, 64), "npm_"+w.from(base62Set, 36),
		"SG."+w.from(base62Set, 22)+"."+w.from(base62Set, 43), "SK"+w.from(hexSet, 32), w.from("123456789", 1)+w.from(digitSet, 9)+":AA"+w.from(base62Set, 33),
		"pk-lf-"+w.uuid(), "sk-lf-"+w.uuid())
}

func (w writer) uuid() string {
	h := w.from(hexSet, 32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

func (w writer) jwt() string {
	enc := base64.RawURLEncoding.EncodeToString
	head := w.pick(`{"alg":"HS256","typ":"JWT"}`, `{"typ":"JWT","alg":"RS256"}`, `{"kid":"k1","alg":"ES256"}`, `{"alg":"none"}`)
	body := fmt.Sprintf(`{"sub":"%s","iat":%d}`, w.from(digitSet, 10), 1700000000+w.IntN(1e8))
	return enc([]byte(head)) + "." + enc([]byte(body)) + "." + w.from(urlSet, 42) + "x"
}
