package ingestion

import (
	"encoding/json"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/jsonx"
	"github.com/langshark/langshark-go/internal/langfuse"
)

// encoder writes request bodies into one buffer that it keeps.
type encoder struct {
	buf      []byte
	metadata []byte
}

func batchMetadata(cfg Config) []byte {
	b, err := json.Marshal(map[string]any{
		"sdk_name": langfuse.SDKName, "sdk_version": cfg.SDKVersion, "public_key": cfg.PublicKey,
	})
	if err != nil { // strings always encode
		return []byte("{}")
	}
	return b
}

// encode returns a body with the first n records, at least one.
func (e *encoder) encode(records []exporter.Record, dialect Dialect) (body []byte, n int) {
	e.buf = append(e.buf[:0], `{"batch":[`...)
	reserve := len(e.metadata) + 16
	for i := range records {
		mark := len(e.buf)
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = AppendEvent(e.buf, &records[i], dialect)
		if i > 0 && len(e.buf)+reserve > MaxBodyBytes {
			e.buf = e.buf[:mark]
			break
		}
		n++
	}
	e.buf = append(e.buf, `],"metadata":`...)
	e.buf = append(e.buf, e.metadata...)
	e.buf = append(e.buf, '}')
	return e.buf, n
}

// AppendEvent appends one record as an event of the ingestion API: an object
// with id, timestamp, type and body. DialectAuto means DialectV3.
func AppendEvent(dst []byte, r *exporter.Record, dialect Dialect) []byte {
	b := jsonx.BeginObject(dst)
	b.String("id", r.EventID)
	b.Time("timestamp", r.Time)
	switch {
	case r.Trace != nil:
		b.String("type", "trace-create")
		b.Name("body")
		b.Dst = traceBody(b.Dst, r.Trace)
	case r.Score != nil:
		b.String("type", "score-create")
		b.Name("body")
		b.Dst = scoreBody(b.Dst, r.Score)
	case r.Observation != nil:
		b.String("type", eventType(r, dialect))
		b.Name("body")
		b.Dst = observationBody(b.Dst, r.Observation, dialect)
	}
	return b.End()
}

func eventType(r *exporter.Record, dialect Dialect) string {
	kind := r.Observation.Kind
	if dialect == DialectV2 {
		switch {
		case kind.IsGeneration():
			kind = exporter.KindGeneration
		case kind != exporter.KindEvent:
			kind = exporter.KindSpan
		}
	}
	// Only spans and generations have an update event; others are created again, which merges.
	if r.Op == exporter.OpUpdate {
		switch kind {
		case exporter.KindSpan:
			return "span-update"
		case exporter.KindGeneration:
			return "generation-update"
		default:
		}
	}
	if int(kind) < len(creates) {
		return creates[kind]
	}
	return kind.String() + "-create"
}

// creates has the types of events that create observations.
var creates = func() (names [exporter.KindGuardrail + 1]string) {
	for kind := range names {
		names[kind] = exporter.Kind(kind).String() + "-create"
	}
	return names
}()

func traceBody(dst []byte, t *exporter.Trace) []byte {
	b := jsonx.BeginObject(dst)
	b.String("id", t.ID)
	b.Time("timestamp", t.Start)
	a := &t.Attributes
	b.StringIf("name", a.TraceName)
	b.StringIf("userId", a.UserID)
	b.StringIf("sessionId", a.SessionID)
	b.StringIf("environment", a.Environment)
	b.StringIf("release", a.Release)
	b.StringIf("version", a.Version)
	if len(a.Tags) > 0 {
		b.Name("tags")
		b.Dst = append(b.Dst, '[')
		for i, tag := range a.Tags {
			if i > 0 {
				b.Dst = append(b.Dst, ',')
			}
			b.Dst = jsonx.AppendString(b.Dst, tag)
		}
		b.Dst = append(b.Dst, ']')
	}
	values(&b, "metadata", a.Metadata, "", "")
	if a.Public != nil {
		b.Bool("public", *a.Public)
	}
	valueIf(&b, "input", t.Input)
	valueIf(&b, "output", t.Output)
	return b.End()
}

