package fakellm

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

const helloOllama = `{"model":"llama3.2","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"안녕"}]`

// lines cuts a stream, each as the data of an event.
func lines(t *testing.T, body string) (out []sse) {
	t.Helper()
	body, ok := strings.CutSuffix(body, "\n")
	if !ok {
		t.Fatalf("the last line has no end: %q", body)
	}
	for line := range strings.SplitSeq(body, "\n") {
		out = append(out, sse{data: line})
	}
	return out
}

func TestOllama(t *testing.T) {
	p := start(t, fixed)
	h, body := ask(t, p, http.StatusOK, "/api/chat", helloOllama+`,"stream":false}`)
	shape(t, body, "model", `"llama3.2"`, "created_at", `"2025-10-09T08:53:20Z"`, "message", `{"content":"You said: 안녕","role":"assistant"}`, "done", "true", "done_reason", `"stop"`, "response", "")
	if h.Get("Content-Type") != ollamaJSON || decodeAs[int](t, at(t, body, "total_duration")) < 1e6 || at(t, body, "prompt_eval_count") == "0" || at(t, body, "eval_duration") == "" {
		t.Errorf("%v %s", h, body)
	}
	_, body = ask(t, p, http.StatusOK, "/api/generate", `{"model":"llama3.2","system":"S","prompt":"hi","stream":false}`)
	shape(t, body, "response", `"You said: hi"`, "done", "true", "message", "", "context.0", "128006")
	got := p.Requests()
	if got[0].API != OllamaChat || got[0].System() != "Be kind." || got[0].LastUser() != "안녕" || got[1].API != OllamaGenerate || got[1].System() != "S" || got[1].LastUser() != "hi" {
		t.Errorf("kept %+v", got)
	}
}

func TestOllamaContent(t *testing.T) {
	p := start(t, WithReplies(parcel, Reply{Refusal: "No."}, Reply{Text: "a", FinishReason: "length"}, parcel, Reply{Text: "x", Usage: &Usage{PromptTokens: 1500, CompletionTokens: 90}}))
	next := func(path string) string {
		_, body := ask(t, p, http.StatusOK, path, strings.Replace(helloOllama, `"messages"`, `"prompt":"p","messages"`, 1)+`,"stream":false}`)
		return body
	}
	body := next("/api/chat")
	shape(t, body, "message.content", `"It arrives tomorrow."`, "message.thinking", `"hm, well"`, "message.tool_calls.0.function", `{"arguments":{"city":"서울"},"index":0,"name":"weather"}`,
		"message.tool_calls.1", `{"function":{"arguments":{},"index":1,"name":"clock"},"id":"call_7"}`, "done_reason", `"stop"`)
	shape(t, next("/api/chat"), "message.content", `"No."`)
	shape(t, next("/api/chat"), "done_reason", `"length"`)
	shape(t, next("/api/generate"), "response", `"It arrives tomorrow."`, "thinking", `"hm, well"`, "tool_calls.1.id", `"call_7"`)
	shape(t, next("/api/chat"), "prompt_eval_count", "1500", "eval_count", "90", "eval_duration", "900000000", "total_duration", "2450000000")
}

func TestOllamaStream(t *testing.T) {
	p := start(t, WithReplies(parcel, parcel))
	h, body := ask(t, p, http.StatusOK, "/api/chat", helloOllama+`}`)
	all := lines(t, body)
	if h.Get("Content-Type") != "application/x-ndjson" || len(all) != 2+3+2+1 || !p.Requests()[0].Stream {
		t.Errorf("%v %s", h, body)
	}
	shape(t, all[0].data, "message", `{"content":"","role":"assistant","thinking":"hm, "}`, "done", "false", "done_reason", "", "total_duration", "")
	shape(t, all[5].data, "message.tool_calls.0.function.arguments", `{"city":"서울"}`, "message.content", `""`)
	shape(t, all[7].data, "message", `{"content":"","role":"assistant"}`, "done", "true", "done_reason", `"stop"`, "load_duration", "50000000")
	if collect(t, all, "message.content") != parcel.Text || collect(t, all, "message.thinking") != parcel.Reasoning {
		t.Errorf("pieces: %s", body)
	}
	_, body = ask(t, p, http.StatusOK, "/api/generate", `{"model":"llama3.2","prompt":"hi"}`)
	all = lines(t, body)
	if collect(t, all, "response") != parcel.Text || collect(t, all, "thinking") != parcel.Reasoning {
		t.Errorf("pieces: %s", body)
	}
	shape(t, all[7].data, "response", `""`, "done", "true", "context.2", "128007")
	shape(t, all[6].data, "tool_calls.0.id", `"call_7"`, "context", "")
}

