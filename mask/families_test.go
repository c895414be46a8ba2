package mask_test

import (
	"strings"
	"testing"

	"github.com/langshark/langshark-go/mask"
)

// only checks texts with a Masker of one type: wanted are replaced whole, with
// what stands around them left; the others stay.
func only(t *testing.T, typ mask.Type, before, after string, wanted, others []string) {
	t.Helper()
	m := masker(t, mask.Config{Types: []mask.Type{typ}, Keys: []string{}})
	for _, v := range wanted {
		in, want := before+v+after, before+typ.Label()+after
		if got := m.String(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
	for _, v := range others {
		in := before + v + after
		if got := m.String(in); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestKoreanPhones(t *testing.T) {
	only(t, mask.TypePhone, "저장: ", " 끝", []string{
		"010-1234-5678",
		"010.1234.5678",
		"010 1234 5678",
		"010 - 1234 - 5678",
		"01012345678",
		"010-12345678",
		"0101234-5678",
		"011-234-5678",
		"016-234-5678",
		"019-9234-5678",
		"02-123-4567",
		"02-1234-5678",
		"02)123-4567",
		"02) 123-4567",
		"(02) 123-4567",
		"(031)123-4567",
		"031-123-4567",
		"044-123-4567",
		"064-1234-5678",
		"070-1234-5678",
		"080-123-4567",
		"0502-1234-5678",
		"0507-123-4567",
		"+82 10 1234 5678",
		"+82-10-1234-5678",
		"+821012345678",
		"+82 (0)10-1234-5678",
		"+82 2 123 4567",
		"+82-31-123-4567",
		"+82 1588 1234",
		"1588-4321",
		"1899-0000",
	}, []string{
		"010-123-5678", // ten digits ended in 2018
		"012-1234-5678",
		"010-1234-567",
		"030-123-4567",
		"036-123-4567",
		"065-123-4567",
		"02-12-4567",
		"0509-1234-5678",
		"011234567890123",
		"0212345678", // no word
		"0311234567",
		"1587-4321",
		"1588-43210",
		"1588 4321",
		"1588-1999",
		"15884321",
		"+82 10 1234 567",
		"+82 90 1234 5678",
		"2-010-1234-5678",
	})
}

func TestForeignPhones(t *testing.T) {
	only(t, mask.TypePhone, "see ", ", ok", []string{
		"+1 415 555 2671",
		"+1-415-555-2671",
		"+1 (415) 555-2671",
		"+14155552671",
		"+44 20 7946 0958",
		"+44 (0)20 7946 0958",
		"+49 30 123456",
		"+4915112345678",
		"+33 1 23 45 67 89",
		"+81 3-1234-5678",
		"+86 138 0013 8000",
		"+91 98765 43210",
		"+971 50 123 4567",
		"+358 40 1234567",
		"+55 11 91234-5678",
		"+61 2 9876 5432",
		"(415) 555-2671",
		"415-555-2671",
		"415.555.2671",
		"1-415-555-2671",
		"1 (800) 555-0199",
	}, []string{
		"+1 415 155 2671", // an exchange begins with 2 to 9
		"+1 115 555 2671",
		"+1 415 555 267",
		"+0 415 555 2671",
		"+999 12",
		"++14155552671",
		"a+14155552671",
		"+800000",
		"+1234567890123456",
		"415-555-26710",
		"115-555-2671",
		"415-155-2671",
		"415 555 2671",
		"4155552671",
		"1-415-555",
		"911-411-0000",
	})
	only(t, mask.TypePhone, "call ", " now", []string{
		"020 7946 0958",
		"07700 900123",
		"030 123456",
		"415 555 2671",
		"4155552671",
		"02 1234 5678",
		"0212345678",
	}, []string{"12345678", "1155552671", "5551234", "0123"})
}

func TestRegistrationNumbers(t *testing.T) {
	for _, typ := range []mask.Type{mask.TypeResidentNumber, mask.TypeForeignerNumber} {
		g := map[mask.Type]string{mask.TypeResidentNumber: "1234", mask.TypeForeignerNumber: "5678"}[typ]
		only(t, typ, "값 ", "이며", []string{
			"900101-" + g[:1] + "234567",
			"991231-" + g[1:2] + "234567",
			"000229-" + g[2:3] + "234567",
			"200601-" + g[3:4] + "234567",
			"900101 - " + g[:1] + "234567",
			"900101." + g[:1] + "234567",
			"９００１０１－" + g[:1] + "２３４５６７",
		}, []string{
			"900001-" + g[:1] + "234567",
			"901301-" + g[:1] + "234567",
			"900100-" + g[:1] + "234567",
			"900132-" + g[:1] + "234567",
			"900431-" + g[:1] + "234567",
			"010229-" + g[2:3] + "234567",
			"900101-9234567",
			"900101-0234567",
			"900101-" + g[:1] + "23456",
			"900101-" + g[:1] + "2345678",
			"1900101-" + g[:1] + "234567",
			"12-900101-" + g[:1] + "234567",
			"v900101-" + g[:1] + "234567",
			"900101-" + g[:1] + "234567-1",
			"900101--" + g[:1] + "234567",
			"900101 " + g[:1] + "234567", // a blank needs the checksum or the word
		})
	}
	only(t, mask.TypeResidentNumber, "주민번호는 ", "", []string{
		"9001011234567", "900101 1234567", "0001013234567", "1704231234567",
	}, []string{"9013011234567", "900101", "1234567"})
	only(t, mask.TypeForeignerNumber, "외국인등록번호 ", "", []string{"9001015234567", "900101 5234567"}, []string{"9001011234567"})
}

func TestBusinessNumbers(t *testing.T) {
	only(t, mask.TypeBusinessNumber, "등록 ", "로", []string{"220-81-62517", "124-81-00998", "120-81-47521"}, []string{
		"220-81-62516", "220-81-6251", "2208162517", "220 81 62517", "020-81-62517", "220-81-62517-1", "1-220-81-62517", "220-8162517",
	})
	only(t, mask.TypeBusinessNumber, "사업자 ", "", []string{"2208162517", "220 81 62517", "220.81.62517"}, []string{"2208162516"})
	only(t, mask.TypeBusinessNumber, "주문 ", "", nil, []string{"220-81-62517"})
}

func TestLicensesAndPassports(t *testing.T) {
	only(t, mask.TypeDriverLicense, "확인: ", "번", []string{"11-23-456789-01", "28-00-000000-00", "13 23 456789 01"}, []string{
		"10-23-456789-01", "29-23-456789-01", "11-23-45678-01", "11-23-456789-012", "112345678901", "11-23-456789-01-1", "11-23 456789-01",
	})
	only(t, mask.TypeDriverLicense, "면허 ", "", []string{"112345678901", "11 23 456789 01"}, []string{"102345678901"})
	only(t, mask.TypePassport, "여권 ", ".", []string{"M12345678", "S12345678", "M123A4567", "R123B4567", "AB1234567", "C1234567", "123456789"}, []string{
		"M12345", "M1234567890", "MM123A4567", "m12345678", "M123A45678", "12345678",
	})
	only(t, mask.TypePassport, "", "", []string{"M123A4567"}, []string{"M12345678", "S123A4567", "X-M123A4567", "M123A4567-1", "M123a4567", "123456789"})
	only(t, mask.TypePassport, "모델 ", "", nil, []string{"M123A4567"})
}

func TestAccounts(t *testing.T) {
	only(t, mask.TypeBankAccount, "계좌 ", " 입니다", []string{
		"110-123-456789", "123456-01-123456", "1002-123-456789", "3333-01-1234567", "123-4567-8901-23", "110 123 456789", "110123456789", "12345678901234",
		"１１０－１２３－４５６７８９",
	}, []string{"123-45-678", "123456789", "12345678901234567", "2024-01-15", "202401151230", "20240115123045", "1000000000원"})
	only(t, mask.TypeBankAccount, "", " (신한은행)", []string{"110-123-456789", "110123456789"}, []string{"2024-01-15 10:00"})
	only(t, mask.TypeBankAccount, "계좌 안내, 주문번호 ", "", nil, []string{"110-123-456789", "1101234567890"})
	only(t, mask.TypeBankAccount, "pay ", " now", []string{
		"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "GB82 WEST 1234 5698 7654 32", "NL91ABNA0417164300", "FR1420041010050500013M02606",
	}, []string{"DE88370400440532013000", "DE8937040044053201300", "XX89370400440532013000", "GB82", "de89370400440532013000", "DE89370400440532013000X"})
	// what was found between the word and the number does not count, nor does its label
	only(t, mask.TypeBankAccount, "계좌 ", "", nil, []string{strings.Repeat("가나다 ", 6) + "110-123-456789"})
	m := masker(t, mask.Config{})
	long := strings.Repeat("kim", 15) + "@example.com"
	for in, want := range map[string]string{"계좌 " + long + " 110-123-456789": "계좌 <EMAIL> <BANK_ACCOUNT>", "계좌 <EMAIL> 110-123-456789": "계좌 <EMAIL> <BANK_ACCOUNT>"} {
		if got := m.String(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestCards(t *testing.T) {
	only(t, mask.TypeCard, "pays with ", ", thanks", []string{
		"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "2223003122003222", "378282246310005", "3782 822463 10005",
		"6011111111111117", "3530111333300000", "6200000000000005",
	}, []string{
		"4111111111111112", "4111-1111 1111-1111", "411111111111111", "1111111111111117", "8111111111111111", "4111111111111111a", "a4111111111111111",
		"4111.11111111111111", "4222222222222", "30569309025904", "0000000000000000", "14111111111111111", "-5-4111111111111111",
	})
	only(t, mask.TypeCard, "card ", "", []string{"4222222222222", "30569309025904"}, []string{"4222222222223"})
	only(t, mask.TypeCard, "transaction ", "", []string{"4111 1111 1111 1111"}, []string{"4111111111111111"})
}

func TestAddresses(t *testing.T) {
	only(t, mask.TypeIP, "seen ", " today", []string{
		"203.0.113.7", "10.20.30.40", "192.168.0.1", "172.16.254.1", "2001:db8::1", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "fe80::1", "::ffff:203.0.113.7",
		"64:ff9b::203.0.113.7", "2001:DB8::ABCD",
	}, []string{
		"256.0.113.7", "203.0.113", "203.0.113.7.9", "203.00.113.7", "203.0.113.07", "v203.0.113.7", "127.0.0.1", "0.0.0.0", "255.255.255.255", "1.2.3.4", "a.203.0.113.7",
		"203.0.113.7-rc1", "::", "::1", "12:30:45", "a::b", "face::beef", "x::1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "g001:db8::1", "2001:db8:::1", "aa:bb:cc:dd:ee:ff",
	})
	only(t, mask.TypeIP, "ip ", "", []string{"1.2.3.4", "8.8.8.8"}, []string{"127.0.0.1"})
	only(t, mask.TypeIP, "버전 ", "", nil, []string{"203.0.113.7"})
}

func TestEmails(t *testing.T) {
	only(t, mask.TypeEmail, "메일 ", "로 보내세요", []string{
		"kim@example.com", "k@e.co", "kim.min-su+tag@mail.example.co.kr", "KIM@EXAMPLE.COM", "_kim_@example.io", "kim%sales@example.com", "o'brien@example.ie",
		"kim@xn--9n2bp8q.xn--3e0b707e", "kim@1.example.com", strings.Repeat("a", 64) + "@example.com",
	}, []string{
		"kim@example", "kim@", "@example.com", "kim@@example.com", "kim @example.com", "kim@.com", "kim@example.c", "logo@2x.png", "pkg@1.2.3", "kim@example..com",
		strings.Repeat("a", 65) + "@example.com",
	})
}
