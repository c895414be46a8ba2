package server_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// same compares JSON, whatever the order of keys, after leaving out times of arrival.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(want), &a); err != nil {
		t.Fatalf("%s: what is wanted is no JSON: %v", what, err)
	}
	if err := json.Unmarshal([]byte(got), &b); err != nil {
		t.Errorf("%s: %s is no JSON: %v", what, got, err)
		return
	}
	if b = arrivalAside(b); !reflect.DeepEqual(a, b) {
		again, err := json.Marshal(b)
		t.Errorf("%s\ngot  %s\nwant %s, %v", what, again, want, err)
	}
}

func arrivalAside(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = arrivalAside(v[i])
		}
	case map[string]any:
		for _, k := range []string{"createdAt", "updatedAt"} {
			if at, ok := v[k].(string); ok && instant.MatchString(at) {
				delete(v, k)
			}
		}
		for k := range v {
			v[k] = arrivalAside(v[k])
		}
	}
	return v
}

const (
	wireTrace = `{"id":"t","externalId":null,"timestamp":"2026-01-02T03:04:05.678Z","name":"chat <b>","userId":"u","metadata":{"k":[1,null]},"release":"r","version":"v",
		"projectId":"one","public":true,"bookmarked":false,"tags":["a","b"],"input":{"q":1.50},"output":"out","sessionId":"s"`
	wireGeneration = `{"id":"g","traceId":"t","projectId":"one","type":"GENERATION","startTime":"2026-01-02T03:04:05.000Z","endTime":"2026-01-02T03:04:07.250Z","name":"gen",
		"metadata":"m","parentObservationId":"p","level":"ERROR","statusMessage":"bad","version":"2","model":"m1","modelParameters":{"temperature":0.5,"n":null},
		"input":[1],"output":false,"completionStartTime":"2026-01-02T03:04:05.400Z","promptId":null,"promptName":"p","promptVersion":3,"modelId":null,
		"inputPrice":null,"outputPrice":null,"totalPrice":null,"calculatedInputCost":0.1,"calculatedOutputCost":0.2,"calculatedTotalCost":0.35,"latency":2.25,
		"timeToFirstToken":0.4,"unit":"TOKENS","promptTokens":10,"completionTokens":5,"totalTokens":15,"usage":{"unit":"TOKENS","input":10,"output":5,"total":15}}`
	wireEvent = `{"id":"e","traceId":"t","projectId":"one","type":"EVENT","startTime":"2026-01-02T03:04:06.000Z","endTime":null,"name":null,
		"metadata":null,"parentObservationId":null,"level":"DEFAULT","statusMessage":null,"version":null,"model":null,"modelParameters":null,
		"input":null,"output":null,"completionStartTime":null,"promptId":null,"promptName":null,"promptVersion":null,"modelId":null,
		"inputPrice":null,"outputPrice":null,"totalPrice":null,"calculatedInputCost":null,"calculatedOutputCost":null,"calculatedTotalCost":null,"latency":null,
		"timeToFirstToken":null,"unit":null,"promptTokens":0,"completionTokens":0,"totalTokens":0,"usage":{"unit":null,"input":0,"output":0,"total":0}}`
	wireScore = `{"id":"s1","timestamp":"2026-01-02T03:04:09.000Z","projectId":"one","name":"ok","source":"API","authorUserId":null,"comment":"c","traceId":"t",
		"observationId":"g","configId":null,"value":1,"stringValue":"True","dataType":"BOOLEAN"}`
	wireRest = `,"htmlPath":"/project/one/traces/t","totalCost":0.35,"latency":2.25`
)

