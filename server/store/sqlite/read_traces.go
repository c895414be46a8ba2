package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

const traceColumns = `t.rid, t.id, t.ts, ifnull(t.name, ''), ifnull(t.user_id, ''), ifnull(t.session_id, ''), ifnull(t.environment, 'default'),
	ifnull(t.release, ''), ifnull(t.version, ''), ifnull(t.public, 0), t.bookmarked, t.tags, t.metadata, t.created, t.updated,
	t.observations, t.errors, t.warnings, t.running > 0, t.started, max(ifnull(ifnull(t.last_end, t.last_start) - t.started, 0), 0), t.input_tokens, t.output_tokens, t.total_tokens,
	iif(t.costs > 0, t.cost, NULL), t.input, t.output`

// scanner is a row that can be read.
type scanner interface{ Scan(dest ...any) error }

// scanTrace reads traceColumns.
func scanTrace(row scanner, projectID string) (t store.Trace, rid int64, refs payloadRefs, err error) {
	t.ProjectID = projectID
	var ts, created, updated, latency int64
	var started *int64
	var tags *string
	var metadata []byte
	r := &t.Rollup
	err = row.Scan(
		&rid, &t.ID, &ts, &t.Name, &t.UserID, &t.SessionID, &t.Environment, &t.Release, &t.Version, &t.Public, &t.Bookmarked,
		&tags, &metadata, &created, &updated, &r.Observations, &r.Errors, &r.Warnings, &r.Running, &started, &latency,
		&r.InputTokens, &r.OutputTokens, &r.TotalTokens,
		nullNano{&r.Cost}, &refs.input, &refs.output,
	)
	if err != nil {
		return t, 0, refs, err
	}
	if tags != nil {
		if err := json.Unmarshal([]byte(*tags), &t.Tags); err != nil {
			return t, 0, refs, fmt.Errorf("tags of trace %q: %w", t.ID, err)
		}
	}
	t.Metadata = metadata
	t.Timestamp, t.CreatedAt, t.UpdatedAt = fromMicros(ts), fromMicros(created), fromMicros(updated)
	r.Start, r.Latency = derefTime(started), duration(latency)
	switch {
	case r.Errors > 0:
		r.Level = exporter.LevelError
	case r.Warnings > 0:
		r.Level = exporter.LevelWarning
	}
	return t, rid, refs, nil
}

// traceOrders are the columns of the orders, by which no input reaches the SQL.
var traceOrders = map[store.Order]string{
	"": "t.ts", store.OrderTimestamp: "t.ts", store.OrderID: "t.id", store.OrderName: "t.name", store.OrderUserID: "t.user_id",
	store.OrderSessionID: "t.session_id", store.OrderRelease: "t.release", store.OrderVersion: "t.version", store.OrderPublic: "ifnull(t.public, 0)",
	store.OrderBookmarked: "t.bookmarked", store.OrderCreatedAt: "t.created", store.OrderUpdatedAt: "t.updated", store.OrderEnvironment: "t.environment",
}

// filterAttributes lists the attributes that a filter asks for, the rarer kind first.
func filterAttributes(f store.TraceFilter) []attribute {
	var list []attribute
	for _, key := range slices.Sorted(maps.Keys(f.Metadata)) {
		list = append(list, attribute{"m:" + key, f.Metadata[key]})
	}
	for _, tag := range f.Tags {
		list = append(list, attribute{"t", tag})
	}
	return list
}

// traceSource is where traces are read from in the order of their time, and the
// columns of that order. A list by tags or metadata walks the index of the first
// of them, which is in that order too, and so costs what it finds, not what there is.
func traceSource(f store.TraceFilter) (from, time, row string) {
	if len(f.Tags)+len(f.Metadata) > 0 {
		return "trace_attributes a CROSS JOIN traces t ON t.rid = a.rid", "a.ts", "a.rid"
	}
	return "traces t", "t.ts", "t.rid"
}

