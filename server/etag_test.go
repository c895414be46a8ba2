package server_test

import (
	"net/http"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
)

// TestETag has a client ask again for what it has, until that changes.
func TestETag(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	ask := func(path, tag string) (int, string, string) {
		t.Helper()
		status, body, header := testkit.Fetch(t, http.MethodGet, c.base+path, nil, c.sign, testkit.Header("If-None-Match", tag))
		return status, body, header.Get("ETag")
	}
	c.send(t, event("trace-create", "t", map[string]any{"id": "t", "name": "first"}))
	for _, path := range []string{"/api/public/traces", "/api/public/traces/t", "/api/public/v2/prompts", "/api/public/metrics/daily"} {
		status, body, tag := ask(path, "")
		if status != http.StatusOK || body == "" || tag == "" {
			t.Errorf("%s: %d, tag %q", path, status, tag)
		}
		if status, body, again := ask(path, tag); status != http.StatusNotModified || body != "" || again != tag {
			t.Errorf("%s again: %d %q, tag %q", path, status, body, again)
		}
	}
	_, _, tag := ask("/api/public/traces/t", "")
	c.send(t, event("trace-create", "t2", map[string]any{"id": "t", "name": "second", "timestamp": "2026-01-03T00:00:00Z"}))
	if status, body, next := ask("/api/public/traces/t", tag); status != http.StatusOK || body == "" || next == tag {
		t.Errorf("after a change: %d, tag %q", status, next)
	}
	if status, _, tag := ask("/api/public/health", "*"); status != http.StatusOK || tag != "" {
		t.Errorf("health: %d, tag %q", status, tag)
	}
	if status, _, _ := ask("/api/public/traces/none", "*"); status != http.StatusNotFound {
		t.Errorf("what isn't there: %d", status)
	}
}
