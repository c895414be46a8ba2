package exporter

import "slices"

// Slot is memory for one record. The pipeline has one for each record of a
// batch and uses them again for the next.
type Slot struct {
	Record      Record
	Trace       Trace
	Observation Observation
	Generation  Generation
	Usage       Usage
	Cost        Cost
	Attributes  Attributes
	Metadata    []KeyValue
	Parameters  []KeyValue
	IDs         [100]byte // texts of ids
}

// Reset makes the slot empty, and keeps its memory.
func (s *Slot) Reset() {
	clear(s.Metadata)
	clear(s.Parameters)
	*s = Slot{Metadata: s.Metadata[:0], Parameters: s.Parameters[:0]}
}

// slots are those of one batch at a time.
type slots struct {
	all  []*Slot
	list []Record
}

// records makes the records of a batch.
func (s *slots) records(batch []queued) []Record {
	for len(s.all) < len(batch) {
		s.all = append(s.all, new(Slot))
	}
	s.list = slices.Grow(s.list[:0], len(batch))[:len(batch)]
	for i, q := range batch {
		s.list[i] = *s.all[i].record(q)
	}
	return s.list
}

// record makes one, cut to the size that the sink has asked for.
func (s *Slot) record(q queued) *Record {
	r := q.entry.Record(s)
	if q.limit > 0 {
		r.Truncate(int(q.limit))
	}
	return r
}
