// Package query is what the API and the dashboard read: traces with what they
// add up to, whole trees, sessions, and word of what changes.
//
// It knows no HTTP and no SQL.
package query

import (
	"context"
	"fmt"

	"github.com/langshark/langshark-go/server/store"
)

// Reader answers the questions of the API and the dashboard. Its methods are
// safe for concurrent use.
type Reader struct {
	store store.Store
	live  *live
}

// New returns a reader of s. End it with Close.
func New(s store.Store) *Reader {
	return &Reader{store: s, live: newLive(s)}
}

// Close ends all subscriptions.
func (r *Reader) Close() { r.live.close() }

// Projects lists all projects, oldest first.
func (r *Reader) Projects(ctx context.Context) ([]store.Project, error) {
	return r.store.Projects(ctx)
}

// Project returns one project, or [store.ErrNotFound].
func (r *Reader) Project(ctx context.Context, id string) (store.Project, error) {
	all, err := r.store.Projects(ctx)
	if err != nil {
		return store.Project{}, err
	}
	for _, p := range all {
		if p.ID == id {
			return p, nil
		}
	}
	return store.Project{}, fmt.Errorf("langshark: project %q: %w", id, store.ErrNotFound)
}

// Traces lists traces with their rollups.
func (r *Reader) Traces(ctx context.Context, projectID string, q store.TraceQuery) (store.TracePage, error) {
	return r.store.Traces(ctx, projectID, q)
}

// TraceMembers returns the ids of the observations and scores of each trace.
func (r *Reader) TraceMembers(ctx context.Context, projectID string, traceIDs []string) (map[string]store.Members, error) {
	return r.store.TraceMembers(ctx, projectID, traceIDs)
}

// Observations lists observations.
func (r *Reader) Observations(ctx context.Context, projectID string, q store.ObservationQuery) (store.ObservationPage, error) {
	return r.store.Observations(ctx, projectID, q)
}

// Observation returns one observation with its payload, or [store.ErrNotFound].
func (r *Reader) Observation(ctx context.Context, projectID, id string) (*store.Observation, error) {
	return r.store.Observation(ctx, projectID, id)
}

// Search finds text in inputs and outputs.
func (r *Reader) Search(ctx context.Context, projectID string, q store.SearchQuery) (store.SearchPage, error) {
	return r.store.Search(ctx, projectID, q)
}

// Sessions lists sessions, newest first.
func (r *Reader) Sessions(ctx context.Context, projectID string, q store.SessionQuery) (store.SessionPage, error) {
	return r.store.Sessions(ctx, projectID, q)
}
