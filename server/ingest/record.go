package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// now is the time of events that carry none.
func now() time.Time { return time.Now() }

// Exporter writes the records of one project in process. It returns when they
// are committed.
type Exporter struct {
	store     store.Store
	projectID string
	counts    *counts
}

var (
	_ exporter.Exporter           = (*Exporter)(nil)
	_ exporter.IntervalHinter     = (*Exporter)(nil)
	_ exporter.UnfinishedAccepter = (*Exporter)(nil)
)

// NewExporter returns an exporter of the project.
func NewExporter(s store.Store, projectID string) *Exporter {
	return &Exporter{store: s, projectID: projectID, counts: new(counts)}
}

// Exporter returns an exporter of the project, whose records g counts.
func (g *Ingester) Exporter(projectID string) *Exporter {
	return &Exporter{store: g.store, projectID: projectID, counts: &g.counts}
}

// FlushInterval is short: no network is in between, and the dashboard is live.
func (e *Exporter) FlushInterval() time.Duration { return 100 * time.Millisecond }

// AcceptsUnfinished says that observations may come while they run.
func (e *Exporter) AcceptsUnfinished() bool { return true }

// Shutdown does nothing: the store belongs to the server.
func (e *Exporter) Shutdown(context.Context) error { return nil }

// Export implements [exporter.Exporter].
func (e *Exporter) Export(ctx context.Context, records []exporter.Record) error {
	b := &store.Batch{ProjectID: e.projectID}
	var partial exporter.PartialError
	for i := range records {
		if reason := add(b, &records[i]); reason != "" {
			partial.Failed = append(partial.Failed, exporter.Failure{Index: i, Reason: reason})
		}
	}
	if err := e.store.Write(ctx, b); err != nil {
		switch {
		case errors.Is(err, store.ErrBusy):
			return &exporter.APIError{StatusCode: http.StatusTooManyRequests, Message: err.Error(), RetryAfter: store.RetryAfter}
		case errors.Is(err, store.ErrFull):
			return &exporter.APIError{StatusCode: http.StatusInsufficientStorage, Message: err.Error(), RetryAfter: RetryAfterFull}
		}
		return err
	}
	e.counts.batch(b)
	for _, f := range partial.Failed {
		e.counts.rejected(eventKind{thing: thingOf(&records[f.Index])})
	}
	if len(partial.Failed) > 0 {
		return &partial
	}
	return nil
}

// add puts a record into the batch, or says why not.
func add(b *store.Batch, r *exporter.Record) (reason string) {
	if r.EventID == "" {
		return "event without an id"
	}
	stamp := store.NewStamp(r.Time, r.Op == exporter.OpUpdate, clean(r.EventID))
	switch {
	case r.Trace != nil:
		if reason := badID(r.Trace.ID); reason != "" {
			return "trace: " + reason
		}
		b.Traces = append(b.Traces, traceOf(r.Trace, stamp))
	case r.Observation != nil:
		if reason := badID(r.Observation.ID); reason != "" {
			return "observation: " + reason
		}
		b.Observations = append(b.Observations, observationOf(r.Observation, stamp))
	case r.Score != nil:
		s := r.Score
		switch {
		case badID(s.ID) != "":
			return "score: " + badID(s.ID)
		case s.Name == "":
			return "score without a name"
		case s.TraceID == "" && s.SessionID == "":
			return "score of neither a trace nor a session"
		case math.IsNaN(s.Number) || math.IsInf(s.Number, 0):
			return "score: its number is not finite"
		}
		b.Scores = append(b.Scores, scoreOf(s, stamp))
	default:
		return "empty record"
	}
	return ""
}

func badID(id string) string {
	switch {
	case id == "":
		return "id must not be empty"
	case len(id) > maxIDChars && utf8.RuneCountInString(id) > maxIDChars:
		return "id is too long"
	}
	return ""
}

func traceOf(t *exporter.Trace, stamp store.Stamp) store.TraceWrite {
	a := &t.Attributes
	tags := make([]string, len(a.Tags))
	for i, tag := range a.Tags {
		tags[i] = clean(tag)
	}
	return store.TraceWrite{
		Stamp: stamp, ID: clean(t.ID), Timestamp: t.Start, Name: cutLabel(clean(a.TraceName)), UserID: User(a.UserID), SessionID: clean(a.SessionID),
		Environment: normalEnvironment(clean(a.Environment)), Release: clean(a.Release), Version: clean(a.Version), Public: a.Public, Tags: tags,
		Metadata: objectOf(a.Metadata), Input: rawOf(t.Input), Output: rawOf(t.Output),
	}
}

