package mask_test

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// noise makes texts without personal data that look as if they had some. It
// shares nothing with the writer of positives: each kind is a function that
// builds its text piece by piece.
type noise struct {
	r *rand.Rand
}

func (n *noise) digits(count int) string {
	var b strings.Builder
	for range count {
		b.WriteString(strconv.Itoa(n.r.IntN(10)))
	}
	return b.String()
}

func (n *noise) sum(size int) string {
	h := sha1.Sum([]byte(n.digits(12)))
	return hex.EncodeToString(h[:])[:size]
}

func (n *noise) when() time.Time {
	return time.Unix(1_500_000_000+n.r.Int64N(300_000_000), n.r.Int64N(1e9)).UTC()
}

func (n *noise) one(list ...func() string) string { return list[n.r.IntN(len(list))]() }

func (n *noise) word(list ...string) string { return list[n.r.IntN(len(list))] }

func (n *noise) korean() bool { return n.r.IntN(2) == 0 }

// say puts what was made into words of one of the languages.
func (n *noise) say(korean, english, thing string) string {
	if n.korean() {
		return n.word("", "문의드립니다. ", "확인해 보니 ", "어제 ") + korean + n.word(" ", ": ", "은 ", " [", "는 ") + thing + n.word("", "입니다.", "인데 언제 오나요?", "로 조회됩니다", "]")
	}
	return n.word("", "Hello, ", "As of today ", "FYI ") + english + n.word(" ", ": ", " is ", " #", " (") + thing + n.word("", ".", ", please check", ") was closed", " looks wrong")
}

func (n *noise) order() string {
	day := n.when()
	thing := n.one(
		func() string { return day.Format("20060102") + "-" + n.digits(7) },
		func() string { return day.Format("060102") + "-" + n.digits(7) },
		func() string { return "ORD-" + day.Format("2006") + "-" + n.digits(6) },
		func() string { return n.digits(16) },
		func() string { return day.Format("20060102150405") + n.digits(3) },
		func() string { return n.digits(3) + "-" + n.digits(7) + "-" + n.digits(7) },
		func() string { return "#" + n.digits(10) },
		func() string { return n.digits(13) },
	)
	return n.say(n.word("주문번호", "주문 번호", "주문"), n.word("order", "order number", "Order no."), thing)
}

func (n *noise) tracking() string {
	thing := n.one(
		func() string { return n.digits(4) + "-" + n.digits(4) + "-" + n.digits(4) },
		func() string { return n.digits(12) },
		func() string { return "1Z" + strings.ToUpper(n.sum(6)) + n.digits(10) },
		func() string { return "EE" + n.digits(9) + "KR" },
		func() string { return n.digits(10) },
		func() string { return n.digits(13) },
	)
	return n.say(n.word("운송장번호", "송장 번호", "택배 운송장", "우체국택배 송장"), n.word("tracking number", "tracking no", "parcel", "shipment"), thing)
}

func (n *noise) clock() string {
	t := n.when()
	thing := n.one(
		func() string { return strconv.FormatInt(t.Unix(), 10) },
		func() string { return strconv.FormatInt(t.UnixMilli(), 10) },
		func() string { return strconv.FormatInt(t.UnixMicro(), 10) },
		func() string { return strconv.FormatInt(t.UnixNano(), 10) },
		func() string { return t.Format(time.RFC3339Nano) },
		func() string { return t.Format("2006-01-02 15:04:05.000") },
		func() string { return t.Format("2006.01.02") + " ~ " + t.AddDate(0, 1, 0).Format("2006.01.02") },
		func() string { return t.Format("01/02/2006") },
		func() string { return t.Format("20060102") + "T" + t.Format("150405") + "Z" },
		func() string { return t.Format("15:04:05") + "-" + t.Add(time.Hour).Format("15:04:05") },
	)
	return n.one(
		func() string { return thing },
		func() string { return n.say("처리 시각", "processed at", thing) },
		func() string { return `{"created_at":` + strconv.Quote(thing) + `,"ok":true}` },
		func() string { return `{"ts":` + strconv.FormatInt(t.UnixMilli(), 10) + `}` },
	)
}

