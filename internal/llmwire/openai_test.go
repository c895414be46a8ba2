package llmwire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	for _, tt := range []struct{ method, host, path, provider string }{
		{"POST", "api.openai.com", "/v1/chat/completions", "openai"},
		{"POST", "127.0.0.1:8080", "/v1/chat/completions", "openai"},
		{"POST", "[::1]:8080", "/chat/completions", "openai"},
		{"POST", "corp.openai.azure.com", "/openai/deployments/gpt-4o/chat/completions", "azure.ai.openai"},
		{"POST", "API.GROQ.com:443", "/openai/v1/chat/completions", "groq"},
		{"POST", "notapi.groq.com", "/v1/chat/completions", "openai"},
		{"POST", "generativelanguage.googleapis.com", "/v1beta/openai/chat/completions", "gcp.gemini"},
		{"GET", "api.openai.com", "/v1/chat/completions", ""},
		{"POST", "api.openai.com", "/v1/chat/completions/x", ""},
	} {
		got := ""
		if e, ok := Detect(tt.method, tt.host, tt.path); ok {
			got = e.Provider()
			if e.Operation() != "chat" {
				t.Errorf("%s: operation %q", tt.path, e.Operation())
			}
		}
		if got != tt.provider {
			t.Errorf("%s %s%s: %q, want %q", tt.method, tt.host, tt.path, got, tt.provider)
		}
	}
}

