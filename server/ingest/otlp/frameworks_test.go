package otlp

import "testing"

// TestGenkit reads what Genkit's tracing sends: requests and responses whole.
func TestGenkit(t *testing.T) {
	run(t, map[string]dialect{
		"model": {
			sent{scope: "genkit-tracer", name: "googleai/gemini-2.5-flash", parent: "00f067aa0ba902b7", attrs: attrs{
				"genkit:name": "googleai/gemini-2.5-flash", "genkit:type": "action", "genkit:metadata:subtype": "model", "genkit:state": "success", "genkit:path": "/{f,t:flow}",
				"genkit:input":  `{"messages":[{"role":"user","content":[{"text":"hi"}]}],"config":{"temperature":0.4}}`,
				"genkit:output": `{"message":{"role":"model","content":[{"text":"hello"}]},"usage":{"inputTokens":7,"outputTokens":3,"totalTokens":10}}`,
			}},
			`{"kind":"generation","name":"googleai/gemini-2.5-flash","model":"googleai/gemini-2.5-flash","parameters":{"temperature":0.4},
			"input":{"messages":[{"role":"user","content":[{"text":"hi"}]}],"config":{"temperature":0.4}},
			"output":{"message":{"role":"model","content":[{"text":"hello"}]},"usage":{"inputTokens":7,"outputTokens":3,"totalTokens":10}},
			"usage":{"input":7,"output":3},"tokens":"7+3=10","metadata":{"attributes":{"genkit:type":"action","genkit:state":"success","genkit:path":"/{f,t:flow}"},"scope":{"name":"genkit-tracer"}},"trace":{}}`,
		},
		"flow": {
			sent{name: "menu", attrs: attrs{"genkit:name": "menuFlow", "genkit:metadata:subtype": "flow", "genkit:input": `"pizza"`, "genkit:output": "null"}},
			`{"kind":"chain","name":"menuFlow","input":"pizza","trace":{"name":"menuFlow","input":"pizza"}}`,
		},
		"tool": {
			sent{name: "tool", parent: "00f067aa0ba902b7", attrs: attrs{"genkit:name": "getMenu", "genkit:metadata:subtype": "tool", "genkit:input": `{"day":"Mon"}`, "genkit:output": `[1]`}},
			`{"kind":"tool","name":"getMenu","input":{"day":"Mon"},"output":[1],"trace":{}}`,
		},
	})
}

// TestTraceloop reads what OpenLLMetry sends.
func TestTraceloop(t *testing.T) {
	run(t, map[string]dialect{
		"chat": {
			sent{scope: "opentelemetry.instrumentation.openai.v1", name: "openai.chat", parent: "00f067aa0ba902b7", attrs: attrs{
				"llm.request.type": "chat", "gen_ai.system": "OpenAI", "gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.request.top_p": 0.9,
				"gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "be brief", "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": "hi",
				"gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.finish_reason": "tool_calls", "gen_ai.completion.0.tool_calls.0.id": "c1",
				"gen_ai.completion.0.tool_calls.0.name": "weather", "gen_ai.completion.0.tool_calls.0.arguments": `{"city":"Seoul"}`,
				"gen_ai.usage.prompt_tokens": 20, "gen_ai.usage.completion_tokens": 6, "llm.usage.total_tokens": 26,
				"traceloop.association.properties.user_id": "kim", "traceloop.association.properties.session_id": "s-1", "traceloop.association.properties.plan": "pro", "traceloop.workflow.name": "w",
			}},
			`{"kind":"generation","name":"openai.chat","model":"gpt-4o-2024-08-06","parameters":{"top_p":0.9},
			"input":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}],
			"output":[{"role":"assistant","finish_reason":"tool_calls","tool_calls":[{"id":"c1","name":"weather","arguments":{"city":"Seoul"}}]}],
			"usage":{"input":20,"output":6},"tokens":"20+6=26",
			"metadata":{"plan":"pro","attributes":{"llm.request.type":"chat","gen_ai.system":"OpenAI","gen_ai.request.model":"gpt-4o","traceloop.workflow.name":"w"},"scope":{"name":"opentelemetry.instrumentation.openai.v1"}},
			"trace":{"user":"kim","session":"s-1"}}`,
		},
		"workflow": {
			sent{name: "joke.workflow", attrs: attrs{"traceloop.span.kind": "workflow", "traceloop.entity.name": "joke", "traceloop.entity.input": `{"args":[1]}`, "traceloop.entity.output": `"ha"`}},
			`{"kind":"chain","name":"joke.workflow","input":{"args":[1]},"output":"ha","metadata":{"attributes":{"traceloop.entity.name":"joke"}},
			"trace":{"name":"joke.workflow","input":{"args":[1]},"output":"ha"}}`,
		},
	})
}

