package llmwire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDetectOpenAI(t *testing.T) {
	for _, tt := range []struct{ host, path, provider, operation string }{
		{"api.openai.com", "/v1/completions", "openai", "text_completion"},
		{"api.mistral.ai", "/v1/fim/completions", "mistral_ai", "text_completion"},
		{"api.openai.com", "/v1/responses", "openai", "chat"},
		{"api.openai.com", "/v1/responses/compact", "openai", "compact"},
		{"127.0.0.1:99", "/v1/embeddings", "openai", "embeddings"},
		{"corp.openai.azure.com", "/openai/deployments/emb/embeddings", "azure.ai.openai", "embeddings"},
		{"corp.openai.azure.com", "/openai/responses", "azure.ai.openai", "chat"},
		{"api.upstage.ai", "/v1/solar/embeddings", "upstage", "embeddings"},
		{"api.openai.com", "/v1/images/generations", "openai", "image_generation"},
		{"api.openai.com", "/v1/images/edits", "openai", "image_edit"},
		{"api.openai.com", "/v1/edits", "openai", "text_completion"},
		{"api.groq.com", "/openai/v1/audio/transcriptions", "groq", "transcription"},
		{"api.openai.com", "/v1/audio/speech", "openai", "speech"},
		{"api.openai.com", "/v1/moderations", "openai", "moderation"},
		{"forms.example.com", "/survey/responses", "", ""},
		{"wiki.example.com", "/page/edits", "", ""},
		{"api.openai.com", "/v1/files", "", ""},
		{"api.openai.com", "", "", ""},
	} {
		provider, operation := "", ""
		if e, ok := Detect("POST", tt.host, tt.path); ok {
			provider, operation = e.Provider(), e.Operation()
		}
		if provider != tt.provider || operation != tt.operation {
			t.Errorf("%s%s: %q %q, want %q %q", tt.host, tt.path, provider, operation, tt.provider, tt.operation)
		}
	}
}

// detect returns the endpoint of a path of OpenAI's.
func detect(t *testing.T, path string) Endpoint {
	t.Helper()
	e, ok := Detect("POST", "api.openai.com", path)
	if !ok {
		t.Fatalf("%s is no endpoint", path)
	}
	return e
}

// feed gives an answer to the endpoint's accumulator: whole, and byte by byte,
// which must be the same.
func feed(t *testing.T, e Endpoint, status int, contentType string, req *Request, in string) Response {
	t.Helper()
	whole, parts := e.Answer(status, contentType, req), e.Answer(status, contentType, req)
	whole.Feed([]byte(in))
	for i := range len(in) {
		parts.Feed([]byte{in[i]})
	}
	if whole.Started() != parts.Started() {
		t.Errorf("started: whole %v, bytewise %v", whole.Started(), parts.Started())
	}
	a, b := whole.Close(), parts.Close()
	if !reflect.DeepEqual(a, b) {
		t.Errorf("whole    %+v\nbytewise %+v", a, b)
	}
	if len(a.Output) > 0 && !json.Valid(a.Output) {
		t.Errorf("output %s", a.Output)
	}
	return a
}

// sse makes a stream of the events; "name|data" names one.
func sse(events ...string) string {
	var b strings.Builder
	for _, e := range events {
		if name, data, named := strings.Cut(e, "|"); named {
			fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", name, data)
		} else {
			fmt.Fprintf(&b, "data: %s\n\n", e)
		}
	}
	return b.String()
}

