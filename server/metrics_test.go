package server_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
)

// scrape reads /metrics as Prometheus does.
func scrape(t *testing.T, c client) string {
	t.Helper()
	status, text, header := client{base: c.base}.do(t, http.MethodGet, "/metrics", nil)
	if status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
		t.Fatalf("metrics: %d %s", status, text)
	}
	return text
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	have := strings.Split(text, "\n")
	for _, line := range lines {
		if !slices.Contains(have, line) {
			name, _, _ := strings.Cut(line, " ")
			name, _, _ = strings.Cut(name, "{")
			t.Errorf("no line %s among\n%s", line, strings.Join(slices.DeleteFunc(slices.Clone(have), func(l string) bool { return !strings.HasPrefix(l, name) }), "\n"))
		}
	}
}

// TestMetrics has what the store says, what was asked and what was sent, by names of bounded number.
func TestMetrics(t *testing.T) {
	srv, f := newFake(t, server.Config{Open: true})
	c := serve(t, srv, "/ls")
	commits := store.Histogram{
		Buckets: map[int32]int64{store.BucketOf(100 * time.Microsecond): 1, store.BucketOf(3 * time.Millisecond): 2, store.BucketOf(2 * time.Minute): 1},
		Sum:     120_006_100, // µs
	}
	f.stats.Store(&store.Stats{
		Pending: 7, PendingBytes: 4096, Commits: 4, Writes: 90, Busy: 2, Full: 3, Failed: 1, CommitTime: commits,
		Expired: 11, SearchLag: 5, FileBytes: 1 << 20, FreeBytes: 1 << 10, ReadOnly: true,
	})
	c.send(t, event("trace-create", "t", map[string]any{"id": "t"}), event("span-create", "o", map[string]any{"id": "o", "traceId": "t"}))
	if err := srv.Exporter("one").Export(t.Context(), []exporter.Record{record("t", 1)}); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		c.do(t, http.MethodGet, fmt.Sprintf("/api/public/traces/none-%d", i), nil)
		c.do(t, http.MethodGet, fmt.Sprintf("/nothing/%d", i), nil)
		c.do(t, fmt.Sprintf("METHOD%d", i), "/healthz", nil)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/project/one/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	live, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Body.Close()
	if _, err := live.Body.Read(make([]byte, 1)); err != nil { // the subscription stands
		t.Fatal(err)
	}
	text := scrape(t, c)
	wantLines(t, text,
		`langshark_http_requests_total{code="2xx",method="POST",route="/api/public/ingestion"} 1`,
		`langshark_http_requests_total{code="4xx",method="GET",route="/api/public/traces/{id}"} 20`,
		`langshark_http_requests_total{code="4xx",method="GET",route="other"} 20`,
		`langshark_http_requests_total{code="4xx",method="other",route="other"} 20`,
		`langshark_http_request_duration_seconds_count{method="POST",route="/api/public/ingestion"} 1`,
		`langshark_http_requests_in_flight 2`, // the live page and this one
		`langshark_live_subscribers 1`,
		`langshark_ingestion_events_total{kind="observation",outcome="accepted"} 2`,
		`langshark_ingestion_events_total{kind="trace",outcome="accepted"} 1`,
		`langshark_ingestion_events_total{kind="score",outcome="rejected"} 0`,
		`langshark_store_pending_writes 7`, `langshark_store_pending_bytes 4096`, `langshark_store_commits_total 4`, `langshark_store_writes_total 90`,
		`langshark_store_refused_writes_total{reason="busy"} 2`, `langshark_store_refused_writes_total{reason="full"} 3`, `langshark_store_failed_writes_total 1`,
		`langshark_store_expired_traces_total 11`, `langshark_store_search_lag_observations 5`, `langshark_store_file_bytes 1.048576e+06`,
		`langshark_store_free_bytes 1024`, `langshark_store_read_only 1`,
		`langshark_store_commit_duration_seconds_bucket{le="0.0005"} 1`, `langshark_store_commit_duration_seconds_bucket{le="0.0025"} 1`,
		`langshark_store_commit_duration_seconds_bucket{le="0.005"} 3`, `langshark_store_commit_duration_seconds_bucket{le="10"} 3`,
		`langshark_store_commit_duration_seconds_bucket{le="+Inf"} 4`, `langshark_store_commit_duration_seconds_sum 120.0061`, `langshark_store_commit_duration_seconds_count 4`,
	)
	if strings.Contains(text, "go_goroutines") || strings.Contains(text, "process_") || !strings.Contains(text, `langshark_build_info{goversion="go`) {
		t.Errorf("collectors that nobody asked for, or no build info:\n%s", text)
	}
	if n := regexp.MustCompile(`(?m)^langshark_http_requests_total`).FindAllString(text, -1); len(n) > 12 {
		t.Errorf("%d series of requests", len(n))
	}
	live.Body.Close()
	const counted = `langshark_http_requests_total{code="2xx",method="GET",route="/project/{project}/live"} 1`
	for deadline := time.Now().Add(time.Minute); !strings.Contains(text, counted) || strings.Contains(text, "langshark_live_subscribers 1"); text = scrape(t, c) {
		if time.Now().After(deadline) {
			t.Fatal("the live page is still there")
		}
	}
	wantLines(t, text, counted, `langshark_live_subscribers 0`)
	if strings.Contains(text, `_duration_seconds_count{method="GET",route="/project/{project}/live"}`) {
		t.Error("a stream counts as a request that takes long")
	}
}

