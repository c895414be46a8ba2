package sqlite

import (
	"context"
	"fmt"
	"strconv"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

const observationColumns = `o.rid, o.id, t.id, ifnull(o.parent_id, ''), o.kind, ifnull(o.name, ''), coalesce(o.environment, t.environment, 'default'), o.start, o.end,
	ifnull(o.level, 0), ifnull(o.status_message, ''), ifnull(o.version, ''), o.metadata, ifnull(o.model, ''), o.model_parameters, o.completion_start,
	ifnull(o.prompt_name, ''), ifnull(o.prompt_version, 0), o.usage_unit, o.input_tokens, o.output_tokens, o.total_tokens, o.usage_details,
	o.input_cost, o.output_cost, o.total_cost, o.cost_details, o.created, o.updated`

// scanObservation reads observationColumns, then more.
func scanObservation(row scanner, projectID string, more ...any) (o store.Observation, rid int64, err error) {
	o.ProjectID = projectID
	var start, created, updated int64
	var end, completion *int64
	var metadata, parameters []byte
	var u usageColumns
	err = row.Scan(append([]any{
		&rid, &o.ID, &o.TraceID, &o.ParentID, &o.Kind, &o.Name, &o.Environment, &start, &end, &o.Level, &o.StatusMessage,
		&o.Version, &metadata, &o.Model, &parameters, &completion, &o.PromptName, &o.PromptVersion,
		&u.unit, &u.input, &u.output, &u.total, &u.details, &u.inputCost, &u.outputCost, &u.totalCost, &u.costDetails, &created, &updated,
	}, more...)...)
	if err != nil {
		return o, 0, err
	}
	o.Metadata, o.ModelParameters = metadata, parameters
	o.Start, o.End, o.CompletionStart = fromMicros(start), derefTime(end), derefTime(completion)
	o.CreatedAt, o.UpdatedAt = fromMicros(created), fromMicros(updated)
	o.Usage, o.Cost, err = u.values()
	return o, rid, err
}

// Observations implements [store.Store].
func (s *Store) Observations(ctx context.Context, projectID string, q store.ObservationQuery) (store.ObservationPage, error) {
	var page store.ObservationPage
	project, err := s.project(ctx, projectID)
	if err != nil {
		return page, err
	}
	w := observationWhere(project, q.ObservationFilter)
	from := "observations o JOIN traces t ON t.rid = o.trace_rid"
	if q.Total {
		counted := "observations o"
		if q.UserID != "" {
			counted = from
		}
		if page.Total, err = s.count(ctx, counted, w); err != nil {
			return page, err
		}
	}
	if err := w.after(q.After, q.Ascending, "o.start, o.rid"); err != nil {
		return page, err
	}
	columns := observationColumns
	var more []any
	var input, output []byte
	if q.Payloads {
		columns += ", p.input, p.output"
		from += " LEFT JOIN observation_payloads p ON p.rid = o.rid"
		more = []any{&input, &output}
	}
	order := "o.start " + direction(q.Ascending) + ", o.rid " + direction(q.Ascending)
	rows, err := s.read.QueryContext(ctx, "SELECT "+columns+" FROM "+from+w.String()+tail(q.Page, order), w.args...)
	if err != nil {
		return page, s.readError("observations", err)
	}
	defer rows.Close()
	var last int64
	for rows.Next() {
		if n := len(page.Observations); n == limit(q.Page) {
			if n > 0 {
				page.Next = makeCursor(micros(page.Observations[n-1].Start), last)
			}
			break
		}
		input, output = nil, nil
		o, rid, err := scanObservation(rows, projectID, more...)
		if err != nil {
			return page, s.readError("observations", err)
		}
		if o.Input, o.Output, err = s.unpackBoth(input, output); err != nil {
			return page, err
		}
		page.Observations = append(page.Observations, o)
		last = rid
	}
	if err := rows.Err(); err != nil {
		return page, s.readError("observations", err)
	}
	return page, nil
}

func observationWhere(project int64, f store.ObservationFilter) *where {
	w := &where{}
	w.add("o.project = ?", project)
	in(w, "o.id", f.IDs)
	if f.TraceID != "" {
		w.add("o.trace_rid = (SELECT rid FROM traces WHERE project = ? AND id = ?)", project, f.TraceID)
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
