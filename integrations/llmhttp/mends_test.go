package llmhttp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

// A call that isn't sampled, whose body can be read only once, in a scope that ends it.
func TestUnsampledInScope(t *testing.T) {
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.SampleRate = langshark.SampleRate(0) })
	ctx, end := WithCall(rec.Context())
	for range 2 {
		theBody := stream(`{}`)
		req := newRequest(ctx, t, "")
		req.Body, req.GetBody, req.ContentLength = io.NopCloser(strings.NewReader(ask+`}`)), nil, -1
		resp, err := NewTransport(respond(429, "application/json", theBody)).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body != io.ReadCloser(theBody) {
			t.Error("the body was wrapped")
		}
		_ = resp.Body.Close()
	}
	end()
	if n := len(rec.Observations()); n != 0 {
		t.Errorf("%d observations", n)
	}
}

// A scope draws once whether it is sampled.
func TestScopeIsSampledOnce(t *testing.T) {
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.SampleRate = langshark.SampleRate(0.5) })
	const calls = 60
	n := 0
	for range calls {
		ctx, end := WithCall(rec.Context())
		for range 5 {
			send(ctx, t, NewTransport(respond(500, "application/json", stream(`{}`))), ask+`}`)
		}
		end()
	}
	for _, o := range rec.Observations() {
		n++
		if got := strings.Count(langsharktest.Metadata(o, "langshark.attempts"), "500 Internal"); got != 5 {
			t.Errorf("%d attempts", got)
		}
	}
	if n == 0 || n > calls*4/5 {
		t.Errorf("%d of %d recorded", n, calls)
	}
}

// The commonest loop: bodies are closed when the function ends.
func TestDeferredCloseInScope(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	func() {
		ctx, end := WithCall(rec.Context())
		defer end()
		for _, status := range []int{429, 503, 200} {
			b := `{"error":{"message":"slow down"}}`
			if status == 200 {
				b = answer
			}
			resp, err := NewTransport(respond(status, "application/json", stream(b))).RoundTrip(newRequest(ctx, t, ask+`}`))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if status == 200 {
				_, _ = io.Copy(io.Discard, resp.Body)
			}
		}
	}()
	o := rec.RequireObservation("chat gpt-4o")
	attempts := langsharktest.Metadata(o, "langshark.attempts")
	if o.Level != langshark.LevelDefault || !strings.Contains(attempts, "429 Too Many") || !strings.Contains(attempts, "503 Service") || strings.Count(attempts, `"start"`) != 3 {
		t.Errorf("%s, attempts %s", o.Level, attempts)
	}
}

// Close from another goroutine, while a stream with a hidden chunk is read.
func TestHiderCloseDuringRead(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		pr, pw := io.Pipe()
		go func() {
			for {
				if _, err := pw.Write([]byte(firstChunk)); err != nil {
					return
				}
			}
		}()
		return respond(200, "text/event-stream", pr)(r)
	}), WithStreamUsage())
	for range 50 {
		resp, err := rt.RoundTrip(newRequest(rec.Context(), t, ask+`,"stream":true}`))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		reading := make(chan struct{})
		go func() {
			defer close(ended)
			p := make([]byte, 3)
			for i := 0; ; i++ {
				if i == 10 {
					close(reading)
				}
				if _, err := resp.Body.Read(p); err != nil {
					return
				}
			}
		}()
		<-reading
		_ = resp.Body.Close()
		<-ended
	}
}

