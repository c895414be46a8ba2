package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// Metrics implements [store.Store]. Whole hours come from the rollups, what is
// left at both ends from the rows.
func (s *Store) Metrics(ctx context.Context, projectID string, q store.MetricsQuery) ([]store.MetricsRow, error) {
	project, err := s.project(ctx, projectID)
	if err != nil {
		return nil, err
	}
	switch {
	case q.By > store.ByUser:
		return nil, fmt.Errorf("langshark: metrics by %d: %w", q.By, store.ErrBadQuery)
	case q.Step != 0 && q.Step != 24*time.Hour && (q.Step != time.Hour || q.By == store.ByUser):
		return nil, fmt.Errorf("langshark: metrics by %d in steps of %v: %w: steps are an hour (not for users), 24 hours or 0", q.By, q.Step, store.ErrBadQuery)
	}
	m := &metrics{step: q.Step.Microseconds(), rows: map[metricsKey]*store.Sums{}}
	from, to := bounds(q.From, q.To)
	err = s.snapshot(ctx, "metrics", func(tx *sql.Tx) error {
		switch q.By {
		case store.ByUser:
			return m.users(ctx, tx, project, from, to)
		case store.ByTrace:
			return m.hoursAndEdges(from, to, func(from, to int64) error { return m.rollups(ctx, tx, project, byTrace, from, to) },
				func(from, to int64) error { return m.traces(ctx, tx, project, from, to) })
		case store.ByPrompt:
			return m.hoursAndEdges(from, to, func(from, to int64) error { return m.rollups(ctx, tx, project, byPrompt, from, to) },
				func(from, to int64) error { return m.observations(ctx, tx, project, from, to, q.By) })
		case store.ByNothing, store.ByModel:
		}
		m.merge = q.By == store.ByNothing
		return m.hoursAndEdges(from, to, func(from, to int64) error { return m.rollups(ctx, tx, project, byModel, from, to) },
			func(from, to int64) error { return m.observations(ctx, tx, project, from, to, q.By) })
	})
	if err != nil {
		return nil, err
	}
	return m.sorted(q), nil
}

// bounds are those of a query in microseconds.
func bounds(from, to time.Time) (low, high int64) {
	low, high = math.MinInt64, math.MaxInt64
	if !from.IsZero() {
		low = micros(from)
	}
	if !to.IsZero() {
		high = micros(to)
	}
	return low, high
}

// metrics gathers the answer.
type metrics struct {
	step  int64
	merge bool // all groups into one
	rows  map[metricsKey]*store.Sums
}

type metricsKey struct {
	bucket int64
	name   string
	number int64
}

// sums are those of a group at a time.
func (m *metrics) sums(at int64, name string, number int64) *store.Sums {
	k := metricsKey{name: name, number: number}
	if m.merge {
		k = metricsKey{}
	}
	if m.step > 0 {
		k.bucket = floorDiv(at, m.step) * m.step
	}
	s := m.rows[k]
	if s == nil {
		s = &store.Sums{}
		m.rows[k] = s
	}
	return s
}

// hoursAndEdges cuts the time into whole hours and what is left at both ends.
func (m *metrics) hoursAndEdges(from, to int64, hours, edge func(from, to int64) error) error {
	if from >= to {
		return nil
	}
	first, last := int64(math.MinInt64), int64(math.MaxInt64) // hours since 1970
	if from != math.MinInt64 {
		if first = floorDiv(from, hourMicros); first*hourMicros < from {
			first++
		}
	}
	if to != math.MaxInt64 {
		last = floorDiv(to, hourMicros)
	}
	if first > last { // all within an hour
		return edge(from, to)
	}
	if first != math.MinInt64 && from < first*hourMicros {
		if err := edge(from, first*hourMicros); err != nil {
			return err
		}
	}
	if first < last {
		if err := hours(first, last); err != nil {
			return err
		}
	}
	if last != math.MaxInt64 && last*hourMicros < to {
		return edge(last*hourMicros, to)
	}
	return nil
}

// rollups adds the rows of whole hours.
func (m *metrics) rollups(ctx context.Context, tx *sql.Tx, project, by, from, to int64) error {
	rows, err := tx.QueryContext(ctx, "SELECT hour, name, number, sums FROM rollups WHERE project = ? AND by = ? AND hour >= ? AND hour < ?", project, by, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var hour, number int64
		var name string
		var data sql.RawBytes
		if err := rows.Scan(&hour, &name, &number, &data); err != nil {
			return err
		}
		if err := decodeSums(data, m.sums(hour*hourMicros, name, number)); err != nil {
			return err
		}
	}
	return rows.Err()
}

