//go:build !noui

package ui

import (
	"strings"
	"testing"
)

func TestMark(t *testing.T) {
	for _, c := range []struct{ query, text, want string }{
		{"refund", "The REFUND policy, refunded", "The [REFUND] policy, [refund]ed"},
		{"REFUND", "a prefund, pre-refund", "a prefund, pre-[refund]"},
		{"환불", "재환불을 요청, 환불", "재[환불]을 요청, [환불]"},
		{"gpt", "GPT-4o로 chatgpt, 한gpt", "[GPT]-4o로 chatgpt, 한[gpt]"},
		{"refund policy", "policy of refunds", "[policy] of [refund]s"},
		{`"refund policy" the`, "The refund, the Refund Policy", "[The] refund, [the] [Refund Policy]"},
		{`"unclosed phrase`, "an unclosed phrase, a phrase", "an [unclosed phrase], a phrase"},
		{"ref refund", "refund refs", "[refund] [ref]s"},
		{"환불 불을", "환불을", "[환불을]"},
		{"배송 배송", "배송배송", "[배송배송]"},
		{"aa", "aaaa", "[aa]aa"},
		{`"가가"`, "가가가", "[가가가]"},
		{"straße", "STRASSE Straße", "STRASSE [Straße]"},
		{"k", "\u212Aelvin İk k", "[\u212A]elvin İk [k]"},
		{"istanbul", "İstanbul", "[İstanbul]"},
		{"<b>", "a <b> &lt;b&gt;", "a [<b>] &lt;b&gt;"},
		{`" , - "`, "a , - b", "a , - b"},
		{"", "text", "text"},
		{"a", "", ""},
		{"東京", "東京都と京都", "[東京]都と京都"},
	} {
		var got strings.Builder
		for _, p := range mark(c.text, searchTerms(c.query)) {
			if p.Found {
				got.WriteString("[" + p.Text + "]")
			} else {
				got.WriteString(p.Text)
			}
		}
		if got.String() != c.want {
			t.Errorf("%q in %q: %q, want %q", c.query, c.text, got.String(), c.want)
		}
	}
}
