package catalog

import (
	"context"
	"errors"
	"sync"

	"github.com/google/uuid"
)

// Errors of watching.
var (
	// ErrClosed says that the catalog has been closed.
	ErrClosed = errors.New("langshark: the catalog is closed")
	// ErrTooManyWatches says that a project has [MaxPromptWatches].
	ErrTooManyWatches = errors.New("langshark: too many watch the prompts of the project")
)

const (
	// MaxPromptWatches is how many may watch the prompts of one project.
	MaxPromptWatches = 1000

	maxPendingEvents = 100 // that one who is slow is told one by one
)

// The ways in which a prompt changes, as its watchers are told.
const (
	ChangeVersion    = "version"
	ChangeLabels     = "labels"
	ChangeTags       = "tags"
	ChangeDelete     = "delete"
	ChangeExperiment = "experiment"
)

// PromptEvent tells that a prompt has changed, or one that it refers to.
type PromptEvent struct {
	// All says that any prompt may have changed; Name and Change are empty then.
	All  bool
	Name string
	// Change is the way.
	Change string
	// Seq counts the changes of the project since Epoch began.
	Seq int64
}

// promptEvents tells watchers of what this process has committed.
type promptEvents struct {
	epoch string
	done  chan struct{} // closed by close

	mu       sync.Mutex
	closed   bool
	projects map[string]*projectEvents
}

type projectEvents struct {
	seq     int64
	watches map[*PromptWatch]struct{}
}

func newPromptEvents() *promptEvents {
	return &promptEvents{epoch: uuid.NewString(), done: make(chan struct{}), projects: map[string]*projectEvents{}}
}

func (h *promptEvents) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
}

// project needs the lock.
func (h *promptEvents) project(id string) *projectEvents {
	p := h.projects[id]
	if p == nil {
		p = &projectEvents{watches: map[*PromptWatch]struct{}{}}
		h.projects[id] = p
	}
	return p
}

// tell tells of changes; without any, that all may have changed. It never waits.
func (h *promptEvents) tell(projectID string, names []string, change string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.project(projectID)
	var events []PromptEvent
	for _, name := range names {
		p.seq++
		events = append(events, PromptEvent{Name: name, Change: change, Seq: p.seq})
	}
	if len(names) == 0 {
		p.seq++
		events = []PromptEvent{{All: true, Seq: p.seq}}
	}
	for w := range p.watches {
		w.add(events)
	}
}

// PromptWatch is told of the changes of a project's prompts. Close it.
type PromptWatch struct {
	hub       *promptEvents
	projectID string
	wake      chan struct{} // capacity 1

	mu      sync.Mutex
	pending []PromptEvent
}

// WatchPrompts begins to watch the prompts of a project. The first event is one of All, with where
// the count stands.
func (c *Catalog) WatchPrompts(projectID string) (*PromptWatch, error) {
	h := c.events
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	p := h.project(projectID)
	if len(p.watches) >= MaxPromptWatches {
		return nil, ErrTooManyWatches
	}
	w := &PromptWatch{hub: h, projectID: projectID, wake: make(chan struct{}, 1)}
	p.watches[w] = struct{}{}
	w.add([]PromptEvent{{All: true, Seq: p.seq}})
	return w, nil
}

// PromptWatches is how many watch prompts now.
func (c *Catalog) PromptWatches() (n int) {
	c.events.mu.Lock()
	defer c.events.mu.Unlock()
	for _, p := range c.events.projects {
		n += len(p.watches)
	}
	return n
}

// Epoch names the time since which changes are counted: the life of this process.
func (w *PromptWatch) Epoch() string { return w.hub.epoch }

// Close ends the watch.
func (w *PromptWatch) Close() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	delete(w.hub.project(w.projectID).watches, w)
}

// Next waits for events, in their order; those that are there it returns even if ctx has
// ended. Whoever is slow gets one of All in place of many. It returns the error of ctx, or [ErrClosed].
func (w *PromptWatch) Next(ctx context.Context) ([]PromptEvent, error) {
	for {
		if events := w.take(); len(events) > 0 {
			return events, nil
		}
		select {
		case <-w.wake: // it may be of events that were taken already
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.hub.done:
			return nil, ErrClosed
		}
	}
}

func (w *PromptWatch) take() []PromptEvent {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.pending
	w.pending = nil
	return events
}

func (w *PromptWatch) add(events []PromptEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending = append(w.pending, events...); len(w.pending) > maxPendingEvents {
		w.pending = []PromptEvent{{All: true, Seq: events[len(events)-1].Seq}}
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
