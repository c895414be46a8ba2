package transfer_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/transfer"
)

// load writes traces of ten observations, every third a generation with a conversation.
func load(b *testing.B, s store.Store, traces int) {
	b.Helper()
	r := dice{rand.New(rand.NewPCG(1, 2))}
	batch := &store.Batch{}
	for i := range traces {
		at := epoch.Add(time.Duration(i) * time.Second)
		stamp := store.NewStamp(at, false, "e")
		id := fmt.Sprintf("%032x", i)
		batch.Traces = append(batch.Traces, store.TraceWrite{Stamp: stamp, ID: id, Timestamp: at, Name: "chat", UserID: "u", SessionID: "s", Input: []byte(`"question"`)})
		for k := range 10 {
			w := store.ObservationWrite{Stamp: stamp, ID: fmt.Sprintf("%s%02x", id[16:], k), TraceID: id, Kind: exporter.Kind(k % 3), Name: "step", Start: at, End: at.Add(time.Second)}
			if w.Kind == exporter.KindGeneration {
				w.Input, w.Output, w.Model = fmt.Appendf(nil, `[{"role":"user","content":"%0300d"}]`, r.Int64()), []byte(`{"role":"assistant","content":"answer"}`), "gpt-4o"
				w.Usage = &store.Usage{Input: 100, Output: 20, Total: 120}
			}
			batch.Observations = append(batch.Observations, w)
		}
		if batch.Len() > 1000 {
			write(b, s, batch)
			batch = &store.Batch{}
		}
	}
	write(b, s, batch)
}

const benchTraces = 1000

// BenchmarkExport is of 11,000 rows.
func BenchmarkExport(b *testing.B) {
	s := open(b)
	load(b, s, benchTraces)
	for b.Loop() {
		if _, err := transfer.Export(b.Context(), s, project, io.Discard, transfer.ExportOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*benchTraces*11)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkImport is of 11,000 rows, each time into an empty store.
func BenchmarkImport(b *testing.B) {
	s := open(b)
	load(b, s, benchTraces)
	text := export(b, s, transfer.ExportOptions{})
	for b.Loop() {
		b.StopTimer()
		empty := open(b)
		b.StartTimer()
		if _, err := transfer.Import(b.Context(), empty, project, bytes.NewReader([]byte(text)), transfer.ImportOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*benchTraces*11)/b.Elapsed().Seconds(), "rows/s")
}
