package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// flush writes all states back: new traces first, which observations point to,
// then observations and scores, then the traces that were there before, with
// what their observations now add up to.
func (t *tx) flush(ctx context.Context) error {
	for _, o := range t.order.observations {
		if err := t.assign(ctx, o); err != nil {
			return err
		}
	}
	existing := t.order.traces[:0:0]
	for _, st := range t.order.traces {
		if st.rid != 0 {
			existing = append(existing, st)
		} else if err := t.insertTrace(ctx, st); err != nil {
			return err
		}
	}
	for _, o := range t.order.observations {
		if err := t.flushObservation(ctx, o); err != nil {
			return err
		}
	}
	for _, s := range t.order.scores {
		if err := t.flushScore(ctx, s); err != nil {
			return err
		}
	}
	for _, st := range existing {
		if err := t.updateTrace(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// assign notes a changed observation with its trace, and with the one it leaves.
func (t *tx) assign(ctx context.Context, o *observationState) error {
	if !o.dirty {
		return nil
	}
	if o.traceRow != 0 {
		old, err := t.traceByRow(ctx, o.project, o.traceRow)
		if err != nil {
			return err
		}
		old.members = true
	}
	if !o.live {
		return nil
	}
	st, err := t.trace(ctx, o.project, o.traceID())
	if err != nil {
		return err
	}
	st.members = true
	if st.rid == 0 {
		st.fresh = append(st.fresh, o)
	}
	return nil
}

func (t *tx) flushObservation(ctx context.Context, o *observationState) error {
	if !o.dirty {
		return nil
	}
	if o.live {
		return t.saveObservation(ctx, o, t.traces[key{o.project, o.traceID()}].rid)
	}
	if o.rid != 0 {
		if err := t.exec(ctx, "DELETE FROM observations WHERE rid = ?", o.rid); err != nil {
			return err
		}
		if err := t.exec(ctx, "DELETE FROM observation_payloads WHERE rid = ?", o.rid); err != nil {
			return err
		}
	}
	return t.keep(ctx, store.ThingObservation, o.key, &o.merged.Fields, o.merged.Registers())
}

// sums are what the observations of a trace add up to.
type sums struct {
	observations, errors, warnings, running int64
	started                                 *int64
	latency                                 int64
	input, output, total                    int64
	cost                                    *int64
	name                                    string // of the first root, for a trace that was not heard of
}

// insertTrace makes the row of a trace, whose observations are all in this transaction.
func (t *tx) insertTrace(ctx context.Context, st *traceState) error {
	if !st.events && st.dirty { // all that was written of it is deleted
		if err := t.keep(ctx, store.ThingTrace, st.key, &st.merged.Fields, st.merged.Registers()); err != nil {
			return err
		}
	}
	if !st.events && len(st.fresh) == 0 {
		return nil
	}
	rid, err := t.saveTrace(ctx, st, sumUp(st.fresh))
	if err != nil {
		return err
	}
	st.rid = rid
	t.byRow[rid] = st
	t.tell(st.project, st.id)
	return t.saveTraceParts(ctx, st)
}

// updateTrace brings the row of a trace up to date, or removes it.
func (t *tx) updateTrace(ctx context.Context, st *traceState) error {
	if !st.dirty && !st.members {
		return nil
	}
	t.tell(st.project, st.id)
	s, err := t.sum(ctx, st)
	if err != nil {
		return err
	}
	if !st.events && st.dirty {
		if err := t.keep(ctx, store.ThingTrace, st.key, &st.merged.Fields, st.merged.Registers()); err != nil {
			return err
		}
	}
	if !st.events && s.observations == 0 {
		return t.removeTrace(ctx, st)
	}
	if _, err := t.saveTrace(ctx, st, s); err != nil {
		return err
	}
	return t.saveTraceParts(ctx, st)
}

func (t *tx) removeTrace(ctx context.Context, st *traceState) error {
	if err := t.index(ctx, st, st.rid, nil, 0); err != nil {
		return err
	}
	if err := t.exec(ctx, "DELETE FROM trace_payloads WHERE rid = ?", st.rid); err != nil {
		return err
	}
	return t.exec(ctx, "DELETE FROM traces WHERE rid = ?", st.rid)
}

const writeTraceRow = `INSERT INTO traces (rid, project, id, events, ts, given_ts, name, user_id, session_id, environment, release, version, public, tags, metadata,
	created, updated, observations, errors, warnings, running, started, latency, input_tokens, output_tokens, total_tokens, cost, registers)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)`

const updateTraceRow = `UPDATE traces SET events = ?4, ts = ?5, given_ts = ?6, name = ?7, user_id = ?8, session_id = ?9, environment = ?10, release = ?11,
	version = ?12, public = ?13, tags = ?14, metadata = ?15, created = ?16, updated = ifnull(?17, updated), observations = ?18, errors = ?19,
	warnings = ?20, running = ?21, started = ?22, latency = ?23, input_tokens = ?24, output_tokens = ?25, total_tokens = ?26, cost = ?27, registers = ?28
	WHERE rid = ?1 AND project = ?2 AND id = ?3`

// saveTrace writes the row and returns its number.
func (t *tx) saveTrace(ctx context.Context, st *traceState, s sums) (int64, error) {
	f := store.TraceWrite{Name: s.name}
	var registers []byte
	if st.events {
		f, registers = st.merged.Fields, st.merged.Registers()
	}
	tags, err := list(f.Tags)
	if err != nil {
		return 0, err
	}
	ts := st.created
	switch {
	case !f.Timestamp.IsZero():
		ts = micros(f.Timestamp)
	case !st.events && s.started != nil:
		ts = *s.started
	}
	var rid, updated any
	query := writeTraceRow
	if st.rid != 0 {
		rid, query = st.rid, updateTraceRow
	}
	if st.dirty || st.rid == 0 {
		updated = t.now
	}
	row, err := t.insert(ctx, query, rid, st.project, st.id, st.events, ts, moment(f.Timestamp), text(f.Name), text(f.UserID), text(f.SessionID),
		text(f.Environment), text(f.Release), text(f.Version), pointer(f.Public), tags, blob(f.Metadata), st.created, updated,
		s.observations, s.errors, s.warnings, s.running, pointer(s.started), s.latency, s.input, s.output, s.total, pointer(s.cost), registers)
	if err != nil {
		return 0, err
	}
	if st.rid != 0 {
		row = st.rid
	}
	var attributes []attribute
	if st.events {
		attributes = attributesOf(&f)
	}
	if err := t.index(ctx, st, row, attributes, ts); err != nil {
		return 0, err
	}
	st.attributes, st.rowTime = attributes, ts
	return row, nil
}

// saveTraceParts writes the payloads that changed.
func (t *tx) saveTraceParts(ctx context.Context, st *traceState) error {
	return t.savePayload(ctx, "trace_payloads", st.rid, st.input, st.merged.Fields.Input, st.output, st.merged.Fields.Output)
}

// index replaces the rows of the attribute index where they differ.
func (t *tx) index(ctx context.Context, st *traceState, rid int64, attributes []attribute, ts int64) error {
	keep := map[attribute]bool{}
	for _, a := range attributes {
		keep[a] = true
	}
	have := map[attribute]bool{}
	for _, a := range st.attributes {
		if keep[a] && st.rowTime == ts {
			have[a] = true
			continue
		}
		if err := t.exec(ctx, "DELETE FROM trace_attributes WHERE project = ? AND key = ? AND value = ? AND ts = ? AND rid = ?",
			st.project, a.key, a.value, st.rowTime, rid); err != nil {
			return err
		}
	}
	for _, a := range attributes {
		if have[a] {
			continue
		}
		if err := t.exec(ctx, "INSERT INTO trace_attributes (project, key, value, ts, rid) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			st.project, a.key, a.value, ts, rid); err != nil {
			return err
		}
	}
	return nil
}

// sum adds up the observations of a row.
func (t *tx) sum(ctx context.Context, st *traceState) (s sums, err error) {
	err = t.row(ctx, `SELECT count(*), ifnull(sum(level = ?2), 0), ifnull(sum(level = ?3), 0), ifnull(sum(end IS NULL AND kind <> ?4), 0), min(start),
		ifnull(ifnull(max(end), max(start)) - min(start), 0), `+sumOf("input_tokens")+", "+sumOf("output_tokens")+", "+sumOf("total_tokens")+", "+sumOrNull("total_cost")+`
		FROM observations WHERE trace_rid = ?1`, []any{st.rid, int64(exporter.LevelError), int64(exporter.LevelWarning), int64(exporter.KindEvent)},
		&s.observations, &s.errors, &s.warnings, &s.running, &s.started, &s.latency, &s.input, &s.output, &s.total, &s.cost)
	if err != nil || st.events || s.observations == 0 {
		return s, err
	}
	var name *string
	err = t.row(ctx, "SELECT name FROM observations WHERE trace_rid = ? ORDER BY parent_id IS NOT NULL, start, id LIMIT 1", []any{st.rid}, &name)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	s.name = deref(name)
	return s, err
}

// maxSum bounds sums, in SQL and in Go. SQLite's own sum() fails beyond int64,
// and with it every read of the rows that made it so large.
const maxSum = 1 << 62

// sumOf is the SQL of a column's sum, cut to maxSum; 0 without rows. It is exact up to 2^53.
func sumOf(column string) string {
	return fmt.Sprintf("CAST(max(min(total(%s), %d.0), -%d.0) AS INTEGER)", column, int64(maxSum), int64(maxSum))
}

// sumOrNull is the same, null without a value.
func sumOrNull(column string) string {
	return fmt.Sprintf("CASE WHEN count(%s) > 0 THEN %s END", column, sumOf(column))
}

// addCut adds two numbers, cut to maxSum.
func addCut(a, b int64) int64 {
	const half = maxSum / 2
	a, b = max(-maxSum, min(maxSum, a)), max(-maxSum, min(maxSum, b))
	if a/2+b/2 >= half {
		return maxSum
	}
	return max(-maxSum, a+b)
}

// sumUp does the same for observations that are not written yet.
func sumUp(list []*observationState) (s sums) {
	var root *observationState
	var lastEnd, lastStart int64
	ended := false
	for _, o := range list {
		f := &o.merged.Fields
		s.observations++
		if f.Level != nil {
			switch *f.Level {
			case exporter.LevelError:
				s.errors++
			case exporter.LevelWarning:
				s.warnings++
			case exporter.LevelDefault, exporter.LevelDebug:
			}
		}
		start := o.start()
		if s.started == nil || start < *s.started {
			s.started = &start
		}
		if lastStart < start || s.observations == 1 {
			lastStart = start
		}
		switch end := f.End; {
		case !end.IsZero():
			if us := micros(end); !ended || us > lastEnd {
				lastEnd = us
			}
			ended = true
		case f.Kind != exporter.KindEvent:
			s.running++
		}
		if f.Usage != nil {
			s.input = addCut(s.input, f.Usage.Input)
			s.output = addCut(s.output, f.Usage.Output)
			s.total = addCut(s.total, f.Usage.Total)
		}
		if f.Cost != nil && f.Cost.Total != nil {
			cost := int64(*f.Cost.Total)
			if s.cost != nil {
				cost = addCut(cost, *s.cost)
			}
			s.cost = &cost
		}
		if root == nil || rootBefore(o, root) {
			root = o
		}
	}
	if root == nil {
		return s
	}
	s.name = root.merged.Fields.Name
	if !ended {
		lastEnd = lastStart
	}
	s.latency = lastEnd - *s.started
	return s
}

// rootBefore reports whether a gives its name to the trace rather than b.
func rootBefore(a, b *observationState) bool {
	if rootA, rootB := a.merged.Fields.ParentID == "", b.merged.Fields.ParentID == ""; rootA != rootB {
		return rootA
	}
	if a.start() != b.start() {
		return a.start() < b.start()
	}
	return a.id < b.id
}
