package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// TestCatalogAPI goes through what no recorded group has: each step asks, and may
// name what an earlier step has made as $name.
func TestCatalogAPI(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	c.send(t, event("trace-create", "t", map[string]any{"id": "t"}))
	made := map[string]string{}
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string // a part of the answer
		name               string // of what is made
	}{
		{"POST", "score-configs", `{"name":"quality","dataType":"NUMERIC","maxValue":1}`, 200, `"maxValue":1`, "config"},
		{"PATCH", "score-configs/$config", `{"isArchived":true}`, 200, `"isArchived":true`, ""},
		{"POST", "scores", `{"traceId":"t","name":"quality","value":1,"configId":"$config"}`, 400, "archived", ""},
		{"PATCH", "score-configs/$config", `{"isArchived":false,"minValue":2}`, 400, `"path":["maxValue"]`, ""},
		{"POST", "comments", `{"objectType":"TRACE","objectId":"t","content":"look"}`, 200, `"id":`, "comment"},
		{"GET", "comments/$comment", "", 200, `"content":"look"`, ""},
		{"GET", "comments?objectType=TRACE&objectId=t", "", 200, `"totalItems":1`, ""},
		{"GET", "comments?objectId=t", "", 400, `"path":["objectType"]`, ""},
		{"GET", "comments/none", "", 404, "Comment not found", ""},
		{"POST", "annotation-queues", `{"name":"q","scoreConfigIds":["$config"]}`, 200, `"scoreConfigIds":["$config"]`, "queue"},
		{"GET", "annotation-queues/$queue", "", 200, `"name":"q"`, ""},
		{"GET", "annotation-queues", "", 200, `"totalItems":1`, ""},
		{"POST", "annotation-queues/$queue/items", `{"objectId":"t","objectType":"TRACE"}`, 200, `"completedAt":null`, "item"},
		{"GET", "annotation-queues/$queue/items?status=PENDING", "", 200, `"id":"$item"`, ""},
		{"GET", "annotation-queues/$queue/items?status=X", "", 400, `"path":["status"]`, ""},
		{"PATCH", "annotation-queues/$queue/items/$item", `{"status":"COMPLETED"}`, 200, `"completedAt":"2`, ""},
		{"GET", "annotation-queues/$queue/items/$item", "", 200, `"status":"COMPLETED"`, ""},
		{"POST", "annotation-queues/$queue/assignments", `{"userId":"u"}`, 200, `"queueId":"$queue"`, ""},
		{"DELETE", "annotation-queues/$queue/assignments", `{"userId":"u"}`, 200, `"success":true`, ""},
		{"DELETE", "annotation-queues/$queue/items/$item", "", 200, `"success":true`, ""},
		{"GET", "annotation-queues/$queue/items/$item", "", 404, "item not found", ""},
		{"POST", "v2/datasets", `{"name":"a/b"}`, 200, `"name":"a/b"`, "dataset"},
		{"POST", "dataset-items", `{"datasetName":"a/b","id":"i","input":1}`, 200, `"status":"ACTIVE"`, ""},
		{"POST", "dataset-run-items", `{"runName":"r/1","datasetItemId":"i","traceId":"t"}`, 200, `"traceId":"t"`, "link"},
		{"GET", "dataset-run-items?datasetId=$dataset&runName=r%2F1", "", 200, `"id":"$link"`, ""},
		{"GET", "dataset-run-items?datasetId=$dataset&runName=none", "", 404, "Dataset run not found", ""},
		{"GET", "dataset-run-items", "", 400, `"path":["runName"]`, ""},
		{"GET", "datasets/a%2Fb", "", 200, `"runs":["r/1"]`, ""},
		{"GET", "datasets", "", 200, `"items":["i"],"runs":["r/1"]`, ""},
		{"DELETE", "datasets/a%2Fb/runs/r%2F1", "", 200, "successfully deleted", ""},
		{"DELETE", "datasets/a%2Fb/runs/r%2F1", "", 404, "Dataset run not found", ""},
		{"DELETE", "dataset-items/i", "", 200, "successfully deleted", ""},
		{"POST", "v2/prompts", `{"name":"f/p","prompt":"a","labels":["production"],"commitMessage":"first"}`, 201, `"commitMessage":"first"`, ""},
		{"POST", "v2/prompts", `{"name":"f/p","prompt":"b"}`, 201, `"labels":["latest"]`, ""},
		{"PATCH", "v2/prompts/f/p/versions/2", `{"newLabels":["production"]}`, 200, `"labels":["latest","production"]`, ""},
		{"PATCH", "v2/prompts/f%2Fp/versions/9", `{"newLabels":["production"]}`, 404, "version 9", ""},
		{"PATCH", "v2/prompts/f%2Fp/versions/x", `{"newLabels":["production"]}`, 404, "no such route", ""},
		{"GET", "v2/prompts/f/p", "", 200, `"version":2`, ""},
		{"POST", "v2/prompts", `{"name":"html","prompt":"<b>{{x}} & y","labels":["production"]}`, 201, `"prompt":"<b>{{x}} & y"`, ""},
		{"GET", "v2/prompts/html", "", 200, `"prompt":"<b>{{x}} & y"`, ""},
		{"DELETE", "v2/prompts/html", "", 204, "", ""},
		{"DELETE", "v2/prompts/f/p?version=2", "", 204, "", ""},
		{"GET", "v2/prompts/f%2Fp?label=latest", "", 200, `"version":1`, ""},
		{"DELETE", "v2/prompts/f/p?version=1&label=x", "", 400, "both", ""},
		{"DELETE", "v2/prompts/f/p", "", 204, "", ""},
		{"GET", "v2/prompts", "", 200, `"totalItems":0`, ""},
		{"GET", "models?limit=x", "", 400, `"path":["limit"]`, ""},
		{"POST", "generations", `{"id":"g","traceId":"t","usage":{"input":1,"output":2,"inputCost":0.25,"outputCost":0.5}}`, 200, `"inputCost":"0.25","outputCost":"0.5"`, ""},
		{"PATCH", "generations", `{"generationId":"g","level":"ERROR"}`, 200, `"level":"ERROR"`, ""},
		{"POST", "comments", `{"objectType":"OBSERVATION","objectId":"g","content":"secret"}`, 200, `"id":`, "said"},
		{"POST", "annotation-queues/$queue/items", `{"objectId":"g","objectType":"OBSERVATION"}`, 200, `"completedAt":null`, "item"},
		{"POST", "annotation-queues/$queue/items", `{"objectId":"t","objectType":"TRACE"}`, 200, `"completedAt":null`, ""},
		{"DELETE", "traces/t", "", 200, "successfully", ""},
		{"GET", "comments", "", 200, `"totalItems":0`, ""},
		{"GET", "comments/$comment", "", 404, "Comment not found", ""},
		{"GET", "comments/$said", "", 404, "Comment not found", ""},
		{"GET", "annotation-queues/$queue/items", "", 200, `"totalItems":0`, ""},
		{"POST", "spans", `{"id":"x`, 400, "Invalid JSON", ""},
	} {
		fill := func(s string) string {
			for name, id := range made {
				s = strings.ReplaceAll(s, "$"+name, id)
			}
			return s
		}
		var body any
		if step.body != "" {
			body = fill(step.body)
		}
		status, text, _ := c.do(t, step.method, "/api/public/"+fill(step.path), body)
		if status != step.status || !strings.Contains(text, fill(step.want)) {
			t.Errorf("%s %s %s: %d %s; want %d with %s", step.method, fill(step.path), fill(step.body), status, text, step.status, fill(step.want))
		}
		if status == http.StatusNoContent && text != "" {
			t.Errorf("%s %s: a body without content: %q", step.method, step.path, text)
		}
		if step.name != "" {
			var o struct{ ID string }
			if err := json.Unmarshal([]byte(text), &o); err != nil {
				t.Fatal(err)
			}
			made[step.name] = o.ID
		}
	}
}
