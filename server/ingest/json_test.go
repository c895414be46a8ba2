package ingest

import (
	"bytes"
	"encoding/json"
	"testing"
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
	} {
		if got := string(sanitize([]byte(raw))); got != want {
			t.Errorf("sanitize(%s) = %s, want %s", raw, got, want)
		}
	}
}
