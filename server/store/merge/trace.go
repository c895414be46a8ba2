package merge

import (
	"github.com/langshark/langshark-go/server/store"
)

// Trace is the state of a trace: the fields as merged so far, and their stamps.
type Trace struct {
	// Fields are what the writes amount to. Stamp and ID are not used.
	Fields store.TraceWrite
	regs   registers
}

// The payloads are the first fields of traces and observations.
const (
	fieldInput = iota
	fieldOutput
)

var traceFields = []field[store.TraceWrite]{
	fieldInput:  {given: func(w *store.TraceWrite) bool { return len(w.Input) > 0 }, copy: func(d, s *store.TraceWrite) { d.Input = s.Input }},
	fieldOutput: {given: func(w *store.TraceWrite) bool { return len(w.Output) > 0 }, copy: func(d, s *store.TraceWrite) { d.Output = s.Output }},
	{first: true, given: func(w *store.TraceWrite) bool { return !w.Timestamp.IsZero() }, copy: func(d, s *store.TraceWrite) { d.Timestamp = s.Timestamp }},
	{first: true, given: func(w *store.TraceWrite) bool { return w.Environment != "" }, copy: func(d, s *store.TraceWrite) { d.Environment = s.Environment }},
	{given: func(w *store.TraceWrite) bool { return w.Name != "" }, copy: func(d, s *store.TraceWrite) { d.Name = s.Name }},
	{given: func(w *store.TraceWrite) bool { return w.UserID != "" }, copy: func(d, s *store.TraceWrite) { d.UserID = s.UserID }},
	{given: func(w *store.TraceWrite) bool { return w.SessionID != "" }, copy: func(d, s *store.TraceWrite) { d.SessionID = s.SessionID }},
	{given: func(w *store.TraceWrite) bool { return w.Release != "" }, copy: func(d, s *store.TraceWrite) { d.Release = s.Release }},
	{given: func(w *store.TraceWrite) bool { return w.Version != "" }, copy: func(d, s *store.TraceWrite) { d.Version = s.Version }},
	{given: func(w *store.TraceWrite) bool { return w.Public != nil }, copy: func(d, s *store.TraceWrite) { d.Public = s.Public }},
}

var traceLayout = layout{len(traceFields)}

// Change says what a merge has changed.
type Change struct {
	// Any says that a field changed, Input and Output which of the payloads.
	Any, Input, Output bool
	// NewMention is a further trace id that an observation or score was given.
	NewMention string
}

// Settle brings Fields up to date with all that was applied and cut. Until then its tags and
// metadata may be older: making them costs as much as they are long.
func (t *Trace) Settle() { t.regs.settle(&t.Fields.Tags, &t.Fields.Metadata) }

// Apply merges a write; deleted is the stamp of the trace's last delete, or zero.
func (t *Trace) Apply(w *store.TraceWrite, deleted store.Stamp) Change {
	mask := apply(traceFields, &t.regs, &t.Fields, w, w.Stamp, deleted)
	tagged := t.regs.mergeTags(w.Tags, w.Stamp, deleted)
	metadata, noted := t.regs.mergeMetadata(t.Fields.Metadata, w.Metadata, w.Stamp, deleted)
	t.Fields.Metadata = metadata
	return change(mask, tagged || noted)
}

// Cut applies a delete.
func (t *Trace) Cut(deleted store.Stamp) Change {
	mask := cut(traceFields, &t.regs, &t.Fields, deleted)
	tagged := t.regs.cutTags(deleted)
	metadata, noted := t.regs.cutMetadata(t.Fields.Metadata, deleted)
	t.Fields.Metadata = metadata
	return change(mask, tagged || noted)
}

// Last is the stamp of the last write.
func (t *Trace) Last() store.Stamp { return t.regs.last }

// Live reports whether the trace was written after the delete.
func (t *Trace) Live(deleted store.Stamp) bool { return t.regs.live(deleted) }

// Registers encodes the stamps.
func (t *Trace) Registers() []byte {
	t.Settle()
	return t.regs.encode(traceLayout, t.Fields.Tags, nil)
}

// Restore decodes the stamps of a state whose Fields are set.
func (t *Trace) Restore(registers []byte) error {
	_, err := t.regs.decode(registers, traceLayout, t.Fields.Tags)
	return err
}

// change is what a merge of a trace or observation has changed: both have their
// payloads first.
func change(mask uint64, more bool) Change {
	return Change{Any: mask != 0 || more, Input: mask&(1<<fieldInput) != 0, Output: mask&(1<<fieldOutput) != 0}
}
