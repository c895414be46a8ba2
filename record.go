package langshark

import (
	"encoding/hex"
	"sync"
	"time"
	"unsafe"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/ids"
)

// entry is a trace or observation on its way to the exporter: what the
// goroutine that recorded could copy cheaply. The pipeline's goroutine makes a
// record of it. Entries are pooled, and small, because they go from one core's
// cache to another's.
type entry struct {
	client   *Client
	snapshot *exporter.Attributes
	overlay  *overlay
	rootName string

	op          exporter.Op
	what        entryKind
	kind        Kind
	level       Level
	hasParent   bool
	ended       bool
	traceID     ids.Trace
	eventID     uuid.UUID // made when the record is first
	traceIDText string
	id, parent  spanIDs
	base        time.Time // the trace's wall clock; the times are ns after it
	made        int64
	start, end  int64

	name, status, version string
	input, output         capture
	metadata              []keyValue
	generation            *generationEntry // nil unless the kind has one
}

type entryKind uint8

const (
	entryObservation entryKind = iota
	entryTrace
)

// generationEntry is what generations have besides.
type generationEntry struct {
	generationData
}

var (
	entries           = sync.Pool{New: func() any { return new(entry) }}
	generationEntries = sync.Pool{New: func() any { return new(generationEntry) }}
)

func getEntry() *entry { return entries.Get().(*entry) } //nolint:forcetypeassert // the pool holds nothing else

// copyGeneration copies what a generation has; the values are shared.
func (e *entry) copyGeneration(d *generationData) {
	g := generationEntries.Get().(*generationEntry) //nolint:forcetypeassert // the pool holds nothing else
	parameters := g.parameters
	g.generationData = *d
	g.parameters = parameters[:0]
	for _, p := range d.parameters {
		g.parameters = append(g.parameters, keyValue{p.key, p.value.share()})
	}
	e.generation = g
}

// Record makes the record in the slot.
func (e *entry) Record(s *exporter.Slot) *exporter.Record {
	s.Reset()
	if e.eventID == (uuid.UUID{}) {
		e.eventID = ids.NewUUID()
	}
	r := &s.Record
	r.Op, r.EventID, r.Time = e.op, uuidText(s, e.eventID), e.at(e.made)
	s.Attributes = *e.overlay.apply(e.client, e.snapshot)
	if s.Attributes.TraceName == "" {
		s.Attributes.TraceName = e.rootName
	}
	if e.what == entryTrace {
		t := &s.Trace
		r.Trace = t
		t.ID, t.Start, t.Attributes = e.hexTrace(s), e.at(e.start), s.Attributes
		t.Input, t.Output = e.input.value(), e.output.value()
		return r
	}
	o := &s.Observation
	r.Observation = o
	o.TraceID, o.ID = e.hexTrace(s), hexSpan(s, &e.id, 32)
	if e.hasParent {
		o.ParentID = hexSpan(s, &e.parent, 48)
	}
	o.Kind, o.Name, o.Level, o.StatusMessage, o.Version = e.kind, e.name, e.level, e.status, e.version
	o.Start = e.at(e.start)
	if e.ended {
		o.End = e.at(e.end)
	}
	o.Input, o.Output = e.input.value(), e.output.value()
	s.Metadata = values(s.Metadata, e.metadata)
	o.Metadata = s.Metadata
	o.Attributes = &s.Attributes
	if e.generation != nil {
		e.generation.record(s, e)
	}
	return r
}

func (g *generationEntry) record(s *exporter.Slot, e *entry) {
	to := &s.Generation
	s.Observation.Generation = to
	to.Model, to.PromptName, to.PromptVersion = g.model, g.promptName, g.promptVersion
	s.Parameters = values(s.Parameters, g.parameters)
	to.Parameters = s.Parameters
	if g.hasUsage {
		s.Usage = g.usage
		to.Usage = &s.Usage
	}
	if g.hasCost {
		s.Cost = g.cost
		to.Cost = &s.Cost
	}
	if g.hasFirstToken {
		to.CompletionStart = e.at(g.completionStart)
	}
}

// at converts an offset to the trace's start.
func (e *entry) at(offset int64) time.Time { return e.base.Add(time.Duration(offset)) }

func values(dst []exporter.KeyValue, kvs []keyValue) []exporter.KeyValue {
	for _, kv := range kvs {
		dst = append(dst, exporter.KeyValue{Key: kv.key, Value: kv.value.value()})
	}
	return dst
}

// The ids' texts lie in the slot, as the contract of [exporter.Record] allows.

func (e *entry) hexTrace(s *exporter.Slot) string {
	if e.traceIDText != "" {
		return e.traceIDText
	}
	hex.Encode(s.IDs[:32], e.traceID[:])
	return unsafe.String(&s.IDs[0], 32)
}

func hexSpan(s *exporter.Slot, id *spanIDs, at int) string {
	if id.text != "" {
		return id.text
	}
	hex.Encode(s.IDs[at:at+16], id.id[:])
	return unsafe.String(&s.IDs[at], 16)
}

func uuidText(s *exporter.Slot, id uuid.UUID) string {
	b := s.IDs[64:100]
	for i, part := range [...]struct{ from, to int }{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		hex.Encode(b[2*part.from+i:], id[part.from:part.to])
		if i < 4 {
			b[2*part.to+i] = '-'
		}
	}
	return unsafe.String(&b[0], len(b))
}

// Release gives the buffers and the entry back.
func (e *entry) Release() {
	e.input.release()
	e.output.release()
	releaseValues(e.metadata)
	if g := e.generation; g != nil {
		releaseValues(g.parameters)
		g.generationData = generationData{parameters: g.parameters[:0]}
		generationEntries.Put(g)
	}
	*e = entry{metadata: e.metadata[:0]}
	entries.Put(e)
}

func releaseValues(kvs []keyValue) {
	for _, kv := range kvs {
		kv.value.release()
	}
	clear(kvs)
}

// What entries hold beside their payloads.
const (
	entryBytes           = int64(unsafe.Sizeof(entry{}))
	generationEntryBytes = int64(unsafe.Sizeof(generationEntry{}))
	detailBytes          = 64 // about what one named count takes
)

// attributesSize charges every record with all of the snapshot, although records share it.
func attributesSize(a *exporter.Attributes) int64 {
	if a == nil {
		return 0
	}
	n := len(a.TraceName) + len(a.UserID) + len(a.SessionID) + len(a.Environment) + len(a.Release) + len(a.Version)
	for _, t := range a.Tags {
		n += len(t)
	}
	return int64(n) + valuesSize(a.Metadata)
}

func valuesSize(kvs []exporter.KeyValue) (n int64) {
	for _, kv := range kvs {
		n += int64(len(kv.Key) + kv.Value.Len())
	}
	return n
}

func capturesSize(kvs []keyValue) (n int64) {
	for _, kv := range kvs {
		n += kv.value.size() + int64(len(kv.key))
	}
	return n
}

// send queues the entry.
func (e *entry) send(class exporter.Class) {
	bytes := entryBytes + e.input.size() + e.output.size() + attributesSize(e.snapshot) + e.overlay.size() + capturesSize(e.metadata) +
		int64(len(e.name)+len(e.status)+len(e.version)+len(e.rootName)+len(e.traceIDText)+len(e.id.text)+len(e.parent.text))
	if g := e.generation; g != nil {
		bytes += generationEntryBytes + capturesSize(g.parameters) +
			int64(len(g.model)+len(g.promptName)+detailBytes*(len(g.usage.Details)+len(g.cost.Details)))
	}
	e.sendFiles()
	e.client.pipeline.Enqueue(e, class, bytes)
}