func TestCompletion(t *testing.T) {
	e := detect(t, "/v1/completions")
	req := e.ParseRequest("", []byte(`{"model":"gpt-3.5-turbo-instruct","prompt":["a","b"],"suffix":null,"max_tokens":5,"n":2}`), false)
	if req.Model != "gpt-3.5-turbo-instruct" || string(req.Input) != `["a","b"]` || !reflect.DeepEqual(req.Parameters, map[string]any{"max_tokens": json.Number("5"), "n": json.Number("2")}) {
		t.Errorf("request %+v %s", req, req.Input)
	}
	r := feed(t, e, 200, "application/json", &req, `{"id":"cmpl-1","model":"m","choices":[{"text":"x\n","index":0,"logprobs":null,"finish_reason":"length"},{"text":"y","index":1,"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}`)
	if string(r.Output) != `["x\n","y"]` || !slices.Equal(r.FinishReasons, []string{"length", "stop"}) || !reflect.DeepEqual(r.Usage, &Usage{Input: 5, Output: 7, Total: 12}) || !r.Complete {
		t.Errorf("answer %+v %s", r, r.Output)
	}
	r = feed(t, e, 200, "text/event-stream", &req, sse(
		`{"id":"cmpl-1","choices":[{"text":"b1","index":1,"logprobs":null,"finish_reason":null}],"model":"m"}`,
		`{"id":"cmpl-1","choices":[{"text":"a\u00e9","index":0,"logprobs":null,"finish_reason":null}],"model":"m"}`,
		`{"id":"cmpl-1","choices":[{"text":"b2","index":1,"logprobs":null,"finish_reason":"stop"}],"model":"m"}`,
		`{"id":"cmpl-1","choices":[{"text":"","index":0,"logprobs":null,"finish_reason":"length"}],"model":"m"}`, `[DONE]`))
	if string(r.Output) != `["aé","b1b2"]` || !slices.Equal(r.FinishReasons, []string{"length", "stop"}) || !r.Complete {
		t.Errorf("stream %+v %s", r, r.Output)
	}
}

const responsesAnswer = `{"id":"resp_1","object":"response","created_at":1767000000,"status":"completed","error":null,"incomplete_details":null,"instructions":"Be short.","model":"gpt-5-2025-08-07",` +
	`"output":[{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"city\":\"Seoul\"}","call_id":"call_1","name":"weather"},` +
	`{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"text":"Hi"}]}],"service_tier":"default",` +
	`"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":16},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123}}`

func TestResponses(t *testing.T) {
	e := detect(t, "/v1/responses")
	req := e.ParseRequest("", []byte(`{"model":"gpt-5","input":"Where?","instructions":"Be short.","stream":true,"reasoning":{"effort":"low"},"tools":[{"type":"function","name":"weather"}]}`), false)
	if string(req.Input) != `{"input":"Where?","instructions":"Be short.","tools":[{"type":"function","name":"weather"}]}` || !req.Stream || req.Parameters["reasoning"] != `{"effort":"low"}` {
		t.Errorf("request %+v %s", req, req.Input)
	}
	r := feed(t, e, 200, "application/json", &Request{}, responsesAnswer)
	if r.ID != "resp_1" || r.Model != "gpt-5-2025-08-07" || !strings.HasPrefix(string(r.Output), `[{"id":"rs_1"`) || !r.Complete || r.Err != nil || !slices.Equal(r.FinishReasons, []string{"completed"}) {
		t.Errorf("answer %+v %s", r, r.Output)
	}
	if !reflect.DeepEqual(r.Usage, &Usage{Input: 36, Output: 87, Total: 123, CachedInput: 16, Reasoning: 64}) || !slices.Equal(r.ToolCalls, []ToolCall{{"call_1", "weather", `{"city":"Seoul"}`}}) {
		t.Errorf("usage %+v, calls %+v", r.Usage, r.ToolCalls)
	}
	r = feed(t, e, 200, "application/json", &Request{}, `{"id":"r","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}`)
	if !slices.Equal(r.FinishReasons, []string{"max_output_tokens"}) || !r.Complete {
		t.Errorf("incomplete %+v", r)
	}
	r = feed(t, e, 200, "application/json", &Request{}, `{"id":"r","status":"failed","error":{"code":"server_error","message":"sorry"},"output":[]}`)
	if r.Err == nil || r.Err.Code != "server_error" || r.Err.Message != "sorry" {
		t.Errorf("failed %+v", r.Err)
	}
}

