package llmwire

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestCloseJSON(t *testing.T) {
	for in, want := range map[string]string{
		``:                               ``,
		`{`:                              `{}`,
		`{"a":1,"b":[1,2`:                `{"a":1,"b":[1]}`, // 2 may have been 23
		`{"a":1,"b":[1,2,`:               `{"a":1,"b":[1,2]}`,
		`{"a":1,"b":`:                    `{"a":1}`,
		`{"a":1,"b`:                      `{"a":1}`,
		`{"a":1,"b"`:                     `{"a":1}`,
		`{"a":{"b":"hell`:                `{"a":{"b":"hell…[cut]"}}`,
		`{"a":"x\`:                       `{"a":"x…[cut]"}`,
		`{"a":"x\u00`:                    `{"a":"x…[cut]"}`,
		"{\"a\":\"한\xea\xb8":             `{"a":"한…[cut]"}`,
		`{"a":[{"c":true},{"d":fal`:      `{"a":[{"c":true},{}]}`,
		`{"a":"]}","b":"\"",`:            `{"a":"]}","b":"\""}`,
		`[]`:                             `[]`,
		`{"a":1}trailing`:                `{"a":1}`,
		`{]`:                             `{}`,
		`nonsense`:                       ``,
		`{"a" "b" "c"`:                   `{}`,
		strings.Repeat("[", 5000):        strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
		`"just a str`:                    `"just a str…[cut]"`,
		`{"m":[{"role":"user","content"`: `{"m":[{"role":"user"}]}`,
	} {
		if got := string(closeJSON([]byte(in))); got != want {
			t.Errorf("closeJSON(%.40q) = %.80q, want %.80q", in, got, want)
		}
	}
}

func TestFit(t *testing.T) {
	image := `{"url":"data:image/png;base64,` + strings.Repeat("iVBO", 400_000) + `"}`
	long := strings.Repeat("긴 문서. ", 200_000)
	in := json.RawMessage(`[{"role":"user","content":[{"type":"text","text":"이게 뭐야?"},` + image + `]}]`)
	if out, cut := fit(in, MaxCaptureBytes); cut || !bytes.Equal(out, in) {
		t.Errorf("a file was cut: %d of %d bytes", len(out), len(in)) // the core takes it out as a whole
	}
	in = json.RawMessage(`[{"role":"user","content":[{"type":"text","text":"이게 뭐야?"},{"text":"` + long + `"},` + image + `]}]`)
	out, cut := fit(in, MaxCaptureBytes)
	if !cut || !json.Valid(out) || len(out) > len(image)+70<<10 {
		t.Fatalf("cut %v, valid %v, %d bytes", cut, json.Valid(out), len(out))
	}
	if !strings.Contains(string(out), "이게 뭐야?") || !strings.Contains(string(out), cutMark) || !strings.Contains(string(out), image) {
		t.Errorf("lost the question, the mark or the file: %.200s", out)
	}
	many := json.RawMessage(`[` + strings.Repeat(`"ab",`, 300_000) + `"z"]`)
	if out, cut := fit(many, MaxCaptureBytes); !cut || string(out) != `"<truncated: 1500005 bytes>"` {
		t.Errorf("got %.60s", out)
	}
	if out, cut := fit(json.RawMessage(`{}`), 10); cut || string(out) != `{}` {
		t.Errorf("changed what fits: %s", out)
	}
}

func FuzzTrim(f *testing.F) {
	f.Add([]byte(`{"a":[1,"b\n\u1234한",{"c":null}],"d":-1e9}`), uint16(17))
	f.Fuzz(func(t *testing.T, in []byte, cut uint16) {
		closed := closeJSON(in[:min(int(cut), len(in))])
		if closed != nil && !json.Valid(closed) {
			t.Errorf("closeJSON: %q", closed)
		}
		if json.Valid(in) {
			if int(cut) >= len(in) && len(closed) == 0 && len(strings.Trim(string(in), " \t\r\n")) > 0 {
				t.Errorf("closeJSON lost a whole value: %q", in)
			}
			if short, _ := shortenStrings(in, int(cut)%32); !json.Valid(short) {
				t.Errorf("shortenStrings(%q) = %q", in, short)
			}
		}
	})
}
