package langshark

import (
	"context"
	"encoding/json"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// Stats is one consistent snapshot of a client's counts. See [exporter.Stats]
// for the sum that always holds.
type Stats struct {
	exporter.Stats
	// Masked counts the values that went through a mask: Config.Mask, or the detectors of CaptureMasked.
	Masked int64
	// MediaOmitted counts the files that were kept out of values: by Config.Media, because of their size,
	// because a mask applies or failed, because what refers to them was cut off, because they stood where
	// files have no place (model parameters, metadata of traces and scores), or because the exporter or its
	// server takes none (the first of these count as Dropped.Unsupported, too).
	MediaOmitted int64
	// Held is the memory of the payloads and files of observations that have not ended, in bytes.
	// See [Config].QueueBytes.
	Held int64
	// Late counts calls of setters and End on observations that had ended.
	Late int64
	// Prompts counts managed prompts.
	Prompts PromptStats
	// Sinks has the counts of each sink of an exporter with several, by name.
	Sinks map[string]exporter.Stats
}

// Stats returns the client's counts. A disabled client has none but those of prompts.
func (c *Client) Stats() Stats {
	if !c.enabled() {
		if c == nil || c.prompts == nil {
			return Stats{}
		}
		return Stats{Prompts: c.prompts.stats()}
	}
	s := Stats{Stats: c.counts(), Masked: c.masked.Load(), Late: c.late.Load(), MediaOmitted: c.mediaOmitted.Load(), Held: c.held.Load()}
	if c.files != nil {
		s.MediaOmitted += c.files.Stats().Dropped.Unsupported
	}
	if c.prompts != nil {
		s.Prompts = c.prompts.stats()
	}
	if r, ok := c.exporter.(exporter.SinkReporter); ok {
		s.Sinks = r.Sinks()
	}
	return s
}

// String returns the counts as a JSON object, which makes a snapshot an expvar.Var:
//
//	expvar.Publish("langshark", expvar.Func(func() any { return client.Stats() }))
func (s Stats) String() string {
	b, err := json.Marshal(s)
	if err != nil { // numbers and texts always encode
		return "{}"
	}
	return string(b)
}

// attrs are the counts for the log; those that are zero and seldom aren't are left out.
func (s Stats) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.Int64("accepted", s.Accepted), slog.Int64("delivered", s.Delivered), slog.Int64("dropped", s.Dropped.Total()),
	}
	add := func(name string, n int64) {
		if n != 0 {
			attrs = append(attrs, slog.Int64(name, n))
		}
	}
	for reason := exporter.DropQueueFull; reason <= exporter.DropDamaged; reason++ {
		add("dropped_"+reason.String(), s.Dropped.Of(reason))
	}
	add("spooled", s.Spooled)
	add("adopted", s.Adopted)
	add("failures", s.Failures)
	add("late", s.Late)
	add("masked", s.Masked)
	add("media_omitted", s.MediaOmitted)
	return attrs
}

// summarize logs the counts, once, at Shutdown: a warning if something is missing.
func (c *Client) summarize(ctx context.Context, s Stats) {
	level := slog.LevelInfo
	if s.Delivered != s.Accepted {
		level = slog.LevelWarn
	} else if s.Accepted == 0 {
		level = slog.LevelDebug
	}
	ctx = context.WithoutCancel(ctx)
	defer func() { _ = recover() }() // the handler is the application's
	c.logger.LogAttrs(ctx, level, "langshark: shut down", s.attrs()...)
}

const statsInterval = 10 * time.Second

// statsReporter calls OnStats on a goroutine of its own.
type statsReporter struct {
	client *Client
	tell   func(Stats)
	quit   chan struct{}
	done   chan struct{} // closed when the goroutine has ended
}

// startStats returns nil if nobody wants to know.
func startStats(c *Client, tell func(Stats)) *statsReporter {
	if tell == nil {
		return nil
	}
	r := &statsReporter{client: c, tell: tell, quit: make(chan struct{}), done: make(chan struct{})}
	go r.run()
	return r
}

func (r *statsReporter) run() {
	defer close(r.done)
	ticker := time.NewTicker(statsInterval)
	defer ticker.Stop()
	var last exporter.Stats
	for {
		select {
		case <-r.quit:
			r.call(r.client.Stats())
			return
		case <-ticker.C:
			if s := r.client.Stats(); s.Stats != last {
				last = s.Stats
				r.call(s)
			}
		}
	}
}

// stop makes the goroutine tell the last counts and end.
func (r *statsReporter) stop() <-chan struct{} {
	if r == nil {
		done := make(chan struct{})
		close(done)
		return done
	}
	close(r.quit)
	return r.done
}

const (
	lastWordsWait = time.Second            // for OnStats and the log at Shutdown, at most
	endGrace      = 100 * time.Millisecond // after the end of Shutdown's context
	leastWait     = 5 * time.Millisecond   // where an exporter that hangs has used all of that
)

// afterEnd returns a channel that is closed when Shutdown must have returned.
func afterEnd(ctx context.Context) (late chan struct{}, stop func() bool) {
	late = make(chan struct{})
	return late, context.AfterFunc(ctx, func() { time.AfterFunc(endGrace, func() { close(late) }) })
}

// lastWords tells OnStats and the log the last counts, and waits for them within bounds: they
// are the application's, and may take any time or call Shutdown themselves.
func (c *Client) lastWords(ctx context.Context, late <-chan struct{}) {
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		c.summarize(ctx, c.Stats())
	}()
	enough := time.After(lastWordsWait)
	least := time.After(leastWait)
	for _, done := range [...]<-chan struct{}{logged, c.stats.stop()} {
		select {
		case <-done:
		case <-enough:
			return
		case <-late:
			select {
			case <-done:
			case <-least:
				return
			}
		}
	}
}

// onceOnly runs a function for the first caller; others, also those within it, don't wait for it.
type onceOnly struct{ done atomic.Bool }

func (o *onceOnly) Do(f func()) {
	if o.done.CompareAndSwap(false, true) {
		f()
	}
}

// call lets no panic out.
func (r *statsReporter) call(s Stats) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("langshark: OnStats panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	r.tell(s)
}
