package exporter

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"time"
)

// Op says how a record relates to what was sent before of the same thing.
type Op uint8

const (
	// OpCreate introduces a trace, observation or score, whole as far as it is known.
	OpCreate Op = iota
	// OpUpdate adds to one that was created before. Fields that are zero say nothing.
	OpUpdate
)

// String returns "create" or "update".
func (o Op) String() string {
	if o == OpUpdate {
		return "update"
	}
	return "create"
}

// Record is one thing to be stored: a trace, an observation or a score.
// Exactly one of Trace, Observation and Score is set; in the pipeline of a
// [MediaUploader], Media.
//
// A record and all bytes and strings reachable from it are valid until the
// call of [Exporter.Export] that received it returns, and must not be changed.
// Keep one with [Record.Clone].
type Record struct {
	// Op is OpCreate or OpUpdate.
	Op Op
	// EventID is a UUID, fixed when the record is made: a retry or replay repeats it.
	EventID string
	// Time is when the record was made; it orders the writes to one thing.
	Time time.Time
	// Orphan is set if the process that made the record has ended, and left it in a spool:
	// an observation that ran then comes to no other end.
	Orphan bool

	Trace       *Trace
	Observation *Observation
	Score       *Score
	Media       *Media
}

// Attributes are the properties a trace shares with all of its observations.
type Attributes struct {
	// TraceName is the name of the trace.
	TraceName   string
	UserID      string
	SessionID   string
	Environment string
	Release     string
	Version     string
	Tags        []string
	// Metadata is sorted by key, each key once.
	Metadata []KeyValue
	// Public makes the trace readable by anybody who has its link; nil says nothing.
	Public *bool
}

// Trace is one run of the application: a request, a job, a turn of a conversation.
type Trace struct {
	// ID is 32 lower-case hex digits, or what the application gave.
	ID string
	// Start is when the trace began.
	Start      time.Time
	Attributes Attributes
	Input      Value
	Output     Value
}

// Observation is one step of a trace.
type Observation struct {
	// ID is 16 lower-case hex digits, or what the application gave.
	ID      string
	TraceID string
	// ParentID is the enclosing observation's id; empty for the root.
	ParentID string
	Kind     Kind
	Name     string
	Start    time.Time
	// End is zero while the observation runs.
	End           time.Time
	Level         Level
	StatusMessage string
	// Version is that of the code that made the observation; empty means the trace's.
	Version  string
	Input    Value
	Output   Value
	Metadata []KeyValue
	// Generation is set for the kinds generation and embedding.
	Generation *Generation
	// Attributes are those of the trace as they stood when the observation ended. Never nil.
	Attributes *Attributes
}

// Generation is what a call of a model has besides an [Observation].
type Generation struct {
	// Model is the model that answered, else the one that was asked.
	Model string
	// Parameters are those of the request, sorted by key.
	Parameters []KeyValue
	// Usage is nil if unknown.
	Usage *Usage
	// Cost is nil if it is to be computed by the server.
	Cost *Cost
	// CompletionStart is when the first token arrived; zero if unknown.
	CompletionStart time.Time
	PromptName      string
	PromptVersion   int
}

// ScoreType is the type of a score's value.
type ScoreType string

// The types of scores.
const (
	ScoreNumeric     ScoreType = "NUMERIC"
	ScoreCategorical ScoreType = "CATEGORICAL"
	ScoreBoolean     ScoreType = "BOOLEAN"
)

// Score is a judgement of a trace, an observation or a session.
type Score struct {
	// ID is a UUID, or what the application gave; a second score with the same ID replaces the first.
	ID            string
	TraceID       string
	ObservationID string
	SessionID     string
	Name          string
	Type          ScoreType
	// Number is the value of numeric and boolean (0 or 1) scores.
	Number float64
	// Text is the value of categorical scores.
	Text        string
	Comment     string
	ConfigID    string
	Environment string
	Metadata    []KeyValue
}

// KeyValue is one named value.
type KeyValue struct {
	Key   string
	Value Value
}

// Clone returns a deep copy that stays valid as long as it is referenced.
func (r *Record) Clone() Record {
	c := *r
	c.EventID = strings.Clone(r.EventID)
	if r.Trace != nil {
		t := *r.Trace
		t.ID = strings.Clone(t.ID)
		t.Attributes = *t.Attributes.Clone()
		t.Input, t.Output = t.Input.Clone(), t.Output.Clone()
		c.Trace = &t
	}
	if r.Observation != nil {
		c.Observation = r.Observation.clone()
	}
	if r.Score != nil {
		s := *r.Score
		for _, p := range []*string{&s.ID, &s.TraceID, &s.ObservationID, &s.SessionID, &s.Name, &s.Text, &s.Comment, &s.ConfigID, &s.Environment} {
			*p = strings.Clone(*p)
		}
		s.Metadata = cloneValues(s.Metadata)
		c.Score = &s
	}
	if r.Media != nil {
		c.Media = r.Media.clone()
	}
	return c
}

func (o *Observation) clone() *Observation {
	c := *o
	for _, p := range []*string{&c.ID, &c.TraceID, &c.ParentID, &c.Name, &c.StatusMessage, &c.Version} {
		*p = strings.Clone(*p)
	}
	c.Input, c.Output = c.Input.Clone(), c.Output.Clone()
	c.Metadata = cloneValues(c.Metadata)
	if c.Attributes != nil {
		c.Attributes = c.Attributes.Clone()
	}
	if c.Generation != nil {
		g := *c.Generation
		g.Model, g.PromptName = strings.Clone(g.Model), strings.Clone(g.PromptName)
		g.Parameters = cloneValues(g.Parameters)
		if g.Usage != nil {
			u := *g.Usage
			u.Details = maps.Clone(u.Details)
			g.Usage = &u
		}
		if g.Cost != nil {
			cost := *g.Cost
			cost.Details = maps.Clone(cost.Details)
			g.Cost = &cost
		}
		c.Generation = &g
	}
	return &c
}

// Clone returns a deep copy.
func (a *Attributes) Clone() *Attributes {
	c := *a
	for _, p := range []*string{&c.TraceName, &c.UserID, &c.SessionID, &c.Environment, &c.Release, &c.Version} {
		*p = strings.Clone(*p)
	}
	c.Tags = slices.Clone(a.Tags)
	for i, t := range c.Tags {
		c.Tags[i] = strings.Clone(t)
	}
	c.Metadata = cloneValues(a.Metadata)
	if a.Public != nil {
		p := *a.Public
		c.Public = &p
	}
	return &c
}

func cloneValues(kvs []KeyValue) []KeyValue {
	if kvs == nil {
		return nil
	}
	c := make([]KeyValue, len(kvs))
	for i, kv := range kvs {
		c[i] = KeyValue{Key: strings.Clone(kv.Key), Value: kv.Value.Clone()}
	}
	return c
}

// Clone returns a copy with its own bytes.
func (v Value) Clone() Value {
	v.text = strings.Clone(v.text)
	v.json = bytes.Clone(v.json)
	return v
}
