package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// round is the worker's state over attempts that fail.
type round struct {
	pause    *backoff.ExponentialBackOff
	attempts int  // of the current batch, since the last success
	failing  bool // the last whole round failed; entries wait in the queue
	held     bool // credentials were refused, and that was reported
}

// run is the pipeline's goroutine.
func (p *Pipeline) run() {
	defer close(p.done)
	r := &round{pause: newPause()}
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	armed := false
	for {
		all := false
		select {
		case <-p.ctx.Done():
			return
		case <-p.wake:
			if p.urgent() {
				break
			}
			if !armed && p.waiting() {
				timer.Reset(p.cfg.FlushInterval)
				armed = true
			}
			continue
		case <-timer.C:
			armed, all = false, true
		}
		p.tick()
		p.drain(r, all)
		if !armed && p.waiting() {
			timer.Reset(p.cfg.FlushInterval)
			armed = true
		}
	}
}

func newPause() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(500*time.Millisecond),
		backoff.WithMaxInterval(maxBackoff),
		backoff.WithMaxElapsedTime(0),
	)
}

// urgent reports whether there is work that doesn't wait for the interval.
func (p *Pipeline) urgent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiters) > 0 || p.queue.count >= p.cfg.FlushAt
}

func (p *Pipeline) waiting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue.count > 0 || p.ticking
}

// tick calls OnTick while it is wanted.
func (p *Pipeline) tick() {
	p.mu.Lock()
	ticking := p.ticking
	p.ticking = false // before the call, so that a Wake during it isn't lost
	p.mu.Unlock()
	if !ticking || p.cfg.OnTick == nil {
		return
	}
	if p.cfg.OnTick() {
		p.mu.Lock()
		p.ticking = true
		p.mu.Unlock()
	}
}

// drain delivers until the sink fails for a whole round, or the queue is empty;
// unless all is due, until it holds less than a full batch.
func (p *Pipeline) drain(r *round, all bool) {
	for p.ctx.Err() == nil && (all || p.urgent()) {
		if p.urgentFresh() {
			r.attempts = 0
			r.pause.Reset()
		}
		batch := p.take()
		if len(batch) == 0 {
			p.settle(nil)
			return
		}
		err := p.deliver(r, batch)
		p.settle(err)
		if err != nil && !p.urgentFresh() {
			return
		}
	}
}

// urgentFresh reports whether a Flush came that has not seen an attempt.
func (p *Pipeline) urgentFresh() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.waiters, func(w *waiter) bool { return w.fresh })
}

// take moves a batch from the queue into flight.
func (p *Pipeline) take() []queued {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.waiters {
		w.fresh = false
	}
	batch := make([]queued, 0, min(p.queue.count, p.cfg.FlushAt))
	var bytes int64
	for len(batch) < p.cfg.FlushAt && bytes < maxBatchBytes {
		e, ok := p.queue.pop()
		if !ok {
			break
		}
		batch = append(batch, e)
		bytes += e.bytes
	}
	p.inFlight, p.flying = batch, bytes
	return batch
}

// settle answers the Flushes that are served, or all that saw the round fail.
func (p *Pipeline) settle(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiters = slices.DeleteFunc(p.waiters, func(w *waiter) bool {
		switch {
		case !p.pending(w.seq):
		case err != nil && !w.fresh:
			w.err = err
		default:
			return false
		}
		close(w.done)
		return true
	})
}

// deliver tries until the batch has come to its end, one way or another, or
// a round of retries has failed; then what is left goes back to the queue.
func (p *Pipeline) deliver(r *round, batch []queued) error {
	for len(batch) > 0 {
		err := p.export(batch)
		if err == nil {
			p.finish(batch)
			*r = round{pause: r.pause}
			r.pause.Reset()
			return nil
		}
		var partial *PartialError
		if errors.As(err, &partial) {
			if batch = p.partial(batch, partial); len(batch) == 0 {
				return nil
			}
			err = fmt.Errorf("langshark: %w", partial)
		}
		act, wait := classify(err)
		switch act {
		case actReject:
			p.report(fmt.Errorf("langshark: %d records refused and dropped: %w", len(batch), err))
			p.drop(batch, DropRejected)
			return nil
		case actShrink:
			return p.shrink(r, batch, err)
		case actHold:
			if !r.held {
				p.report(fmt.Errorf("langshark: credentials refused, trying again every %v (check LANGSHARK_PUBLIC_KEY and LANGSHARK_SECRET_KEY): %w", holdInterval, err))
			}
			r.held = true
			p.requeue(batch)
			p.settle(err)
			p.rest(max(holdInterval, wait), wait > 0)
			return err
		case actRetry:
		}
		r.attempts++
		if r.attempts > p.cfg.MaxRetries {
			if !r.failing {
				p.report(fmt.Errorf("langshark: sink fails, %d records wait: %w", p.Stats().Queued+int64(len(batch)), err))
			}
			r.failing, r.attempts = true, 0
			p.requeue(batch)
			p.settle(err)
			p.rest(p.pause(r, wait), wait > 0)
			return err
		}
		p.rest(p.pause(r, wait), wait > 0)
		if p.ctx.Err() != nil {
			p.requeue(batch)
			return err
		}
	}
	return nil
}

