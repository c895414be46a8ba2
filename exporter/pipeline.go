package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"time"
)

// Defaults of [PipelineConfig].
const (
	DefaultFlushAt       = 100
	DefaultFlushInterval = time.Second
	DefaultMaxRetries    = 3
	DefaultTimeout       = 20 * time.Second
	DefaultQueueBytes    = 32 << 20
	DefaultQueueItems    = 100_000
)

const (
	maxBatchBytes = 2 << 20          // taken from the queue for one call of Export
	backlogFactor = 8                // times FlushAt, in records
	holdInterval  = 30 * time.Second // between attempts while credentials are refused
	maxBackoff    = 30 * time.Second
	maxRetryAfter = 5 * time.Minute
	exitGrace     = 100 * time.Millisecond
	lossInterval  = 10 * time.Second // between reports of records that a full queue dropped
	outageRemind  = time.Minute      // between reports of the same outage
	lastPause     = 2 * time.Second  // between attempts during Shutdown at most
	maxPartial    = 100              // times that a record comes back from a partly accepted batch: most of an hour
)

// PipelineConfig says how a [Pipeline] works. Its zero value is valid.
type PipelineConfig struct {
	// FlushAt is the number of records that are sent at once without waiting
	// for the interval. When more wait, one call of Export gets up to BatchItems,
	// and 2 MB. Defaults to 100.
	FlushAt int
	// FlushInterval is how long a record waits for others at most. Defaults to 1 s.
	FlushInterval time.Duration
	// MaxRetries is how often a batch is tried again, with growing pauses, before the
	// error is reported and the batch goes back to the queue, where it stays until the
	// sink works again. Zero means 3, negative none. Retries never drop anything.
	MaxRetries int
	// Timeout bounds one call of Export. Defaults to 20 s.
	Timeout time.Duration
	// QueueBytes bounds the memory of all records queued and in flight, with a share for the
	// garbage collector: each counts five eighths more than it holds. Defaults to 32 MiB.
	QueueBytes int64
	// QueueItems bounds their number. Defaults to 100,000.
	QueueItems int
	// OnError is told of errors on the pipeline's goroutine, which does nothing else
	// meanwhile: it must not call Flush or Shutdown of the same pipeline or client, which
	// would wait for it. An outage is told when it begins and once a minute, records that
	// a full queue dropped every 10 s. Nil ignores errors; [Stats] has the last one.
	OnError func(error)
	// BatchItems is the most that one call of Export gets. Defaults to eight times FlushAt.
	BatchItems int
	// GiveUpAfter is how often a record may come back from a partly accepted batch before
	// it is dropped. Defaults to 100, most of an hour.
	GiveUpAfter int
	// Spool, if set, takes what the sink doesn't, and what memory has no room for. Its records
	// count as spooled and are delivered first, the oldest before the others.
	Spool Spool
	// OnTick, if set, is called on the pipeline's goroutine once per FlushInterval after
	// [Pipeline.Wake], for as long as it returns true.
	OnTick func() bool
}

func (c PipelineConfig) withDefaults() PipelineConfig {
	c.FlushAt = cmp.Or(max(c.FlushAt, 0), DefaultFlushAt)
	c.BatchItems = cmp.Or(max(c.BatchItems, 0), c.FlushAt*min(backlogFactor, max(1, math.MaxInt32/c.FlushAt)))
	c.GiveUpAfter = min(cmp.Or(max(c.GiveUpAfter, 0), maxPartial), math.MaxUint8-1)
	c.FlushInterval = cmp.Or(max(c.FlushInterval, 0), DefaultFlushInterval)
	c.Timeout = cmp.Or(max(c.Timeout, 0), DefaultTimeout)
	c.QueueBytes = cmp.Or(max(c.QueueBytes, 0), DefaultQueueBytes)
	c.QueueItems = cmp.Or(max(c.QueueItems, 0), DefaultQueueItems)
	switch {
	case c.MaxRetries == 0:
		c.MaxRetries = DefaultMaxRetries
	case c.MaxRetries < 0:
		c.MaxRetries = 0
	}
	return c
}

