// Package memory keeps records, for tests and for looking at what was recorded.
package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/langshark/langshark-go/exporter"
)

// Exporter is an [exporter.Exporter] that keeps a copy of every record. The
// zero value is ready; all methods are safe for concurrent use.
type Exporter struct {
	mu      sync.Mutex
	records []exporter.Record
	media   []*exporter.Media
}

// New returns an empty exporter.
func New() *Exporter { return &Exporter{} }

// Export keeps copies. It never fails unless ctx has ended.
func (e *Exporter) Export(ctx context.Context, records []exporter.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range records {
		e.records = append(e.records, records[i].Clone())
	}
	return nil
}

// AcceptsMedia returns true.
func (e *Exporter) AcceptsMedia() bool { return true }

// UploadMedia keeps a copy.
func (e *Exporter) UploadMedia(ctx context.Context, m *exporter.Media) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	copied := (&exporter.Record{Media: m}).Clone()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.media = append(e.media, copied.Media)
	return nil
}

// Shutdown does nothing: the records stay readable.
func (e *Exporter) Shutdown(context.Context) error { return nil }

// Records returns all records in the order they came. Do not change them.
func (e *Exporter) Records() []exporter.Record {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.records)
}

// Reset forgets all records.
func (e *Exporter) Reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.records, e.media = nil, nil
}

// Observations returns each observation as its records make it, updates merged
// into what they update, in the order of their first ones.
func (e *Exporter) Observations() []*exporter.Observation {
	return latest(e.Records(), func(r *exporter.Record) (*exporter.Observation, string) {
		if r.Observation == nil {
			return nil, ""
		}
		return r.Observation, r.Observation.TraceID + "/" + r.Observation.ID
	}, func(old, update *exporter.Observation, op exporter.Op) *exporter.Observation {
		if op != exporter.OpUpdate {
			return update
		}
		return mergeObservation(*old, update)
	})
}

// Traces returns each trace with all of its records merged, in the order of their first ones.
func (e *Exporter) Traces() []*exporter.Trace {
	return latest(e.Records(), func(r *exporter.Record) (*exporter.Trace, string) {
		if r.Trace == nil {
			return nil, ""
		}
		return r.Trace, r.Trace.ID
	}, func(old, update *exporter.Trace, _ exporter.Op) *exporter.Trace { return mergeTrace(*old, update) })
}

// Scores returns the latest record of each score, in the order of their first ones.
func (e *Exporter) Scores() []*exporter.Score {
	return latest(e.Records(), func(r *exporter.Record) (*exporter.Score, string) {
		if r.Score == nil {
			return nil, ""
		}
		return r.Score, r.Score.ID
	}, func(_, update *exporter.Score, _ exporter.Op) *exporter.Score { return update })
}

// Media returns the contents of files in the order they came.
func (e *Exporter) Media() []*exporter.Media {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.media)
}

func latest[T any](records []exporter.Record, of func(*exporter.Record) (*T, string), merge func(old, update *T, op exporter.Op) *T) []*T {
	var all []*T
	place := map[string]int{}
	for i := range records {
		item, id := of(&records[i])
		if item == nil {
			continue
		}
		if at, ok := place[id]; ok {
			all[at] = merge(all[at], item, records[i].Op)
			continue
		}
		place[id] = len(all)
		all = append(all, item)
	}
	return all
}
