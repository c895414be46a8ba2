package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
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

	outage error     // what was reported of failing or held
	told   time.Time // when it was
	lossAt time.Time // when drops by the full queue were reported

	behind  []queued // the rest of a batch that was halved, in flight too
	halving int      // depth of batches being halved
	refused int64    // records refused meanwhile
	refusal error    // the last one's
}

// works says that the sink does.
func (r *round) works() {
	r.attempts, r.failing, r.held, r.outage = 0, false, false, nil
	r.pause.Reset()
}

// run is the pipeline's goroutine.
func (p *Pipeline) run() {
	defer close(p.done)
	defer p.closeSpool()
	r := &round{pause: newPause()}
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	armed := false
	if p.openSpool(); p.waiting() {
		timer.Reset(p.cfg.FlushInterval)
		armed = true
	}
	for {
		all := false
		select {
		case <-p.ctx.Done():
			return
		case <-p.wake:
			p.news(r)
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
		p.news(r)
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
	return len(p.waiters) > 0 || p.queue.count >= p.cfg.FlushAt || 2*p.queue.bytes > p.cfg.QueueBytes
}

func (p *Pipeline) waiting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue.count > 0 || p.ticking || p.lost > 0 || p.onDisk
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
	var err error
	again := func() bool {
		defer recovered(&err)
		return p.cfg.OnTick()
	}()
	if err != nil {
		p.report(err)
	}
	if again {
		p.mu.Lock()
		p.ticking = true
		p.mu.Unlock()
	}
}

// news reports what a full queue has dropped, and an outage that lasts.
func (p *Pipeline) news(r *round) {
	now := time.Now()
	p.mu.Lock()
	lost := p.lost
	waiting := int64(p.queue.count + len(p.inFlight))
	if r.lossAt.IsZero() || now.Sub(r.lossAt) >= lossInterval {
		p.lost = 0
	} else {
		lost = 0
	}
	p.mu.Unlock()
	if lost > 0 {
		r.lossAt = now
		p.report(fmt.Errorf("langshark: the queue is full, %d records dropped, %d wait", lost, waiting))
	}
	if r.outage != nil && now.Sub(r.told) >= outageRemind {
		r.told = now
		p.report(fmt.Errorf("langshark: still not delivering, %d records wait: %w", waiting, r.outage))
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
			p.settle(nil, false)
			return
		}
		err := p.deliver(r, batch)
		if errors.Is(err, errAgain) {
			all = true
			continue
		}
		p.settle(err, false)
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

// take moves a batch into flight, from disk or from the queue.
func (p *Pipeline) take() []queued {
	batch := p.fromDisk()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.waiters {
		w.fresh = false
	}
	if len(batch) > 0 {
		return batch
	}
	clear(p.taken)
	batch = slices.Grow(p.taken[:0], min(p.queue.count, p.cfg.BatchItems))
	var bytes int64
	for len(batch) < p.cfg.BatchItems && bytes < maxBatchBytes {
		e, ok := p.queue.pop()
		if !ok {
			break
		}
		batch = append(batch, e)
		bytes += e.bytes
	}
	p.inFlight, p.flying, p.taken = batch, bytes, batch
	return batch
}

// settle answers the Flushes that are served, or all that saw the round fail;
// the patient ones only if that is hopeless.
func (p *Pipeline) settle(err error, hopeless bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiters = slices.DeleteFunc(p.waiters, func(w *waiter) bool {
		switch {
		case !p.pending(w.seq):
		case err != nil && !w.fresh && (hopeless || !w.patient):
			w.err = err
		default:
			return false
		}
		close(w.done)
		return true
	})
}

var (
	// errAgain says that what was in hand is on disk now, and the sink is to be tried again.
	errAgain = errors.New("tried again from disk")
	// errStuck is an exporter that ignores the end of its context.
	errStuck = errors.New("the exporter has not returned")
)

// deliver tries until the batch has come to its end, one way or another, or
// a round of retries has failed; then what is left goes back to the queue.
// With a spool, what failed once goes there.
func (p *Pipeline) deliver(r *round, batch []queued) error {
	for len(batch) > 0 {
		err := p.export(batch)
		if err == nil {
			p.finish(r, batch)
			r.works()
			return nil
		}
		if errors.Is(err, errStuck) {
			for i := range batch { // the exporter may still read them
				batch[i].entry = lent{batch[i].entry}
			}
			p.requeue(r, batch)
			return err
		}
		var partial *PartialError
		if errors.As(err, &partial) {
			if batch = p.partial(r, batch, partial); len(batch) == 0 {
				r.works()
				return nil
			}
			err = fmt.Errorf("langshark: %w", partial)
		}
		act, wait := classify(err)
		switch act {
		case actReject:
			p.refuse(r, batch, err)
			return nil
		case actBisect:
			if len(batch) == 1 {
				p.refuse(r, batch, err)
				return nil
			}
			return p.halve(r, batch)
		case actShrink:
			return p.shrink(r, batch, err)
		case actHold:
			if !r.held {
				r.outage, r.told = err, time.Now()
				p.report(fmt.Errorf("langshark: credentials refused, trying again every %v (check LANGSHARK_PUBLIC_KEY and LANGSHARK_SECRET_KEY): %w", holdInterval, err))
			}
			r.held = true
			p.requeue(r, batch)
			p.spillAll()
			p.settle(err, true)
			p.rest(r, max(holdInterval, min(wait, maxRetryAfter)), wait > 0)
			return err
		case actRetry:
		}
		r.attempts++
		if r.attempts > p.cfg.MaxRetries {
			if !r.failing {
				r.told = time.Now()
				p.report(fmt.Errorf("langshark: sink fails, %d records wait: %w", p.Stats().Queued+int64(len(batch)), err))
			}
			r.failing, r.attempts, r.outage = true, 0, err
			p.requeue(r, batch)
			p.spillAll()
			p.settle(err, false)
			p.rest(r, p.pause(r, wait), wait > 0)
			return err
		}
		if p.disk.spool != nil {
			p.requeue(r, batch)
			p.spillAll()
			p.rest(r, p.pause(r, wait), wait > 0)
			return errAgain
		}
		p.rest(r, p.pause(r, wait), wait > 0)
		if p.ctx.Err() != nil {
			p.requeue(r, batch)
			return err
		}
	}
	return nil
}

// export calls the sink within its time, and turns a panic into an error.
func (p *Pipeline) export(batch []queued) (err error) {
	ctx, cancel := context.WithTimeout(p.ctx, p.cfg.Timeout)
	defer cancel()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stats.Exports++
		p.stats.LastError = ""
		if err != nil {
			p.stats.Failures++
			p.stats.LastError = err.Error()
		}
	}()
	defer recovered(&err)
	records := p.slots.records(batch)
	if p.disk.spool == nil {
		return p.sink.Export(ctx, records)
	}
	return p.exportBeside(ctx, records)
}

// exportBeside calls the sink on a goroutine of its own, so that memory can go
// to disk while a slow sink takes its time.
func (p *Pipeline) exportBeside(ctx context.Context, records []Record) error {
	done := make(chan error, 1)
	p.exports.Go(func() {
		done <- guard(func() error { return p.sink.Export(ctx, records) })
	})
	last := time.NewTimer(time.Hour)
	defer last.Stop()
	ticker := time.NewTicker(p.cfg.FlushInterval)
	defer ticker.Stop()
	for {
		p.mu.Lock()
		at := p.spillAt
		p.mu.Unlock()
		if !at.IsZero() {
			last.Reset(max(0, time.Until(at)))
		}
		select {
		case err := <-done:
			return err
		case <-p.wake:
			p.relieve()
		case <-ticker.C:
			p.tick()
			p.relieve()
		case <-last.C:
			p.spillAll()
			p.mu.Lock()
			p.spillAt = time.Time{}
			p.mu.Unlock()
		case <-p.ctx.Done():
			select {
			case err := <-done:
				return err
			case <-time.After(exitGrace / 2):
				return errStuck
			}
		}
	}
}

// lent is an entry whose memory may still be read, so that it isn't used again.
type lent struct{ Entry }

func (lent) Release() {}

func (p *Pipeline) pause(r *round, asked time.Duration) time.Duration {
	d := r.pause.NextBackOff()
	if r.failing {
		d = max(d, p.cfg.FlushInterval)
	}
	if p.ending() {
		d = min(d, lastPause)
	}
	return max(d, min(asked, maxRetryAfter))
}

func (p *Pipeline) ending() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// rest waits between attempts. A Flush that comes meanwhile ends it, unless the server asked for the pause.
func (p *Pipeline) rest(r *round, d time.Duration, asked bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	remind := time.NewTicker(lossInterval)
	defer remind.Stop()
	ticker := time.NewTicker(p.cfg.FlushInterval)
	defer ticker.Stop()
	p.news(r)
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-timer.C:
			return
		case <-remind.C:
			p.news(r)
		case <-ticker.C:
			p.tick()
			p.spillAll()
		case <-p.wake:
			p.news(r)
			p.relieve()
			if !asked && p.urgentFresh() {
				return
			}
		}
	}
}

