package sqlite

import (
	"fmt"

	"github.com/langshark/langshark-go/server/store"
)

// flush writes all states back: payloads first, which rows refer to, then
// observations and scores, then the traces with what their observations now add
// up to, and the rollups by what all that changes.
func (t *tx) flush() error {
	t.settleFields()
	for _, o := range t.order.observations {
		if err := t.assign(o); err != nil {
			return err
		}
	}
	for _, st := range t.order.traces {
		if st.rid == 0 && st.stands() {
			t.number(st)
		}
	}
	if err := t.flushPayloads(); err != nil {
		return err
	}
	for _, o := range t.order.observations {
		if err := t.flushObservation(o); err != nil {
			return err
		}
	}
	for _, s := range t.order.scores {
		if err := t.flushScore(s); err != nil {
			return err
		}
	}
	for _, st := range t.order.traces {
		if err := t.flushTrace(st); err != nil {
			return err
		}
	}
	for _, s := range t.sessions { // one that the trace has left stays, as the first server has it
		if !s.trace.events {
			continue
		}
		if err := t.exec("INSERT INTO sessions (project, id, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", s.trace.project, s.id, t.now); err != nil {
			return err
		}
	}
	if err := t.rollups.flush(t.d); err != nil {
		return fmt.Errorf("langshark: rollups: %w", err)
	}
	if err := t.flushIDs(); err != nil {
		return err
	}
	if !t.numbering {
		return nil
	}
	return t.exec("UPDATE counters SET trace = ?, payload = ?, id = ?", t.next.trace, t.next.payload, t.next.id)
}

// number gives a new trace its row.
func (t *tx) number(st *traceState) {
	st.rid, st.fresh = t.next.trace, true
	t.next.trace++
	t.numbering = true
	t.byRow[st.rid] = st
}

// assign brings a changed observation to its trace, takes it from the one it
// leaves, and tells both and the rollups what it adds.
func (t *tx) assign(o *observationState) error {
	if !o.dirty {
		return nil
	}
	var old, st *traceState
	var err error
	if o.rid != 0 {
		if old, err = t.traceByRow(o.project, traceOf(o.rid)); err != nil {
			return err
		}
	}
	var now measure
	if o.live {
		if st, err = t.trace(o.project, o.traceID()); err != nil {
			return err
		}
		t.price(o)
		now = o.measure()
	}
	if old != nil {
		stays := &now
		if st != old {
			stays = nil
		}
		old.members = true
		old.rescan = old.sums.remove(&o.before, stays) || old.rescan
		old.reroot = old.reroot || old.root == o.rid
		t.rollups.observation(o.project, &o.before, -1)
	}
	if st == nil {
		return nil
	}
	st.members = true
	if st.rid == 0 {
		t.number(st)
	}
	if st != old {
		if st.next >= maxMembers {
			return fmt.Errorf("langshark: trace %q: more than %d observations: begin a new trace", st.id, maxMembers-1)
		}
		o.oldRow, o.rid, o.fresh = o.rid, firstMember(st.rid)+st.next, true
		st.next++
	}
	st.sums.add(&now)
	st.candidates = append(st.candidates, o)
	t.rollups.observation(o.project, &now, 1)
	return nil
}

func (t *tx) flushObservation(o *observationState) error {
	if !o.dirty {
		return nil
	}
	if o.live {
		return t.saveObservation(o)
	}
	if o.rid != 0 {
		t.dropID(observationIDs, o.project, o.id, o.rid)
		if err := t.exec("DELETE FROM observations WHERE rid = ?", o.rid); err != nil {
			return err
		}
	}
	return t.keep(store.ThingObservation, o.key, &o.merged.Fields, o.merged.Registers())
}

// settleFields makes the tags and metadata of all that was merged.
func (t *tx) settleFields() {
	for _, st := range t.order.traces {
		st.merged.Settle()
	}
	for _, o := range t.order.observations {
		o.merged.Settle()
	}
	for _, s := range t.order.scores {
		s.merged.Settle()
	}
}

