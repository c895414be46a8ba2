package langshark

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// promptEntry is what is known of one key.
type promptEntry struct {
	cache *promptCache
	key   promptKey
	pins  int // handles on it; by the cache's lock

	value atomic.Pointer[promptValue] // nil until the first fetch
	stale atomic.Bool                 // to be fetched anew
	used  atomic.Int64                // the cache's turn when it was used last

	mu       sync.Mutex
	flight   *promptFlight // nil if none is fetched
	again    bool          // it has changed while it was fetched
	failures int           // in a row
	retryAt  time.Time     // before, it isn't tried again
	err      error         // of the last fetch
	told     time.Time     // when OnError was told that it is too old
	timer    *time.Timer   // makes it stale
	stopped  bool
}

// promptValue is what was fetched. It never changes.
type promptValue struct {
	prompt     *Prompt     // nil for an experiment
	experiment *experiment // nil for a prompt, and for an experiment that has ended
	etag       string
	body       []byte // nil unless there is a file to keep it in
	checkedAt  time.Time
}

// promptFlight is one fetch for all who wait.
type promptFlight struct{ done chan struct{} }

// wait returns the value as it should be for a caller: at once if anything usable is there.
func (c *promptCache) wait(ctx context.Context, e *promptEntry, s *promptSettings) (*promptValue, error) {
	v, now := e.value.Load(), time.Now()
	if v != nil && !e.stale.Load() && (!s.hasTTL || now.Sub(v.checkedAt) < s.ttl) {
		return v, nil
	}
	f := e.fetch(now) //nolint:contextcheck // a fetch is everybody's and outlives a call
	var late error
	if f != nil && (v == nil || s.hasTTL && s.ttl == 0 || now.Sub(v.checkedAt) > c.maxStale) {
		select {
		case <-f.done:
		case <-ctx.Done():
			late = fmt.Errorf("langshark: prompt %s: %w", e.key, context.Cause(ctx))
		}
	}
	if v = e.value.Load(); v == nil {
		return nil, errors.Join(late, e.failure(late == nil))
	}
	if e.stale.Load() {
		c.counts.stale.Add(1)
		if age := now.Sub(v.checkedAt); age > c.maxStale {
			c.counts.tooOld.Add(1)
			e.tell(now, age)
		}
	}
	return v, nil
}

// fetch starts a fetch or joins the one that runs; nil while it is too soon to try again.
func (e *promptEntry) fetch(now time.Time) *promptFlight {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.flight != nil {
		return e.flight
	}
	if e.stopped && e.value.Load() != nil || now.Before(e.retryAt) {
		return nil
	}
	f := &promptFlight{done: make(chan struct{})}
	if !e.cache.start(func() { e.run(f) }) {
		e.err = fmt.Errorf("langshark: prompt %s: %w", e.key, ErrDisabled)
		return nil
	}
	e.flight = f
	return f
}

// run fetches until nothing has changed meanwhile, but no more than twice: then the next caller's turn comes.
func (e *promptEntry) run(f *promptFlight) {
	defer close(f.done)
	c := e.cache
	for round := 0; ; round++ {
		v, err := c.fetch(e)
		e.mu.Lock()
		again := e.again
		e.again = false
		e.landed(v, err)
		if again && err == nil {
			e.stale.Store(true)
		}
		if !again || round > 0 || err != nil {
			e.flight = nil
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
	}
}

// landed keeps what came of a fetch; the caller holds the lock.
func (e *promptEntry) landed(v *promptValue, err error) {
	c := e.cache
	e.err = err
	if err == nil {
		e.failures, e.retryAt = 0, time.Time{}
		e.value.Store(v)
		e.stale.Store(false)
		e.arm(jitter(c.ttl))
		c.saveSoon()
		return
	}
	c.counts.failed.Add(1)
	wait := promptNotFoundPause
	if !errors.Is(err, ErrPromptNotFound) {
		wait = min(promptRetryPause<<min(e.failures, 10), promptRetryMax)
	}
	e.failures++
	wait = jitter(min(wait, c.ttl))
	e.retryAt = time.Now().Add(wait)
	e.arm(wait)
	if e.value.Load() != nil {
		c.report(fmt.Errorf("%w (the version known from before is used)", err))
	}
}

const (
	promptRetryPause    = time.Second // after the first failure, doubled with each
	promptRetryMax      = 30 * time.Second
	promptNotFoundPause = 10 * time.Second
)

// jitter is d, up to a tenth less, so that processes that began together don't ask together.
func jitter(d time.Duration) time.Duration { return d - rand.N(d/10+1) } //nolint:gosec // no secret

// arm makes the entry stale after d, and has it fetched then if a handle holds it; the caller holds the lock.
func (e *promptEntry) arm(d time.Duration) {
	if e.stopped {
		return
	}
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = time.AfterFunc(d, func() {
		e.stale.Store(true)
		if e.cache.pinned(e) {
			e.fetch(time.Now())
		}
	})
}

func (e *promptEntry) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped = true
	if e.timer != nil {
		e.timer.Stop()
	}
}

// changed says that what is kept may be out of date, and fetches it if anybody uses it.
func (e *promptEntry) changed(now bool) {
	e.mu.Lock()
	e.failures, e.retryAt = 0, time.Time{}
	e.again = e.flight != nil
	e.stale.Store(true)
	e.mu.Unlock()
	if now || e.cache.pinned(e) {
		e.fetch(time.Now())
	}
}

// failure is why there is no value; nil if the caller only did not wait.
func (e *promptEntry) failure(waited bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil && waited {
		return fmt.Errorf("langshark: prompt %s: not fetched yet", e.key)
	}
	return e.err
}

// tell reports that a prompt is older than it should be, once a minute.
func (e *promptEntry) tell(now time.Time, age time.Duration) {
	e.mu.Lock()
	again := now.Sub(e.told) >= time.Minute
	if again {
		e.told = now
	}
	err := e.err
	e.mu.Unlock()
	if again {
		e.cache.report(fmt.Errorf("prompt %s is in use though it was fetched %v ago, more than Config.PromptMaxStale: %w", e.key, age.Round(time.Second), err))
	}
}

// String names the key for people.
func (k promptKey) String() string {
	switch {
	case k.experiment:
		return fmt.Sprintf("%q experiment %q", k.name, k.label)
	case k.version > 0:
		return fmt.Sprintf("%q version %d", k.name, k.version)
	}
	return fmt.Sprintf("%q label %q", k.name, k.label)
}
