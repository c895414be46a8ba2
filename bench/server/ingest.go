package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server"
)

// way is how observations come in.
type way struct {
	name    string
	http    bool
	callers int
	batch   int
}

var ways = []way{
	{"HTTP, batches of 256, 1 connection", true, 1, batchSize},
	{"HTTP, batches of 256, 2 connections", true, 2, batchSize},
	{"HTTP, batches of 256, 4 connections", true, 4, batchSize},
	{"HTTP, 32 clients, a trace each time", true, clients, traceSize},
	{"in process, 1 caller, batches of 256", false, 1, batchSize},
	{"in process, 2 callers, batches of 256", false, 2, batchSize},
}

// clients are those that send a trace and wait for the answer.
const clients = 32

// taken is what a measurement of ingest gives.
type taken struct {
	Observations int
	Elapsed      time.Duration
	P50, P99     time.Duration
	Max          time.Duration
	Server       time.Duration // CPU until the last acknowledgement
	Settled      time.Duration // CPU until nothing more was done
	Client       time.Duration
	Commits      float64
	Known        bool // whether Commits is
}

func (t taken) rate() float64 { return float64(t.Observations) / t.Elapsed.Seconds() }

// per100k is CPU seconds for 100,000 observations.
func (t taken) per100k(d time.Duration) float64 {
	return d.Seconds() * 100_000 / float64(t.Observations)
}

func ingestSection(ctx context.Context, s *settings) error {
	heading("Ingest", fmt.Sprintf("Traces of %d observations, half of them generations with %d B of input and %d B of output, user, session, tags and metadata. Acknowledged means committed, "+
		"synchronously. %d observations a measurement, a fresh server and folder each time; the ways take turns in %d rounds. Bodies are made before the clock starts. "+
		"Durations are those of a request, of the median round. CPU is for 100,000 observations, in seconds: of the server until the last acknowledgement, of the server until it does nothing more "+
		"(index and checkpoint are in the background), and of the client. In process there is only one of them.", traceSize, inputBytes, outputBytes, s.ingest, s.rounds))
	results := make([][]taken, len(ways))
	for round := range s.rounds {
		for i, w := range ways {
			say("ingest, round %d: %s", round+1, w.name)
			dir := filepath.Join(s.dir, fmt.Sprintf("ingest-%d-%d", round, i))
			r, err := w.measure(ctx, s, dir, uint64(round*len(ways)+i)) //nolint:gosec // small
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			results[i] = append(results[i], r)
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	var rows [][]string
	for i, w := range ways {
		of := func(f func(taken) float64) float64 {
			var v []float64
			for _, r := range results[i] {
				v = append(v, f(r))
			}
			return median(v)
		}
		best := 0.0
		for _, r := range results[i] {
			best = max(best, r.rate())
		}
		duration := func(f func(taken) time.Duration) string {
			return millis(time.Duration(of(func(r taken) float64 { return float64(f(r)) })))
		}
		client, commits := "–", "–"
		if w.http {
			client = fmt.Sprintf("%.2f", of(func(r taken) float64 { return r.per100k(r.Client) }))
		}
		if results[i][0].Known {
			commits = fmt.Sprintf("%.0f", of(func(r taken) float64 { return r.Commits / r.Elapsed.Seconds() }))
		}
		rate := of(taken.rate)
		rows = append(rows, []string{
			w.name, thousands(rate), thousands(best), duration(func(r taken) time.Duration { return r.P50 }), duration(func(r taken) time.Duration { return r.P99 }),
			duration(func(r taken) time.Duration { return r.Max }), fmt.Sprintf("%.2f", of(func(r taken) float64 { return r.per100k(r.Server) })),
			fmt.Sprintf("%.2f", of(func(r taken) float64 { return r.per100k(r.Settled) })), client, commits,
		})
	}
	table("Observations committed", []string{"", "obs/s, median", "best", "p50 ms", "p99 ms", "max ms", "server CPU s", "until quiet", "client CPU s", "commits/s"}, rows)
	return nil
}

func (w way) measure(ctx context.Context, s *settings, dir string, seed uint64) (taken, error) {
	if !w.http {
		return do[taken](ctx, task{Kind: "inprocess", Dir: dir, Observations: s.ingest, Callers: w.callers})
	}
	return w.overHTTP(ctx, s, dir, seed)
}

func (w way) overHTTP(ctx context.Context, s *settings, dir string, seed uint64) (r taken, err error) {
	a := newAuthor(seed)
	requests := bodies(a, s.ingest, w.batch)
	p, err := s.serve(ctx, dir)
	if err != nil {
		return r, err
	}
	defer func() {
		if e := p.stop(); err == nil {
			err = e
		}
	}()
	c := newClient(p.url, w.callers)
	defer c.close()
	warm := bodies(a, w.callers*traceSize, traceSize) // connections, statements
	if _, err := each(w.callers, warm, func(b []byte) error { return c.send(ctx, b) }); err != nil {
		return r, err
	}
	p.quiet(ctx)
	commits, known := p.counter(ctx, "langshark_store_commits_total")
	cpu, own, start := cpuOf(p.pid()), ownCPU(), time.Now()
	took, err := each(w.callers, requests, func(b []byte) error { return c.send(ctx, b) })
	if err != nil {
		return r, err
	}
	r = summary(len(requests)*w.batch, time.Since(start), took)
	r.Server, r.Client = cpuOf(p.pid())-cpu, ownCPU()-own
	if known {
		after, _ := p.counter(ctx, "langshark_store_commits_total")
		r.Commits, r.Known = after-commits, true
	}
	p.quiet(ctx)
	r.Settled = cpuOf(p.pid()) - cpu
	return r, nil
}

func summary(observations int, elapsed time.Duration, took []time.Duration) taken {
	return taken{Observations: observations, Elapsed: elapsed, P50: quantile(took, 0.5), P99: quantile(took, 0.99), Max: quantile(took, 1)}
}

// inProcess is a child that has the server in it and exports to it.
func inProcess(ctx context.Context, t task) (any, error) {
	srv, err := server.New(server.Config{DataDir: t.Dir, Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return nil, err
	}
	e, a := srv.Exporter(""), newAuthor(uint64(t.Callers)) //nolint:gosec // small
	var batches [][]exporter.Record
	for range t.Observations / batchSize {
		batches = append(batches, records(a, batchSize))
	}
	if err := e.Export(ctx, records(a, batchSize)); err != nil {
		return nil, err
	}
	cpu, start := ownCPU(), time.Now()
	took, err := each(t.Callers, batches, func(list []exporter.Record) error { return e.Export(ctx, list) })
	if err != nil {
		return nil, err
	}
	r := summary(len(batches)*batchSize, time.Since(start), took)
	r.Server = ownCPU() - cpu
	if err := srv.Shutdown(ctx); err != nil {
		return nil, err
	}
	r.Settled = ownCPU() - cpu
	return r, nil
}
