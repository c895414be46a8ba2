package langsharktest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/memory"
)

// Recorder is a client whose records stay in memory. Its methods are safe for
// concurrent use, but those that can fail the test are for the test's goroutine.
type Recorder struct {
	// Client records. It is shut down when the test ends.
	Client *langshark.Client

	tb     testing.TB
	memory *memory.Exporter
	// as configured, not from the environment
	release, environment string
}

// NewRecorder makes a recorder. Each configure function may change the
// client's configuration, except its exporter. The environment's sampling,
// capture mode and switch are ignored.
func NewRecorder(tb testing.TB, configure ...func(*langshark.Config)) *Recorder {
	tb.Helper()
	r := &Recorder{tb: tb, memory: memory.New()}
	config := langshark.Config{Enabled: langshark.Enabled(true), SampleRate: langshark.SampleRate(1), Capture: langshark.CaptureAll}
	for _, f := range configure {
		f(&config)
	}
	config.Exporter, config.SpoolDir = r.memory, "off"
	r.release, r.environment = config.Release, config.Environment
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	client, err := langshark.New(config)
	if err != nil {
		tb.Fatalf("langsharktest: %v", err)
	}
	r.Client = client
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := client.Shutdown(ctx); err != nil {
			tb.Errorf("langsharktest: %v", err)
		}
	})
	return r
}

// Context returns the test's context with the recorder's client in it.
func (r *Recorder) Context() context.Context {
	return langshark.ContextWithClient(r.tb.Context(), r.Client)
}

// Observations returns what has ended so far, in order of start.
func (r *Recorder) Observations() []*exporter.Observation {
	r.tb.Helper()
	r.flush()
	all := r.memory.Observations()
	slices.SortStableFunc(all, func(a, b *exporter.Observation) int { return a.Start.Compare(b.Start) })
	return all
}

// Traces returns the traces that have been recorded so far, in order of start.
func (r *Recorder) Traces() []*exporter.Trace {
	r.tb.Helper()
	r.flush()
	all := r.memory.Traces()
	slices.SortStableFunc(all, func(a, b *exporter.Trace) int { return a.Start.Compare(b.Start) })
	return all
}

// Scores returns the scores that have been recorded so far.
func (r *Recorder) Scores() []*exporter.Score {
	r.tb.Helper()
	r.flush()
	return r.memory.Scores()
}

// Reset forgets what has been recorded so far.
func (r *Recorder) Reset() {
	r.tb.Helper()
	r.flush()
	r.memory.Reset()
}

// RequireObservation returns the observation of that name, and ends the test
// unless there is exactly one.
func (r *Recorder) RequireObservation(name string) *exporter.Observation {
	r.tb.Helper()
	var found []*exporter.Observation
	for _, o := range r.Observations() {
		if o.Name == name {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		r.tb.Fatalf("langsharktest: %d observations are named %q, want 1; recorded:\n%s", len(found), name, r.Tree())
	}
	return found[0]
}

// RequireTrace returns the trace of that name, and ends the test unless there
// is exactly one.
func (r *Recorder) RequireTrace(name string) *exporter.Trace {
	r.tb.Helper()
	var found []*exporter.Trace
	for _, trace := range r.Traces() {
		if trace.Attributes.TraceName == name {
			found = append(found, trace)
		}
	}
	if len(found) != 1 {
		r.tb.Fatalf("langsharktest: %d traces are named %q, want 1; recorded:\n%s", len(found), name, r.Tree())
	}
	return found[0]
}

// Tree shows all observations, one a line, children below their parents:
//
//	agent support
//	  retriever search
//	  generation chat gpt-4o [ERROR] 429 Too Many Requests
func (r *Recorder) Tree() string {
	r.tb.Helper()
	all := r.Observations()
	known := map[string]bool{}
	children := map[string][]*exporter.Observation{}
	for _, o := range all {
		known[o.TraceID+"/"+o.ID] = true
	}
	for _, o := range all {
		parent := o.TraceID + "/" + o.ParentID
		if !known[parent] {
			parent = ""
		}
		children[parent] = append(children[parent], o)
	}
	var b strings.Builder
	var show func(parent string, depth int)
	show = func(parent string, depth int) {
		for _, o := range children[parent] {
			fmt.Fprintf(&b, "%s%s %s", strings.Repeat("  ", depth), o.Kind, o.Name)
			if o.Level != langshark.LevelDefault {
				fmt.Fprintf(&b, " [%s]", o.Level)
			}
			if o.StatusMessage != "" {
				b.WriteString(" " + o.StatusMessage)
			}
			b.WriteByte('\n')
			show(o.TraceID+"/"+o.ID, depth+1)
		}
	}
	show("", 0)
	return b.String()
}

// Metadata returns a value of an observation's metadata as JSON; empty if there is none.
func Metadata(o *exporter.Observation, key string) string {
	return lookup(o.Metadata, key)
}

// Parameter returns a model parameter of an observation as JSON; empty if there is none.
func Parameter(o *exporter.Observation, key string) string {
	if o.Generation == nil {
		return ""
	}
	return lookup(o.Generation.Parameters, key)
}

// JSON returns a captured value as JSON; empty if there is none.
func JSON(v exporter.Value) string {
	if v.IsZero() {
		return ""
	}
	return string(v.AppendJSON(nil))
}

func lookup(kvs []exporter.KeyValue, key string) string {
	for _, kv := range kvs {
		if kv.Key == key {
			return JSON(kv.Value)
		}
	}
	return ""
}

func (r *Recorder) flush() {
	r.tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.tb.Context()), time.Minute)
	defer cancel()
	if err := r.Client.Flush(ctx); err != nil {
		r.tb.Fatalf("langsharktest: %v", err)
	}
}
