package fakellm

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

const helloResponses = `{"model":"gpt-4.1","instructions":"Be kind.","input":"안녕"`

func TestResponses(t *testing.T) {
	p := start(t)
	h, body := ask(t, p, http.StatusOK, "/v1/responses", helloResponses+`,"temperature":0.5,"tools":[{"type":"function","name":"f"},{"type":"web_search"}]}`)
	shape(t, body, "object", `"response"`, "status", `"completed"`, "model", `"gpt-4.1-2025-04-14"`, "error", "null", "incomplete_details", "null",
		"instructions", `"Be kind."`, "temperature", "0.5", "tools.0.name", `"f"`, "tool_choice", `"auto"`, "store", "true",
		"output.0.type", `"message"`, "output.0.role", `"assistant"`, "output.0.status", `"completed"`,
		"output.0.content", `[{"annotations":[],"logprobs":[],"text":"You said: 안녕","type":"output_text"}]`,
		"usage.input_tokens_details.cached_tokens", "0", "usage.output_tokens_details.reasoning_tokens", "0")
	in, out, sum := decodeAs[int](t, at(t, body, "usage.input_tokens")), decodeAs[int](t, at(t, body, "usage.output_tokens")), decodeAs[int](t, at(t, body, "usage.total_tokens"))
	if in == 0 || out == 0 || in+out != sum || h.Get("X-Request-Id") == "" {
		t.Errorf("%d + %d = %d", in, out, sum)
	}
	req := p.Requests()[0]
	if req.API != Responses || req.System() != "Be kind." || req.LastUser() != "안녕" || !req.HasTool("f") || !req.HasTool("web_search") {
		t.Errorf("kept %+v", req)
	}
}

func TestResponsesOutput(t *testing.T) {
	p := start(t, WithReplies(parcel, Reply{Refusal: "No."}, Reply{Text: "a", FinishReason: "length"}, Reply{Text: "a", FinishReason: "content_filter"},
		Reply{Text: "a", ReasoningTokens: 64}, Reply{Text: "x", Usage: &Usage{PromptTokens: 1500, CachedTokens: 1408, CompletionTokens: 90, ReasoningTokens: 64}}))
	next := func() string {
		_, body := ask(t, p, http.StatusOK, "/v1/responses", helloResponses+`}`)
		return body
	}
	body := next()
	shape(t, body, "output.0.type", `"reasoning"`, "output.0.summary", `[{"text":"hm, well","type":"summary_text"}]`, "output.1.content.0.text", `"It arrives tomorrow."`,
		"output.2.type", `"function_call"`, "output.2.name", `"weather"`, "output.2.arguments", `"{\"city\":\"서울\"}"`, "output.2.status", `"completed"`,
		"output.3.call_id", `"call_7"`, "output.3.arguments", `"{}"`, "output.4", "", "status", `"completed"`)
	for i, prefix := range []string{"rs_", "msg_", "fc_", "fc_"} {
		if id := at(t, body, "output."+strconv.Itoa(i)+".id"); !strings.HasPrefix(id, `"`+prefix) {
			t.Errorf("id %s", id)
		}
	}
	shape(t, next(), "output.0.content", `[{"refusal":"No.","type":"refusal"}]`, "status", `"completed"`)
	shape(t, next(), "status", `"incomplete"`, "incomplete_details", `{"reason":"max_output_tokens"}`, "output.0.status", `"incomplete"`, "completed_at", "null")
	shape(t, next(), "status", `"incomplete"`, "incomplete_details", `{"reason":"content_filter"}`)
	shape(t, next(), "output.0.summary", "[]", "output.1.type", `"message"`, "usage.output_tokens_details.reasoning_tokens", "64")
	shape(t, next(), "usage", `{"input_tokens":1500,"input_tokens_details":{"cache_write_tokens":0,"cached_tokens":1408},"output_tokens":90,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":1590}`)
}

