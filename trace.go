package langshark

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/ids"
)

// traceState is what all observations of a trace in this process share.
type traceState struct {
	client  *Client
	id      ids.Trace
	idText  string // as given, if it isn't 32 hex digits
	sampled bool
	remote  bool      // the root is in another process
	start   time.Time // with a monotonic reading: all times of the trace are offsets to it
	first   int64     // when the trace began, as such an offset: 0 unless it was given

	attributes atomic.Pointer[exporter.Attributes]

	mu            sync.Mutex
	rootName      string
	input, output capture // set by UpdateTrace; else the root's
	sent          bool    // a trace record was made
}

// begin makes the state of a new trace.
func (t *traceState) begin(c *Client, rootName string, o *overlay, s *settings) {
	t.client = c
	t.start = time.Now()
	t.rootName = rootName
	attributes := o.apply(c, c.attributes)
	if s != nil {
		if s.traceID != "" {
			t.setID(s.traceID)
		}
		s.attributes.encode(c)
		attributes = s.attributes.apply(c, attributes)
		if !s.start.IsZero() {
			t.first = t.offset(s.start)
		}
	}
	t.attributes.Store(attributes)
	if t.id == (ids.Trace{}) {
		t.id = ids.NewTrace()
	}
	t.sampled = sampled(c.sampleRate, t.id, t.idText)
}

func (t *traceState) setID(text string) {
	id, ok := ids.ParseTrace(text)
	if !ok {
		text = exporter.TruncateText(text, maxIDBytes)
		t.idText = text
		id = ids.TraceFromSeed(text)
	}
	t.id = id
}

// maxIDBytes is what servers accept.
const maxIDBytes = 800

func (t *traceState) idString() string {
	if t.idText != "" {
		return t.idText
	}
	return t.id.String()
}

// now is the offset to the trace's start.
func (t *traceState) now() int64 { return int64(time.Since(t.start)) }

// offset converts a time given by the application.
func (t *traceState) offset(at time.Time) int64 { return int64(at.Sub(t.start)) }

// wall is the trace's start without the monotonic reading.
func (t *traceState) wall() time.Time { return t.start.Round(0) }

// update changes the trace's attributes, input and output for the whole trace.
func (t *traceState) update(s *settings) {
	if s == nil || !t.sampled {
		return
	}
	c := t.client
	s.attributes.encode(c)
	var input, output capture
	if s.hasInput && c.captureMode != CaptureNone {
		input = c.capture(captureScope{files: true}, FieldInput, "", s.input)
	}
	if s.hasOutput && c.captureMode != CaptureNone {
		output = c.capture(captureScope{files: true}, FieldOutput, "", s.output)
	}
	for {
		old := t.attributes.Load()
		if t.attributes.CompareAndSwap(old, s.attributes.apply(c, old)) {
			break
		}
	}
	t.mu.Lock()
	replace(&t.input, input)
	replace(&t.output, output)
	again, now := t.sent || t.remote, t.now()
	input, output = t.input.share(), t.output.share()
	t.mu.Unlock()
	if again {
		t.emit(exporter.OpUpdate, now, input, output)
		return
	}
	input.release()
	output.release()
}

// replace sets a value unless there is nothing to set.
func replace(field *capture, v capture) {
	if v.kind == captureNone {
		return
	}
	field.release()
	*field = v
}

// root sends the trace's record when its root observation ends or is announced.
func (t *traceState) root(op exporter.Op, input, output capture) {
	t.mu.Lock()
	t.sent = true
	if t.client.omitter != nil && (t.input.kind != captureNone || t.output.kind != captureNone) {
		op = exporter.OpUpdate // no span of its root says that
	}
	if t.input.kind != captureNone {
		input.release()
		input = t.input.share()
	}
	if t.output.kind != captureNone {
		output.release()
		output = t.output.share()
	}
	now := t.now() // under the lock: later updates must be later
	t.mu.Unlock()
	t.emit(op, now, input, output)
}

// joined adds what WithTraceAttributes gave to a trace that began elsewhere.
func (t *traceState) joined(o *overlay) {
	e := t.entry(t.now())
	e.what, e.op, e.overlay, e.start = entryTrace, exporter.OpUpdate, o, t.first
	e.send(exporter.ClassTrace)
}

// emit sends a trace record. It takes over the references to input and output.
func (t *traceState) emit(op exporter.Op, now int64, input, output capture) {
	class := exporter.ClassTrace
	if op == exporter.OpCreate {
		if o := t.client.omitter; o != nil && o.OmitsTraces() {
			input.release()
			output.release()
			return
		}
		class = exporter.ClassGeneration // it says little more than its root, and without observations little at all
	}
	e := t.entry(now)
	e.what, e.op, e.start = entryTrace, op, t.first
	e.input, e.output = input, output
	e.send(class)
}

