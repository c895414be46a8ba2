package otlp

import "testing"

// TestLangfuse reads what Langfuse's Python SDK 4 and JS SDK 5 send.
func TestLangfuse(t *testing.T) {
	run(t, map[string]dialect{
		"generation": {
			sent{
				scope: "langfuse-sdk", name: "answer", parent: "00f067aa0ba902b7",
				resource: attrs{"service.name": "shop", "telemetry.sdk.language": "python"},
				attrs: attrs{
					"langfuse.observation.type": "generation", "langfuse.observation.input": `[{"role":"user","content":"hi"}]`, "langfuse.observation.output": "hello",
					"langfuse.observation.metadata.region": "kr", "langfuse.observation.metadata.nested": `{"a":1}`,
					"langfuse.observation.model.name": "gpt-4o", "langfuse.observation.model.parameters": `{"temperature":0.5}`,
					"langfuse.observation.usage_details": `{"input":40,"output":15,"total":120,"input_cached_tokens":60,"output_reasoning_tokens":5}`,
					"langfuse.observation.cost_details":  `{"input":0.001,"output":0.002,"total":0.003}`,
					"langfuse.observation.prompt.name":   "greet", "langfuse.observation.prompt.version": 3,
					"langfuse.observation.level": "WARNING", "langfuse.observation.status_message": "slow",
					"langfuse.observation.completion_start_time": `"2026-01-02T03:04:05.300000Z"`,
					"langfuse.environment":                       "staging", "langfuse.release": "r1", "langfuse.version": "v2", "user.id": "kim", "session.id": "s-17",
					"langfuse.trace.name": "support", "langfuse.trace.tags": []string{"b", "a"}, "langfuse.trace.metadata.plan": "pro", "langfuse.trace.public": true,
				},
			},
			// A child: the trace's name, but not its input.
			`{"kind":"generation","name":"answer","model":"gpt-4o","parameters":{"temperature":0.5},"input":[{"role":"user","content":"hi"}],"output":"hello",
			"usage":{"input":40,"output":15,"input_cached_tokens":60,"output_reasoning_tokens":5},"tokens":"100+20=120","cost":"$0.003","prompt":"greet@3",
			"level":"WARNING","status":"slow","firstToken":"300ms","environment":"staging","version":"v2",
			"metadata":{"region":"kr","nested":{"a":1},"resourceAttributes":{"service.name":"shop","telemetry.sdk.language":"python"},"scope":{"name":"langfuse-sdk"}},
			"trace":{"name":"support","user":"kim","session":"s-17","tags":["a","b"],"release":"r1","public":true,"metadata":{"plan":"pro"}}}`,
		},
		"root": {
			sent{
				scope: "langfuse-sdk", name: "chat-turn", resource: attrs{"langfuse.environment": "production", "langfuse.release": "r2", "service.version": "1.2.3"},
				attrs: attrs{
					"langfuse.observation.type": "agent", "langfuse.observation.input": `{"q":1}`, "langfuse.observation.output": "done",
					"langfuse.trace.output": "the answer", "langfuse.trace.tags": `["x","y"]`, "langfuse.internal.is_app_root": true,
				},
			},
			`{"kind":"agent","name":"chat-turn","input":{"q":1},"output":"done","environment":"production","version":"1.2.3",
			"metadata":{"resourceAttributes":{"langfuse.environment":"production","langfuse.release":"r2","service.version":"1.2.3"},"scope":{"name":"langfuse-sdk"}},
			"trace":{"name":"chat-turn","input":{"q":1},"output":"the answer","tags":["x","y"],"release":"r2"}}`,
		},
		"a child that counts as root": {
			sent{scope: "langfuse-sdk", name: "inner", parent: "00f067aa0ba902b7", attrs: attrs{"langfuse.observation.type": "span", "langfuse.internal.as_root": "true"}},
			`{"kind":"span","name":"inner","metadata":{"scope":{"name":"langfuse-sdk"}},"trace":{"name":"inner"}}`,
		},
	})
}
