package langshark

import (
	"encoding/hex"
	"sync"
	"unsafe"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/ids"
)

// entry is a record on its way to the exporter: what the goroutine that
// recorded could copy cheaply, and the record that the pipeline's goroutine
// makes of it. Entries are pooled.
type entry struct {
	record      exporter.Record
	trace       exporter.Trace
	observation exporter.Observation
	generation  exporter.Generation
	usage       exporter.Usage
	cost        exporter.Cost
	score       exporter.Score
	attributes  exporter.Attributes

	client      *Client
	traceID     ids.Trace
	traceIDText string
	id, parent  spanIDs
	hasParent   bool
	snapshot    *exporter.Attributes
	overlay     *overlay
	rootName    string

	input, output capture
	metadata      []keyValue
	parameters    []keyValue

	made      bool
	hex       [64]byte // trace, observation and parent id in hex
	event     [36]byte // the event's UUID
	metaList  []exporter.KeyValue
	paramList []exporter.KeyValue
}

var entries = sync.Pool{New: func() any { return new(entry) }}

func getEntry() *entry { return entries.Get().(*entry) } //nolint:forcetypeassert // the pool holds nothing else

// Record makes the record, once.
func (e *entry) Record() *exporter.Record {
	if e.made {
		return &e.record
	}
	e.made = true
	e.record.EventID = e.uuid()
	switch {
	case e.record.Trace != nil:
		e.makeAttributes()
		e.trace.Attributes = e.attributes
		e.trace.ID = e.hexTrace()
		e.trace.Input, e.trace.Output = e.input.value(), e.output.value()
	case e.record.Observation != nil:
		e.makeAttributes()
		o := &e.observation
		o.Attributes = &e.attributes
		o.TraceID = e.hexTrace()
		o.ID = e.hexSpan(&e.id, 32)
		if e.hasParent {
			o.ParentID = e.hexSpan(&e.parent, 48)
		}
		o.Input, o.Output = e.input.value(), e.output.value()
		e.metaList = values(e.metaList, e.metadata)
		o.Metadata = e.metaList
		if o.Generation != nil {
			e.paramList = values(e.paramList, e.parameters)
			o.Generation.Parameters = e.paramList
		}
	case e.record.Score != nil:
		e.metaList = values(e.metaList, e.metadata)
		e.score.Metadata = e.metaList
	}
	return &e.record
}

func (e *entry) makeAttributes() {
	e.attributes = *e.overlay.apply(e.client, e.snapshot)
	if e.attributes.TraceName == "" {
		e.attributes.TraceName = e.rootName
	}
}

func values(dst []exporter.KeyValue, kvs []keyValue) []exporter.KeyValue {
	dst = dst[:0]
	for _, kv := range kvs {
		dst = append(dst, exporter.KeyValue{Key: kv.key, Value: kv.value.value()})
	}
	return dst
}

// The ids' texts lie in the entry, as the contract of [exporter.Record] allows.

func (e *entry) hexTrace() string {
	if e.traceIDText != "" {
		return e.traceIDText
	}
	hex.Encode(e.hex[:32], e.traceID[:])
	return unsafe.String(&e.hex[0], 32)
}

func (e *entry) hexSpan(id *spanIDs, at int) string {
	if id.text != "" {
		return id.text
	}
	hex.Encode(e.hex[at:at+16], id.id[:])
	return unsafe.String(&e.hex[at], 16)
}

func (e *entry) uuid() string {
	id := ids.NewUUID()
	at := 0
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			e.event[at] = '-'
			at++
		}
		hex.Encode(e.event[at:at+2], []byte{b})
		at += 2
	}
	return unsafe.String(&e.event[0], len(e.event))
}

// Release gives the buffers and the entry back.
func (e *entry) Release() {
	e.input.release()
	e.output.release()
	for _, kv := range e.metadata {
		kv.value.release()
	}
	for _, kv := range e.parameters {
		kv.value.release()
	}
	clear(e.metadata)
	clear(e.parameters)
	clear(e.metaList)
	clear(e.paramList)
	*e = entry{metadata: e.metadata[:0], parameters: e.parameters[:0], metaList: e.metaList[:0], paramList: e.paramList[:0]}
	entries.Put(e)
}

// entryBytes is what an entry holds beside its payloads.
const entryBytes = int64(unsafe.Sizeof(entry{}))

// detailBytes is about what one named count takes.
const detailBytes = 64

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

// send queues the entry.
func (e *entry) send(c *Client, class exporter.Class) {
	e.client = c
	o, s, g := &e.observation, &e.score, &e.generation
	bytes := entryBytes + e.input.size() + e.output.size() + attributesSize(e.snapshot) + e.overlay.size() +
		int64(len(o.Name)+len(o.StatusMessage)+len(o.Version)+len(e.rootName)+len(e.traceIDText)+len(e.id.text)+len(e.parent.text)) +
		int64(len(g.Model)+len(g.PromptName)+detailBytes*(len(e.usage.Details)+len(e.cost.Details))) +
		int64(len(s.ID)+len(s.TraceID)+len(s.ObservationID)+len(s.SessionID)+len(s.Name)+len(s.Text)+len(s.Comment)+len(s.ConfigID))
	for _, kv := range e.metadata {
		bytes += kv.value.size() + int64(len(kv.key))
	}
	for _, kv := range e.parameters {
		bytes += kv.value.size() + int64(len(kv.key))
	}
	c.pipeline.Enqueue(e, class, bytes)
}
