package merge

import (
	"github.com/langshark/langshark-go/server/store"
)

// Observation is the state of an observation: the fields as merged so far, and their stamps.
type Observation struct {
	// Fields are what the writes amount to. Stamp and ID are not used.
	Fields store.ObservationWrite
	regs   registers
	// counts are those of the usage once several writes gave some; until then nil.
	counts *usage
}

// The further fields of observations that are named.
const (
	fieldTrace = fieldOutput + 1 + iota
	fieldKind
	fieldUsage = 16
)

var observationFields = []field[store.ObservationWrite]{
	fieldInput:  {given: func(w *store.ObservationWrite) bool { return len(w.Input) > 0 }, copy: func(d, s *store.ObservationWrite) { d.Input = s.Input }},
	fieldOutput: {given: func(w *store.ObservationWrite) bool { return len(w.Output) > 0 }, copy: func(d, s *store.ObservationWrite) { d.Output = s.Output }},
	// No trace is one too, the observation's own: what the first write made, no later one moves.
	fieldTrace: {first: true, given: func(*store.ObservationWrite) bool { return true }, copy: func(d, s *store.ObservationWrite) { d.TraceID = s.TraceID }},
	fieldKind:  {first: true, given: func(*store.ObservationWrite) bool { return true }, copy: func(d, s *store.ObservationWrite) { d.Kind = s.Kind }},
	{first: true, given: func(w *store.ObservationWrite) bool { return !w.Start.IsZero() }, copy: func(d, s *store.ObservationWrite) { d.Start = s.Start }},
	{first: true, given: func(w *store.ObservationWrite) bool { return w.Environment != "" }, copy: func(d, s *store.ObservationWrite) { d.Environment = s.Environment }},
	{given: func(w *store.ObservationWrite) bool { return w.ParentID != "" }, copy: func(d, s *store.ObservationWrite) { d.ParentID = s.ParentID }},
	{given: func(w *store.ObservationWrite) bool { return w.Name != "" }, copy: func(d, s *store.ObservationWrite) { d.Name = s.Name }},
	{given: func(w *store.ObservationWrite) bool { return !w.End.IsZero() }, copy: func(d, s *store.ObservationWrite) { d.End = s.End }},
	{given: func(w *store.ObservationWrite) bool { return w.Level != nil }, copy: func(d, s *store.ObservationWrite) { d.Level = s.Level }},
	{given: func(w *store.ObservationWrite) bool { return w.StatusMessage != "" }, copy: func(d, s *store.ObservationWrite) { d.StatusMessage = s.StatusMessage }},
	{given: func(w *store.ObservationWrite) bool { return w.Version != "" }, copy: func(d, s *store.ObservationWrite) { d.Version = s.Version }},
	{given: func(w *store.ObservationWrite) bool { return w.Model != "" }, copy: func(d, s *store.ObservationWrite) { d.Model = s.Model }},
	{given: func(w *store.ObservationWrite) bool { return len(w.ModelParameters) > 0 }, copy: func(d, s *store.ObservationWrite) { d.ModelParameters = s.ModelParameters }},
	{given: func(w *store.ObservationWrite) bool { return !w.CompletionStart.IsZero() }, copy: func(d, s *store.ObservationWrite) { d.CompletionStart = s.CompletionStart }},
	{given: func(w *store.ObservationWrite) bool { return w.PromptName != "" }, copy: func(d, s *store.ObservationWrite) { d.PromptName, d.PromptVersion = s.PromptName, s.PromptVersion }},
	// Its counts merge one by one, see mergeUsage; the stamp is that of the last write that gave some.
	fieldUsage: {given: func(*store.ObservationWrite) bool { return false }, copy: func(d, s *store.ObservationWrite) { d.Usage = s.Usage }},
	{given: func(w *store.ObservationWrite) bool { return w.Cost != nil }, copy: func(d, s *store.ObservationWrite) { d.Cost = s.Cost }},
}

var observationLayout = layout{len(observationFields)}

// Settle brings Fields up to date with all that was applied and cut. Until then its metadata may
// be older: making it costs as much as it is long.
func (o *Observation) Settle() { o.regs.settle(nil, &o.Fields.Metadata) }

// Apply merges a write; deleted is the stamp of the last delete of the
// observation or of any trace it was given, or zero.
func (o *Observation) Apply(w *store.ObservationWrite, deleted store.Stamp) Change {
	given := GivenTrace(w)
	mentioned := o.regs.mention(o.Fields.TraceID, given, w.TraceID == "")
	mask := apply(observationFields, &o.regs, &o.Fields, w, w.Stamp, deleted)
	metadata, noted := o.regs.mergeMetadata(o.Fields.Metadata, w.Metadata, w.Stamp, deleted)
	o.Fields.Metadata = metadata
	counted := o.mergeUsage(w.Usage, w.Stamp, deleted)
	c := change(mask, noted || mentioned || counted)
	if mentioned {
		c.NewMention = given
	}
	return c
}

// Cut applies a delete.
func (o *Observation) Cut(deleted store.Stamp) Change {
	counted := o.cutUsage(deleted)
	mask := cut(observationFields, &o.regs, &o.Fields, deleted)
	metadata, noted := o.regs.cutMetadata(o.Fields.Metadata, deleted)
	o.Fields.Metadata = metadata
	return change(mask, noted || counted)
}

// mergeUsage merges what a write gave of the usage.
func (o *Observation) mergeUsage(given *store.Usage, s, deleted store.Stamp) (changed bool) {
	at := &o.regs.at[fieldUsage]
	switch {
	case given == nil || covers(deleted, s):
		return false
	case at.IsZero():
		o.Fields.Usage, *at = given, s
		return true
	case o.counts == nil && *at == s:
		return false
	case o.counts == nil:
		o.counts = &usage{}
		o.counts.write(o.Fields.Usage, *at)
	}
	if changed = o.counts.write(given, s); changed {
		o.Fields.Usage = o.counts.value()
	}
	return advance(at, s) || changed
}

// cutUsage wipes what a delete covers of a usage that it doesn't cover whole.
func (o *Observation) cutUsage(deleted store.Stamp) (changed bool) {
	switch {
	case o.counts == nil:
		return false
	case covers(deleted, o.regs.at[fieldUsage]): // so does cut
		o.counts = nil
		return false
	}
	o.counts.cut(deleted)
	o.Fields.Usage = o.counts.value()
	return true
}

// Last is the stamp of the last write.
func (o *Observation) Last() store.Stamp { return o.regs.last }

// Live reports whether the observation was written after the delete.
func (o *Observation) Live(deleted store.Stamp) bool { return o.regs.live(deleted) }

// GivenTrace is the trace that a write gives to its observation: the
// observation's own if it names none.
func GivenTrace(w *store.ObservationWrite) string {
	if w.TraceID == "" {
		return OwnTrace(w.ID)
	}
	return w.TraceID
}

// Mentions returns all traces that writes gave, if there are several or it is the observation's own.
func (o *Observation) Mentions() []string { return o.regs.mentions }

// Registers encodes the stamps.
func (o *Observation) Registers() []byte { return o.regs.encode(observationLayout, nil, o.counts) }

// Restore decodes the stamps of a state whose Fields are set.
func (o *Observation) Restore(registers []byte) error {
	counts, err := o.regs.decode(registers, observationLayout, nil)
	if err != nil {
		return err
	}
	o.counts = counts
	if o.regs.at[fieldTrace].IsZero() { // written when no trace left no stamp; the kind has that of the first write
		o.regs.at[fieldTrace] = o.regs.at[fieldKind]
	}
	return nil
}
