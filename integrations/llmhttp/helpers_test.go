package llmhttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

const (
	chatURL = "https://api.openai.com/v1/chat/completions"
	ask     = `{"model":"gpt-4o","messages":[{"role":"user","content":"안녕"}],"temperature":0.2`
	answer  = `{"id":"chatcmpl-1","model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],` +
		`"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}`
	firstChunk = `data: {"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","content":"It"},"finish_reason":null}]}` + "\n\n"
	lastChunk  = `data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	done       = "data: [DONE]\n\n"
)

// roundTripper is a transport made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// body is an answer's body in portions, which remembers what was done to it.
type body struct {
	portions []string
	err      error // after the portions; nil means io.EOF
	closed   atomic.Bool
	late     atomic.Int64 // reads after Close
}

func (b *body) Read(p []byte) (int, error) {
	if b.closed.Load() {
		b.late.Add(1)
		return 0, errors.New("read after close")
	}
	if len(b.portions) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		return 0, io.EOF
	}
	n := copy(p, b.portions[0])
	if b.portions[0] = b.portions[0][n:]; b.portions[0] == "" {
		b.portions = b.portions[1:]
	}
	return n, nil
}

func (b *body) Close() error { b.closed.Store(true); return nil }

// respond returns a transport that reads the request and answers with b.
func respond(status int, contentType string, b io.ReadCloser) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: b, Request: r, ContentLength: -1}, nil
	}
}

func stream(portions ...string) *body { return &body{portions: portions} }

func newRequest(ctx context.Context, t *testing.T, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, chatURL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return req
}

// send sends a chat through the transport and reads the whole answer.
func send(ctx context.Context, t *testing.T, rt http.RoundTripper, body string) string {
	t.Helper()
	return sendTo(ctx, t, rt, http.MethodPost, chatURL, body)
}

// sendTo sends any request; a body that is empty is none.
func sendTo(ctx context.Context, t *testing.T, rt http.RoundTripper, method, url, body string) string {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body) // how it ends is for the test to see in what is recorded
	return string(b)
}

// provider serves a fake provider and returns its chat URL.
func provider(t *testing.T, opts ...fakellm.Option) string {
	t.Helper()
	p := fakellm.New(opts...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p.BaseURL() + "/chat/completions"
}
