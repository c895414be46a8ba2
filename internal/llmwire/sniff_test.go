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

// Answers whose Content-Type is wrong or missing were taken for broken off.
func TestAnswersOfAnotherType(t *testing.T) {
	const (
		chatPiece = `{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}`
		message   = `{"type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn"}`
		candidate = `{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"STOP","index":0}]}`
		line      = `{"message":{"role":"assistant","content":"Hi"},"done":true,"done_reason":"stop"}`
		completed = `{"status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}]}`
		picture   = `{"data":[{"url":"Hi"}]}`
		spoken    = `{"text":"Hi"}`
	)
	types := []string{
		"", "application/json", "application/octet-stream", "text/plain; charset=utf-8", "text/event-stream", "text/html", "binary/octet-stream", "application/x-ndjson",
		"application/stream+json",
	}
	openAI := "api.openai.com"
	for _, tt := range []struct{ host, path, piece, stream string }{
		{openAI, "/v1/chat/completions", chatPiece, sse(`{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}`, "[DONE]")},
		{openAI, "/v1/completions", `{"choices":[{"text":"Hi","finish_reason":"stop"}]}`, sse(`{"choices":[{"index":0,"text":"Hi","finish_reason":"stop"}]}`)},
		{openAI, "/v1/responses", completed, sse(`response.completed|{"type":"response.completed","response":` + completed + `}`)},
		{openAI, "/v1/embeddings", `{"data":[{"embedding":[1,2]}]}`, ""},
		{openAI, "/v1/images/generations", picture, sse(`{"type":"image_generation.completed","b64_json":"Hi"}`)},
		{openAI, "/v1/audio/transcriptions", spoken, sse(`{"type":"transcript.text.delta","delta":"Hi"}`, `{"type":"transcript.text.done","text":"Hi"}`)},
		{"api.anthropic.com", "/v1/messages", message, messageStart + blockStart(0, `{"type":"text","text":""}`) + blockDelta(0, `{"type":"text_delta","text":"Hi"}`) + messageStop},
		{"api.anthropic.com", "/v1/complete", `{"completion":"Hi","stop_reason":"stop_sequence"}`, sse(`completion|{"completion":"Hi","stop_reason":"stop_sequence"}`)},
		{geminiHost, geminiStreamed, "[" + candidate + "]", "data: " + candidate + "\r\n\r\n"},
		{geminiHost, geminiStreamed, candidate, ""},
		{geminiHost, "/v1beta/models/gemini-2.5-pro:generateContent", candidate, "data: " + candidate + "\r\n\r\n"},
		{"localhost:11434", "/api/chat", strings.Replace(line, `,"done"`, "\n"+`,"done"`, 1), line + "\n"},
		{"localhost:11434", "/api/embed", `{"embeddings":[[1,2]]}`, ""},
	} {
		e := endpoint(t, tt.host, tt.path)
		for _, contentType := range types {
			for _, asked := range []bool{false, true} {
				for _, begin := range []string{"", "\r\n \n", "\ufeff", "\n\ufeff\n"} {
					for form, in := range map[string]string{"piece": tt.piece, "stream": tt.stream} {
						if lines := strings.Contains(contentType, "ndjson"); in == "" || lines && strings.Contains(tt.path, "/api/chat") && form == "piece" {
							continue
						}
						r := feed(t, e, http.StatusOK, contentType, &Request{Stream: asked}, begin+in)
						if _, counted := r.Attributes[AttributeVectors]; !r.Complete || r.Err != nil || !strings.Contains(string(r.Output), "Hi") && !counted {
							t.Errorf("%s, %s as %q, asked for a stream %v, after %q: %+v %s", tt.path, form, contentType, asked, begin, r, r.Output)
						}
					}
				}
			}
		}
		for _, contentType := range types {
			if r := feed(t, e, http.StatusOK, contentType, &Request{}, "\n<html>Sign in"); r.Err == nil || r.Err.Message != "a page instead of an answer: <html>Sign in" {
				t.Errorf("%s, a page as %q: %+v", tt.path, contentType, r)
			}
		}
	}
}

func TestBeginningsOfEvents(t *testing.T) {
	chat := endpoint(t, "api.openai.com", "/v1/chat/completions")
	rest := "\n" + sse(`{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}`)
	for _, begin := range []string{": OPENROUTER PROCESSING\n", "event: message", "id: 1", "retry: 10", "data:", ":"} {
		if r := feed(t, chat, http.StatusOK, "application/json", &Request{}, begin+rest); !r.Complete {
			t.Errorf("%q: %+v", begin, r)
		}
	}
	for _, in := range []string{"", " ", "d", "dat", "date: 1", "i", "\xef", "\xef\xbb", "x", "retry", "\xef\xbbx"} {
		if r := feed(t, chat, http.StatusOK, "", &Request{Stream: true}, in); r.Complete || r.Output != nil || r.Err != nil {
			t.Errorf("%q: %+v", in, r)
		}
	}
}

// Texts and sound may begin with any sign.
func TestTextsThatLookLikeSomethingElse(t *testing.T) {
	e := endpoint(t, "api.openai.com", "/v1/audio/transcriptions")
	for _, in := range []string{"[Music] Hi", "{Hi}", "data: Hi", "<Hi>", " Hi\n"} {
		r := feed(t, e, http.StatusOK, "text/plain", &Request{Parameters: map[string]any{"response_format": "text"}}, in)
		if string(r.Output) != string(textJSON([]byte(in))) || r.Err != nil {
			t.Errorf("%q: %+v %s", in, r, r.Output)
		}
	}
	r := feed(t, endpoint(t, "api.openai.com", "/v1/audio/speech"), http.StatusOK, "audio/pcm", &Request{}, "<\x00\x01")
	if r.Err != nil || string(r.Output) != `"data:audio/pcm;base64,PAAB"` {
		t.Errorf("%+v %s", r, r.Output)
	}
	r = feed(t, endpoint(t, "api.openai.com", "/v1/audio/speech"), http.StatusOK, "", &Request{Parameters: map[string]any{"stream_format": "sse"}},
		sse(`{"type":"speech.audio.delta","audio":"aGk="}`, `{"type":"speech.audio.done","usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}`))
	if !r.Complete || r.Usage == nil || r.Usage.Total != 3 {
		t.Errorf("%+v", r)
	}
}

func TestSniffedGrows(t *testing.T) {
	a := endpoint(t, "api.openai.com", "/v1/chat/completions").Answer(http.StatusOK, "", &Request{Stream: true})
	a.(Grower).Grow(5000)
	a.Feed([]byte("{"))
	if w, ok := a.(*sniffed).inner.(*whole); !ok || cap(w.body) != 5000 {
		t.Errorf("%+v", a)
	}
}
