package otlp

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/ids"
	"github.com/langshark/langshark-go/internal/jsonx"
	"github.com/langshark/langshark-go/internal/langfuse"
	"github.com/langshark/langshark-go/semconv"
)

// spans writes records as spans.
type spans struct {
	conventions    Conventions
	withoutContent bool
	scratch        []byte // JSON of one attribute
}

// unfinished is the metadata of an observation that was open at Shutdown.
const unfinished = semconv.LangSharkUnfinished

// skipped reports whether the record is the announcement of an observation that
// still runs: on this wire each is sent once, when it has ended. One whose process
// has ended comes to no other end, unless a record of that is there too.
func skipped(records []exporter.Record, i int) bool {
	o := records[i].Observation
	if !announces(o) {
		return false
	}
	return !records[i].Orphan || slices.ContainsFunc(records, func(r exporter.Record) bool {
		other := r.Observation
		return other != nil && other.ID == o.ID && other.TraceID == o.TraceID && !announces(other)
	})
}

func announces(o *exporter.Observation) bool {
	return o.End.IsZero() && o.Kind != exporter.KindEvent && !isUnfinished(o)
}

func isUnfinished(o *exporter.Observation) bool {
	for i := range o.Metadata {
		if o.Metadata[i].Key == unfinished {
			return true
		}
	}
	return false
}

// observation writes one as a span.
func (s *spans) observation(w writer, r *exporter.Record) {
	o := r.Observation
	trace, traceGiven := traceID(o.TraceID)
	id, idGiven := spanID(o.ID)
	var parent [8]byte
	parentGiven := false
	if o.ParentID != "" {
		parent, parentGiven = spanID(o.ParentID)
	}
	end := o.End
	open := end.IsZero() && o.Kind != exporter.KindEvent
	switch {
	case open:
		end = r.Time
	case o.Kind == exporter.KindEvent:
		end = o.Start
	}
	w.beginSpan(trace, id, parent, o.ParentID != "", o.Name, o.Kind.IsGeneration(), o.Start, end)
	if s.conventions&Langfuse != 0 {
		s.langfuse(w, o)
	}
	if a := o.Attributes; a != nil {
		textIf(w, semconv.UserID, a.UserID)
		textIf(w, semconv.SessionID, a.SessionID)
	}
	if s.conventions&GenAI != 0 {
		s.genAI(w, o)
	}
	if s.conventions&OpenInference != 0 {
		w.text(semconv.OpenInferenceSpanKind, openInferenceKinds[o.Kind])
		if s.conventions&Langfuse == 0 && !s.withoutContent {
			payload(w, semconv.InputValue, semconv.InputMIMEType, o.Input)
			payload(w, semconv.OutputValue, semconv.OutputMIMEType, o.Output)
		}
	}
	if traceGiven {
		w.text(semconv.LangSharkTraceID, o.TraceID)
	}
	if idGiven {
		w.text(semconv.LangSharkObservationID, o.ID)
	}
	if parentGiven {
		w.text(semconv.LangSharkParentID, o.ParentID)
	}
	if open {
		w.bool(semconv.LangSharkUnfinished, true)
	}
	w.endSpan(o.Level == exporter.LevelError, o.StatusMessage)
}

var openInferenceKinds = [...]string{
	exporter.KindSpan: "CHAIN", exporter.KindGeneration: "LLM", exporter.KindEvent: "CHAIN", exporter.KindAgent: "AGENT",
	exporter.KindTool: "TOOL", exporter.KindChain: "CHAIN", exporter.KindRetriever: "RETRIEVER", exporter.KindEmbedding: "EMBEDDING",
	exporter.KindEvaluator: "EVALUATOR", exporter.KindGuardrail: "GUARDRAIL",
}

func textIf(w writer, key, s string) {
	if s != "" {
		w.text(key, s)
	}
}

func payload(w writer, key, mime string, v exporter.Value) {
	if v.IsZero() {
		return
	}
	w.value("", key, v)
	if _, ok := v.AsText(); ok {
		w.text(mime, "text/plain")
	} else {
		w.text(mime, "application/json")
	}
}

