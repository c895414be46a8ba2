package exporter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// script is a sink that answers as it is told, then accepts everything.
type script struct {
	mu      sync.Mutex
	answers []func(ctx context.Context, records []exporter.Record) error
	calls   [][]string // names of the records of each call
	at      []time.Time
	got     []string // names of the accepted records
	bytes   []int64
	ended   bool
}

func (s *script) Export(ctx context.Context, records []exporter.Record) error {
	names := make([]string, len(records))
	for i, r := range records {
		names[i] = strings.Clone(name(&r))
	}
	s.mu.Lock()
	s.calls = append(s.calls, names)
	s.at = append(s.at, time.Now())
	var answer func(context.Context, []exporter.Record) error
	if len(s.answers) > 0 {
		answer, s.answers = s.answers[0], s.answers[1:]
	}
	s.mu.Unlock()
	var err error
	if answer != nil {
		err = answer(ctx, records)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var partial *exporter.PartialError
	switch {
	case err == nil:
		s.got = append(s.got, names...)
		for i := range records {
			s.bytes = append(s.bytes, records[i].Size())
		}
	case errors.As(err, &partial):
		failed := map[int]bool{}
		for _, f := range partial.Failed {
			failed[f.Index] = true
		}
		for i, n := range names {
			if !failed[i] {
				s.got = append(s.got, n)
			}
		}
	}
	return err
}

func (s *script) Shutdown(context.Context) error { s.ended = true; return nil }

func (s *script) then(answers ...func(context.Context, []exporter.Record) error) *script {
	s.answers = append(s.answers, answers...)
	return s
}

func fails(err error) func(context.Context, []exporter.Record) error {
	return func(context.Context, []exporter.Record) error { return err }
}

func status(code int) func(context.Context, []exporter.Record) error {
	return fails(&exporter.APIError{StatusCode: code})
}

// hangs blocks until its context ends.
func hangs(ctx context.Context, _ []exporter.Record) error { <-ctx.Done(); return ctx.Err() }

func name(r *exporter.Record) string {
	switch {
	case r.Trace != nil:
		return "trace:" + r.Trace.ID
	case r.Score != nil:
		return "score:" + r.Score.ID
	}
	return r.Observation.ID
}

func span(id string) *exporter.Record {
	return &exporter.Record{EventID: "e-" + id, Time: time.Now(), Observation: &exporter.Observation{ID: id, TraceID: "t", Attributes: &exporter.Attributes{}}}
}

func generation(id string) *exporter.Record {
	r := span(id)
	r.Observation.Kind = exporter.KindGeneration
	return r
}

func trace(id string) *exporter.Record {
	return &exporter.Record{Op: exporter.OpUpdate, EventID: "e-" + id, Time: time.Now(), Trace: &exporter.Trace{ID: id}}
}

func check(t *testing.T, s exporter.Stats) {
	t.Helper()
	if sum := s.Delivered + s.Dropped.Total() + s.Queued + s.InFlight + s.Spooled; s.Accepted != sum {
		t.Fatalf("accepted %d, but delivered+dropped+queued+inFlight+spooled = %d: %+v", s.Accepted, sum, s)
	}
}

func pipeline(t *testing.T, sink exporter.Exporter, cfg exporter.PipelineConfig) *exporter.Pipeline {
	t.Helper()
	p := exporter.NewPipeline(sink, cfg)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Shutdown(ctx)
		check(t, p.Stats())
	})
	return p
}

func TestIntervalAndFullBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &script{}
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 3, FlushInterval: time.Second})
		begun := time.Now()
		for i := range 4 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		synctest.Wait()
		sink.mu.Lock()
		if len(sink.calls) != 1 || len(sink.calls[0]) != 4 {
			t.Fatalf("a full batch goes at once, with what waits besides: %v", sink.calls)
		}
		sink.mu.Unlock()
		p.EnqueueRecord(span("rest"))
		advance(time.Second)
		synctest.Wait()
		if len(sink.calls) != 2 || sink.at[1].Sub(begun) != time.Second {
			t.Fatalf("the rest goes after the interval: %v at %v", sink.calls, sink.at)
		}
	})
}

