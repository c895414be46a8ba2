package llmhttp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/internal/llmwire"
	"github.com/langshark/langshark-go/langsharktest"
)

// seen is all that a client sees of an exchange, and what the server saw.
type seen struct {
	Status  int
	Header  http.Header
	Trailer http.Header
	Body    string
	Err     string
	Length  int64
	Server  string

	SameRequest, Uncompressed bool
}

// exchange makes one request and notes what both sides see.
func exchange(ctx context.Context, t *testing.T, client *http.Client, url string, body io.Reader) seen {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"?api-version=2", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sk-1")
	before := req.Header.Clone()
	resp, err := client.Do(req)
	if !maps.EqualFunc(req.Header, before, slices.Equal) {
		t.Errorf("the request's header was changed: %v", req.Header)
	}
	if err != nil {
		return seen{Err: err.Error()}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	s := seen{
		Status: resp.StatusCode, Header: resp.Header, Trailer: resp.Trailer, Body: string(b), Length: resp.ContentLength,
		SameRequest: resp.Request == req, Uncompressed: resp.Uncompressed,
	}
	s.Header.Del("Date")
	if err != nil {
		s.Err = err.Error()
	}
	return s
}

func TestTransparent(t *testing.T) {
	var mu sync.Mutex
	var server string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		var head bytes.Buffer
		_ = r.Header.Write(&head)
		mu.Lock()
		server = fmt.Sprintf("%s %s %d %v\n%s\n%s", r.Method, r.URL, r.ContentLength, r.TransferEncoding, head.String(), b)
		mu.Unlock()
		switch r.URL.Path {
		case "/trailer/chat/completions":
			w.Header().Set("Trailer", "X-Cost")
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, firstChunk, done)
			w.Header().Set("X-Cost", "3")
		case "/broken/chat/completions":
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, firstChunk)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case "/refused/chat/completions":
			panic(http.ErrAbortHandler)
		case "/error/chat/completions":
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"error":{}}`)
		case "/empty/chat/completions":
			w.WriteHeader(http.StatusNoContent)
		case "/moved/chat/completions":
			http.Redirect(w, r, "/v1/chat/completions", http.StatusTemporaryRedirect)
		default:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, answer)
		}
	}))
	t.Cleanup(srv.Close)
	srv.Config.ErrorLog = nil

	rec := langsharktest.NewRecorder(t)
	base := &http.Transport{DisableKeepAlives: true}
	plain, traced := &http.Client{Transport: base}, &http.Client{Transport: NewTransport(base)}
	large := ask + `,"x":"` + strings.Repeat("y", 5<<20) + `"}`
	bodies := map[string]func() io.Reader{
		"with GetBody":    func() io.Reader { return strings.NewReader(ask + `}`) },
		"without GetBody": func() io.Reader { return io.MultiReader(strings.NewReader(ask), strings.NewReader(`}`)) },
		"none":            func() io.Reader { return nil },
		"not JSON":        func() io.Reader { return bytes.NewReader([]byte{0, 1, 0xff}) },
		"large":           func() io.Reader { return strings.NewReader(large) },
	}
	for _, path := range []string{
		"/v1/chat/completions", "/trailer/chat/completions", "/broken/chat/completions", "/refused/chat/completions",
		"/error/chat/completions", "/empty/chat/completions", "/moved/chat/completions", "/v1/embeddings",
	} {
		for name, body := range bodies {
			if name == "large" && path != "/v1/chat/completions" {
				continue
			}
			t.Run(path+" "+name, func(t *testing.T) {
				without := exchange(rec.Context(), t, plain, srv.URL+path, body())
				mu.Lock()
				without.Server = server
				mu.Unlock()
				with := exchange(rec.Context(), t, traced, srv.URL+path, body())
				mu.Lock()
				with.Server = server
				mu.Unlock()
				if !reflect.DeepEqual(with, without) {
					t.Errorf("with    %.600v\nwithout %.600v", with, without)
				}
			})
		}
	}
	if n := len(rec.Observations()); n < 20 {
		t.Errorf("only %d observations", n)
	}
}

func TestUntouched(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	var got *http.Request
	theBody := stream("x")
	base := roundTripper(func(r *http.Request) (*http.Response, error) {
		got = r
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: theBody, Request: r}, nil
	})
	check := func(rt *Transport, ctx context.Context, path string) {
		t.Helper()
		req := newRequest(ctx, t, ask+`}`)
		req.URL.Path = path
		getBody := false
		original := req.GetBody
		req.GetBody = func() (io.ReadCloser, error) { getBody = true; return original() }
		resp, err := rt.RoundTrip(req)
		if err != nil || got != req || resp.Body != io.ReadCloser(theBody) || getBody {
			t.Errorf("%s: err %v, same request %v, same body %v, GetBody %v", path, err, got == req, resp.Body == io.ReadCloser(theBody), getBody)
		}
	}
	check(NewTransport(base), rec.Context(), "/v1/other")
	check(NewTransport(base), rec.Context(), "/v1/models")
	check(NewTransport(base), t.Context(), "/v1/chat/completions") // no client: disabled
	if n := len(rec.Observations()); n != 0 {
		t.Errorf("%d observations", n)
	}
}

func TestDisabledAllocatesNothing(t *testing.T) {
	resp := &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}
	rt := NewTransport(roundTripper(func(*http.Request) (*http.Response, error) { return resp, nil }))
	req := newRequest(t.Context(), t, ask+`}`)
	if n := testing.AllocsPerRun(100, func() { _, _ = rt.RoundTrip(req) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestUnsampled(t *testing.T) {
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.SampleRate = langshark.SampleRate(0) })
	theBody := stream(answer)
	rt := NewTransport(respond(200, "application/json", theBody))
	resp, err := rt.RoundTrip(newRequest(rec.Context(), t, ask+`}`))
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body != io.ReadCloser(theBody) {
		t.Error("the body was wrapped")
	}
	_ = resp.Body.Close()
	if n := len(rec.Observations()); n != 0 {
		t.Errorf("%d observations", n)
	}
}

// A stream's bytes arrive when they are sent, and the first of them without the others.
func TestNotHeldBack(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	r, w := io.Pipe()
	rt := NewTransport(respond(200, "text/event-stream", r))
	resp, err := rt.RoundTrip(newRequest(rec.Context(), t, ask+`,"stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	for _, chunk := range []string{firstChunk[:10], firstChunk[10:], lastChunk, done} {
		go func() { _, _ = w.Write([]byte(chunk)) }() // returns when it has been read
		if n, err := resp.Body.Read(buf); err != nil || string(buf[:n]) != chunk {
			t.Fatalf("got %q, %v", buf[:n], err)
		}
	}
	_ = w.Close()
	if _, err := resp.Body.Read(buf); err != io.EOF {
		t.Errorf("got %v", err)
	}
	_ = resp.Body.Close()
	rec.RequireObservation("chat gpt-4o")
}

