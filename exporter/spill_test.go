package exporter_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/spool"
)

func newSpool(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.New(spool.Config{Dir: dir, Sync: spool.SyncNone})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func numbers(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint(i)
	}
	return all
}

func byNumber(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }

var errDown = errors.New("connection refused")

// down refuses n times.
func (s *script) down(n int) *script {
	for range n {
		s.then(fails(errDown))
	}
	return s
}

func TestAnOutageGoesToDiskAndComesBackInOrder(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).down(12)
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 10, Spool: newSpool(t, dir)})
		for i := range 95 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		advance(1500 * time.Millisecond)
		if s := p.Stats(); s.Spooled != 95 || s.Queued+s.InFlight != 0 || s.SpoolBytes == 0 || s.Bytes != 0 {
			t.Errorf("during the outage: %+v", s)
		}
		for i := range 30 {
			p.EnqueueRecord(span(fmt.Sprint(95 + i)))
			advance(100 * time.Millisecond)
			check(t, p.Stats())
		}
		advance(5 * time.Minute)
		if !slices.Equal(sink.got, numbers(125)) {
			t.Errorf("arrived: %q", sink.got)
		}
		if s := p.Stats(); s.Delivered != 125 || s.Spooled != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestWhatAProcessLeavesTheNextDelivers(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		first := exporter.NewPipeline((&script{}).down(1000), exporter.PipelineConfig{FlushAt: 10, Spool: newSpool(t, dir)})
		for i := range 40 {
			first.EnqueueRecord(span(fmt.Sprint(i)))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begun := time.Now()
		err := first.Shutdown(ctx)
		var delivery *exporter.DeliveryError
		if !errors.As(err, &delivery) || delivery.Spooled != 40 || delivery.Remaining != 0 || delivery.Dropped != 0 {
			t.Errorf("Shutdown says %v", err)
		}
		if d := time.Since(begun); d > 2100*time.Millisecond {
			t.Errorf("Shutdown took %v", d)
		}
		check(t, first.Stats())

		sink := &script{}
		next := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 10, Spool: newSpool(t, dir)})
		next.EnqueueRecord(span("40"))
		if err := next.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sink.got, numbers(41)) {
			t.Errorf("arrived: %q", sink.got)
		}
		if s := next.Stats(); s.Adopted != 40 || s.Accepted != 41 || s.Delivered != 41 {
			t.Errorf("%+v", s)
		}
	})
}

// What was recorded by a process that has ended is told apart from what came back from this one's own folder.
func TestRecordsOfAnEndedProcessAreOrphans(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		first := exporter.NewPipeline((&script{}).down(1000), exporter.PipelineConfig{Spool: newSpool(t, dir)})
		first.EnqueueRecord(span("left"))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_ = first.Shutdown(ctx)

		orphans := map[string]bool{}
		calls := 0
		see := func(_ context.Context, records []exporter.Record) error {
			for i := range records {
				orphans[strings.Clone(records[i].EventID)] = records[i].Orphan
			}
			if calls++; calls < 4 {
				return errDown // so that all of it comes from disk
			}
			return nil
		}
		sink := &script{}
		for range 20 {
			sink.then(see)
		}
		next := pipeline(t, sink, exporter.PipelineConfig{Spool: newSpool(t, dir)})
		next.EnqueueRecord(span("own"))
		advance(5 * time.Minute)
		if s := next.Stats(); s.Delivered != 2 || !orphans["e-left"] || len(orphans) != 2 || orphans["e-own"] {
			t.Errorf("orphans: %v, %+v", orphans, s)
		}
	})
}

func TestMemoryGoesToDiskWhileASlowSinkTakesItsTime(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		sink := (&script{}).then(func(context.Context, []exporter.Record) error { <-release; return nil })
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 10, QueueBytes: 100_000, Timeout: time.Hour, Spool: newSpool(t, dir)})
		for i := range 500 {
			r := span(fmt.Sprint(i))
			r.Observation.Input = exporter.Text(strings.Repeat("x", 1000))
			p.EnqueueRecord(r)
			synctest.Wait()
		}
		if s := p.Stats(); s.Dropped.Total() != 0 || s.Spooled < 400 || s.Bytes > 100_000 || s.InFlight != 10 {
			t.Errorf("%+v", s)
		}
		close(release)
		if err := p.Flush(t.Context()); err != nil || !slices.Equal(sink.got, numbers(500)) {
			t.Errorf("%v; arrived %q", err, sink.got)
		}
	})
}

