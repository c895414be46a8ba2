package llmwire

import (
	"net/http"
	"strings"
	"testing"
)

func TestPages(t *testing.T) {
	const page = "\r\n <!doctype html><title>Sign in</title>"
	chat := endpoint(t, "api.openai.com", "/v1/chat/completions")
	picture := endpoint(t, "api.openai.com", "/v1/images/generations")
	gemini := endpoint(t, geminiHost, geminiStreamed)
	ask := func(e Endpoint, contentType, in string) Response {
		a := AnswerOf(e, http.StatusOK, contentType, &Request{Stream: e == gemini})
		for i := range len(in) {
			a.Feed([]byte{in[i]})
		}
		if a.Started() {
			t.Errorf("%s: it has a first token", in)
		}
		return a.Close()
	}
	for _, e := range []Endpoint{chat, picture, gemini} {
		r := ask(e, "Text/HTML; charset=utf-8", page)
		if r.Err == nil || r.Err.Message != "a page instead of an answer: "+strings.TrimSpace(page) || r.Err.Body != strings.TrimSpace(page) {
			t.Errorf("%s: %+v", e.Operation(), r)
		}
	}
	for in, complete := range map[string]bool{`{"choices":[]}`: true, "": false, " ": false} {
		if r := ask(chat, "text/html", in); r.Err != nil || r.Complete != complete {
			t.Errorf("%q: %+v", in, r)
		}
	}
	// A file of the customer's may be HTML, and an error says itself what it is.
	if e, ok := DetectManagement("GET", "api.openai.com", "/v1/files/f/content"); !ok || AnswerOf(e, 200, "text/html", &Request{}).Close().Err != nil {
		t.Error("a file is no answer")
	}
	a := AnswerOf(chat, 502, "text/html", &Request{})
	a.Feed([]byte(page))
	if r := a.Close(); r.Err == nil || r.Err.Message != strings.TrimSpace(page) {
		t.Errorf("%+v", r)
	}
}
