package query

import (
	"context"
	"slices"
	"sync"

	"github.com/langshark/langshark-go/server/store"
)

// maxPending bounds what a slow subscriber is told of one by one.
const maxPending = 1000

// Change names traces that are new or have changed since the last one.
type Change struct {
	// TraceIDs are sorted, each once.
	TraceIDs []string
	// Overflow says that more traces changed than are named: reload the list.
	Overflow bool
}

// Subscribe returns a channel of the changes of a project, from whichever
// client or exporter they came. What a slow reader misses is gathered into the
// next change. The channel is closed when ctx ends or the reader is closed.
func (r *Reader) Subscribe(ctx context.Context, projectID string) <-chan Change {
	return r.live.subscribe(ctx, projectID)
}

// Subscribers is how many listen to changes now.
func (r *Reader) Subscribers() int {
	r.live.mu.Lock()
	defer r.live.mu.Unlock()
	return len(r.live.subs)
}

// live tells subscribers of commits.
type live struct {
	stop func()
	done chan struct{}
	wg   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	subs   map[*subscription]struct{}
}

type subscription struct {
	projectID string
	wake      chan struct{} // capacity 1

	mu       sync.Mutex
	pending  map[string]struct{}
	overflow bool
}

func newLive(s store.Store) *live {
	l := &live{subs: map[*subscription]struct{}{}, done: make(chan struct{})}
	l.stop = s.Watch(l.publish)
	return l
}

func (l *live) close() {
	l.stop()
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.done)
	}
	l.mu.Unlock()
	l.wg.Wait()
}

func (l *live) publish(c store.Commit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.subs {
		if s.projectID == c.ProjectID {
			s.add(c.TraceIDs)
		}
	}
}

func (l *live) subscribe(ctx context.Context, projectID string) <-chan Change {
	out := make(chan Change)
	s := &subscription{projectID: projectID, wake: make(chan struct{}, 1), pending: map[string]struct{}{}}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		close(out)
		return out
	}
	l.subs[s] = struct{}{}
	l.wg.Go(func() {
		defer close(out)
		defer func() {
			l.mu.Lock()
			delete(l.subs, s)
			l.mu.Unlock()
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case <-l.done:
				return
			case <-s.wake:
			}
			select {
			case out <- s.take():
			case <-ctx.Done():
				return
			case <-l.done:
				return
			}
		}
	})
	return out
}

func (s *subscription) add(traceIDs []string) {
	s.mu.Lock()
	for _, id := range traceIDs {
		if len(s.pending) >= maxPending {
			s.overflow = true
			break
		}
		s.pending[id] = struct{}{}
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *subscription) take() Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := Change{TraceIDs: make([]string, 0, len(s.pending)), Overflow: s.overflow}
	for id := range s.pending {
		c.TraceIDs = append(c.TraceIDs, id)
	}
	slices.Sort(c.TraceIDs)
	clear(s.pending)
	s.overflow = false
	return c
}
