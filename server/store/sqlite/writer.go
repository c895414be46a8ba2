package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// groupItems is about how many writes one commit takes, besideItems where another
// process comes first, which has besidePause to itself after each: it looks for the
// lock after 1, 2, 5, 10 and 15 ms, and then in longer steps, so that both must be shorter than those.
const (
	groupItems  = 512
	besideItems = 128
	besidePause = 20 * time.Millisecond
)

// request is one call that waits for the writer.
type request struct {
	batch   *store.Batch    // a batch of events,
	project int64           // its project
	blocks  []*block        // and its payloads; or
	do      func(*tx) error // something else to do in a transaction
	alone   bool            // of its own
	items   int
	bytes   int
	along   int // ids that it is to take along to the index at least
	err     error
	done    chan struct{}

	taken     bool // the writer has it; guarded by writer.mu
	withdrawn bool // its caller has gone; guarded by writer.mu
}

// writer is the one goroutine that writes.
type writer struct {
	store *Store
	db    *db
	done  chan struct{}
	// committed has something after a commit; capacity 1.
	committed chan struct{}
	// restart asks for the log to begin anew, and says how many pages it has.
	restart atomic.Int64
	// restarted has something after each attempt; capacity 1.
	restarted chan struct{}
	// restartAfter is when that is tried again, restartPause the last pause.
	restartAfter atomic.Int64 // in nanoseconds since 1970
	restartPause time.Duration

	mu     sync.Mutex
	queue  []*request
	items  int
	bytes  int
	closed bool
	wake   chan struct{} // capacity 1
	err    error         // of closing

	lastBatch time.Time // when the last batch came

	lastIDs int // entries of the last commit's row of the log; the goroutine's
}

func startWriter(s *Store, d *db) *writer {
	w := &writer{store: s, db: d, done: make(chan struct{}), wake: make(chan struct{}, 1), committed: make(chan struct{}, 1), restarted: make(chan struct{}, 1)}
	go w.run()
	return w
}

// Write implements [store.Store].
func (s *Store) Write(ctx context.Context, batch *store.Batch) error {
	if batch.Len() == 0 {
		return nil
	}
	project, err := s.project(ctx, batch.ProjectID)
	if err != nil {
		return err
	}
	if err := checkBatch(batch); err != nil {
		return err
	}
	packed, blocks, bytes := packBatch(batch, s.codecs.of(project))
	s.countTokens(ctx, batch, packed)
	err = s.writer.submit(ctx, &request{batch: packed, project: project, blocks: blocks, items: batch.Len(), bytes: bytes})
	batch.Dropped = packed.Dropped
	return err
}

// checkBatch refuses what could not be read again.
func checkBatch(b *store.Batch) error {
	moments := func(id string, all ...time.Time) error {
		for _, at := range all {
			if y := at.UTC().Year(); y < 1 || y > 9999 {
				return fmt.Errorf("langshark: a time of %q is in the year %d: give one from 1 to 9999", id, y)
			}
		}
		return nil
	}
	for i := range b.Scores {
		s := &b.Scores[i]
		if s.Number != nil && (math.IsNaN(*s.Number) || math.IsInf(*s.Number, 0)) {
			return fmt.Errorf("langshark: score %q is %v: give a number", s.ID, *s.Number)
		}
		if err := moments(s.ID, s.Timestamp); err != nil {
			return err
		}
	}
	check := func(what, id string, raw []byte) error {
		if len(raw) > maxPayloadBytes {
			return fmt.Errorf("langshark: %s of %q has %d bytes, more than %d: send a file or less of it", what, id, len(raw), maxPayloadBytes)
		}
		return nil
	}
	for i := range b.Traces {
		t := &b.Traces[i]
		if err := errors.Join(check("input", t.ID, t.Input), check("output", t.ID, t.Output), moments(t.ID, t.Timestamp)); err != nil {
			return err
		}
	}
	for i := range b.Observations {
		o := &b.Observations[i]
		if err := errors.Join(check("input", o.ID, o.Input), check("output", o.ID, o.Output), moments(o.ID, o.Start, o.End, o.CompletionStart)); err != nil {
			return err
		}
	}
	return nil
}

// submit queues the request and waits for its commit. If ctx ends before the
// writer has taken it, it is withdrawn; afterwards the commit is waited for,
// so that nothing of the batch is read once submit has returned.
func (w *writer) submit(ctx context.Context, r *request) error {
	if ctx.Err() != nil {
		return fmt.Errorf("langshark: %w", context.Cause(ctx))
	}
	r.done = make(chan struct{})
	w.mu.Lock()
	switch {
	case w.store.opts.ReadOnly:
		w.mu.Unlock()
		return fmt.Errorf("langshark: write: %w", store.ErrReadOnly)
	case w.closed:
		w.mu.Unlock()
		return fmt.Errorf("langshark: %w", store.ErrClosed)
	case w.items > 0 && (w.items+r.items > w.store.opts.MaxPending || w.bytes+r.bytes > w.store.opts.MaxPendingBytes):
		w.mu.Unlock()
		w.store.counts.busy.Add(1)
		return fmt.Errorf("langshark: %w", store.ErrBusy)
	}
	w.queue = append(w.queue, r)
	if r.batch != nil {
		w.lastBatch = time.Now()
	}
	w.items += r.items
	w.bytes += r.bytes
	w.mu.Unlock()
	w.nudge()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
	}
	w.mu.Lock()
	if !r.taken {
		r.withdrawn = true
		w.mu.Unlock()
		return fmt.Errorf("langshark: %w", context.Cause(ctx))
	}
	w.mu.Unlock()
	<-r.done
	return r.err
}

