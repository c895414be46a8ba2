package otel

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/semconv"
)

// observation reads a span: for each field the first attribute of those that
// Langfuse's OTLP ingestion reads. What is left becomes metadata.
func observation(s sdktrace.ReadOnlySpan) *exporter.Observation {
	a := make(attributes, len(s.Attributes()))
	for _, kv := range s.Attributes() {
		a[string(kv.Key)] = kv.Value
	}
	o := &exporter.Observation{
		ID: s.SpanContext().SpanID().String(), TraceID: s.SpanContext().TraceID().String(), Kind: kind(a), Name: s.Name(),
		Start: s.StartTime(), End: s.EndTime(), Attributes: &exporter.Attributes{},
	}
	if s.Parent().IsValid() {
		o.ParentID = s.Parent().SpanID().String()
	}
	if v, ok := a[semconv.GenAIToolName]; ok && o.Kind == exporter.KindTool {
		o.Name = v.String()
	}
	o.Input = value(a, semconv.LangfuseObservationInput, "gen_ai.input.messages", "gen_ai.prompt", "gen_ai.tool.call.arguments", "traceloop.entity.input", "ai.prompt.messages", "ai.prompt", semconv.InputValue)
	o.Output = value(a, semconv.LangfuseObservationOutput, "gen_ai.output.messages", "gen_ai.completion", "gen_ai.tool.call.result", "traceloop.entity.output", "ai.response.text", semconv.OutputValue)
	delete(a, semconv.InputMIMEType)
	delete(a, semconv.OutputMIMEType)
	o.Level, o.StatusMessage = level(a, s.Status())
	traceAttributes(o.Attributes, a, s)
	if o.Kind.IsGeneration() {
		o.Generation = generation(a, o.Start)
	}
	o.Version = a.text(semconv.LangfuseVersion)
	o.Metadata = rest(a, s)
	return o
}

var openInferenceKinds = map[string]exporter.Kind{
	"LLM": exporter.KindGeneration, "CHAIN": exporter.KindChain, "RETRIEVER": exporter.KindRetriever, "RERANKER": exporter.KindRetriever,
	"EMBEDDING": exporter.KindEmbedding, "AGENT": exporter.KindAgent, "TOOL": exporter.KindTool, "GUARDRAIL": exporter.KindGuardrail,
	"EVALUATOR": exporter.KindEvaluator,
}

var operationKinds = map[string]exporter.Kind{
	"chat": exporter.KindGeneration, "completion": exporter.KindGeneration, "text_completion": exporter.KindGeneration,
	"generate_content": exporter.KindGeneration, "generate": exporter.KindGeneration, "embeddings": exporter.KindEmbedding,
	"invoke_agent": exporter.KindAgent, "create_agent": exporter.KindAgent, "execute_tool": exporter.KindTool, "retrieval": exporter.KindRetriever,
}

func kind(a attributes) exporter.Kind {
	if k, ok := exporter.ParseKind(strings.ToLower(a.text(semconv.LangfuseObservationType))); ok {
		return k
	}
	if k, ok := openInferenceKinds[strings.ToUpper(a.text(semconv.OpenInferenceSpanKind))]; ok {
		return k
	}
	if v, ok := a[semconv.GenAIOperationName]; ok {
		if k, ok := operationKinds[v.String()]; ok {
			return k
		}
	}
	for _, name := range [...]string{semconv.GenAIToolName, "gen_ai.tool.call.id"} {
		if _, ok := a[name]; ok {
			return exporter.KindTool
		}
	}
	for _, name := range [...]string{semconv.LangfuseObservationModelName, semconv.GenAIRequestModel, semconv.GenAIResponseModel, "llm.model_name"} {
		if _, ok := a[name]; ok {
			return exporter.KindGeneration
		}
	}
	return exporter.KindSpan
}

// value takes the first; a text that is JSON's object or array is JSON.
func value(a attributes, names ...string) exporter.Value {
	v, ok := a.take(names...)
	if !ok {
		return exporter.Value{}
	}
	return converted(v)
}

func converted(v attribute.Value) exporter.Value {
	if v.Type() != attribute.STRING {
		b, err := json.Marshal(v.AsInterface())
		if err != nil { // infinite, or not a number
			return exporter.Text(v.String())
		}
		return exporter.JSON(b)
	}
	text := v.AsString()
	if t := strings.TrimSpace(text); len(t) > 1 && (t[0] == '{' || t[0] == '[') && json.Valid([]byte(t)) {
		return exporter.JSON([]byte(t))
	}
	return exporter.Text(text)
}

