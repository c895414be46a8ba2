package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/otlp"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
)

// authorization is the header that shows both keys.
func (c client) authorization(tb testing.TB) string {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, c.base, nil)
	if err != nil {
		tb.Fatal(err)
	}
	r.SetBasicAuth(c.public, c.secret)
	return r.Header.Get("Authorization")
}

// observations are those of a trace by name.
func observations(tb testing.TB, trace map[string]any) map[string]map[string]any {
	tb.Helper()
	byName := map[string]map[string]any{}
	list, ok := trace["observations"].([]any)
	if !ok {
		tb.Fatalf("no observations: %v", trace)
	}
	for _, o := range list {
		m := o.(map[string]any)
		byName[fmt.Sprint(m["name"])] = m
	}
	return byName
}

// holds compares the fields of an object with what they must be, as JSON.
func holds(t *testing.T, what string, object map[string]any, want map[string]string) {
	t.Helper()
	for field, text := range want {
		got, err := json.Marshal(object[field])
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != text {
			t.Errorf("%s: %s is %s, not %s", what, field, got, text)
		}
	}
}

// TestOfficialExporter sends spans of gen_ai and OpenInference by the SDK and the
// exporter of OpenTelemetry, and reads the trace back.
func TestOfficialExporter(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	for name, path := range map[string]string{"public": "/api/public/otel/v1/traces", "short": "/v1/traces"} {
		t.Run(name, func(t *testing.T) {
			exp, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(c.base+path), otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
				otlptracehttp.WithHeaders(map[string]string{"Authorization": c.authorization(t)}))
			if err != nil {
				t.Fatal(err)
			}
			// Each span is a batch of its own, children first.
			provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exp), sdktrace.WithResource(resource.NewSchemaless(attribute.String("deployment.environment.name", "Staging"))))
			id := recordSpans(t.Context(), provider)
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			readSpans(t, c.object(t, "/api/public/traces/"+id))
		})
	}
}

func recordSpans(ctx context.Context, provider *sdktrace.TracerProvider) (traceID string) {
	tracer := provider.Tracer("app", trace.WithInstrumentationVersion("1.0"))
	ctx, root := tracer.Start(ctx, "handle question", trace.WithAttributes(
		attribute.String("openinference.span.kind", "AGENT"), attribute.String("user.id", "kim"), attribute.String("session.id", "s-17"),
		attribute.StringSlice("tag.tags", []string{"beta"}), attribute.String("input.value", "How is the weather?"), attribute.String("output.value", "Sunny"),
	))
	_, call := tracer.Start(ctx, "chat gpt-4o", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("gen_ai.operation.name", "chat"), attribute.String("gen_ai.request.model", "gpt-4o"), attribute.Float64("gen_ai.request.temperature", 0.5),
		attribute.Int("gen_ai.usage.input_tokens", 100), attribute.Int("gen_ai.usage.output_tokens", 20), attribute.Int("gen_ai.usage.cache_read.input_tokens", 60),
		attribute.Float64("gen_ai.usage.cost", 0.0025), attribute.String("gen_ai.input.messages", `[{"role":"user"}]`), attribute.String("gen_ai.output.messages", `[{"role":"assistant"}]`),
	))
	call.End()
	_, llm := tracer.Start(ctx, "ChatCompletion", trace.WithAttributes(
		attribute.String("openinference.span.kind", "LLM"), attribute.String("llm.model_name", "claude-haiku-4-5"),
		attribute.String("llm.input_messages.0.message.role", "user"), attribute.String("llm.input_messages.0.message.content", "hi"),
		attribute.String("output.value", "hello"), attribute.Int("llm.token_count.prompt", 7), attribute.Int("llm.token_count.completion", 3), attribute.Float64("llm.cost.total", 0.5),
	))
	llm.SetStatus(codes.Error, "overloaded")
	llm.End()
	root.End()
	return root.SpanContext().TraceID().String()
}

func readSpans(t *testing.T, got map[string]any) {
	t.Helper()
	holds(t, "trace", got, map[string]string{
		"name": `"handle question"`, "userId": `"kim"`, "sessionId": `"s-17"`, "tags": `["beta"]`, "input": `"How is the weather?"`, "output": `"Sunny"`, "totalCost": `0.5025`,
	})
	byName := observations(t, got)
	holds(t, "root", byName["handle question"], map[string]string{"type": `"AGENT"`, "parentObservationId": "null", "level": `"DEFAULT"`})
	holds(t, "gen_ai", byName["chat gpt-4o"], map[string]string{
		"type": `"GENERATION"`, "model": `"gpt-4o"`, "modelParameters": `{"temperature":0.5}`, "promptTokens": "100", "completionTokens": "20", "totalTokens": "120",
		"calculatedTotalCost": "0.0025", "input": `[{"role":"user"}]`, "output": `[{"role":"assistant"}]`, "unit": `"TOKENS"`,
	})
	holds(t, "OpenInference", byName["ChatCompletion"], map[string]string{
		"type": `"GENERATION"`, "model": `"claude-haiku-4-5"`, "promptTokens": "7", "completionTokens": "3", "calculatedTotalCost": "0.5",
		"input": `[{"content":"hi","role":"user"}]`, "output": `"hello"`, "level": `"ERROR"`, "statusMessage": `"overloaded"`,
	})
}

