package query

import (
	"cmp"
	"context"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

// ScoreSums is what the scores of a name add up to.
type ScoreSums struct {
	Name  string
	Type  string // NUMERIC, BOOLEAN or CATEGORICAL
	Count int64
	// Average is that of numbers, and of truths the share that is true.
	Average float64
	// Values count the categories; nil for numbers and truths.
	Values map[string]int64

	sum total
}

// promptScore is a row of scores on its way.
type promptScore struct {
	name, kind string
	value      any // float64, or a category
}

func (r *Reader) promptScores(ctx context.Context, projectID string, q *PromptQuery, of func(version int) *VersionMetrics) error {
	names := map[promptScore]struct{}{}
	known := func(s promptScore) error {
		if s.kind != "CATEGORICAL" {
			s.value = nil
		}
		if names[s] = struct{}{}; len(names) > maxPromptScores {
			return badMetrics("the scores of the prompt have more than %d names and categories: narrow the time", maxPromptScores)
		}
		return nil
	}
	ofTraces, n := map[string][]promptScore{}, 0
	facts := store.FactQuery{View: store.ViewScores, From: q.From, To: q.To, Fields: []store.FactField{
		{Name: "name"},
		{Name: "dataType"},
		{Name: "value"},
		{Name: "stringValue"},
		{Name: "traceId"},
		{Name: "observationId"},
		{Name: "observationPromptName"},
		{Name: "observationPromptVersion"},
	}}
	err := r.store.Facts(ctx, projectID, facts, func(values []any) error {
		var s promptScore
		s.name, _ = values[0].(string)
		s.kind, _ = values[1].(string)
		if s.value = values[2]; s.kind == "CATEGORICAL" {
			s.value = values[3]
		}
		trace, _ := values[4].(string)
		if observation, _ := values[5].(string); observation == "" {
			if trace == "" { // of a session
				return nil
			}
			if n++; n > maxTraceScores {
				return badMetrics("traces have more than %d scores: narrow the time", maxTraceScores)
			}
			ofTraces[trace] = append(ofTraces[trace], s)
			return nil
		}
		name, _ := values[6].(string)
		version, _ := values[7].(int64)
		if name != q.Name {
			return nil
		}
		v := of(int(version))
		v.Scores = addScore(v.Scores, s)
		return known(s)
	})
	if err == nil && len(ofTraces) > 0 {
		err = r.traceScores(ctx, projectID, q, ofTraces, of, known)
	}
	return err
}

// traceScores counts the scores of a trace for each version that was used in it.
func (r *Reader) traceScores(ctx context.Context, projectID string, q *PromptQuery, scores map[string][]promptScore, of func(int) *VersionMetrics, known func(promptScore) error) error {
	type use struct {
		trace   string
		version int
	}
	counted := map[use]struct{}{}
	facts := store.FactQuery{View: store.ViewObservations, From: q.From, To: q.To, Fields: []store.FactField{{Name: "promptName"}, {Name: "promptVersion"}, {Name: "traceId"}}}
	return r.store.Facts(ctx, projectID, facts, func(values []any) error {
		if name, _ := values[0].(string); name != q.Name {
			return nil
		}
		version, _ := values[1].(int64)
		trace, _ := values[2].(string)
		u := use{trace, int(version)}
		if _, ok := counted[u]; ok || scores[trace] == nil {
			return nil
		}
		counted[u] = struct{}{}
		v := of(u.version)
		for _, s := range scores[trace] {
			v.TraceScores = addScore(v.TraceScores, s)
			if err := known(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// addScore keeps the list in the order of names and types.
func addScore(list []ScoreSums, s promptScore) []ScoreSums {
	i, found := slices.BinarySearchFunc(list, s, func(have ScoreSums, s promptScore) int {
		return cmp.Or(cmp.Compare(have.Name, s.name), cmp.Compare(have.Type, s.kind))
	})
	if !found {
		list = slices.Insert(list, i, ScoreSums{Name: s.name, Type: s.kind})
	}
	sums := &list[i]
	sums.Count++
	switch v := s.value.(type) {
	case string:
		if sums.Values == nil {
			sums.Values = map[string]int64{}
		}
		sums.Values[v]++
	case float64:
		sums.sum.add(v, false)
		sums.Average = sums.sum.exact() / float64(sums.sum.n)
	case int64:
		sums.sum.add(float64(v), false)
		sums.Average = sums.sum.exact() / float64(sums.sum.n)
	}
	return list
}