// nudge has the writer look what there is to do.
func (w *writer) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take removes requests of about groupItems writes from the queue.
func (w *writer) take() (group []*request, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	most := groupItems
	if w.store.opts.Beside {
		most = besideItems
	}
	items, n := 0, 0
	for _, r := range w.queue {
		if items > 0 && (items+r.items > most || r.alone) {
			break
		}
		n++
		if r.withdrawn {
			w.items -= r.items
			w.bytes -= r.bytes
			continue
		}
		r.taken = true
		items += r.items
		group = append(group, r)
		if r.alone {
			break
		}
	}
	w.queue = slices.Delete(w.queue, 0, n)
	return group, w.closed && len(w.queue) == 0
}

// settle answers a group. What it held counts as waiting until now, so that
// the bounds hold for all memory in use.
func (w *writer) settle(group []*request) {
	w.mu.Lock()
	for _, r := range group {
		w.items -= r.items
		w.bytes -= r.bytes
	}
	w.mu.Unlock()
	for _, r := range group {
		close(r.done)
	}
}

func (w *writer) run() {
	defer close(w.done)
	defer w.release()
	for {
		group, closed := w.take()
		if len(group) == 0 {
			if closed {
				return
			}
			w.restartLog()
			<-w.wake
			continue
		}
		w.commit(group)
		w.settle(group)
		w.restartLog()
		if w.store.opts.Beside {
			pause(context.Background(), besidePause)
		}
	}
}

// commit writes the group in one transaction; if that fails, each request in
// its own, so that one can't take the others along.
func (w *writer) commit(group []*request) {
	if err := w.store.full.refuse(); err != nil {
		for _, r := range group {
			r.err = err
		}
		w.store.counts.full.Add(int64(len(group)))
		return
	}
	start := time.Now()
	commits, err := w.transact(group)
	if err == nil {
		w.store.full.clear()
		w.store.counts.committed(group, time.Since(start))
		w.store.tell(commits)
		return
	}
	err = known(err)
	if errors.Is(err, store.ErrFull) {
		w.store.full.set(err)
		w.store.log.Error("langshark: no room to write: reads go on, writes are refused until there is", "error", err)
	}
	if len(group) > 1 && !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrFull) {
		for _, r := range group {
			w.commit([]*request{r})
		}
		return
	}
	for _, r := range group {
		r.err = err
	}
	w.store.counts.refused(err, len(group))
}

func (w *writer) transact(group []*request) (commits []store.Commit, err error) {
	if err := w.db.begin(); err != nil {
		return nil, fmt.Errorf("langshark: begin: %w", err)
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("langshark: write panicked: %v", v)
		}
		if err != nil {
			if rollback := w.db.rollback(); rollback != nil && !errors.Is(known(err), store.ErrFull) { // a full disk has rolled back already
				err = errors.Join(err, rollback)
			}
		}
	}()
	t, err := w.store.begin(w.db)
	if err != nil {
		return nil, err
	}
	if err := t.look(group); err != nil {
		return nil, err
	}
	for _, r := range group {
		if r.do != nil {
			err = r.do(t)
		} else {
			err = t.apply(r)
		}
		if err != nil {
			return nil, err
		}
	}
	taken, err := t.takeAlong(w.along(group))
	if err != nil {
		return nil, err
	}
	if err := t.flush(); err != nil {
		return nil, err
	}
	if err := w.db.commit(); err != nil {
		return nil, fmt.Errorf("langshark: commit: %w", err)
	}
	taken()
	w.lastIDs = t.movedIDs
	w.store.counts.blocks.Store(t.next.payload - 1)
	if len(t.moved) > 0 {
		if err := w.store.ids.apply(t.next.id, t.moved); err != nil {
			w.store.log.Error("langshark: ids", "error", err)
		}
	}
	select {
	case w.committed <- struct{}{}:
	default:
	}
	return t.commits(), nil
}

// along is how many ids a commit takes along: more than it is likely to add.
func (w *writer) along(group []*request) int {
	items, asked := 0, 0
	for _, r := range group {
		items, asked = items+r.items, asked+r.along
	}
	return max(idShare*max(items, w.lastIDs), asked)
}

// close commits what waits and ends the goroutine.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.nudge()
	<-w.done
	return w.err
}

// release closes the connection. What can't be tidied up because there is no room, or
// because another process writes, is left to the next one: all that was answered is on disk.
func (w *writer) release() {
	if err := w.db.exec("PRAGMA optimize"); err != nil {
		w.store.log.Warn("langshark: statistics at the end", "error", known(err))
	}
	err := w.db.close()
	if e := known(err); errors.Is(e, store.ErrFull) || errors.Is(e, store.ErrBusy) {
		w.store.log.Warn("langshark: checkpoint at the end", "error", e)
		err = nil
	}
	w.err = err
}

// quietTime is how long nothing was written when the writer is idle.
const quietTime = 200 * time.Millisecond

// idle reports whether nobody needs the writer: nothing waits, and nothing has come just now.
func (w *writer) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.items == 0 && time.Since(w.lastBatch) > quietTime
}