// Pipeline stands between those who record and an [Exporter]: a bounded
// queue, batches, retries, exact counts. One goroutine works for it until
// Shutdown. All methods are safe for concurrent use.
type Pipeline struct {
	cfg  PipelineConfig
	sink Exporter

	mu       sync.Mutex
	queue    queue
	inFlight []queued // guarded by mu; entries themselves by the worker
	slots    slots    // the worker's, for the batch in flight
	taken    []queued // memory of the batch that was last taken from the queue
	flying   int64    // bytes of inFlight
	stats    Stats
	seq      uint64
	closed   bool
	ticking  bool
	waiters  []*waiter
	reported int64 // drops that a Flush has reported
	refusal  error // why records were refused since then
	lost     int64 // drops by the full queue that OnError has not been told of

	abandoned bool // Shutdown has counted what was in flight

	disk       disk      // the worker's
	spilling   []queued  // on their way to disk; guarded by mu
	spillBytes int64     // of these
	looked     bool      // the spool was opened, or can't be for now
	onDisk     bool      // the spool holds something
	oldest     uint64    // the Seq of the oldest of that
	spillAt    time.Time // when Shutdown has no more time to wait for the sink
	exports    sync.WaitGroup

	wake   chan struct{}   // capacity 1: something for the worker to look at
	ctx    context.Context //nolint:containedctx // the worker's own
	cancel context.CancelFunc
	done   chan struct{} // closed when the worker has ended

	hurry  context.CancelCauseFunc // ends the wait of the Shutdown that runs; guarded by mu
	ended  chan struct{}           // closed when Shutdown has its result
	result error
}

// waiter is a Flush that waits until all records up to seq are gone.
type waiter struct {
	seq     uint64
	fresh   bool // no attempt has begun since it came
	patient bool // a failed round doesn't end it
	done    chan struct{}
	err     error
}

// NewPipeline starts a pipeline to sink. End it with Shutdown.
func NewPipeline(sink Exporter, cfg PipelineConfig) *Pipeline {
	p := &Pipeline{
		cfg:   cfg.withDefaults(),
		sink:  sink,
		wake:  make(chan struct{}, 1),
		done:  make(chan struct{}),
		ended: make(chan struct{}),
	}
	p.disk.spool = cfg.Spool
	p.ctx, p.cancel = context.WithCancel(context.Background())
	go p.run()
	return p
}

// Enqueue takes an entry of the given class that holds about bytes of memory.
// It never blocks on the sink. The entry is released when it has been
// delivered or dropped, which may be at once.
func (p *Pipeline) Enqueue(e Entry, class Class, bytes int64) {
	bytes = charge(bytes)
	p.mu.Lock()
	p.stats.Accepted++
	if p.closed {
		p.stats.drop(DropAfterShutdown, 1)
		p.mu.Unlock()
		e.Release()
		return
	}
	p.seq++
	var evicted []queued
	if p.full(bytes) {
		if p.fullFor(bytes, class) { // too large, or all that waits is worth more
			p.stats.drop(DropQueueFull, 1)
			p.lost++
			p.mu.Unlock()
			p.kick()
			e.Release()
			return
		}
		for p.full(bytes) {
			old, _ := p.queue.evict(class)
			p.stats.drop(DropQueueFull, 1)
			evicted = append(evicted, old)
		}
		p.lost += int64(len(evicted))
	}
	p.queue.push(queued{entry: e, seq: p.seq, bytes: bytes, class: class})
	n, crowded := p.queue.count, p.crowded()
	p.mu.Unlock()
	if n == 1 || n == p.cfg.FlushAt || len(evicted) > 0 || crowded {
		p.kick()
	}
	releaseAll(evicted)
}

// charge is what a record of so many bytes takes of QueueBytes: its place in the
// queue, and five eighths on top for the garbage collector, which lets a heap
// grow to twice of what lives in it. Measured, not derived: see docs/performance.md.
func charge(bytes int64) int64 { return bytes + bytes/8*5 + queuedBytes }

// full reports whether a record of so many bytes has no place.
func (p *Pipeline) full(bytes int64) bool {
	return p.queue.bytes+p.flying+p.spillBytes+bytes > p.cfg.QueueBytes || p.inMemory() >= p.cfg.QueueItems
}

// inMemory counts the records there.
func (p *Pipeline) inMemory() int { return p.queue.count + len(p.inFlight) + len(p.spilling) }

