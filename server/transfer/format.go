package transfer

import (
	"fmt"
	"time"
)

// The format of the file, as the first line says it.
const (
	FormatName    = "langshark-export"
	FormatVersion = 1
)

// The types of lines.
const (
	typeHeader      = "header"
	typeTrace       = "trace"
	typeObservation = "observation"
	typeScore       = "score"
	typeTrailer     = "trailer"
)

// Header is the first line of an export.
type Header struct {
	// Version is that of the format.
	Version int
	// ProjectID and ProjectName are those of the project it was made of.
	ProjectID   string
	ProjectName string
	// ExportedAt is when it was begun.
	ExportedAt time.Time
	// From and To bound the timestamps of the traces, if not zero: From
	// inclusive, To exclusive.
	From, To time.Time
	// Filter is what observations were selected by; empty for all.
	Filter string
}

// Counts are numbers of rows.
type Counts struct {
	Traces       int64 `json:"traces"`
	Observations int64 `json:"observations"`
	Scores       int64 `json:"scores"`
}

// Total is the sum of all.
func (c Counts) Total() int64 { return c.Traces + c.Observations + c.Scores }

// String is, for example, "3 traces, 12 observations, 1 scores".
func (c Counts) String() string {
	return fmt.Sprintf("%d traces, %d observations, %d scores", c.Traces, c.Observations, c.Scores)
}

func (c *Counts) add(o Counts) {
	c.Traces += o.Traces
	c.Observations += o.Observations
	c.Scores += o.Scores
}