// flushTrace brings the row of a trace up to date, or removes it.
func (t *tx) flushTrace(st *traceState) error {
	if !st.dirty && !st.members {
		return nil
	}
	if !st.events && st.dirty { // all that was written of it is deleted
		if err := t.keep(store.ThingTrace, st.key, &st.merged.Fields, st.merged.Registers()); err != nil {
			return err
		}
	}
	if st.rid == 0 {
		return nil
	}
	t.tell(st.project, st.id)
	t.rollups.trace(st.project, &st.before, -1)
	if !st.stands() {
		if err := t.removeTrace(st); err != nil {
			return err
		}
		return t.dropSession(st.project, st.session)
	}
	if st.rescan {
		err := t.row("SELECT min(start), max(start), max(end) FROM observations WHERE rid BETWEEN ? AND ?", []any{firstMember(st.rid), lastMember(st.rid)},
			&st.sums.started, &st.sums.lastStart, &st.sums.lastEnd)
		if err != nil {
			return err
		}
	}
	if !st.events {
		if err := t.findRoot(st); err != nil {
			return err
		}
	}
	return t.saveTrace(st)
}

// findRoot finds the observation that gives a trace that was not heard of its name.
func (t *tx) findRoot(st *traceState) error {
	if st.fresh {
		var root *observationState
		for _, o := range st.candidates {
			if root == nil || rootOf(o).before(rootOf(root)) {
				root = o
			}
		}
		st.root, st.name = root.rid, root.merged.Fields.Name
		return nil
	}
	if st.root != 0 && !st.reroot { // only what changed can come before it
		var now root
		var parent *string
		err := t.row("SELECT parent_id, start, id FROM observations WHERE rid = ?", []any{st.root}, &parent, &now.start, &now.id)
		if err != nil {
			return err
		}
		now.child = parent != nil
		for _, o := range st.candidates {
			if r := rootOf(o); r.before(now) {
				now, st.root, st.name = r, o.rid, o.merged.Fields.Name
			}
		}
		return nil
	}
	return t.row("SELECT rid, ifnull(name, '') FROM observations WHERE rid BETWEEN ? AND ? ORDER BY parent_id IS NOT NULL, start, id LIMIT 1",
		[]any{firstMember(st.rid), lastMember(st.rid)}, &st.root, &st.name)
}

// root is what decides which observation names a trace.
type root struct {
	child bool
	start int64
	id    string
}

func rootOf(o *observationState) root {
	return root{o.merged.Fields.ParentID != "", o.start(), o.id}
}

func (a root) before(b root) bool {
	switch {
	case a.child != b.child:
		return b.child
	case a.start != b.start:
		return a.start < b.start
	}
	return a.id < b.id
}

// dropSession removes a session that nothing belongs to any more.
func (t *tx) dropSession(project int64, session string) error {
	if session == "" {
		return nil
	}
	return t.exec("DELETE FROM sessions WHERE project = ?1 AND id = ?2 AND NOT EXISTS (SELECT 1 FROM traces WHERE project = ?1 AND session_id = ?2) AND NOT EXISTS (SELECT 1 FROM scores WHERE project = ?1 AND session_id = ?2)",
		project, session)
}

func (t *tx) removeTrace(st *traceState) error {
	if err := t.index(st, nil, 0); err != nil {
		return err
	}
	t.dropID(traceIDs, st.project, st.id, st.rid)
	return t.exec("DELETE FROM traces WHERE rid = ?", st.rid)
}

