package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// scored is a project with a trace, a session and scores of all types.
func scored(t *testing.T) client {
	t.Helper()
	c := serve(t, newServer(t, server.Config{}), "")
	c.send(t, event("trace-create", "t", map[string]any{"id": "t", "userId": "u", "sessionId": "s", "tags": []string{"a", "b"}, "environment": "prod"}),
		event("span-create", "o", map[string]any{"id": "o", "traceId": "t"}))
	for i, score := range []map[string]any{
		{"id": "n", "traceId": "t", "name": "num", "value": 0.5, "comment": "c", "metadata": map[string]any{"k": 1}, "environment": "prod"},
		{"id": "b", "traceId": "t", "observationId": "o", "name": "bool", "value": 1, "dataType": "BOOLEAN"},
		{"id": "c", "traceId": "none", "name": "cat", "value": "good", "source": "EVAL", "queueId": "q"},
		{"id": "s", "sessionId": "s", "name": "num", "value": 3},
	} {
		score["timestamp"] = fmt.Sprintf("2026-05-04T00:00:0%dZ", i)
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/scores", score); status != http.StatusOK {
			t.Fatal(status, text)
		}
	}
	return c
}

// listedIDs are the ids of a list's data.
func listedIDs(o map[string]any) string {
	var ids []string
	for _, d := range o["data"].([]any) {
		ids = append(ids, d.(map[string]any)["id"].(string))
	}
	return strings.Join(ids, " ")
}

// TestTexts has scores that are texts: what somebody wrote, and what the output should have been.
func TestTexts(t *testing.T) {
	c := scored(t)
	c.send(t,
		event("score-create", "w", map[string]any{"id": "w", "traceId": "t", "name": "remark", "value": "좋아요, but slow", "dataType": "TEXT"}),
		event("score-create", "x", map[string]any{"id": "x", "traceId": "t", "observationId": "o", "name": "any", "value": "what it should have said", "dataType": "CORRECTION"}),
	)
	if w := c.object(t, "/api/public/v2/scores/w"); w["dataType"] != "TEXT" || w["stringValue"] != "좋아요, but slow" || w["value"] != nil {
		t.Errorf("text: %v", w)
	}
	x := c.object(t, "/api/public/v3/scores?dataType=CORRECTION")["data"].([]any)[0].(map[string]any)
	if x["name"] != "output" || x["value"] != "what it should have said" {
		t.Errorf("correction: %v", x)
	}
	if status, text, _ := c.do(t, http.MethodPost, "/api/public/score-configs", map[string]any{"name": "stars", "dataType": "NUMERIC", "minValue": 1, "maxValue": 5}); status != http.StatusOK {
		t.Fatal(status, text)
	}
	id := listedIDs(c.object(t, "/api/public/score-configs"))
	for want, body := range map[string]map[string]any{
		"1 to 500 characters": {"traceId": "t", "name": "n", "value": "", "dataType": "TEXT"}, "must be a string": {"traceId": "t", "name": "n", "value": 1, "dataType": "TEXT"},
		"has 501": {"traceId": "t", "name": "n", "value": strings.Repeat("가", 501), "dataType": "TEXT"}, "a correction is of": {"sessionId": "s", "name": "n", "value": "v", "dataType": "CORRECTION"},
		"mismatch": {"traceId": "t", "name": "stars", "value": "v", "dataType": "TEXT", "configId": id},
	} {
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/scores", body); status != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("%.100v: %d %s, want %q", body, status, text, want)
		}
	}
}

