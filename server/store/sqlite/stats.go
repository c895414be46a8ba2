package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// counts are what [Store.Stats] counts.
type counts struct {
	busy, full, failed, expired, freePages atomic.Int64
	// The last block, the last one that search has, and how many observations one has.
	blocks, searched, perBlock atomic.Int64

	mu         sync.Mutex
	commits    int64
	writes     int64
	commitTime store.Histogram
}

func (c *counts) committed(group []*request, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commits++
	for _, r := range group {
		if r.batch != nil {
			c.writes += int64(r.items)
		}
	}
	c.commitTime.Record(took, 1)
}

func (c *counts) refused(err error, n int) {
	switch {
	case errors.Is(err, store.ErrBusy):
		c.busy.Add(int64(n))
	case errors.Is(err, store.ErrFull):
		c.full.Add(int64(n))
	default:
		c.failed.Add(int64(n))
	}
}

// Stats implements [store.Store].
func (s *Store) Stats() store.Stats {
	var out store.Stats
	w := s.writer
	w.mu.Lock()
	out.Pending, out.PendingBytes = w.items, w.bytes
	w.mu.Unlock()
	c := &s.counts
	c.mu.Lock()
	out.Commits, out.Writes = c.commits, c.writes
	out.CommitTime.Merge(&c.commitTime, 1)
	c.mu.Unlock()
	out.Busy, out.Full, out.Failed = c.busy.Load(), c.full.Load(), c.failed.Load()
	out.Expired = c.expired.Load()
	out.SearchLag = max(c.blocks.Load()-c.searched.Load(), 0) * max(c.perBlock.Load(), 1)
	out.FreeBytes = c.freePages.Load() * s.pageSize
	out.ReadOnly = s.full.readOnly()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if info, err := os.Stat(s.path + suffix); err == nil {
			out.FileBytes += info.Size()
		}
	}
	return out
}

// fullPause is how long nothing is tried after the disk was full.
const fullPause = time.Second

// full remembers that the disk is.
type full struct {
	mu    sync.Mutex
	err   error
	until time.Time
}

// refuse returns an error while it isn't worth a try.
func (f *full) refuse() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil || time.Now().After(f.until) {
		return nil
	}
	return fmt.Errorf("langshark: %w", f.err)
}

func (f *full) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err, f.until = err, time.Now().Add(fullPause)
}

func (f *full) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = nil
}

func (f *full) readOnly() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err != nil
}

// probe tries to write now and then while the disk is full, so that it is known
// when there is room again even if nobody else writes.
func (s *Store) probe(ctx context.Context) {
	for pause(ctx, 2*fullPause) {
		if !s.full.readOnly() {
			continue
		}
		if _, _, err := s.moveLog(); err != nil { // the log can't begin anew before
			continue
		}
		err := s.do(ctx, func(t *tx) error { return t.exec("UPDATE counters SET dead = dead") })
		if err == nil {
			s.log.Info("langshark: there is room to write again")
		}
	}
}
