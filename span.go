package langshark

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/ids"
	"github.com/langshark/langshark-go/internal/toolcalls"
)

// Span is the handle of an observation of any kind. All methods may be called
// on nil, which is what a disabled client and an unsampled trace give, and by
// several goroutines. After End, setters do nothing and are counted in
// [Stats].Late.
type Span struct {
	trace   *traceState
	overlay *overlay
	parent  *spanIDs // nil for a root
	ids     spanIDs
	name    string
	start   int64 // ns after the trace's start
	kind    Kind
	mode    CaptureMode
	remote  bool // stands for an observation of another process
	counted bool // its payloads are in the client's held; guarded by mu
	resumes bool // was sent as unfinished, and its payloads let go; guarded by mu
	claims  bool // a call that a model asked for is found by the input at the end; guarded by mu
	rejoins func(*traceState, *Span)
	joins   bool // its parent stands for another process's

	place     int32       // in the client's table of those that run, from 1; 0 for none
	announced atomic.Bool // made known while running

	mu       sync.Mutex
	ended    bool
	sent     bool // announced while running
	level    Level
	status   string
	version  string
	input    capture
	output   capture
	metadata []keyValue
	gen      *generationData // nil unless the kind has one
}

// spanIDs is an observation's id; children refer to their parent's.
type spanIDs struct {
	id   ids.Span
	text string // as given, if it isn't 16 hex digits
}

func (i *spanIDs) String() string {
	if i.text != "" {
		return i.text
	}
	return i.id.String()
}

func (i *spanIDs) set(text string) {
	id, ok := ids.ParseSpan(text)
	if !ok {
		text = exporter.TruncateText(text, maxIDBytes)
		i.text = text
		id = ids.SpanFromSeed(text)
	}
	i.id = id
}

// StartSpan starts an observation of kind span below the one in ctx, or a new
// trace with it as root. The returned context makes it the parent of what
// starts below. End it with [Span.End].
func StartSpan(ctx context.Context, name string, opts ...SpanOption) (context.Context, *Span) {
	return FromContext(ctx).StartObservation(ctx, KindSpan, name, opts...)
}

// StartSpan is [StartSpan] with this client.
func (c *Client) StartSpan(ctx context.Context, name string, opts ...SpanOption) (context.Context, *Span) {
	return c.StartObservation(ctx, KindSpan, name, opts...)
}

// StartObservation is [StartSpan] for any kind. For generations and
// embeddings, [StartGeneration] returns a handle with their own setters.
func StartObservation(ctx context.Context, kind Kind, name string, opts ...SpanOption) (context.Context, *Span) {
	return FromContext(ctx).StartObservation(ctx, kind, name, opts...)
}

// StartObservation is the function [StartObservation] with this client.
func (c *Client) StartObservation(ctx context.Context, kind Kind, name string, opts ...SpanOption) (context.Context, *Span) {
	if !c.enabled() {
		return ctx, nil
	}
	s := spanSettings(opts)
	defer s.free()
	if kind.IsGeneration() { // one piece of memory for what these have besides
		ctx, g := c.startGeneration(ctx, kind, name, s)
		return ctx, g.observation()
	}
	return c.startSpan(ctx, kind, name, s)
}

func (c *Client) startSpan(ctx context.Context, kind Kind, name string, s *settings) (context.Context, *Span) {
	ctx = c.bridged(background(ctx))
	p := locate(ctx).below(c)
	if p.span == nil || s != nil && s.traceID != "" {
		n := &rootSpanNode{Context: ctx}
		n.state.begin(c, name, p.overlay, s)
		n.span.begin(&n.state, nil, p.overlay, kind, name)
		if !n.state.sampled {
			return n, nil
		}
		n.span.ready(s)
		return c.across(n, &n.span), &n.span
	}
	if !p.span.trace.sampled {
		return ctx, nil
	}
	n := &spanNode{Context: ctx}
	n.span.joins = p.span.remote
	n.span.begin(p.span.trace, &p.span.ids, p.overlay, kind, name)
	n.span.ready(s)
	if kind == KindTool && toolcalls.AnyFor() {
		n.span.claim(ctx)
	}
	return c.across(n, &n.span), &n.span
}