func TestChatRequest(t *testing.T) {
	body := `{"model":"gpt-4o","messages":[{"role":"user","content":"a<b> & 환불"}],"temperature":0.7,"max_tokens":256,
		"stop":["\n","END"],"stream":true,"stream_options":{"include_usage":true},"user":"u-1","seed":null,
		"response_format":{"type":"json_object"},"logprobs":true}`
	got := openAIChat{}.ParseRequest("", []byte(body), false)
	want := Request{
		Model: "gpt-4o", Stream: true, StreamUsage: true,
		Input: json.RawMessage(`[{"role":"user","content":"a<b> & 환불"}]`),
		Parameters: map[string]any{
			"temperature": json.Number("0.7"), "max_tokens": json.Number("256"), "stop": []string{"\n", "END"},
			"user": "u-1", "response_format": `{"type":"json_object"}`, "logprobs": true,
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	tools := `{"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"f<>"}}]}`
	got = openAIChat{}.ParseRequest("", []byte(tools), false)
	if string(got.Input) != `{"messages":[],"tools":[{"type":"function","function":{"name":"f<>"}}]}` {
		t.Errorf("with tools: %s", got.Input)
	}
}

func TestChatRequestAzure(t *testing.T) {
	e, _ := Detect("POST", "corp.openai.azure.com", "/openai/deployments/my-gpt/chat/completions")
	for body, model := range map[string]string{`{"messages":[]}`: "my-gpt", `{"model":"gpt-4o"}`: "gpt-4o"} {
		if got := e.ParseRequest("", []byte(body), false).Model; got != model {
			t.Errorf("%s: %q", body, got)
		}
	}
}

func TestChatRequestOdd(t *testing.T) {
	for _, body := range []string{"", "null", "[]", `"x"`, "{", `{"model":7,"messages":5}`, "\x00\xff", `{"stop":[1,"a"]}`} {
		r := openAIChat{}.ParseRequest("", []byte(body), false) // doesn't panic
		if r.Model != "" {
			t.Errorf("%q: model %q", body, r.Model)
		}
	}
	cut := openAIChat{}.ParseRequest("", []byte(`{"model":"gpt-4o","messages":[{"role":"user","content":"long tex`), true)
	if cut.Model != "gpt-4o" || !cut.Truncated || string(cut.Input) != `[{"role":"user","content":"long tex…[cut]"}]` {
		t.Errorf("cut: %+v %s", cut, cut.Input)
	}
}

// answer feeds the portions to the accumulator for them.
func answer(t *testing.T, status int, contentType string, portions ...string) (Response, Accumulator) {
	t.Helper()
	a := openAIChat{}.Answer(status, contentType, &Request{Stream: contentType == ""})
	for _, p := range portions {
		a.Feed([]byte(p))
	}
	return a.Close(), a
}

func TestChatAnswer(t *testing.T) {
	r, _ := answer(t, 200, "application/json", `{"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o-2024-08-06","service_tier":"default",
		"system_fingerprint":"fp_9","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null},"finish_reason":"stop"}],`,
		`"usage":{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":64,"audio_tokens":3},
		"completion_tokens_details":{"reasoning_tokens":12,"audio_tokens":2,"accepted_prediction_tokens":4,"rejected_prediction_tokens":0}}}`)
	want := Response{
		ID: "chatcmpl-1", Model: "gpt-4o-2024-08-06", Output: json.RawMessage(`{"role":"assistant","content":"Hi","refusal":null}`),
		FinishReasons: []string{"stop"}, Complete: true,
		Usage: &Usage{Input: 100, Output: 30, Total: 130, CachedInput: 64, InputAudio: 3, Reasoning: 12, OutputAudio: 2},
		Attributes: map[string]any{
			"openai.response.system_fingerprint": "fp_9", "openai.response.service_tier": "default",
			"openai.usage.accepted_prediction_tokens": int64(4),
		},
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}

	r, _ = answer(t, 200, "application/json", `{"choices":[{"message":{"content":"a"},"finish_reason":"stop"},{"message":{"content":"b"},"finish_reason":"length"}]}`)
	if string(r.Output) != `[{"content":"a"},{"content":"b"}]` || !slices.Equal(r.FinishReasons, []string{"stop", "length"}) || r.Usage != nil {
		t.Errorf("n=2: %s %v %v", r.Output, r.FinishReasons, r.Usage)
	}

	r, _ = answer(t, 200, "application/json", `{"id":"x","choices":[{"message":{"role":"assistant","content":"It brok`)
	if r.Complete || string(r.Output) != `{"role":"assistant","content":"It brok…[cut]"}` {
		t.Errorf("broken off: complete %v, %s", r.Complete, r.Output)
	}

	// OpenRouter answers 200 with an error in it.
	r, _ = answer(t, 200, "application/json", `{"error":{"message":"Provider returned error","code":502}}`)
	if r.Err == nil || r.Err.Code != "502" || r.Err.Message != "Provider returned error" {
		t.Errorf("error in a 200: %+v", r.Err)
	}
}

func TestUsageForms(t *testing.T) {
	for in, want := range map[string]*Usage{
		`null`: nil,
		`{}`:   nil,
		`{"prompt_tokens":10,"completion_tokens":5}`: {Input: 10, Output: 5, Total: 15},
		// xAI: reasoning beside the completion.
		`{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}`: {Input: 10, Output: 105, Total: 115, Reasoning: 100},
		// DeepSeek and Moonshot have their own names for what the cache gave.
		`{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":2}`: {Input: 10, Output: 5, Total: 15, CachedInput: 8},
		`{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"num_cached_tokens":8}`:                                    {Input: 10, Output: 5, Total: 15, CachedInput: 8}, // Mistral
		`{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"cached_tokens":7}`:                                        {Input: 10, Output: 5, Total: 15, CachedInput: 7},
		`{"prompt_tokens":"10","completion_tokens":5.0,"total_tokens":-3,"prompt_tokens_details":null}`:                         {Input: 10, Output: 5, Total: 15},
		`{"prompt_tokens":1e400,"completion_tokens":[1],"total_tokens":9}`:                                                      {Total: 9},
	} {
		r, _ := answer(t, 200, "application/json", `{"choices":[],"usage":`+in+`}`)
		if !reflect.DeepEqual(r.Usage, want) {
			t.Errorf("%s: %+v, want %+v", in, r.Usage, want)
		}
	}
}

func chunk(delta string) string {
	return `data: {"id":"c1","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":` + delta + `,"finish_reason":null}],"usage":null}` + "\n\n"
}

const (
	finishStop  = `data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	usageChunk  = `data: {"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}` + "\n\n"
	doneMessage = "data: [DONE]\n\n"
)

func TestChatStream(t *testing.T) {
	in := chunk(`{"role":"assistant","content":""}`) + chunk(`{"content":"안녕"}`) + chunk(`{"content":"하세요"}`) + finishStop + usageChunk + doneMessage
	for _, portions := range [][]string{{in}, strings.Split(in, ""), strings.SplitAfter(in, ":")} {
		r, a := answer(t, 200, "text/event-stream; charset=utf-8", portions...)
		if string(r.Output) != `{"role":"assistant","content":"안녕하세요"}` || !r.Complete || !a.Started() {
			t.Errorf("output %s, complete %v", r.Output, r.Complete)
		}
		if !reflect.DeepEqual(r.Usage, &Usage{Input: 9, Output: 4, Total: 13}) || !slices.Equal(r.FinishReasons, []string{"stop"}) ||
			r.ID != "c1" || r.Model != "gpt-4o-2024-08-06" {
			t.Errorf("got %+v", r)
		}
	}
}

func TestChatStreamFirstToken(t *testing.T) {
	for delta, want := range map[string]bool{
		`{"role":"assistant","content":""}`:   false,
		`{"role":"assistant","content":null}`: false,
		`{}`:                                  false,
		`{"content":"a"}`:                     true,
		`{"refusal":"no"}`:                    true,
		`{"reasoning_content":"hm"}`:          true,
		`{"reasoning":"hm"}`:                  true,
		`{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}`: true,
		`{"function_call":{"name":"f"}}`:                                               true,
		`{"content":[{"type":"text","text":"a"}]}`:                                     true,
	} {
		a := newChatStream()
		a.Feed([]byte(chunk(delta)))
		if a.Started() != want {
			t.Errorf("%s: started %v", delta, a.Started())
		}
	}
}

func TestChatStreamToolCalls(t *testing.T) {
	for name, tt := range map[string]struct {
		deltas []string
		want   string
	}{
		"by index, interleaved": {[]string{
			`{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"get","arguments":""}}]}`,
			`{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"put","arguments":"{\"x\""}}]}`,
			`{"tool_calls":[{"index":0,"function":{"arguments":"{}"}},{"index":1,"function":{"arguments":":1}"}}]}`,
		}, `{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"get","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"put","arguments":"{\"x\":1}"}}]}`},
		"all of index 0, told apart by id": {[]string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"get","arguments":"{}"}}]}`,
			`{"tool_calls":[{"index":0,"id":"b","function":{"name":"put","arguments":"[]"}}]}`,
		}, `{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"get","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"put","arguments":"[]"}}]}`},
		"without index": {[]string{
			`{"tool_calls":[{"id":"a","function":{"name":"get","arguments":"{"}}]}`,
			`{"tool_calls":[{"function":{"arguments":"}"}}]}`,
		}, `{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"get","arguments":"{}"}}]}`},
		"arguments as an object": {[]string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"get","arguments":{"x":1}}}]}`,
		}, `{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"get","arguments":"{\"x\":1}"}}]}`},
		"custom": {[]string{
			`{"tool_calls":[{"index":0,"id":"a","type":"custom","custom":{"name":"sh","input":"ls"}}]}`,
		}, `{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"custom","custom":{"name":"sh","input":"ls"}}]}`},
		"older form": {[]string{
			`{"function_call":{"name":"get","arguments":"{"}}`, `{"function_call":{"arguments":"}"}}`,
		}, `{"role":"assistant","content":null,"function_call":{"name":"get","arguments":"{}"}}`},
		"reasoning and refusal": {[]string{
			`{"reasoning_content":"think"}`, `{"reasoning":"ing"}`, `{"refusal":"I can't"}`,
		}, `{"role":"assistant","content":null,"reasoning_content":"thinking","refusal":"I can't"}`},
		"content in parts": {[]string{
			`{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`,
		}, `{"role":"assistant","content":"ab"}`},
	} {
		t.Run(name, func(t *testing.T) {
			a := newChatStream()
			for _, d := range tt.deltas {
				a.Feed([]byte(chunk(d)))
			}
			a.Feed([]byte(finishStop + doneMessage))
			if r := a.Close(); string(r.Output) != tt.want {
				t.Errorf("got  %s\nwant %s", r.Output, tt.want)
			}
		})
	}
}

func TestChatStreamChoices(t *testing.T) {
	r, _ := answer(t, 200, "text/event-stream",
		`data: {"choices":[{"index":1,"delta":{"content":"B"}},{"index":0,"delta":{"content":"A"}}]}`+"\n\n",
		`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\n")
	if string(r.Output) != `[{"role":"assistant","content":"A"},{"role":"assistant","content":"B"}]` {
		t.Errorf("output %s", r.Output)
	}
	if r.Complete {
		t.Error("complete, though the second choice didn't end")
	}
}

func TestChatStreamEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		in       string
		complete bool
		err      string
	}{
		"done":                    {chunk(`{"content":"a"}`) + finishStop + doneMessage, true, ""},
		"no mark, but a reason":   {chunk(`{"content":"a"}`) + finishStop, true, ""},
		"neither":                 {chunk(`{"content":"a"}`), false, ""},
		"nothing":                 {"", false, ""},
		"error in the stream":     {chunk(`{"content":"a"}`) + `data: {"error":{"message":"overloaded","type":"server_error"}}` + "\n\n", false, "overloaded"},
		"error, then done":        {`data: {"error":"too much"}` + "\n\n" + doneMessage, false, "too much"},
		"single newlines":         {strings.ReplaceAll(chunk(`{"content":"a"}`)+finishStop+doneMessage, "\n\n", "\n"), true, ""},
		"garbage between":         {chunk(`{"content":"a"}`) + "data: {oops\n\n<html>\n\n" + finishStop + doneMessage, true, ""},
		"a field of another type": {`data: {"id":5,"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n" + doneMessage, true, ""},
		"a null error is none":    {`data: {"error":null,"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := answer(t, 200, "text/event-stream", tt.in)
			if r.Complete != tt.complete {
				t.Errorf("complete %v", r.Complete)
			}
			if r.Err != nil && r.Err.Message != tt.err || r.Err == nil && tt.err != "" {
				t.Errorf("error %+v", r.Err)
			}
			if strings.Contains(tt.in, `"content":"a"`) && !strings.Contains(string(r.Output), `"content":"a"`) {
				t.Errorf("output %s", r.Output)
			}
		})
	}
}

