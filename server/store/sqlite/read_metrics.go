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

// Metrics implements [store.Store]. Whole days and hours come from the rollups,
// what is left at both ends from the rows.
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
	case q.PromptName != "" && q.By != store.ByPrompt:
		return nil, fmt.Errorf("langshark: metrics by %d of prompt %q: %w: group by prompt", q.By, q.PromptName, store.ErrBadQuery)
	}
	m := &metrics{step: q.Step.Microseconds(), prompt: q.PromptName, rows: map[metricsKey]*store.Sums{}, merge: q.By == store.ByNothing}
	from, to := bounds(q.From, q.To)
	err = s.snapshot(ctx, "metrics", func(tx *sql.Tx) error {
		if q.By == store.ByUser {
			return m.users(ctx, tx, project, from, to)
		}
		return m.times(from, to, source{
			rollups: func(unit, from, to int64) error { return m.rollups(ctx, tx, project, q.By, unit, from, to) },
			rows: func(from, to int64) error {
				if q.By == store.ByTrace {
					return m.traces(ctx, tx, project, from, to)
				}
				return m.observations(ctx, tx, project, from, to, q.By)
			},
		})
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
		low = bound(from)
	}
	if !to.IsZero() {
		high = bound(to)
	}
	return low, high
}

// bound is the first microsecond not before t.
func bound(t time.Time) int64 {
	us := micros(t)
	if t.Nanosecond()%1000 != 0 {
		us++
	}
	return us
}

// metrics gathers the answer.
type metrics struct {
	step   int64
	merge  bool   // all groups into one
	prompt string // the only one; empty is all
	rows   map[metricsKey]*store.Sums
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

// source is where the sums of a time come from: rollups of whole units, or rows.
type source struct {
	rollups func(unit, from, to int64) error
	rows    func(from, to int64) error
}

// times takes whole days, the whole hours around them, and rows at both ends.
func (m *metrics) times(from, to int64, s source) error {
	if from >= to {
		return nil
	}
	hours := func(from, to int64) error {
		return whole(hourMicros, from, to, func(from, to int64) error { return s.rollups(hourMicros, from, to) }, s.rows)
	}
	if m.step == hourMicros {
		return hours(from, to)
	}
	return whole(dayMicros, from, to, func(from, to int64) error { return s.rollups(dayMicros, from, to) }, hours)
}

// whole cuts the time into whole units, counted since 1970, and what is left at both ends.
func whole(unit, from, to int64, units, edge func(from, to int64) error) error {
	first, last := int64(math.MinInt64), int64(math.MaxInt64)
	if from != math.MinInt64 {
		if first = floorDiv(from, unit); first*unit < from {
			first++
		}
	}
	if to != math.MaxInt64 {
		last = floorDiv(to, unit)
	}
	if first > last { // all within one
		return edge(from, to)
	}
	if first != math.MinInt64 && from < first*unit {
		if err := edge(from, first*unit); err != nil {
			return err
		}
	}
	if first < last {
		if err := units(first, last); err != nil {
			return err
		}
	}
	if last != math.MaxInt64 && last*unit < to {
		return edge(last*unit, to)
	}
	return nil
}

// rollups adds the rows of whole hours or days.
func (m *metrics) rollups(ctx context.Context, tx *sql.Tx, project int64, by store.MetricsBy, unit, from, to int64) error {
	row := map[store.MetricsBy]int{store.ByNothing: byModel, store.ByModel: byModel, store.ByPrompt: byPrompt, store.ByTrace: byTrace}[by]
	if unit == dayMicros {
		row += perDay
	}
	query, args := "SELECT bucket, name, number, sums FROM rollups WHERE project = ? AND by = ? AND bucket >= ? AND bucket < ?", []any{project, row, from, to}
	if m.prompt != "" {
		query, args = query+" AND name = ?", append(args, m.prompt)
	}
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var bucket, number int64
		var name string
		var data sql.RawBytes
		if err := rows.Scan(&bucket, &name, &number, &data); err != nil {
			return err
		}
		if err := decodeSums(data, m.sums(bucket*unit, name, number)); err != nil {
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
		case o.prompt != "" && (m.prompt == "" || m.prompt == o.prompt):
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
		m.cost, m.costs = cutCost(*cost), 1
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

// countTraces counts the traces of a time, as Metrics does.
func countTraces(ctx context.Context, tx *sql.Tx, project int64, from, to time.Time) (int64, error) {
	m := &metrics{rows: map[metricsKey]*store.Sums{}, merge: true}
	low, high := bounds(from, to)
	var n int64
	err := m.times(low, high, source{
		rollups: func(unit, from, to int64) error { return m.rollups(ctx, tx, project, store.ByTrace, unit, from, to) },
		rows: func(from, to int64) error {
			var more int64
			err := tx.QueryRowContext(ctx, "SELECT count(*) FROM traces WHERE project = ? AND ts >= ? AND ts < ?", project, from, to).Scan(&more)
			n += more
			return err
		},
	})
	if s := m.rows[metricsKey{}]; s != nil {
		n += s.Traces
	}
	return n, err
}
