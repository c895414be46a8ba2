package langshark

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// promptKey is what is kept: a version, the version with a label, or an experiment.
type promptKey struct {
	name       string
	label      string // or the experiment's name
	version    int    // 0 for a label and an experiment
	experiment bool
}

// promptCache keeps prompts. Those that are there are found without a lock: the map is
// copied for a new one, which is seldom.
type promptCache struct {
	source   PromptSource
	ttl      time.Duration
	timeout  time.Duration
	maxStale time.Duration
	push     bool
	limit    int // of entries
	report   func(error)
	file     *promptFile // nil without one
	fileless error       // why there is none, though it is asked for

	ctx     context.Context //nolint:containedctx // of the goroutines, ended by close
	cancel  context.CancelFunc
	running sync.WaitGroup
	slots   chan struct{} // of fetches at a time behind callers
	hurried chan struct{} // of those that a caller waits for
	counts  promptCounts

	saidUnsupported atomic.Bool // that the source has no experiments, until it has one

	index atomic.Pointer[promptIndex]
	turn  atomic.Int64 // goes up with each new entry

	mu     sync.Mutex
	begun  bool // with the first prompt: the file was read, and changes are watched
	ended  bool // by close
	ring   []*promptEntry
	saved  map[promptKey]promptFileEntry // by an earlier process, and not asked for yet
	closed sync.Once
}

type promptCounts struct {
	fetches, unchanged, failed, stale, tooOld, fallbacks, evicted, pushed atomic.Int64

	watching atomic.Bool
}

// Fetches at a time. Those that a caller waits for don't queue behind the others.
const (
	maxPromptFetches  = 8
	maxHurriedFetches = 64
)

func newPromptCache(source PromptSource, cfg *Config, report func(error)) *promptCache {
	ctx, cancel := context.WithCancel(context.Background())
	c := &promptCache{
		source: source, ttl: cfg.PromptTTL, timeout: cfg.PromptTimeout, maxStale: cfg.PromptMaxStale,
		push: cfg.PromptPush == nil || *cfg.PromptPush, limit: MaxPrompts, report: report,
		ctx: ctx, cancel: cancel, slots: make(chan struct{}, maxPromptFetches), hurried: make(chan struct{}, maxHurriedFetches),
	}
	if cfg.PromptSnapshot != "" {
		c.openFile(cfg)
	}
	c.index.Store(new(promptIndex))
	return c
}

// find returns the entry that is asked for with no option or the usual one; nil for all else.
func (c *promptCache) find(name string, opts []PromptOption) *promptEntry {
	switch len(opts) {
	case 0:
		return c.index.Load().production[name]
	case 1:
		switch o := opts[0].(type) {
		case promptLabel:
			return c.index.Load().all[promptKey{name: name, label: string(o)}]
		case promptVersion:
			return c.index.Load().all[promptKey{name: name, version: int(o)}]
		}
	}
	return nil
}

// fresh returns what is there and needs no fetch, else nil.
func (e *promptEntry) fresh() *promptValue {
	if e == nil || e.stale.Load() {
		return nil
	}
	e.touch()
	return e.value.Load()
}

// touch says that the entry is in use.
func (e *promptEntry) touch() {
	if now := e.cache.turn.Load(); e.used.Load() != now {
		e.used.Store(now)
	}
}

// get returns the value of a key: what is there, or what is then fetched.
func (c *promptCache) get(ctx context.Context, key promptKey, s *promptSettings) (*promptValue, error) {
	return c.await(ctx, c.entry(key, 0), s) //nolint:contextcheck // what watches changes outlives a call
}

// entry finds or makes one, and pins it as often as is said.
func (c *promptCache) entry(key promptKey, pins int) *promptEntry {
	if pins == 0 {
		if e := c.index.Load().all[key]; e != nil {
			e.touch()
			return e
		}
	}
	e, evicted := c.make(key, pins)
	if evicted != nil {
		evicted.stop() // without the lock: entries take it within their own
	}
	return e
}

func (c *promptCache) make(key promptKey, pins int) (e, evicted *promptEntry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begin()
	if e = c.index.Load().all[key]; e == nil {
		key.name, key.label = strings.Clone(key.name), strings.Clone(key.label)
		e, evicted = c.add(key)
	}
	e.touch()
	e.pins += pins
	return e, evicted
}

// begin starts what prompts need, with the first of them; the caller holds the lock.
func (c *promptCache) begin() {
	if c.begun || c.ended {
		return
	}
	c.begun = true
	if c.fileless != nil {
		c.running.Go(func() { c.report(c.fileless) }) // without the lock
	}
	if c.file != nil {
		c.load()
		c.running.Go(c.keepFile)
	}
	if w, ok := c.source.(PromptWatcher); ok && c.push {
		c.running.Go(func() { c.watch(w) })
	}
}

// start runs f on a goroutine that close waits for; false if it is too late.
func (c *promptCache) start(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.running.Go(f)
	return true
}

// tell tells the application of an error, if it is one, on a goroutine of its own: OnError may take
// its time, and ask for the same prompt.
func (c *promptCache) tell(err error) {
	if err != nil {
		c.start(func() { c.report(err) })
	}
}

// stop ends all goroutines, without waiting for them.
func (c *promptCache) stop() {
	if c == nil {
		return
	}
	c.closed.Do(func() {
		c.mu.Lock()
		c.ended = true
		ring := slices.Clone(c.ring)
		c.mu.Unlock()
		c.cancel()
		for _, e := range ring {
			e.stop()
		}
	})
}

// wait waits for the goroutines after stop, until ctx ends: a source that doesn't
// honour its own ctx is not waited for any longer than a fetch may take.
func (c *promptCache) wait(ctx context.Context) {
	if c == nil {
		return
	}
	done := make(chan struct{})
	go func() {
		c.running.Wait()
		close(done)
	}()
	late := time.NewTimer(c.timeout)
	defer late.Stop()
	select {
	case <-done:
	case <-ctx.Done():
	case <-late.C:
	}
}

func (c *promptCache) stats() PromptStats {
	n := &c.counts
	return PromptStats{
		Kept: len(c.index.Load().all), Fetches: n.fetches.Load(), Unchanged: n.unchanged.Load(), Failed: n.failed.Load(), Stale: n.stale.Load(),
		TooOld: n.tooOld.Load(), Fallbacks: n.fallbacks.Load(), Evicted: n.evicted.Load(), Pushed: n.pushed.Load(), Watching: n.watching.Load(),
	}
}
