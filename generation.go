package langshark

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// Generation is the handle of a model call, from [StartGeneration]. All
// methods may be called on nil and by several goroutines. After End, setters
// do nothing and are counted in [Stats].Late.
type Generation struct {
	span Span
	data generationData
}

// generationData is what generations have besides other observations, guarded by the span's lock.
type generationData struct {
	model           string
	parameters      []keyValue
	usage           Usage
	cost            Cost
	hasUsage        bool
	hasCost         bool
	hasFirstToken   bool
	completionStart int64 // ns after the trace's start
	promptName      string
	promptVersion   int
}

// StartGeneration starts an observation of kind generation below the one in
// ctx, or a new trace with it as root. See [StartSpan].
func StartGeneration(ctx context.Context, name string, opts ...GenerationOption) (context.Context, *Generation) {
	return FromContext(ctx).StartGeneration(ctx, name, opts...)
}

// StartGeneration is the function [StartGeneration] with this client.
func (c *Client) StartGeneration(ctx context.Context, name string, opts ...GenerationOption) (context.Context, *Generation) {
	return c.startModel(ctx, KindGeneration, name, opts)
}

// StartEmbedding starts an observation of kind embedding. See [StartGeneration].
func StartEmbedding(ctx context.Context, name string, opts ...GenerationOption) (context.Context, *Generation) {
	return FromContext(ctx).startModel(ctx, KindEmbedding, name, opts)
}

// StartEmbedding is the function [StartEmbedding] with this client.
func (c *Client) StartEmbedding(ctx context.Context, name string, opts ...GenerationOption) (context.Context, *Generation) {
	return c.startModel(ctx, KindEmbedding, name, opts)
}

func (c *Client) startModel(ctx context.Context, kind Kind, name string, opts []GenerationOption) (context.Context, *Generation) {
	if !c.enabled() {
		return ctx, nil
	}
	s := generationSettings(opts)
	defer s.free()
	return c.startGeneration(ctx, kind, name, s)
}

func (c *Client) startGeneration(ctx context.Context, kind Kind, name string, s *settings) (context.Context, *Generation) {
	ctx = c.bridged(background(ctx))
	p := locate(ctx).below(c)
	if p.span == nil || s != nil && s.traceID != "" {
		n := &rootGenerationNode{Context: ctx}
		n.state.begin(c, name, p.overlay, s)
		n.generation.begin(&n.state, nil, p.overlay, kind, name)
		if !n.state.sampled {
			return n, nil
		}
		n.generation.ready(p.overlay, s)
		return c.across(n, &n.generation.span), &n.generation
	}
	if !p.span.trace.sampled {
		return ctx, nil
	}
	n := &generationNode{Context: ctx}
	n.generation.span.joins = p.span.remote
	n.generation.begin(p.span.trace, &p.span.ids, p.overlay, kind, name)
	n.generation.ready(p.overlay, s)
	return c.across(n, &n.generation.span), &n.generation
}

func (g *Generation) begin(t *traceState, parent *spanIDs, o *overlay, kind Kind, name string) {
	g.span.begin(t, parent, o, KindSpan, name) // no generationData of its own
	g.span.kind = kind
	g.span.gen = &g.data
	if o != nil {
		g.linkTo(o.linked())
	}
}

// linkTo links what the context says, before options do.
func (g *Generation) linkTo(p *Prompt) {
	if p == nil || p.IsFallback() {
		return
	}
	g.data.promptName, g.data.promptVersion = g.span.trace.client.label(p.name), p.version
}

// ready applies options. If they leave the link as the context has it, what an experiment gave is recorded.
func (g *Generation) ready(o *overlay, s *settings) {
	g.span.ready(s)
	if s != nil && (s.promptName != "" || s.unlinked) {
		return
	}
	if p := o.linked(); p != nil {
		g.span.trace.assigned(p.experiment)
	}
}

// apply sets what options say; the caller holds the lock.
func (d *generationData) apply(t *traceState, o *settings) {
	c := t.client
	if o.model != "" {
		d.model = c.label(o.model)
	}
	if o.usage != nil {
		d.usage, d.hasUsage = cloneUsage(*o.usage), true
	}
	if o.cost != nil {
		d.cost, d.hasCost = cloneCost(*o.cost), true
	}
	if !o.completionStart.IsZero() {
		d.completionStart, d.hasFirstToken = t.offset(o.completionStart), true
	}
	if o.promptName != "" || o.unlinked {
		d.promptName, d.promptVersion = c.label(o.promptName), o.promptVersion
	}
}

// captureParameters encodes parameters, sorted by name. They have no place for files.
func (c *Client) captureParameters(scope captureScope, p map[string]any) []keyValue {
	if len(p) == 0 {
		return nil
	}
	scope.files = false
	all := make([]anyValue, 0, len(p))
	for key, value := range p {
		all = append(all, anyValue{key, value})
	}
	slices.SortFunc(all, func(a, b anyValue) int { return strings.Compare(a.key, b.key) })
	return c.captureAll(scope, FieldParameters, all)
}

