package fakellm

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	geminiPath  = "/v1beta/models/gemini-2.5-flash:"
	geminiSSE   = geminiPath + "streamGenerateContent?alt=sse"
	vertexPath  = "/v1beta1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:"
	helloGemini = `{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"안녕"}]}]`
)

func TestGemini(t *testing.T) {
	p := start(t)
	h, body := ask(t, p, http.StatusOK, geminiPath+"generateContent", helloGemini+`}`)
	shape(t, body, "candidates", `[{"content":{"parts":[{"text":"You said: 안녕"}],"role":"model"},"finishReason":"STOP","index":0}]`,
		"modelVersion", `"gemini-2.5-flash"`, "usageMetadata.promptTokensDetails.0.modality", `"TEXT"`, "usageMetadata.thoughtsTokenCount", "", "usageMetadata.cachedContentTokenCount", "")
	prompt, out, sum := at(t, body, "usageMetadata.promptTokenCount"), at(t, body, "usageMetadata.candidatesTokenCount"), at(t, body, "usageMetadata.totalTokenCount")
	if decodeAs[int](t, prompt)+decodeAs[int](t, out) != decodeAs[int](t, sum) || at(t, body, "responseId") == "" || h.Get("Content-Type") != "application/json; charset=UTF-8" || h.Get("X-Request-Id") != "" {
		t.Errorf("%v %s", h, body)
	}
	req := p.Requests()[0]
	if req.API != GeminiContent || req.Model != "gemini-2.5-flash" || req.System() != "Be kind." || req.LastUser() != "안녕" || req.Stream {
		t.Errorf("kept %+v", req)
	}
	for _, path := range []string{"/v1/models/gemini-2.5-flash:", vertexPath, "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:", "/v1/publishers/google/models/gemini-2.5-flash:"} {
		_, body := ask(t, p, http.StatusOK, path+"generateContent", helloGemini+`,"generationConfig":{"candidateCount":2}}`)
		shape(t, body, "candidates.1.index", "1", "modelVersion", `"gemini-2.5-flash"`)
		if vertex := strings.Contains(path, "publishers"); vertex != (at(t, body, "createTime") != "") || vertex != (at(t, body, "usageMetadata.trafficType") != "") {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestGeminiContent(t *testing.T) {
	p := start(t, WithReplies(parcel, Reply{Refusal: "No."}, Reply{Refusal: "No."}, Reply{Text: "a", Refusal: "stop there"}, Reply{Text: "a", FinishReason: "length"}, Reply{Text: "a", FinishReason: "content_filter"},
		Reply{FinishReason: "RECITATION"}, Reply{Text: "x", Usage: &Usage{PromptTokens: 1500, CachedTokens: 1408, CompletionTokens: 90, ReasoningTokens: 64}}))
	next := func(path string) string {
		_, body := ask(t, p, http.StatusOK, path+"generateContent", helloGemini+`}`)
		return body
	}
	body := next(geminiPath)
	shape(t, body, "candidates.0.content.parts.0", `{"text":"hm, well","thought":true}`, "candidates.0.content.parts.1", `{"text":"It arrives tomorrow."}`,
		"candidates.0.content.parts.2.functionCall", `{"args":{"city":"서울"},"name":"weather"}`,
		"candidates.0.content.parts.3", `{"functionCall":{"args":{},"id":"call_7","name":"clock"}}`, "candidates.0.finishReason", `"STOP"`)
	if at(t, body, "candidates.0.content.parts.2.thoughtSignature") == "" {
		t.Errorf("no signature: %s", body)
	}
	shape(t, next(geminiPath), "candidates", "", "promptFeedback.blockReason", `"SAFETY"`, "promptFeedback.blockReasonMessage", "", "usageMetadata.candidatesTokenCount", "")
	shape(t, next(vertexPath), "promptFeedback.blockReasonMessage", `"No."`)
	shape(t, next(geminiPath), "candidates.0.finishReason", `"SAFETY"`, "candidates.0.finishMessage", `"stop there"`, "candidates.0.safetyRatings.0.blocked", "true", "promptFeedback", "")
	shape(t, next(geminiPath), "candidates.0.finishReason", `"MAX_TOKENS"`)
	shape(t, next(geminiPath), "candidates.0.finishReason", `"SAFETY"`, "candidates.0.finishMessage", "")
	shape(t, next(geminiPath), "candidates.0.finishReason", `"RECITATION"`, "candidates.0.content", `{"role":"model"}`)
	shape(t, next(geminiPath), "usageMetadata", `{"cacheTokensDetails":[{"modality":"TEXT","tokenCount":1408}],"cachedContentTokenCount":1408,"candidatesTokenCount":26,"promptTokenCount":1500,"promptTokensDetails":[{"modality":"TEXT","tokenCount":1500}],"thoughtsTokenCount":64,"totalTokenCount":1590}`)
}

func TestGeminiStream(t *testing.T) {
	p := start(t, WithReplies(parcel, parcel, Reply{Refusal: "No."}, Reply{}))
	h, body := ask(t, p, http.StatusOK, geminiSSE, helloGemini+`}`)
	all := parseEvents(t, body, "\r\n\r\n")
	if h.Get("Content-Type") != "text/event-stream" || !p.Requests()[0].Stream || len(all) != 2+3+2+1 {
		t.Errorf("%v %s", h, body)
	}
	shape(t, all[0].data, "candidates.0.content", `{"parts":[{"text":"hm, ","thought":true}],"role":"model"}`, "candidates.0.finishReason", "", "candidates.0.index", "0")
	shape(t, all[2].data, "candidates.0.content.parts", `[{"text":"It "}]`)
	shape(t, all[5].data, "candidates.0.content.parts.0.functionCall.args", `{"city":"서울"}`)
	last := all[7].data
	shape(t, last, "candidates.0.finishReason", `"STOP"`, "candidates.0.content.parts", `[{"text":""}]`)
	if collect(t, all, "candidates.0.content.parts.0.text") != parcel.Reasoning+parcel.Text {
		t.Errorf("pieces: %s", body)
	}
	for _, e := range all {
		shape(t, e.data, "usageMetadata.promptTokenCount", at(t, last, "usageMetadata.promptTokenCount"), "responseId", at(t, last, "responseId"))
	}
	if n := decodeAs[int](t, at(t, all[2].data, "usageMetadata.candidatesTokenCount")); n == 0 || n >= decodeAs[int](t, at(t, last, "usageMetadata.candidatesTokenCount")) {
		t.Errorf("counts %d, then %s", n, last)
	}

	h, list := ask(t, p, http.StatusOK, geminiPath+"streamGenerateContent", helloGemini+`}`)
	if chunks := decodeAs[[]any](t, list); len(chunks) != len(all) || !strings.HasPrefix(list, "[{\n") || !strings.Contains(list, "}\n,\r\n{") || h.Get("Content-Type") != geminiJSON {
		t.Errorf("%v %s", h, list)
	}
	_, body = ask(t, p, http.StatusOK, geminiSSE, helloGemini+`}`)
	if all = parseEvents(t, body, "\r\n\r\n"); len(all) != 1 {
		t.Errorf("blocked: %s", body)
	}
	shape(t, all[0].data, "promptFeedback.blockReason", `"SAFETY"`, "candidates", "")
	_, body = ask(t, p, http.StatusOK, geminiPath+"streamGenerateContent", helloGemini+`}`)
	shape(t, body, "0.candidates.0.finishReason", `"STOP"`, "1", "")
}

func TestGeminiFailures(t *testing.T) {
	p := start(t, WithReplies(
		Reply{Err: RateLimited(1500 * time.Millisecond)}, Reply{Err: ServerError()}, Reply{Err: Overloaded()}, Reply{Err: ContextTooLong()},
		Reply{Err: &Error{Status: 400, Type: "FAILED_PRECONDITION", Message: "m"}}, Reply{Err: &Error{Status: 418}}, Reply{Err: &Error{Status: 529}},
	))
	for _, tt := range []struct {
		status        int
		kind, message string
	}{
		{429, "RESOURCE_EXHAUSTED", "exceeded your current quota"},
		{500, "INTERNAL", "An internal error"},
		{503, "UNAVAILABLE", "overloaded"},
		{400, "INVALID_ARGUMENT", "input token count"},
		{400, "FAILED_PRECONDITION", "m"},
		{418, "UNKNOWN", ""},
		{503, "UNAVAILABLE", ""},
	} {
		_, body := ask(t, p, tt.status, geminiPath+"generateContent", helloGemini+`}`)
		shape(t, body, "error.status", `"`+tt.kind+`"`)
		if decodeAs[int](t, at(t, body, "error.code")) != tt.status || !strings.Contains(at(t, body, "error.message"), tt.message) {
			t.Errorf("%s", body)
		}
		if tt.status == 429 {
			shape(t, body, "error.details", `[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]`)
		}
	}
	p = start(t, WithReplies(
		Reply{Err: RateLimited(0)}, Reply{Err: RateLimited(0)}, Reply{Text: "a b c d", BreakAfter: 2}, Reply{Text: "a b c d", Err: Overloaded(), ErrAfter: 2},
		Reply{Text: "a b c d", Err: Overloaded(), ErrAfter: 2}, Reply{Text: "a b", NoDone: true}, Reply{Text: "a b", NoDone: true}, Reply{NoDone: true},
	))
	_, body := ask(t, start(t, WithReplies(Reply{Err: RateLimited(0)})), 429, vertexPath+"generateContent", helloGemini+`}`)
	shape(t, body, "error.message", `"Resource exhausted. Please try again later."`, "error.details", "")
	_, body = ask(t, p, 429, geminiPath+"streamGenerateContent", helloGemini+`}`)
	shape(t, body, "0.error.status", `"RESOURCE_EXHAUSTED"`)
	_, body = ask(t, p, 429, geminiSSE, helloGemini+`}`)
	shape(t, body, "error.status", `"RESOURCE_EXHAUSTED"`)
	_, body, err := send(t, "POST", p.URL()+geminiSSE, "application/json", helloGemini+`}`)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(body, `"b "`) || strings.Contains(body, `"c "`) {
		t.Errorf("broken: %v, %s", err, body)
	}
	_, body = ask(t, p, http.StatusOK, geminiSSE, helloGemini+`}`)
	all := parseEvents(t, body, "\r\n\r\n")
	shape(t, all[len(all)-1].data, "error.code", "503", "error.status", `"UNAVAILABLE"`)
	_, body = ask(t, p, http.StatusOK, geminiPath+"streamGenerateContent", helloGemini+`}`)
	shape(t, body, "1.candidates.0.content.parts.0.text", `"b "`, "2.error.status", `"UNAVAILABLE"`, "3", "")
	_, body = ask(t, p, http.StatusOK, geminiSSE, helloGemini+`}`)
	if strings.Contains(body, "finishReason") || len(parseEvents(t, body, "\r\n\r\n")) != 2 {
		t.Errorf("without end: %s", body)
	}
	_, body = ask(t, p, http.StatusOK, geminiPath+"streamGenerateContent", helloGemini+`}`)
	shape(t, body, "1.candidates.0.content.parts.0.text", `"b"`, "2", "")
	_, body = ask(t, p, http.StatusOK, geminiPath+"streamGenerateContent", helloGemini+`}`)
	shape(t, body, "", "[]")
}

func TestGeminiRequest(t *testing.T) {
	p := start(t, WithKey("k"))
	const conversation = `{"system_instruction":{"parts":[{"text":"S"}]},"tools":[{"functionDeclarations":[{"name":"status"}]},{"function_declarations":[{"name":"clock"}]}],"contents":[
		{"parts":[{"text":"?"}]},{"role":"model","parts":[{"text":"hm","thought":true},{"text":"wait"},{"functionCall":{"name":"status","args":{"a":1}}},{"function_call":{"id":"c2","name":"clock"}}]},
		{"role":"user","parts":[{"functionResponse":{"name":"status","response":{"output":"shipped"}}},{"function_response":{"id":"c2","name":"clock","response":{"h":9}}}]}]}`
	ask(t, p, http.StatusOK, geminiPath+"generateContent?key=k", conversation)
	req := p.Requests()[0]
	status, _ := req.ToolResult("status")
	clock, _ := req.ToolResult("clock")
	if status != "shipped" || clock != `{"h":9}` || !req.HasTool("status") || !req.HasTool("clock") || req.LastUser() != "?" || req.System() != "S" {
		t.Errorf("%q %q %+v", status, clock, req)
	}
	if m := req.Messages[2]; m.Content != "wait" || m.ToolCalls[0].Function.Arguments != `{"a":1}` {
		t.Errorf("model %+v", m)
	}
	key := []string{"X-Goog-Api-Key", "k"}
	_, body := ask(t, p, http.StatusOK, geminiPath+"countTokens", conversation, key...)
	_, wrapped := ask(t, p, http.StatusOK, geminiPath+"countTokens", `{"generateContentRequest":`+conversation+`}`, key...)
	if n := at(t, body, "totalTokens"); decodeAs[int](t, n) < 96 || at(t, wrapped, "totalTokens") != n {
		t.Errorf("%s %s", body, wrapped)
	}
	for _, tt := range []struct {
		status              int
		path, body, key     string
		kind, message, want string
	}{
		{400, geminiPath + "generateContent", `{`, "k", "INVALID_ARGUMENT", "Invalid JSON", ""},
		{400, geminiPath + "generateContent", `{}`, "k", "INVALID_ARGUMENT", "contents is not specified", ""},
		{400, geminiPath + "generateContent", helloGemini + `,"generationConfig":{"candidateCount":9}}`, "k", "INVALID_ARGUMENT", "candidateCount", ""},
		{404, geminiPath + "dance", `{}`, "k", "NOT_FOUND", "", ""},
		{400, geminiPath + "generateContent", `{}`, "wrong", "INVALID_ARGUMENT", "API key not valid", `"API_KEY_INVALID"`},
		{403, geminiPath + "generateContent", `{}`, "", "PERMISSION_DENIED", "unregistered callers", ""},
		{401, vertexPath + "generateContent", `{}`, "wrong", "UNAUTHENTICATED", "invalid authentication", ""},
	} {
		_, body := ask(t, p, tt.status, tt.path, tt.body, "X-Goog-Api-Key", tt.key)
		shape(t, body, "error.status", `"`+tt.kind+`"`, "error.details.0.reason", tt.want)
		if !strings.Contains(body, tt.message) {
			t.Errorf("%s: %s", tt.path, body)
		}
	}
}

func TestGeminiEmbeddings(t *testing.T) {
	p := start(t, WithRepliesTo(GeminiEmbeddings, Reply{Embeddings: [][]float32{{1, 0.5}}}))
	_, body := ask(t, p, http.StatusOK, geminiPath+"batchEmbedContents", `{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"outputDimensionality":3},{"content":{"parts":[{"text":"b"}]},"outputDimensionality":3}]}`)
	shape(t, body, "embeddings.0", `{"values":[1,0.5]}`, "embeddings.2", "")
	if v := decodeAs[[]float64](t, at(t, body, "embeddings.1.values")); len(v) != 3 {
		t.Errorf("%v", v)
	}
	_, body = ask(t, p, http.StatusOK, geminiPath+"embedContent", `{"content":{"parts":[{"text":"a"}]}}`)
	if v := decodeAs[[]float64](t, at(t, body, "embedding.values")); len(v) != 768 {
		t.Errorf("%d", len(v))
	}
	shape(t, body, "usageMetadata.promptTokenCount", "1")
	_, body = ask(t, p, http.StatusOK, vertexPath+"predict", `{"instances":[{"content":"한국어"}],"parameters":{"outputDimensionality":2}}`)
	shape(t, body, "predictions.0.embeddings.statistics", `{"token_count":2,"truncated":false}`, "metadata", `{"billableCharacterCount":3}`)
	if got := p.RequestsTo(GeminiEmbeddings); len(got) != 3 || got[0].LastUser() != "b" || len(p.Requests()) != 0 {
		t.Errorf("kept %+v", got)
	}
	ask(t, p, http.StatusBadRequest, geminiPath+"batchEmbedContents", `{}`)
}
