package server_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/transfer"
	"github.com/langshark/langshark-go/server/transfer/remote"
)

// TestComputedIsNotReported: what the server counts and computes is not what was
// sent, so that it isn't exported: it would win over better prices elsewhere.
func TestComputedIsNotReported(t *testing.T) {
	var kept store.Store
	srv := newServer(t, server.WithStore(server.Config{}, func(s store.Store) store.Store {
		kept = s
		return s
	}))
	p, err := srv.AddProject(t.Context(), "priced")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	write := func(id string, w store.ObservationWrite) {
		t.Helper()
		w.Stamp, w.ID, w.TraceID, w.Kind, w.Model, w.Start = store.NewStamp(at, false, "e"+id), id, "t", exporter.KindGeneration, "gpt-4o", at
		if err := kept.Write(t.Context(), &store.Batch{ProjectID: p.ID, Observations: []store.ObservationWrite{w}}); err != nil {
			t.Fatal(err)
		}
	}
	write("counted", store.ObservationWrite{Input: []byte(`"Hello there"`), Output: []byte(`"General Kenobi"`)})
	write("computed", store.ObservationWrite{Usage: &store.Usage{Input: 1000, Total: 1000}})
	for id, want := range map[string]int64{"counted": 2*2500 + 3*10_000, "computed": 1000 * 2500} {
		o, err := kept.Observation(t.Context(), p.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		if o.Cost == nil || int64(*o.Cost.Total) != want || o.Usage == nil || o.ReportedCost() != nil || (o.ReportedUsage() == nil) != (id == "counted") {
			t.Errorf("%s: usage %+v, cost %+v, reported %+v, %+v", id, o.Usage, o.Cost, o.ReportedUsage(), o.ReportedCost())
		}
	}
	var out bytes.Buffer
	if _, err := srv.Export(t.Context(), p.ID, &out, transfer.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, `"cost":`) || strings.Count(text, `"usage":`) != 1 {
		t.Errorf("exported: %s", text)
	}
}

func TestImportPricesReadOnly(t *testing.T) {
	dir := t.TempDir()
	newServer(t, server.Config{DataDir: dir}).SignInURL()
	srv, err := server.New(server.Config{DataDir: dir, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Shutdown(t.Context())
	if _, err := srv.ImportPrices(strings.NewReader("x"), time.Time{}); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("import: %v", err)
	}
	if err := srv.Reprice(t.Context(), "nobody", time.Time{}, time.Time{}, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("reprice: %v", err)
	}
}

// TestPricesThatCantBeRead: a server doesn't begin with other prices than those that were imported.
func TestPricesThatCantBeRead(t *testing.T) {
	dir := t.TempDir()
	first := newServer(t, server.Config{DataDir: dir})
	if err := first.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "prices.csv")
	if err := os.WriteFile(file, []byte("id,model,match,input,source\nx,gpt-4o,gpt-4o,1,me\ny,gpt-5,gpt-5,dear,me\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	says := func(what string, err error) {
		t.Helper()
		for _, want := range []string{file, "line 3", "input", "langshark prices import", "delete"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v has no %q", what, err, want)
			}
		}
	}
	_, err := server.New(server.Config{DataDir: dir})
	says("a server", err)
	reads := newServer(t, server.Config{DataDir: dir, ReadOnly: true}) // it prices nothing
	if _, err := reads.Projects(t.Context()); err != nil {
		t.Error(err)
	}
	tool := newServer(t, server.Config{DataDir: dir, NoHousekeeping: true, Logger: slog.New(slog.DiscardHandler)})
	says("reprice", tool.Reprice(t.Context(), "", time.Time{}, time.Time{}, nil))
	_, err = tool.Import(t.Context(), "", strings.NewReader(""), transfer.ImportOptions{})
	says("import", err)
	_, err = tool.ImportFrom(t.Context(), "", remote.Options{})
	says("import from a server", err)
	if _, err := tool.ImportPrices(strings.NewReader("id,model,match,input,source\nx,gpt-4o,gpt-4o,1,me\n"), time.Time{}); err != nil {
		t.Errorf("importing again: %v", err)
	}
	if err := tool.Reprice(t.Context(), "", time.Time{}, time.Time{}, nil); err != nil {
		t.Error(err)
	}
	newServer(t, server.Config{DataDir: dir})
}

// TestUsageObjectsAsTheyCome sends providers' usage objects by the ingestion API and
// reads what they cost, alone and in their trace.
func TestUsageObjectsAsTheyCome(t *testing.T) {
	ts := reference(t)
	const at = "2026-06-01T00:00:00.000Z"
	calls := []struct {
		id, model, usage, more string
		total, unit            float64
		input, output          any
	}{
		{
			"openai", "gpt-4o", `{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920}}`, "",
			0.005615, 2.5e-6, 0.002615, 0.003, // 86 × 2.5 + 1920 × 1.25, 300 × 10
		},
		{
			"anthropic", "claude-haiku-4-5-20251001", `{"input_tokens":100,"cache_read_input_tokens":1000,"cache_creation_input_tokens":200,"output_tokens":50}`, "",
			0.0007, 1e-6, 0.00045, 0.00025, // 100 × 1 + 1000 × 0.1 + 200 × 1.25, 50 × 5
		},
		{
			"gemini", "gemini-2.5-flash", `{"promptTokenCount":100,"candidatesTokenCount":10,"thoughtsTokenCount":30,"totalTokenCount":140}`, "",
			0.00013, 3e-7, 0.00003, 0.0001, // 100 × 0.3, (10 + 30) × 2.5
		},
		{
			"flex", "gpt-5", `{"input_tokens":1000,"output_tokens":100,"total_tokens":1100}`, `,"modelParameters":{"service_tier":"flex"}`,
			0.001125, 6.25e-7, 0.000625, 0.0005, // half of 1000 × 1.25 and 100 × 10
		},
	}
	sum := 0.0
	for _, c := range calls {
		body := `{"batch":[{"id":"e-` + c.id + `","type":"generation-create","timestamp":"` + at + `","body":{"id":"` + c.id + `","traceId":"calls","startTime":"` + at +
			`","model":"` + c.model + `","usageDetails":` + c.usage + c.more + `}}]}`
		p := pair{Name: c.id}
		p.Request.Method, p.Request.Path, p.Request.Body = "POST", "/api/public/ingestion", []byte(body)
		if a := p.replay(t, ts.URL); a.Status != 207 {
			t.Fatalf("%s: %+v", c.id, a)
		}
		p.Request.Method, p.Request.Path, p.Request.Body = "GET", "/api/public/observations/"+c.id, nil
		o := p.replay(t, ts.URL).Body.(map[string]any)
		if o["calculatedTotalCost"] != c.total || o["inputPrice"] != c.unit || o["calculatedInputCost"] != c.input || o["calculatedOutputCost"] != c.output || o["unit"] != "TOKENS" || o["modelId"] == nil {
			t.Errorf("%s: total %v, input %v at %v, output %v, unit %v, by %v", c.id, o["calculatedTotalCost"], o["calculatedInputCost"], o["inputPrice"], o["calculatedOutputCost"], o["unit"], o["modelId"])
		}
		sum += c.total
	}
	p := pair{Name: "trace"}
	p.Request.Method, p.Request.Path = "GET", "/api/public/traces/calls"
	trace := p.replay(t, ts.URL).Body.(map[string]any)
	if got, _ := trace["totalCost"].(float64); got < sum-1e-12 || got > sum+1e-12 {
		t.Errorf("the trace costs %v, want %v", trace["totalCost"], sum)
	}
}
