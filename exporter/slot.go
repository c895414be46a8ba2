package exporter

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
type slots []*Slot

// records makes the records of a batch.
func (s *slots) records(batch []queued) []Record {
	for len(*s) < len(batch) {
		*s = append(*s, new(Slot))
	}
	records := make([]Record, len(batch))
	for i, q := range batch {
		records[i] = *(*s)[i].record(q)
	}
	return records
}

// record makes one, cut to the size that the sink has asked for.
func (s *Slot) record(q queued) *Record {
	r := q.entry.Record(s)
	if q.limit > 0 {
		r.Truncate(int(q.limit))
	}
	return r
}