func TestChatStreamBounded(t *testing.T) {
	a := newChatStream()
	piece := chunk(`{"content":"` + strings.Repeat("한글 ", 10_000) + `"}`)
	for range 40 {
		a.Feed([]byte(piece))
	}
	a.Feed([]byte(finishStop + usageChunk + doneMessage))
	r := a.Close()
	if !r.Truncated || !r.Complete || len(r.Output) > MaxCaptureBytes+100 || !json.Valid(r.Output) {
		t.Errorf("truncated %v, complete %v, %d bytes", r.Truncated, r.Complete, len(r.Output))
	}
	if strings.Count(string(r.Output), cutMark) != 1 || r.Usage == nil {
		t.Errorf("marks %d, usage %v", strings.Count(string(r.Output), cutMark), r.Usage)
	}

	a = newChatStream()
	for i := range 10_000 {
		a.Feed(fmt.Appendf(nil, `data: {"choices":[{"index":%d,"delta":{"tool_calls":[{"index":%d,"id":"x%d"}]}}]}`+"\n\n", i%300, -i, i))
	}
	if r := a.Close(); !r.Truncated || len(a.choices) != maxChoices {
		t.Errorf("truncated %v, choices %d", r.Truncated, len(a.choices))
	}
}

func TestErrors(t *testing.T) {
	for in, want := range map[string]ProviderError{
		`{"error":{"message":"Rate limit","type":"tokens","param":null,"code":"rate_limit_exceeded"}}`: {Type: "tokens", Code: "rate_limit_exceeded", Message: "Rate limit"},
		`{"error":{"message":["a","b"],"code":400}}`:                                                   {Code: "400", Message: `["a","b"]`},
		`{"error":"no such model"}`:                                                                    {Message: "no such model"},
		`{"code":"invalid_argument","error":"no such model"}`:                                          {Code: "invalid_argument", Message: "no such model"},
		`{"object":"error","message":"bad","code":40001}`:                                              {Code: "40001", Message: "bad"},
		`{"detail":"Not Found"}`:                                                                       {Message: "Not Found"},
		`[{"error":{"code":429,"message":"slow down"}}]`:                                               {Code: "429", Message: "slow down"},
		"<html>502 Bad Gateway</html>":                                                                 {Message: "<html>502 Bad Gateway</html>"},
		"":                                                                                             {},
		"\xff\xfe":                                                                                     {},
	} {
		r, _ := answer(t, http.StatusTooManyRequests, "application/json", in)
		if r.Err == nil {
			t.Fatalf("%s: no error", in)
		}
		got := *r.Err
		if got.Body != strings.ToValidUTF8(in, "\ufffd") {
			t.Errorf("%q: body %q", in, got.Body)
		}
		got.Body = ""
		if got != want {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
	}
	r, _ := answer(t, 500, "text/html", strings.Repeat("é", MaxErrorBytes))
	if !r.Truncated || len(r.Err.Body) > MaxErrorBytes+3 || len(r.Err.Message) > 520 {
		t.Errorf("truncated %v, body %d, message %d bytes", r.Truncated, len(r.Err.Body), len(r.Err.Message))
	}
}

// Errors within a stream, and in an answer with status 200, whose fields stand at the top.
func TestErrorsAtTheTop(t *testing.T) {
	for in, want := range map[string]ProviderError{
		`{"object":"error","message":"overloaded","type":"service_unavailable","param":null,"code":"3505"}`: {Type: "service_unavailable", Code: "3505", Message: "overloaded"}, // Mistral
		`{"object":"error","message":"bad","type":"BadRequestError","code":400}`:                            {Type: "BadRequestError", Code: "400", Message: "bad"},             // vLLM
		`{"code":"unavailable","error":"overloaded"}`:                                                       {Code: "unavailable", Message: "overloaded"},                       // xAI
	} {
		r := feed(t, openAIChat{}, 200, "text/event-stream", &Request{Stream: true}, chunk(`{"content":"a"}`)+"data: "+in+"\n\n"+doneMessage)
		if r.Complete || r.Err == nil || string(r.Output) != `{"role":"assistant","content":"a"}` {
			t.Errorf("%s: %+v", in, r)
			continue
		}
		want.Body = in
		if *r.Err != want {
			t.Errorf("%s: %+v", in, *r.Err)
		}
		if want.Type == "" {
			continue
		}
		if r, _ := answer(t, 200, "application/json", in); r.Err == nil || *r.Err != want {
			t.Errorf("in one piece: %+v", r)
		}
	}
}

// OpenRouter says what a call cost; with a key of the customer's own in two parts.
func TestCost(t *testing.T) {
	for usage, want := range map[string]float64{
		`"cost":0.25,"is_byok":false,"cost_details":{"upstream_inference_cost":null}`: 0.25,
		`"cost":0.25,"is_byok":true,"cost_details":{"upstream_inference_cost":0.5}`:   0.75,
		`"cost":{"total_cost":7}`: 0,
		`"cost":"7"`:              0,
		`"cost":-1`:               0,
		`"cost":1e999`:            0,
	} {
		usage = `"usage":{"prompt_tokens":1,"completion_tokens":1,` + usage + `}`
		for provider, want := range map[string]float64{`"provider":"Google",`: want, "": 0} { // of others the currency isn't known
			if r, _ := answer(t, 200, "application/json", `{`+provider+`"choices":[],`+usage+`}`); r.Cost != want {
				t.Errorf("%s%s: %v, want %v", provider, usage, r.Cost, want)
			}
			if r := feed(t, openAIChat{}, 200, "text/event-stream", &Request{Stream: true}, `data: {`+provider+`"choices":[],`+usage+"}\n\n"); r.Cost != want {
				t.Errorf("stream of %s%s: %v, want %v", provider, usage, r.Cost, want)
			}
		}
	}
}

func FuzzChat(f *testing.F) {
	f.Add([]byte(chunk(`{"content":"a","tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}`)+finishStop+usageChunk+doneMessage), uint8(7))
	f.Add([]byte(`{"model":"m","messages":[{}],"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":1}}`), uint8(200))
	f.Add([]byte(`{"error":{"message":"m"}}`), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		req := openAIChat{}.ParseRequest("", in, size%2 == 0)
		if len(req.Input) > 0 && !json.Valid(req.Input) {
			t.Errorf("input %q", req.Input)
		}
		for _, kind := range []struct {
			status int
			ctype  string
		}{{200, "text/event-stream"}, {200, "application/json"}, {500, ""}} {
			whole := openAIChat{}.Answer(kind.status, kind.ctype, &req)
			whole.Feed(in)
			parts := openAIChat{}.Answer(kind.status, kind.ctype, &req)
			for chunk := range slices.Chunk(in, int(size)+1) {
				parts.Feed(chunk)
			}
			a, b := whole.Close(), parts.Close()
			if !reflect.DeepEqual(a, b) {
				t.Errorf("whole %+v\nparts %+v", a, b)
			}
			if len(a.Output) > 0 && !json.Valid(a.Output) {
				t.Errorf("output %q", a.Output)
			}
		}
	})
}
