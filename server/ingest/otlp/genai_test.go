package otlp

import "testing"

// TestGenAI reads OpenTelemetry's conventions, current and old.
func TestGenAI(t *testing.T) {
	run(t, map[string]dialect{
		"chat": {
			sent{
				scope: "opentelemetry.instrumentation.openai_v2", name: "chat gpt-4o",
				attrs: attrs{
					"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o-2024-08-06",
					"gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 100, "gen_ai.request.stop_sequences": []string{"END"},
					"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20, "gen_ai.usage.cache_read.input_tokens": 60, "gen_ai.usage.reasoning.output_tokens": 5,
					"gen_ai.conversation.id": "conv-1", "gen_ai.response.time_to_first_chunk": 0.25, "gen_ai.usage.cost": 0.0042,
					"gen_ai.system_instructions": `[{"type":"text","content":"be brief"}]`,
					"gen_ai.input.messages":      `[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`,
					"gen_ai.output.messages":     `[{"role":"assistant","parts":[{"type":"text","content":"hello"}],"finish_reason":"stop"}]`,
				},
			},
			`{"kind":"generation","name":"chat gpt-4o","model":"gpt-4o-2024-08-06","parameters":{"temperature":0.2,"max_tokens":100,"stop_sequences":["END"]},
			"usage":{"input":40,"input_cached_tokens":60,"output":15,"output_reasoning_tokens":5},"tokens":"100+20=120","firstToken":"250ms","cost":"$0.0042",
			"input":[{"role":"system","parts":[{"type":"text","content":"be brief"}]},{"role":"user","parts":[{"type":"text","content":"hi"}]}],
			"output":[{"role":"assistant","parts":[{"type":"text","content":"hello"}],"finish_reason":"stop"}],
			"metadata":{"attributes":{"gen_ai.operation.name":"chat","gen_ai.provider.name":"openai","gen_ai.request.model":"gpt-4o"},"scope":{"name":"opentelemetry.instrumentation.openai_v2"}},
			"trace":{"name":"chat gpt-4o","session":"conv-1",
				"input":[{"role":"system","parts":[{"type":"text","content":"be brief"}]},{"role":"user","parts":[{"type":"text","content":"hi"}]}],
				"output":[{"role":"assistant","parts":[{"type":"text","content":"hello"}],"finish_reason":"stop"}]}}`,
		},
		"structured messages, input that excludes the cache": {
			sent{name: "chat claude", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.operation.name": "chat", "gen_ai.request.model": "claude-sonnet-4-5", "gen_ai.input.messages": attrs{"role": "user"},
				"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 4, "gen_ai.usage.cache_creation.input_tokens": 50, "gen_ai.usage.cache_read.input_tokens": 100,
			}},
			// 10 can't contain 150: they are added.
			`{"kind":"generation","name":"chat claude","model":"claude-sonnet-4-5","input":{"role":"user"},"tokens":"160+4=164",
			"usage":{"input":10,"input_cached_tokens":100,"input_cache_creation":50,"output":4},"metadata":{"attributes":{"gen_ai.operation.name":"chat"}},"trace":{}}`,
		},
		"output that excludes the reasoning": {
			sent{name: "chat grok-4", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.operation.name": "chat", "gen_ai.request.model": "grok-4", "gen_ai.usage.input_tokens": 32, "gen_ai.usage.output_tokens": 9, "gen_ai.usage.reasoning.output_tokens": 94,
			}},
			// 9 can't contain 94: they are added.
			`{"kind":"generation","name":"chat grok-4","model":"grok-4","tokens":"32+103=135",
			"usage":{"input":32,"output":9,"output_reasoning_tokens":94},"metadata":{"attributes":{"gen_ai.operation.name":"chat"}},"trace":{}}`,
		},
		"output that excludes the reasoning, as the total says": {
			sent{name: "chat gemini", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.request.model": "gemini-2.5-pro", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 700, "gen_ai.usage.reasoning.output_tokens": 200,
				"gen_ai.usage.total_tokens": 1000,
			}},
			`{"kind":"generation","name":"chat gemini","model":"gemini-2.5-pro","tokens":"100+900=1000","usage":{"input":100,"output":700,"output_reasoning_tokens":200},"trace":{}}`,
		},
		"costs that are none": {
			sent{name: "chat gpt-4", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.request.model": "gpt-4", "gen_ai.usage.cost": 1e30, "gen_ai.usage.input_cost": -5.0, "langfuse.observation.cost_details": `{"input":-5,"total":1e30}`,
				"langfuse.observation.usage_details": `{"input":-1,"output":5}`, "gen_ai.usage.input_tokens": 3,
			}},
			// Neither is taken for what it says, nor is a part of it; usage is what else says so.
			`{"kind":"generation","name":"chat gpt-4","model":"gpt-4","tokens":"3+0=3","usage":{"input":3,"output":0},"metadata":{"attributes":{"gen_ai.usage.cost":1e30,"gen_ai.usage.input_cost":-5,
			"langfuse.observation.cost_details":"{\"input\":-5,\"total\":1e30}","langfuse.observation.usage_details":"{\"input\":-1,\"output\":5}"}},"trace":{}}`,
		},
		"messages in events": {
			sent{name: "chat gpt-4", parent: "00f067aa0ba902b7", attrs: attrs{"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4", "gen_ai.usage.prompt_tokens": 7, "gen_ai.usage.completion_tokens": 3}, events: []sentEvent{
				{"gen_ai.system.message", attrs{"gen_ai.system": "openai", "content": "be brief"}},
				{"gen_ai.user.message", attrs{"content": "hi"}},
				{"gen_ai.choice", attrs{"index": 0, "finish_reason": "stop", "message": `{"role":"assistant","content":"hello"}`}},
			}},
			`{"kind":"generation","name":"chat gpt-4","model":"gpt-4","input":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}],
			"output":[{"role":"assistant","index":0,"finish_reason":"stop","message":{"role":"assistant","content":"hello"}}],
			"usage":{"input":7,"output":3},"tokens":"7+3=10","metadata":{"attributes":{"gen_ai.system":"openai"}},"trace":{}}`,
		},
		"content in events": {
			sent{name: "c", parent: "00f067aa0ba902b7", attrs: attrs{"gen_ai.request.model": "m"}, events: []sentEvent{
				{"gen_ai.content.prompt", attrs{"gen_ai.prompt": `[{"role":"user","content":"hi"}]`}}, {"gen_ai.content.completion", attrs{"gen_ai.completion": "hello"}},
			}},
			`{"kind":"generation","name":"c","model":"m","input":[{"role":"user","content":"hi"}],"output":"hello","trace":{}}`,
		},
		"details in an event": {
			sent{name: "c", parent: "00f067aa0ba902b7", attrs: attrs{"gen_ai.request.model": "m"}, events: []sentEvent{
				{"gen_ai.client.inference.operation.details", attrs{"gen_ai.input.messages": `[{"role":"user"}]`, "gen_ai.output.messages": `[{"role":"assistant"}]`}},
			}},
			`{"kind":"generation","name":"c","model":"m","input":[{"role":"user"}],"output":[{"role":"assistant"}],"trace":{}}`,
		},
		"tool": {
			sent{name: "execute_tool weather", parent: "00f067aa0ba902b7", failed: "no such city", attrs: attrs{
				"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather", "gen_ai.tool.call.id": "call_1", "gen_ai.tool.call.arguments": `{"city":"Seoul"}`, "gen_ai.tool.call.result": "sunny",
			}},
			`{"kind":"tool","name":"weather","input":{"city":"Seoul"},"output":"sunny","level":"ERROR","status":"no such city",
			"metadata":{"attributes":{"gen_ai.operation.name":"execute_tool","gen_ai.tool.call.id":"call_1"}},"trace":{}}`,
		},
		"agent, whose usage is that of the calls below": {
			sent{name: "invoke_agent helper", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 9,
			}},
			`{"kind":"agent","name":"invoke_agent helper","metadata":{"attributes":{"gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"helper","gen_ai.request.model":"m","gen_ai.usage.input_tokens":9}},"trace":{}}`,
		},
		"embeddings": {
			sent{name: "embeddings m", parent: "00f067aa0ba902b7", attrs: attrs{"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 9}},
			`{"kind":"embedding","name":"embeddings m","model":"m","usage":{"input":9,"output":0},"tokens":"9+0=9","metadata":{"attributes":{"gen_ai.operation.name":"embeddings"}},"trace":{}}`,
		},
	})
}