// claim links a tool to the generation that asked for it, if the context names the
// call; if one of its name waits, it is found by the input when the tool ends.
func (s *Span) claim(ctx context.Context) {
	if call, ok := toolcalls.Of(ctx); ok {
		s.asked(call)
		return
	}
	claims := toolcalls.Claim(s.TraceID(), s.name)
	s.mu.Lock()
	s.claims = claims
	s.mu.Unlock()
}

// claimed finds the call that a tool was for, now that its input is known.
func (s *Span) claimed() {
	s.mu.Lock()
	claims := s.claims && !s.ended
	s.claims = false
	input := s.input.text
	if claims && s.input.kind == captureJSON {
		input = string(s.input.buf.b)
	}
	s.mu.Unlock()
	if !claims {
		return
	}
	if call, ok := toolcalls.Claimed(toolcalls.Wanted{Trace: s.TraceID(), Parent: s.ParentID(), Name: s.name, Arguments: input}); ok {
		s.asked(call)
	}
}

// asked names the generation that asked for this call of a tool.
func (s *Span) asked(call toolcalls.Call) {
	if call.Generation == "" {
		return
	}
	s.SetMetadata("langshark.generation_id", call.Generation)
	if call.ID != "" {
		s.SetMetadata("gen_ai.tool.call.id", call.ID)
	}
}

// begin sets what never changes.
func (s *Span) begin(t *traceState, parent *spanIDs, o *overlay, kind Kind, name string) {
	if parent != nil && parent.id == (ids.Span{}) { // joined a trace without naming an observation
		parent = nil
	}
	s.trace, s.parent, s.overlay = t, parent, o
	s.kind, s.name = kind, t.client.label(name)
	s.ids.id = ids.NewSpan()
	if s.start = t.first; parent != nil || t.remote {
		s.start = t.now()
	}
	if kind.IsGeneration() {
		s.gen = new(generationData)
	}
}

// ready applies the options and makes the observation known.
func (s *Span) ready(o *settings) {
	if o != nil {
		s.apply(o)
	}
	s.opened()
}

// apply sets what options say.
func (s *Span) apply(o *settings) {
	c := s.trace.client
	if o.observationID != "" {
		s.ids.set(o.observationID)
	}
	s.mode = o.mode
	if !o.start.IsZero() {
		s.start = s.trace.offset(o.start)
	}
	if o.version != "" {
		s.version = c.label(o.version)
	}
	s.change(o)
}

// change sets what may change while the observation runs. Values are encoded
// before the lock is taken, for that may run the application's code.
func (s *Span) change(o *settings) {
	c, scope := s.trace.client, s.scope()
	var input, output capture
	if o.hasInput && s.captures() {
		input = c.capture(scope, FieldInput, "", o.input)
	}
	if o.hasOutput && s.captures() {
		output = c.capture(scope, FieldOutput, "", o.output)
	}
	status := ""
	if o.status != "" {
		status = c.maskText(scope, FieldStatusMessage, o.status)
	}
	metadata := c.captureAll(scope, FieldMetadata, o.metadata)
	parameters := c.captureParameters(scope, o.parameters)
	s.set(func() {
		if o.level != nil {
			s.level = *o.level
		}
		if status != "" {
			s.status = status
		}
		s.put(&s.input, input)
		s.put(&s.output, output)
		for _, m := range metadata {
			s.metadata = s.putNamed(s.metadata, m.key, m.value)
		}
		if s.gen != nil {
			s.gen.apply(s.trace, o)
			s.putParameters(parameters)
		}
	})
	s.trace.assigned(o.assigned)
	c.relieve()
}

