package view

import (
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// List is the page of traces.
type List struct {
	Page
	Filter  Filter
	Rows    []TraceRow
	Chips   []Chip
	Environ []string
	// Older is the address of the next page; empty at the end.
	Older string
	// Later says that the page is not the newest one: it is not live.
	Later bool
	// Filtered says that a filter is set.
	Filtered bool
}

// Filter is what the form shows, as in the address.
type Filter struct {
	Q, Level, Range, Name, User, Session, Tag, Env, Release, Version, From, To string
}

// Chip is one filter in force.
type Chip struct {
	Label, Value string
	// Without is the address without it.
	Without string
}

// TraceRow is one trace of the list.
type TraceRow struct {
	store.Trace
	// Input and Output are the first words of what was asked and answered.
	InputText, OutputText string
	// Share is the latency in percent of the longest on the page.
	Share int
	// Hash changes when anything shown does.
	Hash string
}

// Ranges are the values of the time range, with their length.
var Ranges = []struct {
	Value string
	D     time.Duration
}{
	{"15m", 15 * time.Minute},
	{"1h", time.Hour},
	{"24h", 24 * time.Hour},
	{"7d", 7 * 24 * time.Hour},
	{"30d", 30 * 24 * time.Hour},
}
