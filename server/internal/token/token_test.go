package token

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/cost"
)

// TestCount has the figures that the recorded server gives.
func TestCount(t *testing.T) {
	for _, c := range []struct {
		encoding cost.Encoding
		payload  string
		want     int64
	}{
		{cost.O200K, `[{"role":"system","content":"You are helpful."},{"role":"user","content":"Hello, world! How are you?"}]`, 23},
		{cost.O200K, `"I am fine, thanks."`, 6},
		{cost.CL100K, `"Hello, world!"`, 4},
		{cost.CL100K, `"Hi there"`, 2},
		{cost.CL100K, `{"messages": [{"role": "user", "content": "What is the weather?"}], "tools": [{"type": "function", "function": {"name": "w"}}]}`, 29},
		{cost.CL100K, `{"tool_calls":[{"id":"1"}]}`, 9},
		{cost.CL100K, `"some text to embed"`, 4},
		{cost.O200K, `"General Kenobi"`, 3},
		{cost.O200K, `""`, 0},
		{cost.O200K, `[]`, 1},
		{cost.O200K, `null`, 0},
		// Three for each message, three for the reply, one for a name; parts that aren't text count nothing.
		{cost.O200K, `[{"role":"user","name":"bob","content":[{"type":"text","text":"Hello"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]`, 10},
		{cost.O200K, `[{"role":"assistant","content":null}]`, 7},
	} {
		got, ok := Count(c.encoding, nil, json.RawMessage(c.payload))
		if got != c.want || !ok {
			t.Errorf("%s of %s: %d, %t, want %d", c.encoding, c.payload, got, ok, c.want)
		}
	}
	if n, ok := Count("p50k_base", nil, json.RawMessage(`"x"`)); ok {
		t.Errorf("an encoding that isn't known: %d", n)
	}
	old := &cost.TokenizerConfig{TokensPerMessage: 4, TokensPerName: -1}
	if n, _ := Count(cost.CL100K, old, json.RawMessage(`[{"role":"user","name":"bob","content":"Hello"}]`)); n != 9 {
		t.Errorf("with other frames %d, want 9: three texts, 4 for the message, 3 for the reply, less 1 for the name", n)
	}
}

// TestLong: beyond MaxBytes the rest is taken to be like the samples.
func TestLong(t *testing.T) {
	const sentence = "The quick brown fox jumps over the lazy dog. 안녕하세요. "
	text := func(times int) json.RawMessage {
		raw, err := json.Marshal(strings.Repeat(sentence, times))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	within, _ := Count(cost.O200K, nil, text(1000))
	beyond, ok := Count(cost.O200K, nil, text(100_000))
	if longer, ok := Count(cost.O200K, nil, text(200_000)); !ok || longer < 199*within || longer > 201*within {
		t.Errorf("%d tokens beyond what is parsed, want about %d", longer, 200*within)
	}
	if want := 100 * within; !ok || beyond < want*99/100 || beyond > want*101/100 {
		t.Errorf("%d tokens, want about %d", beyond, want)
	}
}

// TestMixed: what a long text has at its end counts as what it has at its beginning, in one
// text, in messages and beyond what is parsed.
func TestMixed(t *testing.T) {
	words, digits := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 8000), strings.Repeat("7 1 9 3 안녕 하세 요 ", 12000)
	part := func(s string) int64 { // in pieces that are counted whole
		n := int64(0)
		for len(s) > 0 {
			at := boundary(s, min(len(s), MaxBytes/2))
			raw, err := json.Marshal(s[:at])
			if err != nil {
				t.Fatal(err)
			}
			got, _ := Count(cost.O200K, nil, raw)
			n, s = n+got, s[at:]
		}
		return n
	}
	want := part(words) + part(digits)
	message := func(s string) map[string]string { return map[string]string{"role": "user", "content": s} }
	for name, c := range map[string]struct {
		value any
		times int64
	}{
		"one text":           {words + digits, 1},
		"the other way":      {digits + words, 1},
		"messages":           {[]any{message(words), message(digits)}, 1},
		"beyond what parses": {strings.Repeat(words, 8) + strings.Repeat(digits, 8), 8},
	} {
		raw, err := json.Marshal(c.value)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := Count(cost.O200K, nil, raw)
		if want := want * c.times; !ok || got < want*93/100 || got > want*107/100 {
			t.Errorf("%s of %d bytes: %d tokens, %t, want about %d", name, len(raw), got, ok, want)
		}
		if again, _ := Count(cost.O200K, nil, raw); again != got {
			t.Errorf("%s: %d tokens, then %d", name, got, again)
		}
	}
}

func FuzzCount(f *testing.F) {
	f.Add([]byte(`[{"role":"user","content":[{"text":"a"}],"tool_calls":[{}]}]`))
	f.Add([]byte(`"` + strings.Repeat(`\u0000`, 100) + `"`))
	f.Add([]byte(`{"a":`))
	f.Add([]byte(`"` + strings.Repeat("안", MaxBytes/2) + `"`))
	f.Add([]byte(" "))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, e := range []cost.Encoding{cost.CL100K, cost.O200K} {
			if n, ok := Count(e, nil, raw); n < 0 || !ok && n != 0 {
				t.Errorf("%q: %d, %t", raw, n, ok)
			}
		}
	})
}

// TestMessages: what is a list of chat messages gets frames, what only looks so doesn't.
func TestMessages(t *testing.T) {
	plain := func(s string) int64 {
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := Count(cost.O200K, nil, raw)
		return n
	}
	for _, s := range []string{
		`[{"content":"no role"}]`,
		`[{"role":7,"content":"no role"}]`,
		`[{"role":"user"},"text"]`,
		`[1,2,3]`,
		`{"role":"user","content":"one message is none"}`,
		`true`,
	} {
		if n, ok := Count(cost.O200K, nil, json.RawMessage(s)); !ok || n != plain(s) {
			t.Errorf("%s: %d tokens, want %d as it is written", s, n, plain(s))
		}
	}
	calls := `[{"id":"1"}]`
	if n, _ := Count(cost.O200K, nil, json.RawMessage(`[{"role":"assistant","tool_calls":`+calls+`}]`)); n != 3+3+plain("assistant")+plain(calls) {
		t.Errorf("%d tokens with calls of tools", n)
	}
	spaced := json.RawMessage("  [ { \"role\" : \"user\" ,\n \"content\" : \"Hello\" } ]  ")
	tight := json.RawMessage(`[{"role":"user","content":"Hello"}]`)
	a, _ := Count(cost.O200K, nil, spaced)
	if b, _ := Count(cost.O200K, nil, tight); a != b {
		t.Errorf("%d tokens with spaces, %d without", a, b)
	}
	if n, ok := Count(cost.O200K, nil, json.RawMessage(`{"broken`)); !ok || n == 0 {
		t.Errorf("what is no JSON: %d, %t", n, ok)
	}
}

// TestRunsOfOneLetter don't take for ever.
func TestRunsOfOneLetter(t *testing.T) {
	for _, letter := range []string{"a", "가", " ", "\\n", "😀"} {
		raw := json.RawMessage(`"` + strings.Repeat(letter, MaxBytes/len(letter)) + `"`)
		if n, ok := Count(cost.O200K, nil, raw); !ok || n == 0 {
			t.Errorf("%q: %d, %t", letter, n, ok)
		}
	}
}
