package spool

import "github.com/langshark/langshark-go/exporter"

// memory holds what records that were read point to, until it is reset.
type memory struct {
	bytes        slab[byte]
	traces       slab[exporter.Trace]
	observations slab[exporter.Observation]
	generations  slab[exporter.Generation]
	usages       slab[exporter.Usage]
	costs        slab[exporter.Cost]
	scores       slab[exporter.Score]
	media        slab[exporter.Media]
	attributes   slab[exporter.Attributes]
	values       slab[exporter.KeyValue]
	strings      slab[string]
	bools        slab[bool]
	decoder      decoder
}

func (m *memory) reset() {
	m.bytes.reset(false)
	m.traces.reset(true)
	m.observations.reset(true)
	m.generations.reset(true)
	m.usages.reset(true)
	m.costs.reset(true)
	m.scores.reset(true)
	m.media.reset(true)
	m.attributes.reset(true)
	m.values.reset(true)
	m.strings.reset(true)
	m.bools.reset(true)
}

// slab hands out parts of few large pieces, which a reset makes free again.
type slab[T any] struct {
	pieces [][]T // all of them in use up to the last, of which a part is
}

const (
	slabItems = 64
	slabBytes = 256 << 10 // a piece of bytes; also the most of it that a reset keeps
)

// take returns n zero items (bytes: any) that nobody else has.
func (s *slab[T]) take(n, piece int) []T {
	last := len(s.pieces) - 1
	if last < 0 || cap(s.pieces[last])-len(s.pieces[last]) < n {
		s.pieces = append(s.pieces, make([]T, 0, max(n, piece)))
		last++
	}
	p := s.pieces[last]
	at := len(p)
	s.pieces[last] = p[:at+n]
	return p[at : at+n : at+n]
}

func (s *slab[T]) one() *T { return &s.take(1, slabItems)[0] }

// reset keeps one piece of what was used, unless a single record made it too large.
func (s *slab[T]) reset(zero bool) {
	if len(s.pieces) == 0 {
		return
	}
	used := 0
	for _, p := range s.pieces {
		used += len(p)
	}
	largest := s.pieces[0]
	for _, p := range s.pieces[1:] {
		if cap(p) > cap(largest) {
			largest = p
		}
	}
	clear(s.pieces)
	s.pieces = s.pieces[:0]
	if used = min(used, slabBytes*8); cap(largest) < used { // the next will need as much
		s.pieces = append(s.pieces, make([]T, 0, used))
		return
	}
	if cap(largest) > slabBytes*8 {
		return
	}
	if zero {
		clear(largest)
	}
	s.pieces = append(s.pieces, largest[:0])
}