func TestTransientErrorsAreRetriedAndNothingIsLost(t *testing.T) {
	for _, answer := range []func(context.Context, []exporter.Record) error{
		status(402), status(404), status(405), status(407), status(408), status(410), status(425), status(429), status(500), status(503), fails(errors.New("connection refused")), hangs,
		func(context.Context, []exporter.Record) error { panic("exporter") },
	} {
		synctest.Test(t, func(t *testing.T) {
			sink := (&script{}).then(answer, answer, answer, answer, answer, answer)
			p := pipeline(t, sink, exporter.PipelineConfig{MaxRetries: 2})
			p.EnqueueRecord(span("a"))
			p.EnqueueRecord(trace("b"))
			advance(10 * time.Minute)
			if got := strings.Join(sink.got, " "); got != "a trace:b" {
				t.Errorf("arrived: %q", got)
			}
			if s := p.Stats(); s.Delivered != 2 || s.Dropped.Total() != 0 || s.Failures != 6 || s.LastError != "" {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(fails(&exporter.APIError{StatusCode: 429, RetryAfter: 47 * time.Second}))
		p := pipeline(t, sink, exporter.PipelineConfig{})
		p.EnqueueRecord(span("a"))
		advance(2 * time.Minute)
		if len(sink.at) != 2 || sink.at[1].Sub(sink.at[0]) < 47*time.Second {
			t.Errorf("calls at %v", sink.at)
		}
	})
}

func TestRefusedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []error
		refuse := fails(&exporter.APIError{StatusCode: 400, Message: "no such thing"})
		sink := (&script{}).then(refuse, refuse, refuse)
		p := pipeline(t, sink, exporter.PipelineConfig{OnError: func(err error) { told = append(told, err) }})
		p.EnqueueRecord(span("a"))
		p.EnqueueRecord(span("b"))
		err := p.Flush(t.Context())
		var delivery *exporter.DeliveryError
		if !errors.As(err, &delivery) || delivery.Dropped != 2 || !strings.Contains(err.Error(), "no such thing") {
			t.Errorf("Flush says %v", err)
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Errorf("the loss is reported once: %v", err)
		}
		if s := p.Stats(); s.Dropped.Rejected != 2 || len(sink.calls) != 3 || len(told) != 1 {
			t.Errorf("%+v, %d calls, told %v", s, len(sink.calls), told)
		}
	})
}

