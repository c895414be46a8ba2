package otlp

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite golden files")

func newExporter(tb testing.TB, cfg Config) *Exporter {
	tb.Helper()
	if cfg.Endpoint == "" {
		cfg.Endpoint = "http://127.0.0.1:1/v1/traces"
	}
	cfg.SDKVersion = "0.0.0"
	if cfg.Resource == nil {
		cfg.Resource = map[string]string{"service.name": "test"}
	}
	e, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// special are records that exportertest has not: ids of another form, an open
// observation, one that is only announced, a session's score, texts that need escapes.
func special() []exporter.Record {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	record := func(o exporter.Observation) exporter.Record {
		o.Attributes = &exporter.Attributes{}
		return exporter.Record{EventID: "e", Time: at.Add(time.Minute), Observation: &o}
	}
	return []exporter.Record{
		record(exporter.Observation{ID: "my-span", TraceID: "my-trace", ParentID: "my-parent", Name: "\"q\"\n안녕\xff", Start: at, End: at}),
		record(exporter.Observation{
			ID: "b7ad6b7169203331", TraceID: "0af7651916cd43dd8448eb211c80319c", Name: "open", Start: at,
			Metadata: []exporter.KeyValue{{Key: "langshark.unfinished", Value: exporter.JSON([]byte("true"))}},
		}),
		record(exporter.Observation{ID: "b7ad6b7169203332", TraceID: "0af7651916cd43dd8448eb211c80319c", Name: "announced", Start: at}),
		record(exporter.Observation{
			ID: "b7ad6b7169203333", TraceID: "0af7651916cd43dd8448eb211c80319c", Kind: exporter.KindGeneration, Name: "said by an integration", Start: at, End: at,
			Level: exporter.LevelError, StatusMessage: "429",
			Metadata: []exporter.KeyValue{
				{Key: "gen_ai.operation.name", Value: exporter.Text("text_completion")},
				{Key: "gen_ai.request.model", Value: exporter.Text("asked")},
				{Key: "error.type", Value: exporter.Text("rate_limit")},
			},
			Generation: &exporter.Generation{Model: "answered", Cost: &exporter.Cost{Total: 5, Details: map[string]exporter.NanoUSD{"b": 2, "a": 1}}},
		}),
		{EventID: "e", Time: at, Score: &exporter.Score{ID: "s", SessionID: "s-17", Name: "of a session", Type: exporter.ScoreNumeric}},
		{EventID: "e", Time: at, Op: exporter.OpUpdate, Trace: &exporter.Trace{ID: "t"}},
	}
}

func body(t *testing.T, e *Exporter, records []exporter.Record) []byte {
	t.Helper()
	indices := e.plan(records).spans
	b, n := e.encode(records, indices)
	if n != len(indices) {
		t.Fatalf("%d of %d spans fit", n, len(indices))
	}
	return b
}

// TestGolden pins the JSON form of one record of every kind.
func TestGolden(t *testing.T) {
	all := exportertest.Records()
	for _, c := range []struct {
		name    string
		cfg     Config
		records []exporter.Record
	}{
		{"all.json", Config{}, all},
		{"special.json", Config{}, special()},
		{"langfuse.json", Config{Conventions: Langfuse}, all[2:3]},
		{"genai.json", Config{Conventions: GenAI}, all[2:3]},
		{"openinference.json", Config{Conventions: OpenInference}, all[2:3]},
		{"nocontent.json", Config{WithoutContent: true}, all[2:3]},
	} {
		c.cfg.Encoding = EncodingJSON
		text := string(body(t, newExporter(t, c.cfg), c.records))
		if !json.Valid([]byte(text)) {
			t.Errorf("%s is not JSON: %s", c.name, text)
		}
		for _, mark := range []string{`{"traceId"`, `{"key"`, `{"timeUnixNano"`} { // one line each
			text = strings.ReplaceAll(text, mark, "\n"+mark)
		}
		testkit.Golden(t, *update, "testdata/otlp.txtar", c.name, text+"\n")
	}
}

func TestProtobufSaysWhatJSONDoes(t *testing.T) {
	for _, records := range [][]exporter.Record{exportertest.Records(), special()} {
		for _, c := range []Conventions{AllConventions, Langfuse, GenAI, OpenInference} {
			got := tree(t, body(t, newExporter(t, Config{Conventions: c}), records))
			want := body(t, newExporter(t, Config{Conventions: c, Encoding: EncodingJSON}), records)
			if g, w := pretty(t, got), pretty(t, want); g != w {
				t.Errorf("conventions %d: protobuf says\n%s\nJSON says\n%s", c, g, w)
			}
		}
	}
}

func TestLargeBatchesAreSplit(t *testing.T) {
	for _, encoding := range []Encoding{EncodingProtobuf, EncodingJSON} {
		e := newExporter(t, Config{Encoding: encoding, MaxBodyBytes: 5000})
		var records []exporter.Record
		for range 20 {
			o := *special()[0].Observation
			o.Input = exporter.Text(strings.Repeat("x", 1000))
			records = append(records, exporter.Record{Observation: &o})
		}
		indices := e.plan(records).spans
		for total := 0; total < len(records); {
			b, n := e.encode(records, indices[total:])
			if n == 0 || len(b) > 5100 {
				t.Fatalf("%d bytes for %d spans", len(b), n)
			}
			total += n
		}
		records[0].Observation.Input = exporter.Text(strings.Repeat("x", 9000))
		if _, n := e.encode(records, indices); n != 1 {
			t.Errorf("one that is too large for any body goes alone, not with %d", n)
		}
	}
}

func TestEncodingDoesNotAllocate(t *testing.T) {
	e := newExporter(t, Config{})
	records := exportertest.Records()[:12] // no scores, which are seldom
	for i := range records {
		if o := records[i].Observation; o != nil && o.Generation != nil {
			o.Generation.Cost.Details = nil
		}
	}
	indices := e.plan(records).spans
	e.encode(records, indices)
	if n := testing.AllocsPerRun(100, func() { e.encode(records, indices) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	var records []exporter.Record
	for len(records) < 100 {
		records = append(records, exportertest.Records()[1:11]...)
	}
	for name, encoding := range map[string]Encoding{"protobuf": EncodingProtobuf, "json": EncodingJSON} {
		e := newExporter(b, Config{Encoding: encoding})
		indices := e.plan(records).spans
		body, _ := e.encode(records, indices)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				e.encode(records, indices)
			}
			b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "spans/s")
		})
		b.Run(name+"/gzip", func(b *testing.B) {
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				body, _ := e.encode(records, indices)
				dst, _ = exporter.Gzip().Compress(dst[:0], body)
			}
			b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "spans/s")
		})
	}
}
