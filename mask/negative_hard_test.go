package mask_test

import (
	"strconv"
	"strings"
)

// bare are numbers in the shape of personal ones with no word beside them that says otherwise.
func (n *noise) bare() string {
	day := n.when()
	thing := n.one(
		func() string { return n.digits(4) + " " + n.digits(4) + " " + n.digits(4) + " " + n.digits(4) },
		func() string { return n.digits(4) + "-" + n.digits(4) + "-" + n.digits(4) + "-" + n.digits(4) },
		func() string { return n.digits(16) },
		func() string { return n.digits(15) },
		func() string { return n.digits(13) },
		func() string { return n.digits(12) },
		func() string { return n.digits(10) },
		func() string { return n.digits(9) },
		func() string { return n.digits(3) + "-" + n.digits(2) + "-" + n.digits(5) },
		func() string { return n.digits(6) + "-" + n.digits(7) },
		func() string { return n.digits(2) + "-" + n.digits(2) + "-" + n.digits(6) },
		func() string { return n.digits(3) + "-" + n.digits(4) + "-" + n.digits(3) },
		func() string { return n.digits(4) + "-" + n.digits(4) },
		func() string { return n.digits(3) + "." + n.digits(3) + "." + n.digits(3) + "." + n.digits(3) },
		func() string { return n.word("A", "B", "K", "P", "X") + n.digits(3) + n.word("A", "Q") + n.digits(4) },
		func() string { return n.word("A", "M", "S", "P") + n.digits(8) },
		func() string { return day.Format("2006-01-02") + "-" + n.digits(4) },
		func() string { return n.word("KR", "DE", "GB") + n.digits(14) },
		func() string { return n.digits(3) + "-" + n.digits(3) + "-" + n.digits(3) },
	)
	return n.one(
		func() string { return thing },
		func() string { return "값: " + thing + " (정상)" },
		func() string { return "row " + n.digits(2) + ": " + thing },
		func() string { return `{"value":"` + thing + `","ok":false}` },
		func() string { return thing + "\n" + thing },
	)
}

// near are numbers of something else close to words about personal ones.
func (n *noise) near() string {
	return n.one(
		func() string { return "전화 주문은 주문번호 " + n.digits(10) + "로 접수되었습니다" },
		func() string {
			return "call the order desk, order " + n.digits(3) + "-" + n.digits(7) + "-" + n.digits(7)
		},
		func() string { return "카드 결제 거래번호 " + n.digits(16) + " 승인" },
		func() string { return "card payment, transaction " + n.digits(16) + " approved" },
		func() string { return "계좌 개설 접수번호 " + n.digits(12) },
		func() string { return "bank ticket " + n.digits(11) + " is open" },
		func() string {
			return "계좌 잔액은 " + strconv.Itoa(n.r.IntN(1e9)) + "원, 이체 한도 " + n.digits(8) + "원"
		},
		func() string { return "입금일 " + n.when().Format("2006-01-02 15:04") + ", 은행 " + n.digits(3) },
		func() string { return "여권 신청 접수번호 " + n.digits(9) },
		func() string { return "passport request id " + n.digits(9) },
		func() string { return "면허 갱신 문서번호 " + n.digits(12) },
		func() string { return "사업자 회원번호 " + n.digits(10) },
		func() string { return "주민센터 " + n.digits(3) + "명, 주민 수 " + n.digits(5) + "명" },
		func() string {
			return "IP 카메라 펌웨어 버전 " + n.digits(1) + "." + n.digits(2) + "." + n.digits(1) + "." + n.digits(2)
		},
		func() string { return "server build " + n.digits(1) + ".10." + n.digits(2) + ".200" },
		func() string { return "phone model SM-" + n.digits(3) + ", serial " + n.digits(11) },
		func() string { return "연락 바랍니다. 요청 번호 " + n.digits(10) },
		func() string {
			return "토큰 수: " + n.digits(6) + ", secret_santa: kim, password_reset_at: " + n.when().Format("2006-01-02")
		},
		func() string { return "API key rotation: every " + n.digits(2) + " days; token: refreshed" },
		func() string { return "email: none, e-mail: n/a, at @ 3pm, a@b, x @ y.com" },
		func() string { return strings.Repeat("연락처 없음, ", 2) + "코드 " + n.digits(9) },
	)
}