// A body that can't be had twice is read by the transport below, not before it.
func TestRequestBodyNotReadEarly(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	source := stream(ask, `}`)
	req, err := http.NewRequestWithContext(rec.Context(), http.MethodPost, chatURL, source)
	if err != nil {
		t.Fatal(err)
	}
	rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		if len(source.portions) != 2 {
			t.Error("read before it was sent")
		}
		return respond(200, "application/json", stream(answer))(r)
	}))
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if !source.closed.Load() || req.Body != io.ReadCloser(source) {
		t.Error("not closed, or the request was changed")
	}
	o := rec.RequireObservation("chat gpt-4o")
	if langsharktest.JSON(o.Input) != `[{"role":"user","content":"안녕"}]` || langsharktest.Metadata(o, "langshark.input.truncated") != "" {
		t.Errorf("input %s", langsharktest.JSON(o.Input))
	}
}

func TestNoGoroutines(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, cancel := context.WithCancel(rec.Context())
	defer cancel()
	before := runtime.NumGoroutine()
	var open []io.ReadCloser
	for range 50 {
		resp, err := NewTransport(respond(200, "text/event-stream", stream(firstChunk, lastChunk, done))).RoundTrip(newRequest(ctx, t, ask+`,"stream":true}`))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = resp.Body.Read(make([]byte, 4096))
		open = append(open, resp.Body)
	}
	if n := runtime.NumGoroutine() - before; n > 10 { // others' come and go
		t.Errorf("%d goroutines for 50 streams", n)
	}
	for _, b := range open {
		_ = b.Close()
	}
}

