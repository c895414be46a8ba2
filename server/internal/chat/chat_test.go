package chat

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// show writes a conversation on one line a message, to be compared.
func show(c Conversation) string {
	var b strings.Builder
	for _, m := range c.Messages {
		fmt.Fprintf(&b, "%s", m.Role)
		if m.Name != "" {
			fmt.Fprintf(&b, "(%s)", m.Name)
		}
		for _, p := range m.Parts {
			switch p.Kind {
			case Text:
				fmt.Fprintf(&b, " %q", p.Text)
			case Call:
				fmt.Fprintf(&b, " call %s %s %s", p.Name, p.ID, p.JSON)
			case Result:
				fmt.Fprintf(&b, " result %s %q%s", p.ID, p.Text, p.JSON)
			case Thinking:
				fmt.Fprintf(&b, " thinking %q", p.Text)
			case Refusal:
				fmt.Fprintf(&b, " refusal %q", p.Text)
			case Image:
				fmt.Fprintf(&b, " image %s %t", p.Text, p.Inline != "")
			case Audio:
				fmt.Fprintf(&b, " audio %q", p.Text)
			case File:
				fmt.Fprintf(&b, " file %s", p.Text)
			case Data:
				fmt.Fprintf(&b, " data %s", p.JSON)
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

func TestParseKnowsTheAPIs(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"openai messages":   {`[{"role":"system","content":"s"},{"role":"user","name":"kim","content":"안녕"}]`, "system \"s\"\nuser(kim) \"안녕\""},
		"openai request":    {`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://x.test/i.png"}}]}]}`, `user "a" image https://x.test/i.png false`},
		"openai tool call":  {`{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}`, `assistant call f c1 {"a":1}`},
		"openai tool":       {`[{"role":"tool","tool_call_id":"c1","content":"{\"ok\":true}"}]`, `tool result c1 ""{"ok":true}`},
		"openai response":   {`{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"hi"}}]}`, `assistant "hi"`},
		"openai refusal":    {`{"role":"assistant","content":null,"refusal":"no"}`, `assistant refusal "no"`},
		"reasoning":         {`{"role":"assistant","reasoning_content":"hm","content":"42"}`, `assistant thinking "hm" "42"`},
		"responses input":   {`[{"role":"user","content":[{"type":"input_text","text":"q"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"done"}]`, "user \"q\"\nassistant call f c {}\ntool result c \"done\""},
		"responses output":  {`{"id":"r","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]}]}`, "assistant thinking \"hm\"\nassistant \"a\""},
		"anthropic request": {`{"system":"s","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"r"}]}]}]}`, "system \"s\"\nuser result t \"r\""},
		"anthropic answer":  {`{"type":"message","role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"f","input":{"q":1}}]}`, `assistant thinking "hm" "a" call f t {"q":1}`},
		"anthropic image":   {`[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]}]`, `user image image/png true`},
		"gemini request":    {`{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":2}}}]}]}`, "system \"s\"\nuser \"q\"\nassistant call f  {\"a\":1}\nuser result  \"\"{\"r\":2}"},
		"gemini answer":     {`{"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"a"}]}}]}`, `assistant thinking "hm" "a"`},
		"langchain":         {`[[{"type":"human","content":"q"},{"type":"ai","content":"a"}]]`, "user \"q\"\nassistant \"a\""},
		"langchain dumped":  {`{"messages":[{"lc":1,"type":"constructor","id":["langchain","schema","messages","HumanMessage"],"kwargs":{"content":"q"}}]}`, `user "q"`},
		"encoded twice":     {`"[{\"role\":\"user\",\"content\":\"q\"}]"`, `user "q"`},
		"text":              {`"hello"`, `user "hello"`},
		"no JSON":           {`hello {`, `user "hello {"`},
		"one question":      {`{"question":"q"}`, `user "q"`},
		"odd role":          {`[{"role":"narrator","content":"x"}]`, `other "x"`},
		"odd block":         {`[{"role":"user","content":[{"type":"video","n":1}]}]`, `user data {"n":1,"type":"video"}`},
		"svg is not shown":  {`[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/svg+xml;base64,PHN2Zz4="}}]}]`, `user image image/svg+xml false`},
		"bad base64":        {`[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,a\"b"}}]}]`, `user image image/png false`},
	} {
		got, ok := Parse([]byte(c.in), User)
		if !ok || show(got) != c.want {
			t.Errorf("%s: %t\n got %s\nwant %s", name, ok, show(got), c.want)
		}
	}
}

func TestParseLeavesDataAlone(t *testing.T) {
	for _, in := range []string{``, `null`, `3`, `true`, `{}`, `[]`, `[1,2]`, `{"a":1}`, `{"query":"q","k":4}`, `{"status":"in_transit"}`, `[{"id":"a","score":0.9}]`, `{"content":1}`} {
		if c, ok := Parse([]byte(in), User); ok {
			t.Errorf("%s is taken for a conversation: %s", in, show(c))
		}
	}
}

func TestPreviewSaysTheLastWords(t *testing.T) {
	for in, want := range map[string]string{
		`[{"role":"system","content":"s"},{"role":"user","content":"one"},{"role":"assistant","content":"two"},{"role":"user","content":"three\nfour"}]`: "three four",
		`{"a":  1}`: `{"a": 1}`,
		`null`:      "",
		``:          "",
		`"x"`:       "x",
	} {
		if got := Preview([]byte(in), User); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	if got := Preview([]byte(`"`+strings.Repeat("가", 90_000)+`"`), User); utf8.RuneCountInString(got) != previewRunes+1 || !utf8.ValidString(got) {
		t.Errorf("a long text gives %d runes", utf8.RuneCountInString(got))
	}
}

func TestMarkdown(t *testing.T) {
	blocks := Markdown("# Title\n\nA **bold** and *it* `code` [x](https://a.test/b) [y](javascript:alert(1)) https://c.test.\n- one\n- two\n\n3. three\n4. four\n> said\n\n```go\nx := **1**\n```\n---\n| a | b |\n|---|---|\n| 1 | 2 |")
	var kinds []string
	for _, b := range blocks {
		kinds = append(kinds, fmt.Sprint(b.Kind))
	}
	if got := strings.Join(kinds, " "); got != fmt.Sprint(Heading, Paragraph, Bullets, Numbers, Quote, Code, Rule, Table) {
		t.Fatalf("blocks %s", got)
	}
	if b := blocks[5]; b.Text != "x := **1**" || b.Lang != "go" {
		t.Errorf("code %+v", b)
	}
	if blocks[3].Start != 3 || len(blocks[3].Items) != 2 || len(blocks[7].Rows) != 2 {
		t.Errorf("lists %+v %+v", blocks[3], blocks[7])
	}
	var links []string
	for _, s := range blocks[1].Spans {
		if s.Link != "" {
			links = append(links, s.Link)
		}
	}
	if got := strings.Join(links, " "); got != "https://a.test/b https://c.test" {
		t.Errorf("links %s", got)
	}
}

func TestUnclosedFenceEnds(t *testing.T) {
	if b := Markdown("```\nab"); len(b) != 1 || b[0].Text != "ab" {
		t.Errorf("got %+v", b)
	}
}

// FuzzParse looks for panics and for text that gets lost or broken on the way.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"role":"user","content":"x"}]`))
	f.Add([]byte(`{"messages":[{"role":"tool","content":[{"type":"image","source":{}}]}]}`))
	f.Add([]byte("```\n|a|\n|-|"))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, _ := Parse(in, User)
		for _, m := range c.Messages {
			for _, p := range m.Parts {
				text := 0
				for _, b := range Markdown(p.Text) {
					text += len(b.Text)
				}
				if text > len(p.Text) {
					t.Errorf("%q grew", p.Text)
				}
			}
		}
		Preview(in, Assistant)
	})
}
