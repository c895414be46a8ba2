package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/merge"
)

// traceState is a trace within a transaction.
type traceState struct {
	key
	rid    int64 // 0 until there is a row
	fresh  bool  // rid has no row yet
	merged merge.Trace
	// events says that a trace event stands; else the row is only there for its observations.
	events  bool
	created int64
	updated int64
	// sums are those of its observations, before what the rollups hold of it.
	sums   traceSums
	before traceMeasure
	next   int64 // number of the next observation
	// root names a trace that has not been heard of, with name.
	root int64
	name string
	// session is the one that the row has.
	session string

	dirty, input, output bool // what of the fields must be written
	members              bool // its observations changed
	rescan               bool // an extreme of the sums must be looked for
	reroot               bool // the root must be looked for
	candidates           []*observationState
	inputRef, outputRef  int64
	attributes           []attribute // as the row has them
}

func (st *traceState) note(c merge.Change) {
	st.dirty = st.dirty || c.Any
	st.input = st.input || c.Input
	st.output = st.output || c.Output
}

// stands reports whether the trace has a row after the transaction.
func (st *traceState) stands() bool { return st.events || st.sums.observations > 0 }

const selectTraceState = `SELECT rid, id, events, ts, created, updated, given_ts, name, user_id, session_id, environment, release, version, public, tags, metadata, registers,
	observations, errors, warnings, running, input_tokens, output_tokens, total_tokens, cost, costs, started, last_start, last_end, next, ifnull(root, 0), ifnull(input, 0), ifnull(output, 0)
	FROM traces WHERE `

// trace loads a trace, or makes its empty state.
func (t *tx) trace(project int64, id string) (*traceState, error) {
	k := key{project, id}
	if st := t.traces[k]; st != nil {
		return st, nil
	}
	var st *traceState
	err := t.load(hashOf(traceIDs, project, id), func(rid int64) (err error) {
		st, err = t.loadTrace(k, "rid = ? AND project = ? AND id = ?", rid, project, id)
		return err
	})
	if errors.Is(err, errNoRow) {
		return t.emptyTrace(k)
	}
	return st, err
}

// traceByRow loads the trace of a row that exists.
func (t *tx) traceByRow(project, rid int64) (*traceState, error) {
	if st := t.byRow[rid]; st != nil {
		return st, nil
	}
	return t.loadTrace(key{project: project}, "rid = ?", rid)
}

func (t *tx) emptyTrace(k key) (*traceState, error) {
	st := &traceState{key: k, created: t.now, next: 1}
	if err := t.restore(store.ThingTrace, k, &st.merged.Fields, st.merged.Restore); err != nil {
		return nil, err
	}
	t.traces[k] = st
	t.order.traces = append(t.order.traces, st)
	return st, nil
}

func (t *tx) loadTrace(k key, where string, args ...any) (*traceState, error) {
	st := &traceState{key: k}
	f := &st.merged.Fields
	var ts int64
	var givenTS *int64
	var id string
	var name, user, session, environment, release, version, tags *string
	var metadata, registers []byte
	n := &st.sums
	err := t.row(selectTraceState+where, args, &st.rid, &id, &st.events, &ts, &st.created, &st.updated, &givenTS,
		&name, &user, &session, &environment, &release, &version, &f.Public, &tags, &metadata, &registers,
		&n.observations, &n.errors, &n.warnings, &n.running, &n.input, &n.output, &n.total, &n.cost, &n.costs, &n.started, &n.lastStart, &n.lastEnd,
		&st.next, &st.root, &st.inputRef, &st.outputRef)
	if err != nil {
		return nil, fmt.Errorf("langshark: trace: %w", err)
	}
	if k.id == "" { // loaded by row: it may be here under its id
		k.id, st.id = id, id
		if known := t.traces[k]; known != nil {
			return known, nil
		}
	}
	t.byRow[st.rid] = st
	st.name, st.session = deref(name), deref(session)
	st.before = traceMeasure{counted: true, ts: ts, environment: orDefault(deref(environment)), user: deref(user), traceSums: st.sums}
	if st.events {
		f.Timestamp = derefTime(givenTS)
		f.Name, f.UserID, f.SessionID = deref(name), deref(user), deref(session)
		f.Environment, f.Release, f.Version = deref(environment), deref(release), deref(version)
		f.Metadata = metadata
		if tags != nil {
			if err := json.Unmarshal([]byte(*tags), &f.Tags); err != nil {
				return nil, fmt.Errorf("langshark: tags of trace %q: %w", id, err)
			}
		}
		if err := st.merged.Restore(registers); err != nil {
			return nil, err
		}
		st.attributes = attributesOf(f)
	} else if err := t.restore(store.ThingTrace, k, f, st.merged.Restore); err != nil {
		return nil, err
	}
	t.traces[k] = st
	t.order.traces = append(t.order.traces, st)
	return st, nil
}

