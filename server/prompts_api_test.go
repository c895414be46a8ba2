package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server"
)

// oddNames are names that paths and queries have to carry as they are.
var oddNames = []string{
	"plain", "folder/sub/one", "a%2Fb", "100% & more?", "#1", "한글 이름", "🎉/🎊", "x/versions/3", "versions/1", "a b+c", "semi;colon", `quo"te\`, "slash/", "//", "p|version=1", ".well", "새\u00a0칸",
}

func TestPromptNames(t *testing.T) {
	for _, prefix := range []string{"", "/prefix"} {
		c := serve(t, newServer(t, server.Config{}), prefix)
		for _, name := range oddNames {
			made, err := json.Marshal(map[string]any{"name": name, "prompt": "text of " + name, "labels": []string{"production"}})
			if err != nil {
				t.Fatal(err)
			}
			if status, text, _ := c.do(t, http.MethodPost, "/api/public/v2/prompts", string(made)); status != http.StatusCreated {
				t.Fatalf("%q: %d %s", name, status, text)
			}
			path := "/api/public/v2/prompts/" + url.PathEscape(name)
			for _, x := range []struct{ method, path, body string }{
				{http.MethodGet, path, ""},
				{http.MethodGet, path + "?version=1", ""},
				{http.MethodGet, "/api/public/prompts?name=" + url.QueryEscape(name), ""},
				{http.MethodPatch, path + "/versions/1", `{"newLabels":["staging"]}`},
			} {
				var body any
				if x.body != "" {
					body = x.body
				}
				status, text, _ := c.do(t, x.method, x.path, body)
				var got struct{ Name, Prompt string }
				if err := json.Unmarshal([]byte(text), &got); status != http.StatusOK || err != nil || got.Name != name || got.Prompt != "text of "+name {
					t.Errorf("%s %s: %d %s", x.method, x.path, status, text)
				}
			}
			list := c.object(t, "/api/public/v2/prompts?name="+url.QueryEscape(name))
			if data, ok := list["data"].([]any); !ok || len(data) != 1 {
				t.Errorf("list by %q: %v", name, list)
			}
			if status, text, _ := c.do(t, http.MethodDelete, path, nil); status != http.StatusNoContent {
				t.Errorf("delete of %q: %d %s", name, status, text)
			}
		}
	}
}

// TestDeleteOfPromptsSelects: a selection that selects nothing is no delete of everything.
func TestDeleteOfPromptsSelects(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for range 2 {
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/v2/prompts", `{"name":"p","prompt":"x","labels":["production"]}`); status != http.StatusCreated {
			t.Fatalf("%d %s", status, text)
		}
	}
	for _, q := range []string{"version=", "version=0", "version=0.0", "label=", "label=&version=", "version=1&label=", "Version=1", "versions=1", "version=1&version=2", "version=x", "force=true", "version=1;label=a", "%zz"} {
		if status, text, _ := c.do(t, http.MethodDelete, "/api/public/v2/prompts/p?"+q, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", q, status, text)
		}
	}
	if status, text, _ := c.do(t, http.MethodPost, "/api/public/prompt-rollback", `{"name":"p","label":""}`); status != http.StatusBadRequest || !strings.Contains(text, "label") {
		t.Errorf("rollback of a label without a name: %d %s", status, text)
	}
	if status, text, _ := c.do(t, http.MethodPost, "/api/public/v2/prompts", `{"name":"p\u0000q","prompt":"x"}`); status != http.StatusBadRequest || !strings.Contains(text, "NUL") {
		t.Errorf("a name with NUL: %d %s", status, text)
	}
	status, text, _ := c.do(t, http.MethodPost, "/api/public/prompt-rollback", `{"name":"p"}`)
	if status != http.StatusOK || !strings.Contains(text, `"version":1`) || !strings.Contains(text, `"from":2,"experiments":[]`) {
		t.Errorf("rollback: %d %s", status, text)
	}
	for _, x := range []struct {
		path string
		left int
	}{{"?version=2", 1}, {"", 0}} {
		if status, text, _ := c.do(t, http.MethodDelete, "/api/public/v2/prompts/p"+x.path, nil); status != http.StatusNoContent {
			t.Errorf("%s: %d %s", x.path, status, text)
		}
		if list := c.object(t, "/api/public/v2/prompts")["data"].([]any); len(list) != x.left {
			t.Errorf("after %q: %v", x.path, list)
		}
	}
}

func TestPromptReferences(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for _, b := range []string{
		`{"name":"part","prompt":"Be kind.","labels":["production"]}`,
		`{"name":"whole","prompt":"@@@langfusePrompt:name=part|label=production@@@ Answer {{q}}","labels":["production"]}`,
	} {
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/v2/prompts", b); status != http.StatusCreated {
			t.Fatalf("%d %s", status, text)
		}
	}
	for _, x := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "v2/prompts/whole", "", 200, `"prompt":"Be kind. Answer {{q}}"`},
		{"GET", "v2/prompts/whole", "", 200, `"name":"part","version":1}`},
		{"GET", "v2/prompts/whole?resolve=true", "", 200, `"resolutionGraph":{"root":{"id":"`},
		{"GET", "prompts?name=whole", "", 200, `"prompt":"Be kind. Answer {{q}}"`},
		{"GET", "v2/prompts/whole?resolve=false", "", 200, `"prompt":"@@@langfusePrompt:name=part|label=production@@@ Answer {{q}}"`},
		{"GET", "v2/prompts/whole?resolve=no", "", 400, `"path":["resolve"]`},
		{"DELETE", "v2/prompts/part", "", 400, "'whole' version 1 (by label 'production')"},
		{"POST", "v2/prompts", `{"name":"part","prompt":"@@@langfusePrompt:name=whole|label=production@@@","labels":["production"]}`, 400, "part → whole → part"},
	} {
		var body any
		if x.body != "" {
			body = x.body
		}
		if status, text, _ := c.do(t, x.method, "/api/public/"+x.path, body); status != x.status || !strings.Contains(text, x.want) {
			t.Errorf("%s %s: %d %s; want %d with %s", x.method, x.path, status, text, x.status, x.want)
		}
	}
	for _, path := range []string{"v2/prompts/part", "v2/prompts/whole?resolve=false"} {
		if _, text, _ := c.do(t, http.MethodGet, "/api/public/"+path, nil); strings.Contains(text, "resolutionGraph") {
			t.Errorf("%s has a graph: %s", path, text)
		}
	}
}

