package sqlite

import (
	"errors"
	"slices"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/merge"
)

// scoreState is a score within a transaction.
type scoreState struct {
	key
	rid     int64 // 0 until there is a row
	merged  merge.Score
	live    bool
	created int64
	dirty   bool
}

// mentions reports whether the score was ever given the trace.
func (st *scoreState) mentions(traceID string) bool {
	return st.merged.Fields.TraceID == traceID || slices.Contains(st.merged.Mentions(), traceID)
}

func (st *scoreState) note(c merge.Change) { st.dirty = st.dirty || c.Any }

const selectScoreState = `SELECT rid, created, trace_id, observation_id, session_id, dataset_run_id, name, type, number, text, comment, source, config_id, queue_id, environment,
	metadata, given_ts, registers FROM scores WHERE project = ? AND id = ?`

// score loads a score, or makes its empty state.
func (t *tx) score(project int64, id string) (*scoreState, error) {
	k := key{project, id}
	if st := t.scores[k]; st != nil {
		return st, nil
	}
	st := &scoreState{key: k, created: t.now}
	f := &st.merged.Fields
	var trace, observation, session, run, category, comment, source, config, queue, environment *string
	var kind string
	var metadata, registers []byte
	var ts *int64
	err := t.row(selectScoreState, []any{project, id}, &st.rid, &st.created, &trace, &observation, &session, &run, &f.Name, &kind, &f.Number,
		&category, &comment, &source, &config, &queue, &environment, &metadata, &ts, &registers)
	switch {
	case errors.Is(err, errNoRow):
		if err := t.restore(store.ThingScore, k, f, st.merged.Restore); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		st.live = true
		f.TraceID, f.ObservationID, f.SessionID, f.DatasetRunID, f.Text = deref(trace), deref(observation), deref(session), deref(run), deref(category)
		f.Comment, f.Source, f.ConfigID, f.QueueID, f.Environment = deref(comment), deref(source), deref(config), deref(queue), deref(environment)
		f.Type, f.Metadata, f.Timestamp = exporter.ScoreType(kind), metadata, derefTime(ts)
		if err := st.merged.Restore(registers); err != nil {
			return nil, err
		}
	}
	t.scores[k] = st
	t.order.scores = append(t.order.scores, st)
	return st, nil
}

const writeScoreRow = `INSERT INTO scores (rid, project, id, trace_id, observation_id, session_id, dataset_run_id, name, type, number, text, comment, source, config_id, queue_id,
	environment, metadata, ts, given_ts, created, updated, registers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (rid) DO UPDATE SET trace_id = excluded.trace_id, observation_id = excluded.observation_id, session_id = excluded.session_id, dataset_run_id = excluded.dataset_run_id,
	name = excluded.name, type = excluded.type, number = excluded.number, text = excluded.text, comment = excluded.comment, source = excluded.source,
	config_id = excluded.config_id, queue_id = excluded.queue_id, environment = excluded.environment, metadata = excluded.metadata, ts = excluded.ts, given_ts = excluded.given_ts,
	updated = excluded.updated, registers = excluded.registers`

// flushScore writes a score, or moves what a delete left of it to its tombstone.
func (t *tx) flushScore(st *scoreState) error {
	if !st.dirty {
		return nil
	}
	f := &st.merged.Fields
	t.tell(st.project, f.TraceID)
	if !st.live {
		if st.rid != 0 {
			if err := t.exec("DELETE FROM scores WHERE rid = ?", st.rid); err != nil {
				return err
			}
		}
		return t.keep(store.ThingScore, st.key, f, st.merged.Registers())
	}
	var rid any
	if st.rid != 0 {
		rid = st.rid
	}
	ts := st.created
	if !f.Timestamp.IsZero() {
		ts = micros(f.Timestamp)
	}
	return t.exec(writeScoreRow, rid, st.project, st.id, text(f.TraceID), text(f.ObservationID), text(f.SessionID), text(f.DatasetRunID), f.Name, string(f.Type),
		f.Number, text(f.Text), text(f.Comment), text(f.Source), text(f.ConfigID), text(f.QueueID), text(f.Environment), blob(f.Metadata),
		ts, moment(f.Timestamp), st.created, t.now, st.merged.Registers())
}
