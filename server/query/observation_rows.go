package query

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	at, skip, err := parseRowCursor(q.After)
	if err != nil {
		return nil, "", err
	}
	q.Payloads = q.Payloads || payloads
	q.Offset, q.Total = 0, false
	traces := map[string]*store.Trace{}
	for looked := 0; looked < maxLooked; {
		q.After, q.Limit = at, most
		if len(filters) > 0 || skip > 0 {
			q.Limit = max(lookChunk, most)
		}
		page, err := r.store.Observations(ctx, projectID, q)
		if err != nil {
			return nil, "", err
		}
		if err := r.tracesOf(ctx, projectID, page.Observations, traces); err != nil {
			return nil, "", err
		}
		for i, o := range page.Observations {
			if i < skip {
				continue
			}
			if row := (ObservationRow{o, traces[o.TraceID]}); row.Trace != nil && match(&row) {
				if len(rows) == most {
					return rows, makeRowCursor(at, i), nil
				}
				rows = append(rows, row)
			}
		}
		looked += len(page.Observations)
		if page.Next == "" {
			return rows, "", nil
		}
		at, skip = page.Next, 0
		if len(rows) == most {
			break
		}
	}
	return rows, makeRowCursor(at, 0), nil
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

// A row cursor is the cursor of a page of the store, and how many of its rows were seen.

func makeRowCursor(page store.Cursor, seen int) store.Cursor {
	return store.Cursor(base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(seen) + "." + string(page))))
}

func parseRowCursor(c store.Cursor) (page store.Cursor, seen int, err error) {
	if c == "" {
		return "", 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(string(c))
	number, rest, ok := strings.Cut(string(b), ".")
	if err == nil && ok {
		if seen, err = strconv.Atoi(number); err == nil && seen >= 0 && seen <= maxLooked {
			return store.Cursor(rest), seen, nil
		}
	}
	return "", 0, fmt.Errorf("langshark: cursor %q: %w", c, store.ErrBadCursor)
}

// ParseObservationFilters reads a JSON array of filters.
func ParseObservationFilters(text string) ([]ObservationFilter, error) {
	if len(text) > maxMetricsQuery {
		return nil, badMetrics("filter: %d bytes: send at most %d", len(text), maxMetricsQuery)
	}
	var list []ObservationFilter
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
	var all []func(*ObservationRow) bool
	for i := range filters {
		f := &filters[i]
		where := fmt.Sprintf("filter[%d]", i)
		column, ok := observationColumns[f.Column]
		if !ok {
			return nil, false, badMetrics("%s.column %q: use one of %s", where, f.Column, strings.Join(observationColumnNames(), ", "))
		}
		if (f.Column == metadataColumn) != (f.Key != "") {
			return nil, false, badMetrics("%s: key %q of %s: metadata has a key, and nothing else", where, f.Key, f.Column)
		}
		payloads = payloads || f.Column == "input" || f.Column == "output"
		of := column.of
		if f.Column == metadataColumn {
			of = func(o *ObservationRow) any { return metadataValue(o.Metadata, f.Key) }
		}
		if f.Operator == "matches" {
			m, err := matchLiteral(where, f)
			if err != nil {
				return nil, false, err
			}
			all = append(all, func(o *ObservationRow) bool { return m(textOf(of(o))) })
			continue
		}
		test, err := matcher(where, column.kind, f)
		if err != nil {
			return nil, false, err
		}
		all = append(all, func(o *ObservationRow) bool { return test(of(o)) })
	}
	return func(o *ObservationRow) bool {
		return !slices.ContainsFunc(all, func(m func(*ObservationRow) bool) bool { return !m(o) })
	}, payloads, nil
}

// matchLiteral looks for a part of a text: whatever the case in inputs and outputs.
func matchLiteral(where string, f *ObservationFilter) (func(string) bool, error) {
	var want string
	if err := valueOf(where, f, &want, "a text"); err != nil {
		return nil, err
	}
	switch f.Column {
	case "input", "output":
		want = strings.ToLower(want)
		return func(s string) bool { return strings.Contains(strings.ToLower(s), want) }, nil
	case metadataColumn:
		return func(s string) bool { return strings.Contains(s, want) }, nil
	}
	return nil, badMetrics("%s: matches works on input, output and metadata: use contains", where)
}

// metadataValue is a top-level key as text; nil if there is none.
func metadataValue(metadata json.RawMessage, key string) any {
	var m map[string]json.RawMessage
	if json.Unmarshal(metadata, &m) != nil {
		return nil
	}
	raw, ok := m[key]
	if !ok || string(raw) == "null" {
		return nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
