package sqlite

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// filled is a store with traces of eight observations, half with payloads, not indexed.
func filled(tb testing.TB, traces int, options Options) *Store {
	tb.Helper()
	options.Ephemeral, options.SweepEvery, options.noWork = true, time.Hour, true
	s, err := Open(tb.Context(), filepath.Join(tb.TempDir(), "bench.db"), options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.CreateProject(tb.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		tb.Fatal(err)
	}
	texts := sampleBlocks(rand.New(rand.NewPCG(1, 1)), 2000)
	for from := 0; from < traces; from += 32 {
		batch := &store.Batch{ProjectID: "p"}
		for n := from; n < min(from+32, traces); n++ {
			trace := fmt.Sprintf("%032x", n)
			at := time.Unix(1_700_000_000, 0).Add(time.Duration(n) * time.Second)
			batch.Traces = append(batch.Traces, store.TraceWrite{Stamp: store.NewStamp(at, false, trace), ID: trace, Timestamp: at, Name: "chat", UserID: fmt.Sprint("u", n%500), Tags: []string{"a", "b"}, Metadata: json.RawMessage(`{"tenant":"t7"}`)})
			for i := range 8 {
				o := store.ObservationWrite{Stamp: store.NewStamp(at, false, trace), ID: fmt.Sprintf("%012x%04x", n, i), TraceID: trace, Kind: exporter.KindSpan, Name: "step", Start: at, End: at.Add(time.Second)}
				if i%2 == 0 {
					text := string(texts[(n*4+i)%len(texts)])
					in, _ := json.Marshal(text[:min(len(text), 600)])
					out, _ := json.Marshal(text[len(text)-300:])
					o.Kind, o.Input, o.Output = exporter.KindGeneration, in, out
				}
				batch.Observations = append(batch.Observations, o)
			}
		}
		if err := s.Write(tb.Context(), batch); err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

// BenchmarkIndex is what the search index costs, an operation being an observation.
func BenchmarkIndex(b *testing.B) {
	s := filled(b, b.N/8+1, Options{})
	b.ResetTimer()
	for {
		more, err := s.indexStep(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// BenchmarkExpire is what retention costs, an operation being an observation.
func BenchmarkExpire(b *testing.B) {
	s := filled(b, b.N/8+1, Options{})
	for {
		more, err := s.indexStep(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if !more {
			break
		}
	}
	b.ResetTimer()
	var slowest time.Duration
	for more := true; more; {
		start := time.Now()
		err := s.do(b.Context(), func(t *tx) (err error) {
			t.names[1] = "p"
			more, err = t.expireTraces(1, 1<<62, 200)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		slowest = max(slowest, time.Since(start))
	}
	b.ReportMetric(float64(slowest.Milliseconds()), "slowest-ms")
}

// TestMergeSearch takes most of the rows out of the index, and has it merged.
func TestMergeSearch(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: thousands of traces, and nothing in parallel")
	}
	s := filled(t, 2000, Options{})
	for more := true; more; {
		var err error
		if more, err = s.indexStep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	size := func() (bytes int64) {
		if err := s.read.QueryRowContext(t.Context(), "SELECT sum(length(block)) FROM search_data").Scan(&bytes); err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	before := size()
	if err := s.expire(t.Context(), "p", 1, micros(time.Unix(1_700_000_000+1800, 0))); err != nil {
		t.Fatal(err)
	}
	if now := size(); now < before {
		t.Fatalf("deletes alone made the index smaller: %d bytes after %d", now, before)
	}
	if err := s.mergeSearch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := size(); now > before/3 {
		t.Errorf("after the merge the index has %d bytes, before the deletes %d: only a tenth of its rows is left", now, before)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	page, err := s.Search(t.Context(), "p", store.SearchQuery{Text: "환불1"})
	if err != nil || len(page.Hits) == 0 {
		t.Errorf("search for what is left: %+v, %v", page, err)
	}
}
