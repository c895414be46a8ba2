package ingest

import (
	"context"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

// Pieces writes what has been read elsewhere: pieces of which each is stored whole or not at
// all, mostly all of them at once. failed are the indexes of those that the store
// can't take because of what is in them; an error means that none was stored. It counts
// what was stored and what failed.
func (g *Ingester) Pieces(ctx context.Context, projectID string, pieces []store.Batch) (failed []int, err error) {
	all := store.Batch{ProjectID: projectID}
	for i := range pieces {
		all.Traces = append(all.Traces, pieces[i].Traces...)
		all.Observations = append(all.Observations, pieces[i].Observations...)
		all.Scores = append(all.Scores, pieces[i].Scores...)
	}
	if all.Len() == 0 {
		return nil, nil
	}
	if err = g.store.Write(ctx, &all); err == nil {
		g.counts.batch(&all)
		return nil, nil
	}
	if passes(ctx, err) || len(pieces) < 2 {
		return nil, err
	}
	for i := range pieces {
		pieces[i].ProjectID = projectID
		e := g.store.Write(ctx, &pieces[i])
		if e == nil {
			continue
		}
		if passes(ctx, e) {
			return nil, e // what was stored comes again, and merges with itself
		}
		g.log.ErrorContext(ctx, "langshark: piece not stored", "project", projectID, "error", e)
		failed = append(failed, i)
	}
	if len(failed) == len(pieces) {
		return nil, err
	}
	for i := range pieces {
		if !slices.Contains(failed, i) {
			g.counts.batch(&pieces[i])
		}
	}
	g.Reject(KindObservation, len(failed))
	return failed, nil
}

// Reject counts what was refused before it came to the ingester.
func (g *Ingester) Reject(k Kind, n int) { g.counts[k].rejected.Add(int64(n)) }
