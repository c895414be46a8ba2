package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/langshark/langshark-go/server/store"
)

// groupItems is about how many writes one commit takes.
const groupItems = 512

// request is one call that waits for the writer.
type request struct {
	batch *store.Batch                     // a batch of events, or
	do    func(context.Context, *tx) error // something else to do in a transaction
	items int
	bytes int
	err   error
	done  chan struct{}

	taken     bool // the writer has it; guarded by writer.mu
	withdrawn bool // its caller has gone; guarded by writer.mu
}

// writer is the one goroutine that writes.
type writer struct {
	store *Store
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	done  chan struct{}

	mu     sync.Mutex
	queue  []*request
	items  int
	bytes  int
	closed bool
	wake   chan struct{} // capacity 1
	err    error         // of closing
}

func startWriter(s *Store, conn *sql.Conn) *writer {
	w := &writer{store: s, conn: conn, stmts: map[string]*sql.Stmt{}, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	go w.run()
	return w
}

// Write implements [store.Store].
func (s *Store) Write(ctx context.Context, batch *store.Batch) error {
	if batch.Len() == 0 {
		return nil
	}
	if _, err := s.project(ctx, batch.ProjectID); err != nil {
		return err
	}
	packed, bytes := s.packBatch(batch)
	return s.writer.submit(ctx, &request{batch: packed, items: batch.Len(), bytes: bytes})
}

// packBatch returns a copy whose payloads have their stored form.
func (s *Store) packBatch(b *store.Batch) (*store.Batch, int) {
	c := *b
	bytes := 200 * b.Len()
	c.Traces = slices.Clone(b.Traces)
	for i := range c.Traces {
		t := &c.Traces[i]
		t.Input, t.Output = s.pack(t.Input), s.pack(t.Output)
		bytes += len(t.Input) + len(t.Output) + len(t.Metadata)
	}
	c.Observations = slices.Clone(b.Observations)
	for i := range c.Observations {
		o := &c.Observations[i]
		o.Input, o.Output = s.pack(o.Input), s.pack(o.Output)
		bytes += len(o.Input) + len(o.Output) + len(o.Metadata)
	}
	return &c, bytes
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
	case w.closed:
		w.mu.Unlock()
		return fmt.Errorf("langshark: %w", store.ErrClosed)
	case w.items > 0 && (w.items+r.items > w.store.opts.MaxPending || w.bytes+r.bytes > w.store.opts.MaxPendingBytes):
		w.mu.Unlock()
		return fmt.Errorf("langshark: %w", store.ErrBusy)
	}
	w.queue = append(w.queue, r)
	w.items += r.items
	w.bytes += r.bytes
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
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

// take removes requests of about groupItems writes from the queue.
func (w *writer) take() (group []*request, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	items, n := 0, 0
	for _, r := range w.queue {
		if items > 0 && items+r.items > groupItems {
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
			<-w.wake
			continue
		}
		w.commit(group)
		w.settle(group)
	}
}

// commit writes the group in one transaction; if that fails, each request in
// its own, so that one can't take the others along.
func (w *writer) commit(group []*request) {
	commits, err := w.transact(group)
	if err == nil {
		w.store.tell(commits)
		return
	}
	if err = known(err); len(group) == 1 || errors.Is(err, store.ErrBusy) {
		for _, r := range group {
			r.err = err
		}
		return
	}
	for _, r := range group {
		w.commit([]*request{r})
	}
}

func (w *writer) transact(group []*request) (commits []store.Commit, err error) {
	ctx := context.Background() // a commit is not given up because one of its callers is
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, fmt.Errorf("langshark: begin: %w", err)
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("langshark: write panicked: %v", v)
		}
		if err != nil {
			_, rollback := w.conn.ExecContext(ctx, "ROLLBACK")
			err = errors.Join(err, rollback)
		}
	}()
	t, err := w.begin(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range group {
		if r.do != nil {
			err = r.do(ctx, t)
		} else {
			err = t.apply(ctx, r.batch)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	if _, err := w.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return nil, fmt.Errorf("langshark: commit: %w", err)
	}
	return t.commits(), nil
}

// close commits what waits and ends the goroutine.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	<-w.done
	return w.err
}

func (w *writer) release() {
	var errs []error
	for _, stmt := range w.stmts {
		errs = append(errs, stmt.Close())
	}
	if _, err := w.conn.ExecContext(context.Background(), "PRAGMA optimize"); err != nil {
		errs = append(errs, err)
	}
	w.err = errors.Join(append(errs, w.conn.Close())...)
}

// stmt prepares a statement once.
func (w *writer) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("langshark: prepare: %w", err)
	}
	w.stmts[query] = s
	return s, nil
}
