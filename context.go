package langshark

import (
	"context"

	"github.com/langshark/langshark-go/exporter"
)

// activeKey is the context key of the current observation or scope. Its value
// is a *Span or a *scopeNode.
type activeKey struct{}

// The nodes are contexts and hold the handle by value, so that starting an
// observation allocates once. They are never reused: a context may outlive its
// observation.

type spanNode struct {
	context.Context //nolint:containedctx // the node is the context
	span            Span
}

type rootSpanNode struct {
	context.Context //nolint:containedctx // the node is the context
	span            Span
	state           traceState
}

type generationNode struct {
	context.Context //nolint:containedctx // the node is the context
	generation      Generation
}

type rootGenerationNode struct {
	context.Context //nolint:containedctx // the node is the context
	generation      Generation
	state           traceState
}

type traceNode struct {
	context.Context //nolint:containedctx // the node is the context
	trace           Trace
	state           traceState
}

// scopeNode changes what starts below without being an observation.
type scopeNode struct {
	context.Context //nolint:containedctx // the node is the context
	span            *Span
	client          *Client
	overlay         *overlay
}

func (n *spanNode) Value(key any) any {
	if key == (activeKey{}) {
		return &n.span
	}
	return n.Context.Value(key)
}

func (n *rootSpanNode) Value(key any) any {
	if key == (activeKey{}) {
		return &n.span
	}
	return n.Context.Value(key)
}

func (n *generationNode) Value(key any) any {
	if key == (activeKey{}) {
		return &n.generation.span
	}
	return n.Context.Value(key)
}

func (n *rootGenerationNode) Value(key any) any {
	if key == (activeKey{}) {
		return &n.generation.span
	}
	return n.Context.Value(key)
}

func (n *traceNode) Value(key any) any {
	if key == (activeKey{}) {
		return &n.trace.span
	}
	return n.Context.Value(key)
}

func (n *scopeNode) Value(key any) any {
	if key == (activeKey{}) {
		return n
	}
	return n.Context.Value(key)
}

// overlay is what WithTraceAttributes adds for the observations below.
type overlay struct {
	outer  *overlay
	client *Client // whose mask the values went through
	patch  patch
	raw    []keyValue // the metadata as encoded, for the mask of another client

	prompt  *Prompt // for generations below, if prompts is set
	prompts bool
}

// newOverlay encodes what was given, on the goroutine that gave it.
func newOverlay(c *Client, outer *overlay, p patch) *overlay {
	o := &overlay{outer: outer.of(c), client: c, patch: p}
	for _, m := range p.metadata {
		if v := c.media(captureScope{}, FieldMetadata, c.encode(m.value)); v.kind != captureNone {
			o.raw = setValue(o.raw, c.label(m.key), v)
		}
	}
	o.patch.metadata = nil
	o.mask()
	return o
}

func (o *overlay) mask() {
	o.patch.values = nil
	for _, kv := range o.raw {
		o.patch.values = setKeyValue(o.patch.values, kv.key, limited(o.client.masks(captureScope{}, FieldMetadata, kv.key, kv.value.share())).value())
	}
}

// of returns the overlays with the values masked for the client.
func (o *overlay) of(c *Client) *overlay {
	if o == nil || o.client == c {
		return o
	}
	n := &overlay{outer: o.outer.of(c), client: c, patch: o.patch, raw: o.raw, prompt: o.prompt, prompts: o.prompts}
	n.mask()
	return n
}

// apply returns the attributes with all overlays on them, the outermost first.
func (o *overlay) apply(c *Client, a *exporter.Attributes) *exporter.Attributes {
	if o == nil {
		return a
	}
	return o.patch.apply(c, o.outer.apply(c, a))
}

// size is the memory that the overlays hold.
func (o *overlay) size() (n int64) {
	for ; o != nil; o = o.outer {
		p := &o.patch
		n += int64(len(p.name) + len(p.user) + len(p.session) + len(p.environment) + len(p.release) + len(p.version))
		for _, t := range p.tags {
			n += int64(len(t))
		}
		n += valuesSize(p.values)
	}
	return n
}

// position is what ctx says about where something starts.
type position struct {
	span    *Span
	client  *Client
	overlay *overlay
}

func locate(ctx context.Context) position {
	if ctx == nil {
		return position{client: Default()}
	}
	switch v := ctx.Value(activeKey{}).(type) {
	case *Span:
		return position{span: v, client: v.trace.client, overlay: v.overlay}
	case *scopeNode:
		return position{span: v.span, client: v.client, overlay: v.overlay}
	}
	return position{client: Default()}
}

// below returns the position as the client sees it: another client's trace is
// none, but a trace that was joined is anybody's.
func (p position) below(c *Client) position {
	if p.span != nil && p.span.trace.client != c {
		if p.span.remote {
			p.span = p.span.rejoin(c)
		} else {
			p.span = nil
		}
	}
	p.overlay = p.overlay.of(c)
	return p
}

// FromContext returns the client that ctx carries, by ContextWithClient or by
// an observation started with it, else the default client. It is never nil.
func FromContext(ctx context.Context) *Client { return locate(ctx).client }

// ContextWithClient makes c the client of what starts below. An observation
// of another client in ctx is no parent for it.
func ContextWithClient(ctx context.Context, c *Client) context.Context {
	if c == nil {
		c = disabled
	}
	p := locate(ctx).below(c)
	return &scopeNode{Context: background(ctx), span: p.span, client: c, overlay: p.overlay}
}

// WithTraceAttributes sets attributes for the traces and observations that
// start below the returned context: a trace started there has them, a trace of
// another process that was joined gets them, and within a running trace they
// are put on each observation below, not on the trace. (The ingestion wire
// carries only environment and version of an observation; to change a running
// trace, use UpdateTrace.) Values are encoded at once. Input, output, id and
// start time are no attributes and are ignored.
func WithTraceAttributes(ctx context.Context, opts ...TraceOption) context.Context {
	if !anyEnabled.Load() {
		return ctx
	}
	p := locate(ctx)
	s := traceSettings(opts)
	if s == nil {
		return ctx
	}
	return &scopeNode{Context: background(ctx), span: p.span, client: p.client, overlay: newOverlay(p.client, p.overlay, s.attributes)}
}

// background stands in for a nil context.
func background(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// TraceID returns the id of the trace in ctx, or "".
func TraceID(ctx context.Context) string { return locate(ctx).span.TraceID() }

// ObservationID returns the id of the current observation in ctx, or "".
func ObservationID(ctx context.Context) string { return locate(ctx).span.ID() }

// TraceURL returns the address of the current trace's page, or "" if there is
// no trace or the exporter knows no pages. It never blocks.
func TraceURL(ctx context.Context) string {
	p := locate(ctx)
	if p.span == nil {
		return ""
	}
	return p.client.TraceURL(p.span.TraceID())
}
