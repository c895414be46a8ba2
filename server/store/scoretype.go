package store

import "github.com/langshark/langshark-go/exporter"

// Types of scores that are texts, and no judgement by a number or category.
const (
	// ScoreText is what somebody has written of a trace, an observation or a session.
	ScoreText exporter.ScoreType = "TEXT"
	// ScoreCorrection is what an output should have been.
	ScoreCorrection exporter.ScoreType = "CORRECTION"
)