func TestPromptTags(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	const path = "/api/public/v2/prompts/p"
	create := func() {
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/v2/prompts", `{"name":"p","prompt":"x","labels":["production"]}`); status != http.StatusCreated {
			t.Fatalf("%d %s", status, text)
		}
	}
	create()
	ask := func(held string) (status int, body, tag string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(c.public, c.secret)
		r.Header.Set("If-None-Match", held)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text), res.Header.Get("ETag")
	}
	status, text, tag := ask("")
	if status != http.StatusOK || !strings.HasPrefix(tag, `"`) || text == "" {
		t.Fatalf("%d %s %s", status, tag, text)
	}
	for _, held := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if status, text, again := ask(held); status != http.StatusNotModified || text != "" || again != tag {
			t.Errorf("%s: %d %s %s", held, status, again, text)
		}
	}
	if status, _, _ := ask(`"other"`); status != http.StatusOK {
		t.Errorf("another tag: %d", status)
	}
	create()
	if status, _, next := ask(tag); status != http.StatusOK || next == tag {
		t.Errorf("after a change: %d %s", status, next)
	}
}

// step is a request with what its answer must have.
type step struct {
	method, path, body string
	status             int
	want               string
}

// run sends requests one after the other.
func (c client) run(t *testing.T, steps []step) {
	t.Helper()
	for _, x := range steps {
		var body any
		if x.body != "" {
			body = x.body
		}
		if status, text, _ := c.do(t, x.method, "/api/public/"+x.path, body); status != x.status || !strings.Contains(text, x.want) {
			t.Errorf("%s %s %s: %d %s; want %d with %s", x.method, x.path, x.body, status, text, x.status, x.want)
		}
	}
}

