package sqlite

import (
	"context"
	"time"
)

// startWork starts what goes on in the background; Close ends it.
func (s *Store) startWork(ctx context.Context) {
	s.merged = time.Now()
	s.kick, s.trained = make(chan struct{}, 1), map[int64]time.Time{}
	if s.opts.noWork || s.opts.ReadOnly {
		return
	}
	s.working.Go(func() { s.checkpoint(ctx) })
	s.working.Go(func() { s.probe(ctx) })
	s.working.Go(func() { s.moveIDs(ctx) })
	if s.opts.NoHousekeeping {
		return
	}
	s.working.Go(func() { s.sweep(ctx) })
	s.working.Go(func() { s.indexSearch(ctx) })
}

// pause waits. It reports false if ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// do has the writer do something in a transaction of its own.
func (s *Store) do(ctx context.Context, f func(*tx) error) error {
	return s.writer.submit(ctx, &request{items: 1, alone: true, do: f})
}
