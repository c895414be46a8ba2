package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// loss shows what arrives, and what the application waits for, when things go
// well and when they don't. One run each: these are counts, not times.
func loss(ctx context.Context, s settings) error {
	heading("Loss", fmt.Sprintf("Default settings. p50 and p99 are what the calls of one trace of five observations take the application. "+
		"Recording ends after %v at the latest, closing has a deadline of %v and is not waited for after half as long again. langshark counts records: a trace is one beside its observations on this wire.", loadTime, s.closing))
	subjects := []string{shark, sharkOTLP, otelDefault, otelPlain, henomis, datadog, sentryGo}
	steady := s.perSec / observations
	steadyN := int(s.steady.Seconds() * float64(steady))
	for _, scene := range []struct {
		title    string
		task     task
		delay    time.Duration
		subjects []string
	}{
		{fmt.Sprintf("A blast of %d observations", s.blast*observations), task{Kind: kindBlast, N: s.blast}, 0, subjects},
		{fmt.Sprintf("%d observations a second for %v", s.perSec, s.steady), task{Kind: kindSteady, N: steadyN, PerSec: steady}, 0, subjects},
		{fmt.Sprintf("The same, and the sink is away for %v meanwhile", s.pause), task{Kind: kindSteady, N: steadyN, PerSec: steady, Away: s.pause}, 0, subjects},
		{"The blast with a sink that takes " + s.delay.String() + " for each answer", task{Kind: kindBlast, N: s.blast}, s.delay, subjects},
		{"The blast with no sink: connections are refused once the SDK has started", task{Kind: kindBlast, N: s.blast, Dead: true}, 0, subjects},
	} {
		scene.task.Closing = s.closing
		var rows [][]string
		for _, name := range scene.subjects {
			t := scene.task
			t.Subject, t.Exports = name, true
			r, err := measure(ctx, s, t, scene.delay)
			if err != nil {
				return err
			}
			rows = append(rows, lossRow(name, r))
		}
		if scene.task.Dead {
			more, err := spooled(ctx, s, scene.task)
			if err != nil {
				return err
			}
			rows = append(rows, more...)
		}
		table(scene.title, []string{"", "recorded", "arrived", "of the generations", "twice", "what the SDK counts", "closed after", "p50 µs", "p99 µs", "peak RSS MB (at start)"}, rows)
	}
	return nil
}

// spooled is the same with a folder on disk, which a second process then empties.
func spooled(ctx context.Context, s settings, t task) ([][]string, error) {
	dir, err := os.MkdirTemp("", "bench-spool")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	t.Subject, t.Exports, t.To.SpoolDir = sharkSpool, true, dir
	first, err := measure(ctx, s, t, 0)
	if err != nil {
		return nil, err
	}
	second, err := measure(ctx, s, task{Kind: kindDeliver, Subject: sharkSpool, Exports: true, To: target{SpoolDir: dir}, Closing: s.closing}, 0)
	if err != nil {
		return nil, err
	}
	second.N = first.N // of these
	return [][]string{lossRow(sharkSpool, first), lossRow("… the next process, with a sink", second)}, nil
}

func lossRow(name string, r result) []string {
	p50, p99 := "–", "–"
	if r.P99 > 0 {
		p50, p99 = micros(r.P50), micros(r.P99)
	}
	closed := seconds(r.Closed)
	if r.TimedOut {
		closed = "not after " + closed
	}
	return []string{
		name, strconv.FormatInt(r.N*observations, 10), percent(r.Arrived.Observations, r.N*observations), percent(r.Arrived.Generations, r.N), strconv.FormatInt(r.Arrived.Again, 10), counted(r.Stats), closed, p50, p99,
		fmt.Sprintf("%s (%s)", megabytes(r.Peak), megabytes(r.BaseRSS)),
	}
}

// counted is what the SDK says, with the sum checked.
func counted(s *exporter.Stats) string {
	if s == nil {
		return "–"
	}
	text := fmt.Sprintf("%d = %d delivered + %d dropped", s.Accepted, s.Delivered, s.Dropped.Total())
	left := s.Queued + s.InFlight
	if left > 0 {
		text += fmt.Sprintf(" + %d queued (%s MB)", left, megabytes(s.Bytes))
	}
	if s.Spooled > 0 {
		text += fmt.Sprintf(" + %d on disk", s.Spooled)
	}
	if s.Accepted != s.Delivered+s.Dropped.Total()+left+s.Spooled {
		text += " (DOES NOT ADD UP)"
	}
	return text
}