func observationOf(o *exporter.Observation, stamp store.Stamp) store.ObservationWrite {
	level := o.Level
	w := store.ObservationWrite{
		Stamp: stamp, ID: clean(o.ID), TraceID: clean(o.TraceID), ParentID: clean(o.ParentID), Kind: o.Kind, Name: clean(o.Name),
		Start: o.Start, Level: &level, StatusMessage: clean(o.StatusMessage), Version: clean(o.Version),
		Metadata: objectOf(o.Metadata), Input: rawOf(o.Input), Output: rawOf(o.Output),
	}
	if o.Kind != exporter.KindEvent {
		w.End = o.End
	}
	if a := o.Attributes; a != nil {
		w.Environment = normalEnvironment(clean(a.Environment))
		if w.Version == "" {
			w.Version = clean(a.Version)
		}
	}
	if g := o.Generation; g != nil {
		w.Model, w.ModelParameters, w.CompletionStart = clean(g.Model), objectOf(g.Parameters), g.CompletionStart
		if g.PromptName != "" && g.PromptVersion > 0 {
			w.PromptName, w.PromptVersion = clean(g.PromptName), g.PromptVersion
		}
		w.Usage, w.Cost = usageOf(g.Usage), costOf(g.Cost)
	}
	return w
}

func usageOf(u *exporter.Usage) *store.Usage {
	if u == nil {
		return nil
	}
	cut := *u // a span is worth more than its counts: these are brought into range
	for _, n := range [...]*int64{
		&cut.InputTokens, &cut.OutputTokens, &cut.TotalTokens, &cut.CachedInputTokens, &cut.CacheWriteTokens,
		&cut.InputAudioTokens, &cut.ReasoningTokens, &cut.OutputAudioTokens,
	} {
		*n = cutCount(*n)
	}
	out := &store.Usage{Unit: "TOKENS", Input: cut.InputTokens, Output: cut.OutputTokens, Total: cutCount(cut.Total()), Details: map[string]int64{}}
	cut.Buckets(func(name string, tokens int64) {
		if name != exporter.BucketTotal {
			out.Details[name] = cutCount(tokens)
		}
	})
	return out
}

func cutCount(n int64) int64 { return max(0, min(maxCount, n)) }

func costOf(c *exporter.Cost) *store.Cost {
	if c == nil {
		return nil
	}
	input, output, total := cutNano(c.Input), cutNano(c.Output), cutNano(c.Total)
	out := &store.Cost{Total: &total, Details: map[string]exporter.NanoUSD{}}
	sum := addNano(input, output)
	for _, name := range slices.Sorted(maps.Keys(c.Details)) { // in order, as a sum that is cut depends on it
		out.Details[name] = cutNano(c.Details[name])
		sum = addNano(sum, out.Details[name])
	}
	if total == 0 {
		total = sum
	}
	if c.Input != 0 || c.Output != 0 {
		out.Input, out.Output = &input, &output
		out.Details[exporter.BucketInput], out.Details[exporter.BucketOutput] = input, output
	}
	return out
}

func scoreOf(s *exporter.Score, stamp store.Stamp) store.ScoreWrite {
	w := store.ScoreWrite{
		Stamp: stamp, ID: clean(s.ID), TraceID: clean(s.TraceID), ObservationID: clean(s.ObservationID), SessionID: clean(s.SessionID),
		Name: clean(s.Name), Type: s.Type, Comment: clean(s.Comment), Source: "API", ConfigID: clean(s.ConfigID),
		Environment: normalEnvironment(clean(s.Environment)), Metadata: objectOf(s.Metadata),
	}
	number := s.Number
	switch s.Type {
	case exporter.ScoreCategorical:
		w.Text = clean(s.Text)
	case exporter.ScoreBoolean:
		w.Number, w.Text = &number, "False"
		if number != 0 {
			w.Text = "True"
		}
	default:
		w.Type, w.Number = exporter.ScoreNumeric, &number
	}
	return w
}

// rawOf is the JSON of a value; nothing for null.
func rawOf(v exporter.Value) json.RawMessage {
	raw := v.RawJSON()
	if raw == nil {
		if v.IsZero() {
			return nil
		}
		raw = v.AppendJSON(make([]byte, 0, v.Len()+v.Len()/8+2))
	}
	if kindOf(raw) == "null" {
		return nil
	}
	return sanitize(raw)
}

func objectOf(kvs []exporter.KeyValue) json.RawMessage {
	if len(kvs) == 0 {
		return nil
	}
	dst := []byte{'{'}
	for i, kv := range kvs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = exporter.Text(kv.Key).AppendJSON(dst)
		dst = kv.Value.AppendJSON(append(dst, ':'))
	}
	return sanitize(append(dst, '}'))
}

// clean removes what the stores don't want in text.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
