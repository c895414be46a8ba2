package mask_test

import (
	"strings"
	"testing"

	"github.com/langshark/langshark-go/mask"
)

// drawn returns n characters that look drawn by lot.
func drawn(n int) string { return strings.Repeat("a1B2c3D4e5F6g7H8", n/16+1)[:n] }

// drawnHex is drawn of hexadecimal digits.
func drawnHex(n int) string { return strings.Repeat("0a1b2c3d4e5f6789", n/16+1)[:n] }

// TestProviderKeys has a key of each form; they are put together here, so that nobody takes them for real ones.
func TestProviderKeys(t *testing.T) {
	only(t, mask.TypeAPIKey, "use '", "' now", []string{
		"sk-" + drawn(48),
		"sk-proj-" + drawn(120),
		"sk-svcacct-" + drawn(60),
		"sk-ant-" + "api03-" + drawn(93) + "AA",
		"sk-or-v1-" + drawnHex(64),
		"sk-lf-" + "0a1b2c3d-4e5f-6789-0a1b-2c3d4e5f6789",
		"pk-lf-" + "0a1b2c3d-4e5f-6789-0a1b-2c3d4e5f6789",
		"xai-" + drawn(80),
		"pplx-" + drawn(48),
		"tvly-" + "dev-" + drawn(32),
		"nvapi-" + drawn(64),
		"glpat-" + drawn(20),
		"xoxb-" + "123456789012-1234567890123-" + drawn(24),
		"xoxp-" + "123456789012-1234567890123-" + drawn(32),
		"xapp-" + "1-A1B2C3-123456-" + drawnHex(40),
		"pypi-" + drawn(100),
		"gsk_" + drawn(52),
		"hf_" + drawn(34),
		"github_pat_" + drawn(22) + "_" + drawn(59),
		"ghp_" + drawn(36),
		"gho_" + drawn(36),
		"ghs_" + drawn(36),
		"npm_" + drawn(36),
		"sk_live_" + drawn(24),
		"sk_test_" + drawn(24),
		"rk_live_" + drawn(24),
		"whsec_" + drawn(32),
		"r8_" + drawn(37),
		"shpat_" + drawnHex(32),
		"dop_v1_" + drawnHex(64),
		"lsv2_pt_" + drawnHex(32) + "_" + drawnHex(10),
		"pcsk_" + drawn(60),
		"AKIA" + "IOSFODNN7EXAMPLE",
		"ASIA" + "IOSFODNN7EXAMPLE",
		"AIza" + "Sy" + drawn(33),
		"AC" + drawnHex(32),
		"SK" + drawnHex(32),
		"SG." + drawn(22) + "." + drawn(43),
		"1234567890:AA" + drawn(33),
	}, []string{
		"sk-" + drawn(19),
		"ask-" + drawn(48),
		"sk-folding-cube-and-circle-fade",
		"sk-" + strings.Repeat("a", 48),
		"sk-" + strings.Repeat("x1", 24),
		"ghp_" + drawn(20),
		"xghp_" + drawn(36),
		"AKIA" + "IOSFODNN7EXAMPL",
		"AKIA" + "IOSFODNN7EXAMPLES",
		"AIza" + "Sy" + drawn(34),
		"AC" + drawnHex(31),
		"SK" + drawnHex(33),
		"SG.short.one",
		"1234567890:BB" + drawn(33),
		"hf_transform_module_of_no_use_to_anyone",
		"npm_config_registry_and_more_of_names_here",
		"glpat-",
		drawn(40),
		drawnHex(64),
	})
}

