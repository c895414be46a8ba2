package storetest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/merge"
)

// event is one write or delete.
type event struct {
	trace       *store.TraceWrite
	observation *store.ObservationWrite
	score       *store.ScoreWrite
	deletion    *store.Delete
}

func (e event) add(b *store.Batch) {
	switch {
	case e.trace != nil:
		b.Traces = append(b.Traces, *e.trace)
	case e.observation != nil:
		b.Observations = append(b.Observations, *e.observation)
	case e.score != nil:
		b.Scores = append(b.Scores, *e.score)
	case e.deletion != nil:
		b.Deletes = append(b.Deletes, *e.deletion)
	}
}

// rows is all a project has, in a form that can be compared.
type rows struct {
	Traces       []store.Trace
	Observations []store.Observation
	Scores       []store.Score
}

type tombstone struct {
	thing store.Thing
	id    string
}

// model works out what the rows must be by the plainest reading of the rule:
// sort all events, fold each field from the first to the last. It shares no
// code with the engines but the id of an observation's own trace.
func model(events []event, now time.Time) rows {
	traces := map[string][]store.TraceWrite{}
	observations := map[string][]store.ObservationWrite{}
	scores := map[string][]store.ScoreWrite{}
	tombs := map[tombstone]store.Stamp{}
	for _, e := range events {
		switch {
		case e.trace != nil:
			traces[e.trace.ID] = append(traces[e.trace.ID], *e.trace)
		case e.observation != nil:
			observations[e.observation.ID] = append(observations[e.observation.ID], *e.observation)
		case e.score != nil:
			scores[e.score.ID] = append(scores[e.score.ID], *e.score)
		case e.deletion != nil:
			k := tombstone{e.deletion.Thing, e.deletion.ID}
			if old, ok := tombs[k]; !ok || e.deletion.Compare(old) > 0 {
				tombs[k] = e.deletion.Stamp
			}
		}
	}
	var r rows
	byTrace := map[string][]store.Observation{}
	for id, writes := range observations {
		if o, live := modelObservation(id, writes, tombs, now); live {
			r.Observations = append(r.Observations, o)
			byTrace[o.TraceID] = append(byTrace[o.TraceID], o)
		}
	}
	for id, writes := range traces {
		if t, live := modelTrace(id, writes, tombs, now); live {
			t.Rollup = modelRollup(byTrace[id])
			r.Traces = append(r.Traces, t)
			delete(byTrace, id)
		}
	}
	for id, members := range byTrace {
		r.Traces = append(r.Traces, modelUnknown(id, members))
	}
	for id, writes := range scores {
		if s, live := modelScore(id, writes, tombs, now); live {
			r.Scores = append(r.Scores, s)
		}
	}
	r.sort()
	return r
}

