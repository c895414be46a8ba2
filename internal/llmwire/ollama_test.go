package llmwire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// ollamaLine is a line of a chat with this message.
func ollamaLine(message string) string {
	return `{"model":"qwen3:8b","created_at":"2026-01-01T00:00:00Z","message":` + message + `,"done":false}` + "\n"
}

const (
	ollamaDone = `{"model":"qwen3:8b","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":900,"load_duration":100,` +
		`"prompt_eval_count":26,"prompt_eval_duration":300,"eval_count":290,"eval_duration":500}` + "\n"
	ndjson = "application/x-ndjson"
)

// ollamaAttributes are what ollamaDone tells.
var ollamaAttributes = map[string]any{
	"ollama.total_duration": int64(900), "ollama.load_duration": int64(100), "ollama.prompt_eval_duration": int64(300), "ollama.eval_duration": int64(500),
}

func TestOllamaRequest(t *testing.T) {
	e := endpoint(t, "localhost:11434", "/api/chat")
	got := e.ParseRequest("", []byte(`{"model":"qwen3:8b","messages":[{"role":"user","content":"환불 <b>"}],"options":{"temperature":0.1,"stop":["END"]},"think":true,"keep_alive":"5m","format":"json"}`), false)
	want := Request{
		Model: "qwen3:8b", Stream: true, Input: json.RawMessage(`[{"role":"user","content":"환불 <b>"}]`),
		Parameters: map[string]any{"temperature": json.Number("0.1"), "stop": []string{"END"}, "think": true, "keep_alive": "5m", "format": "json"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for body, stream := range map[string]bool{`{}`: true, `{"stream":null}`: true, `{"stream":true}`: true, `{"stream":false}`: false} {
		if got := e.ParseRequest("", []byte(body), false); got.Stream != stream || got.Model != "" {
			t.Errorf("%s: stream %v", body, got.Stream)
		}
	}
	got = e.ParseRequest("", []byte(`{"messages":[{"role":"assistant","tool_calls":[]},{"role":"tool","tool_name":"get","content":"15"}],"tools":[]}`), false)
	if !reflect.DeepEqual(got.ToolResults, []ToolResult{{Name: "get", Output: json.RawMessage(`"15"`)}}) {
		t.Errorf("results %+v", got.ToolResults)
	}
	oddRequests(t, e)

	e = endpoint(t, "localhost:11434", "/api/generate")
	for body, want := range map[string]string{
		`{"model":"m","prompt":"a","raw":true}`:                                    `"a"`,
		`{"prompt":"a","system":"","suffix":"","template":""}`:                     `"a"`,
		`{"prompt":"a","system":"s","suffix":"z","images":["aGk="],"context":[1]}`: `{"prompt":"a","system":"s","suffix":"z","images":["aGk="],"context":[1]}`,
	} {
		if got := e.ParseRequest("", []byte(body), false); string(got.Input) != want || !got.Stream {
			t.Errorf("%s: %s", body, got.Input)
		}
	}
	oddRequests(t, e)
}

func TestOllamaAnswer(t *testing.T) {
	message := `{"role":"assistant","content":"Hi","thinking":"hm","tool_calls":[{"id":"c1","function":{"index":0,"name":"get","arguments":{"x":1}}},{"function":{"name":"put","arguments":{}}}]}`
	in := strings.Replace(strings.TrimSpace(ollamaDone), `{"role":"assistant","content":""}`, message, 1)
	want := Response{
		Model: "qwen3:8b", Output: json.RawMessage(message), FinishReasons: []string{"stop"}, Complete: true,
		ToolCalls:  []ToolCall{{"c1", "get", `{"x":1}`}, {"", "put", `{}`}},
		Usage:      &Usage{Input: 26, Output: 290, Total: 316},
		Attributes: ollamaAttributes,
	}
	e := endpoint(t, "localhost:11434", "/api/chat")
	if r := feed(t, e, 200, "application/json; charset=utf-8", &Request{}, in); !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}

	e = endpoint(t, "localhost:11434", "/api/generate")
	for in, want := range map[string]string{
		`{"response":"a","done":true}`:                 `"a"`,
		`{"thinking":"hm","response":"a","done":true}`: `{"response":"a","thinking":"hm"}`,
		`{"response":"It brok`:                         `"It brok…[cut]"`,
		`{"response":7,"message":null,"done":[]}`:      `7`,
		`{"done":true}`:                                "",
		`[]`:                                           "",
		``:                                             "",
	} {
		if r := feed(t, e, 200, "application/json", &Request{}, in); string(r.Output) != want {
			t.Errorf("%s: %s", in, r.Output)
		}
	}
}

func TestOllamaStream(t *testing.T) {
	in := ollamaLine(`{"role":"assistant","content":"","thinking":"h"}`) + ollamaLine(`{"role":"assistant","content":"","thinking":"m"}`) +
		ollamaLine(`{"role":"assistant","content":"안녕"}`) + ollamaLine(`{"role":"assistant","content":"하세요 {\"}\n"}`) +
		ollamaLine(`{"role":"assistant","content":"","tool_calls":[{"function":{"name":"get","arguments":{"city": "서울"}}}]}`) +
		ollamaLine(`{"role":"assistant","content":"","tool_calls":[{"id":"c2","function":{"name":"put","arguments":{}}}]}`) + ollamaDone
	want := Response{
		Model: "qwen3:8b", FinishReasons: []string{"stop"}, Complete: true,
		Output: json.RawMessage(`{"role":"assistant","content":"안녕하세요 {\"}\n","thinking":"hm","tool_calls":[{"function":{"name":"get","arguments":{"city":"서울"}}},` +
			`{"id":"c2","function":{"name":"put","arguments":{}}}]}`),
		ToolCalls:  []ToolCall{{"", "get", `{"city":"서울"}`}, {"c2", "put", `{}`}},
		Usage:      &Usage{Input: 26, Output: 290, Total: 316},
		Attributes: ollamaAttributes,
	}
	e := endpoint(t, "localhost:11434", "/api/chat")
	for _, contentType := range []string{ndjson, ""} {
		if r := feed(t, e, 200, contentType, &Request{Stream: true}, in); !reflect.DeepEqual(r, want) {
			t.Errorf("got  %+v\n%s\nwant %+v\n%s", r, r.Output, want, want.Output)
		}
	}
	a := e.Answer(200, ndjson, &Request{})
	for _, part := range strings.SplitAfter(in, ":") {
		a.Feed([]byte(part))
	}
	if r := a.Close(); !reflect.DeepEqual(r, want) {
		t.Errorf("by colons: %+v", r)
	}
}

func TestOllamaStreamGenerate(t *testing.T) {
	e := endpoint(t, "localhost:11434", "/api/generate")
	for in, want := range map[string]string{
		`{"response":"a","done":false}` + "\n" + `{"response":"b","done":false}` + "\n" + `{"response":"","done":true,"context":[1,2]}`: `"ab"`,
		`{"response":"","thinking":"hm","done":false}` + "\n" + `{"response":"b","done":true}` + "\n":                                   `{"response":"b","thinking":"hm"}`,
		`{"done":true}`: "",
	} {
		if r := feed(t, e, 200, ndjson, &Request{}, in); string(r.Output) != want || !r.Complete {
			t.Errorf("%s: %s, complete %v", in, r.Output, r.Complete)
		}
	}
}

func TestOllamaStreamFirstToken(t *testing.T) {
	e := endpoint(t, "localhost:11434", "/api/chat")
	for message, want := range map[string]int{
		`{"role":"assistant","content":""}`:                   0,
		`{"role":"assistant","content":null,"tool_calls":[]}`: 0,
		`{"content":"a"}`:                            1,
		`{"content":"","thinking":"a"}`:              1,
		`{"tool_calls":[{"function":{"name":"f"}}]}`: 1,
	} {
		if got := started(e, ndjson, ollamaLine(message)); got != want {
			t.Errorf("%s: %d", message, got)
		}
	}
	if started(e, ndjson, `{"response":"a"}`) != 1 || started(e, ndjson, `{"response":""}`) != 0 {
		t.Error("a completion")
	}
}

func TestOllamaStreamEnds(t *testing.T) {
	text := ollamaLine(`{"role":"assistant","content":"a"}`)
	for name, tt := range map[string]struct {
		in        string
		complete  bool
		truncated bool
		err       string
	}{
		"done":            {text + ollamaDone, true, false, ""},
		"no newline":      {text + strings.TrimSpace(ollamaDone), true, false, ""},
		"broken off":      {text, false, false, ""},
		"broken in it":    {text + ollamaDone[:50], false, false, ""},
		"nothing":         {"", false, false, ""},
		"error":           {text + `{"error":"the runner has stopped"}` + "\n", false, false, "the runner has stopped"},
		"garbage between": {text + "{\"message\":{\"content\n<html>\n" + ollamaDone, true, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := feed(t, endpoint(t, "localhost:11434", "/api/chat"), 200, ndjson, &Request{}, tt.in)
			if r.Complete != tt.complete || r.Truncated != tt.truncated || (r.Err != nil) != (tt.err != "") || r.Err != nil && r.Err.Message != tt.err {
				t.Errorf("complete %v, truncated %v, error %+v", r.Complete, r.Truncated, r.Err)
			}
			if tt.in != "" && string(r.Output) != `{"role":"assistant","content":"a"}` {
				t.Errorf("output %s", r.Output)
			}
		})
	}
}

