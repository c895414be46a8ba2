package store

import (
	"encoding/json"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// Trace is one run of an application, with what its observations add up to.
// Empty strings and nil JSON mean that nothing was given.
type Trace struct {
	ProjectID string
	ID        string
	// Timestamp is when the trace began: as given, else the start of its first
	// observation if no trace event came yet, else CreatedAt.
	Timestamp   time.Time
	Name        string
	UserID      string
	SessionID   string
	Environment string // "default" if not given
	Release     string
	Version     string
	Public      bool
	Bookmarked  bool
	Tags        []string        // sorted, each once
	Metadata    json.RawMessage // any JSON, mostly an object
	// Input and Output are filled where the query asks for payloads.
	Input  json.RawMessage
	Output json.RawMessage
	// CreatedAt and UpdatedAt are when the server first and last heard of it.
	CreatedAt time.Time
	UpdatedAt time.Time

	Rollup Rollup
}

// Rollup is what the observations of a trace add up to.
type Rollup struct {
	Observations int
	// Errors and Warnings count the observations of these levels.
	Errors   int
	Warnings int
	// Level is the highest level of any observation; [exporter.LevelDefault] without any.
	Level exporter.Level
	// Start is the first start; zero without observations.
	Start time.Time
	// Latency is from the first start to the last end; from the first start to the last while nothing has ended. It is never below zero.
	Latency time.Duration
	// Running says that an observation other than an event has not ended.
	Running      bool
	InputTokens  int64
	OutputTokens int64
	TotalTokens  int64
	// Cost is the sum of the known costs; nil if none is known.
	Cost *exporter.NanoUSD
}

// Observation is one step of a trace.
type Observation struct {
	ProjectID   string
	ID          string
	TraceID     string
	ParentID    string // empty for a root
	Kind        exporter.Kind
	Name        string
	Environment string
	// Start is as given, else CreatedAt.
	Start time.Time
	// End is zero while the observation runs, and for events.
	End           time.Time
	Level         exporter.Level
	StatusMessage string
	Version       string
	Metadata      json.RawMessage
	Input         json.RawMessage
	Output        json.RawMessage

	Model           string
	ModelParameters json.RawMessage
	// CompletionStart is when the first token arrived; zero if unknown.
	CompletionStart time.Time
	PromptName      string
	PromptVersion   int

	// Usage is as reported, else as counted (see Pricing), else nil.
	Usage *Usage
	// Cost is as reported, else as computed (see Pricing), else nil.
	Cost *Cost
	// Pricing is what the server found out about the call; nil if it doesn't know the model.
	Pricing *Pricing

	CreatedAt time.Time
	UpdatedAt time.Time
}

// ReportedUsage is the usage that was sent, nil if none was.
func (o *Observation) ReportedUsage() *Usage {
	if o.Pricing != nil && o.Pricing.Usage != nil {
		return nil
	}
	return o.Usage
}

// ReportedCost is the cost that was sent, nil if none was.
func (o *Observation) ReportedCost() *Cost {
	if o.Pricing != nil && o.Pricing.Cost != nil {
		return nil
	}
	return o.Cost
}

// Latency is from start to end; zero while the observation runs. It is never below zero, as in all sums: clocks disagree, calls don't end before they start.
func (o *Observation) Latency() time.Duration {
	if o.End.IsZero() {
		return 0
	}
	return max(o.End.Sub(o.Start), 0)
}

// TimeToFirstToken is from the start to the first token; zero if unknown, and never below that.
func (o *Observation) TimeToFirstToken() time.Duration {
	if o.CompletionStart.IsZero() {
		return 0
	}
	return max(o.CompletionStart.Sub(o.Start), 0)
}

// Usage counts what a model call used, in Unit.
type Usage struct {
	// Unit is TOKENS, CHARACTERS, MILLISECONDS, SECONDS, IMAGES or REQUESTS; empty if not given.
	Unit string
	// Input and Output include all of their buckets, as cached or reasoning tokens.
	Input  int64
	Output int64
	Total  int64
	// Details are the exclusive buckets by name, see [exporter.Usage.Buckets]; nil if not given.
	Details map[string]int64
	// Derived are those of Input, Output and Total that nobody gave: they follow from what was
	// given, or are zero. What a later write gives of a usage joins what an earlier one gave.
	Derived UsageParts
}

// UsageParts is a set of what a usage has beside its details.
type UsageParts uint8

// The parts.
const (
	UsageInput UsageParts = 1 << iota
	UsageOutput
	UsageTotal
)

// Cost is what a model call cost.
type Cost struct {
	// Input, Output and Total are nil if not given or known.
	Input  *exporter.NanoUSD
	Output *exporter.NanoUSD
	Total  *exporter.NanoUSD
	// Details are all parts by bucket name; nil if not given.
	Details map[string]exporter.NanoUSD
}

// Score is a judgement of a trace, an observation, a session or a run of a dataset.
type Score struct {
	ProjectID     string
	ID            string
	TraceID       string
	ObservationID string
	SessionID     string
	DatasetRunID  string
	Name          string
	Type          exporter.ScoreType
	// Number is the value of numeric and boolean scores; nil for a category without one.
	Number *float64
	// Text is the category, or "True" or "False"; empty for numeric scores.
	Text    string
	Comment string
	Source  string // API, EVAL or ANNOTATION
	// Sourced says that a write has named the source, as all do but those with the public half of a key alone.
	Sourced     bool
	ConfigID    string
	QueueID     string // the annotation queue in whose work it was made, empty if none
	Environment string
	Metadata    json.RawMessage
	Timestamp   time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Session is a number of traces, mostly the turns of a conversation.
type Session struct {
	ProjectID string
	ID        string
	CreatedAt time.Time
	// Environment is that of its first trace, "default" if there is none.
	Environment string
	// What its traces add up to.
	Traces      int
	FirstTrace  time.Time
	LastTrace   time.Time
	UserIDs     []string // sorted, at most 10
	TotalTokens int64
	Errors      int
	Cost        *exporter.NanoUSD // nil if none is known
}

// Members are the ids of what belongs to a trace, sorted.
type Members struct {
	Observations []string
	Scores       []string
}