// finish counts the batch as delivered.
func (p *Pipeline) finish(r *round, batch []queued) {
	p.land(r, batch, nil, func() { p.stats.Delivered += int64(len(batch)) })
}

// drop gives the batch up.
func (p *Pipeline) drop(r *round, batch []queued, reason DropReason) {
	p.land(r, batch, nil, func() { p.stats.drop(reason, int64(len(batch))) })
}

// land takes gone out of flight, counts it and leaves rest in flight.
func (p *Pipeline) land(r *round, gone, rest []queued, count func()) {
	p.acknowledge(gone)
	p.mu.Lock()
	if !p.abandoned {
		count()
		p.fly(rest, r.behind)
	}
	p.mu.Unlock()
	releaseAll(gone)
}

// fly says what is in flight: the batch, and what is behind it; the caller holds mu.
func (p *Pipeline) fly(batch, behind []queued) {
	p.inFlight, p.flying = batch, 0
	if len(behind) > 0 {
		p.inFlight = slices.Concat(batch, behind)
	}
	for _, q := range p.inFlight {
		p.flying += q.bytes
	}
}

// requeue puts the batch, and what is behind it, back where it came from.
func (p *Pipeline) requeue(r *round, batch []queued) {
	batch = append(slices.Clip(batch), r.behind...)
	r.behind = nil
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.abandoned {
		return
	}
	for _, q := range batch {
		if q.disk > 0 {
			p.disk.window[q.disk-1].Again = q.again
			p.stats.Spooled++
		}
	}
	p.queue.pushFront(slices.DeleteFunc(batch, func(q queued) bool { return q.disk > 0 }))
	p.inFlight, p.flying = nil, 0
}

