package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// v2Page asks for a page of observations.
func v2Page(t *testing.T, c client, query url.Values) (ids []string, rows []map[string]any, cursor string) {
	t.Helper()
	status, body, _ := c.do(t, http.MethodGet, "/api/public/v2/observations?"+query.Encode(), nil)
	var page struct {
		Data []map[string]any
		Meta struct{ Cursor string }
	}
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != http.StatusOK {
		t.Fatalf("%v: %d %s", query, status, body)
	}
	for _, o := range page.Data {
		id, _ := o["id"].(string)
		ids = append(ids, id)
	}
	return ids, page.Data, page.Meta.Cursor
}

// TestObservationsV2 lists by every way of narrowing, and each page by its cursor
// just once, whether the filter takes much or little.
func TestObservationsV2(t *testing.T) {
	c := serve(t, newServer(t, server.Config{DataDir: t.TempDir()}), "")
	var events []string
	const traces, members = 30, 20
	for i := range traces {
		events = append(events, fmt.Sprintf(`{"id":"e%d","timestamp":"2026-05-04T10:00:00Z","type":"trace-create","body":{"id":"t%d","timestamp":"2026-05-04T10:00:00Z","name":"n%d","userId":"u%d","sessionId":"s%d","tags":["tag%d"],"release":"r1"}}`, i, i, i%3, i%5, i%2, i%4))
		for k := range members {
			kind, parent := "span", fmt.Sprintf(`,"parentObservationId":"o%d.0"`, i)
			if k == 0 {
				parent = ""
			}
			more := ""
			if k%2 == 1 {
				kind = "generation"
				more = fmt.Sprintf(`,"model":"m%d","usage":{"input":%d,"output":2,"unit":"TOKENS","totalCost":0.%d},"completionStartTime":"2026-05-04T10:%02d:%02d.500Z"`, k%3, k, k+1, i, k)
			}
			events = append(events, fmt.Sprintf(`{"id":"e%d.%d","timestamp":"2026-05-04T10:00:00Z","type":"%s-create","body":{"id":"o%d.%d","traceId":"t%d"%s,"name":"step%d","startTime":"2026-05-04T10:%02d:%02dZ","endTime":"2026-05-04T10:%02d:%02dZ","metadata":{"long":"%s","n":%d},"input":"Hello %d","output":{"a":%d}%s}}`,
				i, k, kind, i, k, i, parent, k%4, i, k, i, k+1, strings.Repeat("é", 300), k, k, k, more))
		}
	}
	for batch := range slices.Chunk(events, 200) {
		if status, body, _ := c.do(t, http.MethodPost, "/api/public/ingestion", `{"batch":[`+strings.Join(batch, ",")+`]}`); status != http.StatusMultiStatus || strings.Contains(body, `"errors":[{`) {
			t.Fatal(status, body)
		}
	}
	condition := func(column, operator, kind, value string) string {
		return fmt.Sprintf(`[{"column":%q,"operator":%q,"type":%q,"value":%s}]`, column, operator, kind, value)
	}
	for _, w := range []struct {
		query url.Values
		want  int
	}{
		{url.Values{}, traces * members},
		{url.Values{"type": {"GENERATION"}}, traces * members / 2},
		{url.Values{"traceId": {"t3"}}, members},
		{url.Values{"name": {"step1"}}, traces * 5},
		{url.Values{"userId": {"u1"}}, 6 * members},
		{url.Values{"sessionId": {"s1"}}, 15 * members},
		{url.Values{"isRootObservation": {"true"}}, traces},
		{url.Values{"parentObservationId": {""}}, traces},
		{url.Values{"parentObservationId": {"o1.0"}}, members - 1},
		{url.Values{"environment": {"default", "other"}}, traces * members},
		{url.Values{"environment": {"other"}}, 0},
		{url.Values{"level": {"ERROR"}}, 0},
		{url.Values{"fromStartTime": {"2026-05-04T10:10:00Z"}, "toStartTime": {"2026-05-04T10:11:00Z"}}, members},
		{url.Values{"filter": {condition("latency", ">=", "number", "1")}}, traces * members},
		{url.Values{"filter": {condition("inputTokens", "=", "number", "3")}}, traces},
		{url.Values{"filter": {condition("totalCost", "<", "number", "0.25")}}, traces * 7},
		{url.Values{"filter": {condition("tags", "any of", "arrayOptions", `["tag0"]`)}}, 8 * members},
		{url.Values{"filter": {condition("input", "matches", "string", `"hello 7"`)}}, traces},
		{url.Values{"filter": {`[{"column":"metadata","key":"n","operator":"=","type":"numberObject","value":4},{"column":"traceName","operator":"=","type":"string","value":"n1"}]`}}, 10},
	} {
		for _, limit := range []string{"7", "1000"} {
			q := url.Values{"limit": {limit}}
			maps.Copy(q, w.query)
			seen := map[string]bool{}
			for pages := 0; ; pages++ {
				ids, _, cursor := v2Page(t, c, q)
				for _, id := range ids {
					if seen[id] {
						t.Errorf("%v: %s is there twice", w.query, id)
					}
					seen[id] = true
				}
				if cursor == "" {
					break
				}
				if pages > traces*members {
					t.Fatalf("%v has no end", w.query)
				}
				q.Set("cursor", cursor)
			}
			if len(seen) != w.want {
				t.Errorf("%v by %s: %d observations, want %d", w.query, limit, len(seen), w.want)
			}
		}
	}
	_, rows, _ := v2Page(t, c, url.Values{"filter": {condition("id", "=", "string", `"o1.1"`)}, "fields": {"basic,time,io,metadata,model,usage,prompt,metrics,trace_context"}, "expandMetadata": {"other"}})
	row := rows[0]
	for name, want := range map[string]any{
		"name": "step1", "userId": "u1", "input": "Hello 1", "output": `{"a":1}`, "providedModelName": "m1", "latency": 1.0, "timeToFirstToken": 0.5, "traceName": "n1", "release": "r1", "isRootObservation": false,
		"totalCost": 0.2, "environment": "default", "promptName": nil,
	} {
		if got, there := row[name]; !there || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if m, _ := row["metadata"].(map[string]any); m["long"] != strings.Repeat("é", 200) || m["n"] != 1.0 {
		t.Errorf("metadata is %v", row["metadata"])
	}
	if _, rows, _ := v2Page(t, c, url.Values{"limit": {"1"}, "fields": {"core"}}); len(rows[0]) != 11 || rows[0]["modelId"] != nil || rows[0]["totalPrice"] != nil {
		t.Errorf("core has %v", rows[0])
	}
	for _, q := range []string{
		"fields=nope", "limit=0", "limit=1001", "cursor=nonsense", "level=BAD", "type=nope", "isRootObservation=maybe", "parseIoAsJson=true", "filter=%7B", "fromStartTime=yesterday",
		"filter=" + url.QueryEscape(condition("nope", "=", "string", `"x"`)), "filter=" + url.QueryEscape(condition("name", "~", "string", `"x"`)), "filter=" + url.QueryEscape(condition("name", "matches", "string", `"x"`)),
	} {
		if status, body, _ := c.do(t, http.MethodGet, "/api/public/v2/observations?"+q, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", q, status, body)
		}
	}
	for _, x := range []struct{ column, operator, kind, value, use string }{
		{"name", "=", "number", "1", "string"},
		{"name", "=", "boolean", "true", "stringOptions"},
		{"name", "=", "datetime", `"2026-05-04T00:00:00Z"`, "null"},
		{"name", ">", "numberObject", "1", "string"},
		{"latency", "=", "string", `"1"`, "number"},
		{"totalCost", "any of", "stringOptions", `["1"]`, "numberObject"},
		{"startTime", ">", "number", "1", "datetime"},
		{"startTime", "contains", "string", `"1"`, "datetime"},
		{"isRootObservation", "=", "string", `"true"`, "boolean"},
		{"tags", "=", "number", "1", "arrayOptions"},
		{"input", "matches", "number", `"x"`, "string"},
	} {
		for _, path := range []string{"v2/observations", "v2/scores"} {
			if path == "v2/scores" && x.column != "name" {
				continue
			}
			status, body, _ := c.do(t, http.MethodGet, "/api/public/"+path+"?filter="+url.QueryEscape(condition(x.column, x.operator, x.kind, x.value)), nil)
			if status != http.StatusBadRequest || !strings.Contains(body, x.kind) || !strings.Contains(body, "the column "+x.column) || !strings.Contains(body, x.use) {
				t.Errorf("%s: %+v: %d %s", path, x, status, body)
			}
		}
	}
}

// TestObservationsV2CursorIsAPlace deletes what a page had and adds what is newer before
// it asks for the next: what was there all the time is listed just once, filter or not.
func TestObservationsV2CursorIsAPlace(t *testing.T) {
	for name, query := range map[string]url.Values{
		"all":         {},
		"filter":      {"filter": {`[{"column":"name","operator":"=","type":"string","value":"odd"}]`}},
		"environment": {"environment": {"default"}},
		"roots":       {"isRootObservation": {"true"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, newServer(t, server.Config{DataDir: t.TempDir()}), "")
			send := func(prefix string, n int) {
				var events []string
				for i := range n {
					events = append(events, fmt.Sprintf(`{"id":"%s%d","timestamp":"2026-05-04T10:00:00Z","type":"span-create","body":{"id":"%s%d","traceId":"t-%s%d","name":"%s","startTime":"2026-05-04T10:%02d:%02dZ"}}`,
						prefix, i, prefix, i, prefix, i, []string{"even", "odd"}[i%2], len(prefix), i%60))
				}
				if status, body, _ := c.do(t, http.MethodPost, "/api/public/ingestion", `{"batch":[`+strings.Join(events, ",")+`]}`); status != http.StatusMultiStatus || strings.Contains(body, `"errors":[{`) {
					t.Fatal(status, body)
				}
			}
			send("o", 50)
			want := 50
			if name == "filter" {
				want = 25
			}
			query.Set("limit", "5")
			seen := map[string]int{}
			for page := 0; ; page++ {
				ids, _, cursor := v2Page(t, c, query)
				var traces []string
				for _, id := range ids {
					seen[id]++
					traces = append(traces, fmt.Sprintf("%q", "t-"+id))
				}
				if len(traces) > 0 {
					if status, body, _ := c.do(t, http.MethodDelete, "/api/public/traces", `{"traceIds":[`+strings.Join(traces, ",")+`]}`); status != http.StatusOK {
						t.Fatal(status, body)
					}
				}
				send("new"+strings.Repeat("x", page), 7)
				if cursor == "" {
					break
				}
				query.Set("cursor", cursor)
			}
			for id, times := range seen {
				if times != 1 || strings.HasPrefix(id, "new") {
					t.Errorf("%s is there %d times", id, times)
				}
			}
			if len(seen) != want {
				t.Errorf("%d of %d are listed", len(seen), want)
			}
		})
	}
}

