package llmhttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

// Each test here guards against a defect that a reader found.

// The client ends a request at its Timeout by two signals at once; its error was
// another each time.
func TestClientTimeout(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/body") {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, firstChunk)
			_ = http.NewResponseController(w).Flush()
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	defer close(release)
	rec := langsharktest.NewRecorder(t)
	for _, path := range []string{"/header", "/body"} {
		ask := func(client *http.Client) string {
			client.Timeout = 15 * time.Millisecond
			req, err := http.NewRequestWithContext(rec.Context(), http.MethodPost, srv.URL+path+"/v1/chat/completions", strings.NewReader(ask+`,"stream":true}`))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			var timeout interface{ Timeout() bool }
			return fmt.Sprintf("%T %v %v", err, err, errors.As(err, &timeout) && timeout.Timeout())
		}
		plain := *srv.Client()
		traced := plain
		traced.Transport = NewTransport(plain.Transport)
		want := ask(&plain)
		requireMost(t, want, func() string { return ask(&traced) })
	}
	cancelled := 0
	for _, o := range rec.Observations() {
		if o.Level == langshark.LevelWarning && o.StatusMessage == "context deadline exceeded" && langsharktest.Metadata(o, "langshark.stream.end") == `"cancelled"` {
			cancelled++
		}
	}
	if cancelled < 14 {
		t.Errorf("%d of 20 recorded as cancelled:\n%s", cancelled, rec.Tree())
	}
}

// requireMost wants the same of seven of ten: on a busy machine the second signal
// of a timeout may come later than it is waited for. Without the wait it is one.
func requireMost(t *testing.T, want string, ask func() string) {
	t.Helper()
	others := map[string]int{}
	same := 0
	for range 10 {
		if got := ask(); got == want {
			same++
		} else {
			others[got]++
		}
	}
	if same < 7 {
		t.Errorf("%d times %s, else %v", same, want, others)
	}
}

// Keys that an answer repeats are left out.
func TestKeysInAnswers(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	for status, body := range map[int]string{
		404: "<p>The requested URL /v1/chat/completions?key=AIzaSECRET was not found</p>",
		401: `{"error":{"message":"Invalid key: sk-SECRET"}}`,
		500: "X-Api-Key: other-SECRET",
	} {
		rt := NewTransport(respond(status, "", stream(body)))
		req := newRequest(rec.Context(), t, ask+`}`)
		req.URL.RawQuery = "key=AIzaSECRET"
		req.Header.Set("Authorization", "Bearer sk-SECRET")
		req.Header.Set("X-Api-Key", "other-SECRET")
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(got) != body {
			t.Errorf("the application got %s", got)
		}
	}
	for _, o := range rec.Observations() {
		if all := fmt.Sprintf("%s %s %v", o.StatusMessage, langsharktest.JSON(o.Output), o.Metadata); strings.Contains(all, "SECRET") || langsharktest.JSON(o.Output) == "" {
			t.Errorf("recorded %s", all)
		}
	}
}

// An error's body repeats the request, as FastAPI's do.
func TestErrorsWithoutContent(t *testing.T) {
	const body = `{"error":{"message":"bad PROMPT"},"input":"PROMPT"}`
	for name, opt := range map[string]Option{"input": WithoutInput(), "output": WithoutOutput(), "none": WithCapture(langshark.CaptureNone)} {
		rec := langsharktest.NewRecorder(t)
		send(rec.Context(), t, NewTransport(respond(422, "application/json", stream(body)), opt), ask+`}`)
		o := rec.RequireObservation("chat gpt-4o")
		if !o.Output.IsZero() || o.Level != langshark.LevelError || !strings.HasPrefix(o.StatusMessage, "422 ") || name == "none" && strings.Contains(o.StatusMessage, "PROMPT") {
			t.Errorf("%s: %s, %q", name, langsharktest.JSON(o.Output), o.StatusMessage)
		}
	}
}

// What GetBody returns may be the body itself; reading or closing it takes it away.
func TestSharedBodies(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	path := filepath.Join(t.TempDir(), "body.json")
	if err := os.WriteFile(path, []byte(ask+`}`), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	buffer := io.NopCloser(bytes.NewBufferString(ask + `}`))
	for name, body := range map[string]struct {
		body io.ReadCloser
		get  func() (io.ReadCloser, error)
	}{
		"a file that goes back": {file, func() (io.ReadCloser, error) { _, err := file.Seek(0, io.SeekStart); return file, err }},
		"a buffer that doesn't": {buffer, func() (io.ReadCloser, error) { return buffer, nil }},
	} {
		var sent string
		rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
			b, err := io.ReadAll(r.Body)
			sent = string(b)
			if err != nil {
				return nil, err
			}
			return respond(200, "application/json", stream(answer))(r)
		}))
		req := newRequest(rec.Context(), t, "")
		req.Body, req.GetBody, req.ContentLength = body.body, body.get, int64(len(ask)+1)
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(name, err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if sent != ask+`}` {
			t.Errorf("%s: sent %q", name, sent)
		}
		rec.RequireObservation("chat gpt-4o")
		rec.Reset()
	}
}

