package otel_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	lsotel "github.com/langshark/langshark-go/integrations/otel"
	"github.com/langshark/langshark-go/langsharktest"
)

// both returns a client with the bridge, and a tracer whose spans are recorded too.
func both(t *testing.T, opts ...lsotel.Option) (*langsharktest.Recorder, trace.Tracer) {
	t.Helper()
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.Bridge = lsotel.Bridge{} })
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(lsotel.NewSpanProcessor(rec.Client, opts...)))
	t.Cleanup(func() { _ = provider.Shutdown(t.Context()) })
	return rec, provider.Tracer("test")
}

func value(v exporter.Value) string { return string(v.AppendJSON(nil)) }

func metadata(o *exporter.Observation, key string) string {
	for _, kv := range o.Metadata {
		if kv.Key == key {
			return value(kv.Value)
		}
	}
	return ""
}

func set(kvs ...attribute.KeyValue) trace.SpanStartOption { return trace.WithAttributes(kvs...) }
