package sqlite

import (
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
	busy, full, failed, expired, lag, freePages atomic.Int64

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
	out.Expired, out.SearchLag = c.expired.Load(), c.lag.Load()
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
