package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
)

// client speaks to a server as an application of one project.
type client struct {
	base, public, secret string
}

// serve mounts the server at a prefix of a test server and makes a project.
func serve(tb testing.TB, srv *server.Server, prefix string) client {
	tb.Helper()
	mux := http.NewServeMux()
	mux.Handle(prefix+"/", http.StripPrefix(prefix, srv.Handler()))
	ts := httptest.NewServer(mux)
	tb.Cleanup(ts.Close)
	return project(tb, srv, ts.URL+prefix, "one")
}

func project(tb testing.TB, srv *server.Server, base, name string) client {
	tb.Helper()
	p, err := srv.AddProject(tb.Context(), name)
	if err != nil {
		tb.Fatal(err)
	}
	return client{base, p.PublicKey, p.SecretKey}
}

// do sends a request and returns status, body and headers. A body that is no string is sent as JSON.
func (c client) do(tb testing.TB, method, path string, body any) (int, string, http.Header) {
	tb.Helper()
	var sent, request []byte
	change := []func(*http.Request){c.sign}
	if body != nil {
		change = append(change, asJSON)
	}
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
		request = sent
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			tb.Fatal(err)
		}
		sent = encoded
	}
	status, text, header := testkit.Fetch(tb, method, c.base+path, sent, change...)
	checkDescribed(tb, method, path, request, status, []byte(text))
	return status, text, header
}

// sign shows both halves of the key, if there is one.
func (c client) sign(r *http.Request) {
	if c.public != "" {
		r.SetBasicAuth(c.public, c.secret)
	}
}

// asJSON says that the body is JSON.
func asJSON(r *http.Request) { r.Header.Set("Content-Type", "application/json") }

// object is the decoded body of a GET that must succeed.
func (c client) object(tb testing.TB, path string) map[string]any {
	tb.Helper()
	status, text, _ := c.do(tb, http.MethodGet, path, nil)
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil || status != http.StatusOK {
		tb.Fatalf("GET %s: %d %s", path, status, text)
	}
	return o
}

// event is an event of the ingestion API.
func event(kind, id string, body map[string]any) map[string]any {
	return map[string]any{"id": "e-" + kind + id, "type": kind, "timestamp": "2026-01-02T03:04:05.678Z", "body": body}
}

// send ingests events, all of which must be stored.
func (c client) send(tb testing.TB, events ...map[string]any) {
	tb.Helper()
	status, text, _ := c.do(tb, http.MethodPost, "/api/public/ingestion", map[string]any{"batch": events})
	if status != http.StatusMultiStatus || !strings.Contains(text, `"errors":[]`) {
		tb.Fatalf("ingestion: %d %s", status, text)
	}
}

// TestPrefix sends and reads below a prefix.
func TestPrefix(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "/ls/deep")
	c.send(t, event("trace-create", "t", map[string]any{"id": "t", "name": "below a prefix"}))
	if got := c.object(t, "/api/public/traces/t")["name"]; got != "below a prefix" {
		t.Errorf("name = %v", got)
	}
	status, _, header := c.do(t, http.MethodGet, "/api/public/health", nil)
	if status != http.StatusOK || header.Get("X-LangShark-Version") != server.Version || header.Get("X-Request-Id") == "" {
		t.Errorf("health: %d %v", status, header)
	}
	plain := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/api/public/traces/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := plain.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	target, err := res.Location()
	if err != nil || target.Path != "/ls/deep/api/public/traces" {
		t.Errorf("a slash at the end leads to %v, %v", target, err)
	}
}

