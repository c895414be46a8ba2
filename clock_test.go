package langshark

import (
	"cmp"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/langshark/langshark-go/exporter/memory"
)

// jumped returns t as if the wall clock had been set forward by d before it was read: the same moment
// for all that reckons with the monotonic clock, which a jump leaves alone. Package time has no call for it.
func jumped(tb testing.TB, t time.Time, d time.Duration) time.Time {
	tb.Helper()
	was := t
	seconds := int64(d / time.Second)
	if d%time.Second != 0 {
		tb.Fatal("whole seconds only")
	}
	// time.Time: wall uint64 is 1 bit "has a monotonic reading", 33 bits seconds since 1885, 30 bits nanoseconds.
	*(*uint64)(unsafe.Pointer(&t)) += uint64(seconds) << 30
	if t.Sub(was) != 0 || t.UnixNano()-was.UnixNano() != int64(d) {
		tb.Fatal("time.Time is laid out in another way: this test must learn it")
	}
	return t
}

// TestClockJumps: the wall clock is set while a trace is open. Within the trace nothing is seen of it:
// durations are those of the monotonic clock, nothing ends before it began, the order stays.
func TestClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{0, 5 * time.Hour, -5 * time.Hour, 300 * 24 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			mem := memory.New()
			c, err := New(Config{Exporter: mem})
			if err != nil {
				t.Fatal(err)
			}
			before := time.Now()
			ctx, tr := c.StartTrace(t.Context(), "trace")
			// The one wall reading of a trace is taken at its start. Had the clock been set afterwards, that
			// reading would differ from all later ones by as much the other way.
			state := tr.span.trace
			state.start = jumped(t, state.start, -jump)

			begun := time.Now() // and all below, after the jump
			ctx, first := StartSpan(ctx, "first")
			_, given := StartGeneration(ctx, "times given", WithStartTime(time.Now()))
			given.SetCompletionStart(time.Now())
			given.EndAt(time.Now())
			RecordEvent(ctx, "event")
			_, g := StartGeneration(ctx, "second")
			g.FirstToken()
			g.End()
			first.EndAt(time.Now())
			_ = c.RecordScore(ctx, "score", Numeric(1))
			UpdateTrace(ctx, WithTags("updated"))
			tr.End()
			UpdateTrace(ctx, WithTags("updated again"))
			took := time.Since(begun)
			if err := c.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}

			traceStart := mem.Traces()[0].Start
			if d := traceStart.Add(jump).Sub(before); d < 0 || d > time.Minute {
				t.Errorf("the trace starts %v after it did", d)
			}
			starts := map[string]time.Duration{}
			last := map[string]time.Time{} // writes to one thing
			for _, r := range mem.Records() {
				if r.Score != nil {
					continue
				}
				id := ""
				if o := r.Observation; o != nil {
					id = o.ID
					starts[o.Name] = o.Start.Sub(traceStart)
					if d := o.End.Sub(o.Start); o.Start.Before(traceStart) || d < 0 || d > took+time.Second || o.End.After(traceStart.Add(took+time.Second)) || r.Time.Before(o.End) {
						t.Errorf("%s: from %v to %v, made at %v", o.Name, o.Start.Sub(traceStart), o.End.Sub(traceStart), r.Time.Sub(traceStart))
					}
					if o.Generation != nil && (o.Generation.CompletionStart.Before(o.Start) || o.Generation.CompletionStart.After(o.End)) {
						t.Errorf("%s: first token at %v", o.Name, o.Generation.CompletionStart.Sub(traceStart))
					}
				}
				if r.Time.Before(last[id]) {
					t.Errorf("a later write to %q has an earlier time", id)
				}
				last[id] = r.Time
			}
			names := []string{"trace", "first", "times given", "event", "second"}
			if len(starts) != len(names) || !slices.IsSortedFunc(names, func(a, b string) int { return cmp.Compare(starts[a], starts[b]) }) {
				t.Errorf("in another order: %v", starts)
			}
		})
	}
}

// TestWallTimesAreClamped: times without a monotonic reading, as from a database, can only be taken by the wall.
func TestWallTimesAreClamped(t *testing.T) {
	mem := memory.New()
	c, err := New(Config{Exporter: mem})
	if err != nil {
		t.Fatal(err)
	}
	hour := time.Hour
	for name, times := range map[string][2]time.Duration{"future start": {hour, 0}, "past end": {0, -hour}, "both": {hour, -hour}, "long": {-hour, hour}} {
		at := time.Now().Round(0)
		_, s := c.StartSpan(t.Context(), name, WithStartTime(at.Add(times[0])))
		s.EndAt(at.Add(times[1]))
	}
	_, s := c.StartSpan(t.Context(), "starts in an hour, ends now", WithStartTime(time.Now().Round(0).Add(hour)))
	s.End()
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range mem.Records() {
		if o := r.Observation; o != nil && (o.End.Before(o.Start) || o.Name == "long" && o.End.Sub(o.Start) != 2*hour) {
			t.Errorf("%s: %v to %v", o.Name, o.Start, o.End)
		}
	}
}
