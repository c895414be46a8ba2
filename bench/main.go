// Command bench measures the SDK beside its peers, in interleaved rounds of
// one process, and prints a table in Markdown. Ratios are medians over the
// rounds; allocations and bytes hold anywhere, times do not.
//
//	go -C bench run . -rounds 7
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

var (
	input  = []message{{"system", text(600)}, {"user", text(400)}}
	output = message{"assistant", text(500)}
)

func text(n int) string {
	return strings.Repeat("the quick brown fox jumps over the lazy dog ", n/44+1)[:n]
}

// flushEvery keeps the queues short, as a steady load does.
const flushEvery = 500

// subject is one way to record the same.
type subject struct {
	name  string
	bench func(b *testing.B)
}

func main() {
	testing.Init()
	rounds := flag.Int("rounds", 7, "interleaved rounds")
	flag.Parse()
	fmt.Printf("%s %s/%s, %d cores, %s\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly))
	compare("A trace of five observations, 1.5 KB of chat", *rounds, subject{"otel-go SDK", otelTrace}, subject{"langshark", langsharkTrace})
	compare("One span, start and End", *rounds, subject{"otel-go SDK", otelSpan}, subject{"langshark", langsharkSpan})
	if err := blocked(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// compare runs the subjects in turn and prints medians; the ratio is to the first.
func compare(title string, rounds int, subjects ...subject) {
	ns := make([][]float64, len(subjects))
	last := make([]testing.BenchmarkResult, len(subjects))
	for range rounds {
		for i, s := range subjects {
			last[i] = testing.Benchmark(s.bench)
			ns[i] = append(ns[i], float64(last[i].NsPerOp()))
		}
	}
	fmt.Printf("%s\n\n| | ns | ratio | B | allocations |\n|---|---|---|---|---|\n", title)
	for i, s := range subjects {
		ratios := make([]float64, rounds)
		for r := range rounds {
			ratios[r] = ns[i][r] / ns[0][r]
		}
		fmt.Printf("| %s | %.0f | %.2f | %d | %d |\n", s.name, median(ns[i]), median(ratios), last[i].AllocedBytesPerOp(), last[i].AllocsPerOp())
	}
	fmt.Println()
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}

// discard accepts everything.
type discard struct{}

func (discard) Export(context.Context, []exporter.Record) error { return nil }
func (discard) Shutdown(context.Context) error                  { return nil }

func langsharkTrace(b *testing.B) {
	b.Helper()
	c, err := langshark.New(langshark.Config{Exporter: discard{}, QueueBytes: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%flushEvery == 0 {
			_ = c.Flush(context.Background())
		}
		ctx, root := c.StartTrace(context.Background(), "chat")
		ctx2, retrieve := langshark.StartSpan(ctx, "retrieve")
		_, embed := langshark.StartSpan(ctx2, "embed")
		embed.End()
		retrieve.End()
		_, g := langshark.StartGeneration(ctx, "generate")
		g.SetModel("gpt-4o")
		g.SetInput(input)
		g.SetOutput(output)
		g.SetUsage(langshark.Usage{InputTokens: 300, OutputTokens: 120})
		g.End()
		_, parse := langshark.StartSpan(ctx, "parse")
		parse.End()
		root.End()
	}
	_ = c.Shutdown(context.Background()) // the worker's part belongs to the figure
}

func langsharkSpan(b *testing.B) {
	b.Helper()
	c, err := langshark.New(langshark.Config{Exporter: discard{}, QueueBytes: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	ctx, root := c.StartSpan(context.Background(), "root")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%flushEvery == 0 {
			_ = c.Flush(context.Background())
		}
		_, s := langshark.StartSpan(ctx, "span")
		s.End()
	}
	root.End()
	_ = c.Shutdown(context.Background())
}

type otelDiscard struct{}

func (otelDiscard) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (otelDiscard) Shutdown(context.Context) error                             { return nil }

func otelTracer() (trace.Tracer, *sdktrace.TracerProvider) {
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(otelDiscard{}, sdktrace.WithBlocking()))
	return tp.Tracer("bench"), tp
}

func otelTrace(b *testing.B) {
	b.Helper()
	t, tp := otelTracer()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%flushEvery == 0 {
			_ = tp.ForceFlush(context.Background())
		}
		ctx, root := t.Start(context.Background(), "chat")
		ctx2, retrieve := t.Start(ctx, "retrieve")
		_, embed := t.Start(ctx2, "embed")
		embed.End()
		retrieve.End()
		_, g := t.Start(ctx, "generate")
		g.SetAttributes(attribute.String("gen_ai.request.model", "gpt-4o"), attribute.String("gen_ai.input.messages", encode(input)),
			attribute.String("gen_ai.output.messages", encode(output)), attribute.Int("gen_ai.usage.input_tokens", 300), attribute.Int("gen_ai.usage.output_tokens", 120))
		g.End()
		_, parse := t.Start(ctx, "parse")
		parse.End()
		root.End()
	}
	_ = tp.Shutdown(context.Background())
}

func otelSpan(b *testing.B) {
	b.Helper()
	t, tp := otelTracer()
	ctx, root := t.Start(context.Background(), "root")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%flushEvery == 0 {
			_ = tp.ForceFlush(context.Background())
		}
		_, s := t.Start(ctx, "span")
		s.End()
	}
	root.End()
	_ = tp.Shutdown(context.Background())
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// stuck blocks until it is released.
type stuck struct{ release chan struct{} }

func (s stuck) Export(ctx context.Context, _ []exporter.Record) error {
	select {
	case <-s.release:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
func (stuck) Shutdown(context.Context) error { return nil }

// blocked measures what the application waits for a Start and an End while the sink hangs.
func blocked() error {
	s := stuck{release: make(chan struct{})}
	c, err := langshark.New(langshark.Config{Exporter: s, QueueBytes: 8 << 20, OnError: func(error) {}})
	if err != nil {
		return err
	}
	const traces = 100_000
	took := make([]time.Duration, 0, traces)
	var sum atomic.Int64
	for range traces {
		begun := time.Now()
		ctx, root := c.StartTrace(context.Background(), "chat")
		_, g := langshark.StartGeneration(ctx, "generate")
		g.SetInput(input)
		g.End()
		root.End()
		d := time.Since(begun)
		took = append(took, d)
		sum.Add(int64(d))
	}
	slices.SortFunc(took, cmp.Compare[time.Duration])
	stats := c.Stats()
	close(s.release)
	_ = c.Shutdown(context.Background())
	fmt.Printf("A trace with one generation while the sink hangs and the queue (8 MiB) is full, %d times: mean %v, p50 %v, p99 %v, p99.9 %v.\n",
		traces, time.Duration(sum.Load()/traces), took[traces/2], took[traces*99/100], took[traces*999/1000])
	fmt.Printf("Held %d KB; accepted %d = delivered %d + dropped %d + queued %d + in flight %d.\n",
		stats.Bytes>>10, stats.Accepted, stats.Delivered, stats.Dropped.Total(), stats.Queued, stats.InFlight)
	return nil
}
