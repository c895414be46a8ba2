package store

import (
	"encoding/json"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// Batch is what one call of Write applies, all of it or nothing. Its writes
// may stand in any order and may have come before.
type Batch struct {
	ProjectID    string
	Traces       []TraceWrite
	Observations []ObservationWrite
	Scores       []ScoreWrite
	Deletes      []Delete
	// Revive takes deletes of what the batch writes back first, those of the traces that its observations and
	// scores are of too: else what was deleted after a write's stamp stays so.
	Revive bool
	// Dropped is set by Write: how many writes came to nothing because of that.
	Dropped int64
}

// Len is the number of writes.
func (b *Batch) Len() int {
	return len(b.Traces) + len(b.Observations) + len(b.Scores) + len(b.Deletes)
}

// Stamp orders the writes to one thing: by time, create before update, event id.
type Stamp struct {
	// Time is the event's own, in nanoseconds since 1970.
	Time int64
	// Update says that the event is an update, not a create.
	Update bool
	// EventID breaks ties.
	EventID string
}

// NewStamp makes a stamp. Times that nanoseconds since 1970 can't hold are cut to the nearest that can.
func NewStamp(t time.Time, update bool, eventID string) Stamp {
	ns := t.UnixNano()
	switch year := t.Year(); {
	case year < 1678:
		ns = -1 << 63
	case year > 2261:
		ns = 1<<63 - 1
	}
	return Stamp{Time: ns, Update: update, EventID: eventID}
}

// Compare returns -1, 0 or +1 as s stands before, at or after o.
func (s Stamp) Compare(o Stamp) int {
	switch {
	case s.Time != o.Time:
		if s.Time < o.Time {
			return -1
		}
		return 1
	case s.Update != o.Update:
		if o.Update {
			return -1
		}
		return 1
	case s.EventID < o.EventID:
		return -1
	case s.EventID > o.EventID:
		return 1
	}
	return 0
}

// IsZero reports whether s is no stamp at all.
func (s Stamp) IsZero() bool { return s == Stamp{} }

// TraceWrite is what one event says of a trace. Zero fields say nothing.
type TraceWrite struct {
	Stamp
	ID          string
	Timestamp   time.Time
	Name        string
	UserID      string
	SessionID   string
	Environment string
	Release     string
	Version     string
	Public      *bool
	Tags        []string
	Metadata    json.RawMessage
	Input       json.RawMessage
	Output      json.RawMessage
}

// ObservationWrite is what one event says of an observation. Zero fields say
// nothing, but Kind, which every event gives.
type ObservationWrite struct {
	Stamp
	ID string
	// TraceID may be empty: if the first event of an observation names none, it
	// belongs to a trace of its own.
	TraceID         string
	ParentID        string
	Kind            exporter.Kind
	Name            string
	Environment     string
	Start           time.Time
	End             time.Time
	Level           *exporter.Level
	StatusMessage   string
	Version         string
	Metadata        json.RawMessage
	Input           json.RawMessage
	Output          json.RawMessage
	Model           string
	ModelParameters json.RawMessage
	CompletionStart time.Time
	PromptName      string
	PromptVersion   int
	Usage           *Usage
	Cost            *Cost
	// InputCounts and OutputCounts are filled by engines that have a [Pricer]; what others put there is lost.
	InputCounts  Counts
	OutputCounts Counts
}

// ScoreWrite is what one event says of a score. Zero fields say nothing; Name,
// Type and the value are always there.
type ScoreWrite struct {
	Stamp
	ID            string
	TraceID       string
	ObservationID string
	// SessionID and DatasetRunID are one field: a score is of one of them, or of a trace.
	SessionID    string
	DatasetRunID string
	Name         string
	Type         exporter.ScoreType
	Number       *float64
	Text         string
	Comment      string
	Source       string
	ConfigID     string
	QueueID      string
	Environment  string
	Metadata     json.RawMessage
	Timestamp    time.Time
}

// Thing is a kind of what can be deleted.
type Thing uint8

// What can be deleted.
const (
	ThingTrace Thing = iota + 1
	ThingObservation
	ThingScore
)

// Delete removes what was written before its stamp, whenever it arrives. That
// of a trace takes its observations and scores along. Later writes make the
// thing anew.
type Delete struct {
	Stamp
	Thing Thing
	ID    string
	// Stored has the delete come after all that is stored of the thing, and of a trace's observations and
	// scores, when it is made: whatever the stamps of that say.
	Stored bool
	// Passing leaves nothing that keeps the thing deleted: the delete of its trace is to follow.
	Passing bool
}
