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
	for _, s := range []string{"", "plain", "안녕하세요 🦈", "q\"b\\s/n\nr\rt\t\x00\x1f\x7f", "<script>&", "\u2028", "bad\xff\xfeutf8", "힣\ud7fb\ue000\uffff\u0fff\u1000", "\xed\xa0\x80 \xe1\x80", strings.Repeat("ab\"", 999)} {
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

func TestTimeIsThatOfTheLayout(t *testing.T) {
	for _, at := range []time.Time{
		{},
		time.Unix(0, 0), time.Unix(-1, 5), time.Date(2000, 2, 29, 23, 59, 59, 999999999, time.UTC), time.Date(1999, 12, 31, 0, 0, 0, 1000, time.UTC),
		time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 1, 1, 3, 0, 0, 7, time.FixedZone("KST", 9*3600)),
	} {
		check(t, at)
	}
	for day := range 40_000 { // a hundred years and more, each day at another time
		check(t, time.Unix(int64(day)*86400+int64(day*7919%86400), int64(day)*24_791))
	}
}

func check(t *testing.T, at time.Time) {
	t.Helper()
	if got, want := string(jsonx.AppendTime(nil, at)), at.UTC().Format(jsonx.TimeLayout); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkAppendString(b *testing.B) {
	for name, s := range map[string]string{
		"english": strings.Repeat("The order left Seoul at noon; it arrives tomorrow.\n", 20)[:1000],
		"korean":  strings.Repeat("주문하신 상품은 내일 도착할 예정입니다. ", 20),
	} {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 0, 4096)
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				buf = jsonx.AppendString(buf[:0], s)
			}
		})
	}
}

func BenchmarkAppendTime(b *testing.B) {
	at, buf := time.Date(2026, 11, 23, 9, 30, 0, 123456789, time.UTC), make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = jsonx.AppendTime(buf[:0], at)
	}
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
	for text, want := range map[string]int{`1`: 0, `"[{"`: 0, `{}`: 1, `[[],{"a":[1]}]`: 3, `{"a\"[[":"]"}`: 1, `["\\\\",["\\\\\""]]`: 2} {
		if got := jsonx.Depth([]byte(text)); got != want {
			t.Errorf("Depth(%s) = %d, want %d", text, got, want)
		}
	}
}
