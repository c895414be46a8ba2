package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
)

// fake is a store with stats of the test's choice, whose disk may be full.
type fake struct {
	store.Store
	stats atomic.Pointer[store.Stats]
	full  atomic.Bool
	held  chan struct{} // if not nil, writes wait for it
	began chan struct{}
}

func (f *fake) Write(ctx context.Context, b *store.Batch) error {
	if f.full.Load() {
		return fmt.Errorf("langshark: %w", store.ErrFull)
	}
	if f.held != nil {
		f.began <- struct{}{}
		<-f.held
	}
	return f.Store.Write(ctx, b)
}

func (f *fake) Stats() store.Stats { return *f.stats.Load() }

// newFake makes a server on a fake store.
func newFake(t *testing.T, cfg server.Config) (*server.Server, *fake) {
	t.Helper()
	f := &fake{}
	f.stats.Store(&store.Stats{})
	return newServer(t, server.WithStore(cfg, func(s store.Store) store.Store {
		f.Store = s
		return f
	})), f
}

// TestHealth answers without a key and a sign-in, below a prefix, by any name.
func TestHealth(t *testing.T) {
	srv, f := newFake(t, server.Config{})
	c := serve(t, srv, "/deep/ls")
	c.public = ""
	ready := func(wantStatus int, want string) {
		t.Helper()
		if status, text, _ := c.do(t, http.MethodGet, "/healthz", nil); status != http.StatusOK || !strings.Contains(text, `"OK"`) {
			t.Errorf("healthz: %d %s", status, text)
		}
		status, text, header := c.do(t, http.MethodGet, "/readyz", nil)
		var answer struct{ Status, Reason string }
		if err := json.Unmarshal([]byte(text), &answer); err != nil || status != wantStatus || !strings.Contains(answer.Reason, want) || (want == "") != (answer.Reason == "") {
			t.Errorf("readyz: %d %s, want %d %q", status, text, wantStatus, want)
		}
		if !strings.HasPrefix(header.Get("Content-Type"), "application/json") || header.Get("Cache-Control") != "no-store" {
			t.Errorf("readyz: %v", header)
		}
	}
	ready(http.StatusOK, "")
	f.stats.Store(&store.Stats{ReadOnly: true})
	ready(http.StatusServiceUnavailable, "no room left on the disk")
	if err := srv.Ready(); !errors.Is(err, server.ErrFull) {
		t.Errorf("Ready: %v", err)
	}
	f.stats.Store(&store.Stats{})
	ready(http.StatusOK, "")
	if status, _, _ := c.do(t, http.MethodPost, "/readyz", nil); status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", status)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://another-name/healthz", nil)
	w := httptest.NewRecorder()
	if srv.Handler().ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("by another name: %d", w.Code)
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready(http.StatusServiceUnavailable, "shutting down")
	if err := srv.Ready(); !errors.Is(err, server.ErrStopping) {
		t.Errorf("Ready: %v", err)
	}
}

// TestDiskFull answers 507 until there is room again, and the exporter's pipeline is told to try again.
func TestDiskFull(t *testing.T) {
	srv, f := newFake(t, server.Config{})
	c := serve(t, srv, "")
	f.full.Store(true)
	batch := map[string]any{"batch": []any{
		event("span-create", "a", map[string]any{"id": "a", "traceId": "t"}), event("span-create", "b", map[string]any{"id": "b", "traceId": "t"}),
	}}
	for path, body := range map[string]any{"/api/public/ingestion": batch, "/api/public/traces": map[string]any{"id": "t"}} {
		status, text, header := c.do(t, http.MethodPost, path, body)
		var answer struct{ Message, Error string }
		if err := json.Unmarshal([]byte(text), &answer); err != nil || status != http.StatusInsufficientStorage || answer.Error != "InsufficientStorageError" ||
			!strings.Contains(answer.Message, "disk is full") || header.Get("Retry-After") != "30" {
			t.Errorf("%s: %d %s %v", path, status, text, header)
		}
	}
	var api *exporter.APIError
	if err := srv.Exporter("one").Export(t.Context(), []exporter.Record{record("t", 1)}); !errors.As(err, &api) || api.StatusCode != http.StatusInsufficientStorage || api.RetryAfter <= 0 {
		t.Errorf("export: %v", err)
	}
	if n := c.object(t, "/api/public/traces")["meta"].(map[string]any)["totalItems"]; n != 0.0 {
		t.Errorf("%v traces of a disk that is full", n)
	}
	f.full.Store(false)
	c.send(t, event("span-create", "a", map[string]any{"id": "a", "traceId": "t"}))
	if err := srv.Exporter("one").Export(t.Context(), []exporter.Record{record("t", 1)}); err != nil {
		t.Errorf("export: %v", err)
	}
	if n := len(c.object(t, "/api/public/traces/t")["observations"].([]any)); n != 2 {
		t.Errorf("%d observations once there is room", n)
	}
}