func TestOnlyTheGuiltyRecordIsRefused(t *testing.T) {
	for _, code := range []int{400, 422} {
		synctest.Test(t, func(t *testing.T) {
			var told []error
			sink := &script{}
			for range 20 {
				sink.then(func(_ context.Context, records []exporter.Record) error {
					for i := range records {
						if name(&records[i]) == "5" {
							return &exporter.APIError{StatusCode: code, Message: "no such thing"}
						}
					}
					return nil
				})
			}
			p := pipeline(t, sink, exporter.PipelineConfig{OnError: func(err error) { told = append(told, err) }})
			for i := range 8 {
				p.EnqueueRecord(span(fmt.Sprint(i)))
			}
			err := p.Flush(t.Context())
			var delivery *exporter.DeliveryError
			if !errors.As(err, &delivery) || delivery.Dropped != 1 || !strings.Contains(err.Error(), "no such thing") {
				t.Errorf("Flush says %v", err)
			}
			if got := strings.Join(sink.got, " "); got != "0 1 2 3 4 6 7" || len(told) != 1 {
				t.Errorf("arrived: %q, told %v", got, told)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // any other is about all of them
		sink := (&script{}).then(status(409))
		p := pipeline(t, sink, exporter.PipelineConfig{})
		p.EnqueueRecord(span("a"))
		p.EnqueueRecord(span("b"))
		if err := p.Flush(t.Context()); err == nil || p.Stats().Dropped.Rejected != 2 || len(sink.calls) != 1 {
			t.Errorf("%v, %+v", err, p.Stats())
		}
	})
}

func TestARecordThatIsNeverAcceptedIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []error
		sink := &script{}
		for range 200 {
			sink.then(func(_ context.Context, records []exporter.Record) error {
				var failed []exporter.Failure
				for i := range records {
					if name(&records[i]) == "stuck" {
						failed = append(failed, exporter.Failure{Index: i, Retry: true, Reason: "not named"})
					}
				}
				if len(failed) == 0 {
					return nil
				}
				return &exporter.PartialError{Failed: failed}
			})
		}
		p := pipeline(t, sink, exporter.PipelineConfig{OnError: func(err error) { told = append(told, err) }})
		p.EnqueueRecord(span("fine"))
		p.EnqueueRecord(span("stuck"))
		advance(2 * time.Hour)
		if s := p.Stats(); s.Delivered != 1 || s.Dropped.Rejected != 1 || len(sink.calls) != 101 {
			t.Errorf("%+v after %d calls", s, len(sink.calls))
		}
		if last := told[len(told)-1].Error(); !strings.Contains(last, "101 attempts") {
			t.Errorf("told %s", last)
		}
	})
	synctest.Test(t, func(t *testing.T) { // an outage of later requests isn't held against their records
		sink := &script{}
		for range 30 {
			sink.then(fails(&exporter.PartialError{Failed: []exporter.Failure{{Index: 0, Retry: true}}, Err: &exporter.APIError{StatusCode: 503}}))
		}
		p := pipeline(t, sink, exporter.PipelineConfig{})
		p.EnqueueRecord(span("a"))
		advance(time.Hour)
		if s := p.Stats(); s.Delivered != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestTheCauseOfAPartialErrorDecides(t *testing.T) {
	later := func(err error) func(context.Context, []exporter.Record) error {
		return fails(&exporter.PartialError{Failed: []exporter.Failure{{Index: 1, Retry: true}}, Err: err})
	}
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(later(&exporter.APIError{StatusCode: 429, RetryAfter: 47 * time.Second}))
		p := pipeline(t, sink, exporter.PipelineConfig{})
		p.EnqueueRecord(span("a"))
		p.EnqueueRecord(span("b"))
		advance(2 * time.Minute)
		if len(sink.at) != 2 || sink.at[1].Sub(sink.at[0]) < 47*time.Second || strings.Join(sink.got, " ") != "a b" {
			t.Errorf("calls at %v", sink.at)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(later(&exporter.APIError{StatusCode: 401}))
		p := pipeline(t, sink, exporter.PipelineConfig{})
		p.EnqueueRecord(span("a"))
		p.EnqueueRecord(span("b"))
		advance(2 * time.Minute)
		if len(sink.at) != 2 || sink.at[1].Sub(sink.at[0]) < 30*time.Second {
			t.Errorf("calls at %v", sink.at)
		}
	})
}

func TestPartialAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(fails(&exporter.PartialError{Failed: []exporter.Failure{
			{Index: 0, Retry: true}, {Index: 2, Reason: "400: bad"}, {Index: 3, Unsupported: true}, {Index: 99}, {Index: 2, Retry: true},
		}}))
		p := pipeline(t, sink, exporter.PipelineConfig{})
		for _, id := range []string{"again", "fine", "bad", "unknown"} {
			p.EnqueueRecord(span(id))
		}
		if err := p.Flush(t.Context()); err == nil {
			t.Error("Flush hides that records were refused")
		}
		if got := strings.Join(sink.got, " "); got != "fine again" {
			t.Errorf("arrived: %q", got)
		}
		if s := p.Stats(); s.Delivered != 2 || s.Dropped.Rejected != 1 || s.Dropped.Unsupported != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestTooLarge(t *testing.T) {
	limit := func(n int) func(context.Context, []exporter.Record) error {
		return func(_ context.Context, records []exporter.Record) error {
			var size int64
			for i := range records {
				size += records[i].Size()
			}
			if size > int64(n) {
				return &exporter.APIError{StatusCode: 413}
			}
			return nil
		}
	}
	synctest.Test(t, func(t *testing.T) {
		sink := &script{}
		for range 40 {
			sink.then(limit(100_000))
		}
		p := pipeline(t, sink, exporter.PipelineConfig{})
		for i := range 7 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		big := span("big")
		big.Observation.Input = exporter.Text(strings.Repeat("가", 100_000))
		big.Observation.Output = exporter.JSON([]byte(`"` + strings.Repeat("x", 50_000) + `"`))
		p.EnqueueRecord(big)
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(sink.got, " "); got != "0 1 2 3 4 5 6 big" {
			t.Errorf("arrived: %q", got)
		}
		if last := sink.bytes[len(sink.bytes)-1]; last > 100_000 {
			t.Errorf("the large one arrived with %d bytes", last)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		sink := &script{}
		for range 40 {
			sink.then(status(413))
		}
		p := pipeline(t, sink, exporter.PipelineConfig{})
		p.EnqueueRecord(span("a"))
		if err := p.Flush(t.Context()); err == nil || p.Stats().Dropped.TooLarge != 1 {
			t.Errorf("%v, %+v", err, p.Stats())
		}
	})
}

func TestRefusedCredentialsAreTriedEvery30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []error
		sink := (&script{}).then(status(401), status(401), status(403))
		p := pipeline(t, sink, exporter.PipelineConfig{OnError: func(err error) { told = append(told, err) }})
		p.EnqueueRecord(span("a"))
		begun := time.Now()
		advance(5 * time.Second)
		p.EnqueueRecord(span("b"))
		advance(3 * time.Minute)
		if got := strings.Join(sink.got, " "); got != "a b" {
			t.Errorf("arrived: %q", got)
		}
		if d := sink.at[3].Sub(begun); d < 90*time.Second || d > 100*time.Second || len(told) != 2 {
			t.Errorf("accepted after %v, told %v", d, told)
		}
	})
}

func TestFullQueueDropsTheLowestClassFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(hangs)
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 1, QueueItems: 5, Timeout: time.Second})
		p.EnqueueRecord(span("in flight"))
		synctest.Wait()
		p.EnqueueRecord(span("s1"))
		p.EnqueueRecord(trace("t1"))
		p.EnqueueRecord(generation("g1"))
		p.EnqueueRecord(span("s2"))
		check(t, p.Stats())
		p.EnqueueRecord(generation("g2")) // s1 goes
		p.EnqueueRecord(trace("t2"))      // s2 goes
		p.EnqueueRecord(span("s3"))       // goes itself
		p.EnqueueRecord(trace("t3"))      // g1 goes
		check(t, p.Stats())
		if s := p.Stats(); s.Dropped.QueueFull != 4 || s.Queued != 4 || s.InFlight != 1 {
			t.Errorf("%+v", s)
		}
		advance(10 * time.Second)
		if got := strings.Join(sink.got, " "); got != "in flight trace:t1 g2 trace:t2 trace:t3" {
			t.Errorf("arrived: %q", got)
		}
	})
}

func TestMemoryIsBoundedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(hangs)
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 1, QueueBytes: 100_000, Timeout: time.Hour})
		for range 1000 {
			r := span("a")
			r.Observation.Input = exporter.Text(strings.Repeat("x", 1000))
			p.EnqueueRecord(r)
		}
		if s := p.Stats(); s.Bytes > 100_000 || s.Bytes < 90_000 || s.Dropped.QueueFull == 0 {
			t.Errorf("%+v", s)
		}
		synctest.Wait() // what the worker takes meanwhile leaves the queue too
		before := p.Stats().Queued
		giant := trace("giant")
		giant.Trace.Input = exporter.Text(strings.Repeat("x", 200_000))
		p.EnqueueRecord(giant)
		if s := p.Stats(); s.Queued != before {
			t.Errorf("a record that never fits pushed %d others out", before-s.Queued)
		}
	})
}

func TestNothingBlocksOnADeadSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(hangs, hangs, hangs, hangs, hangs, hangs)
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 1, QueueItems: 10})
		begun := time.Now()
		for i := range 100 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		if d := time.Since(begun); d != 0 {
			t.Errorf("Enqueue waited %v", d)
		}
	})
}

func TestFlushGivesUpAfterARoundAndKeepsTheRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("connection refused")
		sink := (&script{}).then(fails(down), fails(down), fails(down), fails(down))
		p := pipeline(t, sink, exporter.PipelineConfig{MaxRetries: 3})
		p.EnqueueRecord(span("a"))
		err := p.Flush(t.Context())
		var delivery *exporter.DeliveryError
		if !errors.As(err, &delivery) || delivery.Remaining != 1 || delivery.Dropped != 0 || !errors.Is(err, down) {
			t.Fatalf("Flush says %v", err)
		}
		if err := p.Flush(t.Context()); err != nil || len(sink.got) != 1 {
			t.Errorf("the next Flush delivers: %v, %v", err, sink.got)
		}
	})
}

func TestFlushHonoursItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(hangs, hangs)
		p := pipeline(t, sink, exporter.PipelineConfig{Timeout: time.Hour})
		p.EnqueueRecord(span("a"))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begun := time.Now()
		err := p.Flush(ctx)
		if time.Since(begun) != 2*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}

func TestShutdownWithADeadSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(hangs)
		p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushAt: 2, Timeout: time.Hour})
		for i := range 5 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begun := time.Now()
		err := p.Shutdown(ctx)
		if d := time.Since(begun); d < 2*time.Second || d > 2100*time.Millisecond {
			t.Errorf("Shutdown took %v", d)
		}
		var delivery *exporter.DeliveryError
		if !errors.As(err, &delivery) || delivery.Remaining != 5 {
			t.Errorf("Shutdown says %v", err)
		}
		if again := p.Shutdown(t.Context()); again != err { //nolint:errorlint // the same value
			t.Errorf("the second says %v", again)
		}
		p.EnqueueRecord(span("late"))
		s := p.Stats()
		check(t, s)
		if s.Dropped.Shutdown != 5 || s.Dropped.AfterShutdown != 1 || !sink.ended {
			t.Errorf("%+v, exporter ended: %t", s, sink.ended)
		}
	})
}

func TestShutdownDoesNotWaitForAnExporterThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		sink := (&script{}).then(func(context.Context, []exporter.Record) error { <-release; return nil })
		p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushAt: 1})
		p.EnqueueRecord(span("a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if err := p.Shutdown(ctx); err == nil || time.Since(begun) != 1100*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		check(t, p.Stats())
		close(release) // the late success is not counted twice
		synctest.Wait()
		check(t, p.Stats())
	})
}

func TestShutdownTriesUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		sink := &script{}
		for range 100 {
			sink.then(func(context.Context, []exporter.Record) error {
				if time.Since(begun) < 5*time.Second {
					return &exporter.APIError{StatusCode: 503}
				}
				return nil
			})
		}
		p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushAt: 2, MaxRetries: 1})
		for i := range 5 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil || len(sink.got) != 5 || time.Since(begun) > 10*time.Second {
			t.Errorf("after %v: %v, arrived %v", time.Since(begun), err, sink.got)
		}
		check(t, p.Stats())
	})
}

func TestShutdownDoesNotInsist(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(context.Context, []exporter.Record) error
		within time.Duration
		calls  int
	}{
		{"where credentials are refused", status(401), 15 * time.Second, 1},
		{"without a deadline", status(503), 0, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			sink := &script{}
			for range 100 {
				sink.then(c.answer)
			}
			p := exporter.NewPipeline(sink, exporter.PipelineConfig{MaxRetries: 2})
			p.EnqueueRecord(span("a"))
			ctx, cancel := t.Context(), func() {}
			if c.within > 0 {
				ctx, cancel = context.WithTimeout(ctx, c.within)
			}
			defer cancel()
			begun := time.Now()
			err := p.Shutdown(ctx)
			var delivery *exporter.DeliveryError
			if !errors.As(err, &delivery) || delivery.Remaining != 1 || len(sink.calls) != c.calls || time.Since(begun) > 5*time.Second {
				t.Errorf("%s: after %v and %d calls: %v", c.name, time.Since(begun), len(sink.calls), err)
			}
			if s := p.Stats(); s.Dropped.Shutdown != 1 || !sink.ended {
				t.Errorf("%s: %+v", c.name, s)
			}
		})
	}
}

func TestTheEarliestDeadlineOfSeveralShutdownsWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := (&script{}).then(hangs)
		p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushAt: 1, Timeout: time.Hour})
		p.EnqueueRecord(span("a"))
		begun := time.Now()
		var first error
		var wg sync.WaitGroup
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			first = p.Shutdown(ctx)
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := p.Shutdown(ctx)
		wg.Wait()
		var delivery *exporter.DeliveryError
		if d := time.Since(begun); !errors.As(err, &delivery) || !errors.Is(err, context.DeadlineExceeded) || d > 1100*time.Millisecond {
			t.Errorf("after %v: %v", d, err)
		}
		if first != err { //nolint:errorlint // the same value
			t.Errorf("the first says %v", first)
		}
	})
}

// closing is a sink whose Shutdown does as it is told.
type closing struct {
	script
	shut func(context.Context) error
}

func (c *closing) Shutdown(ctx context.Context) error { return c.shut(ctx) }

func TestShutdownOfTheSinkIsBoundedAndGuarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := exporter.NewPipeline(&closing{shut: func(context.Context) error { <-release; return nil }}, exporter.PipelineConfig{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if err := p.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 1100*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		close(release)
	})
	synctest.Test(t, func(t *testing.T) {
		p := exporter.NewPipeline(&closing{shut: func(context.Context) error { panic("no") }}, exporter.PipelineConfig{})
		if err := p.Shutdown(t.Context()); err == nil || !strings.Contains(err.Error(), "panicked: no") {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // not while Export runs
		release := make(chan struct{})
		exporting, early := true, false
		sink := &closing{shut: func(context.Context) error { early = exporting; return nil }}
		sink.then(func(context.Context, []exporter.Record) error { <-release; exporting = false; return nil })
		p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushAt: 1})
		p.EnqueueRecord(span("a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err == nil {
			t.Error("no error")
		}
		close(release)
		synctest.Wait()
		if early || exporting {
			t.Errorf("Shutdown came during Export: %t", early)
		}
	})
}

