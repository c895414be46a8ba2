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
	claudePath  = "/v1/messages"
	helloClaude = `{"model":"claude-sonnet-4-5","max_tokens":100,"system":[{"type":"text","text":"Be kind."}],"messages":[{"role":"user","content":[{"type":"text","text":"안녕"}]}]`
)

func askClaude(t *testing.T, p *Provider, status int, body string) (http.Header, string) {
	t.Helper()
	return ask(t, p, status, claudePath, body, "Anthropic-Version", "2023-06-01", "X-Api-Key", "sk-ant")
}

func TestClaude(t *testing.T) {
	p := start(t, WithKey("sk-ant"))
	h, body := askClaude(t, p, http.StatusOK, helloClaude+`}`)
	shape(t, body, "type", `"message"`, "role", `"assistant"`, "model", `"claude-sonnet-4-5"`,
		"content", `[{"text":"You said: 안녕","type":"text"}]`, "stop_reason", `"end_turn"`, "stop_sequence", "null", "stop_details", "null",
		"usage.cache_read_input_tokens", "0", "usage.cache_creation_input_tokens", "0", "usage.service_tier", `"standard"`)
	if h.Get("Request-Id") == "" || h.Get("Openai-Version") != "" || !strings.HasPrefix(at(t, body, "id"), `"msg_`) || at(t, body, "usage.input_tokens") == "0" {
		t.Errorf("%v %s", h, body)
	}
	req := p.Requests()[0]
	if req.API != AnthropicMessages || req.Path != claudePath || req.System() != "Be kind." || req.LastUser() != "안녕" || req.Model != "claude-sonnet-4-5" {
		t.Errorf("kept %+v", req)
	}
}

func TestClaudeContent(t *testing.T) {
	p := start(t, WithReplies(parcel, Reply{Refusal: "No."}, Reply{Text: "a", FinishReason: "length"}, Reply{FinishReason: "pause_turn"},
		Reply{ToolCalls: []ToolCall{{Name: "f", Arguments: "broken"}}},
		Reply{Text: "x", Usage: &Usage{PromptTokens: 1500, CachedTokens: 1000, CacheWriteTokens: 300, CompletionTokens: 90, ReasoningTokens: 64}}))
	_, body := askClaude(t, p, http.StatusOK, helloClaude+`}`)
	shape(t, body, "content.0.type", `"thinking"`, "content.0.thinking", `"hm, well"`,
		"content.1", `{"text":"It arrives tomorrow.","type":"text"}`,
		"content.2.type", `"tool_use"`, "content.2.name", `"weather"`, "content.2.input", `{"city":"서울"}`,
		"content.3", `{"id":"call_7","input":{},"name":"clock","type":"tool_use"}`, "stop_reason", `"tool_use"`)
	if at(t, body, "content.0.signature") == `""` || !strings.HasPrefix(at(t, body, "content.2.id"), `"toolu_`) {
		t.Errorf("signature or id: %s", body)
	}
	_, body = askClaude(t, p, http.StatusOK, helloClaude+`}`)
	shape(t, body, "content.0.text", `"No."`, "stop_reason", `"refusal"`, "stop_details.type", `"refusal"`, "stop_details.category", "null")
	_, body = askClaude(t, p, http.StatusOK, helloClaude+`}`)
	shape(t, body, "stop_reason", `"max_tokens"`)
	_, body = askClaude(t, p, http.StatusOK, helloClaude+`}`)
	shape(t, body, "stop_reason", `"pause_turn"`, "content", "[]")
	_, body = askClaude(t, p, http.StatusOK, helloClaude+`}`)
	shape(t, body, "content.0.input", "{}")
	_, body = askClaude(t, p, http.StatusOK, helloClaude+`}`)
	shape(t, body, "usage.input_tokens", "200", "usage.cache_read_input_tokens", "1000", "usage.cache_creation_input_tokens", "300",
		"usage.cache_creation.ephemeral_5m_input_tokens", "300", "usage.output_tokens", "90", "usage.output_tokens_details.thinking_tokens", "64")
}