// TestLogfire reads what Pydantic AI sends, in its versions.
func TestLogfire(t *testing.T) {
	run(t, map[string]dialect{
		"model, events in an attribute": {
			sent{scope: "pydantic-ai", name: "chat gpt-4o", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "logfire.msg": "chat gpt-4o", "logfire.span_type": "span",
				"events": `[{"content":"be brief","role":"system","gen_ai.system":"openai","gen_ai.message.index":0,"event.name":"gen_ai.system.message"},
					{"content":"hi","role":"user","gen_ai.message.index":0,"event.name":"gen_ai.user.message"},
					{"index":0,"message":{"role":"assistant","content":"hello"},"event.name":"gen_ai.choice"}]`,
				"gen_ai.usage.input_tokens": 90, "gen_ai.usage.output_tokens": 6, "gen_ai.usage.details.cache_read_tokens": 50, "operation.cost": 0.001,
			}},
			`{"kind":"generation","name":"chat gpt-4o","model":"gpt-4o","input":[{"content":"be brief","role":"system"},{"content":"hi","role":"user"}],
			"output":[{"role":"assistant","content":"hello"}],"usage":{"input":40,"input_cached_tokens":50,"output":6},"tokens":"90+6=96","cost":"$0.001",
			"metadata":{"attributes":{"gen_ai.operation.name":"chat","logfire.span_type":"span"},"scope":{"name":"pydantic-ai"}},"trace":{}}`,
		},
		"Anthropic's own names of the cache": { // 21 × 3 + 10000 × 0.3 + 1500 × 3.75 + 100 × 15 for a million of claude-sonnet-4-5: $0.010188, without them 11521 × 3 + 1500: $0.036063
			sent{scope: "pydantic-ai", name: "chat claude-sonnet-4-5", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.operation.name": "chat", "gen_ai.request.model": "claude-sonnet-4-5", "gen_ai.usage.input_tokens": 11521, "gen_ai.usage.output_tokens": 100,
				"gen_ai.usage.details.cache_creation_input_tokens": 1500, "gen_ai.usage.details.cache_read_input_tokens": 10000,
			}},
			`{"kind":"generation","name":"chat claude-sonnet-4-5","model":"claude-sonnet-4-5",
			"usage":{"input":21,"input_cached_tokens":10000,"input_cache_creation":1500,"output":100},"tokens":"11521+100=11621",
			"metadata":{"attributes":{"gen_ai.operation.name":"chat"},"scope":{"name":"pydantic-ai"}},"trace":{}}`,
		},
		"agent of version 1": {
			sent{name: "agent run", attrs: attrs{
				"agent_name": "helper", "model_name": "gpt-4o", "logfire.msg": "helper run", "all_messages_events": `[{"content":"hi","event.name":"gen_ai.user.message"}]`, "final_result": "hello",
				"gen_ai.usage.input_tokens": 90,
			}},
			`{"kind":"agent","name":"helper run","input":[{"content":"hi","event.name":"gen_ai.user.message"}],"output":"hello",
			"metadata":{"attributes":{"agent_name":"helper","model_name":"gpt-4o","gen_ai.usage.input_tokens":90}},
			"trace":{"name":"helper run","input":[{"content":"hi","event.name":"gen_ai.user.message"}],"output":"hello"}}`,
		},
		"agent of version 3": {
			sent{name: "invoke_agent helper", attrs: attrs{
				"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "helper", "pydantic_ai.all_messages": `[{"role":"user","parts":[]}]`, "final_result": `{"ok":true}`,
			}},
			`{"kind":"agent","name":"invoke_agent helper","input":[{"role":"user","parts":[]}],"output":{"ok":true},
			"metadata":{"attributes":{"gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"helper"}},
			"trace":{"name":"invoke_agent helper","input":[{"role":"user","parts":[]}],"output":{"ok":true}}}`,
		},
		"tool": {
			sent{name: "running tool", parent: "00f067aa0ba902b7", attrs: attrs{"gen_ai.tool.name": "add", "gen_ai.tool.call.id": "c", "tool_arguments": `{"a":1}`, "tool_response": "2", "logfire.msg": "running tool: add"}},
			`{"kind":"tool","name":"add","input":{"a":1},"output":"2","metadata":{"attributes":{"gen_ai.tool.call.id":"c","logfire.msg":"running tool: add"}},"trace":{}}`,
		},
	})
}