// Whether a request is one to a model is told by its body where that can be read only once, too.
func TestForeignWithoutGetBody(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	req, err := http.NewRequestWithContext(rec.Context(), http.MethodPost, "https://sms.example.com/v1/messages", io.MultiReader(strings.NewReader(`{"to":"1","text":"hi"}`)))
	if err != nil {
		t.Fatal(err)
	}
	theBody := stream(`{"ok":true}`)
	resp, err := NewTransport(respond(200, "application/json", theBody)).RoundTrip(req)
	if err != nil || resp.Body != io.ReadCloser(theBody) {
		t.Errorf("%v, the body was wrapped", err)
	}
	_ = resp.Body.Close()
	if n := len(rec.Observations()); n != 0 {
		t.Errorf("recorded\n%s", rec.Tree())
	}
}

// A redirect that the client follows is an attempt of the same call.
func TestRedirect(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/old") {
			http.Redirect(w, r, "/v1/chat/completions", http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answer)
	}))
	defer srv.Close()
	rec := langsharktest.NewRecorder(t)
	client := &http.Client{Transport: NewTransport(&http.Transport{DisableKeepAlives: true})}
	exchange(rec.Context(), t, client, srv.URL+"/old/v1/chat/completions", strings.NewReader(ask+`}`))
	o := rec.RequireObservation("chat gpt-4o")
	if o.Level != langshark.LevelDefault || o.StatusMessage != "" || !strings.Contains(langsharktest.Metadata(o, "langshark.attempts"), "307") {
		t.Errorf("%s %q, attempts %s", o.Level, o.StatusMessage, langsharktest.Metadata(o, "langshark.attempts"))
	}

	// One that the application doesn't follow is what it got.
	rec.Reset()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	exchange(rec.Context(), t, client, srv.URL+"/old/v1/chat/completions", strings.NewReader(ask+`}`))
	if o := rec.RequireObservation("chat gpt-4o"); o.Level != langshark.LevelError {
		t.Errorf("%s %q", o.Level, o.StatusMessage)
	}
}

// The last failure of an SDK's attempts is there when the client is flushed.
func TestFlushEndsWaiting(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := respond(429, "application/json", stream(`{"error":{"message":"slow down"}}`))(r)
		resp.Header.Set("Retry-After", "30")
		return resp, err
	}))
	req := newRequest(rec.Context(), t, ask+`}`)
	req.Header.Set(retryHeader, "2")
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if o := rec.RequireObservation("chat gpt-4o"); o.Level != langshark.LevelError || o.StatusMessage != "429 Too Many Requests: slow down" { // it flushes
		t.Errorf("%s %q", o.Level, o.StatusMessage)
	}
	if len(rt.pending) != 0 || rt.waiting != 0 {
		t.Errorf("%d still wait", rt.waiting)
	}
}

// A transport below another of ours records nothing again.
func TestNestedTransports(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	rt := NewTransport(NewTransport(respond(200, "application/json", stream(answer))))
	send(rec.Context(), t, rt, ask+`}`)
	rec.RequireObservation("chat gpt-4o")
}

// Requests of one scope that run at the same time are calls of their own.
func TestParallelInScope(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, end := WithCall(rec.Context())
	var all sync.WaitGroup
	all.Add(3)
	rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		all.Done()
		all.Wait() // all three run
		return respond(200, "application/json", stream(answer))(r)
	}))
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { send(ctx, t, rt, ask+`}`) })
	}
	wg.Wait()
	end()
	if n := len(rec.Observations()); n != 3 {
		t.Errorf("%d generations", n)
	}
}

// The transport that everybody uses may be replaced after ours is made.
func TestDefaultTransportIsLookedUp(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	rt := NewTransport(nil)
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	http.DefaultTransport = respond(200, "application/json", stream(answer))
	if got := send(rec.Context(), t, rt, ask+`}`); got != answer {
		t.Errorf("got %s", got)
	}
}

// After Close there is nothing more to read, as without us.
func TestHiderAfterClose(t *testing.T) {
	h := &usageHider{rc: stream(firstChunk+lastChunk, done)}
	if _, err := h.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	_ = h.Close()
	if n, err := h.Read(make([]byte, 10)); n != 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// What can't be hidden isn't asked for.
func TestStreamUsageOfOwnEncoding(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	var sent string
	rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		b, _ := io.ReadAll(r.Body)
		sent = string(b)
		return respond(200, "text/event-stream", stream(firstChunk, done))(r)
	}), WithStreamUsage())
	req := newRequest(rec.Context(), t, ask+`,"stream":true}`)
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if sent != ask+`,"stream":true}` {
		t.Errorf("sent %s", sent)
	}
}

