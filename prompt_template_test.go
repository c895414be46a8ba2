package langshark

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// textPrompt is a text as if it had been fetched.
func textPrompt(tb testing.TB, text string) *Prompt {
	tb.Helper()
	b, err := json.Marshal(map[string]any{"name": "p", "version": 3, "type": "text", "prompt": text})
	if err != nil {
		tb.Fatal(err)
	}
	p, err := decodePrompt(b, time.Now(), PromptFetched)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestVariables(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"plain":                          "",
		"{{a}}":                          "a",
		"{{ a }} {{\tb\n}} {{a}}":        "a b",
		"{{이름}}님, {{user.name}} {{x-1}}": "이름 user.name x-1",
		"{{{a}}}":                        "a",
		"{{{{a}}}}":                      "a",
		"{{a b}} {{}} {{ }} {{1a}} {{a":  "",
		`{{"a": {"b": 1}}}`:              "",
		"{{#if}} {{/x}} {{-a}} {{.a}}":   "",
		"{{a}{{b}}":                      "b",
		"{ {a}} {{a} }":                  "",
		"{{a\x00}}":                      "",
		"{{\xff}} {{_}}":                 "_",
	} {
		if got := strings.Join(textPrompt(t, text).Variables(), " "); got != want {
			t.Errorf("%q has the variables %q, not %q", text, got, want)
		}
	}
}

func TestCompile(t *testing.T) {
	p := textPrompt(t, "Hello {{ name }}, you have {{n}} {{thing}}. {{name}}!")
	got, err := p.Compile(Vars{"name": "Ann {{n}}", "n": 3, "thing": []string{"<a>", "b"}})
	if want := `Hello Ann {{n}}, you have 3 ["<a>","b"]. Ann {{n}}!`; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	got, err = p.Compile(Vars{"n": nil, "other": 1}, Lenient)
	if want := "Hello {{ name }}, you have  {{thing}}. {{name}}!"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	got, err = textPrompt(t, `{"q": "{{q}}"}`).Compile(Vars{"q": "a \"b\"\n\u2028</script>"}, JSONSafe)
	if err != nil || !json.Valid([]byte(got)) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCompileSaysWhatDoesNotFit(t *testing.T) {
	p := textPrompt(t, "{{a}} {{b}}")
	_, err := p.Compile(Vars{"b": 1, "z": 1, "c": 1})
	var misfit *VarsError
	if !errors.As(err, &misfit) || !slices.Equal(misfit.Missing, []string{"a"}) || !slices.Equal(misfit.Unknown, []string{"c", "z"}) {
		t.Fatal(err)
	}
	if want := `langshark: prompt "p" version 3: no value for "a"; it has no "c", "z"`; err.Error() != want {
		t.Errorf("%s", err)
	}
	if _, err := p.Compile(Vars{"a": 1, "b": make(chan int)}); err == nil || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("a channel: %v", err)
	}
	if _, err := p.Compile(Vars{"a": []Message{}, "b": 1}); err == nil || !strings.Contains(err.Error(), "placeholder") {
		t.Errorf("messages: %v", err)
	}
	var nobody *nilStringer
	if _, err := p.Compile(Vars{"a": nobody, "b": 1}); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("a String that panics: %v", err)
	}
}

type nilStringer struct{ s string }

func (n *nilStringer) String() string { return n.s }

func TestMessages(t *testing.T) {
	p, err := decodePrompt([]byte(`{"name":"chat","version":1,"prompt":[
		{"role":"system","content":"You help {{user}}."},
		{"type":"placeholder","name":"history"},
		{"type":"chatmessage","role":"user","content":"{{question}}"}]}`), time.Now(), PromptFetched)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Variables(); !slices.Equal(got, []string{"user", "history", "question"}) || !p.IsChat() {
		t.Errorf("variables %q", got)
	}
	history := []Message{{Role: "user", Content: "{{question}}"}, {Role: "assistant", Content: "hm"}}
	got, err := p.Messages(Vars{"user": "Ann", "history": history, "question": "Why?"})
	if err != nil || len(got) != 4 || got[0].Content != "You help Ann." || got[1].Content != "{{question}}" || got[3].Content != "Why?" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := p.Messages(Vars{"user": "Ann", "question": "Why?"}); err == nil || !strings.Contains(err.Error(), `"history"`) {
		t.Errorf("without history: %v", err)
	}
	if _, err := p.Messages(Vars{"user": "Ann", "question": "Why?", "history": "text"}); err == nil || !strings.Contains(err.Error(), `"history"`) {
		t.Errorf("a text for messages: %v", err)
	}
	if got, err := p.Messages(nil, Lenient); err != nil || len(got) != 2 || got[1].Content != "{{question}}" {
		t.Errorf("lenient: %+v, %v", got, err)
	}
	if _, err := p.Compile(nil); err == nil {
		t.Error("a chat was compiled as a text")
	}
	if got, err := textPrompt(t, "hi {{a}}").Messages(Vars{"a": 1}); err != nil || len(got) != 1 || got[0].Content != "hi 1" || got[0].Role != "user" {
		t.Errorf("%+v, %v", got, err)
	}
	if want := "system: You help {{user}}.\n[history]\nuser: {{question}}"; p.String() != want {
		t.Errorf("%s", p)
	}
}

func TestPromptConfig(t *testing.T) {
	p, err := decodePrompt([]byte(`{"name":"a","version":2,"prompt":"x","config":{"model":"gpt-4o","temperature":0.5}}`), time.Now(), PromptFetched)
	if err != nil {
		t.Fatal(err)
	}
	got, err := PromptConfig[struct {
		Model       string
		Temperature float64
	}](p)
	if err != nil || got.Model != "gpt-4o" || got.Temperature != 0.5 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := PromptConfig[struct{ Model int }](p); err == nil || !strings.Contains(err.Error(), `"a" version 2`) {
		t.Errorf("%v", err)
	}
	if got, err := PromptConfig[map[string]any](textPrompt(t, "x")); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestNilPrompt(t *testing.T) {
	var p *Prompt
	if p.Name() != "" || p.Version() != 0 || p.Text() != "" || p.String() != "" || p.IsChat() || p.IsFallback() || p.Config() != nil || p.Labels() != nil ||
		p.Tags() != nil || p.Variables() != nil || p.CommitMessage() != "" || !p.FetchedAt().IsZero() {
		t.Error("a nil prompt has something")
	}
	if _, err := p.Compile(nil); err == nil {
		t.Error("a nil prompt was compiled")
	}
	if _, err := p.Messages(nil); err == nil {
		t.Error("a nil prompt has messages")
	}
}

// FuzzTemplate checks that a text without values stays as it is, and that with values nothing is
// filled in but at the places of variables, whatever the values are.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{{a}}", "x{{ a }}y{{b}}", "{{{a}}}", "{{이름}}", `{{"a":1}}`, "{{a}{{b}}"} {
		f.Add(s, "v")
		f.Add(s, "{{a}}")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		p := parseTemplate(text)
		if got, _, err := p.compile(nil, false); err != nil || got != text {
			t.Fatalf("%q without values became %q (%v)", text, got, err)
		}
		vars := Vars{}
		for _, name := range p.names {
			vars[name] = value
		}
		want := ""
		for _, at := range p.slots {
			want += at.before + value
		}
		want += p.end
		if got, n, err := p.compile(vars, false); err != nil || got != want || n != len(p.names) {
			t.Fatalf("%q with %q became %q, not %q (%v)", text, value, got, want, err)
		}
	})
}