func TestPromptHistory(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "")
	c.run(t, []step{
		{"POST", "v2/prompts", `{"name":"a/b","prompt":"be kind","labels":["production"],"commitMessage":"first"}`, 201, `"version":1`},
		{"POST", "v2/prompts", `{"name":"a/b","prompt":"be short"}`, 201, `"version":2`},
		{"PATCH", "v2/prompts/a%2Fb/versions/2", `{"newLabels":["production"],"expect":{"production":2}}`, 409, `"error":"ConflictError"`},
		{"PATCH", "v2/prompts/a%2Fb/versions/2", `{"newLabels":["production"],"expect":{"production":1},"message":"shorter"}`, 200, `"labels":["latest","production"]`},
		{"GET", "prompt-history?name=a%2Fb&limit=1", "", 200, `"by":"` + c.public + `","action":"label","version":2,"label":"production","from":1,"message":"shorter"}],"meta":{"limit":1,"cursor":"`},
		{"GET", "prompt-history?name=none", "", 200, `{"data":[],"meta":{"limit":50}}`},
		{"GET", "prompt-history?cursor=x", "", 400, "cursor"},
		{"GET", "prompt-diff?name=a%2Fb&from=1&to=production", "", 200, `{"from":1,"to":2,"parts":[{"op":"equal","text":"be "},{"op":"delete","text":"kind"},{"op":"insert","text":"short"}],"messages":null,"config":[{"op":"equal","text":"{}"}]}`},
		{"GET", "prompt-diff?name=a%2Fb&from=1", "", 400, `"path":["to"]`},
		{"GET", "prompt-diff?name=a%2Fb&from=1&to=none", "", 404, "label 'none'"},
		{"POST", "prompt-rollback", `{"name":"a/b","message":"worse"}`, 200, `"version":1`},
		{"POST", "prompt-rollback", `{"name":"a/b"}`, 409, "no other version before"},
		{"PATCH", "v2/prompts/a%2Fb/versions/1", `{"removeLabels":["production"]}`, 200, `"labels":[]`},
		{"POST", "v2/prompts", `{"name":"c","type":"chat","prompt":[{"role":"user","content":"x"},{"type":"placeholder","name":"h"}]}`, 201, ""},
		{"GET", "prompt-diff?name=c&from=1&to=1", "", 200, `"parts":null,"messages":[{"role":"user","parts":[{"op":"equal","text":"x"}]},{"role":null,"name":"h","parts":[`},
	})
}

func TestPromptExperiments(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.run(t, []step{
		{"POST", "v2/prompts", `{"name":"a/b","prompt":"one"}`, 201, ""},
		{"POST", "v2/prompts", `{"name":"a/b","prompt":"two"}`, 201, ""},
		{"PUT", "prompt-experiments/tone%2F1", `{"prompt":"a/b","salt":"s","variants":[{"name":"x","version":1,"weight":5000},{"name":"y","version":2,"weight":5000}]}`, 200, `"ranges":[{"from":0,"to":5000,"variant":"x"},{"from":5000,"to":10000,"variant":"y"}],"clearedLabels":[],"prompts":[{"id":"`},
		{"GET", "prompt-experiments/tone%2F1?prompt=a%2Fb", "", 200, `{"prompt":"a/b","experiment":"tone/1","salt":"s","revision":1,"variants":[{"name":"x","version":1,"weight":5000},`},
		{"GET", "prompt-experiments?prompt=a%2Fb", "", 200, `"experiment":"tone/1"`},
		{"GET", "prompt-experiments?prompt=a%2Fb", "", 200, `"clearedLabels":[],"createdAt"`},
		{"GET", "prompt-experiments", "", 400, `"path":["prompt"]`},
		{"PUT", "prompt-experiments/e", `{"prompt":"a/b","variants":[{"name":"x","version":1,"weight":10001}]}`, 400, `"path":["variants","0","weight"]`},
		{"PUT", "prompt-experiments/e", `{"prompt":"a/b","variants":[{"name":"x","version":3,"weight":1}]}`, 404, "version 3"},
		{"DELETE", "v2/prompts/a%2Fb?version=1", "", 400, "experiment 'tone/1'"},
		{"DELETE", "prompt-experiments/tone%2F1?prompt=a%2Fb&revision=0", "", 400, "revision"},
		{"DELETE", "prompt-experiments/tone%2F1?prompt=a%2Fb&revision=", "", 400, "leave it out"},
		{"DELETE", "prompt-experiments/tone%2F1?prompt=a%2Fb&revision=7", "", 409, "not 7 as expected"},
		{"DELETE", "prompt-experiments/tone%2F1?prompt=a%2Fb", "", 204, ""},
		{"GET", "prompt-experiments/tone%2F1?prompt=a%2Fb", "", 404, "Experiment not found"},
		{"GET", "prompt-history?name=a%2Fb", "", 200, `"action":"experiment-end","experiment":"tone/1"`},
	})
}