// Agents of one trace whose provider names no calls get each the results of their own.
func TestToolsOfTwoAgents(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, root := langshark.StartTrace(rec.Context(), "team")
	asks := func(ctx context.Context, agent string) {
		body := fmt.Sprintf(`{"model":"qwen3","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"search","arguments":{"q":"%s"}}}]},"done":true}`, agent)
		sendTo(ctx, t, NewTransport(respond(200, "application/json", stream(body))), http.MethodPost, "http://localhost:11434/api/chat", `{"model":"qwen3","stream":false,"messages":[{"role":"user","content":"?"}]}`)
	}
	tells := func(ctx context.Context, agent string) {
		sendTo(ctx, t, NewTransport(respond(200, "application/json", stream(`{"done":true}`))), http.MethodPost, "http://localhost:11434/api/chat",
			fmt.Sprintf(`{"model":"qwen3","stream":false,"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"search","arguments":{"q":"%[1]s"}}}]},{"role":"tool","tool_name":"search","content":"result for %[1]s"}]}`, agent))
	}
	a, spanA := langshark.StartObservation(ctx, langshark.KindAgent, "A")
	b, spanB := langshark.StartObservation(ctx, langshark.KindAgent, "B")
	asks(a, "A")
	asks(b, "B")
	tells(b, "B")
	tells(a, "A")
	spanA.End()
	spanB.End()
	root.End()
	n := 0
	for _, o := range rec.Observations() {
		if o.Kind != langshark.KindTool {
			continue
		}
		n++
		want := "A"
		if o.ParentID == spanB.ID() {
			want = "B"
		}
		if langsharktest.JSON(o.Input) != `{"q":"`+want+`"}` || langsharktest.JSON(o.Output) != `"result for `+want+`"` {
			t.Errorf("below %s: %s, %s", want, langsharktest.JSON(o.Input), langsharktest.JSON(o.Output))
		}
	}
	if n != 2 {
		t.Errorf("%d tools", n)
	}
}

// Of a sound file of any size, the model and what else the form says are there; of
// a picture of some megabytes, all.
func TestLargeRequests(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "call.mp3")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(make([]byte, 20<<20))
	_ = w.WriteField("model", "whisper-1")
	_ = w.WriteField("language", "ko")
	_ = w.Close()
	req, err := http.NewRequestWithContext(rec.Context(), http.MethodPost, "https://api.openai.com/v1/audio/transcriptions", bytes.NewReader(form.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	sent := 0
	resp, err := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		n, _ := io.Copy(io.Discard, r.Body)
		sent = int(n)
		return respond(200, "application/json", stream(`{"text":"안녕"}`))(r)
	})).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	o := rec.RequireObservation("transcription whisper-1")
	if sent != form.Len() || langsharktest.Parameter(o, "language") != `"ko"` || !strings.Contains(langsharktest.JSON(o.Input), `"bytes":20971520`) || langsharktest.JSON(o.Output) != `"안녕"` {
		t.Errorf("sent %d of %d; %s, %v", sent, form.Len(), langsharktest.JSON(o.Input), o.Generation.Parameters)
	}

	picture := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1, 2, 3}, 2<<20))
	body := `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,` + picture + `"}},{"type":"text","text":"what is this?"}]}],"model":"gpt-4o","temperature":0.5}`
	send(rec.Context(), t, NewTransport(respond(200, "application/json", stream(answer))), body)
	o = rec.RequireObservation("chat gpt-4o")
	if in := langsharktest.JSON(o.Input); len(in) > 1000 || !strings.Contains(in, "@@@langfuseMedia:") || !strings.Contains(in, "what is this?") || langsharktest.Parameter(o, "temperature") != "0.5" {
		t.Errorf("%d bytes: %.300s", len(in), in)
	}
}

