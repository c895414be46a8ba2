package server_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// What Python's SDKs send, as their serializers write it: times in microseconds, members without a value left out,
// usage and metadata as the application has them.
const (
	pythonMeta = `"metadata":{"batch_size":6,"sdk_integration":"default","sdk_name":"python","sdk_version":"2.60.2","public_key":"pk"}`

	// The SDK of the recorded system, and Langfuse's before its version 3: traces, observations and scores by ingestion.
	pythonTracing = `{"batch":[
		{"id":"8b0c7a52-0001-4f6e-9d0a-1f0f7b9f0001","type":"trace-create","timestamp":"2026-01-02T03:04:05.100200Z","body":{"id":"py","name":"chat","userId":"김","sessionId":"s","release":"r-1","version":"1","metadata":{"plan":"pro"},"tags":["b","a"],"input":{"args":["안녕"],"kwargs":{"n":1}},"timestamp":"2026-01-02T03:04:05.100100Z"}},
		{"id":"8b0c7a52-0002-4f6e-9d0a-1f0f7b9f0002","type":"span-create","timestamp":"2026-01-02T03:04:05.200000Z","body":{"id":"py-span","traceId":"py","name":"retrieve","startTime":"2026-01-02T03:04:05.200000Z","input":{"args":[],"kwargs":{}}}},
		{"id":"8b0c7a52-0003-4f6e-9d0a-1f0f7b9f0003","type":"generation-create","timestamp":"2026-01-02T03:04:05.300000Z","body":{"id":"py-generation","traceId":"py","parentObservationId":"py-span","name":"OpenAI-generation","startTime":"2026-01-02T03:04:05.300000+00:00","model":"gpt-4o","modelParameters":{"temperature":1,"max_tokens":"Infinity","top_p":1,"stop":["a","b"]},"input":[{"role":"user","content":"안녕"}]}},
		{"id":"8b0c7a52-0004-4f6e-9d0a-1f0f7b9f0004","type":"generation-update","timestamp":"2026-01-02T03:04:06.500000Z","body":{"id":"py-generation","endTime":"2026-01-02T03:04:06.500000Z","completionStartTime":"2026-01-02T12:04:05.800000+09:00","output":{"role":"assistant","content":"네","tool_calls":null},"usage":{"input":1000,"output":200,"total":1200,"unit":"TOKENS"},"promptName":"question","promptVersion":1}},
		{"id":"8b0c7a52-0005-4f6e-9d0a-1f0f7b9f0005","type":"span-update","timestamp":"2026-01-02T03:04:06.600000Z","body":{"id":"py-span","endTime":"2026-01-02T03:04:06.600000Z","output":"done","level":"WARNING","statusMessage":"slow"}},
		{"id":"8b0c7a52-0006-4f6e-9d0a-1f0f7b9f0006","type":"event-create","timestamp":"2026-01-02T03:04:06.700000Z","body":{"id":"py-event","traceId":"py","name":"hit","startTime":"2026-01-02T03:04:06.700000Z"}},
		{"id":"8b0c7a52-0007-4f6e-9d0a-1f0f7b9f0007","type":"trace-create","timestamp":"2026-01-02T03:04:06.800000Z","body":{"id":"py","output":"네","public":true}},
		{"id":"8b0c7a52-0008-4f6e-9d0a-1f0f7b9f0008","type":"score-create","timestamp":"2026-01-02T03:04:06.900000Z","body":{"id":"py-score","traceId":"py","observationId":"py-generation","name":"quality","value":0.5,"dataType":"NUMERIC","comment":"fine"}},
		{"id":"8b0c7a52-0009-4f6e-9d0a-1f0f7b9f0009","type":"sdk-log","timestamp":"2026-01-02T03:04:06.950000Z","body":{"log":{"level":"debug"}}}],` + pythonMeta + `}`

	// Usage objects of OpenAI that version 2.60 passes on as they are.
	pythonUsage = `{"batch":[{"id":"u1","type":"generation-create","timestamp":"2026-01-02T03:04:05.300000Z","body":{"id":"py-usage","traceId":"py","name":"g","startTime":"2026-01-02T03:04:05.300000Z","environment":"staging","model":"gpt-4o",
		"usage":{"promptTokens":30,"completionTokens":20,"totalTokens":50},
		"usageDetails":{"prompt_tokens":30,"completion_tokens":20,"total_tokens":50,"prompt_tokens_details":{"audio_tokens":0,"cached_tokens":10},"completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":0}},
		"costDetails":{"total":0.75}}}],` + pythonMeta + `}`

	// Version 3 and later: spans of OpenTelemetry, metadata as attributes of its types, and times as JSON.
	pythonSpan = `{"resourceSpans":[{"resource":{"attributes":[{"key":"telemetry.sdk.language","value":{"stringValue":"python"}},{"key":"service.name","value":{"stringValue":"unknown_service"}},{"key":"langfuse.environment","value":{"stringValue":"staging"}}]},
		"scopeSpans":[{"scope":{"name":"langfuse-sdk","version":"3.8.1","attributes":[{"key":"public_key","value":{"stringValue":"pk"}}]},"spans":[
		{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"ask","kind":1,"startTimeUnixNano":"1767323045000000000","endTimeUnixNano":"1767323047000000000","attributes":[
			{"key":"langfuse.environment","value":{"stringValue":"staging"}},{"key":"langfuse.observation.type","value":{"stringValue":"generation"}},
			{"key":"langfuse.observation.input","value":{"stringValue":"[{\"role\": \"user\", \"content\": \"\\uc548\\ub155\"}]"}},{"key":"langfuse.observation.output","value":{"stringValue":"네"}},
			{"key":"langfuse.observation.model.name","value":{"stringValue":"gpt-4o"}},{"key":"langfuse.observation.model.parameters","value":{"stringValue":"{\"temperature\": 0.5}"}},
			{"key":"langfuse.observation.usage_details","value":{"stringValue":"{\"input\": 1000, \"output\": 200}"}},
			{"key":"langfuse.observation.completion_start_time","value":{"stringValue":"\"2026-01-02T03:04:05.500000Z\""}},
			{"key":"langfuse.observation.prompt.name","value":{"stringValue":"question"}},{"key":"langfuse.observation.prompt.version","value":{"intValue":"2"}},
			{"key":"langfuse.observation.metadata.n","value":{"intValue":"3"}},{"key":"langfuse.observation.metadata.deep","value":{"stringValue":"{\"a\": [1, 2]}"}},{"key":"langfuse.observation.metadata.flag","value":{"boolValue":true}},
			{"key":"langfuse.trace.name","value":{"stringValue":"chat"}},{"key":"user.id","value":{"stringValue":"김"}},{"key":"session.id","value":{"stringValue":"s3"}},
			{"key":"langfuse.trace.tags","value":{"arrayValue":{"values":[{"stringValue":"b"},{"stringValue":"a"}]}}},{"key":"langfuse.trace.public","value":{"boolValue":true}},
			{"key":"langfuse.trace.metadata.plan","value":{"stringValue":"pro"}},{"key":"langfuse.version","value":{"stringValue":"1"}},{"key":"langfuse.release","value":{"stringValue":"r-1"}}],"status":{"code":1}}]}]}]}`

	// Its scores go by ingestion.
	pythonScores = `{"batch":[
		{"id":"s1","type":"score-create","timestamp":"2026-01-02T03:04:07.000000Z","body":{"id":"py3-score","traceId":"0af7651916cd43dd8448eb211c80319c","observationId":"b7ad6b7169203331","name":"tone","value":"warm","dataType":"CATEGORICAL","environment":"staging","metadata":{"by":"rule"}}},
		{"id":"s2","type":"score-create","timestamp":"2026-01-02T03:04:07.000000Z","body":{"id":"py3-session","sessionId":"s3","name":"resolved","value":1.0,"dataType":"BOOLEAN","environment":"staging"}},
		{"id":"s3","type":"score-create","timestamp":"2026-01-02T03:04:07.000000Z","body":{"id":"py3-run","datasetRunId":"run","name":"accuracy","value":0.5,"environment":"staging"}}],
		"metadata":{"batch_size":3,"sdk_name":"python","sdk_version":"3.8.1","public_key":"pk"}}`
)

