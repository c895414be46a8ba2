package fakellm

import (
	"net/http"
	"strings"
	"testing"
)

const (
	azureChat = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
	safe      = `{"hate":{"filtered":false,"severity":"safe"},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}`
)

func TestAzure(t *testing.T) {
	p := start(t, WithKey("k"), WithReplies(Reply{Text: "a b"}, Reply{Text: "a b"}, Reply{Text: "a", FinishReason: "content_filter"}, Reply{Text: "x"}))
	const body = `{"messages":[{"role":"user","content":"hi"}]`
	key := []string{"Api-Key", "k"}
	h, answer := ask(t, p, http.StatusOK, azureChat, body+`}`, key...)
	shape(t, answer, "model", `"gpt-4o-2024-08-06"`, "choices.0.content_filter_results", safe, "prompt_filter_results", `[{"content_filter_results":`+safe+`,"prompt_index":0}]`, "choices.0.message.content", `"a b"`, "service_tier", "")
	if h.Get("Apim-Request-Id") == "" || h.Get("X-Ms-Region") == "" || h.Get("Openai-Version") != "" {
		t.Errorf("%v", h)
	}
	_, answer = ask(t, p, http.StatusOK, azureChat, body+`,"stream":true}`, key...)
	all := parseEvents(t, answer, "\n\n")
	shape(t, all[0].data, "choices", "[]", "id", `""`, "model", `""`, "object", `""`, "created", "0", "prompt_filter_results.0.content_filter_results", safe)
	shape(t, all[1].data, "choices.0.delta.role", `"assistant"`, "choices.0.content_filter_results", "{}", "prompt_filter_results", "")
	shape(t, all[2].data, "choices.0.delta.content", `"a "`, "choices.0.content_filter_results", safe)
	shape(t, all[4].data, "choices.0.finish_reason", `"stop"`, "choices.0.content_filter_results", "{}")
	if all[5].data != "[DONE]" {
		t.Errorf("%s", answer)
	}
	_, answer = ask(t, p, http.StatusOK, azureChat, body+`}`, key...)
	shape(t, answer, "choices.0.finish_reason", `"content_filter"`, "choices.0.content_filter_results.violence", `{"filtered":true,"severity":"high"}`)
	_, answer = ask(t, p, http.StatusOK, "/openai/v1/chat/completions", hello+`}`, key...)
	shape(t, answer, "choices.0.content_filter_results", safe)
	if req := p.Requests()[0]; req.Model != "gpt-4o" || req.API != ChatCompletions || !strings.HasPrefix(req.Path, "/openai/deployments/gpt-4o/") {
		t.Errorf("kept %+v", req)
	}
}

func TestAzureErrors(t *testing.T) {
	p := start(t, WithKey("k"), WithReplies(Reply{Err: RateLimited(0)}, Reply{Err: ContextTooLong()}, Reply{Err: ContentFiltered()}, Reply{Err: &Error{Status: 404, Message: "m"}}, Reply{Text: "a b c", Err: ServerError(), ErrAfter: 1}))
	const body = `{"messages":[{"role":"user","content":"hi"}]`
	key := []string{"Api-Key", "k"}
	_, answer := ask(t, p, http.StatusTooManyRequests, azureChat, body+`}`, key...)
	shape(t, answer, "error.code", `"RateLimitReached"`, "error.type", "")
	_, answer = ask(t, p, http.StatusBadRequest, azureChat, body+`}`, key...)
	shape(t, answer, "error.code", `"context_length_exceeded"`, "error.type", `"invalid_request_error"`)
	_, answer = ask(t, p, http.StatusBadRequest, azureChat, body+`}`, key...)
	shape(t, answer, "error.code", `"content_filter"`, "error.status", "400", "error.type", "null", "error.param", `"prompt"`,
		"error.innererror.code", `"ResponsibleAIPolicyViolation"`, "error.innererror.content_filter_result.hate.filtered", "true")
	_, answer = ask(t, p, http.StatusNotFound, azureChat, body+`}`, key...)
	shape(t, answer, "error", `{"code":"404","message":"m"}`)
	_, answer = ask(t, p, http.StatusOK, azureChat, body+`,"stream":true}`, key...)
	all := parseEvents(t, answer, "\n\n")
	shape(t, all[len(all)-1].data, "error.type", `"server_error"`)
	_, answer = ask(t, p, http.StatusNotFound, strings.TrimSuffix(azureChat, "?api-version=2024-10-21"), body+`}`, key...)
	shape(t, answer, "error", `{"code":"404","message":"Resource not found"}`)
	_, answer = ask(t, p, http.StatusUnauthorized, azureChat, body+`}`)
	shape(t, answer, "error.code", `"401"`)
}

func TestAzureOthers(t *testing.T) {
	p := start(t)
	at := func(path string) string { return "/openai/deployments/d" + path + "?api-version=2024-10-21" }
	_, body := ask(t, p, http.StatusOK, at("/completions"), `{"prompt":"hi","stream":true}`)
	all := parseEvents(t, body, "\n\n")
	shape(t, all[0].data, "prompt_filter_results.0.prompt_index", "0")
	shape(t, all[1].data, "choices.0.text", `"You "`, "choices.0.content_filter_results", safe, "prompt_filter_results", "", "model", `"d"`)
	_, body = ask(t, p, http.StatusOK, at("/embeddings"), `{"input":"hi","dimensions":2}`)
	shape(t, body, "model", `"d"`, "data.0.object", `"embedding"`)
	_, body = ask(t, p, http.StatusOK, at("/images/generations"), `{"prompt":"hi"}`)
	shape(t, body, "data.1", "")
	_, body = submit(t, p, http.StatusOK, at("/audio/transcriptions"), "@file", "x")
	shape(t, body, "usage.type", `"tokens"`)
	submit(t, p, http.StatusOK, at("/audio/translations"), "@file", "x")
	ask(t, p, http.StatusOK, at("/audio/speech"), `{"input":"x"}`)
	submit(t, p, http.StatusOK, at("/images/edits"), "@image", "x", "prompt", "y")
	for _, path := range []string{"/openai/v1/responses", "/openai/responses?api-version=preview"} {
		_, body = ask(t, p, http.StatusOK, path, `{"model":"m","input":"hi"}`)
		shape(t, body, "object", `"response"`)
	}
	_, body = ask(t, p, http.StatusNotFound, at("/moderations"), `{"input":"x"}`)
	shape(t, body, "error.type", `"invalid_request_error"`)
	for _, r := range p.Requests() {
		if r.Model != "d" && r.Model != "m" {
			t.Errorf("model %q at %s", r.Model, r.Path)
		}
	}
}
