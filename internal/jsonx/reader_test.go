package jsonx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// read shows what a reader sees of any value, each taken by the method for its type.
func read(r *Reader, out *strings.Builder) {
	switch r.Next() {
	case '{':
		out.WriteByte('{')
		if r.Object() {
			for r.Member() {
				fmt.Fprintf(out, "%s:", r.Key)
				read(r, out)
			}
		}
		out.WriteByte('}')
	case '[':
		out.WriteByte('[')
		if r.Array() {
			for r.Item() {
				read(r, out)
			}
		}
		out.WriteByte(']')
	case '"':
		fmt.Fprintf(out, "%q", r.Append(nil))
	default:
		fmt.Fprintf(out, "<%s>", r.Raw())
	}
}

func TestReader(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		bad      bool
	}{
		{`{"a":1,"b":[true,null,{"c":"x\ny"}],"d":{}}`, `{a:<1>b:[<true><null>{c:"x\ny"}]d:{}}`, false},
		{" [ \"\\ud83d\\ude00\\u00e9\\/\" , -1.5e3 ]\n", `["😀é/"<-1.5e3>]`, false},
		{`"\ud83d x \uZZ \q"`, `"� x \\uZZ \\q"`, false},
		{`[]`, `[]`, false},
		{`{"a":`, `{a:<>}`, true},
		{`{"a" 1}`, `{}`, true},
		{`{"a":1,}`, `{a:<1>}`, true},
		{`[1,,2]`, `[<1>]`, true},
		{`[1`, `[<1>]`, true},
		{`{"a":"x`, `{a:""}`, true},
		{`[[[}`, `[[[]]]`, true},
		{``, `<>`, true},
	} {
		r := NewReader([]byte(tt.in))
		var out strings.Builder
		read(&r, &out)
		if out.String() != tt.want || r.Bad() != tt.bad {
			t.Errorf("%s: %s, bad %v; want %s, %v", tt.in, out.String(), r.Bad(), tt.want, tt.bad)
		}
	}
}

func TestReaderOtherTypes(t *testing.T) {
	r := NewReader([]byte(`{"o":[1],"a":{"x":1},"s":5,"n":"12","f":12.7,"neg":-3,"big":1e300,"t":true,"z":null,"long":"abcdef","set":"v\u0031"}`))
	got := map[string]any{}
	if !r.Object() {
		t.Fatal("no object")
	}
	for r.Member() {
		key := string(r.Key)
		switch key {
		case "o":
			got[key] = r.Object()
		case "a":
			got[key] = r.Array()
		case "s", "z":
			got[key] = r.String()
		case "n", "f", "neg", "big":
			got[key] = r.Int()
		case "t":
			got[key] = r.Bool()
		case "long", "set":
			var s string
			r.Set(&s, 8)
			got[key] = s
		}
	}
	want := map[string]any{
		"o": false, "a": false, "s": "", "n": int64(12), "f": int64(12), "neg": int64(0), "big": int64(0),
		"t": true, "z": "", "long": "abcdef", "set": "v1",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || r.Bad() {
		t.Errorf("got  %v\nwant %v, bad %v", got, want, r.Bad())
	}
}

// A value that nobody takes ends the reading instead of being met for ever.
func TestReaderForgottenItem(t *testing.T) {
	r := NewReader([]byte(`[1,2]`))
	n := 0
	if r.Array() {
		for r.Item() {
			n++
		}
	}
	if n != 1 || !r.Bad() {
		t.Errorf("%d items, bad %v", n, r.Bad())
	}
}

func TestReaderAllocatesNothing(t *testing.T) {
	in := []byte(`{"id":"a","choices":[{"delta":{"content":"an \"escape\" \u00e9"}}],"n":12}`)
	buf := make([]byte, 0, 100)
	id := "a"
	if n := testing.AllocsPerRun(100, func() {
		r := NewReader(in)
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "id":
				r.Set(&id, 10)
			case "n":
				_ = r.Int()
			case "choices":
				for ok := r.Array(); ok && r.Item(); {
					for ok := r.Object(); ok && r.Member(); {
						for ok := r.Object(); ok && r.Member(); {
							buf = r.Append(buf[:0])
						}
					}
				}
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if string(buf) != `an "escape" é` {
		t.Errorf("got %s", buf)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"a":[1,"x\u00e9",{"b":null}],"c":"d"}`))
	f.Add([]byte(`[1,{"a":"\ud83d`))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(in)
		var out strings.Builder
		read(&r, &out)
		if json.Valid(in) && (r.Bad() || r.More()) {
			t.Errorf("valid JSON is bad: %s", in)
		}
		var s string
		if json.Unmarshal(in, &s) == nil {
			r := NewReader(in)
			if got := r.String(); got != s {
				t.Errorf("%s: %q, want %q", in, got, s)
			}
		}
	})
}

func FuzzAppendCompact(f *testing.F) {
	for _, s := range []string{
		`{"a":[1, "x\u00e9",{"b":null}],"c":"data:x"}`, ` [ 1e5 , -0.5, true,false , {} , [] ] `, `"a`, `[1,]`, `{"a":1,}`, `01`, `1.`, "\"\x01\"", `tru`, `{"a"}`, `1 2`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, depth, found, err := AppendCompact([]byte("x"), in, "data:")
		if valid := json.Valid(in); valid != (err == nil) {
			t.Fatalf("%q: valid %v, %v", in, valid, err)
		}
		if err != nil {
			if string(got) != "x" {
				t.Errorf("%q was left", got)
			}
			return
		}
		var want bytes.Buffer
		if err := json.Compact(&want, in); err != nil {
			t.Fatal(err)
		}
		if string(got[1:]) != want.String() {
			t.Errorf("%q, want %q", got[1:], want.String())
		}
		if d, f := Survey(got[1:], "data:"); d != depth || f != found {
			t.Errorf("%q: depth %d, found %v, want %d, %v", in, depth, found, d, f)
		}
	})
}

func BenchmarkAppendCompact(b *testing.B) {
	in := []byte(`[{"role":"system","content":"` + strings.Repeat("You answer questions about orders. ", 20) + `"},{"role":"user","content":"` + strings.Repeat("내 소포는 어디에 있나요? ", 15) + `"}]`)
	b.Run("AppendCompact", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		b.ReportAllocs()
		var out []byte
		for b.Loop() {
			out, _, _, _ = AppendCompact(out[:0], in, "data:")
		}
	})
	b.Run("json.Compact", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		b.ReportAllocs()
		var out bytes.Buffer
		for b.Loop() {
			out.Reset()
			_ = json.Compact(&out, in)
		}
	})
}