// fullFor reports whether it had none even if all records up to class were evicted.
func (p *Pipeline) fullFor(bytes int64, class Class) bool {
	n, freed := p.queue.evictable(class)
	return p.queue.bytes-freed+p.flying+p.spillBytes+bytes > p.cfg.QueueBytes || p.inMemory()-n >= p.cfg.QueueItems
}

// EnqueueRecord takes a copy of the record.
func (p *Pipeline) EnqueueRecord(r *Record) {
	owned := r.Clone()
	p.EnqueueOwned(&owned)
}

// EnqueueOwned takes the record itself, which nobody may change any more.
// Several pipelines may be given the same.
func (p *Pipeline) EnqueueOwned(r *Record) {
	p.Enqueue(&ownedRecord{*r}, ClassOf(r), r.Size())
}

type ownedRecord struct{ record Record }

// Record returns a copy of the top, for the record may be truncated.
func (o *ownedRecord) Record(s *Slot) *Record {
	s.Reset()
	s.Record = o.record
	switch {
	case o.record.Trace != nil:
		s.Trace = *o.record.Trace
		s.Record.Trace = &s.Trace
	case o.record.Observation != nil:
		s.Observation = *o.record.Observation
		s.Metadata = append(s.Metadata, s.Observation.Metadata...)
		s.Observation.Metadata = s.Metadata
		s.Record.Observation = &s.Observation
		if g := s.Observation.Generation; g != nil {
			s.Generation = *g
			s.Parameters = append(s.Parameters, g.Parameters...)
			s.Generation.Parameters = s.Parameters
			s.Observation.Generation = &s.Generation
		}
	case o.record.Score != nil:
		score := *o.record.Score
		score.Metadata = append(s.Metadata, score.Metadata...)
		s.Record.Score = &score
	}
	return &s.Record
}

func (o *ownedRecord) Release() {}

// Wake starts the calls of OnTick.
func (p *Pipeline) Wake() {
	p.mu.Lock()
	already := p.ticking || p.closed
	p.ticking = true
	p.mu.Unlock()
	if !already {
		p.kick()
	}
}

func (p *Pipeline) kick() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Flush returns when everything that was accepted before has been delivered:
// nil if nothing was lost since the last Flush, else a [*DeliveryError]. It
// cuts a pause between retries short, except one that the server asked for,
// and gives up when ctx ends or a whole round of retries has failed.
func (p *Pipeline) Flush(ctx context.Context) error { return p.flush(ctx, false) }

func (p *Pipeline) flush(ctx context.Context, patient bool) error {
	p.mu.Lock()
	w := &waiter{seq: p.seq, fresh: true, patient: patient, done: make(chan struct{})}
	if !p.pending(w.seq) || p.exited() {
		err := p.outcome(nil)
		p.mu.Unlock()
		return err
	}
	p.waiters = append(p.waiters, w)
	p.mu.Unlock()
	p.kick()
	select {
	case <-w.done:
	case <-ctx.Done():
	case <-p.done:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	select {
	case <-w.done: // closed with mu held
		err = w.err
	default:
		if err = context.Cause(ctx); err == nil {
			err = errEnded
		}
	}
	if err != nil && !p.abandoned && !p.pending(w.seq) {
		err = nil
	}
	return p.outcome(err)
}

// errEnded is why a Flush failed that Shutdown overtook.
var errEnded = errors.New("shut down meanwhile")

// pending reports whether a record up to seq has not come to its end.
func (p *Pipeline) pending(seq uint64) bool {
	return p.disk.spool != nil && !p.looked || p.queue.has(seq) || len(p.inFlight) > 0 && p.inFlight[0].seq <= seq ||
		len(p.spilling) > 0 && p.spilling[0].seq <= seq || p.onDisk && p.oldest <= seq
}

// outcome is the result of a Flush: nil if nothing is missing.
func (p *Pipeline) outcome(err error) error {
	dropped := p.stats.Dropped.Total()
	lost := dropped - p.reported
	p.reported = dropped
	if err == nil && lost == 0 {
		return nil
	}
	if err == nil {
		err = p.refusal
	}
	if err == nil && p.stats.LastError != "" {
		err = errors.New(p.stats.LastError)
	}
	p.refusal = nil
	return &DeliveryError{Remaining: int64(p.inMemory()), Spooled: p.stats.Spooled, Dropped: lost, Err: err}
}

func (p *Pipeline) exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Shutdown flushes, ends the pipeline's goroutine and shuts the exporter
// down. It keeps trying until ctx ends, except while credentials are refused,
// which it tries once; if ctx has no deadline, it gives up after one failed
// round of retries, as Flush does. What could not be delivered is dropped and
// counted in the error. Shutdown returns within 100 ms of ctx's end.
//
// Later calls return the first one's result. One that comes while the first
// still runs waits for it, and ends it if its own ctx ends earlier.
func (p *Pipeline) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	if p.hurry == nil {
		p.closed = true
		var ending context.Context
		ending, p.hurry = context.WithCancelCause(ctx)
		p.mu.Unlock()
		defer p.hurry(nil)
		p.result = p.end(ending)
		close(p.ended)
		return p.result
	}
	p.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { p.hurry(context.Cause(ctx)) })
	defer stop()
	<-p.ended // soon after ctx's end
	return p.result
}