func TestResponsesToolResults(t *testing.T) {
	e := detect(t, "/v1/responses")
	req := e.ParseRequest("", []byte(`{"model":"m","instructions":"x","input":[{"role":"user","content":"?"},{"type":"function_call","call_id":"old","name":"f","arguments":"{}"},
		{"type":"function_call_output","call_id":"old","output":"0"},{"type":"message","role":"assistant","content":"?"},{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},
		{"type":"function_call","call_id":"b","name":"g","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":"1"},{"type":"function_call_output","call_id":"b","output":[{"type":"input_text","text":"2"}]}]}`), false)
	want := []ToolResult{{ID: "a", Output: json.RawMessage(`"1"`)}, {ID: "b", Output: json.RawMessage(`[{"type":"input_text","text":"2"}]`)}}
	if !reflect.DeepEqual(req.ToolResults, want) {
		t.Errorf("got %+v", req.ToolResults)
	}
}

func TestResponsesStream(t *testing.T) {
	e := detect(t, "/v1/responses")
	begin := []string{
		`response.created|{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"gpt-5-2025-08-07","status":"in_progress","output":[],"usage":null}}`,
		`response.output_item.added|{"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}`,
		`response.reasoning_summary_text.delta|{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"h"}`,
		`response.reasoning_summary_text.delta|{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"m"}`,
		`response.output_item.added|{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"call_1","name":"weather","arguments":""}}`,
		`response.function_call_arguments.delta|{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{\"city\":"}`,
		`response.function_call_arguments.delta|{"type":"response.function_call_arguments.delta","output_index":1,"delta":"\"Seoul\"}"}`,
		`response.output_item.added|{"type":"response.output_item.added","output_index":2,"item":{"type":"message","role":"assistant","content":[]}}`,
		`response.output_text.delta|{"type":"response.output_text.delta","output_index":2,"content_index":0,"delta":"H"}`,
		`response.output_text.delta|{"type":"response.output_text.delta","output_index":2,"content_index":0,"delta":"i"}`,
	}
	last := `response.completed|{"type":"response.completed","response":` + responsesAnswer + `}`
	r := feed(t, e, 200, "text/event-stream", &Request{}, sse(append(slices.Clone(begin), last)...))
	if !r.Complete || !strings.HasPrefix(string(r.Output), `[{"id":"rs_1"`) || r.Usage == nil || r.Usage.Total != 123 || len(r.ToolCalls) != 1 || r.ID != "resp_1" {
		t.Errorf("whole: %+v %s", r, r.Output)
	}

	// Broken off, it is put together from the pieces.
	r = feed(t, e, 200, "text/event-stream", &Request{}, sse(begin...))
	const pieces = `[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"function_call","call_id":"call_1","name":"weather","arguments":"{\"city\":\"Seoul\"}"},` +
		`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}]`
	if r.Complete || string(r.Output) != pieces || r.Model != "gpt-5-2025-08-07" || !slices.Equal(r.ToolCalls, []ToolCall{{"call_1", "weather", `{"city":"Seoul"}`}}) {
		t.Errorf("broken off: %+v %s", r, r.Output)
	}

	r = feed(t, e, 200, "text/event-stream", &Request{}, sse(begin[0], `response.refusal.delta|{"type":"response.refusal.delta","output_index":0,"delta":"No."}`,
		`response.failed|{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"sorry"},"output":[]}}`))
	if r.Complete || r.Err == nil || r.Err.Message != "sorry" || string(r.Output) != `[{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"No."}]}]` {
		t.Errorf("failed: %+v %s", r, r.Output)
	}
	r = feed(t, e, 200, "text/event-stream", &Request{}, sse(begin[0], `error|{"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null}`))
	if r.Err == nil || r.Err.Code != "rate_limit_exceeded" || r.Complete {
		t.Errorf("error: %+v", r.Err)
	}
}

func TestResponsesStreamStarts(t *testing.T) {
	for event, want := range map[string]bool{
		`{"type":"response.created","response":{"id":"r"}}`:                                                 false,
		`{"type":"response.output_item.added","output_index":0,"item":{"type":"message"}}`:                  false,
		`{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","name":"f"}}`: true,
		`{"type":"response.output_text.delta","output_index":0,"delta":""}`:                                 false,
		`{"type":"response.output_text.delta","output_index":0,"delta":"a"}`:                                true,
		`{"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"a"}`:                     true,
		`{"type":"response.refusal.delta","output_index":0,"delta":"a"}`:                                    true,
		`{"type":"response.output_text.delta","output_index":99999999,"delta":"a"}`:                         false,
	} {
		a := newResponsesStream()
		a.Feed([]byte(sse(event)))
		if a.Started() != want {
			t.Errorf("%s: %v", event, a.Started())
		}
	}
}