func TestResponsesStream(t *testing.T) {
	p := start(t, WithReplies(parcel, Reply{Refusal: "I won't."}, Reply{Text: "a", Refusal: "b", FinishReason: "length"}, Reply{}, Reply{ReasoningTokens: 5, Text: "a"}))
	next := func(more string) (string, []sse) {
		_, body := ask(t, p, http.StatusOK, "/v1/responses", helloResponses+`,"stream":true`+more+`}`)
		all := parseEvents(t, body, "\n\n")
		for i, e := range all {
			shape(t, e.data, "type", `"`+e.name+`"`, "sequence_number", strconv.Itoa(i))
		}
		return body, all
	}
	body, all := next("")
	text := []string{
		"response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.done", "response.content_part.done", "response.output_item.done",
	}
	call := []string{"response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.done", "response.output_item.done"}
	want := append([]string{
		"response.created", "response.in_progress", "response.output_item.added", "response.reasoning_summary_part.added",
		"response.reasoning_summary_text.delta", "response.reasoning_summary_text.done", "response.reasoning_summary_part.done", "response.output_item.done",
	}, text...)
	want = append(append(append(want, call...), call...), "response.completed")
	checkEvents(t, all, want...)
	shape(t, all[0].data, "response.status", `"in_progress"`, "response.output", "[]", "response.usage", "null")
	shape(t, all[2].data, "output_index", "0", "item.type", `"reasoning"`, "item.summary", "[]")
	last := all[len(all)-1].data
	shape(t, last, "response.status", `"completed"`, "response.output.1.content.0.text", `"It arrives tomorrow."`, "response.output.2.arguments", `"{\"city\":\"서울\"}"`)
	if collect(t, all, "delta") != parcel.Reasoning+parcel.Text+`{"city":"서울"}{}` || !strings.Contains(body, `"obfuscation"`) {
		t.Errorf("pieces: %s", body)
	}
	for _, e := range all {
		if e.name == "response.output_text.delta" {
			shape(t, e.data, "output_index", "1", "content_index", "0", "item_id", at(t, last, "response.output.1.id"), "logprobs", "[]")
		}
		if e.name == "response.function_call_arguments.done" && at(t, e.data, "output_index") == "2" {
			shape(t, e.data, "arguments", `"{\"city\":\"서울\"}"`, "name", `"weather"`, "item_id", at(t, last, "response.output.2.id"))
		}
	}
	_, all = next("")
	checkEvents(t, all, "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
		"response.refusal.delta", "response.refusal.done", "response.content_part.done", "response.output_item.done", "response.completed")
	shape(t, all[len(all)-4].data, "refusal", `"I won't."`)
	_, all = next("")
	shape(t, all[len(all)-1].data, "type", `"response.incomplete"`, "response.incomplete_details.reason", `"max_output_tokens"`, "response.output.0.content.1.refusal", `"b"`, "response.output.1", "")
	shape(t, all[6].data, "content_index", "0", "part.text", `"a"`)
	shape(t, all[7].data, "content_index", "1", "part", `{"refusal":"","type":"refusal"}`)
	body, all = next(`,"stream_options":{"include_obfuscation":false}`)
	checkEvents(t, all, "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
		"response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed")
	if strings.Contains(body, "obfuscation\":\"") {
		t.Error("noise that wasn't wanted")
	}
	_, all = next("")
	shape(t, all[2].data, "item.type", `"reasoning"`)
	shape(t, all[4].data, "output_index", "1", "item.type", `"message"`)
}

