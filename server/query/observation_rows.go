package query

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

// ObservationRow is an observation beside its trace.
type ObservationRow struct {
	store.Observation

	// Trace has no payload and no rollup worth reading.
	Trace *store.Trace
}

// IsRoot reports whether the observation has no parent.
func (o *ObservationRow) IsRoot() bool { return o.ParentID == "" }

// ObservationFilter is a condition of the list of observations, as its JSON is in the API.
type ObservationFilter = MetricsFilter

const (
	// maxLooked is how many observations one call looks at: a page may be short, or
	// empty, and go on all the same.
	maxLooked = 20_000
	// lookChunk is how many are read at once where a filter picks some of them.
	lookChunk = 500
)

// ObservationRows lists observations, newest first, that all filters match. A page
// ends after limit rows, or when enough were looked at; next continues it, and is
// empty at the end. Payloads are read if q asks for them or a filter needs them.
func (r *Reader) ObservationRows(ctx context.Context, projectID string, q store.ObservationQuery, filters []ObservationFilter) (rows []ObservationRow, next store.Cursor, err error) {
	match, payloads, err := observationMatcher(filters)
	if err != nil {
		return nil, "", err
	}
	most := q.Limit
	q.Payloads = q.Payloads || payloads
	q.Offset, q.Total, q.Places = 0, false, true
	if len(filters) > 0 {
		q.Limit = max(lookChunk, most)
	}
	traces := map[string]*store.Trace{}
	for looked := 0; looked < maxLooked; {
		page, err := r.store.Observations(ctx, projectID, q)
		if err != nil {
			return nil, "", err
		}
		if err := r.tracesOf(ctx, projectID, page.Observations, traces); err != nil {
			return nil, "", err
		}
		for i, o := range page.Observations {
			if row := (ObservationRow{o, traces[o.TraceID]}); row.Trace != nil && match(&row) {
				if len(rows) == most {
					return rows, page.Places[i-1], nil // its first row can't be one too many
				}
				rows = append(rows, row)
			}
		}
		looked += len(page.Observations)
		if page.Next == "" {
			return rows, "", nil
		}
		q.After = page.Next
		if len(rows) == most {
			break
		}
	}
	return rows, q.After, nil
}

// tracesOf adds the traces of the observations that are not in the map.
func (r *Reader) tracesOf(ctx context.Context, projectID string, list []store.Observation, traces map[string]*store.Trace) error {
	var missing []string
	for _, o := range list {
		if _, known := traces[o.TraceID]; !known {
			traces[o.TraceID] = nil
			missing = append(missing, o.TraceID)
		}
	}
	for ids := range slices.Chunk(missing, lookChunk) {
		page, err := r.store.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: ids}, Page: store.Page{Limit: len(ids)}})
		if err != nil {
			return err
		}
		for i := range page.Traces {
			traces[page.Traces[i].ID] = &page.Traces[i]
		}
	}
	return nil
}

// ParseRowFilters reads a JSON array of filters of observations or scores.
func ParseRowFilters(text string) ([]MetricsFilter, error) {
	if len(text) > maxMetricsQuery {
		return nil, badMetrics("filter: %d bytes: send at most %d", len(text), maxMetricsQuery)
	}
	var list []MetricsFilter
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, badMetrics("filter: %v: send a JSON array of conditions", err)
	}
	if len(list) > maxFilters {
		return nil, badMetrics("filter: %d conditions: at most %d", len(list), maxFilters)
	}
	return list, nil
}

// observationMatcher is true of rows that all filters match.
func observationMatcher(filters []ObservationFilter) (match func(*ObservationRow) bool, payloads bool, err error) {
	match, err = rowMatcher(filters, observationColumns, func(o *ObservationRow) json.RawMessage { return o.Metadata })
	payloads = slices.ContainsFunc(filters, func(f ObservationFilter) bool { return f.Column == "input" || f.Column == "output" })
	return match, payloads, err
}
