// Package multi delivers the same records to several exporters, each with a
// queue, retries and counts of its own, so that a slow or dead one doesn't
// hold up the others.
//
// Export returns when the records are queued for every sink. So the Delivered
// of a client's statistics means "queued for every sink"; what has arrived, and
// what a sink has dropped, only [Exporter.Sinks] tells (a client's Stats().Sinks).
package multi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// Sink is one of the exporters.
type Sink struct {
	// Name tells the sinks apart in [Exporter.Sinks] and in errors.
	Name     string
	Exporter exporter.Exporter
	// Pipeline is the sink's own; its zero value is valid. The OnError of a [Config] takes
	// the place of a nil OnError, the exporter's own interval that of a zero FlushInterval.
	Pipeline exporter.PipelineConfig
}

// Config has what concerns all sinks. Its zero value is valid.
type Config struct {
	// OnError is told of the errors of sinks that have no OnError of their own, with the
	// sink's name in the text, perhaps of several at once. It must not call Flush or
	// Shutdown. Nil logs a warning for each sink, every 10 s at most.
	OnError func(error)
}

// Exporter is an [exporter.Exporter]. Make one with [New].
type Exporter struct {
	names     []string
	exporters []exporter.Exporter
	pipelines []*exporter.Pipeline
}

// New starts a pipeline for each sink. End them with Shutdown.
func New(sinks ...Sink) *Exporter { return Config{}.New(sinks...) }

// New starts a pipeline for each sink. End them with Shutdown.
func (c Config) New(sinks ...Sink) *Exporter {
	e := &Exporter{}
	for _, s := range sinks {
		if s.Pipeline.OnError == nil {
			tell := c.OnError
			if tell == nil {
				tell = (&errorLog{}).report
			}
			s.Pipeline.OnError = func(err error) { tell(fmt.Errorf("sink %q: %w", s.Name, err)) }
		}
		if h, ok := s.Exporter.(exporter.IntervalHinter); ok && s.Pipeline.FlushInterval == 0 {
			s.Pipeline.FlushInterval = h.FlushInterval()
		}
		e.names = append(e.names, s.Name)
		e.exporters = append(e.exporters, s.Exporter)
		e.pipelines = append(e.pipelines, exporter.NewPipeline(s.Exporter, s.Pipeline))
	}
	return e
}

// errorLog logs errors, not too often.
type errorLog struct {
	mu         sync.Mutex
	last       time.Time
	suppressed int
}

const errorLogInterval = 10 * time.Second

func (l *errorLog) report(err error) {
	l.mu.Lock()
	now := time.Now()
	if !l.last.IsZero() && now.Sub(l.last) < errorLogInterval {
		l.suppressed++
		l.mu.Unlock()
		return
	}
	suppressed := l.suppressed
	l.last, l.suppressed = now, 0
	l.mu.Unlock()
	text := err.Error()
	if suppressed > 0 {
		text = fmt.Sprintf("%s (%d more before it)", text, suppressed)
	}
	slog.Warn(text)
}

// Export copies the records into every sink's queue and returns at once. What
// becomes of them there, Sinks and Flush tell.
func (e *Exporter) Export(ctx context.Context, records []exporter.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range records {
		copied := records[i].Clone()
		for _, p := range e.pipelines {
			p.EnqueueOwned(&copied)
		}
	}
	return nil
}

// AcceptsMedia reports whether a sink does.
func (e *Exporter) AcceptsMedia() bool {
	return slices.ContainsFunc(e.exporters, func(sink exporter.Exporter) bool {
		m, ok := sink.(exporter.MediaUploader)
		return ok && m.AcceptsMedia()
	})
}

// UploadMedia sends the content of a file to the sinks that take any, one after
// the other. It comes to all of them again when one has failed.
func (e *Exporter) UploadMedia(ctx context.Context, m *exporter.Media) error {
	for i, sink := range e.exporters {
		if u, ok := sink.(exporter.MediaUploader); ok && u.AcceptsMedia() {
			if err := u.UploadMedia(ctx, m); err != nil {
				return fmt.Errorf("sink %q: %w", e.names[i], err)
			}
		}
	}
	return nil
}

// OmitsTraces reports whether all sinks do.
func (e *Exporter) OmitsTraces() bool {
	return !slices.ContainsFunc(e.exporters, func(sink exporter.Exporter) bool {
		o, ok := sink.(exporter.TraceOmitter)
		return !ok || !o.OmitsTraces()
	})
}

// Sinks returns each sink's counts by its name.
func (e *Exporter) Sinks() map[string]exporter.Stats {
	all := make(map[string]exporter.Stats, len(e.pipelines))
	for i, p := range e.pipelines {
		all[e.names[i]] = p.Stats()
	}
	return all
}

// AuthCheck asks all sinks that know credentials at once and joins their errors.
func (e *Exporter) AuthCheck(ctx context.Context) error {
	return e.all(func(i int) error {
		if a, ok := e.exporters[i].(exporter.AuthChecker); ok {
			return a.AuthCheck(ctx) //nolint:wrapcheck // all does
		}
		return nil
	})
}

// TraceURL returns the page of a trace at the first sink that knows one, else "".
func (e *Exporter) TraceURL(traceID string) string {
	for _, s := range e.exporters {
		if l, ok := s.(exporter.TraceLinker); ok {
			if u := l.TraceURL(traceID); u != "" {
				return u
			}
		}
	}
	return ""
}

// AcceptsUnfinished returns true if all sinks do.
func (e *Exporter) AcceptsUnfinished() bool {
	for _, s := range e.exporters {
		if u, ok := s.(exporter.UnfinishedAccepter); !ok || !u.AcceptsUnfinished() {
			return false
		}
	}
	return len(e.exporters) > 0
}

// FlushInterval returns the shortest interval that a sink wants, zero if none says.
func (e *Exporter) FlushInterval() time.Duration {
	var shortest time.Duration
	for _, s := range e.exporters {
		if h, ok := s.(exporter.IntervalHinter); ok {
			if d := h.FlushInterval(); d > 0 && (shortest == 0 || d < shortest) {
				shortest = d
			}
		}
	}
	return shortest
}

// Flush flushes all sinks at once and joins their errors.
func (e *Exporter) Flush(ctx context.Context) error {
	return e.all(func(i int) error {
		if err := e.pipelines[i].Flush(ctx); err != nil {
			return err //nolint:wrapcheck // all does
		}
		if f, ok := e.exporters[i].(exporter.Flusher); ok {
			return f.Flush(ctx) //nolint:wrapcheck // all does
		}
		return nil
	})
}

// Shutdown shuts all sinks down at once and joins their errors.
func (e *Exporter) Shutdown(ctx context.Context) error {
	return e.all(func(i int) error { return e.pipelines[i].Shutdown(ctx) })
}

// all does something with all sinks at once.
func (e *Exporter) all(do func(i int) error) error {
	errs := make([]error, len(e.pipelines))
	var wg sync.WaitGroup
	for i := range e.pipelines {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					errs[i] = fmt.Errorf("sink %q panicked: %v", e.names[i], v)
				}
			}()
			if err := do(i); err != nil {
				errs[i] = fmt.Errorf("sink %q: %w", e.names[i], err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
