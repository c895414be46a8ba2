package query

import (
	"context"

	"github.com/langshark/langshark-go/server/store"
)

// MaxSessionTraces is how many traces of one session are returned at most.
const MaxSessionTraces = 1000

// SessionDetail is one session with its traces.
type SessionDetail struct {
	store.Session
	// Turns are the traces of the session with their payloads, oldest first.
	Turns []store.Trace
}

// Session returns a session with its traces, or [store.ErrNotFound].
func (r *Reader) Session(ctx context.Context, projectID, id string) (*SessionDetail, error) {
	s, err := r.store.Session(ctx, projectID, id)
	if err != nil {
		return nil, err
	}
	page, err := r.store.Traces(ctx, projectID, store.TraceQuery{
		TraceFilter: store.TraceFilter{SessionID: id},
		Ascending:   true,
		Page:        store.Page{Limit: MaxSessionTraces},
		Payloads:    true,
	})
	if err != nil {
		return nil, err
	}
	return &SessionDetail{Session: *s, Turns: page.Traces}, nil
}