func TestEmbeddings(t *testing.T) {
	e := detect(t, "/v1/embeddings")
	req := e.ParseRequest("", []byte(`{"model":"text-embedding-3-small","input":["a","b"],"dimensions":4}`), false)
	if string(req.Input) != `["a","b"]` || e.Kind() != Embedding {
		t.Errorf("request %+v", req)
	}
	const tail = `],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}`
	numbers := `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[-0.1, 2e-3,3,4]},{"object":"embedding","index":1,"embedding":[1,2,3,4]}` + tail
	raw := make([]byte, 4*1536)
	text := base64.StdEncoding.EncodeToString(raw)
	b64 := `{"data":[{"embedding":"` + text + `"},{"embedding":"` + text + `"}` + tail
	for in, dimensions := range map[string]int64{numbers: 4, b64: 1536} {
		r := feed(t, e, 200, "application/json", &Request{}, in)
		if string(r.Output) != fmt.Sprintf(`{"count":2,"dimensions":%d}`, dimensions) || r.Attributes[AttributeDimensions] != dimensions || r.Attributes[AttributeVectors] != int64(2) ||
			!reflect.DeepEqual(r.Usage, &Usage{Input: 8, Total: 8}) || !r.Complete {
			t.Errorf("%.60s: %+v %s", in, r, r.Output)
		}
	}
	r := feed(t, e, 200, "application/json", &Request{Vectors: true}, numbers)
	if string(r.Output) != `[{"object":"embedding","index":0,"embedding":[-0.1,2e-3,3,4]},{"object":"embedding","index":1,"embedding":[1,2,3,4]}]` {
		t.Errorf("with vectors: %s", r.Output)
	}

	// Of an answer that is larger than what is kept, the end is read still.
	var large bytes.Buffer
	large.WriteString(`{"data":[`)
	for i := range 500 {
		if i > 0 {
			large.WriteByte(',')
		}
		fmt.Fprintf(&large, `{"index":%d,"embedding":[0%s]}`, i, strings.Repeat(",-0.0123456789", 1535))
	}
	large.WriteString(tail)
	a := e.Answer(200, "application/json", &Request{})
	for piece := range slices.Chunk(large.Bytes(), 32<<10) {
		a.Feed(piece)
	}
	if r := a.Close(); large.Len() < 2*MaxBodyBytes || !r.Complete || r.Truncated || r.Usage == nil || string(r.Output) != `{"count":500,"dimensions":1536}` {
		t.Errorf("large: %+v %s", r, r.Output)
	}
	if r := feed(t, e, 200, "application/json", &Request{}, numbers[:120]); r.Complete {
		t.Errorf("broken off: %+v", r)
	}
	if r := feed(t, e, 200, "application/json", &Request{}, `{"error":{"message":"m"}}`); r.Err == nil || r.Output != nil {
		t.Errorf("error: %+v", r)
	}
}

