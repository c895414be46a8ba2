package otlp

import (
	"errors"
	"testing"
)

// seeds are spans of each dialect and form.
func seeds() []sent {
	return []sent{
		{scope: "langfuse-sdk", name: "a", attrs: attrs{"langfuse.observation.type": "generation", "langfuse.observation.usage_details": `{"input":1}`, "langfuse.observation.cost_details": `{"total":0.5}`, "langfuse.trace.tags": `["a"]`, "langfuse.trace.public": true}},
		{name: "b", attrs: attrs{"gen_ai.system_instructions": `[]`, "gen_ai.input.messages": `[{"role":"user"}]`, "gen_ai.prompt.0.content": "x", "gen_ai.usage.input_tokens": -1, "gen_ai.usage.cost": "1e300", "gen_ai.request.top_k": 1e300}, events: []sentEvent{{"gen_ai.choice", attrs{"message": `{"a":1}`}}, {"exception", attrs{"exception.message": "bad"}}}, failed: "x"},
		{name: "c", attrs: attrs{"openinference.span.kind": "LLM", "llm.input_messages.0.message.contents.1.message_content.text": "x", "llm.input_messages.0": "y", "metadata": `{"a":{"b":1}}`, "tag.tags": "a,b"}},
		{name: "ai.toolCall", attrs: attrs{"ai.operationId": "ai.toolCall", "ai.toolCall.args": attrs{"a": []string{"b"}}, "ai.response.toolCalls": "[1]", "ai.response.text": "x", "ai.response.msToFirstChunk": 1e300}},
		{name: "d", attrs: attrs{"genkit:metadata:subtype": "model", "genkit:input": `{"config":{"a":1}}`, "genkit:output": `{"usage":{"inputTokens":1e99}}`, "events": `[{"event.name":"gen_ai.choice","message":null}]`}},
		{scope: "langshark-go", name: "score x", attrs: attrs{"langshark.parent_id": "p"}, parent: spanHex, events: []sentEvent{{"gen_ai.evaluation.result", attrs{"gen_ai.evaluation.name": "x", "gen_ai.evaluation.score.value": 1, "gen_ai.evaluation.score.label": "true"}}}},
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(body(f, seeds()...))
	for _, s := range seeds() {
		f.Add(body(f, s))
	}
	f.Add([]byte(`{"resourceSpans":null}`))
	f.Add([]byte(`{"resourceSpans":[{"resource":null,"scopeSpans":[{"scope":{},"spans":[{"attributes":[{"key":1,"value":null}]}]}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, JSON, b) })
}

func FuzzProtobuf(f *testing.F) {
	f.Add(wire(traceBytes, spanBytes, ""))
	for _, s := range seeds() {
		var list [][]byte
		for key, v := range s.attrs {
			if text, ok := v.(string); ok {
				list = append(list, lengthy(lengthy(nil, 1, []byte(key)), 2, lengthy(nil, 1, []byte(text))))
			}
		}
		f.Add(wire(traceBytes, spanBytes, spanBytes, list...))
	}
	f.Add(wire(traceBytes, spanBytes, "", lengthy(lengthy(nil, 1, []byte("k")), 2, lengthy(nil, 6, lengthy(nil, 1, lengthy(nil, 2, []byte{0x18, 1}))))))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, Protobuf, b) })
}

func fuzzed(t *testing.T, read func([]byte) (*Request, error), b []byte) {
	t.Helper()
	r, err := read(b)
	switch {
	case err == nil:
		check(t, r)
	case !errors.Is(err, ErrBody) && !errors.Is(err, ErrTooMuch):
		t.Errorf("an error that nobody knows: %v", err)
	}
}
