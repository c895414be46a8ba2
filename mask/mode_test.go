package mask_test

import (
	"strings"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/mask"
)

var hashKey = []byte("0123456789abcdef")

func TestPartial(t *testing.T) {
	m := masker(t, mask.Config{Mode: mask.ModePartial})
	for in, want := range map[string]string{
		"010-1234-5678":                          "010-****-5678",
		"02-123-4567":                            "02-***-4567",
		"+82 10-1234-5678":                       "+82 **-****-5678",
		"kim@example.com":                        "k***@example.com",
		"900101-1234568":                         "900101-*******",
		"4111-1111-1111-1111":                    "****-****-****-1111",
		"계좌 110-123-456789":                      "계좌 ***-***-**6789",
		"220-81-62517":                           "220-**-*****",
		"11-12-345678-90":                        "11-**-******-**",
		"여권 M12345678":                           "여권 M*****678",
		"203.0.113.7":                            "203.0.***.*",
		"2001:db8::7":                            "2001:***",
		"password=hunter2":                       "password=***",
		"ghp_" + strings.Repeat("a1B2c3D4e5", 4): "ghp_a1***D4e5",
	} {
		if got := m.String(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestHash(t *testing.T) {
	m := masker(t, mask.Config{Mode: mask.ModeHash, HashKey: hashKey})
	for _, same := range [][]string{
		{"010-1234-5678", "01012345678", "+82 10-1234-5678", "０１０ １２３４ ５６７８", "+82 (0)10-1234-5678"},
		{"kim@example.com", "Kim@Example.com"},
		{"4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111"},
		{"2001:db8::1", "2001:DB8:0:0:0:0:0:1"},
	} {
		first := m.String(same[0])
		if len(first) < 20 || !strings.HasPrefix(first, "<") {
			t.Errorf("%q became %q", same[0], first)
		}
		for _, s := range same[1:] {
			if got := m.String(s); got != first {
				t.Errorf("%q became %q, but %q %q", same[0], first, s, got)
			}
		}
	}
	if m.String("kim@example.com") == m.String("lee@example.com") {
		t.Error("two addresses have one hash")
	}
	email := strings.Split(m.String("kim@example.com"), ":")
	redacted, _ := m.Mask(mask.Text{Key: "password", Text: "kim@example.com"})
	if !strings.HasPrefix(redacted, "<REDACTED:") || strings.HasSuffix(redacted, email[1]) {
		t.Errorf("%q and %q: two types have one hash", email, redacted)
	}
	other := masker(t, mask.Config{Mode: mask.ModeHash, HashKey: []byte("another key of 16 bytes")})
	if m.String("kim@example.com") == other.String("kim@example.com") {
		t.Error("two keys give one hash")
	}
}

func TestModesOfTypes(t *testing.T) {
	m := masker(t, mask.Config{
		HashKey: hashKey,
		Modes:   map[mask.Type]mask.Mode{mask.TypeEmail: mask.ModeHash, mask.TypePhone: mask.ModePartial, mask.TypeIP: mask.ModeKeep},
	})
	got := m.String("kim@example.com 010-1234-5678 203.0.113.7 4111-1111-1111-1111")
	if !strings.HasPrefix(got, "<EMAIL:") || !strings.HasSuffix(got, "> 010-****-5678 203.0.113.7 <CARD>") {
		t.Error(got)
	}
}

func TestRules(t *testing.T) {
	m := masker(t, mask.Config{Rules: []mask.Rule{
		{Fields: []mask.Field{mask.FieldMetadata}, Types: []mask.Type{mask.TypeEmail}, Mode: mask.ModeKeep},
		{Kinds: []exporter.Kind{exporter.KindTool}, Fields: []mask.Field{mask.FieldOutput}, Keys: []string{"status"}, Mode: mask.ModeKeep},
		{Kinds: []exporter.Kind{exporter.KindTool}, Fields: []mask.Field{mask.FieldOutput}, Whole: true},
		{Keys: []string{"card"}, Types: []mask.Type{mask.TypeCard}, Mode: mask.ModePartial},
		{Kinds: []exporter.Kind{exporter.KindSpan}, Types: []mask.Type{mask.TypeIP}, Mode: mask.ModeKeep},
		{Fields: []mask.Field{mask.FieldComment}, Types: []mask.Type{mask.TypeRedacted}, Mode: mask.ModePartial},
	}})
	const text = "kim@example.com 4111-1111-1111-1111"
	for _, c := range []struct {
		in   mask.Text
		want string
	}{
		{mask.Text{Text: text}, "<EMAIL> <CARD>"},
		{mask.Text{Field: mask.FieldMetadata, Text: text}, "kim@example.com <CARD>"},
		{mask.Text{Kind: exporter.KindTool, Field: mask.FieldOutput, Text: "nothing"}, "<REDACTED>"},
		{mask.Text{Kind: exporter.KindTool, Field: mask.FieldOutput, Key: "status", Text: text}, text},
		{mask.Text{Kind: exporter.KindTool, Field: mask.FieldInput, Text: "nothing"}, "nothing"},
		{mask.Text{Kind: exporter.KindAgent, Field: mask.FieldOutput, Text: "nothing"}, "nothing"},
		{mask.Text{Field: mask.FieldInput, Key: "backup_card", Text: text}, "<EMAIL> ****-****-****-1111"},
		{mask.Text{Field: mask.FieldComment, Key: "password", Text: "abc"}, "***"},
		{mask.Text{Field: mask.FieldInput, Key: "password", Text: "abc"}, "<REDACTED>"},
	} {
		got, err := m.Mask(c.in)
		if err != nil || got != c.want {
			t.Errorf("%+v: %q, %v; want %q", c.in, got, err, c.want)
		}
	}
	if got, _ := m.Mask(mask.Text{Text: "203.0.113.7"}); got != "203.0.113.7" {
		t.Errorf("in a span: %q", got)
	}
	if got := m.String("203.0.113.7"); got != "<IP>" {
		t.Errorf("in no span: %q", got)
	}
	if got := m.String(text); got != "<EMAIL> <CARD>" {
		t.Errorf("a text without a place became %q", got)
	}
}

func TestKeys(t *testing.T) {
	m := masker(t, mask.Config{})
	for _, key := range []string{"password", "PASSWORD", "db_password", "dbPassword", "DB-PASSWORD", "userPassword", "api_key", "apiKey", "X-API-Key", "openaiApiKey", "Authorization", "비밀번호", "사용자_비밀번호", "clientSecret", "set-cookie", "APIKey"} {
		if got, _ := m.Mask(mask.Text{Key: key, Text: "x y"}); got != "<REDACTED>" {
			t.Errorf("below %q: %q", key, got)
		}
	}
	for _, key := range []string{"password_hint", "tokens", "max_tokens", "tokenizer", "secretary", "keyword", "cookies_enabled", "", "a"} {
		if got, _ := m.Mask(mask.Text{Key: key, Text: "x y"}); got != "x y" {
			t.Errorf("below %q: %q", key, got)
		}
	}
	for text, want := range map[string]string{"Hello": "Hello", "12": "12", "two words that are longer": "two words that are longer", "abcdefghijklmnop": "<REDACTED>"} {
		if got, _ := m.Mask(mask.Text{Key: "token", Text: text}); got != want {
			t.Errorf("below token, %q became %q", text, got)
		}
	}
	own := masker(t, mask.Config{Keys: []string{"home address"}})
	for key, want := range map[string]string{"homeAddress": "<REDACTED>", "password": "x"} {
		if got, _ := own.Mask(mask.Text{Key: key, Text: "x"}); got != want {
			t.Errorf("below %q: %q", key, got)
		}
	}
}

func TestAllow(t *testing.T) {
	m := masker(t, mask.Config{Allow: []string{"help@example.com"}, AllowPatterns: []string{`1588-\d{4}`, `[a-z]+@ours\.example\.com|x`}})
	for in, want := range map[string]string{
		"help@example.com kim@example.com": "help@example.com <EMAIL>",
		"1588-1234, 1577-1234":             "1588-1234, <PHONE>",
		"a@ours.example.com":               "a@ours.example.com",
		"a1@ours.example.com":              "<EMAIL>",
	} {
		if got := m.String(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestTypes(t *testing.T) {
	const text = "kim@example.com 010-1234-5678"
	// what another type's value holds is found when only that is wanted
	if got := masker(t, mask.Config{Types: []mask.Type{mask.TypeEmail}}).String("token=kim+a1b2c3d4e5f6g7@example.com postgres://u:pw12@example.com"); got != "token=<EMAIL> postgres://u:<EMAIL>" {
		t.Errorf("%q", got)
	}
	for want, cfg := range map[string]mask.Config{
		"<EMAIL> 010-1234-5678":   {Types: []mask.Type{mask.TypeEmail}},
		"kim@example.com <PHONE>": {Without: []mask.Type{mask.TypeEmail}},
		text:                      {Types: []mask.Type{}},
	} {
		if got := masker(t, cfg).String(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := masker(t, mask.Config{MinConfidence: 0.7}).String("계좌 110-123-456789 kim@example.com"); got != "계좌 110-123-456789 <EMAIL>" {
		t.Errorf("with confidence 0.7: %q", got)
	}
}
