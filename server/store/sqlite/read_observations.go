package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// payloadRefs are the references of a row to its payloads.
type payloadRefs struct{ input, output *int64 }

// scanObservation reads o.rid, o.id, t.id, t.environment, and observationRowColumns.
func scanObservation(row scanner, projectID string) (o store.Observation, rid int64, refs payloadRefs, err error) {
	o.ProjectID = projectID
	var c observationRow
	var environment *string
	if err := row.Scan(append([]any{&rid, &o.ID, &o.TraceID, &environment}, c.destinations()...)...); err != nil {
		return o, 0, refs, err
	}
	var f store.ObservationWrite
	if o.Pricing, err = c.fill(&f); err != nil {
		return o, 0, refs, fmt.Errorf("observation %q: %w", o.ID, err)
	}
	o.ParentID, o.Kind, o.Name, o.Environment = f.ParentID, f.Kind, f.Name, cmp.Or(f.Environment, deref(environment), "default")
	o.Start, o.End, o.CompletionStart = fromMicros(c.start), f.End, f.CompletionStart
	if f.Level != nil {
		o.Level = *f.Level
	}
	o.StatusMessage, o.Version, o.Metadata = f.StatusMessage, f.Version, f.Metadata
	o.Model, o.ModelParameters, o.PromptName, o.PromptVersion = f.Model, f.ModelParameters, f.PromptName, f.PromptVersion
	if o.Usage, o.Cost = f.Usage, f.Cost; o.Pricing != nil {
		o.Usage, o.Cost = cmp.Or(o.Usage, o.Pricing.Usage), cmp.Or(o.Cost, o.Pricing.Cost)
	}
	o.CreatedAt, o.UpdatedAt = fromMicros(c.created), fromMicros(c.updated)
	return o, rid, payloadRefs{c.inputRef, c.outputRef}, nil
}

// Observations implements [store.Store].
func (s *Store) Observations(ctx context.Context, projectID string, q store.ObservationQuery) (store.ObservationPage, error) {
	var page store.ObservationPage
	project, err := s.project(ctx, projectID)
	if err != nil {
		return page, err
	}
	if err := checkCursor(ofObservations, q.After); err != nil {
		return page, err
	}
	if err := checkIDs(len(q.IDs)); err != nil {
		return page, err
	}
	view := s.ids.view()
	err = s.snapshot(ctx, "observations", func(tx *sql.Tx) error {
		trace := int64(0)
		if q.TraceID != "" {
			rows, err := s.rowsOf(ctx, tx, view, traceIDs, project, []string{q.TraceID})
			if err != nil {
				return err
			}
			w := &where{}
			w.add("+project = ?", project)
			byID(w, "", []string{q.TraceID}, rows)
			err = tx.QueryRowContext(ctx, "SELECT rid FROM traces"+w.String(), w.args...).Scan(&trace)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		rows, err := s.rowsOf(ctx, tx, view, observationIDs, project, q.IDs)
		if err != nil {
			return err
		}
		page, err = s.observations(ctx, tx, projectID, project, trace, rows, q)
		return err
	})
	return page, err
}

// observationSource is where observations are read from: by time, or those of
// one trace, which lie together.
func observationSource(trace int64) string {
	if trace != 0 {
		return "observations o NOT INDEXED JOIN traces t ON t.rid = o.rid >> 24"
	}
	return "observations o JOIN traces t ON t.rid = o.rid >> 24"
}

func (s *Store) observations(ctx context.Context, tx *sql.Tx, projectID string, project, trace int64, those []int64, q store.ObservationQuery) (page store.ObservationPage, err error) {
	w := observationWhere(project, trace, those, q.ObservationFilter)
	from := observationSource(trace)
	if q.Total {
		if page.Total, err = count(ctx, tx, from, w); err != nil {
			return page, err
		}
	}
	if err := w.after(ofObservations, q.After, q.Ascending, "o.start, o.rid"); err != nil {
		return page, err
	}
	order := "o.start " + direction(q.Ascending) + ", o.rid " + direction(q.Ascending)
	rows, err := tx.QueryContext(ctx, "SELECT o.rid, o.id, t.id, t.environment, "+observationRowColumns+" FROM "+from+w.String()+tail(q.Page, order), w.args...)
	if err != nil {
		return page, err
	}
	defer rows.Close()
	var last int64
	var refs []payloadRefs
	for rows.Next() {
		if n := len(page.Observations); n == limit(q.Page) {
			if n > 0 {
				page.Next = makeCursor(ofObservations, micros(page.Observations[n-1].Start), last)
			}
			break
		}
		o, rid, r, err := scanObservation(rows, projectID)
		if err != nil {
			return page, err
		}
		page.Observations = append(page.Observations, o)
		refs = append(refs, r)
		last = rid
		if q.Places {
			page.Places = append(page.Places, makeCursor(ofObservations, micros(o.Start), rid))
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || !q.Payloads {
		return page, err
	}
	return page, s.payloads(ctx, tx, refs, func(i int, input, output json.RawMessage) {
		page.Observations[i].Input, page.Observations[i].Output = input, output
	})
}

// observationWhere are the conditions; those are the rows that f.IDs may be in.
func observationWhere(project, trace int64, those []int64, f store.ObservationFilter) *where {
	w := &where{}
	w.project("o.", project, f.IDs)
	byID(w, "o.", f.IDs, those)
	if trace != 0 {
		w.add("o.rid BETWEEN ? AND ?", firstMember(trace), lastMember(trace))
	}
	w.equal("o.name", f.Name)
	w.equal("t.user_id", f.UserID)
	kinds := make([]int64, len(f.Kinds))
	for i, k := range f.Kinds {
		kinds[i] = int64(k)
	}
	in(w, "o.kind", kinds)
	levels := make([]int64, len(f.Levels))
	for i, l := range f.Levels {
		levels[i] = int64(l)
	}
	in(w, "ifnull(o.level, "+strconv.Itoa(int(exporter.LevelDefault))+")", levels)
	w.equal("o.parent_id", f.ParentID)
	w.equal("o.version", f.Version)
	in(w, "coalesce(o.environment, t.environment, 'default')", f.Environments)
	w.span("o.start", f.From, f.To)
	return w
}

// Observation implements [store.Store].
func (s *Store) Observation(ctx context.Context, projectID, observationID string) (*store.Observation, error) {
	page, err := s.Observations(ctx, projectID, store.ObservationQuery{ObservationFilter: store.ObservationFilter{IDs: []string{observationID}}, Payloads: true})
	if err != nil {
		return nil, err
	}
	if len(page.Observations) == 0 {
		return nil, fmt.Errorf("langshark: observation %q: %w", observationID, store.ErrNotFound)
	}
	return &page.Observations[0], nil
}