// TestScoresOfRuns has scores of a run of a dataset, as experiments write them.
func TestScoresOfRuns(t *testing.T) {
	c := scored(t)
	c.send(t, event("score-create", "r", map[string]any{"id": "r", "datasetRunId": "run", "name": "accuracy", "value": 0.75, "timestamp": "2026-05-05T00:00:00Z"}))
	if status, text, _ := c.do(t, http.MethodPost, "/api/public/scores", map[string]any{"id": "r2", "datasetRunId": "run/2", "name": "accuracy", "value": 1}); status != http.StatusOK {
		t.Fatal(status, text)
	}
	for query, want := range map[string]string{
		"v2/scores?datasetRunId=run": "r", "v2/scores?datasetRunId=run%2F2": "r2", "v2/scores?datasetRunId=none": "", "v3/scores?experimentId=run": "r", "v3/scores?sessionId=s": "s",
	} {
		if got := listedIDs(c.object(t, "/api/public/"+query)); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	v2 := c.object(t, "/api/public/v2/scores/r")
	if v2["datasetRunId"] != "run" || v2["traceId"] != nil || v2["sessionId"] != nil || v2["value"] != 0.75 {
		t.Errorf("v2: %v", v2)
	}
	v3 := c.object(t, "/api/public/v3/scores?experimentId=run&fields=subject")["data"].([]any)[0].(map[string]any)
	if subject := v3["subject"].(map[string]any); subject["kind"] != "experiment" || subject["id"] != "run" {
		t.Errorf("v3: %v", v3)
	}
}

// TestScoresGoWithTheirRun deletes a run: its scores go, those of a trace and of other runs stay.
func TestScoresGoWithTheirRun(t *testing.T) {
	c := scored(t)
	c.run(t, []step{
		{"POST", "v2/datasets", `{"name":"d"}`, 200, ""},
		{"POST", "dataset-items", `{"datasetName":"d","id":"i"}`, 200, ""},
	})
	link := func(run string) string {
		t.Helper()
		status, text, _ := c.do(t, http.MethodPost, "/api/public/dataset-run-items", map[string]any{"runName": run, "datasetItemId": "i", "traceId": "t"})
		if status != http.StatusOK {
			t.Fatal(status, text)
		}
		return field(text, "datasetRunId")
	}
	one, two := link("one"), link("two")
	var events []map[string]any
	for i := range 1203 { // some pages of them
		events = append(events, event("score-create", fmt.Sprint("e", i), map[string]any{"id": fmt.Sprint("r", i), "datasetRunId": one, "name": "accuracy", "value": i}))
	}
	c.send(t, append(events,
		event("score-create", "both", map[string]any{"id": "both", "datasetRunId": one, "traceId": "t", "name": "accuracy", "value": 1}),
		event("score-create", "other", map[string]any{"id": "other", "datasetRunId": two, "name": "accuracy", "value": 1}))...)
	c.run(t, []step{
		{"DELETE", "datasets/d/runs/one", "", 200, ""},
		{"DELETE", "datasets/d/runs/one", "", 404, "Dataset run not found"},
	})
	for query, want := range map[string]string{"v2/scores?datasetRunId=" + one: "both", "v2/scores?datasetRunId=" + two: "other"} {
		if got := listedIDs(c.object(t, "/api/public/"+query)); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if status, text, _ := c.do(t, http.MethodGet, "/api/public/v2/scores/r7", nil); status != http.StatusNotFound {
		t.Errorf("%d %s", status, text)
	}
}

// TestScoreLists asks for the same scores in the three forms that there are.
func TestScoreLists(t *testing.T) {
	c := scored(t)
	for query, want := range map[string]string{
		"scores": "s c b n", "scores?name=num": "s n", "scores?userId=u": "b n", "scores?operator=%3C&value=1": "n", "scores?value=1": "s c b n", "scores?queueId=q": "c",
		"v2/scores?traceTags=a&traceTags=b": "b n", "v2/scores?traceTags=x": "", "v2/scores?sessionId=s": "s", "v2/scores?environment=prod": "n",
		"v2/scores?source=EVAL&dataType=CATEGORICAL": "c", "v2/scores?observationId=o,x": "b", "v2/scores?limit=1&page=2": "c", "v2/scores?queueId=q": "c", "v2/scores?queueId=x": "",
		"v3/scores": "s c b n", "v3/scores?name=num,bool": "s b n", "v3/scores?dataType=numeric&valueMin=0.5&valueMax=2": "n", "v3/scores?dataType=NUMERIC&value=3,0.5": "s n",
		"v3/scores?dataType=BOOLEAN&value=true": "b", "v3/scores?dataType=BOOLEAN&value=false": "", "v3/scores?dataType=CATEGORICAL&value=good": "c",
		"v3/scores?traceId=t&observationId=o": "b", "v3/scores?id=n,c": "c n", "v3/scores?source=eval": "c", "v3/scores?queueId=x,q": "c", "v3/scores?toTimestamp=2026-05-04T00:00:02Z": "b n",
	} {
		if got := listedIDs(c.object(t, "/api/public/"+query)); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for query, want := range map[string]string{
		"v2/scores?filter={}": "filter", "v2/scores?filter=" + url.QueryEscape(`[{"type":"string","column":"nope","operator":"=","value":"x"}]`): "nope",
		"v2/scores?filter=" + url.QueryEscape(`[{"type":"string","column":"name","operator":"~","value":"x"}]`): "operator",
		"v2/scores?fields=x": "fields", "v3/scores?limit=101": "limit", "v3/scores?fields=x": "fields", "v3/scores?value=1": "value",
		"v3/scores?valueMin=1": "valueMin", "v3/scores?observationId=o": "observationId", "v3/scores?dataType=x": "dataType", "v3/scores?cursor=x": "cursor",
		"v3/scores?traceId=t&sessionId=s": "sessionId", "v3/scores?authorUserId=u": "authorUserId", "scores?operator=%3E&value=x": "value",
		"scores?scoreIds=" + strings.Repeat("x,", 1001): "scoreIds",
	} {
		if status, text, _ := c.do(t, http.MethodGet, "/api/public/"+query, nil); status != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("%.60s: %d %s, want an error of %s", query, status, text, want)
		}
	}
}

// TestScoreFilter has conditions on any column of a score and some of its trace.
func TestScoreFilter(t *testing.T) {
	c := scored(t)
	for filter, want := range map[string]string{
		`[]`: "s c b n",
		`[{"type":"stringObject","column":"metadata","key":"k","operator":"=","value":"1"}]`:                                                                   "n",
		`[{"type":"number","column":"value","operator":">=","value":1}]`:                                                                                       "s b",
		`[{"type":"stringOptions","column":"name","operator":"any of","value":["num","cat"]}]`:                                                                 "s c n",
		`[{"type":"string","column":"name","operator":"starts with","value":"n"},{"type":"number","column":"value","operator":"<","value":1}]`:                 "n",
		`[{"type":"datetime","column":"timestamp","operator":">","value":"2026-05-04T00:00:01Z"}]`:                                                             "s c",
		`[{"type":"arrayOptions","column":"tags","operator":"all of","value":["a","b"]}]`:                                                                      "b n",
		`[{"type":"string","column":"userId","operator":"=","value":"u"},{"type":"null","column":"observationId","operator":"is null","value":null}]`:          "n",
		`[{"type":"string","column":"queueId","operator":"=","value":"q"}]`:                                                                                    "c",
		`[{"type":"null","column":"traceId","operator":"is null"}]`:                                                                                            "s",
		`[{"type":"string","column":"stringValue","operator":"=","value":"good"}]`:                                                                             "c",
		`[{"type":"string","column":"comment","operator":"contains","value":"nothing"}]`:                                                                       "",
		`[{"type":"string","column":"dataType","operator":"<>","value":"NUMERIC"},{"type":"string","column":"environment","operator":"=","value":"default"}]`:  "c b",
		`[{"type":"stringOptions","column":"source","operator":"none of","value":["API"]},{"type":"string","column":"traceId","operator":"=","value":"none"}]`: "c",
	} {
		o := c.object(t, "/api/public/v2/scores?filter="+url.QueryEscape(filter))
		if got := listedIDs(o); got != want || o["meta"].(map[string]any)["totalItems"] != float64(len(strings.Fields(want))) {
			t.Errorf("%s: %q of %v, want %q", filter, got, o["meta"], want)
		}
	}
	if got := listedIDs(c.object(t, "/api/public/v2/scores?traceId=t&filter="+url.QueryEscape(`[{"type":"number","column":"value","operator":">","value":0}]`))); got != "b n" {
		t.Errorf("beside a single one: %s", got)
	}
	page := c.object(t, "/api/public/v2/scores?limit=2&page=2&filter="+url.QueryEscape(`[{"type":"null","column":"name","operator":"is not null"}]`))
	if got := listedIDs(page); got != "b n" || fmt.Sprint(page["meta"]) != "map[limit:2 page:2 totalItems:4 totalPages:2]" {
		t.Errorf("the second page: %s, %v", got, page["meta"])
	}
}

// TestScoreForms has what a score of each form tells.
func TestScoreForms(t *testing.T) {
	c := scored(t)
	trace := c.object(t, "/api/public/v2/scores?scoreIds=n")["data"].([]any)[0].(map[string]any)["trace"]
	if fmt.Sprint(trace) != "map[environment:prod sessionId:s tags:[a b] userId:u]" {
		t.Errorf("the trace of a score: %v", trace)
	}
	if one := c.object(t, "/api/public/v2/scores/n"); one["environment"] != "prod" || fmt.Sprint(one["metadata"]) != "map[k:1]" || one["trace"] != nil {
		t.Errorf("one score: %v", one)
	}
	for query, want := range map[string]string{
		"id=n": "0.5 <nil> <nil>", "id=b": "true <nil> <nil>", "id=c": "good <nil> <nil>",
		"id=n&fields=details,subject": "0.5 map[id:t kind:trace] c", "id=b&fields=subject": "true map[id:o kind:observation traceId:t] <nil>",
		"id=s&fields=subject,annotation": "3 map[id:s kind:session] <nil>",
	} {
		score := c.object(t, "/api/public/v3/scores?"+query)["data"].([]any)[0].(map[string]any)
		if got := fmt.Sprintf("%v %v %v", score["value"], score["subject"], score["comment"]); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
		if _, ok := score["queueId"]; ok != strings.Contains(query, "annotation") {
			t.Errorf("%s: %v", query, score)
		}
	}
	for path, queue := range map[string]any{"v2/scores?scoreIds=c": "q", "v2/scores?scoreIds=n": nil, "v3/scores?id=c&fields=annotation": "q", "v3/scores?id=n&fields=annotation": nil} {
		if score := c.object(t, "/api/public/"+path)["data"].([]any)[0].(map[string]any); score["queueId"] != queue {
			t.Errorf("%s: %v, want the queue %v", path, score, queue)
		}
	}
	// By cursor, to the end.
	var ids []string
	for cursor := ""; ; {
		page := c.object(t, "/api/public/v3/scores?limit=1&cursor="+url.QueryEscape(cursor))
		ids = append(ids, listedIDs(page))
		next, more := page["meta"].(map[string]any)["cursor"].(string)
		if cursor = next; !more {
			break
		}
	}
	if strings.Join(ids, " ") != "s c b n" {
		t.Errorf("by cursor: %v", ids)
	}
}

// TestDeletes removes scores and traces, and what belongs to these.
func TestDeletes(t *testing.T) {
	c := scored(t)
	c.send(t, event("trace-create", "t2", map[string]any{"id": "t2"}), event("trace-create", "t3", map[string]any{"id": "t3"}))
	for _, step := range []struct {
		path   string
		body   any
		status int
		want   string
	}{
		{"scores/n", nil, 200, "Score deleted successfully"},
		{"scores/n", nil, 404, "Score not found"},
		{"traces/t", nil, 200, "Trace deleted successfully"},
		{"traces/t", nil, 404, "Trace not found"},
		{"traces", map[string]any{"traceIds": []string{"t2", "none"}}, 200, "Traces deleted successfully"},
		{"traces", map[string]any{"traceIds": []string{}}, 400, "traceIds"},
		{"traces", map[string]any{"traceIds": []any{5}}, 400, "traceIds"},
		{"traces", map[string]any{}, 400, "traceIds"},
	} {
		status, text, _ := c.do(t, http.MethodDelete, "/api/public/"+step.path, step.body)
		if status != step.status || !strings.Contains(text, step.want) {
			t.Errorf("DELETE %s %v: %d %s, want %d %s", step.path, step.body, status, text, step.status, step.want)
		}
	}
	if got := listedIDs(c.object(t, "/api/public/traces")); got != "t3" {
		t.Errorf("traces that stay: %s", got)
	}
	if got := listedIDs(c.object(t, "/api/public/scores")); got != "s" { // that of a trace which is not there went with its id
		t.Errorf("scores that stay: %s", got)
	}
	if status, _, _ := c.do(t, http.MethodGet, "/api/public/observations/o", nil); status != http.StatusNotFound {
		t.Errorf("the observation of a deleted trace: %d", status)
	}
}
