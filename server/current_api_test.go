package server_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
)

// asSDK sends a GET as Langfuse's SDKs do.
func (c client) asSDK(t *testing.T, path string) map[string]any {
	t.Helper()
	status, text, _ := testkit.Fetch(t, http.MethodGet, c.base+"/api/public/"+path, nil, c.sdk)
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil || status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, status, text)
	}
	checkDescribed(t, http.MethodGet, "/api/public/"+path, nil, status, []byte(text))
	return o
}

// sdk makes a request one of Langfuse's SDKs.
func (c client) sdk(r *http.Request) {
	r.SetBasicAuth(c.public, c.secret)
	r.Header.Set("X-Langfuse-Sdk-Name", "python")
}

// TestCurrentFields reads what SDKs get beyond the recorded answers, and that nobody else does.
func TestCurrentFields(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.send(t,
		event("trace-create", "t", map[string]any{"id": "t", "sessionId": "s", "environment": "staging"}),
		event("generation-create", "g", map[string]any{
			"id": "g", "traceId": "t", "environment": "staging", "level": "WARNING",
			"usageDetails": map[string]any{"input": 3, "input_cached_tokens": 4, "output": 5}, "costDetails": map[string]any{"total": 0.5},
		}),
		event("score-create", "c", map[string]any{"id": "c", "traceId": "t", "name": "n", "value": 1, "environment": "staging", "metadata": map[string]any{"k": "v"}}),
	)
	for _, made := range []struct {
		path string
		body map[string]any
	}{
		{"v2/datasets", map[string]any{"name": "d"}},
		{"dataset-items", map[string]any{"datasetName": "d", "id": "i", "input": 1}},
		{"models", map[string]any{"modelName": "0 first of all", "matchPattern": "m", "inputPrice": 0.25, "outputPrice": 0.5}},
	} {
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/"+made.path, made.body); status != http.StatusOK {
			t.Fatalf("POST %s: %d %s", made.path, status, text)
		}
	}
	for path, want := range map[string]map[string]any{
		"traces/t":        {"environment": "staging"},
		"observations/g":  {"environment": "staging", "usageDetails": map[string]any{"input": 3.0, "input_cached_tokens": 4.0, "output": 5.0}, "costDetails": map[string]any{"total": 0.5}},
		"scores/c":        {"environment": "staging", "sessionId": nil, "datasetRunId": nil, "metadata": map[string]any{"k": "v"}, "queueId": nil},
		"sessions/s":      {"environment": "staging"},
		"v2/datasets/d":   {"inputSchema": nil, "expectedOutputSchema": nil},
		"dataset-items/i": {"mediaReferences": []any{}},
		"datasets/d":      {"inputSchema": nil, "expectedOutputSchema": nil},
	} {
		recorded, got := c.object(t, "/api/public/"+path), c.asSDK(t, path)
		for name, value := range want {
			if _, there := recorded[name]; there {
				t.Errorf("%s has %s for any client", path, name)
			}
			if answered, there := got[name]; !there || !reflect.DeepEqual(answered, value) {
				t.Errorf("%s: %s = %v, want %v", path, name, answered, value)
			}
		}
	}
	project := c.asSDK(t, "projects")["data"].([]any)[0].(map[string]any)
	if project["organization"] == nil || project["metadata"] == nil {
		t.Errorf("project: %v", project)
	}
	for _, m := range c.asSDK(t, "models?limit=100")["data"].([]any) {
		if m := m.(map[string]any); m["modelName"] == "0 first of all" {
			if got, err := json.Marshal([]any{m["prices"], m["pricingTiers"].([]any)[0].(map[string]any)["prices"]}); err != nil || string(got) != `[{"input":{"price":0.25},"output":{"price":0.5}},{"input":0.25,"output":0.5}]` {
				t.Errorf("prices: %s, %v", got, err)
			}
			return
		}
	}
	t.Error("the model is not in the list")
}

// TestFiltersOfSDKs has lists by environment, for all, and by level, for SDKs: the recorded system takes no notice of it.
func TestFiltersOfSDKs(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for _, environment := range []string{"staging", "production", "default"} {
		c.send(t,
			event("trace-create", environment, map[string]any{"id": "t-" + environment, "sessionId": "s-" + environment, "environment": environment}),
			event("span-create", "s"+environment, map[string]any{"id": "o-" + environment, "traceId": "t-" + environment, "environment": environment, "level": "WARNING"}),
			event("span-create", "u"+environment, map[string]any{"id": "u-" + environment, "traceId": "t-" + environment}),
		)
	}
	for path, want := range map[string]int{
		"traces?environment=staging": 1, "traces?environment=staging&environment=production": 2, "traces?environment=none": 0,
		"observations?environment=staging": 2, "observations?environment=default&level=WARNING": 1, "observations?level=WARNING": 3,
		"sessions?environment=production": 1, "sessions?environment=staging&environment=default": 2,
	} {
		answered := c.asSDK(t, path)
		if got := len(answered["data"].([]any)); got != want || answered["meta"].(map[string]any)["totalItems"] != float64(want) {
			t.Errorf("%s: %d, %v, want %d", path, got, answered["meta"], want)
		}
		if strings.Contains(path, "level") {
			continue
		}
		if got := len(c.object(t, "/api/public/"+path)["data"].([]any)); got != want {
			t.Errorf("%s, by any client: %d, want %d", path, got, want)
		}
	}
	if got := len(c.object(t, "/api/public/observations?level=WARNING")["data"].([]any)); got != 6 {
		t.Errorf("observations by level, by any client: %d, want all 6", got)
	}
}

// TestNothingIsIgnored asks for what this server doesn't have, by the names that newer clients give it.
func TestNothingIsIgnored(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for path, name := range map[string]string{
		"traces?filter=%5B%5D": "filter", "observations?filter=%5B%5D": "filter", "dataset-items?version=2026-01-01T00:00:00Z": "version",
	} {
		status, text, _ := testkit.Fetch(t, http.MethodGet, c.base+"/api/public/"+path, nil, c.sdk)
		if status != http.StatusBadRequest || !strings.Contains(text, name+": is not supported by this server") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	status, text, _ := c.do(t, http.MethodPost, "/api/public/dataset-run-items", map[string]any{"runName": "r", "datasetItemId": "i", "traceId": "t", "datasetVersion": "2026-01-01T00:00:00Z"})
	if status != http.StatusBadRequest || !strings.Contains(text, "datasetVersion: is not supported") {
		t.Errorf("a version of a dataset: %d %s", status, text)
	}
}
