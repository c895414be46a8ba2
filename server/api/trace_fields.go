package api

import (
	"slices"

	"github.com/langshark/langshark-go/exporter"
)

// traceGroups are the groups of fields of traces; core is always there.
var traceGroups = []string{"core", "io", "scores", "observations", "metrics"}

// traceFields are the groups that a request asks for, all unless it names some.
type traceFields struct{ io, scores, observations, metrics bool }

func (p *params) traceFields() traceFields {
	groups := p.groups(traceGroups)
	asked := func(name string) bool { return slices.Contains(groups, name) }
	return traceFields{asked("io"), asked("scores"), asked("observations"), asked("metrics")}
}

// unknownSum stands where metrics are left out.
const unknownSum = -1

// fieldsOf leaves out what wasn't asked for: lists are empty then, payloads null, metrics -1.
func fieldsOf[O, S any](w wireTraceDetail[O, S], f traceFields) wireTraceDetail[O, S] {
	if !f.io {
		w.Input, w.Output, w.Metadata = nil, nil, nil
	}
	if !f.scores {
		w.Scores = []S{}
	}
	if !f.observations {
		w.Observations = []O{}
	}
	if !f.metrics {
		cost := exporter.NanoUSD(unknownSum * 1e9)
		w.TotalCost, w.Latency = dollars{&cost}, unknownSum
	}
	return w
}
