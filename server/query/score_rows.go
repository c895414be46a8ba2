package query

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// maxScoresLooked is how many scores a filtered list looks at: it has to see all of
// them, to count those that match.
const maxScoresLooked = 200_000

// scoreRow is a score beside its trace, which is empty if it isn't there or no filter asks for it.
type scoreRow struct {
	*store.Score

	trace store.Trace
}

type scoreColumn = rowColumn[scoreRow]

func scoreText(of func(scoreRow) string) scoreColumn {
	return scoreColumn{store.FactText, func(s scoreRow) any {
		if text := of(s); text != "" {
			return text
		}
		return nil
	}}
}

func scoreTime(of func(scoreRow) time.Time) scoreColumn {
	return scoreColumn{store.FactTime, func(s scoreRow) any { return of(s).UnixMicro() }}
}

// scoreColumns are the columns of filters by their names in the API, ofScoreTrace those that are the trace's.
var (
	scoreColumns = map[string]scoreColumn{
		"id":            scoreText(func(s scoreRow) string { return s.ID }),
		"traceId":       scoreText(func(s scoreRow) string { return s.TraceID }),
		"observationId": scoreText(func(s scoreRow) string { return s.ObservationID }),
		"sessionId":     scoreText(func(s scoreRow) string { return s.SessionID }),
		"name":          scoreText(func(s scoreRow) string { return s.Name }),
		"source":        scoreText(func(s scoreRow) string { return s.Source }),
		"dataType":      scoreText(func(s scoreRow) string { return string(s.Type) }),
		"configId":      scoreText(func(s scoreRow) string { return s.ConfigID }),
		"queueId":       scoreText(func(s scoreRow) string { return s.QueueID }),
		"comment":       scoreText(func(s scoreRow) string { return s.Comment }),
		"environment":   scoreText(func(s scoreRow) string { return s.Environment }),
		"stringValue":   scoreText(func(s scoreRow) string { return s.Text }),
		"value": {store.FactNumber, func(s scoreRow) any {
			if s.Number == nil {
				return nil
			}
			return *s.Number
		}},
		"timestamp":    scoreTime(func(s scoreRow) time.Time { return s.Timestamp }),
		"createdAt":    scoreTime(func(s scoreRow) time.Time { return s.CreatedAt }),
		"updatedAt":    scoreTime(func(s scoreRow) time.Time { return s.UpdatedAt }),
		metadataColumn: {store.FactText, nil},
	}
	ofScoreTrace = map[string]scoreColumn{
		"userId":    scoreText(func(s scoreRow) string { return s.trace.UserID }),
		"traceName": scoreText(func(s scoreRow) string { return s.trace.Name }),
		"release":   scoreText(func(s scoreRow) string { return s.trace.Release }),
		"tags":      {store.FactList, func(s scoreRow) any { return s.trace.Tags }},
		"traceTags": {store.FactList, func(s scoreRow) any { return s.trace.Tags }},
	}
)

// FilteredScores lists the scores that all filters match, newest first, a page of them by
// number with their total. [store.ErrBadQuery] says that there are too many to look at.
func (r *Reader) FilteredScores(ctx context.Context, projectID string, q store.ScoreQuery, filters []MetricsFilter) (page store.ScorePage, err error) {
	columns := maps.Clone(scoreColumns)
	maps.Copy(columns, ofScoreTrace)
	match, err := rowMatcher(filters, columns, func(s scoreRow) json.RawMessage { return s.Metadata })
	if err != nil {
		return page, err
	}
	withTraces := slices.ContainsFunc(filters, func(f MetricsFilter) bool { _, ok := ofScoreTrace[f.Column]; return ok })
	limit, offset := q.Limit, int64(q.Offset)
	q.Page = store.Page{Limit: lookChunk}
	for looked := 0; ; {
		found, err := r.store.Scores(ctx, projectID, q)
		if err != nil {
			return page, err
		}
		if looked += len(found.Scores); looked > maxScoresLooked {
			return page, badMetrics("filter: more than %d scores to look at: narrow them by fromTimestamp and toTimestamp, name or traceId", maxScoresLooked)
		}
		traces := map[string]store.Trace{}
		if withTraces {
			if traces, err = r.TracesOfScores(ctx, projectID, found.Scores); err != nil {
				return page, err
			}
		}
		for i := range found.Scores {
			s := &found.Scores[i]
			if !match(scoreRow{s, traces[s.TraceID]}) {
				continue
			}
			if page.Total >= offset && len(page.Scores) < limit {
				page.Scores = append(page.Scores, *s)
			}
			page.Total++
		}
		if q.After = found.Next; q.After == "" {
			return page, nil
		}
	}
}
