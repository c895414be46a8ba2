package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// receiver takes webhooks in and gives their bodies and headers on.
func receiver(t *testing.T) (url string, came chan http.Header, bodies chan string) {
	t.Helper()
	came, bodies = make(chan http.Header, 100), make(chan string, 100)
	ts := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		came <- r.Header
		bodies <- string(body)
	}))
	t.Cleanup(ts.Close)
	return ts.URL, came, bodies
}

// addWebhook makes one and returns its id and secret.
func (c client) addWebhook(t *testing.T, url string) (id, secret string) {
	t.Helper()
	status, text, _ := c.do(t, http.MethodPost, "/api/public/prompt-webhooks", `{"url":"`+url+`","events":["labels"]}`)
	var made struct{ ID, Secret string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusCreated || made.Secret == "" {
		t.Fatalf("%d %s", status, text)
	}
	return made.ID, made.Secret
}

func TestWebhooks(t *testing.T) {
	srv := newServer(t, server.Config{WebhookAllow: []string{"127.0.0.1"}})
	c := serve(t, srv, "")
	url, came, bodies := receiver(t)
	id, secret := c.addWebhook(t, url)
	c.run(t, []step{
		{"POST", "v2/prompts", `{"name":"p","prompt":"x"}`, 201, ""}, // no event that it wants
		{"PATCH", "v2/prompts/p/versions/1", `{"newLabels":["production"]}`, 200, ""},
	})
	header, body := <-came, <-bodies
	if !strings.Contains(body, `"event":"labels","seq":1,"by":"`+c.public+`","changes":[{"action":"label","version":1,"label":"production"}]}`) || header.Get("X-LangShark-Event") != "labels" || header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%s %v", body, header)
	}
	at, signature, _ := strings.Cut(strings.TrimPrefix(header.Get("X-LangShark-Signature"), "t="), ",v1=")
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "." + body))
	if signature != hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("signature %s at %s", signature, at)
	}
	until(t, "what became of it", func() bool {
		_, text, _ := c.do(t, http.MethodGet, "/api/public/prompt-webhooks", nil)
		return strings.Contains(text, `"status":200,"error":null},"pending":0,"lost":0`) && !strings.Contains(text, "whsec")
	})
	c.listen(t)
	wantLines(t, scrape(t, c), `langshark_webhook_attempts_total{outcome="arrived"} 1`, `langshark_webhook_attempts_total{outcome="failed"} 0`, `langshark_prompt_watchers 1`)
	c.run(t, []step{
		{"POST", "prompt-webhooks", `{"url":"http://169.254.169.254/latest"}`, 400, `"path":["url"]`},
		{"POST", "prompt-webhooks", `{"url":"http://10.0.0.1"}`, 400, "Config.WebhookAllow"},
		{"POST", "prompt-webhooks", `{"url":"https://x.example","events":["all"]}`, 400, `"path":["events"]`},
		{"DELETE", "prompt-webhooks/" + id, "", 204, ""},
		{"DELETE", "prompt-webhooks/" + id, "", 404, "Webhook not found"},
	})
}

// TestWebhookGuard has a name lead into the server's own network.
func TestWebhookGuard(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	url, _, bodies := receiver(t)
	c.addWebhook(t, strings.Replace(url, "127.0.0.1", "localhost", 1))
	c.run(t, []step{{"POST", "v2/prompts", `{"name":"p","prompt":"x","labels":["production"]}`, 201, ""}})
	until(t, "the refusal", func() bool {
		_, text, _ := c.do(t, http.MethodGet, "/api/public/prompt-webhooks", nil)
		return strings.Contains(text, `"error":"it is not a public address: whoever runs the server can allow it (Config.WebhookAllow, serve --webhook-allow)"},"pending":1`)
	})
	if len(bodies) > 0 {
		t.Errorf("it has arrived: %s", <-bodies)
	}
}

// TestWebhooksOutliveTheServer has another process make the change, and the next server deliver it.
func TestWebhooksOutliveTheServer(t *testing.T) {
	dir := t.TempDir()
	url, _, bodies := receiver(t)
	open := func(beside bool) *server.Server {
		return newServer(t, server.Config{DataDir: dir, WebhookAllow: []string{"127.0.0.0/8"}, NoHousekeeping: beside})
	}
	tool := open(true)
	c := serve(t, tool, "")
	c.addWebhook(t, url)
	c.run(t, []step{{"POST", "v2/prompts", `{"name":"p","prompt":"x","labels":["production"]}`, 201, ""}})
	if err := tool.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(bodies) > 0 {
		t.Errorf("delivered without housekeeping: %s", <-bodies)
	}
	open(false)
	if body := <-bodies; !strings.Contains(body, `"label":"production"`) {
		t.Error(body)
	}
}

func TestWebhookAllow(t *testing.T) {
	if srv, err := server.New(server.Config{WebhookAllow: []string{"https://x.example"}}); err == nil || !strings.Contains(err.Error(), "Config.WebhookAllow") {
		t.Errorf("%v, %v", srv, err)
	}
}
