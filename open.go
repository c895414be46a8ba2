package langshark

import (
	"sync"
	"sync/atomic"
	"time"
)

// openList knows the observations that run: those younger than the flush
// interval, of which most end before they are old, and the older ones, which
// have been announced. It is sharded by id. An observation that the
// application forgets to end is forgotten here too, when there are too many.
type openList struct {
	shards  [8]openShard
	ticking atomic.Bool
}

type openShard struct {
	mu         sync.Mutex
	young, old spanList
}

// maxOpen bounds each list of a shard.
const maxOpen = 4096

// spanList is a doubly linked list through the spans, in order of their start.
type spanList struct {
	head, tail *Span
	n          int
}

// openLink is a span's place in a list.
type openLink struct {
	prev, next *Span
	list       *spanList
}

func (l *spanList) push(s *Span) {
	s.open = openLink{prev: l.tail, list: l}
	if l.tail != nil {
		l.tail.open.next = s
	} else {
		l.head = s
	}
	l.tail = s
	if l.n++; l.n > maxOpen {
		l.remove(l.head)
	}
}

func (l *spanList) remove(s *Span) {
	if s.open.prev != nil {
		s.open.prev.open.next = s.open.next
	} else {
		l.head = s.open.next
	}
	if s.open.next != nil {
		s.open.next.open.prev = s.open.prev
	} else {
		l.tail = s.open.prev
	}
	s.open = openLink{}
	l.n--
}

func (l *openList) shard(s *Span) *openShard { return &l.shards[s.ids.id[0]&7] }

// opened makes the observation known as running.
func (s *Span) opened() {
	if s.kind == KindEvent {
		return
	}
	c := s.trace.client
	shard := c.open.shard(s)
	shard.mu.Lock()
	shard.young.push(s)
	shard.mu.Unlock()
	if c.announces && !c.open.ticking.Load() && c.open.ticking.CompareAndSwap(false, true) {
		c.pipeline.Wake()
	}
}

// closed forgets it.
func (s *Span) closed() {
	shard := s.trace.client.open.shard(s)
	shard.mu.Lock()
	if s.open.list != nil {
		s.open.list.remove(s)
	}
	shard.mu.Unlock()
}

// announce sends the observations that have run for longer than age, and
// reports whether there are younger ones.
func (l *openList) announce(age time.Duration) bool {
	l.ticking.Store(false) // before looking, so that one opened meanwhile wakes the pipeline again
	var due []*Span
	more := false
	for i := range l.shards {
		shard := &l.shards[i]
		shard.mu.Lock()
		for s := shard.young.head; s != nil; s = shard.young.head {
			if running := time.Duration(s.trace.now() - s.start); running < age && running >= 0 { // not one that was given a start to come
				more = true
				break
			}
			shard.young.remove(s)
			shard.old.push(s)
			due = append(due, s)
		}
		shard.mu.Unlock()
	}
	for _, s := range due {
		s.announce(false)
	}
	if more {
		l.ticking.Store(true)
	}
	return more
}

// finish sends all that still runs, marked langshark.unfinished.
func (l *openList) finish() {
	var open []*Span
	for i := range l.shards {
		shard := &l.shards[i]
		shard.mu.Lock()
		for _, list := range [...]*spanList{&shard.old, &shard.young} {
			for list.head != nil {
				open = append(open, list.head)
				list.remove(list.head)
			}
		}
		shard.mu.Unlock()
	}
	for _, s := range open {
		s.announce(true)
	}
}
