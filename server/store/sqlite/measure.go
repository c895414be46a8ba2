package sqlite

import (
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// What a single observation adds to a sum is bounded, so that sums don't
// overflow and what is added can be taken out again.

func cutCount(n int64) int64 { return max(-store.MaxTokens, min(store.MaxTokens, n)) }

func cutCost(n int64) int64 { return max(-int64(store.MaxCost), min(int64(store.MaxCost), n)) }

// measure is what an observation adds to the sums of its trace and to the rollups.
type measure struct {
	start, end, first      int64
	ended, hasFirst        bool
	kind                   exporter.Kind
	level                  exporter.Level
	model, prompt          string
	promptVersion          int
	input, output, total   int64
	cost, costs            int64 // costs is 1 if the cost is known
	errors, warnings, runs int64 // each 1 or 0
}

// measureOf is that of an observation's fields, with the usage and cost that count.
func measureOf(f *store.ObservationWrite, usage *store.Usage, cost *store.Cost, start int64) measure {
	m := measure{start: start, kind: f.Kind, model: f.Model, prompt: f.PromptName, promptVersion: f.PromptVersion}
	if !f.End.IsZero() {
		m.end, m.ended = micros(f.End), true
	}
	if !f.CompletionStart.IsZero() {
		m.first, m.hasFirst = micros(f.CompletionStart), true
	}
	if f.Level != nil {
		m.level = *f.Level
	}
	if u := usage; u != nil {
		m.input, m.output, m.total = cutCount(u.Input), cutCount(u.Output), cutCount(u.Total)
	}
	if cost != nil && cost.Total != nil {
		m.cost, m.costs = cutCost(int64(*cost.Total)), 1
	}
	m.complete()
	return m
}

func (m *measure) complete() {
	switch m.level {
	case exporter.LevelError:
		m.errors = 1
	case exporter.LevelWarning:
		m.warnings = 1
	case exporter.LevelDefault, exporter.LevelDebug:
	}
	if !m.ended && m.kind != exporter.KindEvent {
		m.runs = 1
	}
}

// add adds the measure to sums, sign times.
func (m *measure) add(s *store.Sums, sign int64) {
	s.Observations += sign
	s.Errors += sign * m.errors
	s.Warnings += sign * m.warnings
	s.InputTokens += sign * m.input
	s.OutputTokens += sign * m.output
	s.TotalTokens += sign * m.total
	s.Cost += exporter.NanoUSD(sign * m.cost)
	s.Costs += sign * m.costs
	if m.ended {
		s.Latency.Record(apart(m.start, m.end), sign)
	}
	if m.hasFirst {
		s.FirstToken.Record(apart(m.start, m.first), sign)
	}
}

// apart is the time between two moments in microseconds, zero if the second is the first in time.
func apart(from, to int64) time.Duration {
	if to <= from {
		return 0
	}
	if from < 0 && to > from+(1<<62) { // beyond what fits
		return duration(1 << 62)
	}
	return duration(to - from)
}

// traceSums are what the observations of a trace add up to.
type traceSums struct {
	observations, errors, warnings, running int64
	input, output, total, cost, costs       int64
	// The first start, the last start and the last end; nil without.
	started, lastStart, lastEnd *int64
}

// add adds an observation.
func (s *traceSums) add(m *measure) {
	s.count(m, 1)
	s.started = least(s.started, m.start)
	s.lastStart = greatest(s.lastStart, m.start)
	if m.ended {
		s.lastEnd = greatest(s.lastEnd, m.end)
	}
}

// remove takes an observation out, in whose place now stays, if not nil. It
// reports whether an extreme was its, which must be looked for anew then.
func (s *traceSums) remove(m, now *measure) (extreme bool) {
	s.count(m, -1)
	if (*s.started == m.start || *s.lastStart == m.start) && (now == nil || now.start != m.start) {
		return true
	}
	return m.ended && *s.lastEnd == m.end && (now == nil || !now.ended || now.end < m.end)
}

func (s *traceSums) count(m *measure, sign int64) {
	s.observations += sign
	s.errors += sign * m.errors
	s.warnings += sign * m.warnings
	s.running += sign * m.runs
	s.input += sign * m.input
	s.output += sign * m.output
	s.total += sign * m.total
	s.cost += sign * m.cost
	s.costs += sign * m.costs
}

func least(p *int64, v int64) *int64 {
	if p == nil || v < *p {
		return &v
	}
	return p
}

func greatest(p *int64, v int64) *int64 {
	if p == nil || v > *p {
		return &v
	}
	return p
}

// latency is from the first start to the last end, or last start while nothing has ended.
func (s *traceSums) latency() int64 {
	switch {
	case s.started == nil:
		return 0
	case s.lastEnd != nil:
		return max(*s.lastEnd-*s.started, 0)
	}
	return max(*s.lastStart-*s.started, 0)
}

// traceMeasure is what a trace adds to the rollups.
type traceMeasure struct {
	counted     bool // there is a row
	ts          int64
	environment string
	user        string
	traceSums
}

func (m *traceMeasure) add(s *store.Sums, sign int64, histograms bool) {
	s.Traces += sign
	s.Observations += sign * m.observations
	s.Errors += sign * m.errors
	s.Warnings += sign * m.warnings
	s.InputTokens += sign * m.input
	s.OutputTokens += sign * m.output
	s.TotalTokens += sign * m.total
	s.Cost += exporter.NanoUSD(sign * m.cost)
	s.Costs += sign * m.costs
	if histograms && m.observations > 0 && m.running == 0 {
		s.Latency.Record(duration(m.latency()), sign)
	}
}
