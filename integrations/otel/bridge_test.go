package otel_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/langshark/langshark-go"
	lsotel "github.com/langshark/langshark-go/integrations/otel"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/langsharktest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestObservationsAndSpansAreOneTree(t *testing.T) {
	rec, tracer := both(t, lsotel.WithFilter(lsotel.AllSpans))
	ctx, request := tracer.Start(t.Context(), "request")
	ctx, answer := rec.Client.StartSpan(ctx, "answer")
	ctx, query := tracer.Start(ctx, "query")
	_, g := langshark.StartGeneration(ctx, "chat")
	g.End()
	query.End()
	answer.End()
	request.End()

	ids := map[string]string{}
	for _, name := range []string{"request", "answer", "query", "chat"} {
		o := rec.RequireObservation(name)
		ids[name] = o.ID
		if o.TraceID != request.SpanContext().TraceID().String() {
			t.Errorf("%s is in trace %s", name, o.TraceID)
		}
	}
	for child, parent := range map[string]string{"request": "", "answer": "request", "query": "answer", "chat": "query"} {
		if o := rec.RequireObservation(child); o.ParentID != ids[parent] {
			t.Errorf("%s is below %q, not %s", child, o.ParentID, parent)
		}
	}
	if tr := rec.RequireTrace("request"); tr.ID != ids["trace"] && tr.ID != request.SpanContext().TraceID().String() {
		t.Errorf("the trace is %s", tr.ID)
	}
}

func TestOurRootIsTheParentOfTheirSpans(t *testing.T) {
	rec, tracer := both(t, lsotel.WithFilter(lsotel.AllSpans))
	ctx, tr := rec.Client.StartTrace(t.Context(), "root", langshark.WithUser("kim"))
	_, s := tracer.Start(ctx, "theirs")
	s.End()
	tr.End()
	if o := rec.RequireObservation("theirs"); o.TraceID != tr.ID() || o.ParentID != tr.ObservationID() {
		t.Errorf("trace %s, parent %s", o.TraceID, o.ParentID)
	}
	if rec.RequireTrace("root").Attributes.UserID != "kim" {
		t.Error("the trace lost its user")
	}
}

// TestOverHTTP goes through otelhttp on both sides: an observation in the client's
// process, its otelhttp span, the server's otelhttp span, an observation below it.
func TestOverHTTP(t *testing.T) {
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.Bridge = lsotel.Bridge{} })
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(lsotel.NewSpanProcessor(rec.Client, lsotel.WithFilter(lsotel.AllSpans))))
	defer provider.Shutdown(t.Context())
	propagators := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	options := []otelhttp.Option{otelhttp.WithTracerProvider(provider), otelhttp.WithPropagators(propagators)}

	handler := otelhttp.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := lsotel.ContextWithBaggage(r.Context())
		_, s := rec.Client.StartSpan(ctx, "in the server")
		s.End()
		io.WriteString(w, "ok")
	}), "server", options...)
	srv := httptest.NewServer(handler)
	defer srv.Close()

	transport := otelhttp.NewTransport(srv.Client().Transport, options...)
	ctx, root := rec.Client.StartSpan(t.Context(), "in the client")
	ctx, err := lsotel.Baggage(ctx, lsotel.Attributes{User: "김", Session: "s-17", Tags: []string{"a", "b"}, Metadata: map[string]string{"plan": "pro"}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	root.End()

	client, server, inner := rec.RequireObservation("HTTP GET"), rec.RequireObservation("GET"), rec.RequireObservation("in the server")
	if client.ParentID != root.ID() || server.ParentID != client.ID || inner.ParentID != server.ID {
		t.Errorf("client below %s (want %s), server below %s (want %s), inner below %s (want %s)",
			client.ParentID, root.ID(), server.ParentID, client.ID, inner.ParentID, server.ID)
	}
	for _, o := range rec.Observations() {
		if o.TraceID != root.TraceID() {
			t.Errorf("%s is in trace %s", o.Name, o.TraceID)
		}
	}
	if a := inner.Attributes; a.UserID != "김" || a.SessionID != "s-17" || len(a.Tags) != 2 || len(a.Metadata) != 1 {
		t.Errorf("from baggage: %+v", a)
	}
}

func TestBaggageSaysWhatItCannotHold(t *testing.T) {
	if _, err := lsotel.Baggage(t.Context(), lsotel.Attributes{Tags: []string{"a,b"}}); err == nil {
		t.Error("a tag with a comma was taken")
	}
	if ctx := lsotel.ContextWithBaggage(t.Context()); ctx != t.Context() {
		t.Error("no baggage makes another context")
	}
	member, err := baggage.NewMemberRaw("tenant", "x")
	if err != nil {
		t.Fatal(err)
	}
	b, err := baggage.New(member)
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := lsotel.Baggage(baggage.ContextWithBaggage(t.Context(), b), lsotel.Attributes{User: "kim"})
	if got := baggage.FromContext(ctx); err != nil || got.Member("tenant").Value() != "x" || got.Member("langfuse_user_id").Value() != "kim" {
		t.Errorf("%v, %s", err, got)
	}
}

func TestSamplingIsTheOthers(t *testing.T) {
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.Bridge = lsotel.Bridge{} })
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()), sdktrace.WithSpanProcessor(lsotel.NewSpanProcessor(rec.Client)))
	defer provider.Shutdown(t.Context())
	ctx, s := provider.Tracer("test").Start(t.Context(), "request")
	if !trace.SpanContextFromContext(ctx).IsValid() {
		t.Fatal("no span")
	}
	_, o := rec.Client.StartSpan(ctx, "ours")
	o.End()
	s.End()
	if n := len(rec.Observations()); n != 0 {
		t.Errorf("%d observations of a trace that isn't sampled", n)
	}
}

// TestNothingGlobalIsSet guards against a constructor that replaces the application's providers and propagators.
func TestNothingGlobalIsSet(t *testing.T) {
	provider, propagator := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	rec, tracer := both(t)
	ctx, span := tracer.Start(t.Context(), "theirs")
	_, ours := rec.Client.StartSpan(ctx, "ours")
	ours.End()
	span.End()
	rec.RequireObservation("ours")
	if otel.GetTracerProvider() != provider || otel.GetTextMapPropagator() != propagator {
		t.Error("the process's provider or propagator is another")
	}
}