func TestAssignments(t *testing.T) {
	m := masker(t, mask.Config{Types: []mask.Type{mask.TypeSecret}, Keys: []string{}})
	token := drawn(24)
	for _, c := range []struct{ in, want string }{
		{"password=abc1", "password=<SECRET>"},
		{"password:abc1", "password:<SECRET>"},
		{"password : abc1", "password : <SECRET>"},
		{"password := \"abc1\"", "password := \"<SECRET>\""},
		{"password => 'abc1'", "password => '<SECRET>'"},
		{`"password": "abc1"`, `"password": "<SECRET>"`},
		{"**password**: abc1", "**password**: <SECRET>"},
		{"DB_PASSWORD=abc1\nX=1", "DB_PASSWORD=<SECRET>\nX=1"},
		{"db.password=abc1", "db.password=<SECRET>"},
		{"userPassword=abc1", "userPassword=<SECRET>"},
		{"password=abc1, user=x", "password=<SECRET>, user=x"},
		{"password=abc1.", "password=<SECRET>."},
		{"password=p@ss-w0rd!", "password=<SECRET>"},
		{"password=1234", "password=<SECRET>"},
		{"비밀번호: 1234", "비밀번호: <SECRET>"},
		{"비밀번호=qwer1234이고", "비밀번호=<SECRET>이고"},
		{"암호 : qwer1234", "암호 : <SECRET>"},
		{"api_key=" + token, "api_key=<SECRET>"},
		{"x-api-key: " + token, "x-api-key: <SECRET>"},
		{"API 키: " + token, "API 키: <SECRET>"},
		{"client_secret=" + token + "&x=1", "client_secret=<SECRET>&x=1"},
		{"Authorization: Bearer " + token, "Authorization: Bearer <SECRET>"},
		{"authorization: bearer " + token, "authorization: bearer <SECRET>"},
		{"Authorization: KakaoAK " + token, "Authorization: KakaoAK <SECRET>"},
		{"Bearer " + token + ".", "Bearer <SECRET>."},
		{"secret=" + drawn(2000) + " x", "secret=<SECRET> x"},
		{"mysql://root:a:b@c1@db:3306/x", "mysql://root:<SECRET>@db:3306/x"},
		{"amqp://u:pw12@host", "amqp://u:<SECRET>@host"},
	} {
		if got := m.String(c.in); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
	for _, in := range []string{
		"password=", "password=\"\"", "password: abc", "password: longer", "password=password", "password: string", "password: true", "password=null",
		"password=***", "password=<password>", "password=${PASSWORD}", "password={{ .P }}", "password=$PASSWORD", "password=%s", "password=newPassword",
		"password = input()", "password=config.db.password", "password_hint=abc1", "passwords are 12 long", "password: 8자 이상",
		"pwd=/home/kim", "PWD=/usr/local1/x", "token=short1", "token=" + strings.Repeat("ab", 20), "token_count=1234567890123456", "max_tokens=4096",
		"api_key=YOUR_API_KEY", "api_key=your-api-key-0123456789", "secret=process.env.SECRET_KEY_1", "key=" + token, "monkey=" + token, "sort_key: created_at_1",
		"secret: the number is 12345678901234567", "Bearer token", "Bearer of good news 1", "Basic knowledge of everything",
		"https://example.com:8080/a", "https://user@example.com", "http://u:@host", "https://a.b/c:d@e", "http://u:${PW}@host", "://:@",
	} {
		if got := m.String(in); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// TestKeysInAssignments: what says itself what it is keeps its type behind a name.
func TestKeysInAssignments(t *testing.T) {
	m := masker(t, mask.Config{})
	jwt := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + drawn(43)
	for in, want := range map[string]string{
		"token=ghp_" + drawn(36):                   "token=<API_KEY>",
		`"api_key":"sk-proj-` + drawn(60) + `"`:    `"api_key":"<API_KEY>"`,
		"secret: AKIA" + "IOSFODNN7EXAMPLE":        "secret: <API_KEY>",
		"TELEGRAM_TOKEN=1234567890:AA" + drawn(33): "TELEGRAM_TOKEN=<API_KEY>",
		"Authorization: Bearer " + jwt:             "Authorization: Bearer <JWT>",
		"id_token=" + jwt + "&x=1":                 "id_token=<JWT>&x=1",
		"password=a1-010-1234-5678":                "password=<SECRET>",
		"token=" + drawn(10) + "-" + drawn(10):     "token=<SECRET>",
	} {
		if got := m.String(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestPrivateKeysAndTokens(t *testing.T) {
	body := drawn(64) + "\n" + drawn(64) + "\n" + drawn(20) + "==\n"
	only(t, mask.TypePrivateKey, "key:\n", "", []string{
		"-----BEGIN PRIVATE KEY-----\n" + body + "-----END PRIVATE KEY-----",
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\n\n" + body + "-----END RSA PRIVATE KEY-----",
		"-----BEGIN OPENSSH PRIVATE KEY-----\r\n" + strings.ReplaceAll(body, "\n", "\r\n") + "-----END OPENSSH PRIVATE KEY-----",
		"-----BEGIN EC PRIVATE KEY-----\\n" + strings.ReplaceAll(body, "\n", "\\n") + "-----END EC PRIVATE KEY-----",
		"-----BEGIN PGP PRIVATE KEY BLOCK-----\n" + body + "-----END PGP PRIVATE KEY BLOCK-----",
		"-----BEGIN PRIVATE KEY-----\n" + strings.TrimSpace(body),
		"-----BEGIN PRIVATE KEY-----",
	}, []string{
		"-----BEGIN PUBLIC KEY-----\n" + body + "-----END PUBLIC KEY-----",
		"-----BEGIN CERTIFICATE-----\n" + body + "-----END CERTIFICATE-----",
		"---- BEGIN PRIVATE KEY ----",
		"-----BEGIN \nPRIVATE KEY",
		"--------------------",
	})
	m := masker(t, mask.Config{})
	two := "-----BEGIN PRIVATE KEY-----\n" + body + "-----END PRIVATE KEY-----"
	if got := m.String(two + "\nand\n" + two + "\nend"); got != "<PRIVATE_KEY>\nand\n<PRIVATE_KEY>\nend" {
		t.Errorf("%q", got)
	}
	only(t, mask.TypeJWT, "t ", ", ok", []string{
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0",
		"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.e30x.c2ln",
		"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.aaaa.bbbb.cccc.dddd",
	}, []string{
		"eyJhbGciOiJIUzI1NiJ9",
		"eyJhbGciOiJIUzI1NiJ9.",
		"eyJwYWdlIjoxfQ.eyJzdWIiOiIxIn0.c2ln",
		"eyJ.eyJ.eyJ",
		"xeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
		"heyJude.and.others",
	})
}
