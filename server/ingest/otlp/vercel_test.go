package otlp

import "testing"

// TestVercel reads what Vercel's AI SDK 4 and 5 send.
func TestVercel(t *testing.T) {
	run(t, map[string]dialect{
		"doStream": {
			sent{scope: "ai", name: "ai.streamText.doStream", parent: "00f067aa0ba902b7", attrs: attrs{
				"operation.name": "ai.streamText.doStream support", "ai.operationId": "ai.streamText.doStream", "ai.telemetry.functionId": "support",
				"ai.telemetry.metadata.userId": "kim", "ai.telemetry.metadata.sessionId": "s-1", "ai.telemetry.metadata.tags": []string{"web"}, "ai.telemetry.metadata.plan": "pro",
				"ai.telemetry.metadata.langfusePrompt": `{"name":"greet","version":2,"isFallback":false}`,
				"ai.model.id":                          "gpt-4o", "ai.model.provider": "openai.chat", "ai.settings.temperature": 0.3, "ai.settings.maxRetries": 2,
				"ai.prompt.messages": `[{"role":"user","content":[{"type":"text","text":"hi"}]}]`, "ai.response.text": "hello", "ai.response.finishReason": "stop",
				"ai.response.msToFirstChunk": 120.5, "ai.usage.promptTokens": 12, "ai.usage.completionTokens": 4,
				"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 4,
			}},
			`{"kind":"generation","name":"support:ai.streamText.doStream","model":"gpt-4o","parameters":{"temperature":0.3,"maxRetries":2},"prompt":"greet@2",
			"input":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"output":"hello","usage":{"input":12,"output":4},"tokens":"12+4=16","firstToken":"120.5ms",
			"metadata":{"plan":"pro","attributes":{"ai.telemetry.functionId":"support","ai.model.provider":"openai.chat","ai.response.finishReason":"stop","gen_ai.request.model":"gpt-4o","ai.operationId":"ai.streamText.doStream"},"scope":{"name":"ai"}},
			"trace":{"user":"kim","session":"s-1","tags":["web"]}}`,
		},
		"a text and calls of tools": {
			sent{name: "ai.generateText.doGenerate", parent: "00f067aa0ba902b7", attrs: attrs{
				"ai.operationId": "ai.generateText.doGenerate", "ai.response.text": "let me see", "ai.response.toolCalls": `[{"toolCallId":"c1","toolName":"weather"}]`,
				"ai.usage.inputTokens": 100, "ai.usage.outputTokens": 20, "ai.usage.cachedInputTokens": 60, "ai.usage.reasoningTokens": 5, "ai.usage.totalTokens": 120,
			}},
			`{"kind":"generation","name":"ai.generateText.doGenerate","output":{"role":"assistant","content":"let me see","tool_calls":[{"toolCallId":"c1","toolName":"weather"}]},
			"usage":{"input":40,"input_cached_tokens":60,"output":15,"output_reasoning_tokens":5},"tokens":"100+20=120","trace":{}}`,
		},
		"the span around, which does not count tokens twice": {
			sent{name: "ai.generateText", attrs: attrs{"ai.operationId": "ai.generateText", "ai.model.id": "gpt-4o", "ai.prompt": `{"prompt":"hi"}`, "ai.response.text": "hello", "ai.usage.promptTokens": 12}},
			`{"kind":"span","name":"ai.generateText","input":{"prompt":"hi"},"output":"hello",
			"metadata":{"attributes":{"ai.model.id":"gpt-4o","ai.usage.promptTokens":12}},"trace":{"name":"ai.generateText","input":{"prompt":"hi"},"output":"hello"}}`,
		},
		"tool": {
			sent{name: "ai.toolCall", parent: "00f067aa0ba902b7", attrs: attrs{"ai.operationId": "ai.toolCall", "ai.toolCall.name": "weather", "ai.toolCall.id": "c1", "ai.toolCall.args": `{"city":"Seoul"}`, "ai.toolCall.result": `{"t":21}`}},
			`{"kind":"tool","name":"weather","input":{"city":"Seoul"},"output":{"t":21},"metadata":{"attributes":{"ai.toolCall.id":"c1"}},"trace":{}}`,
		},
		"embedding": {
			sent{name: "ai.embed.doEmbed", parent: "00f067aa0ba902b7", attrs: attrs{"ai.operationId": "ai.embed.doEmbed", "ai.model.id": "text-embedding-3-small", "ai.values": []string{"a", "b"}, "ai.usage.tokens": 8}},
			`{"kind":"embedding","name":"ai.embed.doEmbed","model":"text-embedding-3-small","input":["a","b"],"usage":{"input":8,"output":0},"tokens":"8+0=8","trace":{}}`,
		},
	})
}