// TestMLflow reads what MLflow's exporter sends: values are JSON in texts.
func TestMLflow(t *testing.T) {
	run(t, map[string]dialect{
		"chat": {
			sent{scope: "mlflow", name: "Completions", parent: "00f067aa0ba902b7", attrs: attrs{
				"mlflow.spanType": `"CHAT_MODEL"`, "mlflow.spanInputs": `{"messages":[{"role":"user","content":"hi"}],"model":"gpt-4o"}`, "mlflow.spanOutputs": `{"choices":[]}`,
				"mlflow.llm.model": `"gpt-4o"`, "mlflow.chat.tokenUsage": `{"input_tokens":5,"output_tokens":2,"total_tokens":7}`, "mlflow.traceRequestId": `"tr-1"`,
			}},
			`{"kind":"generation","name":"Completions","model":"gpt-4o","input":{"messages":[{"role":"user","content":"hi"}],"model":"gpt-4o"},"output":{"choices":[]},
			"usage":{"input":5,"output":2},"tokens":"5+2=7","metadata":{"attributes":{"mlflow.traceRequestId":"\"tr-1\""},"scope":{"name":"mlflow"}},"trace":{}}`,
		},
		"retriever": {
			sent{name: "find", parent: "00f067aa0ba902b7", attrs: attrs{"mlflow.spanType": `"RETRIEVER"`, "mlflow.spanInputs": `"q"`, "mlflow.spanOutputs": `[{"page_content":"d"}]`}},
			`{"kind":"retriever","name":"find","input":"q","output":[{"page_content":"d"}],"trace":{}}`,
		},
	})
}

// TestLiveKit reads what LiveKit Agents send.
func TestLiveKit(t *testing.T) {
	run(t, map[string]dialect{
		"llm": {
			sent{scope: "livekit-agents", name: "llm_request", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.request.model": "gpt-4o", "lk.chat_ctx": `{"items":[{"role":"user","content":["hi"]}]}`, "lk.response.text": "hello", "lk.response.ttft": 0.4,
				"gen_ai.usage.input_tokens": 11, "gen_ai.usage.output_tokens": 2,
			}},
			`{"kind":"generation","name":"llm_request","model":"gpt-4o","input":{"items":[{"role":"user","content":["hi"]}]},"output":"hello","firstToken":"400ms",
			"usage":{"input":11,"output":2},"tokens":"11+2=13","metadata":{"scope":{"name":"livekit-agents"}},"trace":{}}`,
		},
		"tool": {
			sent{name: "function_tool", parent: "00f067aa0ba902b7", attrs: attrs{"lk.function_tool.name": "weather", "lk.function_tool.arguments": `{"city":"Seoul"}`, "lk.function_tool.output": "sunny"}},
			`{"kind":"tool","name":"weather","input":{"city":"Seoul"},"output":"sunny","trace":{}}`,
		},
		"user turn": {
			sent{name: "user_turn", parent: "00f067aa0ba902b7", attrs: attrs{"lk.user_transcript": "hello there"}},
			`{"kind":"span","name":"user_turn","input":"hello there","trace":{}}`,
		},
	})
}

// TestAgentDevelopmentKit reads what Google's kit sends.
func TestAgentDevelopmentKit(t *testing.T) {
	run(t, map[string]dialect{
		"llm": {
			sent{scope: "gcp.vertex.agent", name: "call_llm", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.system": "gcp.vertex.agent", "gen_ai.request.model": "gemini-2.5-pro", "gcp.vertex.agent.session_id": "s-1",
				"gcp.vertex.agent.llm_request": `{"model":"gemini-2.5-pro","contents":[]}`, "gcp.vertex.agent.llm_response": `{"content":{}}`,
			}},
			`{"kind":"generation","name":"call_llm","model":"gemini-2.5-pro","input":{"model":"gemini-2.5-pro","contents":[]},"output":{"content":{}},
			"metadata":{"attributes":{"gen_ai.system":"gcp.vertex.agent"},"scope":{"name":"gcp.vertex.agent"}},"trace":{"session":"s-1"}}`,
		},
		"tool": {
			sent{name: "execute_tool roll", parent: "00f067aa0ba902b7", attrs: attrs{
				"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "roll", "gcp.vertex.agent.tool_call_args": `{"sides":6}`, "gcp.vertex.agent.tool_response": `{"result":4}`,
				"gcp.vertex.agent.llm_request": "{}", "gcp.vertex.agent.llm_response": "{}",
			}},
			`{"kind":"tool","name":"roll","input":{"sides":6},"output":{"result":4},"metadata":{"attributes":{"gen_ai.operation.name":"execute_tool"}},"trace":{}}`,
		},
	})
}
