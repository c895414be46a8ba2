package main

import (
	"context"
	"slices"
	"time"
)

// load records N traces, in a blast or so many a second, notes what each took
// the caller, and closes the SDK. One that makes the caller wait may come to fewer.
func (t task) load(ctx context.Context, sdk recorder) (result, error) {
	r := result{BaseRSS: nowRSS()}
	if t.Dead {
		if err := leave(ctx, t.Control, 0, 0); err != nil {
			return r, err
		}
	}
	if t.Away > 0 {
		if err := leave(ctx, t.Control, t.Away, t.Away); err != nil {
			return r, err
		}
	}
	took := make([]time.Duration, 0, t.N)
	begun := time.Now()
	for i := range t.N {
		if t.PerSec > 0 && i%pace == 0 && !wait(ctx, time.Until(begun.Add(time.Duration(i)*time.Second/time.Duration(t.PerSec)))) {
			return r, ctx.Err()
		}
		start := time.Now()
		sdk.trace(&chats[i%len(chats)])
		took = append(took, time.Since(start))
		if time.Since(begun) > loadTime {
			break
		}
	}
	r.N = int64(len(took))
	r.Closed, r.TimedOut = t.end(sdk)
	r.Peak = peakRSS()
	r.P50, r.P99 = quantiles(took)
	return r, nil
}

const (
	pace     = 10               // traces of a steady load that come at once
	loadTime = 20 * time.Second // that recording may take
)

func quantiles(took []time.Duration) (p50, p99 time.Duration) {
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100]
}

// end closes the SDK with a deadline, and waits for half as long again at most.
func (t task) end(sdk recorder) (took time.Duration, timedOut bool) {
	ctx, cancel := context.WithTimeout(context.Background(), t.deadline())
	defer cancel()
	done := make(chan struct{})
	begun := time.Now()
	go func() {
		sdk.close(ctx)
		close(done)
	}()
	timer := time.NewTimer(t.deadline() * 3 / 2)
	defer timer.Stop()
	select {
	case <-done:
		return time.Since(begun), false
	case <-timer.C:
		return time.Since(begun), true
	}
}

const outageRSS = 1 << 30 // the memory at which an outage is over

// outage records until enough was offered while the sink is away, and follows
// how the memory grows. Then the sink is back, and what was kept may arrive.
func (t task) outage(ctx context.Context, sdk recorder) (result, error) {
	for i := range t.Warmup {
		sdk.trace(&chats[i%len(chats)])
	}
	sdk.settle()
	r := result{N: int64(t.Warmup)}
	if err := leave(ctx, t.Control, 0, 0); err != nil {
		return r, err
	}
	r.BaseRSS = nowRSS()
	var took []time.Duration
	begun := time.Now()
	for i := 0; r.Offered < t.Offer && r.Peak < outageRSS; i++ {
		c := &chats[i%len(chats)]
		start := time.Now()
		sdk.trace(c)
		took = append(took, time.Since(start))
		r.Offered += c.bytes()
		r.N++
		if i%500 == 0 {
			r.Peak = max(r.Peak, nowRSS())
			if time.Since(begun) > loadTime || ctx.Err() != nil {
				break
			}
		}
	}
	// The SDK's goroutine may yet do something about what it holds.
	for range 10 {
		wait(ctx, t.deadline()/50)
		r.Peak = max(r.Peak, nowRSS())
	}
	r.P50, r.P99 = quantiles(took)
	if err := t.memoryProfile(); err != nil {
		return r, err
	}
	if err := back(ctx, t.Control); err != nil {
		return r, err
	}
	r.Closed, r.TimedOut = t.end(sdk)
	return r, ctx.Err()
}

// deliver sends what another process left in the spool.
func (t task) deliver(ctx context.Context, sdk recorder) (result, error) {
	r := result{BaseRSS: nowRSS()}
	c, ok := sdk.(counter)
	begun := time.Now()
	for ok && time.Since(begun) < loadTime {
		if s := c.counts(); s.Adopted > 0 && s.Spooled+s.Queued+s.InFlight == 0 {
			break
		}
		if !wait(ctx, 20*time.Millisecond) {
			return r, ctx.Err()
		}
	}
	r.Closed, r.TimedOut = t.end(sdk)
	r.Peak = peakRSS()
	return r, nil
}