// broken is an entry whose record can't be had.
type broken struct{}

func (broken) Record(*exporter.Slot) *exporter.Record { panic("no record") }
func (broken) Release()                               {}

func TestAPanicOfARecordOrATickIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := exporter.NewPipeline(&script{}, exporter.PipelineConfig{OnTick: func() bool { panic("tick") }})
		p.Enqueue(broken{}, exporter.ClassSpan, 1)
		p.Wake()
		if err := p.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "no record") {
			t.Errorf("%v", err)
		}
		_ = p.Shutdown(t.Context())
	})
}

func TestLossesAndOutagesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []string
		sink := &script{}
		for range 100 {
			sink.then(status(503))
		}
		p := pipeline(t, sink, exporter.PipelineConfig{QueueItems: 10, OnError: func(err error) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, err.Error())
		}})
		count := func(text string) (n int) {
			mu.Lock()
			defer mu.Unlock()
			for _, s := range told {
				if strings.Contains(s, text) {
					n++
				}
			}
			return n
		}
		for i := range 15 * 60 {
			p.EnqueueRecord(span(fmt.Sprint(i)))
			advance(time.Second)
		}
		if n := count("queue is full"); n < 60 || n > 90 {
			t.Errorf("%d reports of losses in 15 minutes", n)
		}
		if n := count("still not delivering, 10 records wait"); n < 12 || n > 15 {
			t.Errorf("%d reports of the outage in 15 minutes: %q", n, told)
		}
		sum := int64(0)
		for _, s := range told {
			var n int64
			if _, err := fmt.Sscanf(s, "langshark: the queue is full, %d", &n); err == nil {
				sum += n
			}
		}
		if d := p.Stats().Dropped.QueueFull; sum < d-10 || sum > d {
			t.Errorf("%d of %d losses told", sum, d)
		}
	})
}

func TestSinkRestartsBetweenBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := fails(errors.New("connection refused"))
		sink := &script{}
		p := pipeline(t, sink, exporter.PipelineConfig{FlushAt: 10})
		want := 0
		send := func() {
			for range 25 {
				p.EnqueueRecord(span(fmt.Sprint(want)))
				want++
			}
			advance(3 * time.Second)
		}
		send()
		for range 12 {
			sink.mu.Lock()
			sink.then(down)
			sink.mu.Unlock()
		}
		for range 5 {
			send()
		}
		advance(5 * time.Minute)
		if len(sink.got) != want {
			t.Fatalf("%d of %d arrived", len(sink.got), want)
		}
		for i, n := range sink.got {
			if n != fmt.Sprint(i) {
				t.Fatalf("record %d is %s: the order is lost", i, n)
			}
		}
	})
}

func TestInvariantUnderLoad(t *testing.T) {
	sink := &script{}
	for i := range 200 {
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
	p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushAt: 16, FlushInterval: time.Millisecond, QueueItems: 200})
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				check(t, p.Stats())
			}
		}
	})
	var senders sync.WaitGroup
	for g := range 8 {
		senders.Go(func() {
			for i := range 500 {
				switch i % 3 {
				case 0:
					p.EnqueueRecord(trace(fmt.Sprint(g, i)))
				default:
					p.EnqueueRecord(span(fmt.Sprint(g, i)))
				}
				if i%100 == 0 {
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
	wg.Wait()
	s := p.Stats()
	check(t, s)
	if s.Accepted != 4000 || s.Queued != 0 || s.InFlight != 0 || s.Bytes != 0 {
		t.Errorf("%+v", s)
	}
}

func TestTicksOnlyWhileWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ticks := 0
		p := pipeline(t, &script{}, exporter.PipelineConfig{FlushInterval: time.Second, OnTick: func() bool { ticks++; return ticks < 3 }})
		advance(10 * time.Second)
		if ticks != 0 {
			t.Errorf("%d ticks before Wake", ticks)
		}
		p.Wake()
		advance(10 * time.Second)
		if ticks != 3 {
			t.Errorf("%d ticks", ticks)
		}
	})
}

// advance lets time pass on synctest's clock.
func advance(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // a fake clock
	synctest.Wait()
}
