package query

import (
	"context"
	"fmt"

	"github.com/langshark/langshark-go/server/store"
)

// Scores lists scores, newest first.
func (r *Reader) Scores(ctx context.Context, projectID string, q store.ScoreQuery) (store.ScorePage, error) {
	return r.store.Scores(ctx, projectID, q)
}

// Score returns one score, or [store.ErrNotFound].
func (r *Reader) Score(ctx context.Context, projectID, id string) (*store.Score, error) {
	page, err := r.store.Scores(ctx, projectID, store.ScoreQuery{IDs: []string{id}})
	if err != nil {
		return nil, err
	}
	if len(page.Scores) == 0 {
		return nil, fmt.Errorf("langshark: score %q: %w", id, store.ErrNotFound)
	}
	return &page.Scores[0], nil
}

// TracesOfScores returns those traces of the scores that are there, by id.
func (r *Reader) TracesOfScores(ctx context.Context, projectID string, scores []store.Score) (map[string]store.Trace, error) {
	traces := map[string]store.Trace{}
	var ids []string
	for _, s := range scores {
		if _, seen := traces[s.TraceID]; s.TraceID != "" && !seen {
			traces[s.TraceID] = store.Trace{}
			ids = append(ids, s.TraceID)
		}
	}
	if len(ids) == 0 {
		return traces, nil
	}
	page, err := r.store.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: ids}, Page: store.Page{Limit: len(ids)}})
	for _, t := range page.Traces {
		traces[t.ID] = t
	}
	return traces, err
}
