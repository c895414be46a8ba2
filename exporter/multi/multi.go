// Package multi delivers the same records to several exporters, each with a
// queue, retries and counts of its own, so that a slow or dead one doesn't
// hold up the others.
package multi

import (
	"context"
	"errors"
	"fmt"

	"github.com/langshark/langshark-go/exporter"
)

// Sink is one of the exporters.
type Sink struct {
	// Name tells the sinks apart in [Exporter.Sinks] and in errors.
	Name     string
	Exporter exporter.Exporter
	// Pipeline is the sink's own; its zero value is valid.
	Pipeline exporter.PipelineConfig
}

// Exporter is an [exporter.Exporter]. Make one with [New].
type Exporter struct {
	names     []string
	pipelines []*exporter.Pipeline
}

// New starts a pipeline for each sink. End them with Shutdown.
func New(sinks ...Sink) *Exporter {
	e := &Exporter{}
	for _, s := range sinks {
		e.names = append(e.names, s.Name)
		e.pipelines = append(e.pipelines, exporter.NewPipeline(s.Exporter, s.Pipeline))
	}
	return e
}

// Export copies the records into every sink's queue and returns at once. What
// becomes of them there, Sinks and Flush tell.
func (e *Exporter) Export(ctx context.Context, records []exporter.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range records {
		copied := &shared{record: records[i].Clone()}
		for _, p := range e.pipelines {
			p.Enqueue(copied.entry(), exporter.ClassOf(&copied.record), copied.record.Size())
		}
	}
	return nil
}

// shared is one copy for all sinks. A sink may truncate its record, so each gets its own top.
type shared struct{ record exporter.Record }

func (s *shared) entry() exporter.Entry {
	top := s.record
	switch {
	case top.Trace != nil:
		t := *top.Trace
		top.Trace = &t
	case top.Observation != nil:
		o := *top.Observation
		o.Metadata = append([]exporter.KeyValue(nil), o.Metadata...)
		if o.Generation != nil {
			g := *o.Generation
			g.Parameters = append([]exporter.KeyValue(nil), g.Parameters...)
			o.Generation = &g
		}
		top.Observation = &o
	case top.Score != nil:
		sc := *top.Score
		sc.Metadata = append([]exporter.KeyValue(nil), sc.Metadata...)
		top.Score = &sc
	}
	return &entry{top}
}

type entry struct{ record exporter.Record }

func (e *entry) Record() *exporter.Record { return &e.record }
func (e *entry) Release()                 {}

// Sinks returns each sink's counts by its name.
func (e *Exporter) Sinks() map[string]exporter.Stats {
	all := make(map[string]exporter.Stats, len(e.pipelines))
	for i, p := range e.pipelines {
		all[e.names[i]] = p.Stats()
	}
	return all
}

// Flush flushes all sinks at once and joins their errors.
func (e *Exporter) Flush(ctx context.Context) error {
	return e.all(func(p *exporter.Pipeline) error { return p.Flush(ctx) })
}

// Shutdown shuts all sinks down at once and joins their errors.
func (e *Exporter) Shutdown(ctx context.Context) error {
	return e.all(func(p *exporter.Pipeline) error { return p.Shutdown(ctx) })
}

func (e *Exporter) all(do func(*exporter.Pipeline) error) error {
	errs := make([]error, len(e.pipelines))
	done := make(chan struct{})
	for i, p := range e.pipelines {
		go func() {
			if err := do(p); err != nil {
				errs[i] = fmt.Errorf("sink %q: %w", e.names[i], err)
			}
			done <- struct{}{}
		}()
	}
	for range e.pipelines {
		<-done
	}
	return errors.Join(errs...)
}