// traceWhere are the conditions; those are the rows that f.IDs may be in.
func traceWhere(project int64, those []int64, f store.TraceFilter, time string) *where {
	w := &where{}
	for i, a := range filterAttributes(f) {
		if i == 0 {
			w.add("a.project = ? AND a.key = ? AND a.value = ?", project, a.key, a.value)
			continue
		}
		w.add("EXISTS (SELECT 1 FROM trace_attributes b WHERE b.project = ? AND b.key = ? AND b.value = ? AND b.ts = t.ts AND b.rid = t.rid)",
			project, a.key, a.value)
	}
	w.project("t.", project, f.IDs)
	byID(w, "t.", f.IDs, those)
	w.equal("t.name", f.Name)
	w.equal("t.user_id", f.UserID)
	w.equal("t.session_id", f.SessionID)
	w.equal("t.release", f.Release)
	w.equal("t.version", f.Version)
	in(w, "ifnull(t.environment, 'default')", f.Environments)
	w.levels(f.Levels)
	w.contains(f.Search, "t.id", "t.name", "t.user_id", "t.session_id")
	w.span(time, f.From, f.To)
	return w
}

// levels adds conditions on the highest level of a trace.
func (w *where) levels(levels []exporter.Level) {
	if len(levels) == 0 {
		return
	}
	has := func(l exporter.Level) bool { return slices.Contains(levels, l) }
	normal := has(exporter.LevelDefault) || has(exporter.LevelDebug)
	switch e, warn := has(exporter.LevelError), has(exporter.LevelWarning); {
	case e && warn && normal:
	case e && warn:
		w.add("(t.errors > 0 OR t.warnings > 0)")
	case e && normal:
		w.add("(t.errors > 0 OR t.warnings = 0)")
	case e:
		w.add("t.errors > 0")
	case warn && normal:
		w.add("t.errors = 0")
	case warn:
		w.add("t.errors = 0 AND t.warnings > 0")
	default:
		w.add("t.errors = 0 AND t.warnings = 0")
	}
}

// Traces implements [store.Store].
func (s *Store) Traces(ctx context.Context, projectID string, q store.TraceQuery) (store.TracePage, error) {
	var page store.TracePage
	project, err := s.project(ctx, projectID)
	if err != nil {
		return page, err
	}
	column, ok := traceOrders[q.OrderBy]
	if !ok {
		return page, fmt.Errorf("langshark: order by %q: %w", q.OrderBy, store.ErrBadOrder)
	}
	source, when, row := traceSource(q.TraceFilter)
	byTime := column == "t.ts"
	if byTime {
		column = when
		if err := checkCursor(ofTraces, q.After); err != nil {
			return page, err
		}
	}
	if err := errors.Join(checkIDs(len(q.IDs)), traceWhere(project, nil, q.TraceFilter, when).check()); err != nil {
		return page, err
	}
	order := column + " " + direction(q.Ascending) + ", " + row + " " + direction(q.Ascending)
	view := s.ids.view()
	err = s.snapshot(ctx, "traces", func(tx *sql.Tx) error {
		those, err := s.rowsOf(ctx, tx, view, traceIDs, project, q.IDs)
		if err != nil {
			return err
		}
		w := traceWhere(project, those, q.TraceFilter, when)
		if q.Total {
			if onlyTime(q.TraceFilter) {
				page.Total, err = countTraces(ctx, tx, project, q.From, q.To)
			} else {
				page.Total, err = count(ctx, tx, source, w)
			}
			if err != nil {
				return err
			}
		}
		if byTime {
			if err := w.after(ofTraces, q.After, q.Ascending, when+", "+row); err != nil {
				return err
			}
		}
		rows, err := tx.QueryContext(ctx, "SELECT "+traceColumns+" FROM "+source+w.String()+tail(q.Page, order), w.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var last int64
		var refs []payloadRefs
		for rows.Next() {
			if len(page.Traces) == limit(q.Page) {
				if byTime && len(page.Traces) > 0 {
					page.Next = makeCursor(ofTraces, micros(page.Traces[len(page.Traces)-1].Timestamp), last)
				}
				break
			}
			t, rid, r, err := scanTrace(rows, projectID)
			if err != nil {
				return err
			}
			page.Traces = append(page.Traces, t)
			refs = append(refs, r)
			last = rid
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || !q.Payloads {
			return err
		}
		return s.payloads(ctx, tx, refs, func(i int, input, output json.RawMessage) {
			page.Traces[i].Input, page.Traces[i].Output = input, output
		})
	})
	return page, err
}

// onlyTime reports whether a filter narrows nothing but the time.
func onlyTime(f store.TraceFilter) bool {
	f.From, f.To = time.Time{}, time.Time{}
	return reflect.ValueOf(f).IsZero()
}

// count counts the rows that match.
func count(ctx context.Context, q queryer, from string, w *where) (n int64, err error) {
	return n, q.QueryRowContext(ctx, "SELECT count(*) FROM "+from+w.String(), w.args...).Scan(&n)
}

// queryer is a pool or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Trace implements [store.Store].
func (s *Store) Trace(ctx context.Context, projectID, traceID string) (*store.Trace, error) {
	page, err := s.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: []string{traceID}}, Payloads: true})
	if err != nil {
		return nil, err
	}
	if len(page.Traces) == 0 {
		return nil, fmt.Errorf("langshark: trace %q: %w", traceID, store.ErrNotFound)
	}
	return &page.Traces[0], nil
}

