package remote_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/transfer/remote"
)

// serve makes a server with a project whose keys are pk and sk.
func serve(t *testing.T) (*server.Server, string) {
	t.Helper()
	srv, err := server.New(server.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv.Handler())
	t.Cleanup(func() {
		ts.Close()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := srv.SetKey(t.Context(), "", "pk", "sk"); err != nil {
		t.Fatal(err)
	}
	return srv, ts.URL
}

func call(t *testing.T, method, url string, body any) []byte {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("pk", "sk")
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 && res.StatusCode != http.StatusMultiStatus {
		t.Fatalf("%s %s: %d %s %v", method, url, res.StatusCode, answer, err)
	}
	return answer
}

// own matches what a server says of itself and not of the data.
var own = regexp.MustCompile(`"(createdAt|updatedAt)":"[^"]*"`)

// everything reads all pages of the lists, and the traces whole.
func everything(t *testing.T, url string) string {
	t.Helper()
	var all bytes.Buffer
	var ids []string
	for _, list := range []string{"traces?orderBy=id.asc&", "observations?", "sessions?"} {
		for page := 1; page < 20; page++ {
			var p struct{ Data []json.RawMessage }
			if err := json.Unmarshal(call(t, http.MethodGet, fmt.Sprintf("%s/api/public/%slimit=100&page=%d", url, list, page), nil), &p); err != nil {
				t.Fatal(err)
			}
			for _, row := range p.Data {
				fmt.Fprintf(&all, "%s\n", row)
				var r struct{ HTMLPath, ID string }
				if err := json.Unmarshal(row, &r); err != nil {
					t.Fatal(err)
				}
				if r.HTMLPath != "" {
					ids = append(ids, r.ID)
				}
			}
		}
	}
	for _, id := range ids {
		fmt.Fprintf(&all, "%s\n", call(t, http.MethodGet, url+"/api/public/traces/"+id, nil))
	}
	lines := strings.SplitAfter(own.ReplaceAllString(all.String(), ""), "\n") // sessions and scores of the same time may change places
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// probes counts answers of 5xx.
type probes struct{ failed atomic.Int64 }

func (p *probes) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && res.StatusCode >= http.StatusInternalServerError {
		p.failed.Add(1)
	}
	return res, err
}

// TestOwnServer copies a project from one server to another: what the public
// API shows of both is the same.
func TestOwnServer(t *testing.T) {
	_, from := serve(t)
	target, to := serve(t)
	const traces = 230
	for first := 0; first < traces; first += 50 {
		var batch []any
		event := func(kind, id string, body map[string]any) {
			body["id"] = id
			batch = append(batch, map[string]any{"id": "e-" + kind + id, "type": kind, "timestamp": "2026-02-01T00:00:00Z", "body": body})
		}
		for i := first; i < min(first+50, traces); i++ {
			at := time.Date(2026, 1, 1, 0, 0, i, 123456000, time.UTC)
			id := fmt.Sprint("t", i)
			event("trace-create", id, map[string]any{
				"timestamp": at, "name": "chat", "userId": fmt.Sprint("u", i%7), "sessionId": fmt.Sprint("s", i%11), "tags": []string{"b", "a"}, "public": i%3 == 0,
				"metadata": map[string]any{"i": i, "deep": map[string]any{"x": []int{1}}}, "input": "안녕 " + id, "output": map[string]any{"big": json.RawMessage("12345678901234567890")},
			})
			event("generation-create", id+"-g", map[string]any{
				"traceId": id, "startTime": at, "endTime": at.Add(1500 * time.Millisecond), "completionStartTime": at.Add(time.Second), "model": "gpt-4o", "level": "WARNING",
				"modelParameters": map[string]any{"temperature": 0.1}, "usage": map[string]any{"input": 10 + i, "output": 3, "unit": "TOKENS"}, "promptName": "p", "promptVersion": 2,
				"costDetails": map[string]any{"input": 0.0000123, "output": 0.1, "total": 0.3}, "input": []any{map[string]any{"role": "user", "content": "q"}},
			})
			event("span-create", id+"-s", map[string]any{"traceId": id, "parentObservationId": id + "-g", "startTime": at.Add(time.Millisecond), "name": "running"})
			event("event-create", id+"-e", map[string]any{"traceId": id, "startTime": at.Add(2 * time.Millisecond), "statusMessage": "x"})
			event("score-create", id+"-c", map[string]any{"traceId": id, "timestamp": at, "name": "good", "value": 1, "dataType": "BOOLEAN", "comment": "c"})
			event("score-create", id+"-d", map[string]any{"traceId": id, "timestamp": at.Add(time.Second), "observationId": id + "-g", "name": "label", "value": "fine"})
		}
		call(t, http.MethodPost, from+"/api/public/ingestion", map[string]any{"batch": batch})
	}
	for range 2 {
		probes := &probes{}
		r, err := target.ImportFrom(t.Context(), "", remote.Options{URL: from, PublicKey: "pk", SecretKey: "sk", PageSize: 40, Transport: probes, Waiting: func(reason error, _ time.Duration) {
			t.Errorf("waited: %v", reason)
		}})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []int64{traces, 3 * traces, 2 * traces} {
			if l := r.Lists[i]; l.Read != want || l.Here != want || l.Written() != want {
				t.Errorf("%+v, want %d", l, want)
			}
		}
		if n := probes.failed.Load(); n > 1 {
			t.Errorf("%d requests failed at the source: one is to ask for its scores", n)
		}
		noted := int64(0)
		for note, n := range r.Notes {
			if strings.Contains(note, "whole milliseconds") {
				noted += n
			}
		}
		if noted != 6*traces {
			t.Errorf("%d rows are noted as cut to milliseconds: %v", noted, r.Notes)
		}
		if r.SessionsThere != 11 || r.SessionsHere != 11 {
			t.Errorf("sessions: %d there, %d here", r.SessionsThere, r.SessionsHere)
		}
	}
	if diff := testkit.Diff(everything(t, from), everything(t, to)); diff != "" {
		t.Errorf("%.3000s", diff)
	}
}
