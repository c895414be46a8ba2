package llmwire

import (
	"strings"
	"testing"
)

// The results of tools were lost where the application begins the answer itself.
func TestToolResultsBeforeAPrefill(t *testing.T) {
	for name, tt := range map[string]struct{ host, path, old, calls, results, prefill string }{
		"openai": {
			"api.openai.com", "/v1/chat/completions",
			`{"role":"tool","tool_call_id":"old","content":"0"},`,
			`{"messages":[{"role":"user","content":"?"},%OLD{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},`,
			`{"role":"tool","tool_call_id":"a","content":"1"}`,
			`,{"role":"assistant","content":"The answer is","tool_calls":[],"function_call":null}`,
		},
		"openai functions": {
			"api.openai.com", "/v1/chat/completions",
			`{"role":"function","name":"f","content":"0"},`,
			`{"messages":[%OLD{"role":"assistant","function_call":{"name":"f","arguments":"{}"}},`,
			`{"role":"function","name":"f","content":"1"}`,
			`,{"role":"assistant","content":"The answer is"}`,
		},
		"ollama": {
			"localhost:11434", "/api/chat",
			`{"role":"tool","tool_name":"f","content":"0"},`,
			`{"messages":[%OLD{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{}}}]},`,
			`{"role":"tool","tool_name":"f","content":"1"}`,
			`,{"role":"assistant","content":"The answer is"}`,
		},
		"responses": {
			"api.openai.com", "/v1/responses",
			`{"type":"function_call_output","call_id":"old","output":"0"},`,
			`{"input":[%OLD{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},`,
			`{"type":"function_call_output","call_id":"a","output":"1"}`,
			`,{"type":"reasoning","summary":[]},{"role":"assistant","content":"The answer is"}`,
		},
		"anthropic": {
			"api.anthropic.com", "/v1/messages",
			`{"role":"user","content":[{"type":"tool_result","tool_use_id":"old","content":"0"}]},`,
			`{"messages":[%OLD{"role":"assistant","content":[{"type":"text","text":"x"},{"type":"tool_use","id":"a","name":"f","input":{}}]},`,
			`{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"}]}`,
			`,{"role":"assistant","content":"The answer is"},{"role":"assistant","content":[{"type":"text","text":"4"}]}`,
		},
		"gemini": {
			geminiHost, geminiStreamed,
			`{"role":"user","parts":[{"functionResponse":{"name":"g","response":{}}}]},`,
			`{"contents":[%OLD{"role":"model","parts":[{"functionCall":{"name":"f"}}]},`,
			`{"role":"user","parts":[{"functionResponse":{"name":"f","response":1}}]}`,
			`,{"role":"model","parts":[{"text":"The answer is"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := endpoint(t, tt.host, tt.path)
			body := strings.Replace(tt.calls, "%OLD", tt.old, 1) + tt.results + tt.prefill + "]}"
			req := e.ParseRequest("", []byte(body), false)
			if len(req.ToolResults) != 1 || strings.Trim(string(req.ToolResults[0].Output), `"`) != "1" {
				t.Errorf("%+v", req.ToolResults)
			}
		})
	}
}
