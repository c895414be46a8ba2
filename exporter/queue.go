package exporter

import (
	"slices"
	"unsafe"
)

// Class orders records by how much is lost with one. When the queue is full,
// the lowest class goes first, the oldest of it.
type Class uint8

// The classes, lowest first.
const (
	ClassSpan       Class = iota // plain spans and events, files
	ClassGeneration              // generations, observations of level error, and traces
	ClassTrace                   // scores, and later changes of traces
	classes         = iota
)

// ClassOf returns the class of a record.
func ClassOf(r *Record) Class {
	switch {
	case r.Media != nil:
		return ClassSpan
	case r.Trace != nil && r.Op == OpCreate:
		return ClassGeneration
	case r.Observation == nil:
		return ClassTrace
	case r.Observation.Kind.IsGeneration() || r.Observation.Level == LevelError:
		return ClassGeneration
	default:
		return ClassSpan
	}
}

// Entry is a record in a [Pipeline], with the memory that belongs to it.
type Entry interface {
	// Record returns the record, made in the slot's memory or elsewhere. The pipeline
	// calls it on its worker before each attempt; each call returns the same record,
	// with the same EventID. The pipeline may truncate what is returned.
	Record(*Slot) *Record
	// Release is called once when the pipeline is done with the entry.
	Release()
}

type queued struct {
	entry Entry
	seq   uint64
	bytes int64
	limit int32 // bytes that the sink has asked to cut it to; 0 for none
	disk  int32 // its place in what the spool's Next returned, from 1; 0 if it is in memory
	class Class
	again uint8 // times that it came back from a partly accepted batch
}

// queuedBytes is what a place in the queue takes; rings grow by doubling.
const queuedBytes = 3 * int64(unsafe.Sizeof(queued{})) / 2

// queue holds entries in one first-in-first-out ring for each class.
// It is not safe for concurrent use.
type queue struct {
	rings [classes]ring
	count int
	bytes int64
}

func (q *queue) push(e queued) {
	q.rings[e.class].pushBack(e)
	q.count++
	q.bytes += e.bytes
}

// pushFront puts entries back that were taken, in the order they were taken.
func (q *queue) pushFront(entries []queued) {
	for _, e := range slices.Backward(entries) {
		q.rings[e.class].pushFront(e)
		q.count++
		q.bytes += e.bytes
	}
}

// evict removes the oldest entry of the lowest class that has one and isn't above limit.
func (q *queue) evict(limit Class) (queued, bool) {
	for c := ClassSpan; c <= limit; c++ {
		if q.rings[c].n > 0 {
			return q.removed(q.rings[c].popFront()), true
		}
	}
	return queued{}, false
}

// pop removes the oldest entry of all.
func (q *queue) pop() (queued, bool) {
	oldest := -1
	for c := range q.rings {
		if q.rings[c].n > 0 && (oldest < 0 || q.rings[c].front().seq < q.rings[oldest].front().seq) {
			oldest = c
		}
	}
	if oldest < 0 {
		return queued{}, false
	}
	return q.removed(q.rings[oldest].popFront()), true
}

func (q *queue) removed(e queued) queued {
	q.count--
	q.bytes -= e.bytes
	return e
}

// evictable is the memory that evict(limit) could free in all.
func (q *queue) evictable(limit Class) (n int, bytes int64) {
	for c := ClassSpan; c <= limit; c++ {
		n += q.rings[c].n
		bytes += q.rings[c].bytes
	}
	return n, bytes
}

// has reports whether an entry with a number up to seq is queued.
func (q *queue) has(seq uint64) bool {
	for c := range q.rings {
		if q.rings[c].n > 0 && q.rings[c].front().seq <= seq {
			return true
		}
	}
	return false
}

// ring is a growing double-ended queue.
type ring struct {
	buf   []queued
	head  int
	n     int
	bytes int64
}

const ringMin = 64

func (r *ring) front() *queued { return &r.buf[r.head] }

func (r *ring) at(i int) *queued { return &r.buf[(r.head+i)&(len(r.buf)-1)] }

func (r *ring) pushBack(e queued) {
	r.grow()
	*r.at(r.n) = e
	r.n++
	r.bytes += e.bytes
}

func (r *ring) pushFront(e queued) {
	r.grow()
	r.head = (r.head - 1) & (len(r.buf) - 1)
	r.buf[r.head] = e
	r.n++
	r.bytes += e.bytes
}

func (r *ring) popFront() queued {
	e := r.buf[r.head]
	r.buf[r.head] = queued{}
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.n--
	r.bytes -= e.bytes
	if r.n == 0 && len(r.buf) > 16*ringMin {
		r.buf, r.head = nil, 0 // give back what a burst took
	}
	return e
}

func (r *ring) grow() {
	if r.n < len(r.buf) {
		return
	}
	bigger := make([]queued, max(ringMin, 2*len(r.buf)))
	for i := range r.n {
		bigger[i] = *r.at(i)
	}
	r.buf, r.head = bigger, 0
}
