package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/ingest"
)

// scores is a batch of score-creates with these bodies.
func scores(bodies ...string) string {
	events := make([]string, len(bodies))
	for i, b := range bodies {
		events[i] = fmt.Sprintf(`{"id":"e%d","type":"score-create","timestamp":"9999-01-01T00:00:00Z","body":%s}`, i, b)
	}
	return `{"batch":[` + strings.Join(events, ",") + `]}`
}

// publicly sends a batch as a browser does.
func (c client) publicly(t *testing.T, body string) (status int, answer string) {
	t.Helper()
	status, answer, _ = testkit.Fetch(t, http.MethodPost, c.base+"/api/public/ingestion", []byte(body), asJSON, testkit.Header("Authorization", "Bearer "+c.public))
	return status, answer
}

// TestFeedbackTouchesNoOtherScores has what comes with the public key alone change only what came so.
func TestFeedbackTouchesNoOtherScores(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.run(t, []step{{"POST", "scores", `{"id":"own","traceId":"t","name":"judge","value":0.9,"source":"EVAL"}`, 200, ""}})
	status, answer := c.publicly(t, scores(
		`{"id":"own","traceId":"t","name":"hacked","value":"bad","dataType":"CATEGORICAL","source":"ANNOTATION"}`,
		`{"id":"thumb","traceId":"t","name":"thumb","value":1,"source":"EVAL","timestamp":"9999-01-01T00:00:00Z","metadata":{"a":1}}`,
	))
	if status != http.StatusMultiStatus || !strings.Contains(answer, `"status":403`) || !strings.Contains(answer, `"id":"e1","status":201`) {
		t.Fatalf("%d %s", status, answer)
	}
	own := c.object(t, "/api/public/scores/own")
	if own["name"] != "judge" || own["value"] != 0.9 {
		t.Errorf("the owner's score became %v", own)
	}
	thumb := c.object(t, "/api/public/v2/scores/thumb")
	if thumb["source"] != "API" || strings.HasPrefix(fmt.Sprint(thumb["timestamp"]), "9999") || fmt.Sprint(thumb["metadata"]) != "map[a:1 langshark.feedback:true]" {
		t.Errorf("%v", thumb)
	}
	if status, answer := c.publicly(t, scores(`{"id":"thumb","traceId":"t","name":"thumb","value":0}`)); !strings.Contains(answer, `"status":201`) {
		t.Errorf("a change of mind: %d %s", status, answer)
	}
	if thumb = c.object(t, "/api/public/v2/scores/thumb"); thumb["value"] != 0.0 {
		t.Errorf("%v", thumb)
	}
	c.run(t, []step{{"POST", "scores", `{"id":"thumb","traceId":"t","name":"thumb","value":0.5}`, 200, ""}})
	if thumb = c.object(t, "/api/public/v2/scores/thumb"); thumb["value"] != 0.5 {
		t.Errorf("the owner can't change it any more: %v", thumb)
	}
	for range 2 { // the id was the public key's first, but the owner has written it
		if status, answer := c.publicly(t, scores(`{"id":"thumb","traceId":"t","name":"thumb","value":0}`)); !strings.Contains(answer, `"status":403`) || !strings.Contains(answer, "secret key") {
			t.Errorf("after the owner: %d %s", status, answer)
		}
	}
	if thumb = c.object(t, "/api/public/v2/scores/thumb"); thumb["value"] != 0.5 || thumb["source"] != "API" {
		t.Errorf("after the owner: %v", thumb)
	}
}

// TestFeedbackAfterADelete has an id that the owner wrote and deleted be free again.
func TestFeedbackAfterADelete(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	thumb := scores(`{"id":"thumb","traceId":"t","name":"thumb","value":1}`)
	c.publicly(t, thumb)
	c.run(t, []step{{"POST", "scores", `{"id":"thumb","traceId":"t","name":"thumb","value":0.5,"source":"EVAL"}`, 200, ""}})
	if _, answer := c.publicly(t, thumb); !strings.Contains(answer, `"status":403`) {
		t.Errorf("after the owner: %s", answer)
	}
	c.run(t, []step{{"DELETE", "scores/thumb", "", 200, ""}})
	for range 2 {
		if _, answer := c.publicly(t, thumb); !strings.Contains(answer, `"status":201`) {
			t.Errorf("after the delete: %s", answer)
		}
	}
	if now := c.object(t, "/api/public/v2/scores/thumb"); now["value"] != 1.0 || now["source"] != "API" {
		t.Errorf("%v", now)
	}
}