func TestImages(t *testing.T) {
	e := detect(t, "/v1/images/generations")
	req := e.ParseRequest("", []byte(`{"model":"gpt-image-1","prompt":"a cat","size":"1024x1024","n":1}`), false)
	if string(req.Input) != `"a cat"` || req.Parameters["size"] != "1024x1024" {
		t.Errorf("request %+v %s", req, req.Input)
	}
	r := feed(t, e, 200, "application/json", &req, `{"created":1,"data":[{"b64_json":"aGk=","revised_prompt":"a black cat"},{"url":"https://x/y.png","b64_json":null}],"output_format":"webp",
		"usage":{"input_tokens":50,"output_tokens":1056,"total_tokens":1106,"input_tokens_details":{"text_tokens":40,"image_tokens":10}}}`)
	if string(r.Output) != `[{"url":"data:image/webp;base64,aGk=","revised_prompt":"a black cat"},{"url":"https://x/y.png"}]` || r.Usage.Output != 1056 || r.Attributes["openai.usage.input_image_tokens"] != int64(10) {
		t.Errorf("answer %+v %s", r, r.Output)
	}
	r = feed(t, e, 200, "text/event-stream", &Request{Stream: true}, sse(`{"type":"image_generation.partial_image","b64_json":"aA==","partial_image_index":0}`,
		`{"type":"image_generation.completed","b64_json":"aGk=","output_format":"png","usage":{"input_tokens":5,"output_tokens":6,"total_tokens":11}}`))
	if !strings.Contains(string(r.Output), `data:image/png;base64,aGk=`) || !r.Complete || r.Usage == nil || r.Usage.Total != 11 {
		t.Errorf("stream %+v %s", r, r.Output)
	}

	// A picture larger than the limit of other texts is there as a whole.
	big := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1, 2, 3}, 2<<20))
	a := e.Answer(200, "application/json", &Request{})
	a.Feed([]byte(`{"data":[{"b64_json":"` + big + `"}]}`))
	if r := a.Close(); r.Truncated || len(r.Output) < len(big) {
		t.Errorf("large: %d of %d bytes", len(r.Output), len(big))
	}
}

func TestAudio(t *testing.T) {
	e := detect(t, "/v1/audio/transcriptions")
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "call.wav")
	if err != nil {
		t.Fatal(err)
	}
	wav := "RIFF\x24\x00\x00\x00WAVEfmt data"
	_, _ = part.Write([]byte(wav))
	for _, f := range [][2]string{{"model", "whisper-1"}, {"prompt", "주문"}, {"language", "ko"}, {"timestamp_granularities[]", "word"}, {"timestamp_granularities[]", "segment"}} {
		_ = w.WriteField(f[0], f[1])
	}
	_ = w.Close()
	req := e.ParseRequest(w.FormDataContentType(), form.Bytes(), false)
	want := `{"file":{"filename":"call.wav","bytes":` + fmt.Sprint(len(wav)) + `,"content":"data:audio/wave;base64,` + base64.StdEncoding.EncodeToString([]byte(wav)) + `"},"prompt":"주문"}`
	if req.Model != "whisper-1" || string(req.Input) != want || !reflect.DeepEqual(req.Parameters, map[string]any{"language": "ko", "timestamp_granularities[]": []string{"word", "segment"}}) {
		t.Errorf("request %+v\n%s\n%s", req, req.Input, want)
	}
	cut := e.ParseRequest(w.FormDataContentType(), form.Bytes()[:bytes.Index(form.Bytes(), []byte("WAVE"))], true)
	if string(cut.Input) != `{"filename":"call.wav","truncated":true}` || !cut.Truncated {
		t.Errorf("cut: %s", cut.Input)
	}
	for _, odd := range []string{"multipart/form-data", "multipart/form-data; boundary=x", "text/plain"} {
		_ = e.ParseRequest(odd, form.Bytes(), false) // doesn't panic
	}

	r := feed(t, e, 200, "application/json", &req, `{"text":"안녕하세요","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":0,"audio_tokens":14},"output_tokens":45,"total_tokens":59}}`)
	if string(r.Output) != `"안녕하세요"` || r.Usage.InputAudio != 14 || r.Usage.Total != 59 {
		t.Errorf("json: %+v %s", r, r.Output)
	}
	r = feed(t, e, 200, "application/json", &req, `{"task":"transcribe","language":"korean","duration":8.4,"text":"안녕","segments":[],"usage":{"type":"duration","seconds":9}}`)
	if string(r.Output) != `{"task":"transcribe","language":"korean","duration":8.4,"text":"안녕","segments":[]}` || r.Usage != nil || r.Attributes["openai.usage.audio_seconds"] != int64(9) {
		t.Errorf("verbose: %+v %s", r, r.Output)
	}
	r = feed(t, e, 200, "text/plain; charset=utf-8", &req, "1\n00:00 --> 00:01\n안녕\n")
	if string(r.Output) != `"1\n00:00 --> 00:01\n안녕\n"` || !r.Endless || r.Complete {
		t.Errorf("srt: %+v %s", r, r.Output)
	}
	r = feed(t, e, 200, "text/event-stream", &req, sse(`{"type":"transcript.text.delta","delta":"안"}`, `{"type":"transcript.text.delta","delta":"녕"}`,
		`{"type":"transcript.text.done","text":"안녕","usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}`))
	if string(r.Output) != `"안녕"` || !r.Complete || r.Usage.Total != 3 {
		t.Errorf("stream: %+v %s", r, r.Output)
	}
	r = feed(t, e, 200, "text/event-stream", &req, sse(`{"type":"transcript.text.delta","delta":"안"}`))
	if string(r.Output) != `"안"` || r.Complete {
		t.Errorf("stream broken off: %+v %s", r, r.Output)
	}

	speech := detect(t, "/v1/audio/speech")
	r = feed(t, speech, 200, "audio/mpeg", &Request{}, "ID3abc")
	if string(r.Output) != `"data:audio/mpeg;base64,SUQzYWJj"` || !r.Endless {
		t.Errorf("speech: %+v %s", r, r.Output)
	}
	r = feed(t, speech, 200, "application/x-thing", &Request{}, "ID3abc")
	if string(r.Output) != `{"content_type":"application/x-thing","bytes":6}` {
		t.Errorf("speech of an unknown type: %s", r.Output)
	}
	a := speech.Answer(200, "audio/pcm", &Request{})
	for range 6 {
		a.Feed(make([]byte, 1<<20))
	}
	if r := a.Close(); string(r.Output) != `{"content_type":"audio/pcm","bytes":6291456}` || !r.Truncated {
		t.Errorf("long speech: %.100s", r.Output)
	}
}

