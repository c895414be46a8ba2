package llmwire

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	geminiHost     = "generativelanguage.googleapis.com"
	geminiPath     = "/v1beta/models/gemini-2.5-pro:generateContent"
	geminiStreamed = "/v1beta/models/gemini-2.5-pro:streamGenerateContent"
)

// parts is a chunk of a stream with these parts.
func parts(list string) string {
	return `{"candidates": [{"content": {"parts": [` + list + `],"role": "model"},"index": 0}],"modelVersion": "gemini-2.5-pro","responseId": "r1"}`
}

const geminiEnd = `{"candidates": [{"content": {"parts": [{"text": ""}],"role": "model"},"finishReason": "STOP","index": 0}],"usageMetadata": {"promptTokenCount": 9,"candidatesTokenCount": 4,"totalTokenCount": 13}}`

// events and array are the two forms that a stream comes in.
func events(chunks ...string) string {
	var b strings.Builder
	for _, c := range chunks {
		b.WriteString("data: " + c + "\r\n\r\n")
	}
	return b.String()
}

func array(chunks ...string) string { return "[" + strings.Join(chunks, "\r\n,\r\n") + "\r\n]" }

func TestGeminiRequest(t *testing.T) {
	e := endpoint(t, geminiHost, geminiPath)
	got := e.ParseRequest("", []byte(`{"contents":[{"role":"user","parts":[{"text":"환불 <b>"}]}],"generationConfig":{"temperature":0.2,"stopSequences":["END"],"thinkingConfig":{"thinkingBudget":-1}},
		"safetySettings":[{"category":"C","threshold":"BLOCK_NONE"}],"cachedContent":"cachedContents/1","toolConfig":{"functionCallingConfig":{"mode":"ANY"}}}`), false)
	want := Request{
		Model: "gemini-2.5-pro", Input: json.RawMessage(`[{"role":"user","parts":[{"text":"환불 <b>"}]}]`),
		Parameters: map[string]any{
			"temperature": json.Number("0.2"), "stopSequences": []string{"END"}, "thinkingConfig": `{"thinkingBudget":-1}`,
			"safetySettings": `[{"category":"C","threshold":"BLOCK_NONE"}]`, "cachedContent": "cachedContents/1",
			"toolConfig": `{"functionCallingConfig":{"mode":"ANY"}}`,
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, name := range []string{"systemInstruction", "system_instruction"} {
		got = e.ParseRequest("", []byte(`{"`+name+`":{"parts":[]},"contents":[],"tools":[{"googleSearch":{}}],"generation_config":{"seed":1}}`), false)
		if string(got.Input) != `{"`+name+`":{"parts":[]},"contents":[],"tools":[{"googleSearch":{}}]}` || got.Parameters["seed"] != json.Number("1") {
			t.Errorf("got %s, %v", got.Input, got.Parameters)
		}
	}
	cut := e.ParseRequest("", []byte(`{"contents":[{"parts":[{"text":"long tex`), true)
	if !cut.Truncated || string(cut.Input) != `[{"parts":[{"text":"long tex…[cut]"}]}]` {
		t.Errorf("cut: %+v %s", cut, cut.Input)
	}
	for path, model := range map[string]string{
		"/v1beta/tunedModels/mine:streamGenerateContent":                "tunedModels/mine",
		"/v1/projects/p/locations/l/endpoints/77:streamGenerateContent": "endpoints/77",
	} {
		if got := endpoint(t, "x", path).ParseRequest("", []byte(`{"model":"other"}`), false); got.Model != model || !got.Stream {
			t.Errorf("%s: %q, stream %v", path, got.Model, got.Stream)
		}
	}
	oddRequests(t, e)
}

func TestGeminiToolResults(t *testing.T) {
	got := endpoint(t, geminiHost, geminiPath).ParseRequest("", []byte(`{"tools":[],"contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[]},
		{"role":"user","parts":[{"functionResponse":{"name":"old","response":{}}}]},{"role":"model","parts":[{"functionCall":{"name":"f"}}]},
		{"role":"user","parts":[{"functionResponse":{"id":"a","name":"f","response":{"output": 1}}},{"text":"and"},{"function_response":{"name":"g","response":{"error":"no"}}},
		{"functionResponse":{"name":"h","response":{"error":null}}}]}]}`), false)
	want := []ToolResult{
		{ID: "a", Name: "f", Output: json.RawMessage(`{"output":1}`)},
		{Name: "g", Output: json.RawMessage(`{"error":"no"}`), Failed: true},
		{Name: "h", Output: json.RawMessage(`{"error":null}`)},
	}
	if !reflect.DeepEqual(got.ToolResults, want) {
		t.Errorf("got %+v", got.ToolResults)
	}
}

func TestGeminiAnswer(t *testing.T) {
	e := endpoint(t, geminiHost, geminiPath)
	content := `{"parts":[{"text":"hm","thought":true},{"text":"Hi"},{"functionCall":{"name":"get","args":{"x":1}},"thoughtSignature":"s"},{"functionCall":{"id":"c2","name":"put"}}],"role":"model"}`
	r := feed(t, e, 200, "application/json; charset=UTF-8", &Request{}, `{"candidates":[{"content":`+content+`,"finishReason":"STOP","index":0,"avgLogprobs":-0.1}],
		"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":64,"toolUsePromptTokenCount":7,"candidatesTokenCount":30,"thoughtsTokenCount":12,"totalTokenCount":149,
		"promptTokensDetails":[{"modality":"TEXT","tokenCount":60},{"modality":"AUDIO","tokenCount":25},{"modality":"IMAGE","tokenCount":15}],
		"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":5},{"modality":"TEXT","tokenCount":25}],"trafficType":"ON_DEMAND"},"modelVersion":"gemini-2.5-pro-001","responseId":"r1"}`)
	want := Response{
		ID: "r1", Model: "gemini-2.5-pro-001", Output: json.RawMessage(content), FinishReasons: []string{"STOP"}, Complete: true,
		ToolCalls: []ToolCall{{"", "get", `{"x":1}`}, {"c2", "put", `{}`}},
		// Input: 100 of the prompt, the 64 within it, and 7 that tools added. Output: 30 and 12 thoughts beside them.
		Usage: &Usage{Input: 107, Output: 42, Total: 149, CachedInput: 64, InputAudio: 25, Reasoning: 12, OutputAudio: 5},
		Attributes: map[string]any{
			"gcp.gemini.usage.input_image_tokens": int64(15), "gcp.gemini.usage.tool_use_input_tokens": int64(7), "gcp.gemini.usage.traffic_type": "ON_DEMAND",
		},
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	r = feed(t, e, 200, "application/json", &Request{}, `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},{"finishReason":"SAFETY"},{"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS"}]}`)
	if string(r.Output) != `[{"parts":[{"text":"a"}]},{"parts":[{"text":"b"}]}]` || !slices.Equal(r.FinishReasons, []string{"STOP", "SAFETY", "MAX_TOKENS"}) || r.Usage != nil {
		t.Errorf("several: %s %v", r.Output, r.FinishReasons)
	}
	r = feed(t, e, 200, "application/json", &Request{}, `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT","safetyRatings":[]},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}`)
	if r.Err != nil || r.Output != nil || !slices.Equal(r.FinishReasons, []string{"PROHIBITED_CONTENT"}) ||
		r.Attributes["gcp.gemini.prompt_feedback.block_reason"] != "PROHIBITED_CONTENT" || !reflect.DeepEqual(r.Usage, &Usage{Input: 9, Total: 9}) {
		t.Errorf("blocked: %+v", r)
	}
	r = feed(t, e, 200, "application/json", &Request{}, `{"candidates":[{"content":{"parts":[{"text":"It brok`)
	if r.Complete || string(r.Output) != `{"parts":[{"text":"It brok…[cut]"}]}` {
		t.Errorf("broken off: %v %s", r.Complete, r.Output)
	}
	for _, odd := range []string{`{"candidates":7,"usageMetadata":[],"promptFeedback":"x"}`, `{"candidates":[1,null,{"content":[1]},{"content":{"parts":{"functionCall":5}}}]}`, `[]`, `null`, ``} {
		feed(t, e, 200, "application/json", &Request{}, odd)
	}
}

func TestGeminiUsage(t *testing.T) {
	for in, want := range map[string]*Usage{
		`null`: nil,
		`{}`:   nil,
		`{"promptTokenCount":10,"candidatesTokenCount":5}`:                                             {Input: 10, Output: 5, Total: 15},
		`{"promptTokenCount":10,"thoughtsTokenCount":90,"totalTokenCount":100}`:                        {Input: 10, Output: 90, Total: 100, Reasoning: 90},
		`{"promptTokenCount":"10","candidatesTokenCount":5.0,"promptTokensDetails":[1,{"a":[]}]}`:      {Input: 10, Output: 5, Total: 15},
		`{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15},"usageMetadata":null`:   {Input: 10, Output: 5, Total: 15},
		`{"promptTokenCount":10,"totalTokenCount":10},"usageMetadata":{"candidatesTokenCount":[null]}`: {Input: 10, Total: 10},
	} {
		r := feed(t, endpoint(t, geminiHost, geminiPath), 200, "application/json", &Request{}, `{"candidates":[],"usageMetadata":`+in+`}`)
		if !reflect.DeepEqual(r.Usage, want) {
			t.Errorf("%s: %+v, want %+v", in, r.Usage, want)
		}
	}
}

func TestGeminiErrors(t *testing.T) {
	body := `{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED","details":[]}}`
	for _, in := range []string{body, "[" + body + "]"} {
		for _, path := range []string{geminiPath, geminiStreamed} {
			r := feed(t, endpoint(t, geminiHost, path), 429, "application/json", &Request{}, in)
			if r.Err == nil || r.Err.Kind() != "RESOURCE_EXHAUSTED" || r.Err.Code != "429" || r.Err.Message != "Quota" {
				t.Errorf("%s: %+v", in, r.Err)
			}
		}
	}
}

func TestGeminiEmbeddings(t *testing.T) {
	for _, tt := range []struct {
		path, body, input, answer string
		count                     int64
		usage                     *Usage
	}{
		{
			"/v1beta/models/gemini-embedding-001:embedContent", `{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"}]},"taskType":"X","outputDimensionality":3}`,
			`{"parts":[{"text":"a"}]}`, `{"embedding":{"values":[0.1,-0.2,3e-5]}}`, 1, nil,
		},
		{
			"/v1beta/models/gemini-embedding-001:batchEmbedContents", `{"requests":[{"content":{"parts":[{"text":"a"}]}},{}]}`,
			`[{"content":{"parts":[{"text":"a"}]}},{}]`, `{"embeddings":[{"values":[1,2,3]},{"values":[1,2,3]}],"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4}}`, 2, &Usage{Input: 4, Total: 4},
		},
		{
			"/v1/projects/p/locations/l/publishers/google/models/text-embedding-005:predict", `{"instances":[{"content":"a"},{"content":"b"}],"parameters":{"outputDimensionality":3}}`,
			`[{"content":"a"},{"content":"b"}]`, `{"predictions":[{"embeddings":{"statistics":{"token_count":6,"truncated":false},"values":[1,2,3]}},{"embeddings":{"values":[1,2,3],"statistics":{"token_count":2}}}],"metadata":{}}`,
			2, &Usage{Input: 8, Total: 8}, // 6 and 2
		},
		{
			"/v1/projects/p/locations/l/publishers/google/models/multimodalembedding@001:predict", `{"instances":[{"text":"a"}]}`,
			`[{"text":"a"}]`, `{"predictions":[{"textEmbedding":[1,2,3],"imageEmbedding":[1,2,3]}]}`, 2, nil,
		},
	} {
		e := endpoint(t, geminiHost, tt.path)
		req := e.ParseRequest("", []byte(tt.body), false)
		if string(req.Input) != tt.input || strings.Contains(tt.body, "outputDimensionality") && req.Parameters["outputDimensionality"] != json.Number("3") {
			t.Errorf("%s: %s, %v", tt.path, req.Input, req.Parameters)
		}
		r := feed(t, e, 200, "application/json", &req, tt.answer)
		if r.Attributes[AttributeVectors] != tt.count || r.Attributes[AttributeDimensions] != int64(3) || !reflect.DeepEqual(r.Usage, tt.usage) || !r.Complete {
			t.Errorf("%s: %+v, usage %+v", tt.path, r, r.Usage)
		}
		if strings.Contains(string(r.Output), "[") {
			t.Errorf("%s: vectors in %s", tt.path, r.Output)
		}
		req.Vectors = true
		if r := feed(t, e, 200, "application/json", &req, tt.answer); !strings.Contains(string(r.Output), "[") {
			t.Errorf("%s: no vectors in %s", tt.path, r.Output)
		}
	}
}

func TestImagen(t *testing.T) {
	e := endpoint(t, geminiHost, "/v1beta/models/imagen-4.0-generate-001:predict")
	req := e.ParseRequest("", []byte(`{"instances":[{"prompt":"a cat"}],"parameters":{"sampleCount":2}}`), false)
	if string(req.Input) != `[{"prompt":"a cat"}]` || req.Parameters["sampleCount"] != json.Number("2") || req.Model != "imagen-4.0-generate-001" {
		t.Errorf("request %+v", req)
	}
	r := feed(t, e, 200, "application/json", &req, `{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"aGk="},{"raiFilteredReason":"no"}]}`)
	if string(r.Output) != `[{"inlineData":{"mimeType":"image/png","data":"aGk="}},{"raiFilteredReason":"no"}]` || !r.Complete {
		t.Errorf("answer %s", r.Output)
	}
	long := `{"predictions":[{"bytesBase64Encoded":"` + strings.Repeat("aGk+", 2<<20) + `"}]}`
	if r = feed(t, e, 200, "application/json", &req, long); r.Truncated || len(r.Output) < 8<<20 {
		t.Errorf("a large picture: truncated %v, %d bytes", r.Truncated, len(r.Output))
	}
}

func TestGeminiCountTokens(t *testing.T) {
	e := endpoint(t, geminiHost, "/v1beta/models/gemini-2.5-pro:countTokens")
	req := e.ParseRequest("", []byte(`{"contents":[]}`), false)
	if r := feed(t, e, 200, "application/json", &req, `{"totalTokens":31}`); string(r.Output) != `{"totalTokens":31}` || r.Usage != nil || req.Model != "gemini-2.5-pro" {
		t.Errorf("got %+v %s", r, r.Output)
	}
}

func FuzzGemini(f *testing.F) {
	f.Add([]byte(events(parts(`{"text":"a"},{"functionCall":{"name":"f"}}`), geminiEnd)), uint8(7))
	f.Add([]byte(array(parts(`{"text":"a","thoughtSignature":"s"}`), geminiEnd)), uint8(3))
	f.Add([]byte(`{"contents":[{"parts":[{"functionResponse":{"response":{"error":1}}}]}],"error":{"status":"X"}}`), uint8(1))
	f.Add([]byte(`{"predictions":[{"embeddings":{"values":[1,2],"statistics":{"token_count":1}},"bytesBase64Encoded":"aGk="}],"embedding":{"values":[1]}}`), uint8(9))
	fuzzWire(f, []Endpoint{geminiGenerate{}, geminiGenerate{stream: true}, geminiEmbed{shape: &embedShape}, geminiCount{}, imagen{}}, "text/event-stream", "application/json")
}