// partial settles what a partly accepted batch decided and returns the rest, still in flight.
func (p *Pipeline) partial(r *round, batch []queued, e *PartialError) (rest []queued) {
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
		if retry[i] && e.Err == nil {
			if q.again++; int(q.again) > p.cfg.GiveUpAfter {
				retry[i] = false
				rejected++
				reason = cmp.Or(reason, fmt.Sprintf("not accepted in %d attempts", q.again))
			}
		}
		if retry[i] {
			rest = append(rest, q)
		} else {
			gone = append(gone, q)
		}
	}
	p.land(r, gone, rest, func() {
		p.stats.Delivered += int64(len(gone)) - rejected - unsupported
		p.stats.drop(DropRejected, rejected)
		p.stats.drop(DropUnsupported, unsupported)
	})
	if rejected > 0 {
		p.report(fmt.Errorf("langshark: %d records refused and dropped, the first because: %s", rejected, reason))
	}
	return rest
}

// refuse drops what the sink will never accept, and reports it unless halve does.
func (p *Pipeline) refuse(r *round, batch []queued, cause error) {
	r.refused += int64(len(batch))
	r.refusal = cause
	p.drop(r, batch, DropRejected)
	if r.halving == 0 {
		p.reportRefused(r)
	}
}

func (p *Pipeline) reportRefused(r *round) {
	if r.refused > 0 {
		p.mu.Lock()
		p.refusal = r.refusal
		p.mu.Unlock()
		p.report(fmt.Errorf("langshark: %d records refused and dropped: %w", r.refused, r.refusal))
	}
	r.refused, r.refusal = 0, nil
}

// halve delivers a batch in two parts.
func (p *Pipeline) halve(r *round, batch []queued) error {
	r.halving++
	defer func() {
		if r.halving--; r.halving == 0 {
			p.reportRefused(r)
		}
	}()
	half := len(batch) / 2
	before := r.behind
	r.behind = slices.Concat(batch[half:], before)
	if err := p.deliver(r, batch[:half:half]); err != nil {
		return err // all of it went back
	}
	r.behind = before
	return p.deliver(r, batch[half:])
}

// shrink makes a batch that is too large smaller: halves, then a truncated record.
func (p *Pipeline) shrink(r *round, batch []queued, cause error) error {
	if len(batch) > 1 {
		return p.halve(r, batch)
	}
	record := p.slots.records(batch)[0]
	limit := record.Size() / 4
	if limit < 2*recordOverhead || !record.Truncate(int(limit)) {
		p.report(fmt.Errorf("langshark: record too large even truncated, dropped: %w", cause))
		p.drop(r, batch, DropTooLarge)
		return nil
	}
	batch[0].limit = int32(min(limit, math.MaxInt32))
	return p.deliver(r, batch)
}

// report tells OnError, whatever it does.
func (p *Pipeline) report(err error) {
	if p.cfg.OnError == nil {
		return
	}
	defer func() { _ = recover() }()
	p.cfg.OnError(err)
}
