package otlp

import "testing"

// TestOpenInference reads what Arize's instrumentations send, of LLM libraries and of smolagents.
func TestOpenInference(t *testing.T) {
	run(t, map[string]dialect{
		"chat": {
			sent{
				scope: "openinference.instrumentation.openai", name: "ChatCompletion",
				attrs: attrs{
					"openinference.span.kind": "LLM", "llm.system": "openai", "llm.model_name": "gpt-4o-mini", "llm.invocation_parameters": `{"temperature": 0.1, "model": "gpt-4o-mini"}`,
					"llm.input_messages.0.message.role": "system", "llm.input_messages.0.message.content": "be brief",
					"llm.input_messages.1.message.role":                                       "user",
					"llm.input_messages.1.message.contents.0.message_content.type":            "text",
					"llm.input_messages.1.message.contents.0.message_content.text":            "hi",
					"llm.output_messages.0.message.role":                                      "assistant",
					"llm.output_messages.0.message.tool_calls.0.tool_call.id":                 "call_1",
					"llm.output_messages.0.message.tool_calls.0.tool_call.function.name":      "weather",
					"llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": `{"city":"Seoul"}`,
					"llm.token_count.prompt":                                                  50, "llm.token_count.completion": 10, "llm.token_count.total": 60, "llm.token_count.prompt_details.cache_read": 20,
					"llm.cost.prompt": 0.001, "llm.cost.completion": 0.002, "llm.cost.total": 0.003,
					"session.id": "s-1", "user.id": "u-1", "metadata": `{"tenant":"acme"}`, "tag.tags": []string{"beta", "alpha"},
				},
			},
			`{"kind":"generation","name":"ChatCompletion","model":"gpt-4o-mini","parameters":{"temperature":0.1,"model":"gpt-4o-mini"},
			"input":[{"role":"system","content":"be brief"},{"role":"user","contents":[{"type":"text","text":"hi"}]}],
			"output":[{"role":"assistant","tool_calls":[{"id":"call_1","function":{"name":"weather","arguments":{"city":"Seoul"}}}]}],
			"usage":{"input":30,"input_cached_tokens":20,"output":10},"tokens":"50+10=60","cost":"$0.003",
			"metadata":{"tenant":"acme","attributes":{"llm.system":"openai"},"scope":{"name":"openinference.instrumentation.openai"}},
			"trace":{"name":"ChatCompletion","session":"s-1","user":"u-1","tags":["alpha","beta"],
				"input":[{"role":"system","content":"be brief"},{"role":"user","contents":[{"type":"text","text":"hi"}]}],
				"output":[{"role":"assistant","tool_calls":[{"id":"call_1","function":{"name":"weather","arguments":{"city":"Seoul"}}}]}]}}`,
		},
		"payloads whole, messages besides": {
			sent{name: "llm", parent: "00f067aa0ba902b7", attrs: attrs{
				"openinference.span.kind": "LLM", "input.value": `{"messages":[{"role":"user","content":"hi"}]}`, "input.mime_type": "application/json",
				"output.value": "hello", "output.mime_type": "text/plain", "llm.input_messages.0.message.role": "user", "llm.output_messages.0.message.content": "hello",
			}},
			`{"kind":"generation","name":"llm","input":{"messages":[{"role":"user","content":"hi"}]},"output":"hello","trace":{}}`,
		},
		"retriever": {
			sent{name: "Retrieve", parent: "00f067aa0ba902b7", attrs: attrs{
				"openinference.span.kind": "RETRIEVER", "input.value": "where?",
				"retrieval.documents.0.document.id": "d0", "retrieval.documents.0.document.score": 0.5, "retrieval.documents.10.document.content": "last", "retrieval.documents.2.document.content": "middle",
			}},
			`{"kind":"retriever","name":"Retrieve","input":"where?","output":[{"id":"d0","score":0.5},{"content":"middle"},{"content":"last"}],"trace":{}}`,
		},
		"smolagents": {
			sent{scope: "openinference.instrumentation.smolagents", name: "CodeAgent.run", attrs: attrs{
				"openinference.span.kind": "AGENT", "input.value": `{"task":"add"}`, "output.value": "3", "smolagents.max_steps": 6, "smolagents.tools_names": []string{"final_answer"},
				"llm.token_count.prompt": 900, "llm.token_count.completion": 30,
			}},
			`{"kind":"agent","name":"CodeAgent.run","input":{"task":"add"},"output":"3",
			"metadata":{"attributes":{"smolagents.max_steps":6,"smolagents.tools_names":["final_answer"],"llm.token_count.prompt":900,"llm.token_count.completion":30},"scope":{"name":"openinference.instrumentation.smolagents"}},
			"trace":{"name":"CodeAgent.run","input":{"task":"add"},"output":"3"}}`,
		},
		"reranker and tool": {
			sent{name: "tool", parent: "00f067aa0ba902b7", attrs: attrs{"openinference.span.kind": "TOOL", "tool.name": "add", "input.value": `{"a":1}`, "output.value": "2"}},
			`{"kind":"tool","name":"add","input":{"a":1},"output":"2","trace":{}}`,
		},
	})
}
