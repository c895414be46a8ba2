package server_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server"
)

// The file of a version is made once, by its own binary:
//
//go:generate go run ./internal/makedb testdata/v1.json testdata/v1.db

// TestFirstVersion opens a copy of a file that the first version made and
// reads back everything that was sent to it.
func TestFirstVersion(t *testing.T) {
	file, err := os.ReadFile("testdata/v1.db")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "langshark.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	srv := newServer(t, server.Config{DataDir: dir})
	old := httptest.NewServer(srv.Handler())
	defer old.Close()
	got := client{old.URL, "pk-lf-v1", "sk-lf-v1"}
	project := got.object(t, "/api/public/projects")["data"].([]any)[0].(map[string]any)["id"].(string)
	if err := srv.Reprice(t.Context(), project, time.Time{}, time.Time{}, nil); err != nil { // that version knew no prices
		t.Fatal(err)
	}

	events, err := os.ReadFile("testdata/v1.json")
	if err != nil {
		t.Fatal(err)
	}
	want := serve(t, newServer(t, server.Config{}), "")
	if status, text, _ := want.do(t, http.MethodPost, "/api/public/ingestion", string(events)); status != http.StatusMultiStatus || !strings.Contains(text, `"errors":[]`) {
		t.Fatalf("%d %s", status, text)
	}
	a, b := readAll(t, got), readAll(t, want)
	if len(b) < 10_000 {
		t.Fatalf("the events come to no more than %s", b)
	}
	if a != b {
		t.Errorf("of the file   %s\nof the events %s", a, b)
	}
	// It goes on from there: writes merge with what is in the file, by their time.
	got.send(t, event("trace-create", "older", map[string]any{"id": "trace-0", "userId": "choi", "tags": []string{"added"}}))
	trace := got.object(t, "/api/public/traces/trace-0")
	if tags := trace["tags"].([]any); trace["userId"] != "kim" || len(tags) != 4 {
		t.Errorf("after an event older than the file's: %v", trace)
	}
}