// set runs f under the lock unless the observation has ended.
func (s *Span) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		s.trace.client.late.Add(1)
		return
	}
	f()
}

// UpdateObservation changes the current observation in ctx. What only
// generations have is ignored for other kinds. Ids and start time can't be
// changed. Without an observation it does nothing.
func UpdateObservation(ctx context.Context, opts ...GenerationOption) {
	p := locate(ctx)
	if p.span == nil || p.span.remote || !p.span.trace.sampled {
		return
	}
	if s := generationSettings(opts); s != nil {
		p.span.change(s)
	}
}

// ID returns the observation's id, or "" for nil.
func (s *Span) ID() string {
	if s == nil {
		return ""
	}
	return s.ids.String()
}

// ParentID returns the id of the observation that it is below, or "" if there is none.
func (s *Span) ParentID() string {
	if s == nil || s.parent == nil {
		return ""
	}
	return s.parent.String()
}

// TraceID returns the trace's id, or "" for nil.
func (s *Span) TraceID() string {
	if s == nil {
		return ""
	}
	return s.trace.idString()
}

// SetInput sets the input. A string is kept by reference; anything else is
// encoded as JSON before SetInput returns, so that it may be changed
// afterwards. json.RawMessage is taken as it is. What can't be encoded becomes
// {"$error": …}, as does what nests deeper than [MaxValueDepth]. What is longer than
// [MaxValueBytes] is cut. nil does nothing.
func (s *Span) SetInput(v any) {
	if s != nil {
		s.setPayload(FieldInput, v)
	}
}

// SetOutput sets the output, as SetInput does the input.
func (s *Span) SetOutput(v any) {
	if s != nil {
		s.setPayload(FieldOutput, v)
	}
}

// scope is what the observation's values belong to.
func (s *Span) scope() captureScope { return captureScope{s.kind, s.mode, true} }

// captures reports whether input and output are recorded.
func (s *Span) captures() bool { return s.trace.client.mode(s.mode) != CaptureNone }

func (s *Span) setPayload(field Field, v any) {
	if !s.captures() {
		return
	}
	s.setCaptured(field, s.trace.client.capture(s.scope(), field, "", v)) // outside the lock: it may run the application's code
}

func (s *Span) setCaptured(field Field, value capture) {
	if value.kind == captureNone {
		return
	}
	c := s.trace.client
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		c.late.Add(1)
		value.release()
		return
	}
	target := &s.input
	if field == FieldOutput {
		target = &s.output
	}
	s.put(target, value)
	s.mu.Unlock()
	c.relieve()
}

// SetMetadata sets one value of the metadata, encoded as SetInput does.
func (s *Span) SetMetadata(key string, v any) {
	if s == nil {
		return
	}
	c := s.trace.client
	if c.mode(s.mode) == CaptureNone && isOwnContent(key) {
		return
	}
	value := c.capture(s.scope(), FieldMetadata, key, v)
	s.mu.Lock()
	switch {
	case s.ended:
		c.late.Add(1)
		value.release()
	case value.kind != captureNone:
		s.metadata = s.putNamed(s.metadata, c.label(key), value)
	}
	s.mu.Unlock()
	c.relieve()
}

// SetLevel sets the level.
func (s *Span) SetLevel(l Level) {
	if s != nil {
		s.set(func() { s.level = l })
	}
}

// SetStatusMessage says more about the level.
func (s *Span) SetStatusMessage(text string) {
	if s == nil {
		return
	}
	c := s.trace.client
	text = c.maskText(s.scope(), FieldStatusMessage, text)
	s.set(func() { s.status = text })
}

// SetError sets level ERROR and the error's text as the status message; nil does nothing.
func (s *Span) SetError(err error) {
	if s == nil || err == nil {
		return
	}
	c := s.trace.client
	text := c.maskText(s.scope(), FieldStatusMessage, errorText(err))
	s.set(func() { s.level, s.status = LevelError, text })
}

