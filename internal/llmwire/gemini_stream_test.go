package llmwire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestGeminiStream(t *testing.T) {
	e := endpoint(t, geminiHost, geminiStreamed)
	chunks := []string{
		parts(`{"text": "Let ","thought": true}`), parts(`{"text": "me see","thought": true}`),
		parts(`{"text": "안녕"}`), parts(`{"text": "하세요"},{"text": "!\n"}`), parts(`{"text": "","thoughtSignature": "s1"}`),
		parts(`{"functionCall": {"name": "get","args": {"city": "서울"}},"thoughtSignature": "s2"},{"functionCall": {"id": "c2","name": "put"}}`),
		parts(`{"inlineData": {"mimeType": "image/png","data": "aGk="}}`), parts(`{"text": "done"}`), geminiEnd,
	}
	want := Response{
		ID: "r1", Model: "gemini-2.5-pro", FinishReasons: []string{"STOP"}, Complete: true,
		Output: json.RawMessage(`{"role":"model","parts":[{"text":"Let me see","thought":true},{"text":"안녕하세요!\n","thoughtSignature":"s1"},` +
			`{"functionCall":{"name":"get","args":{"city":"서울"}},"thoughtSignature":"s2"},{"functionCall":{"id":"c2","name":"put"}},` +
			`{"inlineData":{"mimeType":"image/png","data":"aGk="}},{"text":"done"}]}`),
		ToolCalls: []ToolCall{{"", "get", `{"city":"서울"}`}, {"c2", "put", "{}"}},
		Usage:     &Usage{Input: 9, Output: 4, Total: 13},
	}
	for contentType, in := range map[string]string{"text/event-stream": events(chunks...), "application/json; charset=UTF-8": array(chunks...)} {
		if r := feed(t, e, 200, contentType, &Request{}, in); !reflect.DeepEqual(r, want) {
			t.Errorf("%s: got  %+v\n%s\nwant %+v\n%s", contentType, r, r.Output, want, want.Output)
		}
		a := e.Answer(200, contentType, &Request{})
		for _, part := range strings.SplitAfter(in, ":") {
			a.Feed([]byte(part))
		}
		if r := a.Close(); !reflect.DeepEqual(r, want) {
			t.Errorf("%s by colons: %+v", contentType, r)
		}
	}
}

func TestGeminiStreamFirstToken(t *testing.T) {
	e := endpoint(t, geminiHost, geminiStreamed)
	for part, want := range map[string]int{
		`{"text":""}`:                        0,
		`{"text":"","thoughtSignature":"s"}`: 0,
		`{}`:                                 0,
		`{"text":"a"}`:                       1,
		`{"text":"a","thought":true}`:        1,
		`{"functionCall":{"name":"f"}}`:      1,
		`{"executableCode":{"code":"1"}}`:    1,
	} {
		if got := started(e, "text/event-stream", events(parts(part))); got != want {
			t.Errorf("%s: %d", part, got)
		}
		if got := started(e, "application/json", "["+parts(part)); got != want {
			t.Errorf("%s in an array: %d", part, got)
		}
	}
}

func TestGeminiStreamCandidates(t *testing.T) {
	e := endpoint(t, geminiHost, geminiStreamed)
	r := feed(t, e, 200, "text/event-stream", &Request{}, events(
		`{"candidates":[{"content":{"parts":[{"text":"B"}]},"index":1},{"content":{"parts":[{"text":"A"}]}}]}`,
		`{"candidates":[{"content":{"parts":[{"text":"b"}]},"index":1,"finishReason":"STOP"}]}`))
	if string(r.Output) != `[{"role":"model","parts":[{"text":"A"}]},{"role":"model","parts":[{"text":"Bb"}]}]` || r.Complete {
		t.Errorf("output %s, complete %v", r.Output, r.Complete)
	}
}

