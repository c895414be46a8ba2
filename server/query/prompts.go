package query

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// Bounds of the metrics of a prompt.
const (
	maxPromptPoints = 20_000  // of all series
	maxPromptSpans  = 200     // of all labels
	maxTraceScores  = 500_000 // that are of traces themselves
	maxPromptScores = 1000    // names and categories
)

// PromptSpan is a time in which a label was on a version.
type PromptSpan struct {
	Label    string
	Version  int
	From, To time.Time
}

// PromptQuery asks what the generations of a prompt add up to.
type PromptQuery struct {
	Name string
	// From is inclusive, To is not. Both must be given.
	From, To time.Time
	// Step is that of the series: an hour or 24 hours, in UTC.
	Step time.Duration
	// Spans say which version each label was on; of a label they must not overlap.
	Spans []PromptSpan
}

// PromptMetrics is what a prompt adds up to.
type PromptMetrics struct {
	Versions []VersionMetrics // by version, of those that were used
	Labels   []LabelMetrics   // by label
}

// VersionMetrics are those of a version.
type VersionMetrics struct {
	Version int
	SumSeries
	// Scores are of its generations, TraceScores of the traces that it was used in, themselves.
	Scores, TraceScores []ScoreSums
}

// LabelMetrics are those of the versions that a label was on, each while it was.
type LabelMetrics struct {
	Label string
	Spans []PromptSpan
	SumSeries
}

// SumSeries are sums, and the same by time.
type SumSeries struct {
	store.Sums
	Series []SumPoint // steps with nothing are left out
}

// SumPoint is a step of a series.
type SumPoint struct {
	Time time.Time
	store.Sums
}

func (s *SumSeries) add(row *store.MetricsRow) {
	s.Add(&row.Sums, 1)
	i, found := slices.BinarySearchFunc(s.Series, row.Time, func(p SumPoint, at time.Time) int { return p.Time.Compare(at) })
	if !found {
		s.Series = slices.Insert(s.Series, i, SumPoint{Time: row.Time})
	}
	s.Series[i].Add(&row.Sums, 1)
}

// PromptMetrics adds up the generations of each version of a prompt, from the rollups, and of each label
// those of the versions that it was on. What a version was fetched by is not known: its generations
// count for a label while that was on it.
func (r *Reader) PromptMetrics(ctx context.Context, projectID string, q PromptQuery) (*PromptMetrics, error) {
	switch {
	case q.Name == "":
		return nil, badMetrics("name: give that of a prompt")
	case !q.To.After(q.From):
		return nil, badMetrics("fromTimestamp and toTimestamp: give the second after the first")
	case len(q.Spans) > maxPromptSpans:
		return nil, badMetrics("labels have moved %d times in that time, more than %d: narrow the time", len(q.Spans), maxPromptSpans)
	}
	limited, stop := context.WithTimeout(ctx, maxMetricsTime)
	defer stop()
	m, err := r.promptMetrics(limited, projectID, &q)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		err = badMetrics("the metrics took longer than %v: narrow the time", maxMetricsTime)
	}
	return m, err
}

func (r *Reader) promptMetrics(ctx context.Context, projectID string, q *PromptQuery) (*PromptMetrics, error) {
	versions := map[int]*VersionMetrics{}
	of := func(version int) *VersionMetrics {
		v := versions[version]
		if v == nil {
			v = &VersionMetrics{Version: version}
			versions[version] = v
		}
		return v
	}
	rows, err := r.promptRows(ctx, projectID, q, q.From, q.To)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		of(rows[i].PromptVersion).add(&rows[i])
	}
	m := &PromptMetrics{}
	if m.Labels, err = r.labelMetrics(ctx, projectID, q); err != nil {
		return nil, err
	}
	if err := r.promptScores(ctx, projectID, q, of); err != nil {
		return nil, err
	}
	for _, version := range slices.Sorted(maps.Keys(versions)) {
		m.Versions = append(m.Versions, *versions[version])
	}
	return m, nil
}

func (r *Reader) promptRows(ctx context.Context, projectID string, q *PromptQuery, from, to time.Time) ([]store.MetricsRow, error) {
	rows, err := r.store.Metrics(ctx, projectID, store.MetricsQuery{By: store.ByPrompt, Step: q.Step, From: from, To: to, PromptName: q.Name})
	if err == nil && len(rows) > maxPromptPoints {
		err = badMetrics("granularity: that are %d points, more than %d: use day, or narrow the time", len(rows), maxPromptPoints)
	}
	return rows, err
}

func (r *Reader) labelMetrics(ctx context.Context, projectID string, q *PromptQuery) ([]LabelMetrics, error) {
	var list []LabelMetrics
	points := 0
	for _, span := range q.Spans {
		i := slices.IndexFunc(list, func(l LabelMetrics) bool { return l.Label == span.Label })
		if i < 0 {
			i = len(list)
			list = append(list, LabelMetrics{Label: span.Label})
		}
		list[i].Spans = append(list[i].Spans, span)
		rows, err := r.promptRows(ctx, projectID, q, span.From, span.To)
		if err != nil {
			return nil, err
		}
		for j := range rows {
			if rows[j].PromptVersion == span.Version {
				list[i].add(&rows[j])
			}
		}
		if points += len(rows); points > maxPromptPoints {
			return nil, badMetrics("granularity: those of the labels are more than %d points: use day, or narrow the time", maxPromptPoints)
		}
	}
	slices.SortFunc(list, func(a, b LabelMetrics) int { return cmp.Compare(a.Label, b.Label) })
	return list, nil
}

// PromptUses counts the generations of each prompt, by name, from one time to before another.
func (r *Reader) PromptUses(ctx context.Context, projectID string, from, to time.Time) (map[string]int64, error) {
	rows, err := r.store.Metrics(ctx, projectID, store.MetricsQuery{By: store.ByPrompt, From: from, To: to})
	if err != nil {
		return nil, err
	}
	uses := map[string]int64{}
	for i := range rows {
		uses[rows[i].PromptName] += rows[i].Observations
	}
	return uses, nil
}