func observationBody(dst []byte, o *exporter.Observation, dialect Dialect) []byte {
	b := jsonx.BeginObject(dst)
	b.String("id", o.ID)
	b.String("traceId", o.TraceID)
	b.StringIf("parentObservationId", o.ParentID)
	b.StringIf("name", o.Name)
	b.Time("startTime", o.Start)
	if o.Kind != exporter.KindEvent {
		b.TimeIf("endTime", o.End)
	}
	b.String("level", o.Level.String())
	b.StringIf("statusMessage", o.StatusMessage)
	version := o.Version
	if o.Attributes != nil {
		b.StringIf("environment", o.Attributes.Environment)
		if version == "" {
			version = o.Attributes.Version
		}
	}
	b.StringIf("version", version)
	valueIf(&b, "input", o.Input)
	valueIf(&b, "output", o.Output)
	kind := ""
	if dialect == DialectV2 && o.Kind != exporter.KindSpan && o.Kind != exporter.KindGeneration && o.Kind != exporter.KindEvent {
		kind = o.Kind.String()
	}
	values(&b, "metadata", o.Metadata, "langshark.kind", kind)
	if o.Generation != nil {
		generationBody(&b, o.Generation)
	}
	return b.End()
}

func generationBody(b *jsonx.Object, g *exporter.Generation) {
	b.StringIf("model", g.Model)
	values(b, "modelParameters", g.Parameters, "", "")
	b.TimeIf("completionStartTime", g.CompletionStart)
	if g.PromptName != "" && g.PromptVersion >= 1 { // a link needs both
		b.String("promptName", g.PromptName)
		b.Int("promptVersion", int64(g.PromptVersion))
	}
	usage := langfuse.Clamped(g.Usage)
	// "usage" is what Langfuse 2 reads; the others are of Langfuse 3 and later.
	if g.Usage != nil || g.Cost != nil {
		b.Name("usage")
		u := jsonx.BeginObject(b.Dst)
		if g.Usage != nil {
			u.Int("input", usage.InputTokens)
			u.Int("output", usage.OutputTokens)
			u.Int("total", usage.Total())
			u.String("unit", "TOKENS")
		}
		if g.Cost != nil {
			if langfuse.HasParts(g.Cost) {
				langfuse.AppendMoney(&u, "inputCost", g.Cost.Input)
				langfuse.AppendMoney(&u, "outputCost", g.Cost.Output)
			}
			langfuse.AppendMoney(&u, "totalCost", g.Cost.Sum())
		}
		b.Dst = u.End()
	}
	if g.Usage != nil {
		b.Name("usageDetails")
		b.Dst = langfuse.AppendUsageDetails(b.Dst, &usage)
	}
	if g.Cost != nil {
		b.Name("costDetails")
		b.Dst = langfuse.AppendCostDetails(b.Dst, g.Cost)
	}
}

func scoreBody(dst []byte, s *exporter.Score) []byte {
	b := jsonx.BeginObject(dst)
	b.String("id", s.ID)
	b.StringIf("traceId", s.TraceID)
	b.StringIf("observationId", s.ObservationID)
	b.StringIf("sessionId", s.SessionID)
	b.String("name", s.Name)
	b.String("dataType", string(s.Type))
	if s.Type == exporter.ScoreCategorical {
		b.String("value", s.Text)
	} else {
		b.Name("value")
		b.Dst = langfuse.AppendFloat(b.Dst, s.Number)
	}
	b.StringIf("comment", s.Comment)
	b.StringIf("configId", s.ConfigID)
	b.StringIf("environment", s.Environment)
	values(&b, "metadata", s.Metadata, "", "")
	return b.End()
}

func valueIf(o *jsonx.Object, name string, v exporter.Value) {
	if !v.IsZero() {
		o.Name(name)
		o.Dst = v.AppendJSON(o.Dst)
	}
}

// values appends an object of the values and, if it isn't empty, of one more text.
func values(o *jsonx.Object, name string, kvs []exporter.KeyValue, moreKey, more string) {
	if len(kvs) == 0 && more == "" {
		return
	}
	o.Name(name)
	o.Dst = langfuse.AppendValues(o.Dst, kvs, moreKey, more)
}