// TestMetricsOfTheRealStore are gathered too.
func TestMetricsOfTheRealStore(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.send(t, event("trace-create", "t", map[string]any{"id": "t"}))
	text := scrape(t, c)
	for _, name := range []string{"langshark_store_commits_total", "langshark_store_writes_total", "langshark_store_file_bytes", "langshark_store_commit_duration_seconds_count"} {
		if m := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(text); m == nil || m[1] == "0" {
			t.Errorf("%s: %q after a write", name, m)
		}
	}
}

// TestMetricNames are as Prometheus would have them, and all in docs/operations.md.
func TestMetricNames(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "")
	c.do(t, http.MethodGet, "/healthz", nil)
	host := prometheus.NewRegistry() // of an application that carries the server
	if err := host.Register(srv.Collector()); err != nil {
		t.Fatal(err)
	}
	problems, err := testutil.GatherAndLint(host)
	if err != nil || len(problems) != 0 {
		t.Errorf("%v, %v", problems, err)
	}
	doc, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	families, err := host.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
		if !strings.Contains(string(doc), "| `"+f.GetName()+"`") {
			t.Errorf("docs/operations.md has no row for %s", f.GetName())
		}
	}
	for _, name := range regexp.MustCompile(`\blangshark_[a-z_]+`).FindAllString(string(doc), -1) {
		if !slices.Contains(names, strings.TrimSuffix(name, "_bucket")) {
			t.Errorf("docs/operations.md has %s, which there is not", name)
		}
	}
}

// TestWhoReadsMetrics lets this machine in, and who has the token.
func TestWhoReadsMetrics(t *testing.T) {
	debug := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "inside") })
	closed := serve(t, newServer(t, server.Config{Debug: debug}), "/ls")
	token := serve(t, newServer(t, server.Config{Debug: debug, MetricsToken: "s3cret"}), "")
	for name, test := range map[string]struct {
		client
		host, header, value string
		want                int
	}{
		"this machine":                     {closed, "", "", "", 200},
		"this machine by name":             {closed, "localhost:3000", "", "", 200},
		"a page that points here":          {closed, "evil.example", "", "", 403},
		"by a proxy":                       {closed, "", "X-Forwarded-For", "10.0.0.1", 403},
		"by another":                       {closed, "", "Forwarded", "for=10.0.0.1", 403},
		"by a third":                       {closed, "", "X-Real-Ip", "10.0.0.1", 403},
		"a token where none is set":        {closed, "evil.example", "Authorization", "Bearer ", 403},
		"by a name without the token":      {token, "ls.example", "", "", 403},
		"by a name with the token":         {token, "ls.example", "Authorization", "Bearer s3cret", 200},
		"by a name with the scheme in low": {token, "ls.example", "Authorization", "bearer s3cret", 200},
		"with a part of the token":         {token, "ls.example", "Authorization", "Bearer s3cre", 403},
		"with an empty token":              {token, "ls.example", "Authorization", "Bearer ", 403},
		"with another scheme":              {token, "ls.example", "Authorization", "Basic s3cret", 403},
		"this machine without the token":   {token, "", "", "", 200},
	} {
		for _, path := range []string{"/metrics", "/debug/anything"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.base+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = test.host
			if test.header != "" {
				r.Header.Set(test.header, test.value)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != test.want || (test.want == 403) != strings.Contains(string(text), "Authorization: Bearer") {
				t.Errorf("%s, %s: %d %.200s, %v", name, path, res.StatusCode, text, err)
			}
		}
	}
	srv := newServer(t, server.Config{})
	for name, test := range map[string]struct {
		local, remote string
		want          int
	}{
		"this machine":                      {"127.0.0.1:3000", "127.0.0.1:4000", 200},
		"this machine by IPv6":              {"[::1]:3000", "[::1]:4000", 200},
		"another machine":                   {"10.0.0.1:3000", "10.0.0.2:4000", 403},
		"a host that knows who was behind":  {"127.0.0.1:3000", "10.0.0.2:4000", 403},
		"a host that is told who was there": {"10.0.0.1:3000", "127.0.0.1:4000", 403},
		"a host that does not say":          {"", "127.0.0.1:4000", 403},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/metrics", nil)
		r.RemoteAddr = test.remote
		if test.local != "" {
			r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(test.local))))
		}
		w := httptest.NewRecorder()
		if srv.Handler().ServeHTTP(w, r); w.Code != test.want {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// TestDebug is not there unless it is asked for, and never anywhere else.
func TestDebug(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	if status, _, _ := c.do(t, http.MethodGet, "/debug/pprof/", nil); status != http.StatusNotFound {
		t.Errorf("without Config.Debug: %d", status)
	}
	if _, pattern := http.DefaultServeMux.Handler(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/debug/pprof/", nil)); pattern != "" {
		t.Errorf("importing the server puts %s into the default mux", pattern)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/things/{id}", func(http.ResponseWriter, *http.Request) {})
	c = serve(t, newServer(t, server.Config{Debug: mux}), "")
	if status, _, _ := c.do(t, http.MethodGet, "/debug/things/1", nil); status != http.StatusOK {
		t.Errorf("with Config.Debug: %d", status)
	}
	wantLines(t, scrape(t, c), `langshark_http_requests_total{code="2xx",method="GET",route="/debug/"} 1`)
}

// TestCollectors shows those of the host, and refuses what can't be shown together.
func TestCollectors(t *testing.T) {
	mine := prometheus.NewCounter(prometheus.CounterOpts{Name: "app_things_total", Help: "Things."})
	c := serve(t, newServer(t, server.Config{Collectors: []prometheus.Collector{mine}}), "")
	wantLines(t, scrape(t, c), "app_things_total 0")
	if _, err := server.New(server.Config{Collectors: []prometheus.Collector{mine, mine}}); err == nil || !strings.Contains(err.Error(), "Config.Collectors") {
		t.Errorf("the same collector twice: %v", err)
	}
}
