// Package console prints each finished trace as a tree that a person can read.
package console

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"
	"sync"

	"github.com/langshark/langshark-go/exporter"
)

// maxTraces bounds the traces that wait for their root to end. The oldest is
// printed unfinished when there are more.
const maxTraces = 1000

// maxObservations bounds those kept of one trace; further ones are only counted.
const maxObservations = 10_000

// maxBytes bounds what all of them hold. The oldest traces are printed
// unfinished when it is more.
const maxBytes = 32 << 20

// maxPrinted bounds the traces that are remembered as printed.
const maxPrinted = 1000

// Exporter is an [exporter.Exporter]. Make one with [New].
type Exporter struct {
	mu     sync.Mutex
	w      io.Writer
	traces map[string]*trace
	order  []string // ids, oldest first
	bytes  int64

	printed map[string]bool // traces of which a late child is printed at once
	last    []string        // their ids, oldest first
}

type trace struct {
	id           string
	attributes   exporter.Attributes
	observations map[string]*exporter.Observation
	scores       []*exporter.Score
	omitted      int
	bytes        int64
	done         bool // the root has ended
}

// New prints to w, as in New(os.Stderr).
func New(w io.Writer) *Exporter {
	return &Exporter{w: w, traces: map[string]*trace{}, printed: map[string]bool{}}
}

// Export keeps the records and prints the traces whose root observation has
// ended. What comes of a trace later is printed under its id again.
func (e *Exporter) Export(ctx context.Context, records []exporter.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range records {
		e.add(records[i].Clone())
	}
	held := e.bytes
	for _, id := range e.order {
		if held <= maxBytes {
			break
		}
		e.traces[id].done = true
		held -= e.traces[id].bytes
	}
	return e.print(func(t *trace) bool { return t.done })
}

// Shutdown prints what has not ended.
func (e *Exporter) Shutdown(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.print(func(*trace) bool { return true })
}

func (e *Exporter) add(r exporter.Record) {
	switch {
	case r.Trace != nil:
		if e.printed[r.Trace.ID] && e.traces[r.Trace.ID] == nil {
			return // nothing to print it with
		}
		t := e.trace(r.Trace.ID)
		t.attributes = r.Trace.Attributes
		r.Trace.Input, r.Trace.Output = exporter.Value{}, exporter.Value{} // not kept
		e.hold(t, r.Size())
	case r.Score != nil && r.Score.TraceID != "":
		t := e.trace(r.Score.TraceID)
		t.scores = append(t.scores, r.Score)
		e.hold(t, r.Size())
		t.done = t.done || len(t.observations) == 0 // a judgement of a trace that was printed before
	case r.Observation != nil:
		o := r.Observation
		t := e.trace(o.TraceID)
		old, known := t.observations[o.ID]
		switch {
		case known:
			e.hold(t, -(&exporter.Record{Observation: old}).Size())
		case len(t.observations) >= maxObservations:
			t.omitted++
			return
		}
		t.observations[o.ID] = o
		e.hold(t, (&exporter.Record{Observation: o}).Size())
		if o.Attributes != nil && t.attributes.TraceName == "" {
			t.attributes = *o.Attributes
		}
		t.done = t.done || e.printed[o.TraceID] || o.ParentID == "" && (!o.End.IsZero() || o.Kind == exporter.KindEvent)
	}
}

// hold counts what a trace holds.
func (e *Exporter) hold(t *trace, bytes int64) {
	t.bytes += bytes
	e.bytes += bytes
}

func (e *Exporter) trace(id string) *trace {
	t := e.traces[id]
	if t == nil {
		t = &trace{id: id, observations: map[string]*exporter.Observation{}}
		e.traces[id] = t
		e.order = append(e.order, id)
		if len(e.order) > maxTraces {
			e.traces[e.order[0]].done = true
		}
	}
	return t
}

// print writes and forgets the chosen traces, in one call of Write.
func (e *Exporter) print(chosen func(*trace) bool) error {
	var b bytes.Buffer
	e.order = slices.DeleteFunc(e.order, func(id string) bool {
		t := e.traces[id]
		if !chosen(t) {
			return false
		}
		t.write(&b)
		delete(e.traces, id)
		e.bytes -= t.bytes
		e.remember(id)
		return true
	})
	if b.Len() == 0 {
		return nil
	}
	// The screen is no place that could take it later: an error here is not worth a retry.
	_, _ = e.w.Write(b.Bytes())
	return nil
}

// remember keeps the id of a trace that was printed.
func (e *Exporter) remember(id string) {
	if e.printed[id] {
		return
	}
	e.printed[id] = true
	e.last = append(e.last, id)
	if len(e.last) > maxPrinted {
		delete(e.printed, e.last[0])
		e.last = e.last[1:]
	}
}

// children sorts the observations under their parents. Those whose parent isn't known are roots.
func (t *trace) children() map[string][]*exporter.Observation {
	below := map[string][]*exporter.Observation{}
	for _, o := range t.observations {
		parent := o.ParentID
		if t.observations[parent] == nil {
			parent = ""
		}
		below[parent] = append(below[parent], o)
	}
	for _, list := range below {
		slices.SortFunc(list, func(a, b *exporter.Observation) int {
			return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
		})
	}
	return below
}