// TestOwnExporter sends records by our own exporter, in both encodings and with ids that aren't W3C's.
func TestOwnExporter(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	public := true
	common := &exporter.Attributes{TraceName: "support", UserID: "kim", SessionID: "s-17", Tags: []string{"a"}, Environment: "staging", Release: "r1", Version: "v1", Public: &public}
	for name, cfg := range map[string]otlp.Config{"protobuf": {}, "json": {Encoding: otlp.EncodingJSON}} {
		t.Run(name, func(t *testing.T) {
			// Without keys, as any backend is spoken to: with them scores go by the ingestion API.
			cfg.Endpoint, cfg.Headers = c.base, map[string]string{"Authorization": c.authorization(t)}
			e, err := otlp.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			id := "order 17 " + name
			records := []exporter.Record{
				{EventID: "1", Time: start.Add(2 * time.Second), Observation: &exporter.Observation{
					ID: "call of " + name, TraceID: id, ParentID: "root of " + name, Kind: exporter.KindGeneration, Name: "call", Start: start, End: start.Add(time.Second),
					Input: exporter.Text("hi"), Output: exporter.JSON([]byte(`{"a":1}`)), Attributes: common, Generation: &exporter.Generation{
						Model: "gpt-4o", Usage: &exporter.Usage{InputTokens: 100, OutputTokens: 20, CachedInputTokens: 60}, Cost: &exporter.Cost{Total: exporter.USD(0.25)},
						CompletionStart: start.Add(300 * time.Millisecond), PromptName: "greet", PromptVersion: 3,
					},
				}},
				{EventID: "2", Time: start.Add(3 * time.Second), Observation: &exporter.Observation{
					ID: "root of " + name, TraceID: id, Kind: exporter.KindAgent, Name: "root", Start: start, Attributes: common,
					Metadata: []exporter.KeyValue{{Key: "langshark.unfinished", Value: exporter.JSON([]byte("true"))}, {Key: "plan", Value: exporter.Text("pro")}},
				}},
				{EventID: "3", Time: start, Score: &exporter.Score{ID: "s", TraceID: id, ObservationID: "call of " + name, Name: "good", Type: exporter.ScoreBoolean, Number: 1, Comment: "ok"}},
			}
			if err := e.Export(t.Context(), records); err != nil {
				t.Fatal(err)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := c.object(t, "/api/public/traces/"+strings.ReplaceAll(id, " ", "%20"))
			holds(t, "trace", got, map[string]string{"name": `"support"`, "userId": `"kim"`, "sessionId": `"s-17"`, "release": `"r1"`, "public": "true", "tags": `["a"]`})
			byName := observations(t, got)
			if len(byName) != 2 {
				t.Errorf("the span that carries a score is an observation: %v", byName)
			}
			holds(t, "call", byName["call"], map[string]string{
				"id": fmt.Sprintf("%q", "call of "+name), "parentObservationId": fmt.Sprintf("%q", "root of "+name), "type": `"GENERATION"`, "model": `"gpt-4o"`, "promptTokens": "100",
				"calculatedTotalCost": "0.25", "input": `"hi"`, "output": `{"a":1}`, "promptName": `"greet"`, "promptVersion": "3", "timeToFirstToken": "0.3", "version": `"v1"`,
			})
			metadata := byName["root"]["metadata"].(map[string]any)
			holds(t, "root", metadata, map[string]string{"langshark.unfinished": "true", "plan": `"pro"`, "attributes": "null"})
			score := got["scores"].([]any)[0].(map[string]any)
			holds(t, "score", score, map[string]string{"name": `"good"`, "value": "1", "stringValue": `"True"`, "dataType": `"BOOLEAN"`, "comment": `"ok"`, "observationId": fmt.Sprintf("%q", "call of "+name)})
		})
	}
}

// post sends a body as it is.
func (c client) post(tb testing.TB, path string, header map[string]string, body []byte) (int, string, http.Header) {
	tb.Helper()
	change := []func(*http.Request){c.sign}
	for name, v := range header {
		change = append(change, testkit.Header(name, v))
	}
	return testkit.Fetch(tb, http.MethodPost, c.base+path, body, change...)
}

const oneSpan = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"b7ad6b7169203331","name":"a","startTimeUnixNano":1767323045000000000,"endTimeUnixNano":"1767323046000000000"},
	{"traceId":"0af7","spanId":"b7ad6b7169203332","name":"cut off"}]}]}]}`

// TestOTLPAnswers tests statuses, media types, encodings and partial success.
func TestOTLPAnswers(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	const path = "/api/public/otel/v1/traces"
	jsonHeader := map[string]string{"Content-Type": "application/json; charset=utf-8"}
	status, text, header := c.post(t, path, jsonHeader, []byte(oneSpan))
	if status != http.StatusOK || !strings.Contains(text, `"rejectedSpans":"1"`) || !strings.Contains(text, "cut off") || !strings.Contains(text, "traceId must be") || header.Get("Content-Type") != "application/json" {
		t.Errorf("partial success: %d %s %v", status, text, header)
	}
	c.object(t, "/api/public/traces/0af7651916cd43dd8448eb211c80319c")

	var gz, zs bytes.Buffer
	z := gzip.NewWriter(&gz)
	_, _ = z.Write([]byte(oneSpan))
	_ = z.Close()
	w, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(oneSpan))
	_ = w.Close()
	for coding, body := range map[string][]byte{"gzip": gz.Bytes(), "zstd": zs.Bytes()} {
		status, text, _ := c.post(t, path, map[string]string{"Content-Type": "application/json", "Content-Encoding": coding}, body)
		if status != http.StatusOK || !strings.Contains(text, "rejectedSpans") {
			t.Errorf("%s: %d %s", coding, status, text)
		}
	}
	var bomb bytes.Buffer
	z = gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 65 {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	for name, try := range map[string]struct {
		header map[string]string
		body   string
		status int
		says   string
	}{
		"no type":         {nil, oneSpan, http.StatusUnsupportedMediaType, "application/x-protobuf"},
		"text":            {map[string]string{"Content-Type": "text/plain"}, oneSpan, http.StatusUnsupportedMediaType, "application/x-protobuf"},
		"not JSON":        {jsonHeader, `{"resourceSpans":[`, http.StatusBadRequest, "not JSON"},
		"JSON of another": {jsonHeader, `{"resourceSpans":5}`, http.StatusBadRequest, "resourceSpans: expected an array"},
		"not protobuf":    {map[string]string{"Content-Type": "application/x-protobuf"}, "\xff\xff\xff", http.StatusBadRequest, "protobuf"},
		"nothing":         {map[string]string{"Content-Type": "application/x-protobuf"}, "", http.StatusOK, ""},
		"no spans":        {jsonHeader, "{}", http.StatusOK, "{}"},
		"version 5":       {map[string]string{"Content-Type": "application/json", "x-langfuse-ingestion-version": "5"}, "{}", http.StatusBadRequest, "x-langfuse-ingestion-version"},
		"coding":          {map[string]string{"Content-Type": "application/json", "Content-Encoding": "br"}, "{}", http.StatusUnsupportedMediaType, "zstd"},
		"bomb":            {map[string]string{"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}, bomb.String(), http.StatusRequestEntityTooLarge, "64mb"},
	} {
		if status, text, _ := c.post(t, path, try.header, []byte(try.body)); status != try.status || !strings.Contains(text, try.says) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	if status, _, _ := (client{base: c.base}).post(t, "/v1/traces", jsonHeader, []byte(oneSpan)); status != http.StatusUnauthorized {
		t.Errorf("without keys: %d", status)
	}
	if status, _, header := c.do(t, http.MethodGet, "/v1/traces", nil); status != http.StatusMethodNotAllowed || header.Get("Allow") != "POST" {
		t.Errorf("GET: %d %v", status, header)
	}
}

// refusing is a store that takes no writes.
type refusing struct {
	store.Store
	err error
}

func (s refusing) Write(context.Context, *store.Batch) error {
	return fmt.Errorf("langshark: test: %w", s.err)
}

// TestOTLPBusy answers as OTLP's exporters understand it: come again later.
func TestOTLPBusy(t *testing.T) {
	for e, want := range map[error]int{store.ErrBusy: http.StatusTooManyRequests, store.ErrFull: http.StatusInsufficientStorage, store.ErrClosed: http.StatusServiceUnavailable} {
		srv := newServer(t, server.WithStore(server.Config{}, func(s store.Store) store.Store { return refusing{s, e} }))
		c := serve(t, srv, "")
		status, text, header := c.post(t, "/v1/traces", map[string]string{"Content-Type": "application/json"}, []byte(oneSpan))
		if status != want || (header.Get("Retry-After") != "") != !errors.Is(e, store.ErrClosed) {
			t.Errorf("%v: %d %s %v", e, status, text, header)
		}
	}
}
