package store

import (
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// TraceQuery selects traces. Its zero value is the 50 newest.
type TraceQuery struct {
	TraceFilter
	// OrderBy is what to sort by; empty means [OrderTimestamp], newest first.
	OrderBy Order
	// Ascending turns the order around.
	Ascending bool
	Page
	// Payloads asks for inputs and outputs.
	Payloads bool
}

// TraceFilter narrows a list of traces. A zero field matches all; all fields must match.
type TraceFilter struct {
	IDs       []string // any of these
	Name      string
	UserID    string
	SessionID string
	Release   string
	Version   string
	// Environments matches any of these; "default" are the traces that name none.
	Environments []string
	// Tags must all be there.
	Tags []string
	// Levels matches traces whose highest observation level is one of these.
	Levels []exporter.Level
	// Search matches a part of the id, name, user or session, whatever the case.
	Search string
	// Metadata matches top-level keys whose value, as text, is equal.
	Metadata map[string]string
	From     time.Time // inclusive
	To       time.Time // exclusive
}

// Order names what a list of traces is sorted by.
type Order string

// What traces are sorted by.
const (
	OrderTimestamp   Order = "timestamp"
	OrderID          Order = "id"
	OrderName        Order = "name"
	OrderUserID      Order = "userId"
	OrderSessionID   Order = "sessionId"
	OrderRelease     Order = "release"
	OrderVersion     Order = "version"
	OrderPublic      Order = "public"
	OrderBookmarked  Order = "bookmarked"
	OrderCreatedAt   Order = "createdAt"
	OrderUpdatedAt   Order = "updatedAt"
	OrderEnvironment Order = "environment"
)

// Page is a part of a list: after a cursor, or from an offset.
type Page struct {
	// Limit is how many rows to return. Zero means 50, negative none.
	Limit int
	// Offset is how many rows to skip; it costs time that grows with it.
	Offset int
	// After continues where a page ended, at a cost that doesn't grow. It works
	// with the default order, either way round, and wins over Offset.
	After Cursor
	// Total asks for the number of all rows that match, which costs a count.
	Total bool
}

// Cursor is the place where a page ended: opaque, safe in a URL, empty at the end.
type Cursor string

// TracePage is a page of traces.
type TracePage struct {
	Traces []Trace
	Total  int64  // filled if the query asked for it
	Next   Cursor // empty if this is the last page, or with another order than the default
}

// ObservationQuery selects observations. Its zero value is the 50 newest.
type ObservationQuery struct {
	ObservationFilter
	// Ascending lists the oldest first.
	Ascending bool
	Page
	Payloads bool
	// Places asks for the cursors of all rows, for who stops in the middle of a page.
	Places bool
}

// ObservationFilter narrows a list of observations. A zero field matches all.
type ObservationFilter struct {
	IDs      []string
	TraceID  string
	Name     string
	UserID   string // that of the trace
	Kinds    []exporter.Kind
	Levels   []exporter.Level
	ParentID string
	Version  string
	// Environments matches any of these; "default" are those that name none, nor does their trace.
	Environments []string
	From         time.Time // start, inclusive
	To           time.Time // start, exclusive
}

// ObservationPage is a page of observations.
type ObservationPage struct {
	Observations []Observation
	// Places are where the list goes on after each of them; filled if the query asked for it.
	Places []Cursor
	Total  int64
	Next   Cursor
}

// ScoreQuery selects scores, newest first. Of each list, any value matches.
type ScoreQuery struct {
	IDs            []string
	TraceIDs       []string
	ObservationIDs []string
	SessionID      string
	DatasetRunID   string
	Names          []string
	Environments   []string
	Sources        []string
	ConfigIDs      []string
	QueueIDs       []string
	Types          []exporter.ScoreType
	// UserID is that of the trace. TraceTags must all be there.
	UserID    string
	TraceTags []string
	// Numbers and Texts are exact values. Compare are conditions on the number, all of which must hold.
	Numbers []float64
	Texts   []string
	Compare []ScoreComparison
	From    time.Time // timestamp, inclusive
	To      time.Time // timestamp, exclusive
	Page
}

// ScoreComparison is how the number of a score stands to another. A score without a number matches none.
type ScoreComparison struct {
	Operator string // one of [ScoreOperators]
	Number   float64
}

// ScoreOperators are the operators of comparisons.
var ScoreOperators = []string{"<", ">", "<=", ">=", "!=", "="}

// ScorePage is a page of scores.
type ScorePage struct {
	Scores []Score
	Total  int64
	Next   Cursor
}

// SessionQuery selects sessions, newest first.
type SessionQuery struct {
	From time.Time // createdAt, inclusive
	To   time.Time // createdAt, exclusive
	// Search matches a part of the id, whatever the case.
	Search string
	// Environments matches sessions whose first trace is of any of these.
	Environments []string
	Page
}

// SessionPage is a page of sessions.
type SessionPage struct {
	Sessions []Session
	Total    int64
	Next     Cursor
}

// SearchQuery looks for text in inputs and outputs.
type SearchQuery struct {
	// Text is what must be there, whatever the case, at most 1000 bytes and 20 words. Words apart are looked for
	// one by one and must all be in the same observation; quoted ones together.
	// Latin words are found by their beginning, Korean, Chinese and Japanese ones
	// by any part.
	Text string
	// From and To bound the time of the trace, if not zero.
	From, To time.Time
	// Limit is how many hits to return. Zero means 50, negative none.
	Limit int
	// After continues where a page ended.
	After Cursor
}

// SearchHit is an observation, or a trace, whose input or output has the text.
type SearchHit struct {
	TraceID string
	// ObservationID is empty if it is the trace's own input or output.
	ObservationID string
	Time          time.Time // of the trace
	Name          string    // of the observation or trace
	// Snippet is the text around the first word found, at most 200 bytes, with "…" where it is cut.
	Snippet string
	// Output says that the snippet is of the output, not the input.
	Output bool
}

// SearchPage is a page of hits, those of the traces that came last first.
type SearchPage struct {
	Hits []SearchHit
	// Next continues the list; empty if this is the last page. A page may be
	// shorter than its limit, even empty, and yet have a next: it took too long
	// to look further.
	Next Cursor
}
