package ingest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzFields splits objects and arrays, and compares with encoding/json.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{`{}`, `[]`, ` { "a" : 1 , "b":[1,{"c":"]}"}] } `, `{"a":"\"\\","a\u0041":null,"":-1.5e3}`, `[[],{},"x",true , null]`, `{"a":{"a":{}},"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		raw, err := parse(raw)
		if err != nil {
			return
		}
		raw = sanitize(raw)
		switch kindOf(raw) {
		case "object":
			var want map[string]json.RawMessage
			if err := json.Unmarshal(raw, &want); err != nil {
				return
			}
			got := map[string]json.RawMessage{}
			fields(raw, func(key string, value json.RawMessage) { got[key] = value })
			if len(got) != len(want) {
				t.Fatalf("%s: %d keys, want %d", raw, len(got), len(want))
			}
			for key, value := range want {
				if !bytes.Equal(got[key], value) {
					t.Fatalf("%s: %q is %s, want %s", raw, key, got[key], value)
				}
			}
		case "array":
			var want []json.RawMessage
			if err := json.Unmarshal(raw, &want); err != nil {
				return
			}
			got := elements(raw, len(raw))
			if len(got) != len(want) {
				t.Fatalf("%s: %d elements, want %d", raw, len(got), len(want))
			}
			for i := range want {
				if !bytes.Equal(got[i], want[i]) {
					t.Fatalf("%s: element %d is %s, want %s", raw, i, got[i], want[i])
				}
			}
		case "string":
			var want string
			if err := json.Unmarshal(raw, &want); err == nil && unquote(raw) != want {
				t.Fatalf("%s: %q, want %q", raw, unquote(raw), want)
			}
		}
	})
}

// TestBrief keeps what begins alike apart, within the limit, in whole characters.
func TestBrief(t *testing.T) {
	long := strings.Repeat("한", 100)
	for _, x := range []struct {
		id   string
		most int
		same bool
	}{{long, 100, true}, {"", 100, true}, {long + "글", 100, false}, {strings.Repeat("x", 101), 100, false}, {"a" + long, 100, false}} {
		got := brief(x.id, x.most)
		if (got == x.id) != x.same || utf8.RuneCountInString(got) > x.most || !utf8.ValidString(got) || got != brief(x.id, x.most) {
			t.Errorf("brief(%q) = %q", x.id, got)
		}
		if !x.same && (got == brief(x.id+"x", x.most) || !strings.HasPrefix(x.id, got[:10]) || utf8.RuneCountInString(got) != x.most) {
			t.Errorf("brief(%q) = %q", x.id, got)
		}
	}
	if u := User(long + strings.Repeat("\x00", 10)); u != long {
		t.Errorf("%q", u)
	}
	if s := Session("a\r\nb\xff"); s != "a\nb\uFFFD" {
		t.Errorf("%q", s)
	}
}

func TestDepth(t *testing.T) {
	for raw, want := range map[string]int{`1`: 0, `{}`: 1, `[[[]],[]]`: 3, `{"[[[":"]]\"[["}`: 1, `[{"a":[{}]}]`: 4} {
		if got := depth([]byte(raw)); got != want {
			t.Errorf("depth(%s) = %d, want %d", raw, got, want)
		}
	}
}

func TestSanitize(t *testing.T) {
	for raw, want := range map[string]string{
		`"a\u0000b"`: `"ab"`, `"\\u0000"`: `"\\u0000"`, `"\\\u0000"`: `"\\"`, "\"\xff\"": "\"\uFFFD\"", `"plain"`: `"plain"`, `"\u00001\`: `"1\`,
		`"\ub300\ud55c \u0041"`: `"대한 A"`, `"\\ub300"`: `"\\ub300"`, `"\\\ub300"`: `"\\대"`, `"\ud83d\ude00!"`: `"😀!"`, `{"\uac00":1}`: `{"가":1}`,
		`"\ud83d \ude00"`: "\"\uFFFD \uFFFD\"", `"\ud83d\u0041"`: "\"\uFFFDA\"", `"\udc00\ud800\udc00\ud800"`: "\"\uFFFD\U00010000\uFFFD\"", `"\ud83d\u0000\ude00"`: "\"\uFFFD\uFFFD\"", `"\\ud800"`: `"\\ud800"`,
		`{"\ud800":1}`: "{\"\uFFFD\":1}", `"\ud800`: "\"\uFFFD", `"\u0022\u005c\u000a\u007f\n"`: `"\u0022\u005c\u000a\u007f\n"`, `"\uFFFD\u2028"`: "\"\uFFFD\u2028\"",
	} {
		if got := string(sanitize([]byte(raw))); got != want {
			t.Errorf("sanitize(%s) = %s, want %s", raw, got, want)
		}
	}
}

// FuzzSanitize brings valid JSON into the form in which it is kept: valid, and saying the same, but for the character NUL.
func FuzzSanitize(f *testing.F) {
	for _, s := range []string{`"\ub300\ud55c"`, `{"\u0061":["\ud83d\ude00","\ud83d","\udc00\ud800\udc00","\u0000x","\\u0000"]}`, `"\u0022"`, "\"\xff\"", `tru\u0065`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		raw, err := parse(b)
		if err != nil {
			return
		}
		raw = sanitize(raw)
		if !json.Valid(raw) || !utf8.Valid(raw) {
			t.Fatalf("%q became %q", b, raw)
		}
		for rest := raw; ; { // surrogates that stand as escapes are refused by strict readers
			_, escape, found := bytes.Cut(rest, []byte{'\\'})
			if !found {
				break
			}
			if len(escape) > 2 && escape[0] == 'u' && (escape[1] == 'd' || escape[1] == 'D') && escape[2] >= '8' {
				t.Fatalf("%q became %q", b, raw)
			}
			rest = escape[1:]
		}
		if !utf8.Valid(b) || bytes.Contains(b, []byte(`\u0000`)) || depth(raw) > 1000 { // of bytes that are no UTF-8, package json replaces each
			return
		}
		var before, after any
		if err := json.Unmarshal(b, &before); err != nil {
			return // a number out of range
		}
		if err := json.Unmarshal(raw, &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Fatalf("%q became %q (%v)", b, raw, err)
		}
	})
}
