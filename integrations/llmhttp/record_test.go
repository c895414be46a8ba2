package llmhttp

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/llmwire"
	"github.com/langshark/langshark-go/langsharktest"
)

// want checks metadata: an empty value means none.
func want(t *testing.T, o *exporter.Observation, metadata map[string]string) {
	t.Helper()
	for key, value := range metadata {
		if got := langsharktest.Metadata(o, key); got != value {
			t.Errorf("metadata %s: %s, want %s", key, got, value)
		}
	}
}

func TestAnswer(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, root := langshark.StartTrace(rec.Context(), "turn")
	rt := NewTransport(respond(200, "application/json", stream(answer[:40], answer[40:])))
	if got := send(ctx, t, rt, ask+`}`); got != answer {
		t.Errorf("the application got %q", got)
	}
	root.End()
	o := rec.RequireObservation("chat gpt-4o")
	g := o.Generation
	if o.Kind != langshark.KindGeneration || o.ParentID != root.ObservationID() || o.Level != langshark.LevelDefault || o.End.Before(o.Start) {
		t.Errorf("got %+v", o)
	}
	if g.Model != "gpt-4o-2024-08-06" || langsharktest.Parameter(o, "temperature") != "0.2" || !g.CompletionStart.IsZero() {
		t.Errorf("got %+v", g)
	}
	if u := g.Usage; u == nil || u.InputTokens != 9 || u.OutputTokens != 3 || u.TotalTokens != 12 {
		t.Errorf("usage %+v", g.Usage)
	}
	if in, out := langsharktest.JSON(o.Input), langsharktest.JSON(o.Output); in != `[{"role":"user","content":"안녕"}]` || out != `{"role":"assistant","content":"Hi"}` {
		t.Errorf("input %s, output %s", in, out)
	}
	want(t, o, map[string]string{
		"gen_ai.provider.name": `"openai"`, "gen_ai.operation.name": `"chat"`, "gen_ai.request.model": `"gpt-4o"`,
		"gen_ai.response.id": `"chatcmpl-1"`, "gen_ai.response.finish_reasons": `["stop"]`, "server.address": `"api.openai.com"`,
		"http.response.status_code": `200`, "langshark.stream.end": "", "langshark.attempts": "",
	})
}

func TestStreamEnds(t *testing.T) {
	broken := &body{portions: []string{firstChunk}, err: io.ErrUnexpectedEOF}
	for name, tt := range map[string]struct {
		body   *body
		use    func(t *testing.T, cancel func(), b io.ReadCloser)
		end    string
		level  langshark.Level
		status string
	}{
		"complete":                           {stream(firstChunk, lastChunk+done), readAll, "complete", langshark.LevelDefault, ""},
		"closed at the mark, before the end": {stream(firstChunk+lastChunk+done, "rest"), readOnce, "complete", langshark.LevelDefault, ""},
		"closed early":                       {stream(firstChunk, lastChunk+done), readOnce, "closed_early", langshark.LevelDefault, "closed by the application before the end"},
		"cancelled":                          {stream(firstChunk, lastChunk+done), readThenCancel, "cancelled", langshark.LevelWarning, "context canceled"},
		"abandoned":                          {stream(firstChunk, lastChunk+done), cancelOnly, "cancelled", langshark.LevelWarning, "context canceled"},
		"broken":                             {broken, readAll, "error", langshark.LevelError, "unexpected EOF"},
		"truncated":                          {stream(firstChunk), readAll, "truncated", langshark.LevelError, "the answer ended before its end mark"},
		"provider's error": {
			stream(firstChunk, `data: {"error":{"message":"overloaded","code":"server_error"}}`+"\n\n"), readAll,
			"error", langshark.LevelError, "overloaded",
		},
	} {
		t.Run(name, func(t *testing.T) {
			rec := langsharktest.NewRecorder(t)
			ctx, cancel := context.WithCancel(rec.Context())
			defer cancel()
			rt := NewTransport(respond(200, "text/event-stream", tt.body))
			resp, err := rt.RoundTrip(newRequest(ctx, t, ask+`,"stream":true}`))
			if err != nil {
				t.Fatal(err)
			}
			tt.use(t, cancel, resp.Body)
			o := awaitObservation(t, rec, "chat gpt-4o")
			want(t, o, map[string]string{"langshark.stream.end": `"` + tt.end + `"`})
			if o.Level != tt.level || o.StatusMessage != tt.status {
				t.Errorf("level %v, status %q", o.Level, o.StatusMessage)
			}
			if got := langsharktest.JSON(o.Output); name != "abandoned" && got != `{"role":"assistant","content":"It"}` {
				t.Errorf("output %s", got)
			}
			if name != "abandoned" && o.Generation.CompletionStart.IsZero() {
				t.Error("no time of the first token")
			}
			if tt.body.late.Load() > 0 {
				t.Error("read after Close")
			}
		})
	}
}

