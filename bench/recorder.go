package main

import (
	"context"
	"fmt"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// recorder is one SDK, ready to record. All record the same trace:
//
//	chat
//	├ retrieve
//	│ └ embed
//	├ generate    with a model, 1.5 KB of chat and token counts
//	└ parse
type recorder interface {
	trace(c *chat)
	// span starts and ends one below a running trace.
	span()
	// settle waits until what was recorded has been sent, where the SDK can wait.
	settle()
	// close ends the SDK; some heed no context.
	close(ctx context.Context)
}

// counter is a recorder that knows what became of its records.
type counter interface{ counts() exporter.Stats }

const (
	observations  = 5          // of a trace
	generate      = "generate" // the name of the one with the chat
	settleTimeout = 10 * time.Second
)

// Names of the subjects, as the tables show them.
const (
	otelPlain      = "otel-go"
	otelGzip       = "otel-go, gzip"
	otelDefault    = "otel-go, default queue"
	shark          = "langshark"
	sharkOTLP      = "langshark OTLP"
	sharkOTLPGzip  = "langshark OTLP, gzip"
	sharkOTLPKGzip = "langshark OTLP, klauspost gzip"
	sharkSpool     = "langshark, SpoolDir"
	henomis        = "henomis/langfuse-go"
	datadog        = "Datadog llmobs"
	sentryGo       = "sentry-go"
)

// target says where a subject sends. Without a URL what it exports is discarded,
// as early as the SDK lets one.
type target struct {
	URL string
	// QueueBytes and SpoolDir are langshark's.
	QueueBytes int64
	SpoolDir   string
}

func (t target) discards() bool { return t.URL == "" }

func newRecorder(name string, to target) (recorder, error) {
	switch name {
	case otelPlain, otelGzip, otelDefault:
		return newOtel(name, to)
	case shark, sharkOTLP, sharkOTLPGzip, sharkOTLPKGzip, sharkSpool:
		return newLangshark(name, to)
	case henomis:
		return newHenomis(to)
	case datadog:
		return newDatadog(to)
	case sentryGo:
		return newSentry(to)
	}
	return nil, fmt.Errorf("no subject is called %q", name)
}