func TestGeminiStreamEnds(t *testing.T) {
	text := parts(`{"text":"a"}`)
	failure := `{"error": {"code": 503,"message": "overloaded","status": "UNAVAILABLE"}}`
	for name, tt := range map[string]struct {
		contentType, in string
		complete        bool
		err             string
	}{
		"finished":               {"text/event-stream", events(text, geminiEnd), true, ""},
		"array":                  {"application/json", array(text, geminiEnd), true, ""},
		"one object":             {"application/json", geminiEnd, true, ""},
		"no reason":              {"text/event-stream", events(text), false, ""},
		"the array isn't closed": {"application/json", "[" + text + "," + geminiEnd, false, ""},
		"broken in an object":    {"application/json", "[" + text + "," + geminiEnd + `,{"candi`, false, ""},
		"nothing":                {"text/event-stream", "", false, ""},
		"an empty array":         {"application/json", "[]", false, ""},
		"blocked":                {"text/event-stream", events(`{"promptFeedback":{"blockReason":"SAFETY"}}`), true, ""},
		"error":                  {"text/event-stream", events(text, failure), false, "UNAVAILABLE"},
		"error in an array":      {"application/json", array(text, failure), false, "UNAVAILABLE"},
		"garbage between":        {"text/event-stream", events("{oops", text, "<html>", geminiEnd), true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := feed(t, endpoint(t, geminiHost, geminiStreamed), 200, tt.contentType, &Request{}, tt.in)
			if r.Complete != tt.complete || (r.Err != nil) != (tt.err != "") || r.Err != nil && r.Err.Kind() != tt.err {
				t.Errorf("complete %v, error %+v", r.Complete, r.Err)
			}
			if strings.Contains(tt.in, text) && string(r.Output) != `{"role":"model","parts":[{"text":"a"}]}` {
				t.Errorf("output %s", r.Output)
			}
		})
	}
}

func TestGeminiStreamOdd(t *testing.T) {
	for name, tt := range map[string]struct{ part, want string }{
		"two signatures":       {`{"text":"a","thoughtSignature":"1"},{"text":"b","thoughtSignature":"2"}`, `{"text":"a","thoughtSignature":"1"},{"text":"b","thoughtSignature":"2"}`},
		"a part that is none":  {`7,null,[],{"text":"a"}`, `{"text":"a"}`},
		"not JSON":             {`{"functionCall":oops},{"text":"a"}`, `{"text":"a"}`},
		"pieces of a call":     {`{"functionCall":{"name":"f","willContinue":true}},{"functionCall":{"partialArgs":[]}}`, `{"functionCall":{"name":"f","willContinue":true}},{"functionCall":{"partialArgs":[]}}`},
		"text and what else":   {`{"text":"a","partMetadata":{}}`, `{"text":"a","partMetadata":{}}`},
		"a thought in between": {`{"text":"a"},{"text":"b","thought":true},{"text":"c"}`, `{"text":"a"},{"text":"b","thought":true},{"text":"c"}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := feed(t, endpoint(t, geminiHost, geminiStreamed), 200, "text/event-stream", &Request{}, events(parts(tt.part), geminiEnd))
			if string(r.Output) != `{"role":"model","parts":[`+tt.want+`]}` || !r.Complete {
				t.Errorf("got %s, complete %v", r.Output, r.Complete)
			}
		})
	}
}

func TestGeminiStreamBounded(t *testing.T) {
	for _, asEvents := range []bool{true, false} {
		form := func(chunk string) []byte { return []byte(chunk + ",") }
		if asEvents {
			form = func(chunk string) []byte { return []byte(events(chunk)) }
		}
		a := newGeminiStream(asEvents)
		for range 40 {
			a.Feed(form(parts(`{"text":"` + strings.Repeat("한글 ", 10_000) + `"}`)))
		}
		a.Feed(form(parts(`{"functionCall":{"name":"f"}}`)))
		a.Feed(form(geminiEnd))
		r := a.Close()
		if !r.Truncated || !r.Complete || len(r.Output) > MaxCaptureBytes+300 || !json.Valid(r.Output) || r.Usage == nil {
			t.Errorf("truncated %v, complete %v, %d bytes, usage %+v", r.Truncated, r.Complete, len(r.Output), r.Usage)
		}

		a = newGeminiStream(asEvents)
		for i := range 10_000 {
			a.Feed(form(fmt.Sprintf(`{"candidates":[{"index":%d,"content":{"parts":[{"functionCall":{"name":"f"}}]}}]}`, i%300)))
		}
		if r := a.Close(); !r.Truncated || len(a.candidates) != maxChoices || a.parts != maxBlocks || len(r.ToolCalls) != maxToolCalls || !json.Valid(r.Output) {
			t.Errorf("truncated %v, candidates %d, parts %d, calls %d", r.Truncated, len(a.candidates), a.parts, len(r.ToolCalls))
		}

		a = newGeminiStream(asEvents)
		a.Feed(form(parts(`{"text":"` + strings.Repeat("x", maxEventBytes) + `"}`)))
		a.Feed(form(geminiEnd))
		if r := a.Close(); !r.Truncated || !r.Complete {
			t.Errorf("a long chunk: truncated %v, complete %v", r.Truncated, r.Complete)
		}
	}
}