func readAll(_ *testing.T, _ func(), b io.ReadCloser) {
	_, _ = io.ReadAll(b)
	_ = b.Close()
}

func readOnce(t *testing.T, _ func(), b io.ReadCloser) {
	t.Helper()
	if _, err := b.Read(make([]byte, 4096)); err != nil {
		t.Error(err)
	}
	_ = b.Close()
	_ = b.Close() // twice, as some do
}

func readThenCancel(t *testing.T, cancel func(), b io.ReadCloser) {
	t.Helper()
	if _, err := b.Read(make([]byte, 4096)); err != nil {
		t.Error(err)
	}
	cancel()
	_ = b.Close()
}

func cancelOnly(_ *testing.T, cancel func(), _ io.ReadCloser) { cancel() }

// awaitObservation waits for an observation that ends on another goroutine.
func awaitObservation(t *testing.T, rec *langsharktest.Recorder, name string) *exporter.Observation {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		for _, o := range rec.Observations() {
			if o.Name == name && !o.End.IsZero() {
				return o
			}
		}
	}
	t.Fatalf("no observation %q", name)
	return nil
}

func TestFailures(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	const limited = `{"error":{"message":"Rate limit reached","type":"tokens","param":null,"code":"rate_limit_exceeded"}}`
	rt := NewTransport(respond(429, "application/json", stream(limited)))
	if got := send(rec.Context(), t, rt, ask+`}`); got != limited {
		t.Errorf("the application got %q", got)
	}
	o := rec.RequireObservation("chat gpt-4o")
	if o.Level != langshark.LevelError || o.StatusMessage != "429 Too Many Requests: Rate limit reached" || langsharktest.JSON(o.Output) != limited {
		t.Errorf("level %v, status %q, output %s", o.Level, o.StatusMessage, langsharktest.JSON(o.Output))
	}
	want(t, o, map[string]string{"error.type": `"rate_limit_exceeded"`, "http.response.status_code": "429"})

	rec.Reset()
	rt = NewTransport(respond(502, "text/html", stream("<html>Bad Gateway</html>")))
	send(rec.Context(), t, rt, ask+`}`)
	o = rec.RequireObservation("chat gpt-4o")
	if text, _ := o.Output.AsText(); text != "<html>Bad Gateway</html>" || !strings.HasPrefix(o.StatusMessage, "502 Bad Gateway") {
		t.Errorf("output %s, status %q", langsharktest.JSON(o.Output), o.StatusMessage)
	}

	rec.Reset()
	refused := errors.New("connection refused")
	rt = NewTransport(roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Post", URL: "https://host/chat?key=sk-secret", Err: refused}
	}))
	if _, err := rt.RoundTrip(newRequest(rec.Context(), t, ask+`}`)); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if o := rec.RequireObservation("chat gpt-4o"); o.StatusMessage != "connection refused" || o.Level != langshark.LevelError {
		t.Errorf("level %v, status %q", o.Level, o.StatusMessage)
	}

	rec.Reset()
	ctx, cancel := context.WithCancel(rec.Context())
	rt = NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		cancel()
		return nil, r.Context().Err()
	}))
	if _, err := rt.RoundTrip(newRequest(ctx, t, ask+`}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	o = rec.RequireObservation("chat gpt-4o")
	want(t, o, map[string]string{"langshark.stream.end": `"cancelled"`})
	if o.Level != langshark.LevelWarning {
		t.Errorf("level %v", o.Level)
	}
}

func TestNoSecrets(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	rt := NewTransport(respond(401, "application/json", stream(`{"error":{"message":"bad key","code":"invalid_api_key"}}`)))
	req := newRequest(rec.Context(), t, ask+`}`)
	req.URL.RawQuery = "key=sk-secret&api-version=1"
	req.URL.User = url.UserPassword("me", "sk-secret")
	for _, h := range []string{"Authorization", "Api-Key", "X-Api-Key", "X-Goog-Api-Key", "Cookie"} {
		req.Header.Set(h, "sk-secret")
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	o := rec.RequireObservation("chat gpt-4o")
	all := o.Name + o.StatusMessage + langsharktest.JSON(o.Input) + langsharktest.JSON(o.Output)
	for _, kv := range append(o.Metadata, o.Generation.Parameters...) {
		all += kv.Key + langsharktest.JSON(kv.Value)
	}
	if strings.Contains(all, "sk-secret") {
		t.Errorf("a key was recorded: %s", all)
	}
}

func TestOptions(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	rt := NewTransport(respond(200, "application/json", stream(answer)), WithName("answer"), WithoutInput(), WithoutOutput(), WithClient(rec.Client))
	send(t.Context(), t, rt, ask+`}`)
	o := rec.RequireObservation("answer")
	if !o.Input.IsZero() || !o.Output.IsZero() || o.Generation.Usage == nil {
		t.Errorf("got %+v", o)
	}

	rec.Reset()
	rt = NewTransport(respond(200, "application/json", stream(answer)))
	ctx := ContextWithGeneration(rec.Context(), "greet", langshark.WithPromptVersion("greeting", 3), langshark.WithMetadata("step", 1))
	send(ctx, t, rt, ask+`}`)
	o = rec.RequireObservation("greet")
	if o.Generation.PromptName != "greeting" || o.Generation.PromptVersion != 3 {
		t.Errorf("prompt %s %d", o.Generation.PromptName, o.Generation.PromptVersion)
	}
	want(t, o, map[string]string{"step": "1"})

	rec.Reset()
	rt = NewTransport(respond(200, "application/json", stream(answer)), WithFilter(func(r *http.Request) bool { return r.Header.Get("X-Skip") == "" }))
	req := newRequest(rec.Context(), t, ask+`}`)
	req.Header.Set("X-Skip", "1")
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if n := len(rec.Observations()); n != 0 {
		t.Errorf("%d observations of a request that is filtered out", n)
	}
}

func TestLargeBodies(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	long := strings.Repeat("긴 글 ", 900_000) // 7 MB
	whole := `{"id":"x","choices":[{"message":{"role":"assistant","content":"` + long + `"},"finish_reason":"stop"}]}`
	rt := NewTransport(respond(200, "application/json", stream(whole)))
	request := `{"model":"gpt-4o","messages":[{"role":"user","content":"` + long + `"}]}`
	if got := send(rec.Context(), t, rt, request); got != whole {
		t.Errorf("the application got %d bytes of %d", len(got), len(whole))
	}
	o := rec.RequireObservation("chat gpt-4o")
	want(t, o, map[string]string{"langshark.input.truncated": "true", "langshark.output.truncated": "true"})
	if o.Input.Len() == 0 || o.Input.Len() > llmwire.MaxCaptureBytes || o.Output.Len() == 0 || o.Output.Len() > llmwire.MaxCaptureBytes {
		t.Errorf("input %d, output %d bytes", o.Input.Len(), o.Output.Len())
	}
}

func TestGzip(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(answer))
	_ = w.Close()
	for encoding, output := range map[string]string{"gzip": `{"role":"assistant","content":"Hi"}`, "br": ""} {
		rec := langsharktest.NewRecorder(t)
		base := respond(200, "application/json", stream(zipped.String()))
		rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := base(r)
			resp.Header.Set("Content-Encoding", encoding)
			return resp, err
		}))
		if got := send(rec.Context(), t, rt, ask+`}`); got != zipped.String() {
			t.Error("the application got other bytes")
		}
		o := rec.RequireObservation("chat gpt-4o")
		if got := langsharktest.JSON(o.Output); got != output || o.Level != langshark.LevelDefault {
			t.Errorf("%s: output %s, level %v %s", encoding, got, o.Level, o.StatusMessage)
		}
		if unread := langsharktest.Metadata(o, "langshark.output.unread"); (unread == "") != (output != "") {
			t.Errorf("%s: unread %s", encoding, unread)
		}
	}
}

func TestTheQueryIsNotRecorded(t *testing.T) {
	for _, text := range []string{"dial %s: refused", "bad query ?%[2]s", "bad query %[2]s", "wrong key=sk-secret"} {
		rec := langsharktest.NewRecorder(t)
		rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
			return nil, errors.New(strings.NewReplacer("%s", r.URL.String(), "%[2]s", r.URL.RawQuery).Replace(text))
		}))
		req := newRequest(rec.Context(), t, ask+`}`)
		req.URL.RawQuery = "key=sk-secret&alt=sse"
		if resp, err := rt.RoundTrip(req); err == nil {
			_ = resp.Body.Close()
			t.Fatal("no error")
		}
		if got := rec.RequireObservation("chat gpt-4o").StatusMessage; got == "" || strings.Contains(got, "secret") {
			t.Errorf("%s became %q", text, got)
		}
	}
}

// TestWithCapture is the transport's own mode, over the client's; what a call's context says has the last word.
func TestWithCapture(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	for name, c := range map[string]struct {
		opts     []Option
		ctx      []langshark.GenerationOption
		recorded bool
	}{
		"as the client":     {nil, nil, true},
		"none":              {[]Option{WithCapture(langshark.CaptureNone)}, nil, false},
		"none, but here so": {[]Option{WithCapture(langshark.CaptureNone)}, []langshark.GenerationOption{langshark.WithCapture(langshark.CaptureAll)}, true},
	} {
		rt := NewTransport(respond(200, "application/json", stream(answer)), c.opts...)
		send(ContextWithGeneration(rec.Context(), name, c.ctx...), t, rt, ask+`}`)
		o := rec.RequireObservation(name)
		if o.Input.IsZero() == c.recorded || o.Output.IsZero() == c.recorded || o.Generation.Usage == nil {
			t.Errorf("%s: input %s, output %s, usage %+v", name, langsharktest.JSON(o.Input), langsharktest.JSON(o.Output), o.Generation.Usage)
		}
	}
}
