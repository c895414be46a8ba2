package merge

import (
	"github.com/langshark/langshark-go/server/store"
)

// Score is the state of a score: the fields as merged so far, and their stamps.
type Score struct {
	// Fields are what the writes amount to. Stamp and ID are not used.
	Fields store.ScoreWrite
	regs   registers
}

var scoreFields = []field[store.ScoreWrite]{
	{first: true, given: func(w *store.ScoreWrite) bool { return w.TraceID != "" }, copy: func(d, s *store.ScoreWrite) { d.TraceID = s.TraceID }},
	{first: true, given: func(w *store.ScoreWrite) bool { return w.Environment != "" }, copy: func(d, s *store.ScoreWrite) { d.Environment = s.Environment }},
	{first: true, given: func(w *store.ScoreWrite) bool { return !w.Timestamp.IsZero() }, copy: func(d, s *store.ScoreWrite) { d.Timestamp = s.Timestamp }},
	{given: func(w *store.ScoreWrite) bool { return w.ObservationID != "" }, copy: func(d, s *store.ScoreWrite) { d.ObservationID = s.ObservationID }},
	{given: func(w *store.ScoreWrite) bool { return w.SessionID != "" || w.DatasetRunID != "" }, copy: func(d, s *store.ScoreWrite) { d.SessionID, d.DatasetRunID = s.SessionID, s.DatasetRunID }},
	{given: func(w *store.ScoreWrite) bool { return w.Name != "" }, copy: func(d, s *store.ScoreWrite) { d.Name = s.Name }},
	{given: func(w *store.ScoreWrite) bool { return w.Type != "" }, copy: func(d, s *store.ScoreWrite) { d.Type, d.Number, d.Text = s.Type, s.Number, s.Text }},
	{given: func(w *store.ScoreWrite) bool { return w.Comment != "" }, copy: func(d, s *store.ScoreWrite) { d.Comment = s.Comment }},
	{given: func(w *store.ScoreWrite) bool { return w.Source != "" }, copy: func(d, s *store.ScoreWrite) { d.Source = s.Source }},
	{given: func(w *store.ScoreWrite) bool { return w.ConfigID != "" }, copy: func(d, s *store.ScoreWrite) { d.ConfigID = s.ConfigID }},
	{given: func(w *store.ScoreWrite) bool { return w.QueueID != "" }, copy: func(d, s *store.ScoreWrite) { d.QueueID = s.QueueID }},
}

// scoreLayout: the first version had no queue.
var scoreLayout = layout{10, len(scoreFields)}

// Settle brings Fields up to date with all that was applied and cut. Until then its metadata may
// be older: making it costs as much as it is long.
func (s *Score) Settle() { s.regs.settle(nil, &s.Fields.Metadata) }

// Apply merges a write; deleted is the stamp of the last delete of the score
// or of any trace it was given, or zero.
func (s *Score) Apply(w *store.ScoreWrite, deleted store.Stamp) Change {
	mentioned := w.TraceID != "" && s.regs.mention(s.Fields.TraceID, w.TraceID, false)
	mask := apply(scoreFields, &s.regs, &s.Fields, w, w.Stamp, deleted)
	metadata, noted := s.regs.mergeMetadata(s.Fields.Metadata, w.Metadata, w.Stamp, deleted)
	s.Fields.Metadata = metadata
	c := Change{Any: mask != 0 || noted || mentioned}
	if mentioned {
		c.NewMention = w.TraceID
	}
	return c
}

// Cut applies a delete.
func (s *Score) Cut(deleted store.Stamp) Change {
	mask := cut(scoreFields, &s.regs, &s.Fields, deleted)
	metadata, noted := s.regs.cutMetadata(s.Fields.Metadata, deleted)
	s.Fields.Metadata = metadata
	return Change{Any: mask != 0 || noted}
}

// Last is the stamp of the last write.
func (s *Score) Last() store.Stamp { return s.regs.last }

// Live reports whether the score was written after the delete.
func (s *Score) Live(deleted store.Stamp) bool { return s.regs.live(deleted) }

// Mentions returns all trace ids the writes gave, if they gave several.
func (s *Score) Mentions() []string { return s.regs.mentions }

// Registers encodes the stamps.
func (s *Score) Registers() []byte { return s.regs.encode(scoreLayout, nil, nil) }

// Restore decodes the stamps of a state whose Fields are set.
func (s *Score) Restore(registers []byte) error {
	_, err := s.regs.decode(registers, scoreLayout, nil)
	return err
}