func TestPromptMetrics(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.run(t, []step{{"POST", "v2/prompts", `{"name":"a/b","prompt":"x","labels":["production"]}`, 201, ""}})
	now := time.Now().UTC()
	stamp := now.Format(time.RFC3339Nano)
	c.send(t,
		event("trace-create", "t", map[string]any{"id": "t", "timestamp": stamp}),
		event("generation-create", "g", map[string]any{
			"id": "g", "traceId": "t", "startTime": stamp, "endTime": now.Add(2 * time.Second).Format(time.RFC3339Nano), "promptName": "a/b", "promptVersion": 1, "level": "ERROR",
			"usage": map[string]any{"input": 10, "output": 20, "totalCost": 0.5},
		}),
		event("score-create", "s", map[string]any{"id": "s", "traceId": "t", "observationId": "g", "name": "good", "value": 0.5}),
		event("score-create", "s2", map[string]any{"id": "s2", "traceId": "t", "name": "tone", "value": "kind", "dataType": "CATEGORICAL"}),
	)
	query := "prompt-metrics?name=a%2Fb&toTimestamp=" + now.Add(time.Hour).Format("2006-01-02T15:04:05Z")
	m := c.object(t, "/api/public/"+query+"&granularity=hour")
	versions, labels := m["versions"].([]any), m["labels"].([]any)
	if len(versions) != 1 || len(labels) != 1 {
		t.Fatalf("%v", m)
	}
	v, l := versions[0].(map[string]any), labels[0].(map[string]any)
	for what, got := range map[string]map[string]any{"version": v, "label": l} {
		latency, _ := got["medianLatency"].(float64)
		if got["generations"] != 1.0 || got["errors"] != 1.0 || got["inputTokens"] != 10.0 || got["outputTokens"] != 20.0 || got["totalTokens"] != 30.0 || got["totalCost"] != 0.5 ||
			latency < 1950 || latency > 2050 || got["medianTimeToFirstToken"] != nil || len(got["series"].([]any)) != 1 {
			t.Errorf("%s: %v", what, got)
		}
	}
	spans := l["spans"].([]any)
	if l["label"] != "production" || len(spans) != 1 || spans[0].(map[string]any)["version"] != 1.0 {
		t.Errorf("%v", l)
	}
	if got := fmt.Sprint(v["scores"], v["traceScores"]); got != "[map[average:0.5 count:1 dataType:NUMERIC name:good]] [map[average:<nil> count:1 dataType:CATEGORICAL name:tone values:map[kind:1]]]" {
		t.Error(got)
	}
	c.run(t, []step{
		{"GET", query, "", 200, `"granularity":"day"`},
		{"GET", "prompt-metrics?name=none", "", 200, `"versions":[],"labels":[]}`},
		{"GET", "prompt-metrics", "", 400, `"path":["name"]`},
		{"GET", query + "&granularity=minute", "", 400, `"path":["granularity"]`},
		{"GET", query + "&fromTimestamp=2099-01-01T00:00:00Z", "", 400, "the second after the first"},
	})
}
