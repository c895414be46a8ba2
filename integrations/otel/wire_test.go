package otel_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/exporter/otlp"
	lsotel "github.com/langshark/langshark-go/integrations/otel"
)

// collector takes spans from anybody, by the Collector's own decoder.
type collector struct {
	mu     sync.Mutex
	bodies [][]byte
	spans  map[string]ptrace.Span // by name
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	request := ptraceotlp.NewExportRequest()
	if err == nil {
		if kind := r.Header.Get("Content-Type"); kind == "application/json" {
			err = request.UnmarshalJSON(body)
		} else {
			err = request.UnmarshalProto(body)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodies = append(c.bodies, body)
	for _, rs := range request.Traces().ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				c.spans[s.Name()] = s
			}
		}
	}
	answer, err := ptraceotlp.NewExportResponse().MarshalProto()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.Write(answer)
}

func collect(t *testing.T) (*collector, string) {
	t.Helper()
	c := &collector{spans: map[string]ptrace.Span{}}
	srv := httptest.NewServer(c)
	t.Cleanup(srv.Close)
	return c, srv.URL
}

func export(t *testing.T, cfg otlp.Config) (body []byte) {
	t.Helper()
	c, url := collect(t)
	cfg.Endpoint, cfg.Resource, cfg.SDKVersion = url, map[string]string{"service.name": "test"}, "0"
	e, err := otlp.New(cfg, exporter.WithCompressor(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(t.Context())
	if err := e.Export(t.Context(), exportertest.Records()); err != nil {
		t.Fatal(err)
	}
	if len(c.bodies) != 1 || len(c.spans) != 14 {
		t.Fatalf("%d bodies, %d spans", len(c.bodies), len(c.spans))
	}
	return c.bodies[0]
}

// TestBothEncodingsReadBackEqualInBothDecoders decodes what we send with the
// Collector's decoder and with that of opentelemetry-proto.
func TestBothEncodingsReadBackEqualInBothDecoders(t *testing.T) {
	for _, conventions := range []otlp.Conventions{otlp.AllConventions, otlp.Langfuse, otlp.GenAI, otlp.OpenInference} {
		inProtobuf := export(t, otlp.Config{Conventions: conventions})
		inJSON := export(t, otlp.Config{Conventions: conventions, Encoding: otlp.EncodingJSON})

		a, b := ptraceotlp.NewExportRequest(), ptraceotlp.NewExportRequest()
		if err := a.UnmarshalProto(inProtobuf); err != nil {
			t.Fatal(err)
		}
		if err := b.UnmarshalJSON(inJSON); err != nil {
			t.Fatal(err)
		}
		fromProtobuf, err := a.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		fromJSON, err := b.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(fromProtobuf, fromJSON) {
			t.Errorf("the Collector reads\n%s\nof protobuf and\n%s\nof JSON", fromProtobuf, fromJSON)
		}

		var direct, viaCollector coltrace.ExportTraceServiceRequest
		if err := proto.Unmarshal(inProtobuf, &direct); err != nil {
			t.Fatal(err)
		}
		for _, s := range direct.ResourceSpans[0].ScopeSpans[0].Spans {
			if s.Status == nil { // the Collector writes it always
				s.Status = &tracepb.Status{}
			}
		}
		again, err := b.MarshalProto()
		if err != nil {
			t.Fatal(err)
		}
		if err := proto.Unmarshal(again, &viaCollector); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(&direct, &viaCollector) {
			t.Errorf("opentelemetry-proto reads\n%s\nof ours and\n%s\nof the Collector's", protojson.Format(&direct), protojson.Format(&viaCollector))
		}
	}
}

// TestTheirSpansAndOursJoinInOneTrace sends spans of otel-go's own exporter and
// ours to one collector.
func TestTheirSpansAndOursJoinInOneTrace(t *testing.T) {
	c, url := collect(t)
	theirs, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(url+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(theirs))
	ours, err := otlp.New(otlp.Config{Endpoint: url}, exporter.WithCompressor(nil))
	if err != nil {
		t.Fatal(err)
	}
	client, err := langshark.New(langshark.Config{Exporter: ours, Bridge: lsotel.Bridge{}})
	if err != nil {
		t.Fatal(err)
	}
	tracer := provider.Tracer("test")
	ctx, request := tracer.Start(t.Context(), "request")
	ctx, answer := client.StartSpan(ctx, "answer")
	ctx, query := tracer.Start(ctx, "query")
	_, g := langshark.StartGeneration(ctx, "chat")
	g.End()
	query.End()
	answer.End()
	request.End()
	for _, shutdown := range []func(context.Context) error{provider.Shutdown, client.Shutdown} {
		if err := shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.spans) != 4 {
		t.Fatalf("%d spans", len(c.spans))
	}
	for child, parent := range map[string]string{"answer": "request", "query": "answer", "chat": "query"} {
		if c.spans[child].ParentSpanID() != c.spans[parent].SpanID() || c.spans[child].TraceID() != c.spans[parent].TraceID() {
			t.Errorf("%s is not below %s", child, parent)
		}
	}
}
