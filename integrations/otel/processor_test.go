package otel_test

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	lsotel "github.com/langshark/langshark-go/integrations/otel"
)

func TestOnlySpansAboutLLMsAreRecorded(t *testing.T) {
	rec, tracer := both(t)
	for name, key := range map[string]string{"db": "db.system", "chat": "gen_ai.operation.name", "phoenix": "openinference.span.kind"} {
		_, s := tracer.Start(t.Context(), name, set(attribute.String(key, "x")))
		s.End()
	}
	if n := len(rec.Observations()); n != 2 {
		t.Errorf("%d observations", n)
	}
	rec.RequireObservation("chat")
	rec.RequireObservation("phoenix")
}

func TestGenAI(t *testing.T) {
	rec, tracer := both(t)
	_, s := tracer.Start(t.Context(), "chat gpt-4o", set(
		attribute.String("gen_ai.operation.name", "chat"), attribute.String("gen_ai.provider.name", "openai"),
		attribute.String("gen_ai.request.model", "gpt-4o"), attribute.String("gen_ai.response.model", "gpt-4o-2024-08-06"),
		attribute.Float64("gen_ai.request.temperature", 0.2), attribute.StringSlice("gen_ai.request.stop_sequences", []string{"END"}),
		attribute.Int("gen_ai.usage.input_tokens", 100), attribute.Int("gen_ai.usage.output_tokens", 20),
		attribute.Int("gen_ai.usage.cache_read.input_tokens", 60), attribute.Float64("gen_ai.response.time_to_first_chunk", 0.25),
		attribute.String("gen_ai.input.messages", `[{"role":"user","parts":[]}]`), attribute.String("gen_ai.output.messages", `plain`),
		attribute.String("gen_ai.conversation.id", "s-17"), attribute.String("user.id", "kim"), attribute.Float64("gen_ai.usage.cost", 0.0125),
	))
	s.SetStatus(codes.Error, "rate limited")
	s.End()
	o := rec.RequireObservation("chat gpt-4o")
	g := o.Generation
	if o.Kind != exporter.KindGeneration || o.Level != exporter.LevelError || o.StatusMessage != "rate limited" {
		t.Errorf("%+v", o)
	}
	if value(o.Input) != `[{"role":"user","parts":[]}]` || value(o.Output) != `"plain"` {
		t.Errorf("input %s, output %s", value(o.Input), value(o.Output))
	}
	if g.Model != "gpt-4o-2024-08-06" || g.Usage.InputTokens != 100 || g.Usage.CachedInputTokens != 60 || g.Cost.Total != exporter.USD(0.0125) {
		t.Errorf("%+v, %+v, %+v", g, g.Usage, g.Cost)
	}
	if d := g.CompletionStart.Sub(o.Start); d != 250*time.Millisecond {
		t.Errorf("first token after %v", d)
	}
	if len(g.Parameters) != 2 || g.Parameters[0].Key != "stop_sequences" || value(g.Parameters[0].Value) != `["END"]` || value(g.Parameters[1].Value) != "0.2" {
		t.Errorf("%+v", g.Parameters)
	}
	if o.Attributes.UserID != "kim" || o.Attributes.SessionID != "s-17" {
		t.Errorf("%+v", o.Attributes)
	}
	if metadata(o, "gen_ai.provider.name") != `"openai"` || metadata(o, "gen_ai.usage.input_tokens") != "" {
		t.Errorf("%+v", o.Metadata)
	}
}

func TestOpenInference(t *testing.T) {
	rec, tracer := both(t)
	_, s := tracer.Start(t.Context(), "ChatCompletion", set(
		attribute.String("openinference.span.kind", "LLM"), attribute.String("llm.model_name", "claude"),
		attribute.String("llm.invocation_parameters", `{"temperature":1,"max_tokens":9}`),
		attribute.String("input.value", `{"q":1}`), attribute.String("input.mime_type", "application/json"), attribute.String("output.value", "hi"),
		attribute.Int("llm.token_count.prompt", 7), attribute.Int("llm.token_count.completion", 3),
		attribute.StringSlice("tag.tags", []string{"x", "y"}), attribute.String("session.id", "s"),
	))
	s.End()
	o := rec.RequireObservation("ChatCompletion")
	if o.Kind != exporter.KindGeneration || o.Generation.Model != "claude" || len(o.Generation.Parameters) != 2 || o.Generation.Usage.Total() != 10 {
		t.Errorf("%+v", o.Generation)
	}
	if value(o.Input) != `{"q":1}` || value(o.Output) != `"hi"` || len(o.Attributes.Tags) != 2 || len(o.Metadata) != 1 {
		t.Errorf("%s %s %+v %+v", value(o.Input), value(o.Output), o.Attributes, o.Metadata)
	}
}