// Clients tell the application of the end when the end mark is there; it may flush
// before it closes the stream, if it ever does.
func TestEndMarkEndsTheGeneration(t *testing.T) {
	const (
		anthropic = "event: message_start\n" + `data: {"type":"message_start","message":{"id":"m1","role":"assistant","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}` + "\n\n" +
			"event: message_delta\n" + `data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}` + "\n\n" +
			"event: message_stop\n" + `data: {"type":"message_stop"}` + "\n\n"
		responses  = "event: response.completed\n" + `data: {"type":"response.completed","response":{"id":"r1","status":"completed","output":[],"usage":{"input_tokens":3,"output_tokens":5}}}` + "\n\n"
		transcript = `data: {"type":"transcript.text.delta","delta":"Hi"}` + "\n\n" + `data: {"type":"transcript.text.done","text":"Hi","usage":{"type":"tokens","input_tokens":3,"output_tokens":5,"total_tokens":8}}` + "\n\n"
		completion = "event: completion\n" + `data: {"type":"completion","completion":" Hi","stop_reason":"stop_sequence","model":"m"}` + "\n\n"
		ollama     = `{"model":"m","message":{"role":"assistant","content":"Hi"},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":5}` + "\n"
	)
	for name, tt := range map[string]struct{ url, contentType, answer string }{
		"chat":                             {chatURL, "text/event-stream", firstChunk + lastChunk + done},
		"chat, the empty line comes later": {chatURL, "text/event-stream", firstChunk + lastChunk + strings.TrimSuffix(done, "\n")},
		"of no type":                       {chatURL, "", firstChunk + lastChunk + done},
		"responses":                        {"https://api.openai.com/v1/responses", "text/event-stream", responses},
		"anthropic":                        {"https://api.anthropic.com/v1/messages", "text/event-stream", anthropic},
		"chat, a newline ends an event":    {chatURL, "text/event-stream", strings.ReplaceAll(firstChunk+lastChunk+done, "\n\n", "\n")},
		"transcript":                       {"https://api.openai.com/v1/audio/transcriptions", "text/event-stream", transcript},
		"anthropic's completion":           {"https://api.anthropic.com/v1/complete", "text/event-stream", completion},
		"ollama":                           {"http://127.0.0.1:11434/api/chat", "application/x-ndjson", ollama},
	} {
		t.Run(name, func(t *testing.T) {
			rec := langsharktest.NewRecorder(t)
			req, err := http.NewRequestWithContext(rec.Context(), http.MethodPost, tt.url, strings.NewReader(`{"model":"m","messages":[],"stream":true}`))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := NewTransport(respond(200, tt.contentType, stream(tt.answer, "rest"))).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadFull(resp.Body, make([]byte, len(tt.answer))); err != nil {
				t.Fatalf("%d bytes: %v", got, err)
			}
			o := rec.Observations()[0]
			if o.End.IsZero() {
				t.Error("it runs on")
			}
			want(t, o, map[string]string{"langshark.stream.end": `"complete"`})
			if rest, err := io.ReadAll(resp.Body); string(rest) != "rest" || err != nil {
				t.Errorf("%q, %v", rest, err)
			}
			_ = resp.Body.Close()
		})
	}
}

// Some servers send the usage behind the end mark. Who asked for it, or has it asked for, gets it recorded;
// without it the stream ends with its bytes.
func TestUsageBehindTheEndMark(t *testing.T) {
	const usage = `data: {"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}` + "\n\n"
	for name, tt := range map[string]struct {
		request  string
		options  []Option
		portions []string
		ends     bool // with the mark
		total    int64
	}{
		"asked for":            {`,"stream":true,"stream_options":{"include_usage":true}}`, nil, []string{firstChunk + lastChunk + done, usage}, false, 8},
		"asked for by us":      {`,"stream":true}`, []Option{WithStreamUsage()}, []string{firstChunk + lastChunk + done, usage}, false, 8},
		"asked for, and first": {`,"stream":true,"stream_options":{"include_usage":true}}`, nil, []string{firstChunk + lastChunk + usage + done, ": the end\n\n"}, true, 8},
		"asked for in vain":    {`,"stream":true,"stream_options":{"include_usage":true}}`, nil, []string{firstChunk + lastChunk + done, ": the end\n\n"}, false, 0},
		"not asked for":        {`,"stream":true}`, nil, []string{firstChunk + lastChunk + done, ": the end\n\n"}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			rec := langsharktest.NewRecorder(t)
			resp, err := NewTransport(respond(200, "text/event-stream", stream(tt.portions...)), tt.options...).RoundTrip(newRequest(rec.Context(), t, ask+tt.request))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := resp.Body.Read(make([]byte, 4096)); err != nil {
				t.Fatal(err)
			}
			if ended := len(rec.Observations()) == 1 && !rec.Observations()[0].End.IsZero(); ended != tt.ends {
				t.Errorf("ended with the mark: %v", ended)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			o := rec.RequireObservation("chat gpt-4o")
			want(t, o, map[string]string{"langshark.stream.end": `"complete"`})
			if u := o.Generation.Usage; o.End.IsZero() || (u == nil) != (tt.total == 0) || u != nil && u.TotalTokens != tt.total {
				t.Errorf("ended %v, usage %+v", o.End, u)
			}
		})
	}
}