func (r *rows) sort() {
	slices.SortFunc(r.Traces, func(a, b store.Trace) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(r.Observations, func(a, b store.Observation) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(r.Scores, func(a, b store.Score) int { return cmp.Compare(a.ID, b.ID) })
}

func keepFirst[T comparable](dst *T, v T) {
	var zero T
	if *dst == zero {
		*dst = v
	}
}

func keepLast[T comparable](dst *T, v T) {
	var zero T
	if v != zero {
		*dst = v
	}
}

func keepJSON(dst *json.RawMessage, v json.RawMessage) {
	if len(v) > 0 {
		*dst = v
	}
}

func modelTrace(id string, writes []store.TraceWrite, tombs map[tombstone]store.Stamp, now time.Time) (t store.Trace, live bool) {
	slices.SortFunc(writes, func(a, b store.TraceWrite) int { return a.Compare(b.Stamp) })
	deleted, cut := tombs[tombstone{store.ThingTrace, id}]
	t.ID = id
	var metadata any
	for _, w := range writes {
		keepFirst(&t.Timestamp, w.Timestamp)
		keepFirst(&t.Environment, w.Environment)
		if cut && w.Compare(deleted) <= 0 {
			continue
		}
		live = true
		keepLast(&t.Name, w.Name)
		keepLast(&t.UserID, w.UserID)
		keepLast(&t.SessionID, w.SessionID)
		keepLast(&t.Release, w.Release)
		keepLast(&t.Version, w.Version)
		if w.Public != nil {
			t.Public = *w.Public
		}
		t.Tags = append(t.Tags, w.Tags...)
		metadata = modelMetadata(metadata, w.Metadata)
		keepJSON(&t.Input, w.Input)
		keepJSON(&t.Output, w.Output)
	}
	keepFirst(&t.Timestamp, now)
	keepFirst(&t.Environment, "default")
	slices.Sort(t.Tags)
	t.Tags = slices.Compact(t.Tags)
	t.Metadata = encode(metadata)
	return t, live
}

// modelUnknown is the row of a trace that only its observations speak of.
func modelUnknown(id string, members []store.Observation) store.Trace {
	slices.SortFunc(members, func(a, b store.Observation) int {
		rank := func(o store.Observation) int {
			if o.ParentID == "" {
				return 0
			}
			return 1
		}
		return cmp.Or(rank(a)-rank(b), a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
	})
	t := store.Trace{ID: id, Name: members[0].Name, Environment: "default", Rollup: modelRollup(members)}
	t.Timestamp = t.Rollup.Start
	return t
}

func modelRollup(members []store.Observation) (r store.Rollup) {
	var end, lastStart time.Time
	for _, o := range members {
		r.Observations++
		switch o.Level {
		case exporter.LevelError:
			r.Errors++
		case exporter.LevelWarning:
			r.Warnings++
		case exporter.LevelDefault, exporter.LevelDebug:
		}
		if r.Start.IsZero() || o.Start.Before(r.Start) {
			r.Start = o.Start
		}
		if o.Start.After(lastStart) {
			lastStart = o.Start
		}
		if o.End.After(end) {
			end = o.End
		}
		r.Running = r.Running || o.End.IsZero() && o.Kind != exporter.KindEvent
		if o.Usage != nil {
			r.InputTokens += o.Usage.Input
			r.OutputTokens += o.Usage.Output
			r.TotalTokens += o.Usage.Total
		}
		if o.Cost != nil && o.Cost.Total != nil {
			sum := *o.Cost.Total
			if r.Cost != nil {
				sum += *r.Cost
			}
			r.Cost = &sum
		}
	}
	if end.IsZero() {
		end = lastStart
	}
	if len(members) > 0 {
		r.Latency = max(end.Sub(r.Start), 0)
	}
	switch {
	case r.Errors > 0:
		r.Level = exporter.LevelError
	case r.Warnings > 0:
		r.Level = exporter.LevelWarning
	}
	return r
}

func modelObservation(id string, writes []store.ObservationWrite, tombs map[tombstone]store.Stamp, now time.Time) (o store.Observation, live bool) {
	slices.SortFunc(writes, func(a, b store.ObservationWrite) int { return a.Compare(b.Stamp) })
	own := merge.OwnTrace(id)
	deleted, cut := tombs[tombstone{store.ThingObservation, id}]
	for _, w := range writes {
		d, ok := tombs[tombstone{store.ThingTrace, cmp.Or(w.TraceID, own)}]
		if ok && (!cut || d.Compare(deleted) > 0) {
			deleted, cut = d, true
		}
	}
	o.ID = id
	o.Kind, o.TraceID = writes[0].Kind, cmp.Or(writes[0].TraceID, own)
	var metadata any
	var usages []*store.Usage
	for _, w := range writes {
		keepFirst(&o.Start, w.Start)
		keepFirst(&o.Environment, w.Environment)
		if cut && w.Compare(deleted) <= 0 {
			continue
		}
		live = true
		keepLast(&o.ParentID, w.ParentID)
		keepLast(&o.Name, w.Name)
		keepLast(&o.End, w.End)
		if w.Level != nil {
			o.Level = *w.Level
		}
		keepLast(&o.StatusMessage, w.StatusMessage)
		keepLast(&o.Version, w.Version)
		keepLast(&o.Model, w.Model)
		keepLast(&o.CompletionStart, w.CompletionStart)
		if w.PromptName != "" {
			o.PromptName, o.PromptVersion = w.PromptName, w.PromptVersion
		}
		if w.Usage != nil {
			usages = append(usages, w.Usage)
		}
		keepLast(&o.Cost, w.Cost)
		metadata = modelMetadata(metadata, w.Metadata)
		keepJSON(&o.ModelParameters, w.ModelParameters)
		keepJSON(&o.Input, w.Input)
		keepJSON(&o.Output, w.Output)
	}
	keepFirst(&o.Start, now)
	o.Metadata = encode(metadata)
	o.Usage = modelUsage(usages)
	return o, live
}

func modelScore(id string, writes []store.ScoreWrite, tombs map[tombstone]store.Stamp, now time.Time) (s store.Score, live bool) {
	slices.SortFunc(writes, func(a, b store.ScoreWrite) int { return a.Compare(b.Stamp) })
	deleted, cut := tombs[tombstone{store.ThingScore, id}]
	for _, w := range writes {
		d, ok := tombs[tombstone{store.ThingTrace, w.TraceID}]
		if ok && (!cut || d.Compare(deleted) > 0) {
			deleted, cut = d, true
		}
	}
	s.ID = id
	var metadata any
	for _, w := range writes {
		keepFirst(&s.TraceID, w.TraceID)
		keepFirst(&s.Timestamp, w.Timestamp)
		keepFirst(&s.Environment, w.Environment)
		if cut && w.Compare(deleted) <= 0 {
			continue
		}
		live = true
		keepLast(&s.ObservationID, w.ObservationID)
		if w.SessionID != "" || w.DatasetRunID != "" {
			s.SessionID, s.DatasetRunID = w.SessionID, w.DatasetRunID
		}
		keepLast(&s.Name, w.Name)
		s.Type, s.Number, s.Text = w.Type, w.Number, w.Text
		keepLast(&s.Comment, w.Comment)
		keepLast(&s.Source, w.Source)
		keepLast(&s.ConfigID, w.ConfigID)
		keepLast(&s.QueueID, w.QueueID)
		metadata = modelMetadata(metadata, w.Metadata)
	}
	keepFirst(&s.Timestamp, now)
	keepFirst(&s.Environment, "default")
	s.Sourced = s.Source != ""
	keepFirst(&s.Source, "API")
	s.Metadata = encode(metadata)
	return s, live
}

// null is a JSON null where nothing else stands.
type null struct{}

// modelMetadata merges raw onto what stands: objects key by key, null only where nothing is.
func modelMetadata(before any, raw json.RawMessage) any {
	if len(raw) == 0 {
		return before
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		panic(err)
	}
	return overlay(before, v)
}

func overlay(before, v any) any {
	object, ok := v.(map[string]any)
	switch {
	case v == nil && before == nil:
		return null{}
	case v == nil:
		return before
	case !ok:
		return v
	}
	merged := map[string]any{}
	if old, ok := before.(map[string]any); ok {
		maps.Copy(merged, old)
	}
	for k, x := range object {
		merged[k] = overlay(merged[k], x)
	}
	return merged
}

// encode is v as JSON with sorted keys; nothing if v is nothing.
func encode(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(plain(v))
	if err != nil {
		panic(err)
	}
	return b
}

func plain(v any) any {
	switch v := v.(type) {
	case null:
		return nil
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, x := range v {
			m[k] = plain(x)
		}
		return m
	}
	return v
}
