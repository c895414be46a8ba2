package exporter_test

// Each test here guards against a defect that was seen in a library of this kind. The first line of its
// comment says which.

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// Flush returns before the queue was sent.
func TestFlushWaitsUntilTheSinkHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &script{}
		for range 5 {
			sink.then(takes(5 * time.Second))
		}
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 10})
		for i := range 400 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		begun := time.Now()
		if err := p.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		sink.mu.Lock()
		defer sink.mu.Unlock()
		if d := time.Since(begun); len(sink.got) != 400 || d != 25*time.Second {
			t.Errorf("after %v %d of 400 had arrived", d, len(sink.got))
		}
	})
}

// Delivery is one batch a tick, which caps it at some hundred records a second; Flush sends one batch.
func TestDeliveryIsNotTiedToTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &script{}
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 100})
		begun := time.Now()
		for i := range 20_000 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		synctest.Wait()
		if s := p.Stats(); s.Delivered <= 20_000-100 || time.Since(begun) != 0 {
			t.Errorf("less than a batch may wait for the interval: %+v", s)
		}
		for range 50 {
			p.EnqueueRecord(span("rest"))
		}
		if err := p.Flush(t.Context()); err != nil || len(sink.got) != 20_050 || time.Since(begun) != 0 {
			t.Errorf("after %v %d had arrived: %v", time.Since(begun), len(sink.got), err)
		}
	})
}

// The loop ends with the first Flush, so that later records are never sent; the second Flush panics.
func TestFlushCanBeCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &script{}
		p := pipeline(t, sink, exporter.PipelineConfig{})
		for i := range 3 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
			for range 2 {
				if err := p.Flush(t.Context()); err != nil || len(sink.got) != i+1 {
					t.Errorf("Flush %d: %v, arrived %q", i, err, sink.got)
				}
			}
		}
		p.EnqueueRecord(span("by the interval"))
		advance(2 * time.Second)
		if len(sink.got) != 4 {
			t.Errorf("arrived: %q", sink.got)
		}
	})
}

// A Flush at the end of each request costs a request to the server, or waits for the next tick, although nothing is queued.
func TestFlushOfNothingCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &script{}
		p := pipeline(t, sink, exporter.PipelineConfig{})
		p.EnqueueRecord(span("a"))
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for range 100 {
			if err := p.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if len(sink.calls) != 1 || time.Since(begun) != 0 {
			t.Errorf("%d calls of the sink, %v", len(sink.calls), time.Since(begun))
		}
	})
}

// Of several Flushes at once one swallows the other's signal, which then waits for good; or a Flush sends
// on its caller's goroutine while the worker sends too.
func TestFlushesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := 0, 0
		arrived := map[string]bool{}
		sink := &script{}
		for range 2000 {
			sink.then(func(ctx context.Context, records []exporter.Record) error {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				err := takes(10*time.Millisecond)(ctx, records)
				mu.Lock()
				defer mu.Unlock()
				for i := range records {
					arrived[name(&records[i])] = true
				}
				running--
				return err
			})
		}
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 7, FlushInterval: 5 * time.Millisecond})
		var wg sync.WaitGroup
		for g := range 40 {
			wg.Go(func() {
				for i := range 10 {
					id := fmt.Sprintf("%d.%d", g, i)
					p.EnqueueRecord(span(id))
					if err := p.Flush(t.Context()); err != nil {
						t.Errorf("%s: %v", id, err)
					}
					mu.Lock()
					if !arrived[id] {
						t.Errorf("Flush returned before %s had arrived", id)
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if most != 1 {
			t.Errorf("%d exports at once", most)
		}
	})
}

// Closing does not wait for the batch that the ticker has just sent, which is then lost.
func TestShutdownWaitsForTheBatchInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(takes(5 * time.Second))
		p := exporter.NewPipeline(sink, exporter.PipelineConfig{})
		p.EnqueueRecord(span("in flight"))
		advance(1500 * time.Millisecond) // the interval is over, the batch under way
		if s := p.Stats(); s.InFlight != 1 {
			t.Fatalf("%+v", s)
		}
		p.EnqueueRecord(span("after it"))
		if err := p.Shutdown(t.Context()); err != nil || fmt.Sprint(sink.got) != "[in flight after it]" || !sink.ended {
			t.Errorf("%v, arrived %q", err, sink.got)
		}
		check(t, p.Stats())
	})
}

// While the sink is slow, each tick starts a goroutine that waits for it with a batch.
func TestASlowSinkDoesNotPileUpGoroutines(t *testing.T) {
	for _, spooled := range []bool{false, true} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			sink := &script{}
			for range 1000 {
				sink.then(takes(15 * time.Second))
			}
			cfg := exporter.PipelineConfig{FlushAt: 10, QueueItems: 500}
			if spooled {
				cfg.Spool = newSpool(t, dir)
			}
			p := pipeline(t, sink, cfg)
			before := runtime.NumGoroutine()
			for i := range 300 {
				for range 20 {
					p.EnqueueRecord(span(fmt.Sprint(i)))
				}
				advance(time.Second)
				if n := runtime.NumGoroutine() - before; n > 2 {
					t.Fatalf("%d goroutines more after %d s", n, i)
				}
			}
			check(t, p.Stats())
		})
	}
}

// A slow sink makes records vanish: no error, no count.
func TestWhatASlowSinkCostsIsCountedAndSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &script{}
		for range 1000 {
			sink.then(takes(2 * time.Second))
		}
		p := pipeline(t, sink, exporter.PipelineConfig{QueueItems: 2048})
		for i := range 20_000 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		err := p.Flush(t.Context())
		s := p.Stats()
		var delivery *exporter.DeliveryError
		if !errors.As(err, &delivery) || delivery.Dropped != s.Dropped.QueueFull || s.Dropped.QueueFull != 20_000-int64(len(sink.got)) || len(sink.got) < 2048 {
			t.Errorf("%d arrived, Flush says %v, %+v", len(sink.got), err, s)
		}
	})
}

// takes accepts after a while.
func takes(d time.Duration) func(context.Context, []exporter.Record) error {
	return func(ctx context.Context, _ []exporter.Record) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A Flush that waits while Shutdown gives up says that all has arrived.
func TestFlushOvertakenByShutdownSaysWhatIsLost(t *testing.T) {
	for _, c := range []struct{ spooled, ignores bool }{{false, false}, {true, false}, {false, true}} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			sink := (&script{}).then(hangs, hangs)
			if c.ignores {
				sink = (&script{}).then(func(context.Context, []exporter.Record) error { <-release; return nil })
			}
			cfg := exporter.PipelineConfig{Timeout: time.Hour}
			if c.spooled {
				cfg.Spool = newSpool(t, dir)
			}
			p := exporter.NewPipeline(sink, cfg)
			p.EnqueueRecord(span("a"))
			errs := make(chan error, 2)
			go func() { errs <- p.Flush(context.Background()) }()
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
				defer cancel()
				errs <- p.Flush(ctx) // its time ends after Shutdown's
			}()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_ = p.Shutdown(ctx)
			advance(3 * time.Second)
			close(release)
			for range 2 {
				var delivery *exporter.DeliveryError
				if err := <-errs; !errors.As(err, &delivery) || delivery.Err == nil {
					t.Errorf("%+v: Flush says %v, %+v", c, err, p.Stats())
				}
			}
			check(t, p.Stats())
		})
	}
}
