package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

// What the project that is read has.
const (
	span     = 30 * 24 * time.Hour
	users    = 5000
	tenants  = 300
	teams    = 20
	prompts  = 20
	perVisit = 5 // traces of a session
	loaders  = 2
	loadSize = 512 // observations of a batch
	samples  = 500
	day      = 24 * time.Hour
)

var (
	models = []string{"gpt-4o", "gpt-4o-mini", "claude-sonnet-4", "claude-haiku-4", "gemini-2.5-flash", "solar-pro"}
	names  = []string{"chat", "search", "summarize", "translate", "classify", "rag-answer", "agent-run", "moderate", "extract", "route", "review", "plan"}
)

// loaded is what is known of a project that has been loaded.
type loaded struct {
	Observations int
	Payload      int
	Start        time.Time // of the first trace
	Traces       []string  // some of them
	Ids          []string  // of some observations
	RawBytes     int64     // of inputs and outputs
	Elapsed      time.Duration
	Indexed      time.Duration // after the last write
	CPU          time.Duration
	FileBytes    int64
	RSS, Peak    int64
}

func (l *loaded) end() time.Time { return l.Start.Add(span) }

const loadedName = "loaded.json"

// load is a child that fills a store. It doesn't wait for the disk: nobody keeps
// this data.
func load(ctx context.Context, t task) (any, error) {
	if err := os.MkdirAll(t.Dir, 0o700); err != nil {
		return nil, err
	}
	s, err := openStore(ctx, t.Dir, true)
	if err != nil {
		return nil, err
	}
	if err := s.CreateProject(ctx, store.Project{ID: projectID, Name: projectID, CreatedAt: time.Now()}); err != nil && !errors.Is(err, store.ErrExists) {
		return nil, err
	}
	l := &loaded{Observations: t.Observations / traceSize * traceSize, Payload: t.Payload, Start: time.Now().UTC().Truncate(time.Hour).Add(-span)}
	begin := time.Now()
	batches, failed := make(chan *store.Batch, 2*loaders), make(chan error, loaders)
	var wg sync.WaitGroup
	for range loaders {
		wg.Go(func() {
			for b := range batches {
				if err := write(ctx, s, b); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	fill := func() error {
		defer close(batches)
		a, b := newAuthor(1), &store.Batch{ProjectID: projectID}
		traces := l.Observations / traceSize
		for i := range traces {
			l.add(a, b, i, traces)
			if len(b.Observations) < loadSize && i < traces-1 {
				continue
			}
			select {
			case batches <- b:
			case err := <-failed:
				return err
			}
			b = &store.Batch{ProjectID: projectID}
		}
		return nil
	}
	err = fill()
	wg.Wait()
	select {
	case e := <-failed:
		err = errors.Join(err, e)
	default:
	}
	if err != nil {
		return nil, err
	}
	l.Elapsed = time.Since(begin)
	if err := waitFor(ctx, func() bool { return s.Stats().SearchLag == 0 }); err != nil {
		return nil, err
	}
	l.Indexed = time.Since(begin) - l.Elapsed
	l.RSS, l.Peak = memoryOf(os.Getpid())
	if err := s.Close(); err != nil {
		return nil, err
	}
	l.CPU = ownCPU()
	if l.FileBytes, err = folderBytes(t.Dir); err != nil {
		return nil, err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	return l, os.WriteFile(filepath.Join(t.Dir, loadedName), text, 0o600)
}

// write waits while too much is waiting.
func write(ctx context.Context, s store.Store, b *store.Batch) error {
	for {
		err := s.Write(ctx, b)
		if !errors.Is(err, store.ErrBusy) {
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// add makes the i-th of n traces: a root, an embedding, a retriever, tools, and
// generations among them.
func (l *loaded) add(a *author, b *store.Batch, i, n int) {
	id := a.id(32)
	start := l.Start.Add(time.Duration(float64(span) * (float64(i) + a.Float64()) / float64(n)))
	visit := i / perVisit
	korean := i%2 == 0
	stamp := func() store.Stamp { return store.NewStamp(start, false, a.id(32)) }
	b.Traces = append(b.Traces, store.TraceWrite{
		Stamp: stamp(), ID: id, Timestamp: start, Name: names[a.IntN(len(names))], UserID: userOf(visit), SessionID: fmt.Sprint("session-", visit),
		Environment: []string{"production", "production", "staging"}[i%3], Release: fmt.Sprint("v1.", i*20/n), Tags: []string{"web", fmt.Sprint("team-", a.IntN(teams))},
		Metadata: json.RawMessage(fmt.Sprintf(`{"tenant":"t%d","region":"kr"}`, a.IntN(tenants))),
	})
	kinds := [traceSize]exporter.Kind{exporter.KindAgent, exporter.KindGeneration, exporter.KindTool, exporter.KindGeneration, exporter.KindRetriever, exporter.KindGeneration, exporter.KindSpan, exporter.KindGeneration}
	at := start
	root := ""
	for k, kind := range kinds {
		took := time.Duration(a.ExpFloat64() * 400 * float64(time.Millisecond))
		o := store.ObservationWrite{Stamp: stamp(), ID: a.id(16), TraceID: id, ParentID: root, Kind: kind, Name: fmt.Sprint(kind, "-", k), Start: at, End: at.Add(took)}
		if k == 0 {
			root, o.End = o.ID, start.Add(4*time.Second)
		}
		switch n := a.IntN(1000); {
		case n < 2:
			level := exporter.LevelError
			o.Level, o.StatusMessage = &level, "the upstream answered 503"
		case n < 5:
			level := exporter.LevelWarning
			o.Level = &level
		}
		if kind == exporter.KindGeneration {
			in, out := int64(a.IntN(2000)), int64(a.IntN(700))
			cost := exporter.NanoUSD(in*2500 + out*10_000)
			o.Model = models[a.IntN(len(models))]
			o.ModelParameters = json.RawMessage(`{"temperature":0.2,"max_tokens":1024}`)
			o.CompletionStart = at.Add(took / 5)
			o.Usage = &store.Usage{Unit: "TOKENS", Input: in, Output: out, Total: in + out}
			o.Cost = &store.Cost{Total: &cost}
			o.Input, o.Output = a.text(l.Payload, korean), a.text(l.Payload/2, korean)
			if k == 1 {
				o.PromptName, o.PromptVersion = fmt.Sprint("prompt-", a.IntN(prompts)), 1+a.IntN(3)
			}
			l.RawBytes += int64(len(o.Input) + len(o.Output))
		}
		at = at.Add(took / 2)
		b.Observations = append(b.Observations, o)
	}
	if every := max(n/samples, 1); i%every == 0 {
		l.Traces, l.Ids = append(l.Traces, id), append(l.Ids, b.Observations[len(b.Observations)-1].ID)
	}
}

// userOf is who comes for a visit.
func userOf(visit int) string { return fmt.Sprint("user-", visit*7%users) }

func openStore(ctx context.Context, dir string, ephemeral bool) (*sqlite.Store, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return sqlite.Open(ctx, filepath.Join(dir, fileName), sqlite.Options{Ephemeral: ephemeral, Logger: log})
}

// waitFor asks every few milliseconds.
func waitFor(ctx context.Context, ok func() bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func folderBytes(dir string) (n int64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return 0, err
		}
		n += info.Size()
	}
	return n, nil
}

// project is the folder of a project of that size, loaded unless it is there from before.
func (s *settings) project(ctx context.Context, observations, payload int) (string, *loaded, error) {
	dir := filepath.Join(s.dir, fmt.Sprintf("data-%d-%d", observations, payload))
	var l loaded
	if text, err := os.ReadFile(filepath.Join(dir, loadedName)); err == nil {
		if err := json.Unmarshal(text, &l); err == nil {
			return dir, &l, nil
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", nil, err
	}
	say("load %s observations, %d B of input", size(observations), payload)
	l, err := do[loaded](ctx, task{Kind: "load", Dir: dir, Observations: observations, Payload: payload})
	return dir, &l, err
}

func readLoaded(dir string) (*loaded, error) {
	text, err := os.ReadFile(filepath.Join(dir, loadedName))
	if err != nil {
		return nil, err
	}
	var l loaded
	return &l, json.Unmarshal(text, &l)
}