// langfuse writes the attributes that Langfuse reads first.
func (s *spans) langfuse(w writer, o *exporter.Observation) {
	w.text(semconv.LangfuseObservationType, o.Kind.String())
	if !s.withoutContent {
		w.value("", semconv.LangfuseObservationInput, o.Input)
		w.value("", semconv.LangfuseObservationOutput, o.Output)
	}
	if o.Level != exporter.LevelDefault {
		w.text(semconv.LangfuseObservationLevel, o.Level.String())
	}
	textIf(w, semconv.LangfuseObservationStatusMessage, o.StatusMessage)
	for i := range o.Metadata {
		if kv := &o.Metadata[i]; kv.Key != unfinished && s.keeps(o, i) {
			w.value(semconv.LangfuseObservationMetadata, kv.Key, kv.Value)
		}
	}
	version := o.Version
	if a := o.Attributes; a != nil {
		if version == "" {
			version = a.Version
		}
		textIf(w, semconv.LangfuseTraceName, a.TraceName)
		if len(a.Tags) > 0 {
			w.list(semconv.LangfuseTraceTags, a.Tags)
		}
		for i := range a.Metadata {
			w.value(semconv.LangfuseTraceMetadata, a.Metadata[i].Key, a.Metadata[i].Value)
		}
		if a.Public != nil {
			w.bool(semconv.LangfuseTracePublic, *a.Public)
		}
		textIf(w, semconv.LangfuseEnvironment, a.Environment)
		textIf(w, semconv.LangfuseRelease, a.Release)
	}
	textIf(w, semconv.LangfuseVersion, version)
	if g := o.Generation; g != nil {
		s.generation(w, g)
	}
}

func (s *spans) generation(w writer, g *exporter.Generation) {
	textIf(w, semconv.LangfuseObservationModelName, g.Model)
	if len(g.Parameters) > 0 {
		s.scratch = langfuse.AppendValues(s.scratch[:0], g.Parameters, "", "")
		w.text(semconv.LangfuseObservationModelParameters, s.text())
	}
	if g.Usage != nil {
		usage := langfuse.Clamped(g.Usage)
		s.scratch = langfuse.AppendUsageDetails(s.scratch[:0], &usage)
		w.text(semconv.LangfuseObservationUsageDetails, s.text())
	}
	if g.Cost != nil {
		s.scratch = langfuse.AppendCostDetails(s.scratch[:0], g.Cost)
		w.text(semconv.LangfuseObservationCostDetails, s.text())
	}
	if !g.CompletionStart.IsZero() {
		s.scratch = jsonx.AppendTime(s.scratch[:0], g.CompletionStart)
		w.text(semconv.LangfuseObservationCompletionStart, s.text())
	}
	if g.PromptName != "" && g.PromptVersion >= 1 { // a link needs both
		w.text(semconv.LangfuseObservationPromptName, g.PromptName)
		w.int(semconv.LangfuseObservationPromptVersion, int64(g.PromptVersion))
	}
}

// text is what is in the scratch, until it is used again.
func (s *spans) text() string { return unsafe.String(unsafe.SliceData(s.scratch), len(s.scratch)) }

// operations are the values of gen_ai.operation.name, as far as a kind has one.
var operations = [...]string{
	exporter.KindGeneration: "chat", exporter.KindAgent: "invoke_agent", exporter.KindTool: "execute_tool",
	exporter.KindRetriever: "retrieval", exporter.KindEmbedding: "embeddings", exporter.KindGuardrail: "",
}

// keeps reports whether a value of the metadata is written: the last of its key,
// and not content where that is left out.
func (s *spans) keeps(o *exporter.Observation, i int) bool {
	kv := &o.Metadata[i]
	if kv.Value.IsZero() || s.withoutContent && semconv.ContentOf(kv.Key) != semconv.NoContent {
		return false
	}
	for later := i + 1; later < len(o.Metadata); later++ {
		if o.Metadata[later].Key == kv.Key && !o.Metadata[later].Value.IsZero() {
			return false
		}
	}
	return true
}

// genAI writes OpenTelemetry's attributes. What an integration has put into
// the metadata under their names is what it says, and wins over what is derived here.
func (s *spans) genAI(w writer, o *exporter.Observation) {
	said := 0
	for i := range o.Metadata {
		kv := &o.Metadata[i]
		if (strings.HasPrefix(kv.Key, semconv.GenAIPrefix) || kv.Key == semconv.ErrorType) && s.keeps(o, i) {
			said++
			plain(w, kv.Key, kv.Value)
		}
	}
	d := derived{w: w}
	if said > 0 {
		d.metadata = o.Metadata
	}
	d.text(semconv.GenAIOperationName, operations[o.Kind])
	switch o.Kind {
	case exporter.KindTool:
		d.text(semconv.GenAIToolName, o.Name)
	case exporter.KindAgent:
		d.text(semconv.GenAIAgentName, o.Name)
	default:
	}
	g := o.Generation
	if g == nil {
		return
	}
	d.text(semconv.GenAIRequestModel, g.Model)
	d.text(semconv.GenAIResponseModel, g.Model)
	d.text(semconv.GenAIPromptName, g.PromptName)
	if g.Usage != nil {
		usage := langfuse.Clamped(g.Usage)
		d.int(semconv.GenAIUsageInputTokens, usage.InputTokens, true)
		d.int(semconv.GenAIUsageOutputTokens, usage.OutputTokens, true)
		d.int(semconv.GenAIUsageCacheReadTokens, usage.CachedInputTokens, false)
		d.int(semconv.GenAIUsageCacheWriteTokens, usage.CacheWriteTokens, false)
		d.int(semconv.GenAIUsageReasoningTokens, usage.ReasoningTokens, false)
	}
	if first := g.CompletionStart.Sub(o.Start); !g.CompletionStart.IsZero() && first >= 0 && !d.said(semconv.GenAIResponseTimeToFirst) {
		w.float(semconv.GenAIResponseTimeToFirst, first.Seconds())
	}
}