const selectMembers = "SELECT t.id, o.id FROM traces t CROSS JOIN observations o ON o.rid >= t.rid << 24 AND o.rid < (t.rid + 1) << 24"

const selectScoreMembers = "SELECT trace_id, id FROM scores INDEXED BY scores_by_trace"

// TraceMembers implements [store.Store].
func (s *Store) TraceMembers(ctx context.Context, projectID string, traces []string) (map[string]store.Members, error) {
	members := make(map[string]store.Members, len(traces))
	if len(traces) == 0 {
		return members, nil
	}
	project, err := s.project(ctx, projectID)
	if err != nil {
		return nil, err
	}
	if err := checkIDs(len(traces)); err != nil {
		return nil, err
	}
	view := s.ids.view()
	err = s.snapshot(ctx, "members", func(tx *sql.Tx) error {
		those, err := s.rowsOf(ctx, tx, view, traceIDs, project, traces)
		if err != nil {
			return err
		}
		w := &where{}
		w.project("t.", project, traces)
		byID(w, "t.", traces, those)
		err = eachPair(ctx, tx, selectMembers+w.String()+" ORDER BY o.id", w.args, func(trace, id string) {
			m := members[trace]
			m.Observations = append(m.Observations, id)
			members[trace] = m
		})
		if err != nil {
			return err
		}
		w = &where{}
		w.add("project = ?", project)
		in(w, "trace_id", traces)
		return eachPair(ctx, tx, selectScoreMembers+w.String()+" ORDER BY id", w.args, func(trace, id string) {
			m := members[trace]
			m.Scores = append(m.Scores, id)
			members[trace] = m
		})
	})
	return members, err
}

func eachPair(ctx context.Context, tx *sql.Tx, query string, args []any, f func(a, b string)) error {
	return each(ctx, tx, query, args, func(rows *sql.Rows) error {
		var a, b string
		err := rows.Scan(&a, &b)
		f(a, b)
		return err
	})
}

// nullNano scans an amount that may be null.
type nullNano struct{ p **exporter.NanoUSD }

// Scan implements sql.Scanner.
func (n nullNano) Scan(src any) error {
	*n.p = nil
	if v, ok := src.(int64); ok {
		amount := exporter.NanoUSD(v)
		*n.p = &amount
	}
	return nil
}