// TestFeedbackIsCountedByScore has a batch cost as much as it holds.
func TestFeedbackIsCountedByScore(t *testing.T) {
	c := serve(t, newServer(t, server.Config{FeedbackLimit: 10}), "")
	one := `{"traceId":"t","name":"n","value":1}`
	if status, answer := c.publicly(t, scores(one, one, one, one, one, one)); status != http.StatusMultiStatus {
		t.Fatalf("%d %s", status, answer)
	}
	if status, _ := c.publicly(t, scores(one, one, one, one, one, one)); status != http.StatusTooManyRequests {
		t.Errorf("12 scores within a limit of 10: %d", status)
	}
	c = serve(t, newServer(t, server.Config{FeedbackLimit: -1}), "")
	many := make([]string, ingest.MaxFeedback+1)
	for i := range many {
		many[i] = one
	}
	if status, answer := c.publicly(t, scores(many...)); status != http.StatusRequestEntityTooLarge || !strings.Contains(answer, "100 scores") {
		t.Errorf("%d %s", status, answer)
	}
	long, err := json.Marshal(strings.Repeat("x", 300<<10))
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := c.publicly(t, scores(`{"traceId":"t","name":"n","value":1,"comment":`+string(long)+`}`)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %d", status)
	}
}

// TestTextsAreKeptAsTheyRead has texts found whether they were sent escaped or not.
func TestTextsAreKeptAsTheyRead(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.do(t, http.MethodPost, "/api/public/ingestion", `{"batch":[{"id":"1","type":"span-create","timestamp":"2026-05-04T00:00:00Z","body":{"id":"o","traceId":"t","input":{"q":"\ub300\ud55c\ubbfc\uad6d \ud83d\ude00"}}}]}`)
	status, answer, _ := c.do(t, http.MethodGet, "/api/public/v2/observations?fields=core,io&traceId=t", nil)
	if status != http.StatusOK || !strings.Contains(answer, "대한민국 😀") {
		t.Errorf("%d %s", status, answer)
	}
}

// TestTooManyKeys refuses an event that would make each later one expensive.
func TestTooManyKeys(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	var keys strings.Builder
	for i := range ingest.MaxMetadataKeys + 1 {
		fmt.Fprintf(&keys, `"k%d":1,`, i)
	}
	event := func(metadata string) string {
		return `{"batch":[{"id":"1","type":"trace-create","timestamp":"2026-05-04T00:00:00Z","body":{"id":"t","metadata":` + metadata + `}}]}`
	}
	status, answer, _ := c.do(t, http.MethodPost, "/api/public/ingestion", event("{"+keys.String()+`"z":1}`))
	if status != http.StatusMultiStatus || !strings.Contains(answer, "more than 10000 keys") {
		t.Errorf("%d %.200s", status, answer)
	}
	if status, answer, _ := c.do(t, http.MethodPost, "/api/public/ingestion", event("[{"+keys.String()+`"z":1}]`)); !strings.Contains(answer, `"status":201`) {
		t.Errorf("in a list, which is kept whole: %d %.200s", status, answer)
	}
}

// TestFeedbackScript is small, and calls nothing that browsers have on HTTPS alone.
func TestFeedbackScript(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	status, script, _ := testkit.Fetch(t, http.MethodGet, c.base+"/api/public/feedback.js", nil)
	if status != http.StatusOK || !strings.Contains(script, "langsharkFeedback") || len(script) >= 1024 {
		t.Errorf("%d, %d bytes", status, len(script))
	}
	for _, name := range []string{"randomUUID", "crypto.subtle", "serviceWorker", "clipboard"} {
		if strings.Contains(script, name) {
			t.Errorf("it has %s", name)
		}
	}
}