// export calls the sink within its time, and turns a panic into an error.
func (p *Pipeline) export(batch []queued) (err error) {
	records := make([]Record, len(batch))
	for i, e := range batch {
		records[i] = *e.entry.Record()
	}
	ctx, cancel := context.WithTimeout(p.ctx, p.cfg.Timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("exporter panicked: %v\n%s", v, debug.Stack())
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stats.Exports++
		p.stats.LastError = ""
		if err != nil {
			p.stats.Failures++
			p.stats.LastError = err.Error()
		}
	}()
	return p.sink.Export(ctx, records)
}

func (p *Pipeline) pause(r *round, asked time.Duration) time.Duration {
	d := r.pause.NextBackOff()
	if r.failing {
		d = max(d, p.cfg.FlushInterval)
	}
	return max(d, min(asked, maxRetryAfter))
}

// rest waits between attempts. A Flush that comes meanwhile ends it, unless the server asked for the pause.
func (p *Pipeline) rest(d time.Duration, asked bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-timer.C:
			return
		case <-p.wake:
			if !asked && p.urgentFresh() {
				return
			}
		}
	}
}

// finish counts the batch as delivered.
func (p *Pipeline) finish(batch []queued) {
	p.land(batch, nil, func() { p.stats.Delivered += int64(len(batch)) })
}

// drop gives the batch up.
func (p *Pipeline) drop(batch []queued, reason DropReason) {
	p.land(batch, nil, func() { p.stats.drop(reason, int64(len(batch))) })
}

// land takes gone out of flight, counts it and leaves rest in flight.
func (p *Pipeline) land(gone, rest []queued, count func()) {
	p.mu.Lock()
	if !p.abandoned {
		count()
		p.fly(rest)
	}
	p.mu.Unlock()
	releaseAll(gone)
}

func (p *Pipeline) fly(batch []queued) {
	p.inFlight, p.flying = batch, 0
	for _, q := range batch {
		p.flying += q.bytes
	}
}

// requeue puts the batch back where it came from.
func (p *Pipeline) requeue(batch []queued) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.abandoned {
		return
	}
	p.queue.pushFront(batch)
	p.inFlight, p.flying = nil, 0
}

// partial settles what a partly accepted batch decided and returns the rest, still in flight.
func (p *Pipeline) partial(batch []queued, e *PartialError) (rest []queued) {
	retry := make(map[int]bool, len(e.Failed))
	var rejected, unsupported int64
	reason := ""
	for _, f := range e.Failed {
		if _, twice := retry[f.Index]; twice || f.Index < 0 || f.Index >= len(batch) {
			continue
		}
		retry[f.Index] = f.Retry
		switch {
		case f.Retry:
		case f.Unsupported:
			unsupported++
		default:
			rejected++
			reason = cmp.Or(reason, f.Reason)
		}
	}
	var gone []queued
	for i, q := range batch {
		if retry[i] {
			rest = append(rest, q)
		} else {
			gone = append(gone, q)
		}
	}
	p.land(gone, rest, func() {
		p.stats.Delivered += int64(len(gone)) - rejected - unsupported
		p.stats.drop(DropRejected, rejected)
		p.stats.drop(DropUnsupported, unsupported)
	})
	if rejected > 0 {
		p.report(fmt.Errorf("langshark: %d records refused and dropped, the first because: %s", rejected, reason))
	}
	return rest
}

// shrink makes a batch that is too large smaller: halves, then a truncated record.
func (p *Pipeline) shrink(r *round, batch []queued, cause error) error {
	if len(batch) > 1 {
		half := len(batch) / 2
		p.mu.Lock()
		if !p.abandoned {
			p.queue.pushFront(batch[half:])
			p.fly(batch[:half])
		}
		p.mu.Unlock()
		if err := p.deliver(r, batch[:half]); err != nil {
			return err
		}
		return p.deliver(r, p.takeN(len(batch)-half))
	}
	record := batch[0].entry.Record()
	if limit := int(record.Size() / 4); limit < 2*recordOverhead || !record.Truncate(limit) {
		p.report(fmt.Errorf("langshark: record too large even truncated, dropped: %w", cause))
		p.drop(batch, DropTooLarge)
		return nil
	}
	return p.deliver(r, batch)
}

// takeN moves up to n entries from the queue's front into flight.
func (p *Pipeline) takeN(n int) []queued {
	p.mu.Lock()
	defer p.mu.Unlock()
	var batch []queued
	for len(batch) < n {
		e, ok := p.queue.pop()
		if !ok {
			break
		}
		batch = append(batch, e)
	}
	p.fly(batch)
	return batch
}

// report tells OnError, whatever it does.
func (p *Pipeline) report(err error) {
	if p.cfg.OnError == nil {
		return
	}
	defer func() { _ = recover() }()
	p.cfg.OnError(err)
}