// TestPythonBodies sends what Python's SDKs do and reads it back as they do.
func TestPythonBodies(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for _, body := range []string{pythonTracing, pythonUsage, pythonScores} {
		if status, text, _ := c.do(t, http.MethodPost, "/api/public/ingestion", body); status != http.StatusMultiStatus || !strings.Contains(text, `"errors":[]`) {
			t.Fatalf("ingestion: %d %s", status, text)
		}
	}
	if status, text, _ := c.do(t, http.MethodPost, "/api/public/otel/v1/traces", pythonSpan); status != http.StatusOK || strings.Contains(text, "rejected") {
		t.Fatalf("spans: %d %s", status, text)
	}
	prompt := map[string]any{"name": "question", "version": 1.0}
	for path, want := range map[string]map[string]any{
		"traces/py": {
			"name": "chat", "userId": "김", "sessionId": "s", "release": "r-1", "version": "1", "metadata": map[string]any{"plan": "pro"}, "tags": []any{"a", "b"}, "public": true,
			"input": map[string]any{"args": []any{"안녕"}, "kwargs": map[string]any{"n": 1.0}}, "output": "네", "timestamp": "2026-01-02T03:04:05.100Z",
		},
		"observations/py-span":  {"type": "SPAN", "output": "done", "level": "WARNING", "statusMessage": "slow", "latency": 1.4},
		"observations/py-event": {"type": "EVENT", "name": "hit"},
		"observations/py-generation": {
			"type": "GENERATION", "parentObservationId": "py-span", "latency": 1.2, "timeToFirstToken": 0.5, "completionStartTime": "2026-01-02T03:04:05.800Z",
			"modelParameters": map[string]any{"temperature": 1.0, "max_tokens": "Infinity", "top_p": 1.0, "stop": []any{"a", "b"}},
			"output":          map[string]any{"role": "assistant", "content": "네", "tool_calls": nil}, "promptName": prompt["name"], "promptVersion": prompt["version"],
			"usage": map[string]any{"input": 1000.0, "output": 200.0, "total": 1200.0, "unit": "TOKENS"}, "calculatedTotalCost": 0.0045,
		},
		"observations/py-usage": {"environment": "staging", "usage": map[string]any{"input": 30.0, "output": 20.0, "total": 50.0, "unit": "TOKENS"}, "calculatedTotalCost": 0.75},
		"scores/py-score":       {"value": 0.5, "dataType": "NUMERIC", "comment": "fine", "observationId": "py-generation"},
		"traces/0af7651916cd43dd8448eb211c80319c": {
			"name": "chat", "userId": "김", "sessionId": "s3", "tags": []any{"a", "b"}, "public": true, "environment": "staging", "release": "r-1", "version": "1", "output": "네",
		},
		"observations/b7ad6b7169203331": {
			"type": "GENERATION", "input": []any{map[string]any{"role": "user", "content": "안녕"}}, "output": "네", "model": "gpt-4o", "modelParameters": map[string]any{"temperature": 0.5},
			"usageDetails": map[string]any{"input": 1000.0, "output": 200.0}, "calculatedTotalCost": 0.0045, "timeToFirstToken": 0.5, "promptName": "question", "promptVersion": 2.0,
		},
		"v2/scores/py3-score":   {"stringValue": "warm", "environment": "staging", "metadata": map[string]any{"by": "rule"}, "observationId": "b7ad6b7169203331"},
		"v2/scores/py3-session": {"sessionId": "s3", "value": 1.0, "stringValue": "True"},
		"v2/scores/py3-run":     {"datasetRunId": "run", "value": 0.5},
	} {
		got := c.asSDK(t, path)
		for name, value := range want {
			if !reflect.DeepEqual(got[name], value) {
				t.Errorf("%s: %s = %v, want %v", path, name, got[name], value)
			}
		}
	}
	metadata := c.asSDK(t, "observations/b7ad6b7169203331")["metadata"].(map[string]any)
	if metadata["n"] != 3.0 || metadata["flag"] != true || !reflect.DeepEqual(metadata["deep"], map[string]any{"a": []any{1.0, 2.0}}) {
		t.Errorf("metadata: %v", metadata)
	}
	if plan := c.asSDK(t, "traces/0af7651916cd43dd8448eb211c80319c")["metadata"].(map[string]any)["plan"]; plan != "pro" {
		t.Errorf("metadata of the trace: plan = %v", plan)
	}
}