// TestWire pins every object that is read, field by field.
func TestWire(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.send(t,
		event("trace-create", "t", map[string]any{
			"id": "t", "timestamp": "2026-01-02T04:04:05.6789+01:00", "name": "chat <b>", "userId": "u", "sessionId": "s", "release": "r",
			"version": "v", "public": true, "tags": []string{"b", "a", "b"}, "metadata": json.RawMessage(`{"k":[1,null]}`), "input": json.RawMessage(`{"q":1.50}`), "output": "out",
		}),
		event("generation-create", "g", map[string]any{
			"id": "g", "traceId": "t", "parentObservationId": "p", "name": "gen", "startTime": "2026-01-02T03:04:05Z",
			"endTime": "2026-01-02T03:04:07.25Z", "completionStartTime": "2026-01-02T03:04:05.4Z", "level": "ERROR", "statusMessage": "bad", "version": "2", "metadata": "m",
			"model": "m1", "modelParameters": json.RawMessage(`{"temperature":0.5,"n":null}`), "input": []int{1}, "output": false, "promptName": "p", "promptVersion": 3,
			"usage": map[string]any{"input": 10, "output": 5, "unit": "TOKENS", "inputCost": 0.1, "outputCost": 0.2, "totalCost": 0.35},
		}),
		event("event-create", "e", map[string]any{"id": "e", "traceId": "t", "startTime": "2026-01-02T03:04:06Z"}),
		event("score-create", "s", map[string]any{"id": "s1", "traceId": "t", "observationId": "g", "name": "ok", "value": 1, "dataType": "BOOLEAN", "comment": "c", "timestamp": "2026-01-02T03:04:09Z"}))
	page := `,"meta":{"page":1,"limit":50,"totalItems":1,"totalPages":1}}`
	for path, want := range map[string]string{
		"/traces/t":           wireTrace + wireRest + `,"scores":[` + wireScore + `],"observations":[` + wireGeneration + `,` + wireEvent + `]}`,
		"/traces":             `{"data":[` + wireTrace + wireRest + `,"scores":["s1"],"observations":["e","g"]}]` + page,
		"/observations/g":     wireGeneration,
		"/observations":       `{"data":[` + wireEvent + `,` + wireGeneration + `],"meta":{"page":1,"limit":50,"totalItems":2,"totalPages":1}}`,
		"/sessions":           `{"data":[{"id":"s","projectId":"one"}]` + page,
		"/sessions/s":         `{"id":"s","projectId":"one","traces":[` + wireTrace + `}]}`,
		"/projects":           `{"data":[{"id":"one","name":"one"}]}`,
		"/health":             `{"status":"OK","version":"2.75.0"}`,
		"/traces?limit=0":     `{"data":[],"meta":{"page":1,"limit":0,"totalItems":1,"totalPages":null}}`,
		"/traces?page=7":      `{"data":[],"meta":{"page":7,"limit":50,"totalItems":1,"totalPages":1}}`,
		"/traces?userId=none": `{"data":[],"meta":{"page":1,"limit":50,"totalItems":0,"totalPages":0}}`,
	} {
		status, text, _ := c.do(t, http.MethodGet, "/api/public"+path, nil)
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, text)
			continue
		}
		same(t, path, text, want)
	}
	if _, text, _ := c.do(t, http.MethodGet, "/api/public/traces/t", nil); !strings.Contains(text, `"chat <b>"`) || !strings.Contains(text, "1.50") {
		t.Errorf("text or number was changed: %s", text)
	}
}

// TestWrongQueries says which parameter is wrong, and why.
func TestWrongQueries(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for query, want := range map[string]string{
		"/traces?page=0":                               "page: must be at least 1",
		"/traces?page=x":                               `page: expected a number, received \"x\"`,
		"/traces?limit=1.5":                            "limit: expected a whole number, received 1.5",
		"/traces?limit=101":                            "limit: must be at most 100",
		"/traces?limit=-1":                             "limit: must be at least 0",
		"/traces?limit=NaN":                            "limit: expected a number",
		"/traces?orderBy=name":                         "orderBy: the field must be followed by .asc or .desc",
		"/traces?orderBy=name.up":                      `received \"up\"`,
		"/traces?orderBy=totalCost.desc":               `orderBy: can't order by \"totalCost\"`,
		"/traces?fromTimestamp=2026-01-01":             "fromTimestamp: ",
		"/traces?toTimestamp=x&page=0":                 "page: must be",
		"/observations?type=generation":                `type: there is no type \"generation\"`,
		"/observations?toStartTime=yesterday":          "toStartTime: ",
		"/sessions?fromTimestamp=2026-13-01T00:00:00Z": "fromTimestamp: ",
	} {
		status, text, _ := c.do(t, http.MethodGet, "/api/public"+query, nil)
		if status != http.StatusBadRequest || !strings.Contains(text, want) || !strings.Contains(text, `"message":"Invalid request data"`) {
			t.Errorf("%s: %d %s, want %s", query, status, text, want)
		}
	}
	for _, query := range []string{
		"/traces?page=&limit=&orderBy=&name=", "/traces?fromTimestamp=" + url.QueryEscape("2026-01-01T00:00:00+09:00"), "/traces?fromTimestamp=2026-01-01T00:00:00+09:00",
		"/traces?orderBy=updatedAt.ASC", "/observations?type=AGENT", "/traces?tags=", "/traces?unknown=1",
	} {
		if status, text, _ := c.do(t, http.MethodGet, "/api/public"+query, nil); status != http.StatusOK {
			t.Errorf("%s: %d %s", query, status, text)
		}
	}
}

// TestRefusals pins what is said to those who are not let in.
func TestRefusals(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for header, want := range map[string]string{
		"":                         "No authorization header",
		"Basic":                    "Invalid authorization header",
		"Token x":                  "Invalid authorization header",
		"basic cGs6c2s=":           "Invalid credentials. Confirm that you've configured the correct host.",
		"bearer none":              "Invalid public key. Confirm that you've configured the correct host.",
		"Basic !!!":                "Invalid character. Confirm that you've configured the correct host.",
		"Basic cGs6":               "Invalid authorization header. Confirm that you've configured the correct host.",
		"Basic cGs6c2s=":           "Invalid credentials. Confirm that you've configured the correct host.",
		"Bearer none":              "Invalid public key. Confirm that you've configured the correct host.",
		"Bearer " + c.public:       "Access denied - need to use basic auth with secret key",
		"Bearer " + c.public + " ": "Access denied - need to use basic auth with secret key",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/api/public/traces", nil)
		if err != nil {
			t.Fatal(err)
		}
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var body struct{ Message string }
		if err := json.NewDecoder(res.Body).Decode(&body); err != nil || res.StatusCode != http.StatusUnauthorized || body.Message != want {
			t.Errorf("%q: %d %q, %v; want %q", header, res.StatusCode, body.Message, err, want)
		}
		res.Body.Close()
	}
}