func TestLangfuse(t *testing.T) {
	rec, tracer := both(t)
	_, s := tracer.Start(t.Context(), "g", set(
		attribute.String("langfuse.observation.type", "embedding"), attribute.String("langfuse.observation.model.name", "ada"),
		attribute.String("langfuse.observation.usage_details", `{"input":40,"input_cached_tokens":60,"total":100,"x":5}`),
		attribute.String("langfuse.observation.cost_details", `{"input":0.5,"y":0.25}`), attribute.String("langfuse.observation.level", "WARNING"),
		attribute.String("langfuse.observation.metadata.k", `{"n":1}`), attribute.String("langfuse.trace.metadata.m", "v"),
		attribute.String("langfuse.trace.tags", `["a","b"]`), attribute.String("langfuse.trace.name", "named"), attribute.Bool("langfuse.trace.public", true),
		attribute.String("langfuse.environment", "staging"), attribute.String("langfuse.observation.prompt.name", "p"), attribute.Int("langfuse.observation.prompt.version", 3),
	))
	s.End()
	o := rec.RequireObservation("g")
	g := o.Generation
	if o.Kind != exporter.KindEmbedding || g.Usage.InputTokens != 100 || g.Usage.CachedInputTokens != 60 || g.Usage.Details["x"] != 5 {
		t.Errorf("%v %+v", o.Kind, g.Usage)
	}
	if g.Cost.Input != exporter.USD(0.5) || g.Cost.Details["y"] != exporter.USD(0.25) || g.PromptName != "p" || g.PromptVersion != 3 {
		t.Errorf("%+v %+v", g, g.Cost)
	}
	if metadata(o, "k") != `{"n":1}` || o.Level != exporter.LevelWarning {
		t.Errorf("%+v", o)
	}
	tr := rec.RequireTrace("named")
	if a := tr.Attributes; len(a.Tags) != 2 || a.Environment != "staging" || a.Public == nil || !*a.Public || len(a.Metadata) != 1 {
		t.Errorf("%+v", a)
	}
}

func TestKinds(t *testing.T) {
	rec, tracer := both(t)
	for _, c := range []struct {
		key, value string
		want       exporter.Kind
	}{
		{"openinference.span.kind", "RERANKER", exporter.KindRetriever},
		{"openinference.span.kind", "GUARDRAIL", exporter.KindGuardrail},
		{"gen_ai.operation.name", "execute_tool", exporter.KindTool},
		{"gen_ai.operation.name", "invoke_agent", exporter.KindAgent},
		{"gen_ai.operation.name", "embeddings", exporter.KindEmbedding},
		{"gen_ai.tool.call.id", "c1", exporter.KindTool},
		{"gen_ai.request.model", "m", exporter.KindGeneration},
		{"gen_ai.unknown", "x", exporter.KindSpan},
	} {
		name := c.key + "=" + c.value
		_, s := tracer.Start(t.Context(), name, set(attribute.String(c.key, c.value)))
		s.End()
		if o := rec.RequireObservation(name); o.Kind != c.want {
			t.Errorf("%s is %s", name, o.Kind)
		}
	}
}

func TestAFilterThatPanicsHurtsNobody(t *testing.T) {
	rec, tracer := both(t, lsotel.WithFilter(func(sdktrace.ReadOnlySpan) bool { panic("filter") }))
	_, s := tracer.Start(t.Context(), "s")
	s.End()
	if len(rec.Observations()) != 0 {
		t.Error("recorded")
	}
}

func TestTheDefaultClientIsLookedUpForEachSpan(t *testing.T) {
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(lsotel.NewSpanProcessor(nil)))
	defer provider.Shutdown(t.Context())
	_, s := provider.Tracer("test").Start(t.Context(), "nobody", set(attribute.String("gen_ai.x", "y")))
	s.End()
	rec, _ := both(t)
	langshark.SetDefault(rec.Client)
	defer langshark.SetDefault(nil)
	_, s = provider.Tracer("test").Start(t.Context(), "somebody", set(attribute.String("gen_ai.x", "y")))
	s.End()
	rec.RequireObservation("somebody")
	if len(rec.Observations()) != 1 {
		t.Errorf("%d observations", len(rec.Observations()))
	}
}
