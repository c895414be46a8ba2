package server_test

import "testing"

// absent is what v5-absent.mjs asks for, sorted; docs/wire.md has the reasons.
var absent = []string{
	"404 DELETE /api/public/projects/p",
	"404 GET /api/public/experiment-items?fromStartTime=2026-01-01T00%3A00%3A00Z",
	"404 GET /api/public/experiments?fromStartTime=2026-01-01T00%3A00%3A00Z",
	"404 GET /api/public/integrations/blob-storage",
	"404 GET /api/public/llm-connections",
	"404 GET /api/public/organizations/apiKeys",
	"404 GET /api/public/organizations/memberships",
	"404 GET /api/public/organizations/projects",
	"404 GET /api/public/projects/p/memberships",
	"404 GET /api/public/scim/Users",
	"404 GET /api/public/unstable/dashboard-widgets",
	"404 GET /api/public/unstable/dashboards",
	"404 GET /api/public/v2/evaluation-rules",
	"404 GET /api/public/v2/evaluators",
	"404 POST /api/public/feedback",
	"405 POST /api/public/projects",
}

// fields fails unless what the API answers has these fields.
func (c client) fields(t *testing.T, path string, want map[string]any) map[string]any {
	t.Helper()
	o := c.object(t, "/api/public/"+path)
	for name, value := range want {
		if o[name] != value {
			t.Errorf("%s: %s = %v, want %v", path, name, o[name], value)
		}
	}
	return o
}

// total fails unless a list has so many things.
func (c client) total(t *testing.T, path string, want int) {
	t.Helper()
	if got := len(c.object(t, "/api/public/"+path)["data"].([]any)); got != want {
		t.Errorf("%s: %d, want %d", path, got, want)
	}
}

// arrivedV3Tracing follows v3-tracing.mjs.
func arrivedV3Tracing(t *testing.T, api client) {
	t.Helper()
	api.fields(t, "observations/v3-generation", map[string]any{"promptName": "v3 question", "calculatedTotalCost": 0.0045, "parentObservationId": "v3-inner"})
	api.fields(t, "traces/v3-last", map[string]any{"name": "sent by shutdown"})
	api.total(t, "v3/scores?limit=100", 5)
}

// arrivedV3Prompts follows v3-prompts.mjs.
func arrivedV3Prompts(t *testing.T, api client) {
	t.Helper()
	api.fields(t, "v2/prompts/folder/greet%20me", map[string]any{"version": 2.0, "prompt": "Hi {{name}}"})
	api.fields(t, "v2/prompts/folder%2Fgreet%20me?version=1", map[string]any{"prompt": "Hello {{name}}, from {{city}}"})
	api.total(t, "v2/prompts?limit=100", 3)
}

// arrivedV3Datasets follows v3-datasets.mjs.
func arrivedV3Datasets(t *testing.T, api client) {
	t.Helper()
	const name = "capital%20cities%2F%EC%84%9C%EC%9A%B8"
	run := api.fields(t, "datasets/"+name+"/runs/first%20run", map[string]any{"description": "a try"})
	if got := len(run["datasetRunItems"].([]any)); got != 2 {
		t.Errorf("%d items in the run, want 2", got)
	}
	api.total(t, "datasets/"+name+"/runs", 1)
	api.total(t, "dataset-items?datasetName="+name, 2)
	api.total(t, "v3/scores", 2)
}

// arrivedV5Tracing follows v5-tracing.mjs.
func arrivedV5Tracing(t *testing.T, api client) {
	t.Helper()
	api.total(t, "traces?userId=%EA%B9%80&tags=red", 1)
	api.total(t, "observations?limit=100", 14)
	api.total(t, "v2/observations?type=GENERATION&userId=%EA%B9%80", 2)
	api.total(t, "v3/scores", 6)
}

// arrivedV5Prompts follows v5-prompts.mjs.
func arrivedV5Prompts(t *testing.T, api client) {
	t.Helper()
	api.fields(t, "v2/prompts/chat?label=blue", map[string]any{"version": 1.0, "type": "chat"})
	api.total(t, "v2/prompts", 1)
}

// arrivedV5Datasets follows v5-datasets.mjs.
func arrivedV5Datasets(t *testing.T, api client) {
	t.Helper()
	api.total(t, "datasets/capital%20cities%2F%EC%84%9C%EC%9A%B8/runs", 1)
	api.total(t, "traces", 5) // by hand, three of the experiment, and that on local data
	api.total(t, "v3/scores?name=exact", 3)
	api.total(t, "v2/scores?name=accuracy", 1)
}

// arrivedV5API follows v5-api.mjs.
func arrivedV5API(t *testing.T, api client) {
	t.Helper()
	api.total(t, "traces", 0)
	api.total(t, "score-configs", 2)
	api.total(t, "annotation-queues", 1)
}