func TestOllamaStreamBounded(t *testing.T) {
	a := newOllamaStream()
	for range 40 {
		a.Feed([]byte(ollamaLine(`{"content":"` + strings.Repeat("한글 ", 10_000) + `"}`)))
	}
	a.Feed([]byte(ollamaLine(`{"content":"` + strings.Repeat("x", maxEventBytes) + `"}`)))
	for i := range 1000 {
		a.Feed([]byte(ollamaLine(fmt.Sprintf(`{"tool_calls":[{"function":{"name":"f%d"}}]}`, i))))
	}
	a.Feed([]byte(ollamaDone))
	r := a.Close()
	if !r.Truncated || !r.Complete || a.objects.skipped != 1 || len(r.Output) > MaxCaptureBytes+300 || !json.Valid(r.Output) || r.Usage == nil {
		t.Errorf("truncated %v, complete %v, skipped %d, %d bytes", r.Truncated, r.Complete, a.objects.skipped, len(r.Output))
	}

	a = newOllamaStream()
	for range 1000 {
		a.Feed([]byte(ollamaLine(`{"tool_calls":[{"function":{"name":"f"}}]}`)))
	}
	if r := a.Close(); len(r.ToolCalls) != maxToolCalls || !r.Truncated {
		t.Errorf("%d calls, truncated %v", len(r.ToolCalls), r.Truncated)
	}
}

