package query

import (
	"context"
	"math"

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
	var roots []*Node
	for i := range t.Observations {
		n := nodes[t.Observations[i].ID]
		parent := nodes[n.ParentID]
		switch {
		case n.ParentID == "":
			roots = append(roots, n)
		case parent == nil || inCycle(nodes, n):
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

// inCycle reports whether n is its own ancestor.
func inCycle(nodes map[string]*Node, n *Node) bool {
	slow, fast := n, n
	step := func(n *Node) *Node {
		if n == nil {
			return nil
		}
		return nodes[n.ParentID]
	}
	for {
		slow, fast = step(slow), step(step(fast))
		if slow == n || fast == n {
			return true
		}
		if fast == nil || slow == fast {
			return false
		}
	}
}
