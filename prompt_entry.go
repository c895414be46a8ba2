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

// promptEntry is what is known of one key. Its lock may be held when the cache's is taken, never the other way round.
type promptEntry struct {
	cache *promptCache
	key   promptKey
	pins  int // handles on it; by the cache's lock

	value atomic.Pointer[promptValue] // nil until the first fetch
	stale atomic.Bool                 // to be fetched anew: it is old, or has changed
	used  atomic.Int64                // the cache's turn when it was used last

	mu       sync.Mutex
	flight   *promptFlight // nil if none is fetched
	next     *promptFlight // that follows, since it has changed while it was fetched; else nil
	changed  bool          // since the fetch that the value is of
	failures int           // in a row
	retryAt  time.Time     // before, it isn't tried again
	err      error         // of the last fetch
	gone     time.Time     // when the server said that it has it no more; zero while it has
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

// await returns the value as it should be for a caller: at once if anything usable is there.
func (c *promptCache) await(ctx context.Context, e *promptEntry, s *promptSettings) (*promptValue, error) {
	v, now := e.value.Load(), time.Now()
	if v != nil && e.serves(v, s, now) {
		return v, nil
	}
	fresh := s.hasTTL && s.ttl == 0 // of a fetch that begins now
	waits := v == nil || fresh
	f := e.fetch(now, waits, fresh) //nolint:contextcheck // a fetch is everybody's and outlives a call
	var late error
	if f != nil && waits {
		late = c.land(ctx, e, f)
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

// serves reports whether a value needs no fetch for a caller.
func (e *promptEntry) serves(v *promptValue, s *promptSettings, now time.Time) bool {
	if !s.hasTTL {
		return !e.stale.Load()
	}
	if now.Sub(v.checkedAt) >= s.ttl {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.changed // only old, which this caller says what that is
}

// landed keeps what came of a fetch, and returns what the application is to be told; the caller holds the lock.
func (e *promptEntry) landed(v *promptValue, err error) (say error) {
	c := e.cache
	e.err = err
	if err == nil {
		old, back := e.value.Load(), !e.gone.IsZero()
		e.failures, e.retryAt, e.gone = 0, time.Time{}, time.Time{}
		if v.prompt == nil && v.experiment == nil {
			e.gone, back = v.checkedAt, false
		}
		if e.key.experiment {
			c.saidUnsupported.Store(false)
		}
		e.value.Store(v)
		e.stale.Store(e.changed)
		e.arm(jitter(c.ttl))
		c.saveSoon(back || v.differs(old)) // back also as it was: the file says that it is gone
		return nil
	}
	c.counts.failed.Add(1)
	unsupported := e.key.experiment && errors.Is(err, errors.ErrUnsupported)
	wait := e.pause(err, unsupported)
	if errors.Is(err, ErrPromptNotFound) && e.value.Load() != nil {
		c.saveSoon(e.gone.IsZero()) // for the next process, which doesn't go on with it
		e.gone = time.Now()
	}
	e.failures++
	if e.changed && errors.Is(err, ErrPromptNotFound) {
		e.follow() // it may have been made since
	} else {
		e.retryAt = time.Now().Add(wait)
	}
	e.arm(wait)
	if unsupported && c.saidUnsupported.Swap(true) {
		return nil
	}
	switch {
	case e.value.Load() != nil:
		return fmt.Errorf("%w (what is known from before is used)", err)
	case e.key.experiment:
		return fmt.Errorf("%w (every unit gets the usual prompt)", err)
	}
	return nil // the callers have the error
}

// pause is how long a failed fetch isn't tried again; the caller holds the lock. A server without experiments may
// be another one soon, or that was a proxy's word: it is asked less and less often.
func (e *promptEntry) pause(err error, unsupported bool) time.Duration {
	growing := promptRetryPause << min(e.failures, 10)
	switch {
	case unsupported:
		return jitter(min(growing, watchAgain))
	case errors.Is(err, ErrPromptNotFound):
		return jitter(min(promptNotFoundPause, e.cache.ttl))
	}
	return jitter(min(growing, promptRetryMax, e.cache.ttl))
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
			e.fetch(time.Now(), false, false)
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

// renew says that what is kept may be out of date, and has it fetched: now, or when it is used again.
func (e *promptEntry) renew(now bool) {
	e.mu.Lock()
	e.failures, e.retryAt, e.changed = 0, time.Time{}, true
	e.stale.Store(true)
	running := e.flight != nil
	if running {
		e.follow()
	}
	e.mu.Unlock()
	if !running && (now || e.cache.pinned(e)) {
		e.fetch(time.Now(), false, false)
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
	if !again {
		return
	}
	why := "not fetched anew yet"
	if err != nil {
		why = err.Error()
	}
	said := fmt.Errorf("prompt %s is in use though it was fetched %v ago, more than Config.PromptMaxStale: %s", e.key, age.Round(time.Second), why)
	e.cache.tell(said)
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
