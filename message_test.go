package langshark_test

import (
	"encoding/json"
	"testing"

	"github.com/langshark/langshark-go"
)

// TestMessages are written in the form of OpenAI's Chat Completions, alone and within other values.
func TestMessages(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"one":         {langshark.Message{Role: "user", Content: "안녕 \"you\"\n"}, `{"role":"user","content":"안녕 \"you\"\n"}`},
		"a pointer":   {&langshark.Message{Role: "user", Content: "a"}, `{"role":"user","content":"a"}`},
		"several":     {[]langshark.Message{{Role: "system", Content: "Be kind."}, {Role: "user", Name: "kim"}}, `[{"role":"system","content":"Be kind."},{"role":"user","content":"","name":"kim"}]`},
		"none":        {[]langshark.Message(nil), `null`},
		"empty":       {[]langshark.Message{}, `[]`},
		"a tool call": {langshark.Message{Role: "assistant", ToolCalls: []langshark.ToolCall{{ID: "c1", Name: "now", Arguments: `{"tz":"KST"}`}}}, `{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"now","arguments":"{\"tz\":\"KST\"}"}}]}`},
		"its result":  {langshark.Message{Role: "tool", ToolCallID: "c1", Content: "9:00"}, `{"role":"tool","content":"9:00","tool_call_id":"c1"}`},
		"thinking":    {langshark.Message{Role: "assistant", Content: "4", Reasoning: "2+2"}, `{"role":"assistant","content":"4","reasoning_content":"2+2"}`},
		"parts": {
			langshark.Message{Role: "user", Parts: []langshark.Part{{Text: "What?"}, {ImageURL: "https://a.example/x.png"}}},
			`{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"https://a.example/x.png"}}]}`,
		},
		"files": {
			langshark.Message{Role: "user", Parts: []langshark.Part{{Media: &langshark.Media{Data: png}}, {Media: &langshark.Media{Data: wav}}, {Media: &langshark.Media{ContentType: "application/pdf", Data: []byte("%PDF-")}}}},
			`{"role":"user","content":[{"type":"image_url","image_url":{"url":"` + reference("image/png", "base64_data_uri", png) + `"}},` +
				`{"type":"input_audio","input_audio":{"data":"` + reference("audio/wav", "base64_data_uri", wav) + `","format":"wav"}},` +
				`{"type":"file","file":{"file_data":"` + reference("application/pdf", "base64_data_uri", []byte("%PDF-")) + `"}}]}`,
		},
		"within": {
			map[string]any{"b": []any{langshark.Message{Role: "user", Content: "<b>"}, 1.5, nil, true, int64(7), 7}, "a": map[string]string{"y": "2", "x": "1"}, "s": []string{"x"}, "n": []any(nil), "m": map[string]any(nil)},
			`{"a":{"x":"1","y":"2"},"b":[{"role":"user","content":"<b>"},1.5,null,true,7,7],"m":null,"n":null,"s":["x"]}`,
		},
		"in a struct": {
			struct{ M langshark.Message }{langshark.Message{Role: "user", Content: "a"}}, `{"M":{"role":"user","content":"a"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{})
			_, s := r.StartSpan(t.Context(), "s")
			s.SetInput(c.value)
			s.End()
			if got := jsonOf(r.one("s").Input); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// BenchmarkEncode has the same chat of 1 KB in the types that applications give.
func BenchmarkEncode(b *testing.B) {
	own := make([]langshark.Message, len(chatInput))
	list := make([]any, len(chatInput))
	for i, m := range chatInput {
		own[i] = langshark.Message{Role: m.Role, Content: m.Content}
		list[i] = map[string]any{"role": m.Role, "content": m.Content}
	}
	raw, err := json.Marshal(chatInput)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		value any
	}{{"messages", own}, {"structs", chatInput}, {"maps", list}, {"raw", json.RawMessage(raw)}} {
		b.Run(c.name, func(b *testing.B) {
			client := benchClient(b)
			_, s := client.StartSpan(b.Context(), "s")
			defer s.End()
			b.ReportAllocs()
			for b.Loop() {
				s.SetInput(c.value)
			}
		})
	}
}
