package langshark

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// openTable knows the observations that run. Start takes one of its places by a
// compare-and-swap at a random index (the observation's id) and End clears it,
// so that neither takes a lock. An observation that the application forgets to
// end is forgotten here too: where the places in reach are all taken, the one
// that has run for longest goes.
type openTable struct {
	places  [openPlaces]atomic.Pointer[Span]
	ticking atomic.Bool

	relieving sync.Mutex // one goroutine at a time looks for payloads to let go
}

const (
	openPlaces = 8192
	openReach  = 8
)

// opened makes the observation known as running.
func (s *Span) opened() {
	if s.kind == KindEvent {
		return
	}
	c := s.trace.client
	s.counted = true // nobody else knows it yet
	n := s.holdAll()
	s.place = c.open.put(s)
	if n > 0 {
		c.held.Add(n)
		c.relieve()
	}
	if c.unfinished != nil && !c.open.ticking.Load() && c.open.ticking.CompareAndSwap(false, true) {
		c.pipeline.Wake()
	}
}

// put returns the observation's place, from 1.
func (t *openTable) put(s *Span) int32 {
	first := int(binary.LittleEndian.Uint16(s.ids.id[:]))
	for i := range openReach {
		if at := (first + i) % openPlaces; t.places[at].CompareAndSwap(nil, s) {
			return int32(at) + 1
		}
	}
	oldest, begun := first%openPlaces, int64(0)
	for i := range openReach {
		at := (first + i) % openPlaces
		if o := t.places[at].Load(); o != nil && (begun == 0 || o.begun() < begun) {
			oldest, begun = at, o.begun()
		}
	}
	if o := t.places[oldest].Swap(s); o != nil {
		o.mu.Lock()
		o.forget()
		o.mu.Unlock()
	}
	return int32(oldest) + 1
}

// closed forgets the observation.
func (s *Span) closed() {
	if s.place > 0 {
		s.trace.client.open.places[s.place-1].CompareAndSwap(s, nil)
	}
}

// drop is closed for others than the goroutine that started the observation, which may not have noted its place yet.
func (t *openTable) drop(s *Span) {
	first := int(binary.LittleEndian.Uint16(s.ids.id[:]))
	for i := range openReach {
		if t.places[(first+i)%openPlaces].CompareAndSwap(s, nil) {
			return
		}
	}
}

// begun is when the observation started, in Unix nanoseconds.
func (s *Span) begun() int64 { return s.trace.start.UnixNano() + s.start }

// announce sends the observations that have run for longer than age, if the
// exporter takes them now, and reports whether there are younger ones.
func (t *openTable) announce(age time.Duration, to exporter.UnfinishedAccepter) bool {
	t.ticking.Store(false) // before looking, so that one opened meanwhile wakes the pipeline again
	if to == nil || !to.AcceptsUnfinished() {
		return false
	}
	more := false
	due := t.all(func(s *Span) bool {
		if s.announced.Load() {
			return false
		}
		if running := time.Duration(s.trace.now() - s.start); running < age && running >= 0 { // not one that was given a start to come
			more = true
			return false
		}
		return true
	})
	for _, s := range due {
		s.announced.Store(true)
		s.announce(false)
	}
	if more {
		t.ticking.Store(true)
	}
	return more
}

// finish sends all that still runs, marked langshark.unfinished.
func (t *openTable) finish() {
	open := t.all(func(*Span) bool { return true })
	for i := range t.places {
		t.places[i].Store(nil)
	}
	for _, s := range open {
		s.announce(true)
		s.mu.Lock()
		s.forget()
		s.mu.Unlock()
	}
}

// all returns the observations that are wanted, those that began first before the others.
func (t *openTable) all(wanted func(*Span) bool) (spans []*Span) {
	for i := range t.places {
		if s := t.places[i].Load(); s != nil && wanted(s) {
			spans = append(spans, s)
		}
	}
	slices.SortStableFunc(spans, func(a, b *Span) int { return cmp.Compare(a.begun(), b.begun()) })
	return spans
}