// TestRequestIDs are in every answer and every line of the log that is about the request.
func TestRequestIDs(t *testing.T) {
	var logged syncBuffer
	srv, _ := newFake(t, server.Config{Logger: slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	c := serve(t, srv, "/ls")
	get := func(path, id string) (given string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(c.public, c.secret)
		if id != "" {
			r.Header.Set("X-Request-Id", id)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Values("X-Request-Id"); len(got) != 1 || got[0] == "" {
			t.Fatalf("%s: %q", path, got)
		}
		return res.Header.Get("X-Request-Id")
	}
	n := 0
	token := strings.TrimPrefix(srv.SignInURL(), "/?token=")
	for path, want := range map[string]struct{ route, project string }{
		"/api/public/traces":               {"/api/public/traces", "one"},
		"/api/public/traces/t%2F1":         {"/api/public/traces/{id}", "one"},
		"/api/public/nowhere":              {"other", ""},
		"/project/one/traces?token=" + "x": {"/project/{project}/traces", ""}, // not signed in: it may not even exist
		"/healthz":                         {"/healthz", ""},
		"/readyz?token=" + token:           {"/readyz", ""},
		"/nothing/here":                    {"other", ""},
		"/metrics":                         {"/metrics", ""},
	} {
		n++
		id := fmt.Sprintf("Request-%d_of.8", n)
		if got := get(path, id); got != id {
			t.Errorf("%s: the id is %q", path, got)
		}
		line := logged.line(t, id)
		if line["msg"] != "langshark: request" || line["level"] != "DEBUG" || line["route"] != want.route || line["method"] != "GET" || line["status"] == nil || line["duration"] == nil || line["bytes"] == nil {
			t.Errorf("%s: logged %v", path, line)
		}
		if got, _ := line["project"].(string); got != want.project {
			t.Errorf("%s: logged the project %q, want %q", path, got, want.project)
		}
	}
	for _, id := range []string{"", "two words", strings.Repeat("x", 65), "ü", `"`} {
		a, b := get("/healthz", id), get("/healthz", id)
		if a == id || a == b || len(a) < 16 {
			t.Errorf("%q became %q and %q", id, a, b)
		}
	}
	for _, secret := range []string{c.secret, token, "token="} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// syncBuffer is a buffer for goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// line is the one line of a request. The client may have its answer before it is written.
func (b *syncBuffer) line(t *testing.T, request string) map[string]any {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		var found []map[string]any
		for text := range strings.SplitSeq(strings.TrimSpace(b.String()), "\n") {
			var line map[string]any
			if json.Unmarshal([]byte(text), &line) == nil && line["request"] == request {
				found = append(found, line)
			}
		}
		if len(found) > 1 {
			t.Fatalf("%d lines of %s: %v", len(found), request, found)
		}
		if len(found) == 1 {
			return found[0]
		}
		if time.Now().After(deadline) {
			t.Fatalf("no line of %s", request)
		}
		runtime.Gosched()
	}
}

// broken is a store that fails at reading.
type broken struct{ store.Store }

func (broken) Traces(context.Context, string, store.TraceQuery) (store.TracePage, error) {
	return store.TracePage{}, errors.New("the disk is on fire")
}

func (broken) Session(context.Context, string, string) (*store.Session, error) {
	return nil, errors.New("the disk is on fire")
}

func (broken) Sessions(context.Context, string, store.SessionQuery) (store.SessionPage, error) {
	panic("out of order")
}

// TestErrorsHaveIDs logs what failed with the id that the client was told, on pages too, and survives a panic.
func TestErrorsHaveIDs(t *testing.T) {
	var logged syncBuffer
	cfg := server.Config{Logger: slog.New(slog.NewJSONHandler(&logged, nil)), Authorize: func(*http.Request) (server.Viewer, error) { return server.Viewer{}, nil }}
	c := serve(t, newServer(t, server.WithStore(cfg, func(s store.Store) store.Store { return broken{s} })), "")
	for path, cause := range map[string]string{
		"/api/public/traces": "on fire", "/project/one/traces": "on fire", "/api/public/sessions": "out of order", "/project/one/sessions": "out of order",
		"/api/public/sessions/kim@example.com": "on fire", "/project/one/sessions/kim@example.com": "on fire",
	} {
		status, _, header := c.do(t, http.MethodGet, path, nil)
		if status != http.StatusInternalServerError {
			t.Errorf("%s: %d", path, status)
		}
		line := logged.line(t, header.Get("X-Request-Id"))
		if text, _ := line["error"].(string); line["level"] != "ERROR" || !strings.Contains(text, cause) {
			t.Errorf("%s: logged %v", path, line)
		}
		if text := fmt.Sprint(line); strings.Contains(text, "kim@example.com") || line["path"] != nil || strings.HasSuffix(path, "example.com") && !strings.Contains(text, "/sessions/{") {
			t.Errorf("%s: a path is logged, or no route: %s", path, text)
		}
	}
}

// TestShutdownAnswers lets a write that has begun end and be answered, says no at /readyz first and goes on for a while.
func TestShutdownAnswers(t *testing.T) {
	dir := t.TempDir()
	held, began := make(chan struct{}), make(chan struct{}, 1)
	f := &fake{held: held, began: began}
	f.stats.Store(&store.Stats{})
	srv := newServer(t, server.WithStore(server.Config{DataDir: dir, Addr: "127.0.0.1:0"}, func(s store.Store) store.Store {
		f.Store = s
		return f
	}))
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := project(t, srv, srv.URL(), "one")
	release := sync.OnceFunc(func() { close(held) })
	defer release()
	answered := make(chan string, 1)
	go func() {
		status, text, _ := c.do(t, http.MethodPost, "/api/public/ingestion", map[string]any{"batch": []any{event("trace-create", "t", map[string]any{"id": "t", "name": "late"})}})
		answered <- fmt.Sprint(status, text)
	}()
	<-began
	ended := make(chan error, 1)
	go func() { ended <- srv.Shutdown(context.WithoutCancel(t.Context())) }()
	waitStopping(t, srv)
	select {
	case err := <-ended:
		t.Fatalf("Shutdown has ended beside a request: %v", err)
	default:
	}
	release()
	if got := <-answered; !strings.HasPrefix(got, "207") || !strings.Contains(got, `"errors":[]`) {
		t.Errorf("the request got %s", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	again := newServer(t, server.Config{DataDir: dir})
	ts := httptest.NewServer(again.Handler())
	defer ts.Close()
	if got := (client{ts.URL, c.public, c.secret}).object(t, "/api/public/traces/t")["name"]; got != "late" {
		t.Errorf("after a restart the name is %v", got)
	}
}

// waitStopping waits until Shutdown has begun, which is when the server says no.
func waitStopping(t *testing.T, srv *server.Server) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); srv.Ready() == nil; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("Shutdown has begun, and the server is ready")
		}
	}
}

// TestDrain serves on for as long as the context of Shutdown allows, while /readyz says no.
func TestDrain(t *testing.T) {
	srv := newServer(t, server.Config{Addr: "127.0.0.1:0", Drain: 1 << 40})
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := project(t, srv, srv.URL(), "one")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- srv.Shutdown(ctx) }()
	waitStopping(t, srv)
	if status, text, _ := c.do(t, http.MethodGet, "/readyz", nil); status != http.StatusServiceUnavailable || !strings.Contains(text, "shutting down") {
		t.Errorf("readyz: %d %s", status, text)
	}
	c.send(t, event("trace-create", "t", map[string]any{"id": "t"}))
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.DefaultClient.Do(r); err == nil {
		res.Body.Close()
		t.Error("answers after Shutdown")
	}
	if _, err := server.New(server.Config{Drain: -1}); err == nil {
		t.Error("a drain below zero")
	}
}