const insertTraceRow = `INSERT INTO traces (observations, errors, warnings, running, started, last_start, last_end, input_tokens, output_tokens, total_tokens, cost, costs, next,
	events, ts, given_ts, name, user_id, session_id, environment, release, version, public, tags, metadata, created, updated, root, input, output, registers,
	rid, project, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const updateTraceSums = `UPDATE traces SET observations = ?, errors = ?, warnings = ?, running = ?, started = ?, last_start = ?, last_end = ?,
	input_tokens = ?, output_tokens = ?, total_tokens = ?, cost = ?, costs = ?, next = ? WHERE rid = ?`

const updateTraceRow = `UPDATE traces SET observations = ?, errors = ?, warnings = ?, running = ?, started = ?, last_start = ?, last_end = ?,
	input_tokens = ?, output_tokens = ?, total_tokens = ?, cost = ?, costs = ?, next = ?, events = ?, ts = ?, given_ts = ?, name = ?, user_id = ?, session_id = ?,
	environment = ?, release = ?, version = ?, public = ?, tags = ?, metadata = ?, created = ?, updated = ?, root = ?, input = ?, output = ?, registers = ? WHERE rid = ?`

// saveTrace writes the row, and what the trace adds to the rollups.
func (t *tx) saveTrace(st *traceState) error {
	f := store.TraceWrite{Name: st.name}
	var registers []byte
	var root any
	if st.events {
		f, registers = st.merged.Fields, st.merged.Registers()
	} else {
		root = st.root
	}
	n := &st.sums
	now := traceMeasure{counted: true, ts: st.created, environment: orDefault(f.Environment), user: f.UserID, traceSums: *n}
	switch {
	case !f.Timestamp.IsZero():
		now.ts = micros(f.Timestamp)
	case !st.events && n.started != nil:
		now.ts = *n.started
	}
	t.rollups.trace(st.project, &now, 1)
	values := append(make([]any, 0, 34), n.observations, n.errors, n.warnings, n.running, n.started, n.lastStart, n.lastEnd, n.input, n.output, n.total, n.cost, n.costs, st.next)
	if st.events && !st.dirty && !st.fresh {
		return t.exec(updateTraceSums, append(values, st.rid)...)
	}
	tags, err := texts(f.Tags)
	if err != nil {
		return err
	}
	if st.updated == 0 || st.dirty && !t.upgrade {
		st.updated = t.now
	}
	values = append(values, st.events, now.ts, moment(f.Timestamp), text(f.Name), text(f.UserID), text(f.SessionID), text(f.Environment), text(f.Release), text(f.Version),
		f.Public, tags, blob(f.Metadata), st.created, st.updated, root, nonzero(st.inputRef), nonzero(st.outputRef), blob(registers), st.rid)
	if st.fresh {
		t.addID(traceIDs, st.project, st.id, st.rid)
		err = t.exec(insertTraceRow, append(values, st.project, st.id)...)
	} else {
		err = t.exec(updateTraceRow, values...)
	}
	if err != nil {
		return err
	}
	var attributes []attribute
	if st.events {
		attributes = attributesOf(&f)
	}
	return t.index(st, attributes, now.ts)
}

// index replaces the rows of the attribute index where they differ.
func (t *tx) index(st *traceState, attributes []attribute, ts int64) error {
	if len(st.attributes) == 0 && len(attributes) == 0 {
		return nil
	}
	keep := map[attribute]bool{}
	for _, a := range attributes {
		keep[a] = true
	}
	have := map[attribute]bool{}
	for _, a := range st.attributes {
		if keep[a] && st.before.ts == ts {
			have[a] = true
			continue
		}
		if err := t.exec("DELETE FROM trace_attributes WHERE project = ? AND key = ? AND value = ? AND ts = ? AND rid = ?",
			st.project, a.key, a.value, st.before.ts, st.rid); err != nil {
			return err
		}
	}
	for _, a := range attributes {
		if have[a] {
			continue
		}
		if err := t.exec("INSERT INTO trace_attributes (project, key, value, ts, rid) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			st.project, a.key, a.value, ts, st.rid); err != nil {
			return err
		}
	}
	return nil
}

// maxSum bounds sums, in SQL and in Go. SQLite's own sum() fails beyond int64,
// and with it every read of the rows that made it so large.
const maxSum = 1 << 62

// sumOf is the SQL of a column's sum, cut to maxSum; 0 without rows. It is exact up to 2^53.
func sumOf(column string) string {
	return fmt.Sprintf("CAST(max(min(total(%s), %d.0), -%d.0) AS INTEGER)", column, int64(maxSum), int64(maxSum))
}
