package ingest

import (
	"context"
	"fmt"

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
	return g.delete(ctx, projectID, store.ThingScore, id)
}

// DeleteTraces removes traces with their observations and scores. What isn't there is no error.
func (g *Ingester) DeleteTraces(ctx context.Context, projectID string, ids ...string) error {
	return g.delete(ctx, projectID, store.ThingTrace, ids...)
}

// delete removes what was written until now.
func (g *Ingester) delete(ctx context.Context, projectID string, thing store.Thing, ids ...string) error {
	event, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("langshark: event id: %w", err)
	}
	b := &store.Batch{ProjectID: projectID}
	stamp := store.NewStamp(now(), true, event.String())
	for _, id := range ids {
		b.Deletes = append(b.Deletes, store.Delete{Stamp: stamp, Thing: thing, ID: id})
	}
	return g.store.Write(ctx, b)
}
