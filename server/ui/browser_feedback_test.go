//go:build !noui

package ui_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/ui/internal/cdp"
)

// TestBrowserFeedback has a page of another origin load the script and send scores
// with the public half of a key, until the limit.
func TestBrowserFeedback(t *testing.T) {
	b, err := cdp.Start(context.WithoutCancel(t.Context()))
	if errors.Is(err, cdp.ErrNoBrowser) {
		testkit.Skip(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	srv, err := server.New(server.Config{FeedbackLimit: 3, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown(context.WithoutCancel(t.Context())) })
	p, err := srv.AddProject(ctx, "shop")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/obs/", http.StripPrefix("/obs", srv.Handler()))
	api := httptest.NewServer(mux)
	defer api.Close()
	call := func(method, path, body string) (int, string) {
		t.Helper()
		sign := func(r *http.Request) { r.SetBasicAuth(p.PublicKey, p.SecretKey) }
		status, text, _ := testkit.Fetch(t, method, api.URL+"/obs/api/public/"+path, []byte(body), sign, testkit.Header("Content-Type", "application/json"))
		return status, text
	}
	if status, text := call(http.MethodPost, "traces", `{"id":"t1"}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><script>Crypto.prototype.randomUUID = undefined // as on http, but for this machine</script><script src="%s/obs/api/public/feedback.js"></script><script>const send = langsharkFeedback({publicKey: %q})</script>`, api.URL, p.PublicKey)
	}))
	defer page.Close()
	if err := errors.Join(b.Open(ctx), b.Go(ctx, page.URL)); err != nil {
		t.Fatal(err)
	}
	result := func(expression string) string {
		t.Helper()
		if err := b.Eval(ctx, `(window.result = null, (async () => `+expression+`)().then(v => window.result = String(v), e => window.result = e.message), true)`, nil); err != nil {
			t.Fatal(err)
		}
		if err := b.Wait(ctx, "window.result !== null"); err != nil {
			t.Fatal(err)
		}
		var text string
		if err := b.Eval(ctx, "window.result", &text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	if got := result(`await send({traceId: "t1", name: "thumb", value: 1, comment: "좋아요"})`); !regexp.MustCompile(`^\d+(-\d+){3}$`).MatchString(got) {
		t.Fatalf("the first score: %q", got)
	}
	if got := result(`await send({name: "thumb", value: 1})`); !strings.HasPrefix(got, "langshark: ") {
		t.Errorf("a score of nothing: %q", got)
	}
	result(`await send({traceId: "t1", name: "again", value: "good"})`)
	if got := result(`await send({traceId: "t1", name: "too many", value: 1})`); !strings.Contains(got, "Too many requests") {
		t.Errorf("beyond the limit: %q", got)
	}
	status, text := call(http.MethodGet, "traces/t1", "")
	var trace struct {
		Scores []struct{ Name, Comment string }
	}
	if err := json.Unmarshal([]byte(text), &trace); err != nil || status != http.StatusOK || len(trace.Scores) != 2 || trace.Scores[0].Comment+trace.Scores[1].Comment != "좋아요" {
		t.Errorf("%d %s", status, text)
	}
}
