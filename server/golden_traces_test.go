package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// recordedTrace is a trace as the recorded lists have it.
type recordedTrace struct {
	ID           string          `json:"id"`
	Timestamp    time.Time       `json:"timestamp"`
	Name         *string         `json:"name"`
	Input        json.RawMessage `json:"input"`
	Output       json.RawMessage `json:"output"`
	SessionID    *string         `json:"sessionId"`
	Metadata     json.RawMessage `json:"metadata"`
	UserID       *string         `json:"userId"`
	Release      *string         `json:"release"`
	Version      *string         `json:"version"`
	Public       bool            `json:"public"`
	Tags         []string        `json:"tags"`
	TotalCost    json.Number     `json:"totalCost"`
	Latency      float64         `json:"latency"`
	Observations []string        `json:"observations"`
	Scores       []string        `json:"scores"`
}

// events are the events that make such a trace.
func (r *recordedTrace) events() []map[string]any {
	stamp := r.Timestamp.Format(time.RFC3339Nano)
	event := func(kind string, body map[string]any) map[string]any {
		return map[string]any{"id": fmt.Sprint(kind, body["id"]), "type": kind, "timestamp": stamp, "body": body}
	}
	list := []map[string]any{event("trace-create", map[string]any{
		"id": r.ID, "timestamp": stamp, "name": r.Name, "input": r.Input, "output": r.Output, "sessionId": r.SessionID, "metadata": r.Metadata,
		"userId": r.UserID, "release": r.Release, "version": r.Version, "public": r.Public, "tags": r.Tags,
	})}
	for i, id := range r.Observations {
		body := map[string]any{"id": id, "traceId": r.ID, "startTime": stamp}
		if i == 0 {
			body["endTime"] = r.Timestamp.Add(time.Duration(r.Latency * float64(time.Second))).Format(time.RFC3339Nano)
			body["costDetails"] = map[string]any{"total": r.TotalCost}
		}
		list = append(list, event("generation-create", body))
	}
	for _, id := range r.Scores {
		list = append(list, event("score-create", map[string]any{"id": id, "traceId": r.ID, "name": "n", "value": 1}))
	}
	return list
}

// TestGoldenTraceLists makes the traces that the recorded list shows, however
// they came about there, and asks for them in all the recorded ways.
func TestGoldenTraceLists(t *testing.T) {
	pairs := goldenFile(t, "08")
	var all struct{ Data []recordedTrace }
	for _, p := range pairs {
		if p.Name == "list ?limit=100" {
			if err := json.Unmarshal(p.Response.Body, &all); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(all.Data) != 25 {
		t.Fatalf("the recorded list has %d traces, want 25", len(all.Data))
	}
	ts := reference(t)
	for i := len(all.Data) - 1; i >= 0; i-- { // the oldest first
		body, err := json.Marshal(map[string]any{"batch": all.Data[i].events()})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ts.URL+"/api/public/ingestion", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(refPublic, refSecret)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var result struct{ Errors []any }
		if err := json.NewDecoder(res.Body).Decode(&result); err != nil || len(result.Errors) > 0 {
			t.Fatalf("ingestion: %v, %v", result.Errors, err)
		}
		res.Body.Close()
	}
	asked := 0
	for i, p := range pairs {
		asked++
		want := p.recorded()
		want.Body = textsAside(normal(want.Body, ""))
		switch query := p.Request.Path[strings.IndexByte(p.Request.Path+"?", '?'):]; query {
		case "?page=0", "?page=-1", "?limit=1.5", "?orderBy=totalCost.desc&limit=2", "?orderBy=foo.asc":
			badRequest(&want) // the reference failed with 500
		case "?orderBy=name.asc&limit=3":
			// The reference has no fixed order of equal names: only the names and the pages are compared.
			got := p.replay(t, ts.URL)
			want.Body, got.Body = namesOnly(want.Body), namesOnly(normal(got.Body, ""))
			compareAnswers(t, fmt.Sprintf("08 #%d %s", i, p.Name), want, got)
			continue
		}
		got := p.replay(t, ts.URL)
		got.Body = textsAside(normal(got.Body, ""))
		compareAnswers(t, fmt.Sprintf("08 #%d %s", i, p.Name), want, got)
	}
	if asked != 33 {
		t.Errorf("%d requests, want 33", asked)
	}
}

// namesOnly keeps of each trace in a list its name.
func namesOnly(body any) any {
	list, ok := body.(map[string]any)
	if !ok {
		return body
	}
	data, _ := list["data"].([]any)
	names := make([]any, len(data))
	for i, d := range data {
		if trace, ok := d.(map[string]any); ok {
			names[i] = trace["name"]
		}
	}
	return map[string]any{"names": names, "meta": list["meta"]}
}
