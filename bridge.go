package langshark

import (
	"context"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/ids"
	"github.com/langshark/langshark-go/semconv"
)

// SpanContext names a span in W3C's form, to another tracing library.
type SpanContext struct {
	TraceID [16]byte
	SpanID  [8]byte
	Sampled bool
}

// Bridge joins our traces and those of another tracing library in the same
// process: observations that start below one of its spans belong to its trace,
// and its spans that start below an observation belong to ours. Set it as
// [Config].Bridge; integrations/otel has the one for OpenTelemetry.
type Bridge interface {
	// Current returns the span of the other library in ctx that is the innermost, and whether there is one.
	Current(ctx context.Context) (SpanContext, bool)
	// With returns ctx with an observation as the parent of the other library's spans.
	With(ctx context.Context, observation SpanContext) context.Context
}

// bridged returns ctx with the other library's span as the parent, if that is
// the innermost.
func (c *Client) bridged(ctx context.Context) context.Context {
	if c.bridge == nil {
		return ctx
	}
	current, ok := c.bridge.Current(ctx)
	if !ok {
		return ctx
	}
	p := locate(ctx).below(c)
	if p.span == nil || p.span.trace.id != current.TraceID {
		return join(ContextWithClient(ctx, c), func(t *traceState, s *Span) {
			t.id, t.sampled = current.TraceID, current.Sampled
			s.ids.id = current.SpanID
		})
	}
	if p.span.ids.id == current.SpanID {
		return ctx
	}
	stand := &Span{trace: p.span.trace, overlay: p.overlay, remote: true, ended: true} // within our own trace
	stand.ids.id = current.SpanID
	return &scopeNode{Context: ctx, span: stand, client: c, overlay: p.overlay}
}

// across tells the other library of an observation that has started.
func (c *Client) across(ctx context.Context, s *Span) context.Context {
	if c.bridge == nil || s == nil {
		return ctx
	}
	return c.bridge.With(ctx, SpanContext{TraceID: s.trace.id, SpanID: s.ids.id, Sampled: s.trace.sampled})
}

// RecordObservation records an observation that was made elsewhere and has
// ended, as integrations with other tracing libraries do. It is masked and
// sampled like others; o.Attributes are put on the client's own, and o itself
// is not kept. Metadata under the names of [semconv.ContentOf] are masked as input or
// output, and left out with these by [CaptureNone]. An observation without a ParentID
// is its trace's root: the trace is recorded too. Ids may be of any form; without
// one of the trace and its own nothing is recorded, and OnError is told.
func (c *Client) RecordObservation(o *exporter.Observation) {
	if !c.enabled() || o == nil {
		return
	}
	switch {
	case o.TraceID == "":
		c.complain("observation without a trace id", nil)
		return
	case o.ID == "":
		c.complain("observation without an id", nil)
		return
	}
	var t traceState
	t.setID(o.TraceID)
	if !sampled(c.sampleRate, t.id, t.idText) {
		return
	}
	scope := captureScope{kind: o.Kind, files: true}
	without := captureScope{kind: o.Kind} // model parameters and traces' metadata have no place for files
	var files []*attachments
	value := func(scope captureScope, place, field Field, key string, v exporter.Value) exporter.Value {
		masked := c.referred(limited(c.masks(scope, field, key, c.media(scope, place, captured(v)))))
		if masked.buf != nil && masked.buf.attached != nil {
			files = append(files, masked.buf.attached)
		}
		defer masked.release()
		return masked.value().Clone()
	}
	values := func(scope captureScope, field Field, kvs []exporter.KeyValue) (masked []exporter.KeyValue) {
		for _, kv := range kvs {
			of := contentField(field, kv.Key)
			if of != field && c.captureMode == CaptureNone {
				continue
			}
			if v := value(scope, field, of, kv.Key, kv.Value); !v.IsZero() {
				masked = append(masked, exporter.KeyValue{Key: c.label(kv.Key), Value: v})
			}
		}
		return masked
	}
	n := *o
	n.Name, n.Version = c.label(o.Name), c.label(o.Version)
	n.StatusMessage = c.maskText(scope, FieldStatusMessage, o.StatusMessage)
	n.Input, n.Output = exporter.Value{}, exporter.Value{}
	if c.captureMode != CaptureNone {
		n.Input, n.Output = value(scope, FieldInput, FieldInput, "", o.Input), value(scope, FieldOutput, FieldOutput, "", o.Output)
	}
	n.Metadata = values(scope, FieldMetadata, o.Metadata)
	if o.Generation != nil {
		g := *o.Generation
		g.Parameters = values(without, FieldParameters, g.Parameters)
		if g.Usage != nil {
			u := cloneUsage(*g.Usage)
			g.Usage = &u
		}
		if g.Cost != nil {
			cost := cloneCost(*g.Cost)
			g.Cost = &cost
		}
		n.Generation = &g
	}
	attributes := *c.attributes
	if a := o.Attributes; a != nil {
		p := patch{
			name: a.TraceName, user: a.UserID, session: a.SessionID, environment: a.Environment, release: a.Release, version: a.Version,
			tags: a.Tags, public: a.Public, values: values(without, FieldMetadata, a.Metadata),
		}
		attributes = *p.apply(c, c.attributes)
	}
	if attributes.TraceName == "" && o.ParentID == "" {
		attributes.TraceName = n.Name
	}
	n.Attributes = &attributes
	now := time.Now()
	c.pipeline.EnqueueOwned(&exporter.Record{EventID: ids.NewUUID().String(), Time: now, Observation: &n})
	if o.ParentID == "" {
		c.pipeline.EnqueueOwned(&exporter.Record{EventID: ids.NewUUID().String(), Time: now, Trace: &exporter.Trace{
			ID: n.TraceID, Start: n.Start, Attributes: attributes, Input: n.Input, Output: n.Output,
		}})
	}
	for _, a := range files {
		c.sendFiles(a, now, n.TraceID, n.ID)
	}
}

// contentField returns the field that a value of metadata belongs to by its name.
func contentField(field Field, key string) Field {
	if field == FieldMetadata {
		switch semconv.ContentOf(key) {
		case semconv.InputContent:
			return FieldInput
		case semconv.OutputContent:
			return FieldOutput
		case semconv.NoContent:
		}
	}
	return field
}

// captured returns the value as it would have been captured.
func captured(v exporter.Value) capture {
	if s, ok := v.AsText(); ok {
		return capture{kind: captureText, text: s}
	}
	if raw := v.RawJSON(); raw != nil {
		return newJSONCapture(raw)
	}
	return capture{}
}