func TestOllamaFailures(t *testing.T) {
	p := start(t, WithReplies(
		Reply{Err: RateLimited(0)}, Reply{Err: Overloaded()}, Reply{Err: &Error{Status: 404, Message: "model 'x' not found"}},
		Reply{Text: "a b c d", BreakAfter: 2}, Reply{Text: "a b c d", Err: ServerError(), ErrAfter: 2}, Reply{Text: "a b", NoDone: true},
	))
	_, body := ask(t, p, 429, "/api/chat", helloOllama+`}`)
	shape(t, body, "", `{"error":"you've reached your hourly usage limit, please upgrade to continue"}`)
	_, body = ask(t, p, 503, "/api/chat", helloOllama+`}`)
	shape(t, body, "error", `"server busy, please try again.  maximum pending requests exceeded"`)
	_, body = ask(t, p, 404, "/api/generate", `{"model":"x","prompt":"p"}`)
	shape(t, body, "error", `"model 'x' not found"`)
	_, body, err := send(t, "POST", p.URL()+"/api/chat", "application/json", helloOllama+`}`)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(body, `"b "`) || strings.Contains(body, `"c "`) {
		t.Errorf("broken: %v, %s", err, body)
	}
	_, body = ask(t, p, http.StatusOK, "/api/chat", helloOllama+`}`)
	all := lines(t, body)
	shape(t, all[2].data, "", `{"error":"llama runner process has terminated: exit status 2"}`)
	_, body = ask(t, p, http.StatusOK, "/api/chat", helloOllama+`}`)
	if all = lines(t, body); len(all) != 2 || strings.Contains(body, `"done":true`) {
		t.Errorf("without end: %s", body)
	}
}

func TestOllamaRequest(t *testing.T) {
	p := start(t, WithKey("k"), WithReplies(Reply{Text: "kept for the question"}))
	auth := []string{"Authorization", "Bearer k"}
	_, body := ask(t, p, http.StatusOK, "/api/chat", `{"model":"m","messages":[]}`, auth...)
	shape(t, body, "done_reason", `"load"`, "message.content", `""`)
	_, body = ask(t, p, http.StatusOK, "/api/generate", `{"model":"m"}`, auth...)
	shape(t, body, "done_reason", `"load"`, "response", `""`)
	_, body = ask(t, p, http.StatusOK, "/api/chat", `{"model":"m","stream":false,"tools":[{"type":"function","function":{"name":"status"}}],"messages":[{"role":"user","content":"?"},
		{"role":"assistant","content":"","tool_calls":[{"function":{"name":"status","arguments":{"a":1}}}]},{"role":"tool","tool_name":"status","content":"shipped"}]}`, auth...)
	shape(t, body, "message.content", `"kept for the question"`)
	req := p.Requests()[0]
	if got, ok := req.ToolResult("status"); !ok || got != "shipped" || !req.HasTool("status") || req.Messages[1].ToolCalls[0].Function.Arguments != `{"a":1}` {
		t.Errorf("%q %v %+v", got, ok, req)
	}
	for _, tt := range []struct {
		status     int
		path, body string
		want       string
	}{
		{400, "/api/chat", `{`, "invalid request body"},
		{400, "/api/chat", `{}`, "model is required"},
		{400, "/api/generate", `{}`, "model is required"},
		{400, "/api/show", `{}`, "model is required"},
		{400, "/api/embed", `{}`, "model is required"},
		{400, "/api/embed", `{"model":"m","input":5}`, "invalid input type"},
		{200, "/api/show", `{"model":"m"}`, `"capabilities":["completion"`},
		{200, "/api/embed", `{"model":"m","input":["a","b"],"dimensions":2}`, `"embeddings":[[`},
		{200, "/api/embeddings", `{"model":"m","prompt":"a"}`, `{"embedding":[`},
	} {
		if _, body := ask(t, p, tt.status, tt.path, tt.body, auth...); !strings.Contains(body, tt.want) {
			t.Errorf("%s: %s", tt.path, body)
		}
	}
	_, body = ask(t, p, http.StatusUnauthorized, "/api/chat", `{}`)
	shape(t, body, "", `{"error":"unauthorized"}`)
	_, body, _ = send(t, "GET", p.URL()+"/api/tags", "", "", auth...)
	shape(t, body, "models.0.name", `"llama3.2:latest"`, "models.0.details.format", `"gguf"`)
	if got := p.RequestsTo(OllamaEmbeddings); len(got) != 2 || len(p.Requests()) != 1 {
		t.Errorf("kept %d", len(got))
	}
}