func (n *noise) price() string {
	amount := n.r.IntN(9_000_000_000)
	return n.one(
		func() string { return "합계 " + group(amount) + "원" },
		func() string { return "total $" + group(amount/100) + "." + n.digits(2) },
		func() string { return "₩" + strconv.Itoa(amount) },
		func() string { return "입금액은 " + strconv.Itoa(amount+1_000_000_000) + "원입니다" },
		func() string {
			return `{"price":` + strconv.Itoa(amount) + `,"tax":` + n.digits(1) + "." + n.digits(12) + `}`
		},
		func() string { return strconv.Itoa(amount) + " KRW / " + n.digits(3) + "." + n.digits(4) + " USD" },
	)
}

func group(v int) string {
	s := strconv.Itoa(v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (n *noise) ids() string {
	uuid := n.sum(8) + "-" + n.sum(4) + "-4" + n.sum(3) + "-8" + n.sum(3) + "-" + n.sum(12)
	return n.one(
		func() string { return uuid },
		func() string { return n.say("요청 ID", "request id", uuid) },
		func() string { return "commit " + n.sum(40) + "\nAuthor: someone" },
		func() string { return "Merge " + n.sum(7) + " into " + n.sum(8) },
		func() string { return "sha256:" + n.sum(40) + n.sum(24) },
		func() string { return n.say("회원번호", "member id", n.digits(9+n.r.IntN(9))) },
		func() string { return "chatcmpl-" + base64.RawURLEncoding.EncodeToString([]byte(n.digits(20)))[:24] },
		func() string {
			return "ticket " + n.word("CS", "QA", "OPS") + "-" + n.digits(3) + "-" + n.digits(4) + "-" + n.digits(4)
		},
		func() string { return "T" + n.digits(2) + "-" + n.digits(3) + "-" + n.digits(3) + "-" + n.digits(4) },
		func() string { return n.say("사번", "part number", n.word("M", "S", "K", "A")+n.digits(8)) },
		func() string { return n.say("모델", "model", n.word("SM-", "LG", "RX")+n.digits(3)+"N"+n.digits(2)) },
		func() string { return `{"id":` + n.digits(18) + `,"parent_id":null}` },
		func() string {
			return "MAC " + strings.ToUpper(n.sum(2)+":"+n.sum(2)+":"+n.sum(2)+":"+n.sum(2)+":"+n.sum(2)+":"+n.sum(2))
		},
		func() string { return "snowflake " + "1" + n.digits(18) },
	)
}

func (n *noise) goods() string {
	ean := func(prefix string) string {
		s := prefix + n.digits(12-len(prefix))
		sum := 0
		for i := range 12 {
			w := 1
			if i%2 == 1 {
				w = 3
			}
			sum += w * int(s[i]-'0')
		}
		return s + strconv.Itoa((10-sum%10)%10)
	}
	isbn := ean("978")
	return n.one(
		func() string {
			return "ISBN " + isbn[:3] + "-" + isbn[3:5] + "-" + isbn[5:8] + "-" + isbn[8:12] + "-" + isbn[12:]
		},
		func() string { return n.say("바코드", "barcode", ean("880")) },
		func() string { return ean("880") },
		func() string {
			return n.say("품번", "item", n.digits(2)+"-"+n.digits(2)+"-"+n.digits(6)+"-"+n.digits(2))
		},
		func() string {
			return n.say("문서번호", "Document ref", n.digits(3)+"-"+n.digits(2)+"-"+n.digits(5))
		},
		func() string { return "GTIN" + ean("5") },
		func() string { return "lot " + n.digits(6) + "-" + n.digits(6) },
		func() string { return n.say("관리번호", "serial", n.digits(4)+" "+n.digits(4)+" "+n.digits(4)) },
	)
}

func (n *noise) version() string {
	v := func(parts, below int) string {
		list := make([]string, parts)
		for i := range list {
			list[i] = strconv.Itoa(n.r.IntN(below))
		}
		return strings.Join(list, ".")
	}
	return n.one(
		func() string { return "v" + v(3, 40) },
		func() string { return n.say("버전", "version", v(4, 250)) },
		func() string { return "Mozilla/5.0 (X11; Linux x86_64) Chrome/" + v(4, 200) + " Safari/537.36" },
		func() string { return "pkg@" + v(3, 30) + " and @scope/tool@" + v(3, 9) + "-beta.1" },
		func() string { return n.say("펌웨어", "firmware", v(4, 100)) },
		func() string { return "github.com/x/y v0.0.0-" + n.when().Format("20060102150405") + "-" + n.sum(12) },
		func() string { return "제" + v(4, 9) + "항, section " + v(4, 9) },
		func() string { return "listening on 0.0.0.0:" + n.digits(4) + " and 127.0.0.1:" + n.digits(4) },
		func() string { return "numpy==" + v(3, 30) + "\npandas>=" + v(2, 30) },
		func() string { return "oid 1.3.6.1.4.1." + n.digits(5) + "." + v(3, 9) },
	)
}

func (n *noise) numbers() string {
	f := func() string { return "-0." + n.digits(16) }
	return n.one(
		func() string { return "37." + n.digits(7) + ", 12" + n.digits(1) + "." + n.digits(7) },
		func() string { return "[" + f() + ", " + f() + ", 0." + n.digits(15) + "]" },
		func() string { return "#" + n.sum(6) + ";background:#" + n.sum(3) },
		func() string { return n.digits(3) + " " + n.digits(3) + " " + n.digits(3) },
		func() string { return "1592-1598년, 1800-1850, " + n.digits(2) + "~" + n.digits(2) + "쪽" },
		func() string { return "우편번호 0" + n.digits(4) + ", " + n.digits(3) + "-" + n.digits(3) },
		func() string {
			return "로또 " + n.digits(2) + " " + n.digits(2) + " " + n.digits(2) + " " + n.digits(2) + " " + n.digits(2)
		},
		func() string { return n.digits(2) + "가 " + n.digits(4) + " 차량" },
		func() string {
			return "π = 3.14159265358979, e=2.718281828459045, " + n.digits(1) + "e+" + n.digits(2)
		},
		func() string { return "0x" + n.sum(16) + " 0b" + strings.Repeat("01", 8) },
		func() string { return "|" + n.digits(4) + "|" + n.digits(6) + "|" + n.digits(5) + "|" },
		func() string { return n.digits(5) + "," + n.digits(7) + "," + n.digits(3) + "," + n.digits(8) + "\n" },
		func() string { return "인구 " + n.digits(8) + "명, 조회수 " + n.digits(9) + "회" },
	)
}

func (n *noise) code() string {
	return n.one(
		func() string { return "std::vector<int> a; auto x = face::beef(" + n.digits(3) + "); dead::add" },
		func() string { return `password = os.environ["DB_PASSWORD"]; token = get_token()` },
		func() string { return "if user.password == old_password { return errPassword }" },
		func() string { return "const secret = config.clientSecret; const apiKey = process.env.OPENAI_API_KEY" },
		func() string {
			return `{"max_tokens": ` + n.digits(4) + `, "prompt_tokens":` + n.digits(5) + `, "token": "Hello"}`
		},
		func() string {
			return "api_key: ${OPENAI_API_KEY}\npassword: {{ .Values.password }}\nsecret: <your-secret>"
		},
		func() string { return "<div class=\"sk-folding-cube sk-circle-fade-dot task-list-item-checkbox\">" },
		func() string { return "import logo from './logo@" + n.digits(1) + "x.png'; @app.route('/x') @Override" },
		func() string { return "git clone git@github.com:org/repo-" + n.digits(3) + ".git" },
		func() string { return "for i := range 10 { a[i] = b[i+1]@c }  // @todo see #" + n.digits(4) },
		func() string {
			return "SELECT * FROM t WHERE id IN (" + n.digits(7) + ", " + n.digits(8) + ") AND day > '2024-01-01'"
		},
		func() string { return "key=value; sort_key = created_at, primary_key: id, foreign-key user_id" },
		func() string { return "func hf_transform(x) gsk_renderer_new npm_config_cache ghp_pages" },
		func() string { return "matrix @alice:server, cc @bob and @carol_" + n.digits(2) },
		func() string {
			return "tokenizer = AutoTokenizer.from_pretrained(model_id)\npad_token: [PAD]\neos_token=</s>"
		},
		func() string { return "git diff -- a/x.go --stat ------------ ---- BEGIN ----" },
		func() string {
			return "time=" + n.when().Format(time.RFC3339) + " level=INFO msg=done took=" + n.digits(3) + "ms bytes=" + n.digits(8)
		},
	)
}

func (n *noise) blobs() string {
	raw := make([]byte, 60)
	for i := range raw {
		raw[i] = byte(n.r.IntN(256))
	}
	b := base64.StdEncoding.EncodeToString(raw)
	return n.one(
		func() string { return "data:image/png;base64," + b },
		func() string { return b },
		func() string { return "-----BEGIN CERTIFICATE-----\n" + b + "\n-----END CERTIFICATE-----" },
		func() string { return "-----BEGIN PUBLIC KEY-----\n" + b + "\n-----END PUBLIC KEY-----" },
		func() string {
			return base64.StdEncoding.EncodeToString([]byte(`{"page":` + n.digits(4) + `,"cursor":"` + n.digits(6) + `"}`))
		},
		func() string {
			return "https://example.com/a/" + base64.RawURLEncoding.EncodeToString(raw[:18]) + "?page=" + n.digits(2) + "&sort=-id"
		},
		func() string { return "etag: W/\"" + n.sum(32) + "\"" },
		func() string { return "integrity=\"sha512-" + b + "\"" },
	)
}

func (n *noise) prose() string {
	return n.one(
		func() string {
			return "비밀번호는 8자 이상이어야 하며, 비밀번호: 영문과 숫자를 섞어 주세요"
		},
		func() string {
			return "Password: must be at least " + n.digits(1) + " characters, and the secret: patience"
		},
		func() string {
			return "Your account was created in 20" + n.digits(2) + "; account id " + n.digits(8) + "."
		},
		func() string {
			return "은행은 9시에 열고 " + n.digits(2) + "번 창구에서 " + n.digits(4) + "번 고객님을 부릅니다"
		},
		func() string {
			return "Please call us between 9:00 and 18:00, or see page " + n.digits(3) + "-" + n.digits(3) + "."
		},
		func() string {
			return "여권 사진은 3.5cm x 4.5cm, 여권 발급 수수료는 " + n.digits(2) + ",000원입니다"
		},
		func() string {
			return "면허 시험은 " + n.digits(3) + "점 만점에 " + n.digits(2) + "점, 20" + n.digits(2) + "-11-" + n.digits(2) + " 예정"
		},
		func() string {
			return "The passport office is open 10-" + n.digits(2) + "; bring form DS-" + n.digits(2) + "."
		},
		func() string {
			return "전화는 하루 " + n.digits(3) + "통, 통화 시간은 " + n.digits(2) + ":" + n.digits(2)
		},
		func() string {
			return "카드 한도 " + n.digits(7) + "원, 카드 결제일 매월 " + n.digits(2) + "일"
		},
		func() string {
			return "Basic authentication and Bearer tokens are supported; Bearer token required. JSON, JavaScript, SQL, AI."
		},
		func() string { return "Is it A, B or C? Ask Jane - she knows: well_known, half-baked = fine." },
		func() string { return "the IP rights of host country no. " + n.digits(3) + " at 3:00::ok" },
		func() string { return "토큰은 4096개까지, 토큰: " + n.digits(4) + "개 사용" },
		func() string {
			return "bank holiday on " + n.when().Format("2006-01-02") + ", bank rate " + n.digits(1) + "." + n.digits(2) + "%"
		},
	)
}

// negatives returns count texts without personal data.
func negatives(seed uint64, count int) []string {
	n := &noise{rand.New(rand.NewPCG(seed, 77))}
	kinds := []func() string{n.order, n.tracking, n.clock, n.price, n.ids, n.goods, n.version, n.numbers, n.code, n.blobs, n.prose, n.bare, n.near}
	list := make([]string, count)
	for i := range list {
		list[i] = kinds[i%len(kinds)]()
	}
	return list
}
