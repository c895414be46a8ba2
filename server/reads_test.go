package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// TestLatencyIsNeverNegative reads an observation that ends, and has its first token, before it
// starts, as clocks that disagree make it: all reads and metrics say 0.
func TestLatencyIsNeverNegative(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.send(t, event("generation-create", "o", map[string]any{
		"id": "o", "traceId": "t", "startTime": "2026-05-04T10:00:05Z", "completionStartTime": "2026-05-04T10:00:03Z", "endTime": "2026-05-04T10:00:02Z",
	}))
	_, v2, _ := v2Page(t, c, url.Values{"fields": {"metrics"}})
	for read, o := range map[string]map[string]any{"v1": c.object(t, "/api/public/observations/o"), "v2": v2[0]} {
		if o["latency"] != 0.0 || o["timeToFirstToken"] != 0.0 {
			t.Errorf("%s: latency %v, first token %v", read, o["latency"], o["timeToFirstToken"])
		}
	}
	q := `{"view":"observations","metrics":[{"measure":"latency","aggregation":"min"},{"measure":"timeToFirstToken","aggregation":"max"}],"fromTimestamp":"2026-05-04T00:00:00Z","toTimestamp":"2026-05-05T00:00:00Z"}`
	if got := fmt.Sprint(c.object(t, "/api/public/v2/metrics?query="+url.QueryEscape(q))["data"]); got != "[map[max_timeToFirstToken:0 min_latency:0]]" {
		t.Errorf("metrics: %s", got)
	}
}

// TestTraceFields asks for groups of fields of traces, one by one and in lists.
func TestTraceFields(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.send(t,
		event("trace-create", "t", map[string]any{"id": "t", "name": "n", "input": "i", "output": "o", "metadata": map[string]any{"k": 1}}),
		event("generation-create", "o", map[string]any{"id": "o", "traceId": "t", "input": "deep", "startTime": "2026-05-04T10:00:00Z", "endTime": "2026-05-04T10:00:02Z", "costDetails": map[string]any{"total": 0.5}}),
		event("score-create", "s", map[string]any{"id": "s", "traceId": "t", "name": "n", "value": 1}))
	for fields, want := range map[string]string{
		"":                     `"i" "o" {"k":1} 1 1 0.5 2`,
		"core":                 `null null null 0 0 -1 -1`,
		"io":                   `"i" "o" {"k":1} 0 0 -1 -1`,
		"core,scores,metrics":  `null null null 1 0 0.5 2`,
		"observations":         `null null null 0 1 -1 -1`,
		"io,metrics":           `"i" "o" {"k":1} 0 0 0.5 2`,
		"metrics,observations": `null null null 0 1 0.5 2`,
	} {
		for _, path := range []string{"/api/public/traces/t", "/api/public/traces"} {
			o := c.object(t, path+"?fields="+url.QueryEscape(fields))
			if rows, ok := o["data"].([]any); ok {
				o, _ = rows[0].(map[string]any)
			}
			text := func(name string) string {
				b, err := json.Marshal(o[name])
				if err != nil {
					t.Fatal(err)
				}
				return string(b)
			}
			length := func(name string) int {
				list, ok := o[name].([]any)
				if !ok {
					t.Errorf("%s?fields=%s: %s is no list", path, fields, name)
				}
				return len(list)
			}
			got := fmt.Sprint(text("input"), " ", text("output"), " ", text("metadata"), " ", length("scores"), " ", length("observations"), " ", text("totalCost"), " ", text("latency"))
			if got != want || o["name"] != "n" {
				t.Errorf("%s?fields=%s: %s, want %s", path, fields, got, want)
			}
		}
	}
	observations, _ := c.object(t, "/api/public/traces/t?fields=observations")["observations"].([]any)
	if o, _ := observations[0].(map[string]any); o["input"] != "deep" {
		t.Errorf("the payload of an observation that was asked for: %v", o)
	}
}

// TestReadsRefuse asks for what would be ignored otherwise.
func TestReadsRefuse(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for path, want := range map[string]string{
		"traces?fields=core,nope": "fields", "traces/t?fields=nope": "fields", "v3/scores?filter=" + url.QueryEscape(`[]`): "filter",
	} {
		status, body, _ := c.do(t, http.MethodGet, "/api/public/"+path, nil)
		var answer struct{ Error []struct{ Path []string } }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusBadRequest || len(answer.Error) != 1 || answer.Error[0].Path[0] != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}