// TestObservationsV2Prices shows the prices of a unit as texts of decimal digits.
func TestObservationsV2Prices(t *testing.T) {
	c := serve(t, newServer(t, server.Config{DataDir: t.TempDir()}), "")
	if status, body, _ := c.do(t, http.MethodPost, "/api/public/models", `{"modelName":"own","matchPattern":"own","unit":"TOKENS","inputPrice":0.000002,"outputPrice":0.5}`); status != http.StatusOK {
		t.Fatal(status, body)
	}
	if status, body, _ := c.do(t, http.MethodPost, "/api/public/ingestion", `{"batch":[{"id":"e","timestamp":"2026-05-04T10:00:00Z","type":"generation-create","body":{"id":"g","traceId":"t","model":"own","usage":{"input":3,"output":1},"startTime":"2026-05-04T10:00:00Z"}}]}`); status != http.StatusMultiStatus {
		t.Fatal(status, body)
	}
	_, rows, _ := v2Page(t, c, url.Values{"fields": {"model"}})
	o := rows[0]
	if id, _ := o["modelId"].(string); id == "" || id != o["internalModelId"] || o["inputPrice"] != "0.000002" || o["outputPrice"] != "0.5" || o["totalPrice"] != nil {
		t.Errorf("%v", o)
	}
}
