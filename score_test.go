package langshark_test

import (
	"errors"
	"math"
	"testing"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

func TestScores(t *testing.T) {
	r := record(t, langshark.Config{Environment: "test"})
	ctx, span := r.StartSpan(t.Context(), "root")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	check(langshark.RecordScore(ctx, "quality", langshark.Numeric(0), langshark.WithComment("fair"), langshark.WithScoreID("s1"), langshark.WithMetadata("by", "kim"), langshark.WithConfigID("c1")))
	span.End()
	check(langshark.RecordScore(ctx, "tone", langshark.Categorical("kind"), langshark.WithObservationID(span.ID())))
	check(r.RecordScore(t.Context(), "solved", langshark.Boolean(true), langshark.WithTraceID("other")))
	check(r.RecordScore(t.Context(), "nps", langshark.Numeric(9), langshark.WithSession("s-17"), langshark.WithEnvironment("prod")))
	s := r.flush().mem.Scores()
	if len(s) != 4 {
		t.Fatalf("%d scores", len(s))
	}
	if s[0].ID != "s1" || s[0].TraceID != span.TraceID() || s[0].Type != exporter.ScoreNumeric || s[0].Comment != "fair" || s[0].Environment != "test" || meta(s[0].Metadata, "by") != `"kim"` || s[0].ConfigID != "c1" {
		t.Errorf("%+v", s[0])
	}
	if s[1].ObservationID != span.ID() || s[1].TraceID != span.TraceID() || s[1].Text != "kind" || len(s[1].ID) != 36 {
		t.Errorf("%+v", s[1])
	}
	if s[2].TraceID != "other" || s[2].Number != 1 || s[2].Type != exporter.ScoreBoolean {
		t.Errorf("%+v", s[2])
	}
	if s[3].SessionID != "s-17" || s[3].TraceID != "" || s[3].Environment != "prod" {
		t.Errorf("%+v", s[3])
	}
}

func TestScoresThatAreNotValid(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, span := r.StartSpan(t.Context(), "root")
	defer span.End()
	for name, err := range map[string]error{
		"no name":   langshark.RecordScore(ctx, "", langshark.Numeric(1)),
		"no value":  langshark.RecordScore(ctx, "x", langshark.ScoreValue{}),
		"NaN":       langshark.RecordScore(ctx, "x", langshark.Numeric(math.NaN())),
		"infinite":  langshark.RecordScore(ctx, "x", langshark.Numeric(math.Inf(1))),
		"empty":     langshark.RecordScore(ctx, "x", langshark.Categorical("")),
		"no target": r.RecordScore(t.Context(), "x", langshark.Numeric(1)),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := r.RecordScore(t.Context(), "x", langshark.Numeric(1)); !errors.Is(err, langshark.ErrNoTarget) {
		t.Errorf("%v", err)
	}
	if s := r.Stats(); s.Accepted != 0 {
		t.Errorf("%+v", s)
	}
}