func TestModeration(t *testing.T) {
	e := detect(t, "/v1/moderations")
	r := feed(t, e, 200, "application/json", &Request{}, `{"id":"modr-1","model":"omni-moderation-2024-09-26","results":[{"flagged":false,"categories":{}},{"flagged":true,"categories":{"violence":true}}]}`)
	if r.Model != "omni-moderation-2024-09-26" || r.Attributes["openai.moderation.flagged"] != true || !strings.HasPrefix(string(r.Output), `[{"flagged":false`) || r.Usage != nil {
		t.Errorf("got %+v %s", r, r.Output)
	}
}

func TestToolResults(t *testing.T) {
	req := openAIChat{}.ParseRequest("", []byte(`{"messages":[{"role":"user","content":"?"},{"role":"assistant","tool_calls":[]},{"role":"tool","tool_call_id":"old","content":"0"},
		{"role":"assistant","content":null,"tool_calls":[{"id":"a"},{"id":"b"}]},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":[{"type":"text","text":"2"}]}],"tools":[]}`), false)
	want := []ToolResult{{ID: "a", Output: json.RawMessage(`"1"`)}, {ID: "b", Output: json.RawMessage(`[{"type":"text","text":"2"}]`)}}
	if !reflect.DeepEqual(req.ToolResults, want) {
		t.Errorf("got %+v", req.ToolResults)
	}
}

// FuzzOpenAI feeds anything to each of OpenAI's endpoints.
func FuzzOpenAI(f *testing.F) {
	f.Add([]byte(responsesAnswer), uint8(7))
	f.Add([]byte(sse(`{"type":"response.output_text.delta","output_index":1,"delta":"x"}`, `{"type":"response.output_item.done","output_index":1,"item":{"a":[1]}}`)), uint8(3))
	f.Add([]byte(`{"data":[{"embedding":[1,2]},{"embedding":"aa"}],"usage":{"prompt_tokens":1}}`), uint8(1))
	f.Add([]byte(`{"data":[{"b64_json":"aGk="}],"results":[{"flagged":true}],"text":"x","task":"y"}`), uint8(9))
	f.Add([]byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc\r\n--x--"), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		for i := range openAIEndpoints {
			e := openAIEndpoints[i].of("openai", "")
			for _, ct := range []string{"", "multipart/form-data; boundary=x"} {
				if req := e.ParseRequest(ct, in, size%2 == 0); len(req.Input) > 0 && !json.Valid(req.Input) {
					t.Errorf("%s: input %q", e.Operation(), req.Input)
				}
			}
			for _, ct := range []string{"text/event-stream", "application/json", "audio/mpeg", "text/plain"} {
				req := Request{Vectors: size%3 == 0}
				whole, parts := e.Answer(200, ct, &req), e.Answer(200, ct, &req)
				whole.Feed(in)
				for chunk := range slices.Chunk(in, int(size)+1) {
					parts.Feed(chunk)
				}
				a, b := whole.Close(), parts.Close()
				if !reflect.DeepEqual(a, b) {
					t.Errorf("%s: whole %+v\nparts %+v", e.Operation(), a, b)
				}
				if len(a.Output) > 0 && !json.Valid(a.Output) {
					t.Errorf("%s: output %q", e.Operation(), a.Output)
				}
			}
		}
	})
}

