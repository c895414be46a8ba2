package langshark

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/ids"
)

// ScoreValue is the value of a score: [Numeric], [Categorical] or [Boolean].
type ScoreValue struct {
	kind   exporter.ScoreType
	number float64
	text   string
}

// Numeric is a number, as in 0.87.
func Numeric(v float64) ScoreValue { return ScoreValue{kind: exporter.ScoreNumeric, number: v} }

// Categorical is one of several words, as in "helpful".
func Categorical(v string) ScoreValue { return ScoreValue{kind: exporter.ScoreCategorical, text: v} }

// Boolean is true or false, 1 or 0 on the wire.
func Boolean(v bool) ScoreValue {
	s := ScoreValue{kind: exporter.ScoreBoolean}
	if v {
		s.number = 1
	}
	return s
}

// RecordScore records a judgement. By default it is of the trace in ctx; with
// [WithObservationID] of one observation of it, with [WithTraceID] of any
// trace, with [WithSession] of a session. It may be called after the trace has
// ended. A score of a trace that isn't sampled is not recorded either.
//
// It returns an error if the score is not valid; delivery is not waited for.
func RecordScore(ctx context.Context, name string, value ScoreValue, opts ...ScoreOption) error {
	return FromContext(ctx).RecordScore(ctx, name, value, opts...)
}

// RecordScore is the function [RecordScore] with this client.
func (c *Client) RecordScore(ctx context.Context, name string, value ScoreValue, opts ...ScoreOption) error {
	if err := value.check(name); err != nil {
		return err
	}
	if !c.enabled() {
		return nil
	}
	var s settings
	for _, o := range opts {
		if o != nil {
			o.applyScore(&s)
		}
	}
	p := locate(ctx).below(c)
	environment := c.attributes.Environment
	switch {
	case s.traceID != "":
		var t traceState
		t.setID(s.traceID)
		if !sampled(c.sampleRate, t.id, t.idText) {
			return nil
		}
	case s.sessionID != "" && s.observationID == "":
	case p.span == nil:
		return ErrNoTarget
	default:
		if !p.span.trace.sampled {
			return nil
		}
		s.traceID = p.span.TraceID()
		environment = p.overlay.apply(c, p.span.trace.attributes.Load()).Environment
	}
	if s.environment != "" {
		environment = s.environment
	}
	if s.scoreID == "" {
		s.scoreID = ids.NewUUID().String()
	}
	record := &exporter.Record{Op: exporter.OpCreate, EventID: ids.NewUUID().String(), Time: time.Now(), Score: &exporter.Score{
		ID: c.label(s.scoreID), TraceID: c.label(s.traceID), ObservationID: c.label(s.observationID),
		SessionID: c.label(s.sessionID), Name: c.label(name), Type: value.kind, Number: value.number, Text: c.label(value.text),
		Comment: c.maskText(captureScope{}, FieldComment, s.comment), ConfigID: c.label(s.configID), Environment: c.label(environment),
		Metadata: owned(c.captureAll(captureScope{}, FieldMetadata, s.metadata)),
	}}
	c.pipeline.EnqueueOwned(record)
	return nil
}

// owned returns the values in memory that isn't pooled.
func owned(kvs []keyValue) (list []exporter.KeyValue) {
	for _, kv := range kvs {
		list = append(list, exporter.KeyValue{Key: kv.key, Value: kv.value.value().Clone()})
		kv.value.release()
	}
	return list
}

func (v ScoreValue) check(name string) error {
	switch {
	case name == "":
		return errors.New("langshark: a score needs a name")
	case v.kind == "":
		return fmt.Errorf("langshark: score %q has no value: use Numeric, Categorical or Boolean", name)
	case v.kind == exporter.ScoreCategorical && v.text == "":
		return fmt.Errorf("langshark: score %q: a categorical value must not be empty", name)
	case math.IsNaN(v.number) || math.IsInf(v.number, 0):
		return fmt.Errorf("langshark: score %q: %v is not a finite number", name, v.number)
	}
	return nil
}