// observations adds those of a part of an hour, one by one.
func (m *metrics) observations(ctx context.Context, tx *sql.Tx, project, from, to int64, by store.MetricsBy) error {
	rows, err := tx.QueryContext(ctx, `SELECT start, kind, ifnull(level, 0), end, ifnull(model, ''), completion_start, ifnull(prompt_name, ''), ifnull(prompt_version, 0),
		ifnull(input_tokens, 0), ifnull(output_tokens, 0), ifnull(total_tokens, 0), total_cost FROM observations WHERE project = ? AND start >= ? AND start < ?`, project, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var o measure
		var end, first, cost *int64
		var kind, level int64
		if err := rows.Scan(&o.start, &kind, &level, &end, &o.model, &first, &o.prompt, &o.promptVersion, &o.input, &o.output, &o.total, &cost); err != nil {
			return err
		}
		o.fill(kind, level, end, first, cost)
		switch {
		case by != store.ByPrompt:
			o.add(m.sums(o.start, o.model, int64(o.kind)), 1)
		case o.prompt != "":
			o.add(m.sums(o.start, o.prompt, int64(o.promptVersion)), 1)
		}
	}
	return rows.Err()
}

// fill completes a measure by the columns that are null or cut.
func (m *measure) fill(kind, level int64, end, first, cost *int64) {
	m.kind, m.level = exporter.Kind(kind), exporter.Level(level) //nolint:gosec // written from them
	m.ended, m.end = end != nil, number(end)
	m.hasFirst, m.first = first != nil, number(first)
	m.input, m.output, m.total = cutCount(m.input), cutCount(m.output), cutCount(m.total)
	if cost != nil {
		m.cost, m.costs = cutCount(*cost), 1
	}
	m.complete()
}

// traces adds those of a part of an hour, one by one.
func (m *metrics) traces(ctx context.Context, tx *sql.Tx, project, from, to int64) error {
	rows, err := tx.QueryContext(ctx, "SELECT "+traceMeasureColumns+" FROM traces WHERE project = ? AND ts >= ? AND ts < ?", project, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t traceMeasure
		if err := rows.Scan(t.destinations()...); err != nil {
			return err
		}
		t.add(m.sums(t.ts, t.environment, 0), 1, true)
	}
	return rows.Err()
}

const traceMeasureColumns = `ts, ifnull(environment, 'default'), ifnull(user_id, ''), observations, errors, warnings, running,
	input_tokens, output_tokens, total_tokens, cost, costs, started, last_start, last_end`

func (m *traceMeasure) destinations() []any {
	return []any{
		&m.ts, &m.environment, &m.user, &m.observations, &m.errors, &m.warnings, &m.running,
		&m.input, &m.output, &m.total, &m.cost, &m.costs, &m.started, &m.lastStart, &m.lastEnd,
	}
}

// users adds whole days.
func (m *metrics) users(ctx context.Context, tx *sql.Tx, project, from, to int64) error {
	if from >= to {
		return nil
	}
	first, last := floorDiv(from, dayMicros), floorDiv(to-1, dayMicros)
	const columns = "sum(traces), sum(observations), sum(errors), sum(warnings), "
	by := "user_id"
	if m.step > 0 {
		by = "day, user_id"
	}
	rows, err := tx.QueryContext(ctx, "SELECT day, user_id, "+columns+sumOf("input_tokens")+", "+sumOf("output_tokens")+", "+sumOf("total_tokens")+", "+sumOf("cost")+", sum(costs)"+
		" FROM user_days WHERE project = ? AND day BETWEEN ? AND ? GROUP BY "+by, project, first, last)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var day int64
		var user string
		var u store.Sums
		if err := rows.Scan(&day, &user, &u.Traces, &u.Observations, &u.Errors, &u.Warnings, &u.InputTokens, &u.OutputTokens, &u.TotalTokens, (*int64)(&u.Cost), &u.Costs); err != nil {
			return err
		}
		m.sums(day*dayMicros, user, 0).Add(&u, 1)
	}
	return rows.Err()
}

// sorted makes the answer.
func (m *metrics) sorted(q store.MetricsQuery) []store.MetricsRow {
	rows := make([]store.MetricsRow, 0, len(m.rows))
	for k, sums := range m.rows {
		if sums.IsZero() {
			continue
		}
		row := store.MetricsRow{Sums: *sums}
		if m.step > 0 {
			row.Time = fromMicros(k.bucket)
		}
		switch q.By {
		case store.ByModel:
			row.Model, row.Kind = k.name, exporter.Kind(k.number) //nolint:gosec // written from one
		case store.ByPrompt:
			row.PromptName, row.PromptVersion = k.name, int(k.number)
		case store.ByTrace:
			row.Environment = k.name
		case store.ByUser:
			row.UserID = k.name
		case store.ByNothing:
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b store.MetricsRow) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Model, b.Model), cmp.Compare(a.PromptName, b.PromptName),
			cmp.Compare(a.PromptVersion, b.PromptVersion), cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.UserID, b.UserID))
	})
	return rows
}
