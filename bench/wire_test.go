package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestTallyCountsEachSDK records with every subject to a sink of this process
// and expects each observation once.
func TestTallyCountsEachSDK(t *testing.T) {
	const traces = 40
	for _, name := range []string{
		otelPlain, otelGzip, otelDefault, shark, sharkOTLP, sharkOTLPGzip, sharkOTLPKGzip, henomis, datadog, sentryGo,
	} {
		t.Run(name, func(t *testing.T) {
			s := &sink{}
			server := httptest.NewServer(s)
			defer server.Close()
			sdk, err := newRecorder(name, target{URL: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			for i := range traces {
				sdk.trace(&chats[i])
			}
			sdk.settle()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			sdk.close(ctx)
			got := tallied(t, s)
			if got.Observations != traces*observations || got.Generations != traces || got.Again != 0 || got.Broken != 0 {
				t.Errorf("%+v", got)
			}
			if c, ok := sdk.(counter); ok {
				if s := c.counts(); s.Delivered != s.Accepted || s.Accepted == 0 {
					t.Errorf("the SDK counts %+v", s)
				}
			}
		})
	}
}

func tallied(t *testing.T, s *sink) (got tally) {
	t.Helper()
	w := httptest.NewRecorder()
	s.report(w, httptest.NewRequest(http.MethodGet, "/tally", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTally(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(`{"batch":[]}`))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path, encoding, body        string
		observations, again, broken int64
	}{
		"an observation by its create and its update": {ingestionPath, "", `{"batch":[
			{"id":"1","type":"span-create","body":{"id":"a"}},
			{"id":"2","type":"span-update","body":{"id":"a","endTime":"2026-01-02T03:04:05Z"}}]}`, 1, 0, 0},
		"one that has not ended":       {ingestionPath, "", `{"batch":[{"id":"1","type":"span-create","body":{"id":"a"}}]}`, 0, 0, 0},
		"an event has no end":          {ingestionPath, "", `{"batch":[{"id":"1","type":"event-create","body":{"id":"a"}}]}`, 1, 0, 0},
		"a trace is no observation":    {ingestionPath, "", `{"batch":[{"id":"1","type":"trace-create","body":{"id":"a"}}]}`, 0, 0, 0},
		"the same event twice":         {ingestionPath, "", `{"batch":[` + strings.Repeat(`{"id":"1","type":"event-create","body":{"id":"a"}},`, 1) + `{"id":"1","type":"event-create","body":{"id":"a"}}]}`, 1, 1, 0},
		"no JSON":                      {ingestionPath, "", `{"batch":[`, 0, 0, 1},
		"no protobuf":                  {"/v1/traces", "", `{"resourceSpans":[]}`, 0, 0, 1},
		"no gzip":                      {ingestionPath, "gzip", `{}`, 0, 0, 1},
		"gzip":                         {ingestionPath, "gzip", zipped.String(), 0, 0, 0},
		"an item longer than its body": {"/api/1/envelope/", "", "{}\n{\"type\":\"transaction\",\"length\":99}\n{}\n", 0, 0, 1},
		"an item of another type":      {"/api/1/envelope/", "", "{}\n{\"type\":\"client_report\",\"length\":2}\n{}\n", 0, 0, 0},
		"what isn't read":              {"/v0.4/traces", "", "\x90", 0, 0, 0},
	} {
		var got tally
		got.add(c.path, c.encoding, []byte(c.body))
		if got.Observations != c.observations || got.Again != c.again || got.Broken != c.broken || got.Requests != 1 || got.Bytes != int64(len(c.body)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestIngestionAnswer(t *testing.T) {
	for body, want := range map[string]string{
		`{"batch":[],"metadata":{}}`: `{"successes":[],"errors":[]}`,
		`{"batch":[{"id":"a","type":"span-create","body":{"id":"b","name":"{\"id\":\"c\""}},{"id":"d","body":{"id":"e"}}]}`: `{"successes":[{"id":"a","status":201},{"id":"d","status":201}],"errors":[]}`,
		`{"batch":[{"id":"cut`: `{"successes":[],"errors":[]}`,
	} {
		if got := string(ingestionAnswer([]byte(body))); got != want {
			t.Errorf("%s is answered %s, not %s", body, got, want)
		}
	}
}

func TestSpread(t *testing.T) {
	of, to := []float64{2, 4, 6, 8, 100}, []float64{2, 2, 2, 2, 2}
	middle, text := ratio(of, to)
	if middle != 3 || text != "3.00 [2.00–4.00]" {
		t.Errorf("%v, %s", middle, text)
	}
	if got := percent(99_999, 100_000); got != "99.9990 %" {
		t.Errorf("%s", got)
	}
}
