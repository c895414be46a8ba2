package mask_test

import (
	"testing"

	"github.com/langshark/langshark-go/mask"
)

// TestTrickyCases are cases by hand, both ways, each a mistake that is easy to make.
func TestTrickyCases(t *testing.T) {
	m := masker(t, mask.Config{})
	for _, c := range []struct{ in, want string }{
		// telephone
		{"010-1234-5678로 연락", "<PHONE>로 연락"},
		{"번호는 01012345678입니다", "번호는 <PHONE>입니다"},
		{"Tel.010-1234-5678", "Tel.<PHONE>"},
		{"T 02)123-4567", "T <PHONE>"},
		{"(02) 1234-5678", "<PHONE>"},
		{"010-1234-5678/010-9876-5432", "<PHONE>/<PHONE>"},
		{"010-1234-5678~9", "<PHONE>~9"},
		{"+82-10-1234-5678", "<PHONE>"},
		{"+82 (0)2 123 4567", "<PHONE>"},
		{"0082-10-1234-5678", "<PHONE>"},
		{"82-10-1234-5678", "<PHONE>"},
		{"182-10-1234-5678", "182-10-1234-5678"},
		{"010 - 1234 - 5678", "<PHONE>"},
		{"phone: 415 555 2671", "phone: <PHONE>"},
		{"415 555 2671", "415 555 2671"},
		{"+1 415 555 2671.", "<PHONE>."},
		{"+4915112345678", "<PHONE>"},
		{"고객센터 1588-1234", "고객센터 <PHONE>"},
		{"임진왜란 1592-1598", "임진왜란 1592-1598"},
		{"1600-1700년대", "1600-1700년대"},
		{"010-1234-56789", "010-1234-56789"},
		{"ORD-010-1234-5678", "ORD-010-1234-5678"},
		{"1-010-1234-5678", "1-010-1234-5678"},
		{"0.01012345678", "0.01012345678"},
		{"fax: 0311234567", "fax: <PHONE>"},
		{"code: 0311234567", "code: 0311234567"},
		{"+12345678 bytes", "+12345678 bytes"},
		// registration numbers
		{"900101-1234568", "<RESIDENT_NUMBER>"},
		{"900101-1234567", "<RESIDENT_NUMBER>"}, // wrong checksum: may be of after 2020
		{"201015-4123456", "<RESIDENT_NUMBER>"},
		{"901301-1234567", "901301-1234567"}, // no such month
		{"900231-1234567", "900231-1234567"}, // no such day
		{"000229-3123456", "<RESIDENT_NUMBER>"},
		{"010229-3123456", "010229-3123456"}, // no leap year
		{"900101-9234567", "900101-9234567"}, // born before 1900
		{"990101-3123456", "990101-3123456"}, // born in 2099
		{"900101-5234567", "<FOREIGNER_NUMBER>"},
		{"주문번호 240115-1234567", "주문번호 240115-1234567"},
		{"주민번호 9001011234567", "주민번호 <RESIDENT_NUMBER>"},
		{"1704231234567", "1704231234567"}, // a time in milliseconds
		{"900101-1******", "900101-1******"},
		// business, licence, passport
		{"사업자등록번호 220-81-62517", "사업자등록번호 <BUSINESS_NUMBER>"},
		{"220-81-62518", "220-81-62518"},
		{"11-12-345678-90", "<DRIVER_LICENSE>"},
		{"29-12-345678-90", "29-12-345678-90"},
		{"10-12-345678-90", "10-12-345678-90"},
		{"여권 M12345678", "여권 <PASSPORT>"},
		{"M12345678 (passport)", "<PASSPORT> (passport)"},
		{"부품 M12345678", "부품 M12345678"},
		{"M123A4567", "<PASSPORT>"},
		{"RM123A4567", "RM123A4567"},
		// account, card
		{"국민은행 123456-01-123456으로", "국민은행 <BANK_ACCOUNT>으로"},
		{"123456-01-123456 (국민은행)", "<BANK_ACCOUNT> (국민은행)"},
		{"국민 123456-01-123456", "국민 <BANK_ACCOUNT>"},
		{"입금 20240115123000", "입금 20240115123000"},
		{"이체 1000000000원", "이체 1000000000원"},
		{"DE89 3704 0044 0532 0130 00.", "<BANK_ACCOUNT>."},
		{"DE88 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"},
		{"4111-1111-1111-1111", "<CARD>"},
		{"4111-1111-1111-1112", "4111-1111-1111-1112"},
		{"3782 822463 10005", "<CARD>"},
		{"4111.1111.1111.1111", "<CARD>"},
		{"0000 0000 0000 0000", "0000 0000 0000 0000"},
		{"order 4111111111111111", "order 4111111111111111"},
		{"0.4111111111111111", "0.4111111111111111"},
		// network
		{"from 203.0.113.7:8080", "from <IP>:8080"},
		{"http://203.0.113.7/x", "http://<IP>/x"},
		{"Chrome/120.0.6.109", "Chrome/120.0.6.109"},
		{"v203.0.113.7", "v203.0.113.7"},
		{"203.0.113.7.5", "203.0.113.7.5"},
		{"256.1.113.7", "256.1.113.7"},
		{"127.0.0.1", "127.0.0.1"},
		{"[2001:db8::1]:443", "[<IP>]:443"},
		{"::ffff:203.0.113.7", "<IP>"},
		{"std::dead::beef", "std::dead::beef"},
		{"12:30:45", "12:30:45"},
		{"aa:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee:ff"},
		{"::1", "::1"},
		// e-mail
		{"<kim@example.com>", "<<EMAIL>>"},
		{"kim@example.com.", "<EMAIL>."},
		{"kim@example.com으로", "<EMAIL>으로"},
		{"mailto:kim@example.co.kr?subject=x", "mailto:<EMAIL>?subject=x"},
		{"git@github.com:a/b.git", "git@github.com:a/b.git"},
		{"logo@2x.png", "logo@2x.png"},
		{"pkg@1.2.3", "pkg@1.2.3"},
		{"@app.route", "@app.route"},
		// secrets
		{"password=hunter2 next", "password=<SECRET> next"},
		{`{"password":"abc, def1"}`, `{"password":"abc, def1"}`}, // a passphrase with blanks: see the documentation
		{"id/pw: kim/1234!", "id/pw: <SECRET>"},
		{`{\"password\":\"hunter22\"}`, `{\"password\":\"<SECRET>\"}`},
		{"password: must be long", "password: must be long"},
		{`password = os.environ["PW"]`, `password = os.environ["PW"]`},
		{"max_tokens: 4096", "max_tokens: 4096"},
		{"postgres://app:pa:ss1@db.local/x", "postgres://app:<SECRET>@db.local/x"},
		{"https://example.com:8080/a@b", "https://example.com:8080/a@b"},
		{"Bearer abcdefghij0123456789", "Bearer <SECRET>"},
		{"Bearer tokens are supported", "Bearer tokens are supported"},
		{"key=AKIAIOSFODNN7EXAMPLE", "key=<API_KEY>"},
		{"AKIAIOSFODNN7EXAMPLEX", "AKIAIOSFODNN7EXAMPLEX"},
		{"sk-folding-cube-animation-long", "sk-folding-cube-animation-long"},
		{"task-ant-abcdefghij0123456789", "task-ant-abcdefghij0123456789"},
		{"eyJwYWdlIjoxfQ.x.y", "eyJwYWdlIjoxfQ.x.y"}, // no header
		{"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"},
		{"-------BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "--<PRIVATE_KEY>"},
	} {
		if got := m.String(c.in); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

// TestContextOfKeys are values that their member's name explains.
func TestContextOfKeys(t *testing.T) {
	m := masker(t, mask.Config{Keys: []string{}})
	for _, c := range []struct{ key, in, want string }{
		{"rrn", "9001011234567", "<RESIDENT_NUMBER>"},
		{"rrn", "101013123456", "<RESIDENT_NUMBER>"}, // 010101-3123456 as a number
		{"created_at", "9013011234567", "9013011234567"},
		{"created_at", "1700000000000", "1700000000000"},
		{"ts", "1700000000", "1700000000"},
		{"price", "1234567890", "1234567890"},
		{"phone", "1012345678", "<PHONE>"}, // 010… as a number
		{"phoneNumber", "0212345678", "<PHONE>"},
		{"order_id", "0212345678", "0212345678"},
		{"계좌번호", "110123456789", "<BANK_ACCOUNT>"},
		{"accountNumber", "110123456789", "<BANK_ACCOUNT>"},
		{"account_id", "110123456789", "110123456789"},
		{"passport_id", "M12345678", "<PASSPORT>"},
		{"passport_no", "512345678", "<PASSPORT>"},
		{"business_number", "2208162517", "<BUSINESS_NUMBER>"},
		{"card_number", "4111111111111111", "<CARD>"},
		{"card_number", "4222222222222", "<CARD>"},
		{"version", "203.0.113.7", "203.0.113.7"},
		{"client_ip", "1.1.1.2", "<IP>"},
	} {
		got, err := m.Mask(mask.Text{Key: c.key, Text: c.in})
		if err != nil || got != c.want {
			t.Errorf("%s: %q\n got %q, %v\nwant %q", c.key, c.in, got, err, c.want)
		}
	}
}

// TestCharactersThatHide are values in characters that are not ASCII, or with some of no width in them.
func TestCharactersThatHide(t *testing.T) {
	m := masker(t, mask.Config{})
	for _, c := range []struct{ in, want string }{
		{"０１０－１２３４－５６７８입니다", "<PHONE>입니다"},
		{"010–1234–5678", "<PHONE>"},
		{"010\u00a01234\u00a05678", "<PHONE>"},
		{"0\u200b10-1234-\u200d5678 끝", "<PHONE> 끝"},
		{"kim＠example．com", "<EMAIL>"},
		{"kim\u200b@example.com", "<EMAIL>"},
		{"900101‑1234568", "<RESIDENT_NUMBER>"},
		{"가나다 ４１１１ １１１１ １１１１ １１１１ 라마", "가나다 <CARD> 라마"},
		{"1998–2004, “quoted” — and…", "1998–2004, “quoted” — and…"},
		{"\ufeff{\"a\":1}", "\ufeff{\"a\":1}"},
		{"（０２）１２３－４５６７", "<PHONE>"},
		{"\xff010-1234-5678\xfe", "\xff<PHONE>\xfe"},
		{"\xef\xbc", "\xef\xbc"},
	} {
		if got := m.String(c.in); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}
