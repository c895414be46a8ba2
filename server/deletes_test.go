package server_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server"
)

// TestDeletesTakeWhatLiesAhead: an application's clock may be fast, and spans may end in a far future.
func TestDeletesTakeWhatLiesAhead(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	ahead := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	at := func(e map[string]any) map[string]any {
		e["timestamp"] = ahead
		return e
	}
	spans := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0123456789abcdef0123456789abcdef","spanId":"0123456789abcdef","name":"far","startTimeUnixNano":"9223372036854775000","endTimeUnixNano":"9223372036854775000"}]}]}]}`
	write := func() {
		t.Helper()
		c.send(t, at(event("trace-create", "e1", map[string]any{"id": "t", "input": "SECRET"})), at(event("span-create", "e2", map[string]any{"id": "o", "traceId": "t"})),
			at(event("score-create", "e3", map[string]any{"id": "s", "traceId": "t", "name": "n", "value": 1})), at(event("score-create", "e4", map[string]any{"id": "alone", "traceId": "u", "name": "n", "value": 1})))
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/otel/v1/traces", spans); status != http.StatusOK {
			t.Fatalf("%d %s", status, text)
		}
	}
	write()
	for _, x := range []struct{ path, body string }{{"traces/t", ""}, {"traces", `{"traceIds":["0123456789abcdef0123456789abcdef"]}`}, {"scores/alone", ""}} {
		var body any
		if x.body != "" {
			body = x.body
		}
		if status, text, _ := c.do(t, http.MethodDelete, "/api/public/"+x.path, body); status != http.StatusOK {
			t.Errorf("%s: %d %s", x.path, status, text)
		}
	}
	gone := func(when string) {
		t.Helper()
		for _, path := range []string{"traces/t", "observations/o", "scores/s", "scores/alone", "traces/0123456789abcdef0123456789abcdef", "observations/0123456789abcdef"} {
			if status, text, _ := c.do(t, http.MethodGet, "/api/public/"+path, nil); status != http.StatusNotFound {
				t.Errorf("%s: %s: %d %s", when, path, status, text)
			}
		}
		status, text, _ := c.do(t, http.MethodGet, "/api/public/traces", nil)
		var list struct{ Data []any }
		if err := json.Unmarshal([]byte(text), &list); status != http.StatusOK || err != nil || len(list.Data) != 0 {
			t.Errorf("%s: %d %s", when, status, text)
		}
	}
	gone("deleted")
	write()
	gone("sent once more")
}
