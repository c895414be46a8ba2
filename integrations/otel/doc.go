// Package otel joins LangShark and OpenTelemetry in one process.
//
//	import lsotel "github.com/langshark/langshark-go/integrations/otel"
//
//	client, err := langshark.New(langshark.Config{Bridge: lsotel.Bridge{}})
//	provider := sdktrace.NewTracerProvider(
//		sdktrace.WithBatcher(exporter),                             // to where spans went before
//		sdktrace.WithSpanProcessor(lsotel.NewSpanProcessor(client)), // and to LangShark, those about LLMs
//	)
//
// # One trace
//
// With [Bridge], observations that start below an OpenTelemetry span belong to
// its trace, and spans that start below an observation belong to ours: both
// ways, to any depth, through context alone. [langshark.Client.StartTrace] still
// begins a trace of its own.
//
// # Spans of other instrumentations
//
// [SpanProcessor] records spans of other libraries as observations. By default
// those that carry attributes about LLMs (gen_ai.*, openinference.*, langfuse.*,
// and the older names of other vendors); [WithFilter] chooses others, as
// [AllSpans]. Kind, model, parameters, usage, cost, input, output, user, session and tags are
// read from the attributes that Langfuse's OTLP ingestion reads (2026-11), the rest is metadata.
// What of that holds messages, prompts, documents and the like (semconv.ContentOf has the
// names) is masked as input or output, and not recorded by a client with CaptureNone.
//
// # Baggage
//
// [ContextWithBaggage] takes trace attributes from W3C baggage, as Langfuse's SDKs
// write it, and [Baggage] writes them. Neither happens by itself: who may set a user id from
// outside is the application's decision.
package otel
