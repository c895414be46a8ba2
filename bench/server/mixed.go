package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	share   = 0.8 // of the capacity
	readers = 2
	breath  = 200 * time.Millisecond // between two reads of a reader
)

// minute is a line of the table.
type minute struct {
	writes, reads []time.Duration
	errors        int
	rss           int64
}

// timeline is what the minutes are filled in.
type timeline struct {
	mu      sync.Mutex
	minutes []minute
	start   time.Time
	length  time.Duration
	first   error
}

// rate is how many observations a second were written in a minute.
func (t *timeline) rate(i int) float64 {
	return float64(len(t.minutes[i].writes)*traceSize) / t.length.Seconds()
}

func (t *timeline) note(took time.Duration, err error, read bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := &t.minutes[min(int(time.Since(t.start)/t.length), len(t.minutes)-1)]
	switch {
	case err != nil:
		m.errors++
		if t.first == nil {
			t.first = err
		}
	case read:
		m.reads = append(m.reads, took)
	default:
		m.writes = append(m.writes, took)
	}
}

func mixedSection(ctx context.Context, s *settings) (err error) {
	dir := filepath.Join(s.dir, "mixed")
	p, err := s.serve(ctx, dir)
	if err != nil {
		return err
	}
	defer func() {
		if e := p.stop(); err == nil {
			err = errors.Join(e, os.RemoveAll(dir))
		}
	}()
	c := newClient(p.url, clients+readers)
	defer c.close()
	say("mixed: measuring the capacity for %v", s.minute)
	line, err := mixedLoad(ctx, s, p, c, s.minute, 0)
	if err != nil {
		return err
	}
	capacity := line.rate(0)
	rate := share * capacity
	heading("Mixed load", fmt.Sprintf("%d clients that send a trace of %d observations each time, together %s observations a second; %d readers that read a list, a tree, an observation and the sessions in turns, %v apart. "+
		"That is %.0f %% of what the same clients beside the same readers get through in the %v before, without a pause: %s. The server is a process of its own, both share the machine.",
		clients, traceSize, thousands(rate), readers, breath, 100*share, s.minute, thousands(capacity)))
	say("mixed: %v at %s obs/s", s.mixed, thousands(rate))
	if line, err = mixedLoad(ctx, s, p, c, s.mixed, rate); err != nil {
		return err
	}
	var rows [][]string
	failed := 0
	for i, m := range line.minutes {
		failed += m.errors
		rows = append(rows, []string{
			strconv.Itoa(i + 1), thousands(line.rate(i)), millis(quantile(m.writes, 0.5)), millis(quantile(m.writes, 0.99)), millis(quantile(m.writes, 1)),
			strconv.Itoa(len(m.reads)), millis(quantile(m.reads, 0.5)), millis(quantile(m.reads, 0.99)), strconv.Itoa(m.errors), megabytes(m.rss),
		})
	}
	table(fmt.Sprintf("By %v", line.length), []string{"", "obs/s", "ack p50 ms", "p99", "max", "reads", "p50 ms", "p99", "errors", "RSS MB at its end"}, rows)
	_, peak := memoryOf(p.pid())
	files, err := folderBytes(dir)
	if err != nil {
		return err
	}
	fmt.Printf("\n%d errors, peak RSS %s MB, files %s MB.", failed, megabytes(peak), megabytes(files))
	if line.first != nil {
		fmt.Printf(" The first error: %v.", line.first)
	}
	fmt.Println()
	return nil
}

// mixedLoad runs so long, at so many observations a second, or without a pause if that is 0.
func mixedLoad(ctx context.Context, s *settings, p *serverProcess, c *client, long time.Duration, rate float64) (*timeline, error) {
	line := &timeline{minutes: make([]minute, max(int(long/s.minute), 1)), start: time.Now(), length: min(s.minute, max(long, time.Second))}
	working, stop := context.WithTimeout(ctx, time.Duration(len(line.minutes))*line.length)
	defer stop()
	var wg sync.WaitGroup
	ids := make(chan [2]string, 64) // of traces and observations that are there
	for i := range clients {
		wg.Go(func() {
			a := newAuthor(uint64(line.start.UnixNano()) + uint64(i)) //nolint:gosec // a seed
			// By the clock: whoever is late sends at once, so that nothing of the load is left out.
			next, every := time.Now(), time.Duration(0)
			if rate > 0 {
				every = time.Duration(float64(time.Second) * traceSize * clients / rate)
				next = next.Add(time.Duration(a.Int64N(int64(every))))
			}
			for {
				wait := time.NewTimer(time.Until(next))
				select {
				case <-wait.C:
				case <-working.Done():
					wait.Stop()
					return
				}
				if working.Err() != nil {
					return
				}
				next = next.Add(every)
				list := records(a, traceSize)
				b := body(list)
				start := time.Now()
				err := c.send(ctx, b)
				line.note(time.Since(start), err, false)
				select {
				case ids <- [2]string{list[0].Observation.TraceID, list[0].Observation.ID}:
				default:
				}
			}
		})
	}
	for range readers {
		wg.Go(func() {
			tick := time.NewTicker(breath)
			defer tick.Stop()
			var id [2]string
			select {
			case id = <-ids:
			case <-working.Done():
				return
			}
			for i := 0; ; i++ {
				select {
				case <-tick.C:
				case <-working.Done():
					return
				}
				select {
				case id = <-ids:
				default:
				}
				path := []string{"/api/public/traces?limit=50", "/api/public/traces/" + id[0], "/api/public/observations/" + id[1], "/api/public/sessions?limit=50"}[i%4]
				start := time.Now()
				err := c.get(ctx, path)
				line.note(time.Since(start), err, true)
			}
		})
	}
	wg.Go(func() {
		tick := time.NewTicker(line.length)
		defer tick.Stop()
		for i := range line.minutes {
			select {
			case <-tick.C:
			case <-working.Done():
			}
			now, _ := memoryOf(p.pid())
			line.mu.Lock()
			line.minutes[i].rss = now
			line.mu.Unlock()
		}
	})
	wg.Wait()
	return line, ctx.Err()
}