func TestManagement(t *testing.T) {
	for in, want := range map[string]string{
		"GET /v1/models":                                  "GET /models",
		"GET /v1/models/gpt-4o":                           "GET /models/{id}",
		"POST /v1/files":                                  "POST /files",
		"GET /v1/files/file-1/content":                    "GET /files/{id}/content",
		"POST /v1/threads/t1/runs/r1/submit_tool_outputs": "POST /threads/{id}/runs/{id}/submit_tool_outputs",
		"GET /v1/threads/t1/runs/r1/steps/s1":             "GET /threads/{id}/runs/{id}/steps/{id}",
		"POST /v1/fine_tuning/jobs/j/cancel":              "POST /fine_tuning/jobs/{id}/cancel",
		"DELETE /openai/v1/responses/resp_1":              "DELETE /responses/{id}",
		"POST /v1/responses/input_tokens":                 "POST /responses/input_tokens",
		"GET /openai/assistants/asst_1":                   "GET /assistants/{id}",
		"GET /v1/vector_stores/vs/file_batches/b/files":   "GET /vector_stores/{id}/file_batches/{id}/files",
		"GET /health":                                     "",
		"GET /":                                           "",
	} {
		method, path, _ := strings.Cut(in, " ")
		got := ""
		if e, ok := DetectManagement(method, "api.openai.com", path); ok {
			got = e.Operation()
			if e.Kind() != Management || e.Provider() != "openai" {
				t.Errorf("%s: %v %s", in, e.Kind(), e.Provider())
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	e, _ := DetectManagement("POST", "api.openai.com", "/v1/threads")
	if req := e.ParseRequest("application/json", []byte(`{"messages":[ ],"model":"x"}`), false); string(req.Input) != `{"messages":[],"model":"x"}` || req.Model != "" {
		t.Errorf("request %+v %s", req, req.Input)
	}
	if req := e.ParseRequest("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x--\r\n"), false); string(req.Input) != `{"purpose":"batch"}` {
		t.Errorf("form %+v %s", req, req.Input)
	}
	if r := feed(t, e, 200, "application/json", &Request{}, `{"id":"t"}`); string(r.Output) != `{"id":"t"}` || !r.Complete {
		t.Errorf("answer %+v", r)
	}
	if r := feed(t, e, 200, "application/octet-stream", &Request{}, "\x00\x01"); string(r.Output) != `{"content_type":"application/octet-stream","bytes":2}` {
		t.Errorf("file %s", r.Output)
	}
}

func TestForeign(t *testing.T) {
	for body, want := range map[string]bool{
		`{"from":"1","to":"2","text":"hi"}`: true, `{"messages":[]}`: false, `{"model":"m"}`: false, `not JSON`: false, ``: false,
	} {
		if got := (openAIChat{}).ParseRequest("", []byte(body), false).Foreign; got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
	for host, want := range map[string]bool{
		"api.openai.com": true, "europe-west4-aiplatform.googleapis.com": true, "aiplatform.googleapis.com:443": true, "x-api.openai.com": false, "127.0.0.1:80": false,
	} {
		if KnownHost(host) != want {
			t.Errorf("%s: %v", host, !want)
		}
	}
}
