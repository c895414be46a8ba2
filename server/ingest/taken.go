package ingest

import (
	"context"
	"fmt"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

// spanIDChars is how many characters the id of a span has in hex. Ids that applications choose are mostly others.
const spanIDChars = 16

// takenStep is how many ids are looked for at once.
const takenStep = 5000

// Taken leaves out the pieces of spans whose id is that of an observation of another trace, and returns the rest, how many
// were left out, and why the first was. Ids of spans are unique in a trace, those of observations in a project: both would become one.
// Requests at the same time don't see each other.
func (g *Ingester) Taken(ctx context.Context, projectID string, pieces []store.Batch) (rest []store.Batch, rejected int, reason string, err error) {
	traces := map[string]string{} // by the id of the observation
	var ids []string
	for i := range pieces {
		for _, w := range pieces[i].Observations {
			if _, seen := traces[w.ID]; !seen && len(w.ID) == spanIDChars {
				traces[w.ID] = w.TraceID
				ids = append(ids, w.ID)
			}
		}
	}
	for some := range slices.Chunk(ids, takenStep) {
		page, err := g.store.Observations(ctx, projectID, store.ObservationQuery{ObservationFilter: store.ObservationFilter{IDs: some}, Page: store.Page{Limit: len(some)}})
		if err != nil {
			return nil, 0, "", err
		}
		for i := range page.Observations {
			traces[page.Observations[i].ID] = page.Observations[i].TraceID
		}
	}
	rest = make([]store.Batch, 0, len(pieces))
	for i := range pieces {
		if id, other := takenBy(&pieces[i], traces); other != "" {
			if rejected++; reason == "" {
				reason = fmt.Sprintf("span %s: trace %s has an observation of that id, and another trace can't have one too: ids of observations are unique in a project", short(id), short(other))
			}
			continue
		}
		rest = append(rest, pieces[i])
	}
	return rest, rejected, reason, nil
}

// takenBy is an observation of a piece whose id is that of another trace's, and that trace.
func takenBy(piece *store.Batch, traces map[string]string) (id, other string) {
	for _, w := range piece.Observations {
		if trace := traces[w.ID]; trace != "" && trace != w.TraceID {
			return w.ID, trace
		}
	}
	return "", ""
}
