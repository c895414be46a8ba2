package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

// lightTraces are those that come in each second during the maintenance.
const lightTraces = 25

// ackLimit is what an acknowledgement may take meanwhile.
const ackLimit = 200 * time.Millisecond

// job is one thing that was done while traces came in.
type job struct {
	Name     string
	Took     time.Duration
	Note     string
	Acks     int
	Failed   int
	P50, P99 time.Duration
	Max      time.Duration
}

func maintenanceSection(ctx context.Context, s *settings) error {
	n, payload := s.observations[len(s.observations)-1], s.payload[len(s.observations)-1]
	dir, _, err := s.project(ctx, n, payload)
	if err != nil {
		return err
	}
	heading("Maintenance", fmt.Sprintf("At %s observations, while %d observations a second come in as traces of %d, one a write, synchronously, in the process of the store. "+
		"Acknowledgements count from when a write was due. They must not take longer than %d ms.", size(n), lightTraces*traceSize, traceSize, ackLimit.Milliseconds()))
	say("maintenance at %s", size(n))
	jobs, err := do[[]job](ctx, task{Kind: "maintenance", Dir: dir, Calm: s.calm, Binary: s.binary})
	if err != nil {
		return err
	}
	var rows [][]string
	for _, j := range jobs {
		within := "yes"
		switch {
		case j.Acks == 0:
			within = "–"
		case j.Max > ackLimit:
			within = "**no**"
		}
		rows = append(rows, []string{j.Name, fmt.Sprintf("%.2f s", j.Took.Seconds()), strconv.Itoa(j.Acks), strconv.Itoa(j.Failed), millis(j.P50), millis(j.P99), millis(j.Max), within, j.Note})
	}
	table("Beside the ingest", []string{"", "took", "acknowledged", "failed", "p50 ms", "p99 ms", "max ms", fmt.Sprintf("≤ %d ms", ackLimit.Milliseconds()), ""}, rows)
	return os.RemoveAll(dir) // half of it is gone
}

// light is an ingest that goes on beside the maintenance.
type light struct {
	store store.Store
	wg    sync.WaitGroup

	mu     sync.Mutex
	took   []time.Duration
	failed int
	first  error
}

// run writes until ctx ends. Each write has a goroutine of its own, so that one that waits doesn't hold up the next.
func (l *light) run(ctx context.Context) {
	a := newAuthor(77)
	tick := time.NewTicker(time.Second / lightTraces)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			l.wg.Wait()
			return
		}
		due, b := time.Now(), lightTrace(a)
		l.wg.Go(func() {
			err := l.store.Write(context.WithoutCancel(ctx), b)
			took := time.Since(due)
			l.mu.Lock()
			defer l.mu.Unlock()
			if err != nil {
				l.failed++
				if l.first == nil {
					l.first = err
				}
				return
			}
			l.took = append(l.took, took)
		})
	}
}

// reset begins a phase anew.
func (l *light) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took, l.failed = nil, 0
}

func lightTrace(a *author) *store.Batch {
	now := time.Now()
	id := a.id(32)
	b := &store.Batch{ProjectID: projectID, Traces: []store.TraceWrite{{Stamp: store.NewStamp(now, false, a.id(32)), ID: id, Timestamp: now, Name: "light", UserID: "user-1", Tags: []string{"light"}}}}
	for i := range traceSize {
		o := store.ObservationWrite{Stamp: store.NewStamp(now, false, a.id(32)), ID: a.id(16), TraceID: id, Kind: exporter.KindSpan, Name: "step", Start: now, End: now.Add(time.Second)}
		if i%2 == 0 {
			o.Kind, o.Model, o.Input, o.Output = exporter.KindGeneration, models[0], a.text(inputBytes, i%4 == 0), a.text(outputBytes, i%4 == 0)
		}
		b.Observations = append(b.Observations, o)
	}
	return b
}

