package llmhttp

import (
	"io"
	"net/http"
	"strings"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

func TestEmbedding(t *testing.T) {
	const in = `{"data":[{"embedding":[0.5,1,2]},{"embedding":[1,2,3]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}`
	for name, tt := range map[string]struct {
		opts   []Option
		output string
	}{
		"counts":  {nil, `{"count":2,"dimensions":3}`},
		"vectors": {[]Option{WithVectors()}, `[{"embedding":[0.5,1,2]},{"embedding":[1,2,3]}]`},
	} {
		rec := langsharktest.NewRecorder(t)
		rt := NewTransport(respond(200, "application/json", stream(in)), tt.opts...)
		sendTo(rec.Context(), t, rt, http.MethodPost, "https://api.openai.com/v1/embeddings", `{"model":"text-embedding-3-small","input":["a","b"]}`)
		o := rec.RequireObservation("embeddings text-embedding-3-small")
		if o.Kind != langshark.KindEmbedding || langsharktest.JSON(o.Output) != tt.output || langsharktest.JSON(o.Input) != `["a","b"]` || o.Generation.Usage.InputTokens != 8 {
			t.Errorf("%s: %+v %s", name, o, langsharktest.JSON(o.Output))
		}
		want(t, o, map[string]string{"gen_ai.embeddings.dimension.count": "3", "langshark.embeddings.count": "2", "langshark.stream.end": ""})
	}
}

func TestManagement(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	call := func(rt http.RoundTripper, traced bool, method, path, body string) {
		t.Helper()
		ctx := rec.Context()
		var root *langshark.Trace
		if traced {
			ctx, root = langshark.StartTrace(ctx, "job")
			defer root.End()
		}
		sendTo(ctx, t, rt, method, "https://api.openai.com"+path, body)
	}
	with := func(status int, b string) *Transport {
		return NewTransport(respond(status, "application/json", stream(b)), WithManagement(true))
	}
	call(with(200, `{"id":"thread_1"}`), true, http.MethodPost, "/v1/threads", `{"messages":[]}`)
	o := rec.RequireObservation("POST /threads")
	if o.Kind != langshark.KindSpan || langsharktest.JSON(o.Input) != `{"messages":[]}` || langsharktest.JSON(o.Output) != `{"id":"thread_1"}` || o.Level != langshark.LevelDefault {
		t.Errorf("got %+v", o)
	}
	want(t, o, map[string]string{"gen_ai.provider.name": `"openai"`, "http.response.status_code": "200", "langshark.stream.end": "", "gen_ai.operation.name": ""})

	call(with(404, `{"error":{"message":"No such thread"}}`), true, http.MethodGet, "/v1/threads/thread_2", "")
	if o := rec.RequireObservation("GET /threads/{id}"); o.Level != langshark.LevelError || o.StatusMessage != "404 Not Found: No such thread" {
		t.Errorf("got %+v", o)
	}

	before := len(rec.Observations())
	call(with(200, `{}`), false, http.MethodGet, "/v1/models", "") // begins no trace
	call(NewTransport(respond(200, "application/json", stream(`{}`))), true, http.MethodGet, "/v1/models", "")
	if n := len(rec.Observations()); n != before+1 { // the second one's trace
		t.Errorf("%d more: %s", n-before, rec.Tree())
	}
}

// Sound has no end mark of its own: the end of the bytes is the end, unless the connection broke.
func TestSpeech(t *testing.T) {
	for name, tt := range map[string]struct {
		body  *body
		end   string
		level langshark.Level
	}{
		"complete": {&body{portions: []string{"ID3", "abc"}}, "", langshark.LevelDefault},
		"broken":   {&body{portions: []string{"ID3", "abc"}, err: io.ErrUnexpectedEOF}, `"error"`, langshark.LevelError},
	} {
		rec := langsharktest.NewRecorder(t)
		rt := NewTransport(respond(200, "audio/mpeg", tt.body))
		sendTo(rec.Context(), t, rt, http.MethodPost, "https://api.openai.com/v1/audio/speech", `{"model":"tts-1","input":"안녕","voice":"alloy"}`)
		o := rec.RequireObservation("speech tts-1")
		if langsharktest.JSON(o.Input) != `"안녕"` || !strings.Contains(langsharktest.JSON(o.Output), "audio/mpeg") || o.Level != tt.level || langsharktest.Parameter(o, "voice") != `"alloy"` {
			t.Errorf("%s: %+v %s", name, o, langsharktest.JSON(o.Output))
		}
		want(t, o, map[string]string{"langshark.stream.end": tt.end})
	}
}

// A path that other APIs have too isn't taken for a model's unless the body or the host is one's.
func TestForeignRequests(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	for url, body := range map[string]string{
		"https://sms.example.com/v1/messages":             `{"from":"1","to":"2","text":"hi"}`,
		"https://chat.example.com/api/chat":               `{"room":7,"say":"hi"}`,
		"https://api.anthropic.com/v1/messages/x":         `{}`,
		"https://api.openai.com/v1/messages/count_tokens": `{"model":"m","messages":[]}`, // asks no model
	} {
		sendTo(rec.Context(), t, NewTransport(respond(200, "application/json", stream(`{}`))), http.MethodPost, url, body)
		if n := len(rec.Observations()); n != 0 {
			t.Errorf("%s: %s", url, rec.Tree())
			rec.Reset()
		}
	}
}