// TestProjectsAreApart gives two projects the same ids and looks from each.
func TestProjectsAreApart(t *testing.T) {
	srv := newServer(t, server.Config{})
	a := serve(t, srv, "")
	b := project(t, srv, a.base, "two")
	for _, c := range []client{a, b} {
		c.send(t,
			event("trace-create", "t", map[string]any{"id": "t", "name": c.public, "sessionId": "s", "tags": []string{"x"}}),
			event("span-create", "o", map[string]any{"id": "o", "traceId": "t", "name": c.public}),
			event("score-create", "sc", map[string]any{"id": "sc", "traceId": "t", "name": c.public, "value": 1}))
	}
	a.send(t, event("trace-create", "only", map[string]any{"id": "only-a", "sessionId": "only-a"}))
	for _, path := range []string{"/traces/t", "/observations/o", "/sessions/s", "/traces?tags=x", "/observations?traceId=t", "/traces?sessionId=s"} {
		_, text, _ := b.do(t, http.MethodGet, "/api/public"+path, nil)
		if strings.Contains(text, a.public) || !strings.Contains(text, b.public) && path != "/sessions/s" {
			t.Errorf("%s seen from b: %s", path, text)
		}
	}
	for _, path := range []string{"/traces/only-a", "/sessions/only-a"} {
		if status, text, _ := b.do(t, http.MethodGet, "/api/public"+path, nil); status != http.StatusNotFound {
			t.Errorf("%s seen from b: %d %s", path, status, text)
		}
	}
	mixed := client{a.base, a.public, b.secret}
	if status, text, _ := mixed.do(t, http.MethodGet, "/api/public/projects", nil); status != http.StatusUnauthorized {
		t.Errorf("halves of two keys: %d %s", status, text)
	}
}