func orDefault(environment string) string {
	if environment == "" {
		return "default"
	}
	return environment
}

// restore fills the fields that a delete has left.
func (t *tx) restore(thing store.Thing, k key, fields any, registers func([]byte) error) error {
	if !t.anyTombs {
		return nil
	}
	var kept []byte
	err := t.row("SELECT rest FROM tombstones WHERE project = ? AND thing = ? AND id = ?", []any{k.project, int64(thing), k.id}, &kept)
	if errors.Is(err, errNoRow) || err == nil && len(kept) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	var r rest
	if err := json.Unmarshal(kept, &r); err != nil {
		return fmt.Errorf("langshark: tombstone of %q: %w", k.id, err)
	}
	if err := json.Unmarshal(r.Fields, fields); err != nil {
		return fmt.Errorf("langshark: tombstone of %q: %w", k.id, err)
	}
	return registers(r.Registers)
}

// keep writes the fields that a delete has left.
func (t *tx) keep(thing store.Thing, k key, fields any, registers []byte) error {
	b, err := withoutNulls(fields)
	if err != nil {
		return fmt.Errorf("langshark: tombstone of %q: %w", k.id, err)
	}
	kept, err := json.Marshal(rest{Fields: b, Registers: registers})
	if err != nil {
		return fmt.Errorf("langshark: tombstone of %q: %w", k.id, err)
	}
	return t.exec(`INSERT INTO tombstones (project, thing, id, at_time, at_update, at_event, rest, kept) VALUES (?, ?, ?, 0, 0, '', ?, ?)
		ON CONFLICT DO UPDATE SET rest = excluded.rest, kept = excluded.kept`, k.project, int64(thing), k.id, kept, t.now)
}

// withoutNulls is the JSON of a struct without its null fields, which would come
// back as texts "null" where the field is raw.
func withoutNulls(fields any) (json.RawMessage, error) {
	b, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	maps.DeleteFunc(m, func(_ string, v json.RawMessage) bool { return string(v) == "null" })
	return json.Marshal(m)
}

// attribute is a row of the attribute index.
type attribute struct{ key, value string }

const (
	maxAttributes     = 100
	maxAttributeBytes = 200
)

// attributesOf lists the tags and the top-level scalars of the metadata.
func attributesOf(f *store.TraceWrite) []attribute {
	var list []attribute
	for _, tag := range f.Tags {
		list = append(list, attribute{"t", tag})
	}
	var m map[string]json.RawMessage
	if len(f.Metadata) == 0 || json.Unmarshal(f.Metadata, &m) != nil {
		return list
	}
	for _, k := range slices.Sorted(maps.Keys(m)) { // in order: whoever reads the row again must find the same
		if len(list) >= maxAttributes {
			break
		}
		raw := m[k]
		value := string(raw)
		switch raw[0] {
		case '{', '[', 'n':
			continue
		case '"':
			if json.Unmarshal(raw, &value) != nil {
				continue
			}
		}
		if len(value) <= maxAttributeBytes {
			list = append(list, attribute{"m:" + k, value})
		}
	}
	return list
}
