package ingest

import (
	"sync/atomic"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// Kind is what an event is about, in counts.
type Kind uint8

// The kinds of events. Events that can't be read so far as to know are [KindUnknown].
const (
	KindUnknown Kind = iota
	KindTrace
	KindObservation
	KindScore
	KindLog
	kinds
)

// String is the word for the kind.
func (k Kind) String() string {
	return [kinds]string{"unknown", "trace", "observation", "score", "log"}[k]
}

// Kinds are all kinds.
func Kinds() []Kind {
	return []Kind{KindUnknown, KindTrace, KindObservation, KindScore, KindLog}
}

// Counts has how many events of a kind were stored, and how many were refused
// because of what is in them, since the ingester was made. Those that wait for
// another try, because the store was busy or full, are in neither.
type Counts struct{ Accepted, Rejected int64 }

// Counts returns the counts of one kind, of the API and of exporters together.
func (g *Ingester) Counts(k Kind) Counts {
	return Counts{Accepted: g.counts[k].accepted.Load(), Rejected: g.counts[k].rejected.Load()}
}

// counts are the counts by kind.
type counts [kinds]struct{ accepted, rejected atomic.Int64 }

func (c *counts) accepted(k eventKind) { c[k.count()].accepted.Add(1) }
func (c *counts) rejected(k eventKind) { c[k.count()].rejected.Add(1) }

// batch counts what a batch holds as accepted.
func (c *counts) batch(b *store.Batch) {
	c[KindTrace].accepted.Add(int64(len(b.Traces)))
	c[KindObservation].accepted.Add(int64(len(b.Observations)))
	c[KindScore].accepted.Add(int64(len(b.Scores)))
}

func (k eventKind) count() Kind {
	switch k.thing {
	case store.ThingTrace:
		return KindTrace
	case store.ThingObservation:
		return KindObservation
	case store.ThingScore:
		return KindScore
	}
	if k.known {
		return KindLog
	}
	return KindUnknown
}

// thingOf is what a record is about; 0 if it is empty.
func thingOf(r *exporter.Record) store.Thing {
	switch {
	case r.Trace != nil:
		return store.ThingTrace
	case r.Observation != nil:
		return store.ThingObservation
	case r.Score != nil:
		return store.ThingScore
	}
	return 0
}