// TestPublicKeyAlone lets the public half send scores and nothing else.
func TestPublicKeyAlone(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.send(t, event("trace-create", "t", map[string]any{"id": "t"}))
	body, err := json.Marshal(map[string]any{"batch": []any{
		event("score-create", "s", map[string]any{"id": "s", "traceId": "t", "name": "n", "value": "good"}),
		event("span-create", "o", map[string]any{"id": "o", "traceId": "t"}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	testkit.Fetch(t, http.MethodPost, c.base+"/api/public/ingestion", body, asJSON, testkit.Header("Authorization", "Bearer "+c.public))
	trace := c.object(t, "/api/public/traces/t")
	if n := len(trace["scores"].([]any)); n != 1 {
		t.Errorf("%d scores, want 1", n)
	}
	if n := len(trace["observations"].([]any)); n != 0 {
		t.Errorf("%d observations, want none", n)
	}
}

// TestRoutes asks every route of the API: for its methods, its other methods, and without a key.
func TestRoutes(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	nobody := client{base: c.base}
	for path, methods := range map[string]string{
		"/ingestion": "POST", "/projects": "GET", "/projects/x/apiKeys": "GET POST", "/projects/x/apiKeys/y": "DELETE", "/traces": "GET POST DELETE", "/traces/x": "GET DELETE", "/observations": "GET", "/observations/x": "GET",
		"/sessions": "GET", "/sessions/x": "GET", "/scores": "GET POST", "/scores/x": "GET DELETE", "/score-configs": "GET POST", "/v2/scores": "GET", "/v2/scores/x": "GET", "/v3/scores": "GET", "/score-configs/x": "GET PATCH",
		"/models": "GET POST", "/models/x": "GET PUT DELETE", "/metrics/daily": "GET", "/users": "GET", "/prompts": "GET POST", "/v2/prompts": "GET POST",
		"/v2/prompts/folder/x": "GET PATCH DELETE", "/v2/prompts/folder%2Fx": "GET PATCH DELETE", "/datasets": "GET POST", "/datasets/x": "GET", "/datasets/x/runs": "GET",
		"/datasets/x/runs/y": "GET DELETE", "/v2/datasets": "GET POST", "/v2/datasets/x%2Fy": "GET", "/dataset-items": "GET POST", "/dataset-items/x": "GET DELETE",
		"/dataset-run-items": "GET POST", "/media": "POST", "/media/x": "GET PATCH", "/comments": "GET POST", "/comments/x": "GET",
		"/annotation-queues": "GET POST", "/annotation-queues/x": "GET", "/annotation-queues/x/items": "GET POST", "/annotation-queues/x/items/y": "GET PATCH DELETE",
		"/annotation-queues/x/assignments": "POST DELETE", "/spans": "POST PATCH", "/generations": "POST PATCH", "/events": "POST",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			status, text, header := nobody.do(t, method, "/api/public"+path, nil)
			if !strings.Contains(methods, method) {
				if status != http.StatusMethodNotAllowed || !strings.Contains(text, "Method not allowed") || header.Get("Allow") == "" {
					t.Errorf("%s %s without a key: %d %s", method, path, status, text)
				}
				continue
			}
			if status != http.StatusUnauthorized || !strings.Contains(text, "No authorization header") {
				t.Errorf("%s %s without a key: %d %s", method, path, status, text)
			}
			status, text, _ = c.do(t, method, "/api/public"+path, nil)
			if status == http.StatusUnauthorized || status == http.StatusMethodNotAllowed || status == http.StatusInternalServerError || !json.Valid([]byte(text)) {
				t.Errorf("%s %s with a key: %d %s", method, path, status, text)
			}
		}
	}
	for _, path := range []string{"/api/public/nope", "/api/public/traces/a/b", "/api/public", "/api/nope"} {
		status, text, _ := c.do(t, http.MethodGet, path, nil)
		if status != http.StatusNotFound || !json.Valid([]byte(text)) {
			t.Errorf("GET %s: %d %s", path, status, text)
		}
	}
}

// TestLimits sends what is too much.
func TestLimits(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	status, text, _ := c.do(t, http.MethodPost, "/api/public/ingestion",
		`{"batch":[{"id":"e1","type":"trace-create","timestamp":"2026-01-01T00:00:00Z","body":{"id":"deep","input":`+deep+`}},`+
			`{"id":"e2","type":"trace-create","timestamp":"2026-01-01T00:00:00Z","body":{"id":"flat"}}]}`)
	if status != http.StatusMultiStatus || !strings.Contains(text, "nested deeper") || !strings.Contains(text, `{"id":"e2","status":201}`) {
		t.Errorf("a deep event: %d %s", status, text)
	}
	if status, text, _ := c.do(t, http.MethodPost, "/api/public/traces", `{"id":"deep","input":`+deep+`}`); status != http.StatusBadRequest {
		t.Errorf("a deep trace: %d %s", status, text)
	}
	if status, _, _ := c.do(t, http.MethodPost, "/api/public/ingestion", strings.Repeat("[", 1<<20)); status != http.StatusBadRequest {
		t.Errorf("a million brackets: %d", status)
	}
	if status, text, _ := c.do(t, http.MethodPost, "/api/public/ingestion", `"`+strings.Repeat("x", 5<<20)+`"`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("5 MB: %d %s", status, text)
	}
	if status, text, _ := c.do(t, http.MethodPost, "/api/public/ingestion", `{"batch":[{"id":"`+strings.Repeat("i", 801)+`","type":"sdk-log","timestamp":"2026-01-01T00:00:00Z","body":{"log":1}}]}`); !strings.Contains(text, "at most 800 characters") {
		t.Errorf("a long id: %d %s", status, text)
	}
}

// TestEventTypes stores every kind of observation with what it can have.
func TestEventTypes(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for i, kind := range []string{"event", "span", "generation", "agent", "tool", "chain", "retriever", "evaluator", "embedding", "guardrail"} {
		c.send(t, event(kind+"-create", fmt.Sprint(i), map[string]any{
			"id": kind, "traceId": "t", "name": kind, "environment": "Langfuse-Prod", "startTime": "2026-01-02T03:04:05Z", "endTime": "2026-01-02T03:04:07.5Z",
			"level": "WARNING", "model": "m", "modelParameters": map[string]any{"t": 1}, "completionStartTime": "2026-01-02T03:04:06Z",
			"usageDetails": map[string]any{"input": 10, "input_cached_tokens": 5, "output": 7, "bad": -1, "text": "3"},
			"costDetails":  map[string]any{"input": 0.1, "output": 0.2},
			"promptName":   "p", "promptVersion": 2,
		}))
		o := c.object(t, "/api/public/observations/"+kind)
		if o["type"] != strings.ToUpper(kind) || o["level"] != "WARNING" || o["model"] != "m" || o["promptVersion"] != 2.0 {
			t.Errorf("%s: %v", kind, o)
		}
		if o["promptTokens"] != 15.0 || o["completionTokens"] != 7.0 || o["totalTokens"] != 25.0 || o["calculatedTotalCost"] != 0.3 {
			t.Errorf("%s: usage and cost of %v", kind, o)
		}
		if wantEnd := kind != "event"; (o["endTime"] != nil) != wantEnd {
			t.Errorf("%s: endTime %v", kind, o["endTime"])
		}
	}
	c.send(t, event("generation-create", "openai", map[string]any{"id": "openai", "usageDetails": map[string]any{
		"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
		"prompt_tokens_details": map[string]any{"cached_tokens": 60, "audio_tokens": nil}, "completion_tokens_details": map[string]any{"reasoning_tokens": 5},
	}}))
	if o := c.object(t, "/api/public/observations/openai"); o["promptTokens"] != 100.0 || o["completionTokens"] != 20.0 || o["totalTokens"] != 120.0 {
		t.Errorf("OpenAI's usage: %v", o)
	}
}

// TestCanceledRequest ends a request before its body has come.
func TestCanceledRequest(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/public/ingestion", reader)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(c.public, c.secret)
	go func() {
		_, _ = writer.Write([]byte(`{"batch":[`))
		cancel()
		_ = writer.CloseWithError(context.Canceled)
	}()
	if res, err := http.DefaultClient.Do(r); err == nil {
		res.Body.Close()
		t.Errorf("answered %d", res.StatusCode)
	}
	c.send(t, event("trace-create", "t", map[string]any{"id": "t"})) // the server goes on
}

// TestCompressedBodies sends a batch as clients do that compress, and what is no such thing.
func TestCompressedBodies(t *testing.T) {
	c := serve(t, newServer(t, server.Config{DataDir: t.TempDir()}), "")
	send := func(encoding string, sent []byte) (int, string) {
		t.Helper()
		status, text, _ := testkit.Fetch(t, http.MethodPost, c.base+"/api/public/ingestion", sent, c.sign, asJSON, testkit.Header("Content-Encoding", encoding))
		return status, text
	}
	batch := []byte(`{"batch":[{"id":"e","timestamp":"2026-05-04T10:00:00Z","type":"trace-create","body":{"id":"t","name":"packed"}}]}`)
	var packed, bomb bytes.Buffer
	for w, text := range map[*bytes.Buffer][]byte{&packed: batch, &bomb: bytes.Repeat([]byte(" "), 100<<20)} {
		z := gzip.NewWriter(w)
		if _, err := z.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if status, text := send("gzip", packed.Bytes()); status != http.StatusMultiStatus {
		t.Error(status, text)
	}
	if _, text, _ := c.do(t, http.MethodGet, "/api/public/traces/t", nil); !strings.Contains(text, "packed") {
		t.Error(text)
	}
	for _, w := range []struct {
		encoding string
		sent     []byte
		status   int
	}{{"gzip", batch, http.StatusBadRequest}, {"br", batch, http.StatusUnsupportedMediaType}, {"gzip", bomb.Bytes(), http.StatusRequestEntityTooLarge}, {"zstd", packed.Bytes(), http.StatusBadRequest}} {
		if status, text := send(w.encoding, w.sent); status != w.status {
			t.Errorf("%s of %d bytes: %d %s, want %d", w.encoding, len(w.sent), status, text, w.status)
		}
	}
}

func TestBrokenQueriesAreRefused(t *testing.T) {
	c := serve(t, newServer(t, server.Config{DataDir: t.TempDir()}), "")
	for _, query := range []string{"?orderBy=timestamp.asc;drop", "?%zz=1"} {
		if status, _, _ := c.do(t, http.MethodGet, "/api/public/traces"+query, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d", query, status)
		}
	}
}

// TestRateLimit answers a key that sends too much with 429, and no other.
func TestRateLimit(t *testing.T) {
	srv := newServer(t, server.Config{DataDir: t.TempDir(), RateLimit: 2})
	c := serve(t, srv, "")
	other := project(t, srv, c.base, "two")
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		status, body, header := c.do(t, http.MethodGet, "/api/public/projects", nil)
		if status != want || (want == http.StatusTooManyRequests) != (header.Get("Retry-After") != "") {
			t.Errorf("request %d: %d %s, Retry-After %q, want %d", i, status, body, header.Get("Retry-After"), want)
		}
	}
	if status, body, _ := other.do(t, http.MethodGet, "/api/public/projects", nil); status != http.StatusOK {
		t.Errorf("another key: %d %s", status, body)
	}
}