func TestResponsesFailures(t *testing.T) {
	p := start(t, WithReplies(
		Reply{Err: RateLimited(0)},
		Reply{Text: "a b c d", BreakAfter: 2}, Reply{Text: "a b c d", Err: ServerError(), ErrAfter: 2}, Reply{Text: "a b", Err: RateLimited(0), ErrAfter: 1},
		Reply{Text: "a b", Err: ContextTooLong(), ErrAfter: 1}, Reply{Text: "a b", NoDone: true},
	))
	const stream = helloResponses + `,"stream":true}`
	_, body := ask(t, p, http.StatusTooManyRequests, "/v1/responses", stream)
	shape(t, body, "error.code", `"rate_limit_exceeded"`, "error.param", "null")
	_, body, err := send(t, "POST", p.URL()+"/v1/responses", "application/json", stream)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(body, `"b "`) || strings.Contains(body, `"c "`) {
		t.Errorf("broken: %v, %s", err, body)
	}
	next := func() sse {
		_, body := ask(t, p, http.StatusOK, "/v1/responses", stream)
		all := parseEvents(t, body, "\n\n")
		return all[len(all)-1]
	}
	last := next()
	shape(t, last.data, "type", `"response.failed"`, "response.status", `"failed"`, "response.error.code", `"server_error"`, "response.usage", "null")
	shape(t, next().data, "type", `"response.failed"`, "response.error.code", `"rate_limit_exceeded"`)
	last = next()
	shape(t, last.data, "type", `"error"`, "code", `"context_length_exceeded"`, "param", `"messages"`)
	if last.name != "error" || decodeAs[int](t, at(t, last.data, "sequence_number")) < 4 {
		t.Errorf("%+v", last)
	}
	if last = next(); last.name != "response.output_item.done" {
		t.Errorf("without mark: %+v", last)
	}
}

func TestResponsesInput(t *testing.T) {
	p := start(t, WithReplies(Reply{ToolCalls: []ToolCall{{ID: "c1", Name: "status"}}}))
	_, body := ask(t, p, http.StatusOK, "/v1/responses", helloResponses+`}`)
	id := at(t, body, "id")
	const output = `{"type":"function_call_output","call_id":"c1","output":"shipped"}`
	ask(t, p, http.StatusOK, "/v1/responses", `{"model":"m","previous_response_id":`+id+`,"input":[`+output+`]}`)
	_, unstored := ask(t, p, http.StatusOK, "/v1/responses", `{"model":"m","store":false,"input":[{"role":"developer","content":"S"},{"type":"message","role":"user","content":[{"type":"input_text","text":"?"}]},
		{"type":"reasoning","id":"rs_1","summary":[]},{"type":"function_call","call_id":"c1","name":"status","arguments":"{}"},`+output+`]}`)
	ask(t, p, http.StatusBadRequest, "/v1/responses", `{"model":"m","input":"x","previous_response_id":`+at(t, unstored, "id")+`}`)
	for i, req := range p.Requests()[1:] {
		if got, ok := req.ToolResult("status"); !ok || got != "shipped" {
			t.Errorf("%d: %q %v %+v", i, got, ok, req.Messages)
		}
	}
	if got := p.Requests(); got[1].System() != "" || got[1].LastUser() != "안녕" || got[2].System() != "S" || got[2].LastUser() != "?" {
		t.Errorf("%+v", got)
	}
	for body, want := range map[string]string{
		`{}`: "'model'", `{"model":"m"}`: "'input'", `{"model":"m","input":5}`: "Invalid type",
		`{"model":"m","input":[` + output + `]}`:                                                      "No tool call found",
		`{"model":"m","input":[{"type":"function_call","call_id":"c9","name":"f","arguments":"{}"}]}`: "No tool output found for function call c9",
		`{"model":"m","input":"and?","previous_response_id":` + id + `}`:                              "No tool output found for function call c1",
		`{"model":"m","input":"x","previous_response_id":"resp_0"}`:                                   "not found",
	} {
		if _, got := ask(t, p, http.StatusBadRequest, "/v1/responses", body); !strings.Contains(at(t, got, "error.message"), want) {
			t.Errorf("%s: %s", body, got)
		}
	}
	ask(t, p, http.StatusOK, "/v1/responses", `{"model":"m","input":[{"type":"item_reference","id":"fc_1"},`+output+`]}`)
}