// End ends the observation and queues it to be sent. It never blocks. A second End does nothing.
func (s *Span) End() {
	if s != nil {
		now := s.trace.now()
		s.end(now, now)
	}
}

// EndAt is End with a time given. A time before the start is taken as the start.
func (s *Span) EndAt(t time.Time) {
	if s != nil {
		s.end(s.trace.offset(t), s.trace.now())
	}
}

// end ends the observation at one offset to the trace's start, and makes the record at another.
func (s *Span) end(at, now int64) {
	c := s.trace.client
	if s.kind == KindTool {
		s.claimed()
	}
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		c.late.Add(1)
		return
	}
	s.ended = true
	root := s.parent == nil && !s.trace.remote
	var input, output capture
	if root {
		input, output = s.input.share(), s.output.share()
	}
	e := s.entry(now)
	e.ended, e.end = true, max(at, s.start)
	e.input, e.output = s.input, s.output
	e.metadata = append(e.metadata, s.metadata...)
	if s.resumes {
		e.metadata = setValue(e.metadata, unfinishedKey, newJSONCapture([]byte("false")))
	}
	s.forget()
	s.input, s.output, s.metadata = capture{}, capture{}, nil
	op, class := e.op, classOf(s.kind, s.level)
	s.mu.Unlock()
	s.closed()
	e.send(class)
	if root {
		s.trace.root(op, input, output)
	}
	if s.joins && s.overlay != nil {
		s.trace.joined(s.overlay)
	}
}

// entry copies the observation as it is at the given offset, without end and payloads. The
// caller holds the lock.
func (s *Span) entry(now int64) *entry {
	t := s.trace
	e := t.entry(now)
	if s.sent {
		e.op = exporter.OpUpdate
	}
	e.id, e.overlay, e.kind, e.level, e.start = s.ids, s.overlay, s.kind, s.level, s.start
	if s.parent != nil {
		e.parent, e.hasParent = *s.parent, true
	}
	e.name, e.status, e.version = s.name, s.status, s.version
	if s.gen != nil {
		e.copyGeneration(s.gen)
	}
	return e
}

func classOf(k Kind, l Level) exporter.Class {
	if l == LevelError || k.IsGeneration() {
		return exporter.ClassGeneration
	}
	return exporter.ClassSpan
}

// announce sends the observation while it runs: created now, updated at its end.
func (s *Span) announce(last bool) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	e := s.entry(s.trace.now())
	s.sent = true
	e.input, e.output = s.input.share(), s.output.share()
	for _, kv := range s.metadata {
		e.metadata = append(e.metadata, keyValue{kv.key, kv.value.share()})
	}
	if last {
		e.metadata = setValue(e.metadata, unfinishedKey, newJSONCapture([]byte("true")))
	}
	root := s.parent == nil && !s.trace.remote
	var input, output capture
	if root {
		input, output = s.input.share(), s.output.share()
	}
	op, class := e.op, classOf(s.kind, s.level)
	s.mu.Unlock()
	e.send(class)
	if root {
		s.trace.root(op, input, output)
	}
}

// rename gives the observation another name before it ends.
func (s *Span) rename(name string) {
	if s != nil {
		s.set(func() { s.name = s.trace.client.label(name) })
	}
}

// RecordEvent records something that happened at one moment, below the observation in ctx.
func RecordEvent(ctx context.Context, name string, opts ...SpanOption) {
	FromContext(ctx).RecordEvent(ctx, name, opts...)
}

// RecordEvent is the function [RecordEvent] with this client.
func (c *Client) RecordEvent(ctx context.Context, name string, opts ...SpanOption) {
	_, s := c.StartObservation(ctx, KindEvent, name, opts...)
	if s != nil {
		s.end(s.start, s.trace.now())
	}
}
