package query

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

// MaxTraceObservations is how many observations of one trace are returned at most.
const MaxTraceObservations = 50_000

// TraceDetail is one trace with everything that belongs to it.
type TraceDetail struct {
	store.Trace
	// Observations are sorted by start. Tree has them in their order of nesting.
	Observations []store.Observation
	// Scores are those of the trace and of its observations, newest first.
	Scores []store.Score
}

// Node is an observation in the tree of its trace.
type Node struct {
	*store.Observation
	Depth    int
	Children []*Node
	// Orphan says that the parent has not arrived; the node stands at the root.
	Orphan bool
}

// Trace returns a trace with its observations, payloads included, and scores,
// or [store.ErrNotFound].
func (r *Reader) Trace(ctx context.Context, projectID, id string) (*TraceDetail, error) {
	return r.trace(ctx, projectID, id, true)
}

// TraceTree returns a trace without the payloads of its observations, which a
// page loads one by one; that of the trace itself is there.
func (r *Reader) TraceTree(ctx context.Context, projectID, id string) (*TraceDetail, error) {
	return r.trace(ctx, projectID, id, false)
}

// HasTrace returns nil if the trace is there, else [store.ErrNotFound].
func (r *Reader) HasTrace(ctx context.Context, projectID, id string) error {
	page, err := r.store.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: []string{id}}})
	if err == nil && len(page.Traces) == 0 {
		err = fmt.Errorf("langshark: trace %q: %w", id, store.ErrNotFound)
	}
	return err
}

func (r *Reader) trace(ctx context.Context, projectID, id string, payloads bool) (*TraceDetail, error) {
	t, err := r.store.Trace(ctx, projectID, id)
	if err != nil {
		return nil, err
	}
	observations, err := r.store.Observations(ctx, projectID, store.ObservationQuery{
		ObservationFilter: store.ObservationFilter{TraceID: id},
		Ascending:         true,
		Page:              store.Page{Limit: MaxTraceObservations},
		Payloads:          payloads,
	})
	if err != nil {
		return nil, err
	}
	scores, err := r.store.Scores(ctx, projectID, store.ScoreQuery{TraceIDs: []string{id}, Page: store.Page{Limit: math.MaxInt32}})
	if err != nil {
		return nil, err
	}
	return &TraceDetail{Trace: *t, Observations: observations.Observations, Scores: scores.Scores}, nil
}

// Tree returns the roots of the trace's tree, siblings in order of start. An
// observation whose parent is missing, or is its own ancestor, is a root.
func (t *TraceDetail) Tree() []*Node {
	nodes := make(map[string]*Node, len(t.Observations))
	for i := range t.Observations {
		nodes[t.Observations[i].ID] = &Node{Observation: &t.Observations[i]}
	}
	cyclic := cycles(nodes)
	var roots []*Node
	for i := range t.Observations {
		n := nodes[t.Observations[i].ID]
		parent := nodes[n.ParentID]
		switch {
		case n.ParentID == "":
			roots = append(roots, n)
		case parent == nil || cyclic[n]:
			n.Orphan = true
			roots = append(roots, n)
		default:
			parent.Children = append(parent.Children, n)
		}
	}
	level := roots
	for depth := 0; len(level) > 0; depth++ {
		var next []*Node
		for _, n := range level {
			n.Depth = depth
			next = append(next, n.Children...)
		}
		level = next
	}
	return roots
}

// cycles marks the nodes that are their own ancestors. Each is visited once.
func cycles(nodes map[string]*Node) map[*Node]bool {
	const onWay, done = 1, 2
	state := make(map[*Node]uint8, len(nodes))
	var in map[*Node]bool
	var way []*Node
	for _, n := range nodes {
		way = way[:0]
		for ; n != nil && state[n] == 0; n = nodes[n.ParentID] {
			state[n] = onWay
			way = append(way, n)
		}
		if n != nil && state[n] == onWay { // the way has come back to n
			if in == nil {
				in = map[*Node]bool{}
			}
			for _, member := range slices.Backward(way) {
				in[member] = true
				if member == n {
					break
				}
			}
		}
		for _, n := range way {
			state[n] = done
		}
	}
	return in
}