func level(a attributes, status sdktrace.Status) (l exporter.Level, message string) {
	message = a.text(semconv.LangfuseObservationStatusMessage)
	if message == "" {
		message = status.Description
	}
	switch a.text(semconv.LangfuseObservationLevel) {
	case "DEBUG":
		return exporter.LevelDebug, message
	case "WARNING":
		return exporter.LevelWarning, message
	case "ERROR":
		return exporter.LevelError, message
	}
	if status.Code == codes.Error {
		return exporter.LevelError, message
	}
	return exporter.LevelDefault, message
}

func traceAttributes(t *exporter.Attributes, a attributes, s sdktrace.ReadOnlySpan) {
	t.TraceName = a.text(semconv.LangfuseTraceName)
	t.UserID = a.text("langfuse.user.id", semconv.UserID)
	t.SessionID = a.text("langfuse.session.id", semconv.SessionID, "gen_ai.conversation.id")
	t.Environment = a.text(semconv.LangfuseEnvironment, semconv.DeploymentEnvironment, "deployment.environment")
	t.Release = a.text(semconv.LangfuseRelease)
	for _, kv := range s.Resource().Attributes() {
		switch string(kv.Key) {
		case semconv.LangfuseEnvironment, semconv.DeploymentEnvironment, "deployment.environment":
			if t.Environment == "" {
				t.Environment = kv.Value.String()
			}
		case semconv.LangfuseRelease:
			if t.Release == "" {
				t.Release = kv.Value.String()
			}
		case semconv.ServiceVersion:
			t.Version = kv.Value.String()
		}
	}
	if v, ok := a.take(semconv.LangfuseTraceTags, "langfuse.tags", "tag.tags"); ok {
		t.Tags = tags(v)
	}
	if v, ok := a.take(semconv.LangfuseTracePublic, "langfuse.public"); ok {
		public := v.String() == "true"
		t.Public = &public
	}
	t.Metadata = prefixed(a, semconv.LangfuseTraceMetadata)
}

// tags are an array, a JSON array or a list with commas.
func tags(v attribute.Value) (list []string) {
	if v.Type() == attribute.STRINGSLICE {
		return v.AsStringSlice()
	}
	if json.Unmarshal([]byte(v.String()), &list) == nil {
		return list
	}
	for tag := range strings.SplitSeq(v.String(), ",") {
		list = append(list, strings.TrimSpace(tag))
	}
	return list
}

// prefixed takes the attributes below a prefix, sorted.
func prefixed(a attributes, prefix string) (kvs []exporter.KeyValue) {
	for name, v := range a {
		if key, ok := strings.CutPrefix(name, prefix); ok && key != "" {
			kvs = append(kvs, exporter.KeyValue{Key: key, Value: converted(v)})
			delete(a, name)
		}
	}
	return sorted(kvs)
}

func sorted(kvs []exporter.KeyValue) []exporter.KeyValue {
	slices.SortFunc(kvs, func(a, b exporter.KeyValue) int { return strings.Compare(a.Key, b.Key) })
	return kvs
}

// rest is what no field has taken.
func rest(a attributes, s sdktrace.ReadOnlySpan) []exporter.KeyValue {
	kvs := prefixed(a, semconv.LangfuseObservationMetadata)
	for name, v := range a {
		kvs = append(kvs, exporter.KeyValue{Key: name, Value: converted(v)})
	}
	if scope := s.InstrumentationScope(); scope.Name != "" {
		kvs = append(kvs, exporter.KeyValue{Key: "otel.scope.name", Value: exporter.Text(scope.Name)})
	}
	kvs = sorted(kvs)
	return slices.CompactFunc(kvs, func(a, b exporter.KeyValue) bool { return a.Key == b.Key })
}

func generation(a attributes, start time.Time) *exporter.Generation {
	g := &exporter.Generation{
		Model:      a.text(semconv.LangfuseObservationModelName, semconv.GenAIResponseModel, "ai.model.id", "llm.response.model", "llm.model_name"),
		PromptName: a.text(semconv.LangfuseObservationPromptName, "langfuse.prompt.name", semconv.GenAIPromptName),
	}
	if v, ok := a[semconv.GenAIRequestModel]; ok && g.Model == "" {
		g.Model = v.String()
	}
	g.PromptVersion = int(a.number(semconv.LangfuseObservationPromptVersion, "langfuse.prompt.version"))
	if v, ok := a.take(semconv.LangfuseObservationCompletionStart); ok {
		if at, err := time.Parse(time.RFC3339Nano, strings.Trim(v.String(), `"`)); err == nil {
			g.CompletionStart = at
		}
	} else if v, ok := a.take(semconv.GenAIResponseTimeToFirst); ok {
		g.CompletionStart = start.Add(time.Duration(float(v) * float64(time.Second)))
	} else if v, ok := a.take("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"); ok {
		g.CompletionStart = start.Add(time.Duration(float(v) * float64(time.Millisecond)))
	}
	g.Parameters = parameters(a)
	g.Usage = usage(a)
	g.Cost = cost(a)
	return g
}

