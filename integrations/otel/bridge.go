package otel

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/langshark/langshark-go"
)

// Bridge is a [langshark.Bridge] to OpenTelemetry. Its zero value is ready.
type Bridge struct{}

var _ langshark.Bridge = Bridge{}

// Current returns the OpenTelemetry span in ctx, if there is a valid one.
func (Bridge) Current(ctx context.Context) (langshark.SpanContext, bool) {
	s := trace.SpanContextFromContext(ctx)
	if !s.IsValid() {
		return langshark.SpanContext{}, false
	}
	return langshark.SpanContext{TraceID: s.TraceID(), SpanID: s.SpanID(), Sampled: s.IsSampled()}, true
}

// With makes an observation the parent of OpenTelemetry spans. To their SDK it
// is a span of another process; the trace state of the span above it is kept.
func (Bridge) With(ctx context.Context, o langshark.SpanContext) context.Context {
	config := trace.SpanContextConfig{TraceID: o.TraceID, SpanID: o.SpanID, Remote: true}
	if o.Sampled {
		config.TraceFlags = trace.FlagsSampled
	}
	if above := trace.SpanContextFromContext(ctx); above.TraceID() == config.TraceID {
		config.TraceState = above.TraceState()
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(config))
}
