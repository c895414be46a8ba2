package server_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// TestMetricsAPI asks both versions, over HTTP, for what an ingestion has brought.
func TestMetricsAPI(t *testing.T) {
	c := serve(t, newServer(t, server.Config{DataDir: t.TempDir()}), "")
	status, body, _ := c.do(t, http.MethodPost, "/api/public/ingestion", `{"batch":[
		{"id":"e1","timestamp":"2026-05-04T10:00:00Z","type":"trace-create","body":{"id":"t1","timestamp":"2026-05-04T10:00:00Z","name":"chat","userId":"김","tags":["a","b"]}},
		{"id":"e2","timestamp":"2026-05-04T10:00:01Z","type":"generation-create","body":{"id":"o1","traceId":"t1","name":"answer","model":"m","startTime":"2026-05-04T10:00:00Z","endTime":"2026-05-04T10:00:02Z","usage":{"input":10,"output":30,"unit":"TOKENS"}}},
		{"id":"e3","timestamp":"2026-05-04T10:00:01Z","type":"span-create","body":{"id":"o2","traceId":"t1","name":"look","startTime":"2026-05-04T11:00:00Z","endTime":"2026-05-04T11:00:01Z"}}]}`)
	if status != http.StatusMultiStatus || strings.Contains(body, `"errors":[{`) {
		t.Fatal(status, body)
	}
	const span = `"fromTimestamp":"2026-05-04T00:00:00Z","toTimestamp":"2026-05-05T00:00:00Z"`
	for _, q := range []struct {
		path, query string
		status      int
		want        string
	}{
		{"metrics", `{"view":"traces","metrics":[{"measure":"count","aggregation":"count"}],"dimensions":[{"field":"tags"}],` + span + `}`, 200, `[{"count_count":1,"tags":"a"},{"count_count":1,"tags":"b"}]`},
		{"metrics", `{"view":"observations","metrics":[{"measure":"totalTokens","aggregation":"sum"}],"dimensions":[{"field":"userId"}],` + span + `}`, 200, `[{"sum_totalTokens":40,"userId":"김"}]`},
		{
			"v2/metrics", `{"view":"observations","metrics":[{"measure":"latency","aggregation":"max"},{"measure":"outputTokensPerSecond","aggregation":"avg"}],"timeDimension":{"granularity":"hour"},` + span + `}`, 200,
			`[{"avg_outputTokensPerSecond":15,"max_latency":2000,"time_dimension":"2026-05-04T10:00:00.000Z"},{"avg_outputTokensPerSecond":null,"max_latency":1000,"time_dimension":"2026-05-04T11:00:00.000Z"}]`,
		},
		{"v2/metrics", `{"view":"observations","metrics":[{"measure":"count","aggregation":"count"}],"dimensions":[{"field":"userId"}],` + span + `}`, 400, "userId has too many values"},
		{"v2/metrics", `{"view":"traces","metrics":[{"measure":"count","aggregation":"count"}],` + span + `}`, 400, "isRootObservation"},
		{"metrics", `{"view":"nothing"}`, 400, "view \\\"nothing\\\": use traces"},
		{"metrics", ``, 400, "query: "},
	} {
		status, body, _ := c.do(t, http.MethodGet, "/api/public/"+q.path+"?query="+url.QueryEscape(q.query), nil)
		if status != q.status {
			t.Errorf("%s %s: %d %s, want %d", q.path, q.query, status, body, q.status)
			continue
		}
		if status == http.StatusOK {
			var answer struct{ Data json.RawMessage }
			if err := json.Unmarshal([]byte(body), &answer); err != nil || string(answer.Data) != q.want {
				t.Errorf("%s %s: %s, want %s", q.path, q.query, answer.Data, q.want)
			}
		} else if !strings.Contains(body, q.want) {
			t.Errorf("%s %s: %s, want %q in it", q.path, q.query, body, q.want)
		}
	}
}
