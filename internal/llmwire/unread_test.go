package llmwire

import (
	"net/http"
	"strings"
	"testing"
)

// Events that nobody understood were passed over without a word.
func TestUnreadEvents(t *testing.T) {
	openAI := "api.openai.com"
	bad := "data: {bad json}\n\ndata: oops\n\ndata: [1]\n\ndata: {\"a\":\n\n"
	good := "data: [DONE]\n\ndata: {}\n\ndata:\n\n: comment\n\n"
	for _, tt := range []struct{ host, path string }{
		{openAI, "/v1/chat/completions"},
		{openAI, "/v1/completions"},
		{openAI, "/v1/responses"},
		{openAI, "/v1/images/generations"},
		{"api.anthropic.com", "/v1/messages"},
		{"api.anthropic.com", "/v1/complete"},
		{geminiHost, geminiStreamed},
	} {
		e := endpoint(t, tt.host, tt.path)
		if r := feed(t, e, http.StatusOK, "text/event-stream", &Request{Stream: true}, bad+good); r.Attributes[AttributeUnread] != int64(4) {
			t.Errorf("%s: %v", tt.path, r.Attributes)
		}
		if r := feed(t, e, http.StatusOK, "text/event-stream", &Request{Stream: true}, good); r.Attributes[AttributeUnread] != nil {
			t.Errorf("%s: %v", tt.path, r.Attributes)
		}
	}
	e := endpoint(t, "localhost:11434", "/api/chat")
	if r := feed(t, e, http.StatusOK, ndjson, &Request{}, "{bad json}\n"+ollamaDone); r.Attributes[AttributeUnread] != int64(1) || !r.Complete {
		t.Errorf("%v", r.Attributes)
	}
	if r := feed(t, endpoint(t, geminiHost, geminiStreamed), http.StatusOK, "application/json", &Request{}, "[{bad json},{}]"); r.Attributes[AttributeUnread] != int64(1) {
		t.Errorf("%v", r.Attributes)
	}
	// Several objects in one event, as some servers have it, are all read.
	two := strings.Replace(sse(`{"choices":[]}`+"\n"+`{"choices":[]}`), "\n{", "\ndata: {", 1)
	if r := feed(t, endpoint(t, openAI, "/v1/chat/completions"), http.StatusOK, "", &Request{}, two); r.Attributes != nil {
		t.Errorf("%v", r.Attributes)
	}
}
