package ingest

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/server/store"
)

// DeleteScore removes a score, or returns [store.ErrNotFound].
func (g *Ingester) DeleteScore(ctx context.Context, projectID, id string) error {
	page, err := g.store.Scores(ctx, projectID, store.ScoreQuery{IDs: []string{id}})
	if err != nil {
		return err
	}
	if len(page.Scores) == 0 {
		return fmt.Errorf("langshark: score %q: %w", id, store.ErrNotFound)
	}
	stamp, err := deleteStamp()
	if err != nil {
		return err
	}
	return g.store.Write(ctx, &store.Batch{ProjectID: projectID, Deletes: []store.Delete{{Stamp: stamp, Thing: store.ThingScore, ID: id, Stored: true}}})
}

// DeleteRunScores removes the scores of a run of a dataset. Those that are of a trace too stay with it.
func (g *Ingester) DeleteRunScores(ctx context.Context, projectID, runID string) error {
	q := store.ScoreQuery{DatasetRunID: runID, Page: store.Page{Limit: deleteStep}}
	for {
		page, err := g.store.Scores(ctx, projectID, q)
		if err != nil {
			return err
		}
		stamp, err := deleteStamp()
		if err != nil {
			return err
		}
		b := &store.Batch{ProjectID: projectID}
		for i := range page.Scores {
			if s := &page.Scores[i]; s.TraceID == "" {
				b.Deletes = append(b.Deletes, store.Delete{Stamp: stamp, Thing: store.ThingScore, ID: s.ID, Stored: true})
			}
		}
		if len(b.Deletes) > 0 {
			if err := g.store.Write(ctx, b); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// deleteStep is how many observations a write of a delete takes along, so that others write in between.
const deleteStep = 500

// DeleteTraces removes traces with their observations and scores, all that is stored of them. What isn't there is no error.
func (g *Ingester) DeleteTraces(ctx context.Context, projectID string, ids ...string) error {
	stamp, err := deleteStamp()
	if err != nil {
		return err
	}
	b := &store.Batch{ProjectID: projectID}
	observations := 0
	write := func() error {
		defer func() { b, observations = &store.Batch{ProjectID: projectID}, 0 }()
		if len(b.Deletes) == 0 {
			return nil
		}
		return g.store.Write(ctx, b)
	}
	for some := range slices.Chunk(ids, maxPage) {
		page, err := g.store.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: some}, Page: store.Page{Limit: maxPage}})
		if err != nil {
			return err
		}
		has := map[string]int{}
		for _, t := range page.Traces {
			has[t.ID] = t.Rollup.Observations
		}
		for _, id := range some {
			if has[id] > deleteStep {
				if err := g.deleteMembers(ctx, projectID, id, stamp); err != nil {
					return err
				}
				has[id] = 0
			}
			if observations += has[id] + 1; observations > deleteStep {
				if err := write(); err != nil {
					return err
				}
				observations = has[id] + 1
			}
			b.Deletes = append(b.Deletes, store.Delete{Stamp: stamp, Thing: store.ThingTrace, ID: id, Stored: true})
		}
	}
	return write()
}

// maxPage is how many traces are looked at at once.
const maxPage = 100

// deleteMembers removes the observations of a large trace, step by step.
func (g *Ingester) deleteMembers(ctx context.Context, projectID, traceID string, stamp store.Stamp) error {
	members, err := g.store.TraceMembers(ctx, projectID, []string{traceID})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(members[traceID].Observations, deleteStep) {
		b := &store.Batch{ProjectID: projectID}
		for _, id := range some {
			b.Deletes = append(b.Deletes, store.Delete{Stamp: stamp, Thing: store.ThingObservation, ID: id, Stored: true, Passing: true})
		}
		if err := g.store.Write(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// deleteStamp is that of a delete of what was written until now.
func deleteStamp() (store.Stamp, error) {
	event, err := uuid.NewRandom()
	if err != nil {
		return store.Stamp{}, fmt.Errorf("langshark: event id: %w", err)
	}
	return store.NewStamp(now(), true, event.String()), nil
}