func cloneUsage(u Usage) Usage {
	u.Details = maps.Clone(u.Details)
	return u
}

func cloneCost(c Cost) Cost {
	c.Details = maps.Clone(c.Details)
	return c
}

// set runs f under the lock unless the generation has ended.
func (g *Generation) set(f func(*generationData)) {
	if g != nil {
		g.span.set(func() { f(&g.data) })
	}
}

// SetModel names the model: the one asked, and when it is known, the one that answered.
func (g *Generation) SetModel(name string) {
	g.set(func(d *generationData) { d.model = g.span.trace.client.label(name) })
}

// SetModelParameters adds parameters of the request, as in temperature. Values are encoded at once.
func (g *Generation) SetModelParameters(p map[string]any) {
	if g == nil {
		return
	}
	parameters := g.span.trace.client.captureParameters(g.span.scope(), p)
	g.set(func(*generationData) { g.span.putParameters(parameters) })
	g.span.trace.client.relieve()
}

// SetUsage sets the tokens. Counts are inclusive; see [Usage].
func (g *Generation) SetUsage(u Usage) {
	u = cloneUsage(u)
	g.set(func(d *generationData) { d.usage, d.hasUsage = u, true })
}

// SetCost sets what the call cost; the server then computes nothing.
func (g *Generation) SetCost(c Cost) {
	c = cloneCost(c)
	g.set(func(d *generationData) { d.cost, d.hasCost = c, true })
}

// SetCompletionStart sets when the first token arrived. The zero time does nothing.
func (g *Generation) SetCompletionStart(t time.Time) {
	if t.IsZero() {
		return
	}
	g.set(func(d *generationData) { d.completionStart, d.hasFirstToken = g.span.trace.offset(t), true })
}

// FirstToken says that the first token has arrived now. Later calls do nothing.
func (g *Generation) FirstToken() {
	g.set(func(d *generationData) {
		if !d.hasFirstToken {
			d.completionStart, d.hasFirstToken = g.span.trace.now(), true
		}
	})
}

// ID returns the observation's id, or "" for nil.
func (g *Generation) ID() string { return g.observation().ID() }

// ParentID returns the id of the observation that it is below, or "" if there is none.
func (g *Generation) ParentID() string { return g.observation().ParentID() }

// TraceID returns the trace's id, or "" for nil.
func (g *Generation) TraceID() string { return g.observation().TraceID() }

// SetInput sets the input, as in the messages. See [Span.SetInput].
func (g *Generation) SetInput(v any) { g.observation().SetInput(v) }

// SetOutput sets the output, as in the answer.
func (g *Generation) SetOutput(v any) { g.observation().SetOutput(v) }

// SetMetadata sets one value of the metadata.
func (g *Generation) SetMetadata(key string, v any) { g.observation().SetMetadata(key, v) }

// SetLevel sets the level.
func (g *Generation) SetLevel(l Level) { g.observation().SetLevel(l) }

// SetStatusMessage says more about the level.
func (g *Generation) SetStatusMessage(text string) { g.observation().SetStatusMessage(text) }

// SetError sets level ERROR and the error's text; nil does nothing.
func (g *Generation) SetError(err error) { g.observation().SetError(err) }

// End ends the generation and queues it to be sent. It never blocks. A second End does nothing.
func (g *Generation) End() { g.observation().End() }

// EndAt is End with a time given.
func (g *Generation) EndAt(t time.Time) { g.observation().EndAt(t) }

func (g *Generation) observation() *Span {
	if g == nil {
		return nil
	}
	return &g.span
}

// Aliases of the record's types that applications touch.
type (
	// Kind is the kind of an observation.
	Kind = exporter.Kind
	// Level is the severity of an observation.
	Level = exporter.Level
	// Usage counts the tokens of a model call, inclusively.
	Usage = exporter.Usage
	// Cost is what a model call cost.
	Cost = exporter.Cost
	// NanoUSD is an amount in billionths of a US dollar.
	NanoUSD = exporter.NanoUSD
)

// The kinds of observations.
const (
	KindSpan       = exporter.KindSpan
	KindGeneration = exporter.KindGeneration
	KindEvent      = exporter.KindEvent
	KindAgent      = exporter.KindAgent
	KindTool       = exporter.KindTool
	KindChain      = exporter.KindChain
	KindRetriever  = exporter.KindRetriever
	KindEmbedding  = exporter.KindEmbedding
	KindEvaluator  = exporter.KindEvaluator
	KindGuardrail  = exporter.KindGuardrail
)

// The levels of observations.
const (
	LevelDefault = exporter.LevelDefault
	LevelDebug   = exporter.LevelDebug
	LevelWarning = exporter.LevelWarning
	LevelError   = exporter.LevelError
)

// USD converts dollars to [NanoUSD], rounded half to even.
func USD(dollars float64) NanoUSD { return exporter.USD(dollars) }
