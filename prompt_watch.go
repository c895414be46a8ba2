package langshark

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// watchAgain is when a server that tells of no changes is asked for them again.
const watchAgain = 10 * time.Minute

// watch has the server tell of changes until the client ends, and connects again as often as it takes.
func (c *promptCache) watch(w PromptWatcher) {
	pause := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(time.Second), backoff.WithMaxInterval(30*time.Second), backoff.WithMaxElapsedTime(0))
	for {
		begun := time.Now()
		err := c.watchOnce(w)
		c.counts.watching.Store(false)
		if c.ctx.Err() != nil {
			return
		}
		if time.Since(begun) > time.Minute {
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

func (c *promptCache) watchOnce(w PromptWatcher) (err error) {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("langshark: watching prompts: %w", panicError(p))
		}
	}()
	return w.WatchPrompts(ctx, c.changed)
}

// changed is told of a change by the source: of one prompt, or with "" that any may have changed.
func (c *promptCache) changed(name string) {
	c.counts.watching.Store(true)
	if name != "" {
		c.counts.pushed.Add(1)
	}
	c.renew(name, name != "")
}

// renew has what is kept of a prompt fetched anew, of all with "": now, or when it is asked for again.
func (c *promptCache) renew(name string, now bool) {
	for key, e := range c.index.Load().all {
		if name == "" || key.name == name {
			e.renew(now && key.version == 0) // what a version says never changes
		}
	}
}