func TestShutdownKeepsWhatAHangingSinkHolds(t *testing.T) {
	for _, ignores := range []bool{false, true} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			sink := (&script{}).then(hangs)
			if ignores {
				sink = (&script{}).then(func(context.Context, []exporter.Record) error { <-release; return errDown })
			}
			p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushAt: 10, Timeout: time.Hour, Spool: newSpool(t, dir)})
			for i := range 25 {
				p.EnqueueRecord(span(fmt.Sprint(i)))
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			begun := time.Now()
			err := p.Shutdown(ctx)
			var delivery *exporter.DeliveryError
			if d := time.Since(begun); d > 2100*time.Millisecond || !errors.As(err, &delivery) || delivery.Spooled != 25 {
				t.Errorf("ignoring its context: %t; after %v: %v, %+v", ignores, d, err, p.Stats())
			}
			check(t, p.Stats())
			close(release)
			synctest.Wait()
			after := &script{}
			next := pipeline(t, after, exporter.PipelineConfig{FlushAt: 10, Spool: newSpool(t, dir)})
			if err := next.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			advance(2 * time.Second)
			slices.SortFunc(after.got, byNumber) // what was in flight was the last to be written
			if !slices.Equal(after.got, numbers(25)) {
				t.Errorf("arrived later: %q", after.got)
			}
		})
	}
}

func TestPartlyAcceptedBatchesOnDisk(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).down(1).then(
			fails(&exporter.PartialError{Failed: []exporter.Failure{{Index: 1, Retry: true}, {Index: 3, Reason: "no"}, {Index: 4, Unsupported: true}}}),
			status(503), nil,
		)
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 10, Spool: newSpool(t, dir)})
		for i := range 8 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		advance(time.Minute)
		slices.Sort(sink.got)
		if got := strings.Join(sink.got, " "); got != "0 1 2 5 6 7" {
			t.Errorf("arrived: %q", got)
		}
		if s := p.Stats(); s.Delivered != 6 || s.Dropped.Rejected != 1 || s.Dropped.Unsupported != 1 || s.Spooled != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestTooLargeFromDiskIsHalvedThenCut(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).down(1).then(status(413), status(413), nil, status(413), nil)
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 10, Spool: newSpool(t, dir)})
		for i := range 3 {
			r := span(fmt.Sprint(i))
			r.Observation.Input = exporter.Text(strings.Repeat("y", 50_000))
			p.EnqueueRecord(r)
		}
		advance(time.Minute)
		slices.Sort(sink.got)
		if got := strings.Join(sink.got, " "); got != "0 1 2" || p.Stats().Delivered != 3 {
			t.Errorf("arrived: %q, %+v, calls %v", got, p.Stats(), sink.calls)
		}
		if smallest := slices.Min(sink.bytes); smallest > 20_000 {
			t.Errorf("none was cut: %v", sink.bytes)
		}
	})
}

func TestAFolderThatCannotBeUsedLeavesRecordsInMemory(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var told []string
		sink := (&script{}).down(6)
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 10, Spool: newSpool(t, dir), OnError: func(err error) { told = append(told, err.Error()) }})
		for i := range 30 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		advance(time.Second)
		if s := p.Stats(); s.SpoolFailures == 0 || s.Spooled != 0 || s.Queued+s.InFlight != 30 {
			t.Errorf("%+v", s)
		}
		advance(2 * time.Minute)
		if !slices.Equal(sink.got, numbers(30)) {
			t.Errorf("arrived: %q", sink.got)
		}
		if all := strings.Join(told, "\n"); !strings.Contains(all, "the spool fails") || !strings.Contains(all, dir) {
			t.Errorf("told: %s", all)
		}
	})
}

// full is a spool whose disk has no room for a while.
type full struct {
	exporter.Spool
	until time.Time
}

func (f *full) Append(records []exporter.Spooled) (int, int64, error) {
	if time.Now().Before(f.until) {
		n, evicted, err := f.Spool.Append(records[:len(records)/2])
		return n, evicted, errors.Join(err, errors.New("no space left on device"))
	}
	return f.Spool.Append(records) //nolint:wrapcheck // a fake
}

