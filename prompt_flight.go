package langshark

import (
	"context"
	"fmt"
	"time"
)

// promptFlight is one fetch for all who wait.
type promptFlight struct {
	done    chan struct{}
	hurry   chan struct{} // closed once a caller waits
	hurried bool          // by the entry's lock
}

func newPromptFlight() *promptFlight {
	return &promptFlight{done: make(chan struct{}), hurry: make(chan struct{})}
}

// wanted says that a caller waits for the flight; the caller holds the entry's lock.
func (f *promptFlight) wanted() {
	if !f.hurried {
		f.hurried = true
		close(f.hurry)
	}
}

// land waits until a flight has landed, ctx ends, or time is up: a little later than a fetch that began at once,
// whose own error says more.
func (c *promptCache) land(ctx context.Context, e *promptEntry, f *promptFlight) error {
	enough := time.NewTimer(c.timeout + c.timeout/8)
	defer enough.Stop()
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("langshark: prompt %s: %w", e.key, context.Cause(ctx))
	case <-enough.C:
		return fmt.Errorf("langshark: prompt %s: not fetched within Config.PromptTimeout: other fetches take their time", e.key)
	}
}

// fetch starts a fetch or joins the one that runs, or with fresh the one after it; nil while it is too soon to try
// again. With waits, a caller is going to wait for it.
func (e *promptEntry) fetch(now time.Time, waits, fresh bool) *promptFlight {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := e.flight
	switch {
	case f != nil:
		if waits {
			f.wanted()
		}
		if fresh {
			f = e.follow()
		}
	case e.stopped && e.value.Load() != nil || now.Before(e.retryAt):
		return nil
	default:
		f = newPromptFlight()
		if !e.cache.start(func() { e.run(f) }) {
			e.err = fmt.Errorf("langshark: prompt %s: the client was shut down", e.key)
			return nil
		}
		e.flight = f
	}
	if waits {
		f.wanted()
	}
	return f
}

// follow has another fetch follow the one that runs; the caller holds the lock.
func (e *promptEntry) follow() *promptFlight {
	if e.next == nil {
		e.next = newPromptFlight()
	}
	return e.next
}

// run fetches, and again as long as that is asked for meanwhile. Those who wait for a fetch have
// it as soon as it is there.
func (e *promptEntry) run(f *promptFlight) {
	for f != nil {
		e.mu.Lock()
		before := e.changed
		e.changed = false // what comes from here on is not in the answer
		e.mu.Unlock()
		v, err := e.cache.fetch(e, f)
		e.mu.Lock()
		say := e.landed(v, err)
		e.changed = e.changed || before && err != nil
		next := e.next
		e.flight, e.next = next, nil
		e.mu.Unlock()
		close(f.done)
		e.cache.tell(say)
		f = next
	}
}