func TestOllamaErrors(t *testing.T) {
	r := feed(t, endpoint(t, "localhost:11434", "/api/chat"), 404, "application/json", &Request{Stream: true}, `{"error":"model \"x\" not found"}`)
	if r.Err == nil || r.Err.Message != `model "x" not found` {
		t.Errorf("got %+v", r.Err)
	}
}

func TestOllamaEmbeddings(t *testing.T) {
	for _, tt := range []struct {
		path, body, input, answer string
		count                     int64
		usage                     *Usage
	}{
		{"/api/embed", `{"model":"m","input":["a","b"],"options":{"num_ctx":9}}`, `["a","b"]`, `{"model":"m","embeddings":[[1,-2],[3,4]],"prompt_eval_count":8,"total_duration":5}`, 2, &Usage{Input: 8, Total: 8}},
		{"/api/embeddings", `{"model":"m","prompt":"a"}`, `"a"`, `{"embedding":[0.5,2]}`, 1, nil},
	} {
		e := endpoint(t, "localhost:11434", tt.path)
		req := e.ParseRequest("", []byte(tt.body), false)
		if string(req.Input) != tt.input || req.Stream {
			t.Errorf("%s: %s, stream %v", tt.path, req.Input, req.Stream)
		}
		r := feed(t, e, 200, "application/json", &req, tt.answer)
		if r.Attributes[AttributeVectors] != tt.count || r.Attributes[AttributeDimensions] != int64(2) || !reflect.DeepEqual(r.Usage, tt.usage) || !r.Complete {
			t.Errorf("%s: %+v", tt.path, r)
		}
		if slices.Contains(r.Output, '[') {
			t.Errorf("%s: vectors in %s", tt.path, r.Output)
		}
	}
}

func FuzzOllama(f *testing.F) {
	f.Add([]byte(ollamaLine(`{"content":"a","tool_calls":[{"function":{"name":"f","arguments":{}}}]}`)+ollamaDone), uint8(7))
	f.Add([]byte(`{"response":"a","thinking":"b"}`+"\n{\"x\":\"\n"+`{"error":"e"}`), uint8(3))
	f.Add([]byte(`{"messages":[{"role":"tool","tool_name":"x","content":"y"}],"embeddings":[[1,2],[3]],"embedding":[1]}`), uint8(9))
	fuzzWire(f, []Endpoint{ollama{"chat", &ollamaChatShape}, ollama{textCompletion, &ollamaGenerateShape}, ollamaEmbed{&ollamaEmbedShape}}, ndjson, "application/json", "")
}