func TestClaudeStream(t *testing.T) {
	p := start(t, WithReplies(parcel, Reply{Refusal: "I won't."}))
	h, body := askClaude(t, p, http.StatusOK, helloClaude+`,"stream":true}`)
	all := parseEvents(t, body, "\n\n")
	checkEvents(t, all, "message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop",
		"content_block_start", "content_block_delta", "content_block_stop",
		"content_block_start", "content_block_delta", "content_block_stop",
		"content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop")
	for _, e := range all {
		shape(t, e.data, "type", `"`+e.name+`"`)
	}
	shape(t, all[0].data, "message.content", "[]", "message.stop_reason", "null", "message.role", `"assistant"`, "message.usage.output_tokens", "1")
	shape(t, all[1].data, "index", "0", "content_block", `{"signature":"","thinking":"","type":"thinking"}`)
	shape(t, all[2].data, "", `{"type":"ping"}`)
	if collect(t, all, "delta.text") != parcel.Text || collect(t, all, "delta.thinking") != parcel.Reasoning || collect(t, all, "delta.partial_json") != `{"city":"서울"}{}` {
		t.Errorf("pieces: %s", body)
	}
	if collect(t, all, "delta.signature") == "" || !strings.HasPrefix(h.Get("Content-Type"), "text/event-stream") {
		t.Errorf("no signature, or %v", h)
	}
	end := all[len(all)-2].data
	shape(t, end, "delta.stop_reason", `"tool_use"`, "usage.cache_read_input_tokens", "0", "usage.service_tier", "")
	if n := decodeAs[int](t, at(t, end, "usage.output_tokens")); n < 70 {
		t.Errorf("output tokens %d", n)
	}
	_, body = askClaude(t, p, http.StatusOK, helloClaude+`,"stream":true}`)
	all = parseEvents(t, body, "\n\n")
	shape(t, all[len(all)-2].data, "delta.stop_reason", `"refusal"`, "delta.stop_details.type", `"refusal"`)
}

func TestClaudeFailures(t *testing.T) {
	p := start(t, WithReplies(
		Reply{Err: RateLimited(1500 * time.Millisecond)}, Reply{Err: ServerError()}, Reply{Err: Overloaded()}, Reply{Err: ContextTooLong()},
		Reply{Err: &Error{Type: "overloaded_error", Message: "m"}}, Reply{Err: &Error{Status: 403, Message: "m"}}, Reply{Err: &Error{Status: 418}},
		Reply{Err: &Error{Status: 502, Body: "<html>"}}, Reply{Err: &Error{Status: 400, Type: "tokens"}},
	))
	for _, tt := range []struct {
		status        int
		kind, message string
	}{
		{429, "rate_limit_error", "would exceed the rate limit"},
		{500, "api_error", "Internal server error"},
		{529, "overloaded_error", "Overloaded"},
		{400, "invalid_request_error", "prompt is too long"},
		{529, "overloaded_error", "m"},
		{403, "permission_error", "m"},
		{418, "invalid_request_error", ""},
		{502, "", ""},
		{400, "invalid_request_error", ""},
	} {
		h, body := askClaude(t, p, tt.status, helloClaude+`}`)
		if tt.kind == "" {
			if body != "<html>" || !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
				t.Errorf("%v %s", h, body)
			}
			continue
		}
		shape(t, body, "type", `"error"`, "error.type", `"`+tt.kind+`"`, "request_id", `"`+h.Get("Request-Id")+`"`)
		if !strings.Contains(at(t, body, "error.message"), tt.message) || tt.status == 429 && h.Get("Retry-After") != "2" {
			t.Errorf("%d: %v %s", tt.status, h, body)
		}
	}
}

