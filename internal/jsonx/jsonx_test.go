package jsonx_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/internal/jsonx"
)

func TestAppendStringIsReadBack(t *testing.T) {
	for _, s := range []string{"", "plain", "안녕하세요 🦈", "q\"b\\s/n\nr\rt\t\x00\x1f\x7f", "<script>&", "\u2028", "bad\xff\xfeutf8", strings.Repeat("ab\"", 999)} {
		var back string
		if err := json.Unmarshal(jsonx.AppendString(nil, s), &back); err != nil {
			t.Errorf("%q: %v", s, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); utf8.ValidString(s) && back != want {
			t.Errorf("%q came back as %q", s, back)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\n\x80é")
	f.Fuzz(func(t *testing.T, s string) {
		got := jsonx.AppendString(nil, s)
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var a, b string
		if err := json.Unmarshal(got, &a); err != nil {
			t.Fatalf("%q gives %s: %v", s, got, err)
		}
		if err := json.Unmarshal(want, &b); err != nil || a != b {
			t.Fatalf("%q reads back as %q, encoding/json says %q (%v)", s, a, b, err)
		}
	})
}

func TestObject(t *testing.T) {
	o := jsonx.BeginObject([]byte("x"))
	o.String("a", "b")
	o.StringIf("skipped", "")
	o.Int("n", -5)
	o.Bool("t", true)
	o.Time("at", time.Date(2026, 11, 23, 9, 30, 0, 123456789, time.FixedZone("KST", 9*3600)))
	o.TimeIf("never", time.Time{})
	want := `x{"a":"b","n":-5,"t":true,"at":"2026-11-23T00:30:00.123456Z"}`
	if got := string(o.End()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{`1`: 0, `"[{"`: 0, `{}`: 1, `[[],{"a":[1]}]`: 3, `{"a\"[[":"]"}`: 1} {
		if got := jsonx.Depth([]byte(text)); got != want {
			t.Errorf("Depth(%s) = %d, want %d", text, got, want)
		}
	}
}