// entry returns an entry with what all records of the trace have.
func (t *traceState) entry(now int64) *entry {
	e := getEntry()
	e.client, e.snapshot = t.client, t.attributes.Load()
	e.traceID, e.traceIDText = t.id, t.idText
	e.base, e.made = t.wall(), now
	if !t.remote {
		e.rootName = t.rootName
	}
	return e
}

// Trace is the handle of a trace and its root observation, from [StartTrace].
// All methods may be called on nil and by several goroutines.
type Trace struct{ span Span }

// StartTrace starts a trace and its root observation, a span. The returned
// context makes it the parent of what starts below. If ctx already holds an
// observation, StartTrace starts a new trace beside it.
//
// The trace's name, input and output are those of the root unless set by
// UpdateTrace or WithTraceName. End the trace with [Trace.End].
func StartTrace(ctx context.Context, name string, opts ...TraceOption) (context.Context, *Trace) {
	return FromContext(ctx).StartTrace(ctx, name, opts...)
}

// StartTrace is [StartTrace] with this client.
func (c *Client) StartTrace(ctx context.Context, name string, opts ...TraceOption) (context.Context, *Trace) {
	if !c.enabled() {
		return ctx, nil
	}
	ctx = background(ctx)
	p := locate(ctx).below(c)
	s := traceSettings(opts)
	n := &traceNode{Context: ctx}
	n.state.begin(c, name, p.overlay, s)
	n.trace.span.begin(&n.state, nil, p.overlay, KindSpan, name)
	if !n.state.sampled {
		return n, nil
	}
	if s != nil {
		s.traceID, s.start = "", time.Time{} // the trace's, not its root's
		n.trace.span.apply(s)
		s.free()
	}
	n.trace.span.opened()
	return c.across(n, &n.trace.span), &n.trace
}

// ID returns the trace's id, or "" for nil.
func (t *Trace) ID() string { return t.root().TraceID() }

// ObservationID returns the id of the root observation, or "" for nil.
func (t *Trace) ObservationID() string { return t.root().ID() }

// URL returns the address of the trace's page, or "". It never blocks.
func (t *Trace) URL() string {
	if t == nil {
		return ""
	}
	return t.span.trace.client.TraceURL(t.span.TraceID())
}

// Update changes the whole trace, as [UpdateTrace] does.
func (t *Trace) Update(opts ...TraceOption) {
	if t != nil {
		t.span.trace.update(traceSettings(opts))
	}
}

// SetInput sets the input of the root observation and so the trace's. See [WithInput].
func (t *Trace) SetInput(v any) { t.root().SetInput(v) }

// SetOutput sets the output of the root observation and so the trace's.
func (t *Trace) SetOutput(v any) { t.root().SetOutput(v) }

// SetMetadata sets one value of the trace's metadata.
func (t *Trace) SetMetadata(key string, v any) { t.Update(WithMetadata(key, v)) }

// SetUser says for whom the trace runs.
func (t *Trace) SetUser(id string) { t.Update(WithUser(id)) }

// SetSession groups traces, as the turns of one conversation.
func (t *Trace) SetSession(id string) { t.Update(WithSession(id)) }

// AddTags adds tags to the trace's.
func (t *Trace) AddTags(tags ...string) { t.Update(WithTags(tags...)) }

// SetLevel sets the level of the root observation.
func (t *Trace) SetLevel(l Level) { t.root().SetLevel(l) }

// SetStatusMessage says more about the level.
func (t *Trace) SetStatusMessage(text string) { t.root().SetStatusMessage(text) }

// SetError sets level ERROR and the error's text on the root observation; nil does nothing.
func (t *Trace) SetError(err error) { t.root().SetError(err) }

// End ends the root observation and sends the trace. A second End does nothing.
func (t *Trace) End() { t.root().End() }

// EndAt is End with a time given.
func (t *Trace) EndAt(at time.Time) { t.root().EndAt(at) }

func (t *Trace) root() *Span {
	if t == nil {
		return nil
	}
	return &t.span
}

// UpdateTrace changes the trace in ctx as a whole, also after it has ended:
// its record is then sent again and has the last word. Observations that have
// ended keep what they were stamped with. Without a trace in ctx it does
// nothing. The id and the start time can't be changed.
func UpdateTrace(ctx context.Context, opts ...TraceOption) {
	if p := locate(ctx); p.span != nil {
		p.span.trace.update(traceSettings(opts))
	}
}