func (p *Pipeline) end(ctx context.Context) error {
	deadline, patient := ctx.Deadline()
	if patient {
		p.mu.Lock()
		p.spillAt = time.Now().Add(time.Until(deadline) * 3 / 4)
		p.mu.Unlock()
	}
	flushErr := p.flush(ctx, patient)
	late := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(exitGrace, func() { close(late) }) })
	defer stop()
	p.cancel()
	exited := true
	select {
	case <-p.done:
	case <-time.After(exitGrace): // an exporter that ignores its context
		exited = p.exited()
	}
	left := p.abandon()

	var result error
	var delivery *DeliveryError
	if errors.As(flushErr, &delivery) {
		delivery.Remaining = left
		delivery.Spooled = p.Stats().Spooled
		if left > 0 || delivery.Dropped > 0 || delivery.Spooled > 0 {
			result = delivery
		}
	}
	shut := make(chan error, 1)
	go func() {
		<-p.done // for Export and Shutdown never overlap
		p.exports.Wait()
		shut <- p.shutSink(ctx)
	}()
	if !exited {
		return result
	}
	var err error
	select {
	case err = <-shut:
	case <-late:
		select {
		case err = <-shut:
		default:
			err = fmt.Errorf("langshark: the exporter's Shutdown has not ended: %w", context.Cause(ctx))
		}
	}
	if result == nil {
		result = err
	}
	return result
}

// abandon drops and counts all that is left, and ends the Flushes that wait for it.
func (p *Pipeline) abandon() int64 {
	p.mu.Lock()
	for _, w := range p.waiters {
		if p.pending(w.seq) {
			w.err = errEnded
		}
		close(w.done)
	}
	p.waiters = nil
	onDisk := 0
	for _, q := range p.inFlight {
		if q.disk > 0 {
			onDisk++
		}
	}
	p.stats.Spooled += int64(onDisk)
	left := int64(p.queue.count + len(p.inFlight) - onDisk)
	p.stats.drop(DropShutdown, left)
	p.reported += left
	var rest []queued
	for {
		e, ok := p.queue.pop()
		if !ok {
			break
		}
		rest = append(rest, e)
	}
	p.inFlight, p.flying = nil, 0 // the worker, if an exporter still holds it, finds them counted
	p.abandoned = true
	p.mu.Unlock()
	releaseAll(rest)
	return left
}

// shutSink shuts the exporter down, and turns a panic into an error.
func (p *Pipeline) shutSink(ctx context.Context) (err error) {
	defer recovered(&err)
	return p.sink.Shutdown(ctx)
}

// recovered is deferred around what isn't ours.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("exporter panicked: %v\n%s", v, debug.Stack())
	}
}

// Stats returns a consistent snapshot.
func (p *Pipeline) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Queued, s.InFlight = int64(p.queue.count+len(p.spilling)), int64(len(p.inFlight))
	s.Bytes = p.queue.bytes + p.flying + p.spillBytes
	return s
}

func releaseAll(entries []queued) {
	for _, e := range entries {
		e.entry.Release()
	}
}