// maintenance is a child that has the store in it.
func maintenance(ctx context.Context, t task) (any, error) {
	l, err := readLoaded(t.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(filepath.Join(t.Dir, loadedName)); err != nil { // it won't be what it says any more
		return nil, err
	}
	s, err := openStore(ctx, t.Dir, false)
	if err != nil {
		return nil, err
	}
	in := &light{store: s}
	writing, stop := context.WithCancel(ctx)
	var writer sync.WaitGroup
	writer.Go(func() { in.run(writing) })
	var jobs []job
	for _, v := range maintenanceJobs(s, l, t) {
		say("maintenance: %s", v.name)
		in.reset()
		start := time.Now()
		note, err := v.run(ctx)
		took := time.Since(start)
		if err != nil && !errors.Is(err, errSkip) {
			stop()
			writer.Wait()
			return nil, errors.Join(fmt.Errorf("%s: %w", v.name, err), s.Close())
		}
		in.mu.Lock()
		j := job{Name: v.name, Took: took, Note: note, Acks: len(in.took), Failed: in.failed, P50: quantile(in.took, 0.5), P99: quantile(in.took, 0.99), Max: quantile(in.took, 1)}
		in.mu.Unlock()
		if err != nil {
			j = job{Name: v.name, Took: took, Note: err.Error()}
		}
		jobs = append(jobs, j)
	}
	stop()
	writer.Wait()
	if in.first != nil {
		jobs[len(jobs)-1].Note += " first failure: " + in.first.Error()
	}
	return jobs, s.Close()
}

// errSkip says why a job can't be done.
var errSkip = errors.New("skipped")

type namedJob struct {
	name string
	run  func(context.Context) (note string, err error)
}

func maintenanceJobs(s *sqlite.Store, l *loaded, t task) []namedJob {
	scratch := filepath.Join(t.Dir, "scratch")
	backup, dayFile := filepath.Join(scratch, "backup", fileName), filepath.Join(scratch, "day.jsonl")
	retain := func(before time.Time) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			var old int64
			rows, err := s.Metrics(ctx, projectID, store.MetricsQuery{By: store.ByTrace, To: before})
			if err != nil {
				return "", err
			}
			for _, r := range rows {
				old += r.Traces
			}
			gone := s.Stats().Expired
			if err := s.SetRetention(ctx, projectID, time.Since(before)); err != nil {
				return "", err
			}
			if err := waitFor(ctx, func() bool { return s.Stats().Expired >= gone+old }); err != nil {
				return "", err
			}
			stats := s.Stats()
			return fmt.Sprintf("%d traces; then %s MB, %s of them free", old, megabytes(stats.FileBytes), megabytes(stats.FreeBytes)), nil
		}
	}
	calm := func(ctx context.Context) (string, error) {
		select {
		case <-time.After(t.Calm):
			return "", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	check := func(ctx context.Context) (string, error) { return "", s.Check(ctx) }
	return []namedJob{
		{"nothing else", calm},
		{"backup", func(ctx context.Context) (string, error) {
			if err := os.MkdirAll(filepath.Dir(backup), 0o700); err != nil {
				return "", err
			}
			if err := s.Backup(ctx, backup, nil); err != nil {
				return "", err
			}
			info, err := os.Stat(backup)
			if err != nil {
				return "", err
			}
			return megabytes(info.Size()) + " MB", nil
		}},
		{"restore: opening the copy and its first list", func(ctx context.Context) (string, error) {
			restored, err := openStore(ctx, filepath.Dir(backup), false)
			if err != nil {
				return "", err
			}
			page, err := restored.Traces(ctx, projectID, store.TraceQuery{Page: store.Page{Total: true}})
			return fmt.Sprintf("%d traces", page.Total), errors.Join(err, restored.Close(), os.RemoveAll(filepath.Dir(backup)))
		}},
		{"check", check},
		{"langshark export, all", langshark(t, filepath.Join(scratch, "all.jsonl.zst"), "export", "--project", projectID, "--out", filepath.Join(scratch, "all.jsonl.zst"))},
		{"langshark export, a day", langshark(t, dayFile, "export", "--project", projectID, "--from", l.Start.Add(10*day).Format(time.RFC3339), "--to", l.Start.Add(11*day).Format(time.RFC3339), "--out", dayFile)},
		{"langshark import, that day into another project", func(ctx context.Context) (string, error) {
			if err := s.CreateProject(ctx, store.Project{ID: "copy", Name: "copy", CreatedAt: time.Now()}); err != nil {
				return "", err
			}
			return langshark(t, dayFile, "import", "--project", "copy", dayFile)(ctx)
		}},
		{"retention: a day of 30", retain(l.Start.Add(day))},
		{"retention: half of the days", retain(l.Start.Add(span / 2))},
		{"check after that", check},
		{"nothing else any more", calm},
	}
}

// langshark runs a command of the binary on the folder, and notes the size of a
// file; where there is no such command, it is skipped.
func langshark(t task, file, verb string, arguments ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if err := exec.CommandContext(ctx, t.Binary, verb, "--help").Run(); err != nil { //nolint:gosec // what the bench is for
			return "", fmt.Errorf("%w: langshark has no command %s", errSkip, verb)
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return "", err
		}
		cmd := exec.CommandContext(ctx, t.Binary, append([]string{verb, "--data", t.Dir}, arguments...)...) //nolint:gosec // what the bench is for
		cmd.Env = environment()
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %w: %s", errSkip, err, bytes.Join(bytes.Fields(out[:min(len(out), 300)]), []byte(" ")))
		}
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		return megabytes(info.Size()) + " MB", nil
	}
}
