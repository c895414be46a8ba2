package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/ingestion"
	"github.com/langshark/langshark-go/server"
)

// The load of the goals: traces of eight observations, half of them with 2 KB
// of input and 1 KB of output, in batches of 256 observations, committed to
// disk before they are acknowledged.
const (
	benchBatch       = 256
	benchTrace       = 8
	benchInputBytes  = 2048
	benchOutputBytes = 1024
)

// words are texts that compress about as prompts do.
func words(r *rand.Rand, size int) string {
	var b strings.Builder
	for b.Len() < size {
		fmt.Fprintf(&b, "w%d ", int(r.ExpFloat64()*300))
	}
	return b.String()[:size]
}

// benchRecords makes traces of observations, as a client sends them at their ends.
func benchRecords(r *rand.Rand, observations int) []exporter.Record {
	var records []exporter.Record
	for len(records) < observations {
		trace := strings.ReplaceAll(uuid.NewString(), "-", "")
		start := time.Now()
		attributes := &exporter.Attributes{
			TraceName: "bench", UserID: fmt.Sprint("u", r.IntN(5000)), Tags: []string{"a", "b"},
			Metadata: []exporter.KeyValue{{Key: "tenant", Value: exporter.Text(fmt.Sprint(r.IntN(300)))}},
		}
		root := trace[:16]
		for i := range benchTrace {
			o := &exporter.Observation{
				ID: strings.ReplaceAll(uuid.NewString(), "-", "")[:16], TraceID: trace, ParentID: root, Kind: exporter.KindTool,
				Name: fmt.Sprint("step", i), Start: start, End: start.Add(time.Second), Attributes: attributes,
			}
			if i == 0 {
				o.ID, o.ParentID = root, ""
			}
			if i%2 == 0 {
				o.Kind = exporter.KindGeneration
				o.Input, o.Output = exporter.Text(words(r, benchInputBytes)), exporter.Text(words(r, benchOutputBytes))
				o.Generation = &exporter.Generation{Model: "gpt-4o", Usage: &exporter.Usage{InputTokens: 500, OutputTokens: 250}}
			}
			records = append(records, exporter.Record{EventID: uuid.NewString(), Time: start, Observation: o})
		}
		records = append(records, exporter.Record{EventID: uuid.NewString(), Time: start, Trace: &exporter.Trace{ID: trace, Start: start, Attributes: *attributes}})
	}
	return records
}

// benchBody is the body of a request with the records.
func benchBody(records []exporter.Record) []byte {
	b := []byte(`{"batch":[`)
	for i := range records {
		if i > 0 {
			b = append(b, ',')
		}
		b = ingestion.AppendEvent(b, &records[i], ingestion.DialectV3)
	}
	return append(b, `]}`...)
}

// BenchmarkIngest reports observations a second that are committed, by way and number of clients.
func BenchmarkIngest(b *testing.B) {
	b.Run("inprocess", func(b *testing.B) {
		srv := newServer(b, server.Config{DataDir: b.TempDir()})
		e := srv.Exporter("")
		r := rand.New(rand.NewPCG(1, 2))
		b.StopTimer()
		for range b.N {
			records := benchRecords(r, benchBatch)
			b.StartTimer()
			if err := e.Export(b.Context(), records); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
		}
		b.ReportMetric(float64(b.N*benchBatch)/b.Elapsed().Seconds(), "obs/s")
	})
	b.Run("http", func(b *testing.B) {
		srv := newServer(b, server.Config{DataDir: b.TempDir()})
		c := serve(b, srv, "")
		r := rand.New(rand.NewPCG(1, 2))
		b.StopTimer()
		for range b.N {
			body := benchBody(benchRecords(r, benchBatch))
			b.StartTimer()
			if status, text, _ := c.do(b, http.MethodPost, "/api/public/ingestion", string(body)); status != http.StatusMultiStatus {
				b.Fatal(status, text)
			}
			b.StopTimer()
		}
		b.ReportMetric(float64(b.N*benchBatch)/b.Elapsed().Seconds(), "obs/s")
	})
	b.Run("clients32", func(b *testing.B) {
		srv := newServer(b, server.Config{DataDir: b.TempDir()})
		c := serve(b, srv, "")
		r := rand.New(rand.NewPCG(1, 2))
		work := make(chan []byte, b.N*32)
		for range b.N * 32 { // each request is one trace
			work <- benchBody(benchRecords(r, benchTrace))
		}
		close(work)
		transport := &http.Transport{MaxIdleConnsPerHost: 32}
		defer transport.CloseIdleConnections()
		client := http.Client{Transport: transport}
		var mu sync.Mutex
		var slowest []time.Duration
		b.ResetTimer()
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				for body := range work {
					start := time.Now()
					q, err := http.NewRequestWithContext(b.Context(), http.MethodPost, c.base+"/api/public/ingestion", bytes.NewReader(body))
					if err != nil {
						b.Error(err)
						return
					}
					q.SetBasicAuth(c.public, c.secret)
					q.Header.Set("Content-Type", "application/json")
					res, err := client.Do(q)
					if err != nil {
						b.Error(err)
						return
					}
					var result struct{ Errors []any }
					if err := json.NewDecoder(res.Body).Decode(&result); err != nil || len(result.Errors) > 0 {
						b.Error(err, result)
					}
					res.Body.Close()
					mu.Lock()
					slowest = append(slowest, time.Since(start))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(b.N*32*benchTrace)/b.Elapsed().Seconds(), "obs/s")
		b.ReportMetric(float64(percentile(slowest, 0.99).Milliseconds()), "p99-ms")
	})
}

func percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	return sorted[int(p*float64(len(sorted)-1))]
}

// BenchmarkRead reads the newest page and one tree beside 20,000 observations.
func BenchmarkRead(b *testing.B) {
	srv := newServer(b, server.Config{})
	e := srv.Exporter("")
	r := rand.New(rand.NewPCG(1, 2))
	trace := ""
	for range 80 {
		records := benchRecords(r, benchBatch)
		trace = records[0].Observation.TraceID
		if err := e.Export(b.Context(), records); err != nil {
			b.Fatal(err)
		}
	}
	p, err := srv.AddKey(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	ts := httptest.NewServer(srv.Handler())
	defer ts.Close()
	c := client{ts.URL, p.PublicKey, p.SecretKey}
	for name, path := range map[string]string{"list": "/api/public/traces?limit=50", "tree": "/api/public/traces/" + trace} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if status, text, _ := c.do(b, http.MethodGet, path, nil); status != http.StatusOK {
					b.Fatal(status, text)
				}
			}
		})
	}
}