func parameters(a attributes) (kvs []exporter.KeyValue) {
	if v, ok := a.take(semconv.LangfuseObservationModelParameters, "llm.invocation_parameters", "model_config"); ok {
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(v.String()), &object) == nil {
			for key, raw := range object {
				kvs = append(kvs, exporter.KeyValue{Key: key, Value: exporter.JSON(raw)})
			}
		}
	}
	for name, v := range a {
		if key, ok := strings.CutPrefix(name, "gen_ai.request."); ok && key != "model" {
			kvs = append(kvs, exporter.KeyValue{Key: key, Value: converted(v)})
			delete(a, name)
		}
	}
	return sorted(kvs)
}

// usage reads inclusive counts, or Langfuse's exclusive ones.
func usage(a attributes) *exporter.Usage {
	if v, ok := a.take(semconv.LangfuseObservationUsageDetails); ok {
		var buckets map[string]int64
		if json.Unmarshal([]byte(v.String()), &buckets) == nil {
			return fromBuckets(buckets)
		}
	}
	u := &exporter.Usage{
		InputTokens:       a.number(semconv.GenAIUsageInputTokens, "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "ai.usage.promptTokens"),
		OutputTokens:      a.number(semconv.GenAIUsageOutputTokens, "gen_ai.usage.completion_tokens", "llm.token_count.completion", "ai.usage.completionTokens"),
		TotalTokens:       a.number("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"),
		CachedInputTokens: a.number(semconv.GenAIUsageCacheReadTokens, "gen_ai.usage.cache_read_input_tokens", "llm.token_count.prompt_details.cache_read"),
		CacheWriteTokens:  a.number(semconv.GenAIUsageCacheWriteTokens, "gen_ai.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write"),
		InputAudioTokens:  a.number("llm.token_count.prompt_details.audio"),
		ReasoningTokens:   a.number(semconv.GenAIUsageReasoningTokens, "llm.token_count.completion_details.reasoning"),
		OutputAudioTokens: a.number("llm.token_count.completion_details.audio"),
	}
	if u.InputTokens == 0 && u.OutputTokens == 0 && u.TotalTokens == 0 {
		return nil
	}
	return u
}

// fromBuckets makes inclusive counts of exclusive ones.
func fromBuckets(b map[string]int64) *exporter.Usage {
	take := func(name string) int64 {
		n := max(0, b[name])
		delete(b, name)
		return n
	}
	u := &exporter.Usage{
		CachedInputTokens: take(exporter.BucketCachedInput), CacheWriteTokens: take(exporter.BucketCacheWrite),
		InputAudioTokens: take(exporter.BucketInputAudio), ReasoningTokens: take(exporter.BucketReasoning),
		OutputAudioTokens: take(exporter.BucketOutputAudio), TotalTokens: take(exporter.BucketTotal),
	}
	u.InputTokens = take(exporter.BucketInput) + u.CachedInputTokens + u.CacheWriteTokens + u.InputAudioTokens
	u.OutputTokens = take(exporter.BucketOutput) + u.ReasoningTokens + u.OutputAudioTokens
	if len(b) > 0 {
		u.Details = b
	}
	return u
}

func cost(a attributes) *exporter.Cost {
	if v, ok := a.take(semconv.LangfuseObservationCostDetails); ok {
		var parts map[string]float64
		if json.Unmarshal([]byte(v.String()), &parts) == nil && len(parts) > 0 {
			c := &exporter.Cost{}
			for name, dollars := range parts {
				switch name {
				case "input":
					c.Input = exporter.USD(dollars)
				case "output":
					c.Output = exporter.USD(dollars)
				case "total":
					c.Total = exporter.USD(dollars)
				default:
					if c.Details == nil {
						c.Details = map[string]exporter.NanoUSD{}
					}
					c.Details[name] = exporter.USD(dollars)
				}
			}
			return c
		}
	}
	if v, ok := a.take("gen_ai.usage.cost", "llm.cost.total"); ok {
		return &exporter.Cost{Total: exporter.USD(float(v))}
	}
	return nil
}

func float(v attribute.Value) float64 {
	f, err := strconv.ParseFloat(v.String(), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// wholeNumber is that of a number, or of a text that is one; below 0 is 0.
func wholeNumber(v attribute.Value) int64 {
	if v.Type() == attribute.INT64 {
		return max(0, v.AsInt64())
	}
	return int64(max(0, min(float(v), 1<<53)))
}
