package langshark

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// watch has the server tell of changes until the client ends, and connects again as often as it takes.
func (c *promptCache) watch(w PromptWatcher) {
	pause := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(time.Second), backoff.WithMaxInterval(30*time.Second), backoff.WithMaxElapsedTime(0))
	for {
		begun := time.Now()
		err := c.watchOnce(w)
		c.counts.watching.Store(false)
		if c.ctx.Err() != nil || errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if time.Since(begun) > time.Minute {
			pause.Reset()
		}
		timer := time.NewTimer(pause.NextBackOff())
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
			e.changed(now)
		}
	}
}