func TestAFullDiskDegradesToMemoryAndRecovers(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).down(12)
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 10, Spool: &full{newSpool(t, dir), time.Now().Add(20 * time.Second)}})
		for i := range 100 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
			advance(10 * time.Millisecond)
		}
		advance(2 * time.Second)
		if s := p.Stats(); s.SpoolFailures == 0 || s.Spooled == 0 || s.Queued == 0 || s.Dropped.Total() != 0 {
			t.Errorf("%+v", s)
		}
		advance(40 * time.Second)
		if s := p.Stats(); s.Queued != 0 && s.Delivered == 0 {
			t.Errorf("after there was room: %+v", s)
		}
		advance(5 * time.Minute)
		got := slices.Clone(sink.got)
		slices.SortFunc(got, byNumber)
		if !slices.Equal(got, numbers(100)) {
			t.Errorf("arrived: %q", sink.got)
		}
	})
}

// broke panics.
type broke struct{ exporter.Spool }

func (broke) Open() (exporter.SpoolReport, error) { panic("no disk") }
func (broke) Close() error                        { panic("no disk") }
func (broke) FirstSeq() (uint64, bool)            { return 0, false }

func TestAPanicOfTheSpoolIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &script{}
		p := exporter.NewPipeline(sink, exporter.PipelineConfig{Spool: broke{}})
		p.EnqueueRecord(span("a"))
		if err := p.Shutdown(t.Context()); err != nil || len(sink.got) != 1 {
			t.Errorf("%v, arrived %q", err, sink.got)
		}
	})
}

func TestInvariantUnderLoadWithASpool(t *testing.T) {
	sink := &script{}
	for i := range 45 {
		if i%20 == 10 {
			sink.then(fails(&exporter.APIError{StatusCode: 503}))
			continue
		}
		switch i % 5 {
		case 0:
			sink.then(status(400))
		case 1:
			sink.then(fails(&exporter.PartialError{Failed: []exporter.Failure{{Index: 0, Retry: true}, {Index: 1}}}))
		case 2:
			sink.then(status(413))
		default:
			sink.then(nil)
		}
	}
	disk, err := spool.New(spool.Config{Dir: t.TempDir(), Sync: spool.SyncNone, MaxBytes: 128 << 10})
	if err != nil {
		t.Fatal(err)
	}
	p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushAt: 16, FlushInterval: time.Millisecond, QueueItems: 200, Spool: disk})
	var watch, senders sync.WaitGroup
	stop := make(chan struct{})
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				check(t, p.Stats())
			}
		}
	})
	for g := range 8 {
		senders.Go(func() {
			for i := range 300 {
				p.EnqueueRecord(span(fmt.Sprint(g, i)))
				if i%100 == 99 {
					_ = p.Flush(t.Context())
				}
			}
		})
	}
	senders.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_ = p.Shutdown(ctx)
	close(stop)
	watch.Wait()
	s := p.Stats()
	check(t, s)
	if s.Accepted != 2400 || s.Queued != 0 || s.InFlight != 0 || s.Bytes != 0 {
		t.Errorf("%+v", s)
	}
}

// TestAServerThatFailsForAMinute and more, while records keep coming: all arrive, once each.
func TestAServerThatFailsForAMinute(t *testing.T) {
	for _, spooled := range []bool{false, true} {
		t.Run(fmt.Sprint("spool=", spooled), func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				var got []string
				sink := &script{}
				for range 1000 {
					sink.then(func(_ context.Context, records []exporter.Record) error {
						if time.Since(begun) < time.Minute {
							return &exporter.APIError{StatusCode: http.StatusInternalServerError}
						}
						for i := range records {
							got = append(got, strings.Clone(records[i].EventID))
						}
						return nil
					})
				}
				cfg := exporter.PipelineConfig{OnError: func(error) {}}
				if spooled {
					cfg.Spool = newSpool(t, dir)
				}
				p := pipeline(t, sink, cfg)
				const n = 900
				for i := range n {
					p.EnqueueRecord(span(fmt.Sprintf("%03d", i)))
					advance(100 * time.Millisecond)
				}
				if err := p.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if s := p.Stats(); s.Delivered != n || s.Dropped.Total() != 0 || s.Failures < 5 || s.Failures > 60 {
					t.Errorf("%+v", s)
				}
				slices.Sort(got)
				if len(slices.Compact(got)) != n {
					t.Errorf("%d arrived, %d of them different ones", len(got), len(slices.Compact(got)))
				}
			})
		})
	}
}
