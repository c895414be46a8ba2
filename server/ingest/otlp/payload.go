package otlp

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/langshark/langshark-go/semconv"
	"github.com/langshark/langshark-go/server/ingest"
)

// The attributes that hold an input or output whole, in the order in which they count, up
// to where messages that are spread over attributes come, and after these.
var (
	inputNames = []string{
		semconv.LangfuseObservationInput, "genkit:input", "ai.prompt.messages", "ai.prompt", "ai.toolCall.args", "ai.value", "ai.values",
	}
	outputNames = []string{
		semconv.LangfuseObservationOutput, "genkit:output", "ai.response.text", "ai.response.toolCalls", "ai.response.object", "ai.result.text", "ai.result.object",
		"ai.result.toolCalls", "ai.toolCall.result",
	}
	inputNamesAfterEvents = []string{
		"gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.llm_request", "all_messages_events",
		"lk.input_text", "lk.user_input", "lk.user_transcript", "lk.function_tool.arguments", "lk.chat_ctx",
		"mlflow.spanInputs", "traceloop.entity.input", semconv.InputValue, "input", "pydantic_ai.all_messages", "tool_arguments",
	}
	outputNamesAfterEvents = []string{
		"gcp.vertex.agent.tool_response", "gcp.vertex.agent.llm_response",
		"lk.response.text", "lk.function_tool.output", "lk.response.function_calls",
		"mlflow.spanOutputs", "traceloop.entity.output", semconv.OutputValue, "output", "final_result", "tool_response",
	}
	inputNamesAtLast  = []string{"gen_ai.tool.call.arguments", "gen_ai.prompt", "gen_ai.retrieval.query.text", "prompt"}
	outputNamesAtLast = []string{"gen_ai.tool.call.result", "gen_ai.completion", "gen_ai.retrieval.documents"}
)

// payloads finds input and output. A library that has one of them in several forms has
// the same in each: those that aren't chosen are left out of the metadata.
func (c *conversion) payloads() {
	o := &c.o
	fromEvents, answers := c.messagesOfEvents()
	o.Input = first(
		func() json.RawMessage { return c.payloadOf(inputNames) },
		func() json.RawMessage { return fromEvents },
		func() json.RawMessage { return c.payloadOf(inputNamesAfterEvents) },
		func() json.RawMessage { return c.list("gen_ai.prompt.") },
		func() json.RawMessage { return c.list("llm.input_messages.") },
		func() json.RawMessage { return c.genAIMessages() },
		func() json.RawMessage { return c.payloadOf(inputNamesAtLast) },
	)
	o.Output = first(
		func() json.RawMessage { return c.answerOfVercel() },
		func() json.RawMessage { return c.payloadOf(outputNames) },
		func() json.RawMessage { return answers },
		func() json.RawMessage { return c.payloadOf(outputNamesAfterEvents) },
		func() json.RawMessage { return c.list("gen_ai.completion.") },
		func() json.RawMessage { return c.list("llm.output_messages.") },
		func() json.RawMessage { return c.list("retrieval.documents.") },
		func() json.RawMessage { return c.payloadOf([]string{"gen_ai.output.messages"}) },
		func() json.RawMessage { return c.payloadOf(outputNamesAtLast) },
	)
	c.drop(semconv.InputMIMEType, semconv.OutputMIMEType)
	if o.Input != nil {
		c.dropRepeated("llm.input_messages.", "gen_ai.input.messages", "gen_ai.prompt", "ai.prompt", "gcp.vertex.agent.llm_request", semconv.InputValue)
	}
	if o.Output != nil {
		c.dropRepeated("llm.output_messages.", "gen_ai.output.messages", "gen_ai.completion", "ai.response.text", "gcp.vertex.agent.llm_response", semconv.OutputValue)
	}
}

// dropRepeated takes what holds a payload again in another form.
func (c *conversion) dropRepeated(prefix string, names ...string) {
	c.below(prefix, func(string, value) {})
	c.drop(names...)
}

func first(sources ...func() json.RawMessage) json.RawMessage {
	for _, source := range sources {
		if raw := source(); raw != nil && !bytes.Equal(raw, []byte("null")) {
			return raw
		}
	}
	return nil
}

func (c *conversion) payloadOf(names []string) json.RawMessage {
	for _, name := range names {
		v, ok := c.take(name)
		if !ok {
			continue
		}
		if isEncoded(name) && v.kind == valueText {
			if raw := []byte(strings.TrimSpace(v.text)); json.Valid(raw) && !ingest.TooDeep(raw) {
				return ingest.Sanitize(raw)
			}
		}
		return payload(v)
	}
	return nil
}

// isEncoded reports whether the text of an attribute is always JSON: with quotes if it is a text.
func isEncoded(name string) bool {
	return strings.HasPrefix(name, "genkit:") || strings.HasPrefix(name, "mlflow.") || strings.HasPrefix(name, "traceloop.entity.")
}

// genAIMessages are the messages of the current conventions, the instructions before them.
func (c *conversion) genAIMessages() json.RawMessage {
	messages := c.payloadOf([]string{"gen_ai.input.messages"})
	system := c.payloadOf([]string{"gen_ai.system_instructions"})
	if system == nil {
		return messages
	}
	head := append(append([]byte(`{"role":"system",`), partsOrContent(system)...), system...)
	head = append(head, '}')
	switch {
	case messages == nil:
		return append(append([]byte{'['}, head...), ']')
	case messages[0] != '[':
		return messages
	}
	joined := append([]byte{'['}, head...)
	if rest := bytes.TrimSpace(messages[1:]); len(rest) > 0 && rest[0] != ']' {
		joined = append(joined, ',')
	}
	return append(joined, messages[1:]...)
}

// partsOrContent is the member of a message in which instructions stand.
func partsOrContent(system json.RawMessage) string {
	if system[0] == '[' {
		return `"parts":`
	}
	return `"content":`
}

// answerOfVercel joins a text and calls of tools, which stand in attributes of their own.
func (c *conversion) answerOfVercel() json.RawMessage {
	if c.has(semconv.LangfuseObservationOutput) || !c.has("ai.response.toolCalls") || c.see("ai.response.text") == "" {
		return nil
	}
	text, _ := c.take("ai.response.text")
	calls, _ := c.take("ai.response.toolCalls")
	return appendObject(nil, []attribute{{"role", textValue("assistant")}, {"content", text}, {"tool_calls", rawValue(payload(calls))}})
}