func TestHiderAllocatesNothing(t *testing.T) {
	h := &usageHider{rc: io.NopCloser(endless(firstChunk))}
	p := make([]byte, 4096)
	if n := testing.AllocsPerRun(1000, func() { _, _ = h.Read(p) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// endless repeats itself.
type endless string

func (e endless) Read(p []byte) (int, error) { return copy(p, e), nil }

// What the provider repeats of a key, whole or in part of another text, and words
// that only stand for one.
func TestSecrets(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	for _, tt := range []struct{ query, header, value, body, want string }{
		{"key=AIzaREAL123", "", "", `{"error":{"message":"Consumer 'api_key:AIzaREAL123' has been suspended"}}`, "Consumer 'api_key:…' has been suspended"},
		{"key=a%2FB%2Bcdef1", "", "", `{"error":{"message":"bad a/B+cdef1"}}`, "bad …"},
		{"", "Ocp-Apim-Subscription-Key", "0123456789ab", `{"error":{"message":"0123456789ab?"}}`, "…?"},
		{"", "Authorization", "Basic dXNlcjpwYXNzd29yZDE=", `{"error":{"message":"user:password1 is unknown"}}`, "… is unknown"},
		{"", "Authorization", "Bearer ollama", `{"error":{"message":"run: ollama pull x"}}`, "run: ollama pull x"},
		{"", "Authorization", "Bearer null", `{"error":{"message":"m","param":null}}`, "m"},
		{"model=&a=b", "", "", `{"error":{"message":"model= must be set, a=b"}}`, "model= must be set, a=b"},
	} {
		req := newRequest(rec.Context(), t, ask+`}`)
		req.URL.RawQuery = tt.query
		if tt.header != "" {
			req.Header.Set(tt.header, tt.value)
		}
		resp, err := NewTransport(respond(400, "application/json", stream(tt.body))).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		o := rec.RequireObservation("chat gpt-4o")
		if o.StatusMessage != "400 Bad Request: "+tt.want || !strings.HasPrefix(langsharktest.JSON(o.Output), "{") {
			t.Errorf("%+v: %q %s", tt, o.StatusMessage, langsharktest.JSON(o.Output))
		}
		rec.Reset()
	}
}

// What isn't recorded ends by the client's Timeout as it would without us, too.
func TestClientTimeoutUnrecorded(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "x")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	defer close(release)
	get := func(rt http.RoundTripper) string {
		client := &http.Client{Transport: rt, Timeout: 15 * time.Millisecond}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/other", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Sprintf("%T %v", err, err)
		}
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
		return fmt.Sprintf("%T %v", err, err)
	}
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	want := get(base)
	requireMost(t, want, func() string { return get(NewTransport(base)) })
}

// A base that asks another model with the request's context is recorded as well,
// and so is what is asked later with a context that an answer handed on.
func TestBaseThatAsksToo(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	inner := NewTransport(respond(200, "application/json", stream(answer)))
	rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		sendTo(r.Context(), t, inner, http.MethodPost, "https://api.openai.com/v1/moderations", `{"model":"omni-moderation-latest","input":"?"}`)
		clone := r.Clone(r.Context())
		resp, err := respond(200, "application/json", stream(answer))(clone)
		return resp, err
	}))
	resp, err := rt.RoundTrip(newRequest(rec.Context(), t, ask+`}`))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	send(context.WithoutCancel(resp.Request.Context()), t, NewTransport(respond(200, "application/json", stream(answer))), ask+`}`)
	names := map[string]int{}
	for _, o := range rec.Observations() {
		names[o.Name]++
	}
	if names["moderation omni-moderation-latest"] != 1 || names["chat gpt-4o"] != 2 {
		t.Errorf("recorded %v", names)
	}
}

func TestNestedUnsampled(t *testing.T) {
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.SampleRate = langshark.SampleRate(0.5) })
	const calls = 200
	for range calls {
		send(rec.Context(), t, NewTransport(NewTransport(respond(200, "application/json", stream(answer)))), ask+`}`)
	}
	if n := len(rec.Observations()); n < calls/4 || n > calls*3/4-10 { // five sigma; drawn twice it were 150
		t.Errorf("%d of %d recorded", n, calls)
	}
}

// The call that is named by its id is that one, though an observation inside another has claimed it.
func TestExactCallBeforeClaims(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, root := langshark.StartTrace(rec.Context(), "turn")
	send(ctx, t, NewTransport(respond(200, "application/json", stream(twoCalls))), ask+`}`)
	first, a := StartTool(ctx, ToolCall{ID: "call_1", Name: "weather", Arguments: `{"city":"서울"}`})
	_, inner := langshark.StartObservation(first, langshark.KindTool, "weather")
	_, b := StartTool(ctx, ToolCall{ID: "call_2", Name: "weather", Arguments: `{"city":"부산"}`})
	inner.End()
	b.End()
	a.End()
	root.End()
	for _, in := range []string{`{"city":"서울"}`, `{"city":"부산"}`} {
		if o := tools(rec)[in]; o == nil || langsharktest.Metadata(o, "langshark.generation_id") == "" {
			t.Errorf("%s isn't linked", in)
		}
	}
}

func TestNoAnswerAndNoError(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	resp, err := NewTransport(roundTripper(func(*http.Request) (*http.Response, error) { return nil, nil })).RoundTrip(newRequest(rec.Context(), t, ask+`}`))
	if resp != nil || err != nil {
		t.Errorf("%v, %v", resp, err)
	}
	if resp != nil {
		_ = resp.Body.Close()
	}
	if o := rec.RequireObservation("chat gpt-4o"); o.Level != langshark.LevelError {
		t.Errorf("%s", o.Level)
	}
}
