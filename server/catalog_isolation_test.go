package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// TestCatalogIsolation has one project see and change nothing of another's.
func TestCatalogIsolation(t *testing.T) {
	srv := newServer(t, server.Config{})
	ts := httptest.NewServer(srv.Handler())
	t.Cleanup(ts.Close)
	a, b := project(t, srv, ts.URL, "a"), project(t, srv, ts.URL, "b")
	a.send(t, event("trace-create", "t", map[string]any{"id": "t", "userId": "u"}))
	for _, made := range []struct{ path, body string }{
		{"scores", `{"id":"s","traceId":"t","name":"n","value":1}`},
		{"v2/datasets", `{"name":"d"}`},
		{"dataset-items", `{"datasetName":"d","id":"i"}`},
		{"dataset-run-items", `{"runName":"r","datasetItemId":"i","traceId":"t"}`},
		{"v2/prompts", `{"name":"p","prompt":"x","labels":["production"]}`},
		{"prompt-webhooks", `{"url":"http://localhost:9"}`},
		{"models", `{"modelName":"m","matchPattern":"m"}`},
		{"score-configs", `{"name":"n","dataType":"NUMERIC"}`},
		{"comments", `{"objectType":"TRACE","objectId":"t","content":"c"}`},
	} {
		if status, text, _ := a.do(t, http.MethodPost, "/api/public/"+made.path, made.body); status > 299 {
			t.Fatalf("%s: %d %s", made.path, status, text)
		}
	}
	if status, text, _ := a.do(t, http.MethodPut, "/api/public/prompt-experiments/e", `{"prompt":"p","variants":[{"name":"v","version":1,"weight":1}]}`); status != http.StatusOK {
		t.Fatalf("experiment: %d %s", status, text)
	}
	if err := srv.ProtectLabel(t.Context(), "a", server.ProtectedLabel{Label: "staging"}); err != nil {
		t.Fatal(err)
	}
	_, hooks, _ := a.do(t, http.MethodGet, "/api/public/prompt-webhooks", nil)
	hook := field(hooks, "id")
	for _, path := range []string{"prompt-webhooks", "prompt-history?limit=1", "prompt-labels/protected", "scores", "v2/scores", "v3/scores", "v2/datasets", "datasets", "dataset-items", "v2/prompts", "score-configs", "comments", "users", "metrics/daily"} {
		if n := len(a.object(t, "/api/public/"+path)["data"].([]any)); n != 1 {
			t.Errorf("%s: %d of its own, want 1", path, n)
		}
		if n := len(b.object(t, "/api/public/"+path)["data"].([]any)); n != 0 {
			t.Errorf("%s: %d of another project", path, n)
		}
	}
	for _, x := range []struct{ method, path, body string }{
		{"GET", "scores/s", ""},
		{"DELETE", "scores/s", ""},
		{"DELETE", "traces/t", ""},
		{"GET", "v2/datasets/d", ""},
		{"GET", "datasets/d/runs/r", ""},
		{"DELETE", "datasets/d/runs/r", ""},
		{"DELETE", "dataset-items/i", ""},
		{"GET", "v2/prompts/p", ""},
		{"PATCH", "v2/prompts/p/versions/1", `{"newLabels":["x"]}`},
		{"DELETE", "v2/prompts/p", ""},
		{"POST", "prompt-rollback", `{"name":"p"}`},
		{"GET", "prompt-diff?name=p&from=1&to=1", ""},
		{"GET", "prompt-experiments?prompt=p", ""},
		{"GET", "prompt-experiments/e?prompt=p", ""},
		{"PUT", "prompt-experiments/e", `{"prompt":"p","variants":[{"name":"v","version":1,"weight":2}]}`},
		{"DELETE", "prompt-experiments/e?prompt=p", ""},
		{"DELETE", "prompt-webhooks/" + hook, ""},
		{"POST", "comments", `{"objectType":"TRACE","objectId":"t","content":"c"}`},
		{"POST", "dataset-run-items", `{"runName":"r","datasetItemId":"i","traceId":"t"}`},
	} {
		var body any
		if x.body != "" {
			body = x.body
		}
		if status, text, _ := b.do(t, x.method, "/api/public/"+x.path, body); status != http.StatusNotFound {
			t.Errorf("%s %s of another project: %d %s", x.method, x.path, status, text)
		}
	}
	if status, text, _ := b.do(t, http.MethodDelete, "/api/public/traces", `{"traceIds":["t"]}`); status != http.StatusOK {
		t.Error(status, text)
	}
	if status, _, _ := a.do(t, http.MethodGet, "/api/public/traces/t", nil); status != http.StatusOK {
		t.Errorf("the trace after another project's delete: %d", status)
	}
	// The same id of an item in two projects is two items.
	for _, made := range []struct{ path, body string }{{"v2/datasets", `{"name":"d"}`}, {"dataset-items", `{"datasetName":"d","id":"i","input":"b"}`}} {
		if status, text, _ := b.do(t, http.MethodPost, "/api/public/"+made.path, made.body); status != http.StatusOK {
			t.Errorf("%s: %d %s", made.path, status, text)
		}
	}
	if input := a.object(t, "/api/public/dataset-items/i")["input"]; input != nil {
		t.Errorf("the item of the first project: %v", input)
	}
}

// TestCatalogLimits refuses what is too large, with what to do about it.
func TestCatalogLimits(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for _, path := range []string{"scores", "score-configs", "v2/datasets", "dataset-items", "v2/prompts", "prompts", "models", "comments", "annotation-queues", "spans"} {
		body := `{"name":"` + strings.Repeat("x", 1<<20) + `"}`
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/"+path, body); status != http.StatusRequestEntityTooLarge {
			t.Errorf("POST %s of a megabyte: %d %.100s", path, status, text)
		}
		for _, bad := range []string{`{"name":`, `[]`, `null`, `"x"`} {
			if status, text, _ := c.do(t, http.MethodPost, "/api/public/"+path, bad); status != http.StatusBadRequest {
				t.Errorf("POST %s of %s: %d %.100s", path, bad, status, text)
			}
		}
	}
	list := `"x"` + strings.Repeat(`,"x"`, 1000)
	for path, body := range map[string]string{
		"v2/prompts": `{"name":"n","prompt":"p","tags":[` + list + `]}`, "annotation-queues": `{"name":"n","scoreConfigIds":[` + list + `]}`,
	} {
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/"+path, body); status != http.StatusBadRequest || !strings.Contains(text, "at most 1000 elements") {
			t.Errorf("POST %s: %d %.200s", path, status, text)
		}
	}
	for _, path := range []string{"scores", "v2/scores", "v3/scores", "datasets", "v2/datasets", "dataset-items", "v2/prompts", "models", "score-configs", "comments", "users", "metrics/daily", "annotation-queues"} {
		for _, query := range []string{"limit=101", "limit=x", "limit=-1"} {
			if status, text, _ := c.do(t, http.MethodGet, "/api/public/"+path+"?"+query, nil); status != http.StatusBadRequest || !strings.Contains(text, `"path":["limit"]`) {
				t.Errorf("GET %s?%s: %d %.100s", path, query, status, text)
			}
		}
	}
}
