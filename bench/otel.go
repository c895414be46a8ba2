package main

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type otelRecorder struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	ctx      context.Context //nolint:containedctx // of the running trace, for bare spans
	root     trace.Span
}

// newOtel lets the batcher block, so that every subject has to send all of its
// spans; the default queue drops what it has no room for.
func newOtel(name string, to target) (recorder, error) {
	var sink sdktrace.SpanExporter = otelDiscard{}
	if !to.discards() {
		options := []otlptracehttp.Option{otlptracehttp.WithEndpointURL(to.URL + "/v1/traces")}
		if name == otelGzip {
			options = append(options, otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
		}
		e, err := otlptracehttp.New(context.Background(), options...)
		if err != nil {
			return nil, err
		}
		sink = e
	}
	var options []sdktrace.BatchSpanProcessorOption
	if name != otelDefault {
		options = append(options, sdktrace.WithBlocking())
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	r := &otelRecorder{provider: sdktrace.NewTracerProvider(sdktrace.WithBatcher(sink, options...))}
	r.tracer = r.provider.Tracer("bench")
	return r, nil
}

// start says on each span what kind it is and whose, as Langfuse's SDKs do and
// langshark does by itself: servers filter on it.
func (r *otelRecorder) start(ctx context.Context, kind, name string) (context.Context, trace.Span) {
	return r.tracer.Start(ctx, name, trace.WithAttributes(
		attribute.String("langfuse.observation.type", kind), attribute.String("user.id", user), attribute.String("session.id", session),
	))
}

func (r *otelRecorder) trace(c *chat) {
	ctx, root := r.start(context.Background(), "span", "chat")
	ctx2, retrieve := r.start(ctx, "retriever", "retrieve")
	_, embed := r.start(ctx2, "embedding", "embed")
	embed.End()
	retrieve.End()
	_, g := r.start(ctx, "generation", generate)
	g.SetAttributes(
		attribute.String("gen_ai.request.model", "gpt-4o"),
		attribute.String("gen_ai.input.messages", encode(c.input)), attribute.String("gen_ai.output.messages", encode(c.output)),
		attribute.Int("gen_ai.usage.input_tokens", 300), attribute.Int("gen_ai.usage.output_tokens", 120),
	)
	g.End()
	_, parse := r.start(ctx, "span", "parse")
	parse.End()
	root.End()
}

func (r *otelRecorder) span() {
	if r.root == nil {
		r.ctx, r.root = r.tracer.Start(context.Background(), "root")
	}
	_, s := r.tracer.Start(r.ctx, "span")
	s.End()
}

func (r *otelRecorder) settle() {
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	_ = r.provider.ForceFlush(ctx)
}

func (r *otelRecorder) close(ctx context.Context) {
	if r.root != nil {
		r.root.End()
	}
	_ = r.provider.Shutdown(ctx)
}

type otelDiscard struct{}

func (otelDiscard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (otelDiscard) Shutdown(context.Context) error                             { return nil }
