package otel_test

import (
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/langshark/langshark-go"
	lsotel "github.com/langshark/langshark-go/integrations/otel"
	"github.com/langshark/langshark-go/langsharktest"
)

// contents are attributes of many conventions that hold what users and models say.
var contents = []string{
	"input.value", "output.value", "llm.input_messages.0.message.content", "llm.output_messages.0.message.content",
	"llm.prompts.0.prompt.text", "llm.choices.0.completion.text", "llm.prompt_template.variables", "llm.tools.0.tool.json_schema",
	"retrieval.documents.0.document.content", "reranker.query", "reranker.input_documents.0.document.content",
	"gen_ai.prompt", "gen_ai.prompt.0.content", "gen_ai.completion", "gen_ai.completion.0.content", "gen_ai.input.messages", "gen_ai.output.messages",
	"gen_ai.system_instructions", "gen_ai.tool.definitions", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result",
	"gen_ai.retrieval.documents", "gen_ai.retrieval.query.text",
	"ai.prompt", "ai.prompt.messages", "ai.prompt.tools", "ai.response.text", "ai.response.toolCalls", "ai.toolCall.args", "ai.toolCall.result", "ai.values",
	"langfuse.trace.input", "langfuse.trace.output", "langfuse.observation.input", "langfuse.observation.output",
	"traceloop.entity.input", "traceloop.entity.output", "genkit:input", "genkit:output", "mlflow.spanInputs", "mlflow.spanOutputs",
	"gcp.vertex.agent.llm_request", "gcp.vertex.agent.tool_response", "prompt", "input", "output", "all_messages_events", "tool_arguments", "lk.chat_ctx",
}

const secret = "write to kim@example.com"

// recordContents ends a span with all of contents, and with attributes about it that hold none.
func recordContents(t *testing.T, change func(*langshark.Config)) *langsharktest.Recorder {
	t.Helper()
	rec := langsharktest.NewRecorder(t, change)
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(lsotel.NewSpanProcessor(rec.Client)))
	t.Cleanup(func() { _ = provider.Shutdown(t.Context()) })
	_, s := provider.Tracer("test").Start(t.Context(), "chat", set(
		attribute.String("gen_ai.operation.name", "chat"), attribute.String("gen_ai.provider.name", "openai"), attribute.String("gen_ai.output.type", "text"),
	))
	for _, key := range contents {
		s.SetAttributes(attribute.String(key, secret))
	}
	s.End()
	return rec
}

// All that no field had taken landed in the metadata, also what holds content in other conventions.
func TestCaptureNoneLeavesOutContentUnderAnyName(t *testing.T) {
	o := recordContents(t, func(c *langshark.Config) { c.Capture = langshark.CaptureNone }).RequireObservation("chat")
	if !o.Input.IsZero() || !o.Output.IsZero() {
		t.Errorf("input %s, output %s", value(o.Input), value(o.Output))
	}
	for _, kv := range o.Metadata {
		if strings.Contains(value(kv.Value), secret) {
			t.Errorf("metadata %s is %s", kv.Key, value(kv.Value))
		}
	}
	if metadata(o, "gen_ai.provider.name") != `"openai"` || metadata(o, "gen_ai.output.type") != `"text"` {
		t.Errorf("what holds no content is left out too: %+v", o.Metadata)
	}
}

func TestContentInMetadataIsMaskedAsContent(t *testing.T) {
	o := recordContents(t, func(c *langshark.Config) { c.Capture = langshark.CaptureMasked }).RequireObservation("chat")
	for _, kv := range o.Metadata {
		if strings.Contains(value(kv.Value), "kim@") {
			t.Errorf("metadata %s is %s", kv.Key, value(kv.Value))
		}
	}
	if metadata(o, "output.value") == "" {
		t.Error("it is not recorded at all")
	}

	var mu sync.Mutex
	fields := map[string]langshark.Field{}
	recordContents(t, func(c *langshark.Config) {
		c.Mask = langshark.MaskFunc(func(m langshark.MaskText) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			fields[m.Key] = m.Field
			return m.Text, nil
		})
	}).RequireObservation("chat")
	for key, want := range map[string]langshark.Field{
		"gen_ai.prompt.0.content": langshark.FieldInput, "llm.output_messages.0.message.content": langshark.FieldOutput,
		"gen_ai.provider.name": langshark.FieldMetadata, "retrieval.documents.0.document.content": langshark.FieldOutput,
	} {
		if fields[key] != want {
			t.Errorf("%s is masked as %s", key, fields[key])
		}
	}
}
