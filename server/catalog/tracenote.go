package catalog

import (
	"context"
	"errors"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

// traceNote says of a comment or an item of a queue, which has the same id, that it goes with a
// trace, below which the note is kept. It is about the trace, or about an observation of it.
type traceNote struct {
	Identity   `json:"-"`
	Kind       string `json:"kind"`
	ObjectType string `json:"objectType"`
	ObjectID   string `json:"objectId"`
}

// keepNote keeps it; without a trace, as for sessions and prompts, there is none.
func keepNote(tx store.DocumentTx, traceID string, n traceNote) error {
	if traceID == "" {
		return nil
	}
	return put(tx, kindTraceNote, objectKey(ObjectTrace, traceID), "", &n)
}

// drop removes the note and what it is of; either may be gone.
func (n *traceNote) drop(tx store.DocumentTx) error {
	for _, kind := range []string{n.Kind, kindTraceNote} {
		if err := tx.Delete(kind, n.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// dropDead removes those of the notes that are dead, with what they are of.
func (c *Catalog) dropDead(ctx context.Context, projectID string, notes []traceNote, deleted string) error {
	dead, err := c.dead(ctx, projectID, notes, deleted)
	if err != nil || len(dead) == 0 {
		return err
	}
	return c.change(ctx, projectID, func(tx store.DocumentTx) error {
		for i := range dead {
			if err := dead[i].drop(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// ForgetTraces removes the comments on deleted traces and their observations, and takes them out of
// queues. An observation that was sent again meanwhile keeps what is said of it.
func (c *Catalog) ForgetTraces(ctx context.Context, projectID string, traceIDs ...string) error {
	for _, id := range traceIDs {
		var notes []traceNote
		err := each(c.reader(ctx, projectID), store.DocumentQuery{Kind: kindTraceNote, Parent: objectKey(ObjectTrace, id)}, func(d *store.Document) (bool, error) {
			n, err := decode[traceNote](d)
			if err == nil {
				notes = append(notes, *n)
			}
			return true, err
		})
		if err != nil {
			return err
		}
		for some := range slices.Chunk(notes, sweepPage) {
			if err := c.dropDead(ctx, projectID, some, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// SweepNotes removes comments on what isn't there any more, and items of queues, which retention leaves behind.
func (c *Catalog) SweepNotes(ctx context.Context, projectID string) error {
	r := c.reader(ctx, projectID)
	for _, kind := range []string{kindComment, kindQueueItem} {
		for q := (store.DocumentQuery{Kind: kind, Ascending: true, Page: store.Page{Limit: sweepPage}}); ; {
			page, err := r.Documents(q)
			if err != nil {
				return err
			}
			notes := make([]traceNote, len(page.Documents))
			for i := range page.Documents {
				of, err := decode[traceNote](&page.Documents[i]) // both have its fields
				if err != nil {
					return err
				}
				notes[i], notes[i].Kind = *of, kind
			}
			if err := c.dropDead(ctx, projectID, notes, ""); err != nil {
				return err
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
	}
	return nil
}

// dead are those of the notes whose trace or observation isn't there, and those on the trace that was deleted.
func (c *Catalog) dead(ctx context.Context, projectID string, notes []traceNote, deleted string) ([]traceNote, error) {
	var traces, observations []string
	for _, n := range notes {
		switch {
		case n.ObjectType == ObjectTrace && n.ObjectID != deleted:
			traces = append(traces, n.ObjectID)
		case n.ObjectType == ObjectObservation:
			observations = append(observations, n.ObjectID)
		}
	}
	there := map[[2]string]bool{}
	if len(traces) > 0 {
		page, err := c.store.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: traces}, Page: store.Page{Limit: len(traces)}})
		if err != nil {
			return nil, err
		}
		for i := range page.Traces {
			there[[2]string{ObjectTrace, page.Traces[i].ID}] = true
		}
	}
	if len(observations) > 0 {
		page, err := c.store.Observations(ctx, projectID, store.ObservationQuery{ObservationFilter: store.ObservationFilter{IDs: observations}, Page: store.Page{Limit: len(observations)}})
		if err != nil {
			return nil, err
		}
		for i := range page.Observations {
			there[[2]string{ObjectObservation, page.Observations[i].ID}] = true
		}
	}
	var dead []traceNote
	for _, n := range notes {
		if (n.ObjectType == ObjectTrace || n.ObjectType == ObjectObservation) && !there[[2]string{n.ObjectType, n.ObjectID}] {
			dead = append(dead, n)
		}
	}
	return dead, nil
}
