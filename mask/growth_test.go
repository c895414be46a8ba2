package mask_test

import (
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/mask"
)

// hostile are pieces of which a long text is made to cost much.
var hostile = []string{
	"1", "1 ", "1-", "12-", "010-", "0", "(", "02)", "1.", "123.", "1234 ", "4111111111111111", "123456-", "+1", "+82 ",
	"@", "a@", "a@b.", "a.", "@@a", "abc@def.", "-", "-----", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----|", "-----BEGIN PRIVATE KEY-----\n-----END ", "-----BEGIN ",
	":", "::", "a:", "1:", "1:2:", "://", "://a:b", "password=", "password:", "password=a1", "token: ", "=", "sk-", "sk-a1", "ghp_", "eyJ", "eyJ.", "eyJhbGciOi.",
	"AKIA", "SK", "AC0", "SG.", "Bearer ", "Bearer a1", "M1", "GB11", "GB11 ", "M123A4567", "계좌 ", "계좌110123456789", "1234567890 ", "９", "－1", "1\u200b", "\u200b",
	"<PHONE>", "<", ">", "<A", "주문 1234567890123 ", "kim@example.com ", "010-1234-5678", "203.0.113.7 ", "2001:db8::1 ", "\xff", "\xef", "비밀번호: a1b2 ",
}

// TestWorkGrowsWithLength counts the bytes that are looked at for texts made to cost much.
func TestWorkGrowsWithLength(t *testing.T) {
	m := masker(t, mask.Config{})
	const short, long = 4 << 10, 64 << 10
	for _, piece := range hostile {
		for _, text := range []string{piece, piece + "x", piece + hostile[len(piece)%len(hostile)]} {
			few := m.Work(strings.Repeat(text, short/len(text)))
			many := m.Work(strings.Repeat(text, long/len(text)))
			if many > 20*few+long {
				t.Errorf("%q: %d bytes looked at for 4 KB, %d for 64 KB", text, few, many)
			}
			if many > 150*long {
				t.Errorf("%q: %d bytes looked at for each", text, many/long)
			}
		}
	}
}

func TestCleanTextIsNotCopied(t *testing.T) {
	if raceEnabled {
		testkit.Skip(t, "the race detector allocates")
	}
	m := masker(t, mask.Config{})
	for name, text := range map[string]string{"English": cleanEnglish, "Korean": cleanKorean, "JSON": cleanJSON, "Go": cleanGo, "typography": "“Yes” — it’s 3–5 days… №7 ①"} {
		got := ""
		if n := testing.AllocsPerRun(100, func() { got, _ = m.Mask(mask.Text{Field: mask.FieldInput, Key: "content", Text: text}) }); n != 0 && name != "typography" || n > 2 {
			t.Errorf("%s: %v allocations", name, n)
		}
		if got != text {
			t.Errorf("%s became %q", name, got)
		}
	}
}