// slowClose is a body whose Close returns after the Read that it interrupts.
type slowClose struct {
	io.ReadCloser
	readReturned chan struct{}
}

func (b *slowClose) Close() error {
	err := b.ReadCloser.Close()
	<-b.readReturned
	return err
}

// A Close may come while a Read waits, as when an application gives up. The
// Read then fails, but that is no failure of the stream.
func TestCloseDuringRead(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	r, w := io.Pipe()
	inner := &slowClose{r, make(chan struct{})}
	rt := NewTransport(respond(200, "text/event-stream", inner))
	resp, err := rt.RoundTrip(newRequest(rec.Context(), t, ask+`,"stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = w.Write([]byte(firstChunk)) }()
	if _, err := resp.Body.Read(make([]byte, 4096)); err != nil {
		t.Fatal(err)
	}
	reading, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		close(reading)
		_, err := resp.Body.Read(make([]byte, 4096))
		failed <- err
		close(inner.readReturned)
	}()
	<-reading
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	want(t, rec.RequireObservation("chat gpt-4o"), map[string]string{"langshark.stream.end": `"closed_early"`})
}

// panicky is an endpoint all of whose parts can panic.
type panicky struct{ request, feed, close bool }

func (panicky) Provider() string   { return "p" }
func (panicky) Operation() string  { return "chat" }
func (panicky) Kind() llmwire.Kind { return llmwire.Generation }
func (p panicky) ParseRequest(string, []byte, bool) llmwire.Request {
	if p.request {
		panic("request")
	}
	return llmwire.Request{Model: "m"}
}
func (p panicky) Answer(int, string, *llmwire.Request) llmwire.Accumulator { return p }
func (p panicky) Feed([]byte) {
	if p.feed {
		panic("feed")
	}
}
func (panicky) Started() bool { return false }
func (p panicky) Close() llmwire.Response {
	if p.close {
		panic("close")
	}
	return llmwire.Response{Complete: true}
}

func TestParserPanics(t *testing.T) {
	for _, p := range []panicky{{request: true}, {feed: true}, {close: true}} {
		rec := langsharktest.NewRecorder(t)
		rt := NewTransport(respond(200, "application/json", stream(answer)))
		rt.detect = func(string, string, string) (llmwire.Endpoint, bool) { return p, true }
		if got := send(rec.Context(), t, rt, ask+`}`); got != answer {
			t.Errorf("%+v: the application got %q", p, got)
		}
		all := rec.Observations()
		if p.request {
			if len(all) != 0 {
				t.Errorf("%d observations", len(all))
			}
			continue
		}
		if len(all) != 1 || all[0].End.IsZero() || langsharktest.Metadata(all[0], "langshark.output.unread") == "" {
			t.Errorf("%+v: %s", p, rec.Tree())
		}
	}
}

func TestTransportPanics(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	rt := NewTransport(roundTripper(func(*http.Request) (*http.Response, error) { panic("below") }))
	func() {
		defer func() {
			if v := recover(); v != "below" {
				t.Errorf("recovered %v", v)
			}
		}()
		_, _ = rt.RoundTrip(newRequest(rec.Context(), t, ask+`}`))
	}()
	if o := rec.RequireObservation("chat gpt-4o"); o.Level != langshark.LevelError {
		t.Errorf("level %v", o.Level)
	}
}

func TestStreamUsage(t *testing.T) {
	const withUsage = ask + `,"stream":true,"stream_options":{"include_usage":true}}`
	for in, out := range map[string]string{
		ask + `,"stream":true}`:  withUsage,
		ask + `,"stream":true} `: withUsage + " ",
		withUsage:                withUsage,
		ask + `,"stream_options":{"x":1},"stream":true}`:                    ask + `,"stream_options":{"include_usage":true,"x":1},"stream":true}`,
		ask + `,"stream_options" : {"include_usage":false} ,"stream":true}`: ask + `,"stream_options" : {"include_usage":true} ,"stream":true}`,
		ask + `,"stream_options":null,"stream":true}`:                       ask + `,"stream_options":{"include_usage":true},"stream":true}`,
		ask + `,"stream_options":"odd","stream":true}`:                      ask + `,"stream_options":"odd","stream":true}`,
		ask + `,"metadata":{"stream_options":{}},"stream":true}`:            ask + `,"metadata":{"stream_options":{}},"stream":true,"stream_options":{"include_usage":true}}`,
		ask + `}`:  ask + `}`,
		`nonsense`: `nonsense`,
	} {
		for recorded, ctx := range map[bool]context.Context{true: langsharktest.NewRecorder(t).Context(), false: t.Context()} {
			out := out
			if !recorded {
				out = in
			}
			original := stream(in)
			var got string
			var length int64
			rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
				b, _ := io.ReadAll(r.Body)
				_ = r.Body.Close()
				got, length = string(b), r.ContentLength
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
			}), WithStreamUsage())
			req := newRequest(ctx, t, in)
			req.Body = original
			resp, err := rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if got != out || length != int64(len(out)) || !original.closed.Load() || resp.Request != req {
				t.Errorf("%s: sent %s, length %d, closed %v", in, got, length, original.closed.Load())
			}
		}
	}
}

func TestConcurrent(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	url := provider(t)
	client := &http.Client{Transport: NewTransport(&http.Transport{DisableKeepAlives: true})}
	ctx, root := langshark.StartTrace(rec.Context(), "many")
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			body := fmt.Sprintf(`{"model":"gpt-4o","messages":[{"role":"user","content":"number %d!"}],"stream":%v}`, i, i%2 == 0)
			exchange(ctx, t, client, url, strings.NewReader(body))
		})
	}
	wg.Wait()
	root.End()
	n := 0
	for _, o := range rec.Observations() {
		if o.Kind != langshark.KindGeneration {
			continue
		}
		n++
		var i int
		if _, err := fmt.Sscanf(langsharktest.JSON(o.Input), `[{"role":"user","content":"number %d`, &i); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(langsharktest.JSON(o.Output), fmt.Sprintf("number %d!", i)) || o.ParentID != root.ObservationID() {
			t.Errorf("question %d got %s", i, langsharktest.JSON(o.Output))
		}
	}
	if n != 32 {
		t.Errorf("%d generations", n)
	}
}

// The SDKs of OpenAI and Anthropic give, for a body that is a bytes.Reader, that
// reader itself instead of a copy: who reads it must put it back.
func TestBodyThatIsNoCopy(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	body := bytes.NewReader([]byte(ask + `}`))
	req := newRequest(rec.Context(), t, "")
	req.ContentLength, req.Body = int64(body.Len()), io.NopCloser(body)
	req.GetBody = func() (io.ReadCloser, error) {
		_, err := body.Seek(0, io.SeekStart)
		return io.NopCloser(body), err
	}
	var got string
	rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		b, err := io.ReadAll(r.Body)
		got = string(b)
		if err != nil {
			return nil, err
		}
		return respond(200, "application/json", stream(answer))(r)
	}))
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if got != ask+`}` {
		t.Errorf("the provider got %q", got)
	}
	if o := rec.RequireObservation("chat gpt-4o"); langsharktest.JSON(o.Input) == "" {
		t.Error("no input")
	}
}