func TestClaudeStreamFailures(t *testing.T) {
	p := start(t, WithReplies(
		Reply{Text: "a b c d", BreakAfter: 2}, Reply{Text: "a b c d", Err: Overloaded(), ErrAfter: 2},
		Reply{Text: "a b", NoDone: true}, Reply{Text: "a b c d", BreakAfter: 1}, Reply{Err: ServerError(), Text: "x"},
	))
	const stream = helloClaude + `,"stream":true}`
	version := []string{"Anthropic-Version", "2023-06-01"}
	_, body, err := send(t, "POST", p.URL()+claudePath, "application/json", stream, version...)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(body, `"b "`) || strings.Contains(body, `"c "`) {
		t.Errorf("broken: %v, %s", err, body)
	}
	_, body = askClaude(t, p, http.StatusOK, stream)
	all := parseEvents(t, body, "\n\n")
	last := all[len(all)-1]
	shape(t, last.data, "type", `"error"`, "error.type", `"overloaded_error"`, "error.message", `"Overloaded"`)
	if last.name != "error" || collect(t, all, "delta.text") != "a b " {
		t.Errorf("error within: %s", body)
	}
	_, body = askClaude(t, p, http.StatusOK, stream)
	if strings.Contains(body, "message_stop") || !strings.Contains(body, "message_delta") {
		t.Errorf("without mark: %s", body)
	}
	_, body, err = send(t, "POST", p.URL()+claudePath, "application/json", helloClaude+`}`, version...)
	if err == nil || strings.HasSuffix(body, "}") {
		t.Errorf("answer cut: %v, %s", err, body)
	}
	askClaude(t, p, http.StatusInternalServerError, stream)
}

func TestClaudeRequest(t *testing.T) {
	p := start(t, WithKey("sk-ant"))
	const conversation = `"system":"S","tools":[{"name":"status","input_schema":{}}],"messages":[{"role":"user","content":"?"},
		{"role":"assistant","content":[{"type":"thinking","thinking":"h","signature":"s"},{"type":"text","text":"hm"},{"type":"tool_use","id":"t1","name":"status","input":{"a":1}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"shipped"}]}]}]}`
	askClaude(t, p, http.StatusOK, `{"model":"m","max_tokens":5,`+conversation)
	req := p.Requests()[0]
	if got, ok := req.ToolResult("status"); !ok || got != "shipped" || !req.HasTool("status") || req.LastUser() != "?" || req.System() != "S" {
		t.Errorf("%q %v %+v", got, ok, req.Messages)
	}
	if m := req.Messages[2]; m.Content != "hm" || m.ToolCalls[0].Function.Arguments != `{"a":1}` {
		t.Errorf("assistant %+v", m)
	}
	_, body := ask(t, p, http.StatusOK, claudePath+"/count_tokens", `{"model":"m",`+conversation, "Anthropic-Version", "2023-06-01", "Authorization", "Bearer sk-ant")
	if n := decodeAs[int](t, at(t, body, "input_tokens")); n < 48 || len(p.Requests()) != 1 || len(p.RequestsTo(AnthropicCount)) != 1 {
		t.Errorf("counted %s", body)
	}
	for body, want := range map[string]string{
		`{`: "not valid JSON", `{}`: "model: Field required", `{"model":"m"}`: "max_tokens: Field required",
		`{"model":"m","max_tokens":0}`: "greater than", `{"model":"m","max_tokens":1}`: "at least one message",
		`{"model":"m","max_tokens":1,"messages":[{"role":"tool","content":""}]}`: "messages.0.role",
		`{"model":"m","max_tokens":1,"messages":[{"role":"user","content":5}]}`:  "messages.0.content",
	} {
		if _, got := askClaude(t, p, http.StatusBadRequest, body); !strings.Contains(at(t, got, "error.message"), want) {
			t.Errorf("%s: %s", body, got)
		}
	}
	_, got := ask(t, p, http.StatusBadRequest, claudePath, helloClaude+`}`, "X-Api-Key", "sk-ant")
	shape(t, got, "error.message", `"anthropic-version: header is required"`)
	_, got = ask(t, p, http.StatusUnauthorized, claudePath, helloClaude+`}`, "X-Api-Key", "wrong")
	shape(t, got, "error", `{"message":"invalid x-api-key","type":"authentication_error"}`)
}

func TestClaudeCache(t *testing.T) {
	p := start(t)
	long := `{"model":"m","max_tokens":9,"system":[{"type":"text","text":"` + strings.Repeat("policy text ", 700) + `","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"hi"}]}`
	_, one := askClaude(t, p, http.StatusOK, long)
	_, two := askClaude(t, p, http.StatusOK, long)
	if n := at(t, one, "usage.cache_creation_input_tokens"); n == "0" || n != at(t, two, "usage.cache_read_input_tokens") || at(t, two, "usage.cache_creation_input_tokens") != "0" {
		t.Errorf("%s\n%s", one, two)
	}
}