// derived writes what the metadata doesn't say.
type derived struct {
	w        writer
	metadata []exporter.KeyValue // nil if it says nothing of the kind
}

func (d *derived) said(key string) bool {
	for i := range d.metadata {
		if d.metadata[i].Key == key && !d.metadata[i].Value.IsZero() {
			return true
		}
	}
	return false
}

func (d *derived) text(key, s string) {
	if s != "" && !d.said(key) {
		d.w.text(key, s)
	}
}

func (d *derived) int(key string, n int64, zero bool) {
	if (n != 0 || zero) && !d.said(key) {
		d.w.int(key, n)
	}
}

// plain writes a value by its own type, as numbers that are derived are: as a text
// nobody would count tokens.
func plain(w writer, key string, v exporter.Value) {
	raw := v.RawJSON()
	if len(raw) == 0 {
		w.value("", key, v)
		return
	}
	text := unsafe.String(&raw[0], len(raw))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		w.int(key, n)
		return
	}
	switch {
	case text == "true", text == "false":
		w.bool(key, text == "true")
		return
	case text[0] == '-' || text[0] >= '0' && text[0] <= '9':
		if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(f, 0) && json.Valid(raw) {
			w.float(key, f)
			return
		}
	}
	w.value("", key, v)
}

// score writes one as an event gen_ai.evaluation.result, on a span of no length below
// what it judges; events can't be added to a span that has been sent.
func (s *spans) score(w writer, r *exporter.Record) {
	score := r.Score
	trace, traceGiven := traceID(score.TraceID)
	id := ids.SpanFromSeed(score.ID)
	var parent [8]byte
	parentGiven := false
	if score.ObservationID != "" {
		parent, parentGiven = spanID(score.ObservationID)
	}
	w.beginSpan(trace, id, parent, score.ObservationID != "", "score "+score.Name, false, r.Time, r.Time)
	if s.conventions&Langfuse != 0 {
		w.text(semconv.LangfuseObservationType, exporter.KindEvaluator.String())
		textIf(w, semconv.LangfuseEnvironment, score.Environment)
	}
	if s.conventions&OpenInference != 0 {
		w.text(semconv.OpenInferenceSpanKind, openInferenceKinds[exporter.KindEvaluator])
	}
	if traceGiven {
		w.text(semconv.LangSharkTraceID, score.TraceID)
	}
	if parentGiven {
		w.text(semconv.LangSharkParentID, score.ObservationID)
	}
	w.beginEvent(semconv.GenAIEvaluationEvent, r.Time)
	w.text(semconv.GenAIEvaluationName, score.Name)
	switch score.Type {
	case exporter.ScoreCategorical:
		w.text(semconv.GenAIEvaluationScoreLabel, score.Text)
	case exporter.ScoreBoolean:
		w.float(semconv.GenAIEvaluationScoreValue, score.Number)
		label := "false"
		if score.Number != 0 {
			label = "true"
		}
		w.text(semconv.GenAIEvaluationScoreLabel, label)
	case exporter.ScoreNumeric:
		w.float(semconv.GenAIEvaluationScoreValue, score.Number)
	}
	textIf(w, semconv.GenAIEvaluationScoreComments, score.Comment)
	w.endEvent()
	w.endSpan(false, "")
}

// traceID returns a W3C id, and whether it was made of one of another form.
func traceID(s string) (id ids.Trace, made bool) {
	if id, ok := ids.ParseTrace(s); ok {
		return id, false
	}
	return ids.TraceFromSeed(s), true
}

func spanID(s string) (id ids.Span, made bool) {
	if id, ok := ids.ParseSpan(s); ok {
		return id, false
	}
	return ids.SpanFromSeed(s), true
}
