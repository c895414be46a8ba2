package langshark

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
)

const (
	// watchAgain is when a server that tells of no changes is asked for them again.
	watchAgain = 10 * time.Minute
	// watchPause is between a connection that was cut and the next, three tenths more or less. It grows
	// while there is none that lasts.
	watchPause    = 700 * time.Millisecond
	watchPauseMax = 30 * time.Second
	// watchLasts is for how long a server has to tell for its next connection to come soon again: one
	// that greets and hangs up is asked less and less often.
	watchLasts = time.Second
)

// quietWatcher is a watcher that says that it watches also where nothing may have changed.
type quietWatcher interface {
	watchPrompts(ctx context.Context, connected func(), changed func(name string)) error
}

// watch has the server tell of changes until the client ends, and connects again as often as it takes.
func (c *promptCache) watch(w PromptWatcher) {
	pause := backoff.NewExponentialBackOff(backoff.WithInitialInterval(watchPause), backoff.WithRandomizationFactor(0.3),
		backoff.WithMaxInterval(watchPauseMax), backoff.WithMaxElapsedTime(0))
	for {
		lasted, err := c.watchOnce(w)
		c.counts.watching.Store(false)
		if c.ctx.Err() != nil {
			return
		}
		if lasted >= watchLasts {
			pause.Reset()
		}
		wait := pause.NextBackOff()
		if errors.Is(err, errors.ErrUnsupported) {
			wait = jitter(watchAgain) // it may be a proxy's word, or another server soon
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-c.ctx.Done():
			timer.Stop()
			return
		}
	}
}

// watchOnce returns when the connection has ended, and how long the server has told of changes over it.
func (c *promptCache) watchOnce(w PromptWatcher) (lasted time.Duration, err error) {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	begun, first := time.Now(), atomic.Int64{} // when it began to tell, after begun; 0 before
	connected := func() {
		first.CompareAndSwap(0, max(int64(time.Since(begun)), 1))
		c.counts.watching.Store(true)
	}
	defer func() {
		if at := first.Load(); at > 0 {
			lasted = time.Since(begun) - time.Duration(at)
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("langshark: watching prompts: %w", panicError(p))
		}
	}()
	changed := func(name string) {
		connected()
		c.changed(name)
	}
	if q, ok := w.(quietWatcher); ok {
		return 0, q.watchPrompts(ctx, connected, changed)
	}
	return 0, w.WatchPrompts(ctx, changed)
}

// changed is told of a change by the source: of one prompt, or with "" that any may have changed.
func (c *promptCache) changed(name string) {
	if name != "" {
		c.counts.pushed.Add(1)
	}
	c.renew(name, name != "")
}

// renew has what is kept of a prompt fetched anew, of all with "": now, or when it is asked for again, as is what is
// in the file alone.
func (c *promptCache) renew(name string, now bool) {
	c.outdate(name)
	for key, e := range c.index.Load().all {
		if name == "" || key.name == name {
			e.renew(now && key.version == 0) // what a version says never changes
		}
	}
}
