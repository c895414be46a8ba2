package exporter

import (
	"context"
	"time"
)

// What an [Exporter] can do besides. Package langshark asks for each.

// Flusher holds records after Export has returned; the client's Flush calls it.
type Flusher interface {
	Flush(ctx context.Context) error
}

// AuthChecker can ask its server whether the credentials are valid.
type AuthChecker interface {
	AuthCheck(ctx context.Context) error
}

// TraceLinker knows the page of a trace. TraceURL must not block.
type TraceLinker interface {
	TraceURL(traceID string) string
}

// UnfinishedAccepter can take an observation twice: created while it runs and
// updated at its end. Others get each once, when it has ended.
type UnfinishedAccepter interface {
	// AcceptsUnfinished is asked before observations that run are sent, and may change its
	// answer when the server's has come. It must not block.
	AcceptsUnfinished() bool
}

// TraceOmitter can do without the record that creates a trace: its observations
// say all of it. Records that change one later are sent in any case.
type TraceOmitter interface {
	// OmitsTraces may change its answer when the server's has come. It must not block.
	OmitsTraces() bool
}

// IntervalHinter has a better default for the flush interval than one second.
type IntervalHinter interface {
	FlushInterval() time.Duration
}

// SinkReporter delivers to several sinks and has counts for each.
type SinkReporter interface {
	Sinks() map[string]Stats
}
