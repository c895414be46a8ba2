package langshark

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// FuzzMaskJSON checks that a mask that changes nothing gives the same value, and
// that one that changes everything leaves no text behind.
func FuzzMaskJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x",null,true,{"b":{}}],"c":-1.5e3}`, `"x"`, `[]`, `[[],[[]],{}]`, `{"":""}`, `12`, `{"k":["a",{"k":"b"}]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !json.Valid([]byte(s)) {
			return
		}
		var src bytes.Buffer
		if err := json.Compact(&src, []byte(s)); err != nil {
			t.Fatal(err)
		}
		same, err := maskJSON(nil, src.Bytes(), func(_, text string) (string, error) { return text, nil }, "")
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		var a, b any
		if json.Unmarshal(src.Bytes(), &a) != nil { // a number beyond float64
			return
		}
		if err := json.Unmarshal(same, &b); err != nil || !reflect.DeepEqual(a, b) && !strings.Contains(s, `\u`) {
			t.Fatalf("%s became %s (%v)", s, same, err)
		}
		hidden, err := maskJSON(nil, src.Bytes(), func(_, _ string) (string, error) { return "*", nil }, "")
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(hidden, &v); err != nil {
			t.Fatalf("%s: %v", hidden, err)
		}
		assertMasked(t, v)
	})
}

func assertMasked(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			assertMasked(t, e)
		}
	case []any:
		for _, e := range v {
			assertMasked(t, e)
		}
	case string:
		if v != "*" {
			t.Errorf("%q is not masked", v)
		}
	case float64:
		t.Errorf("%v is not masked", v)
	}
}

// FuzzTraceparent checks that what is taken is well-formed and passed on unchanged.
func FuzzTraceparent(f *testing.F) {
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.Add("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0f-more")
	f.Fuzz(func(t *testing.T, s string) {
		trace, parent, _, ok := parseTraceparent(s)
		s = strings.TrimSpace(s)
		if ok && (s[3:35] != trace.String() || s[36:52] != parent.String()) {
			t.Errorf("%q was read as %s, %s", s, trace, parent)
		}
		_ = fromBaggage(s)
	})
}

// FuzzMedia checks that taking files out of valid JSON leaves valid JSON, with the
// files whole, and other values as they were.
func FuzzMedia(f *testing.F) {
	for _, s := range []string{
		`{"url":"data:image/png;base64,aGk="}`, `["data:a/b;base64,aGk"]`, `{"type":"base64","media_type":"image/png","data":"aGk="}`,
		`{"inlineData":{"mimeType":"image/png","data":"aGk="}}`, `{"input_audio":{"format":"mp3","data":"aGk="}}`, `{"audio":[{"data":"aGk="}]}`,
		`{"data":"data:a/b;base64,aGk=","type":"media","mime_type":"a/b"}`, `{"type":"media","mime_type":"a/b","data":"aGk=","x":{"data":"\""}}`, `"data"`,
		`{"data:a/b;base64,aGk=":1}`, `{"data":"aGk=","type":"media","mime_type":"a/b","data":"eW8="}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := encodeRaw(json.RawMessage(s))
		if v.kind != captureJSON || strings.Contains(s, "$error") {
			return
		}
		before := string(v.buf.b)
		files := v.buf.takeMedia()
		after := string(v.buf.b)
		if !json.Valid([]byte(after)) {
			t.Fatalf("%s became %s", before, after)
		}
		if len(files) == 0 && after != before {
			t.Fatalf("%s became %s without a file", before, after)
		}
		for _, m := range files {
			if !strings.Contains(after, "type="+m.ContentType+"|id="+m.ID+"|") || len(m.Data) == 0 {
				t.Fatalf("%s became %s, with %+v", before, after, m)
			}
		}
	})
}

// FuzzAppend checks the encoder without reflection against encoding/json.
func FuzzAppend(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x",null,true,{"b":{}}],"c":-1.5e300,"":"\u2028\u0001<&>\ud800"}`, `[[],{},0,-0,1e-7]`, `"한국어"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var v any
		if json.Unmarshal([]byte(s), &v) != nil {
			return
		}
		var b buffer
		if err := b.append(v, MaxValueDepth); err != nil {
			if jsonx.Depth([]byte(s)) <= MaxValueDepth {
				t.Fatalf("%s: %v", s, err)
			}
			return
		}
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var x, y any
		if err := json.Unmarshal(b.b, &x); err != nil {
			t.Fatalf("%s became %s: %v", s, b.b, err)
		}
		if err := json.Unmarshal(want, &y); err != nil || !reflect.DeepEqual(x, y) {
			t.Fatalf("%s became %s, encoding/json writes %s", s, b.b, want)
		}
	})
}
