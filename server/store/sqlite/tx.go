package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/merge"
)

// tx is one transaction of the writer: the states of all things its writes
// touch, loaded on first touch and written back once by flush.
type tx struct {
	w   *writer
	now int64

	traces       map[key]*traceState
	observations map[key]*observationState
	scores       map[key]*scoreState
	order        struct { // of first touch, so that row numbers follow arrival
		traces       []*traceState
		observations []*observationState
		scores       []*scoreState
	}
	byRow    map[int64]*traceState
	deletes  map[thingKey]store.Stamp // tombstones as they stand
	anyTombs bool
	names    map[int64]string // project ids
	told     map[int64]map[string]struct{}
}

// key names a thing of a project.
type key struct {
	project int64
	id      string
}

type thingKey struct {
	key
	thing store.Thing
}

func (w *writer) begin(ctx context.Context) (*tx, error) {
	t := &tx{
		w: w, now: micros(w.store.opts.Now()),
		traces: map[key]*traceState{}, observations: map[key]*observationState{}, scores: map[key]*scoreState{},
		byRow: map[int64]*traceState{}, deletes: map[thingKey]store.Stamp{},
		names: map[int64]string{}, told: map[int64]map[string]struct{}{},
	}
	err := t.row(ctx, "SELECT EXISTS (SELECT 1 FROM tombstones)", nil, &t.anyTombs)
	return t, err
}

// apply merges a batch into the states.
func (t *tx) apply(ctx context.Context, b *store.Batch) error {
	project, err := t.w.store.project(ctx, b.ProjectID)
	if err != nil {
		return err
	}
	t.names[project] = b.ProjectID
	for i := range b.Traces {
		if err := t.writeTrace(ctx, project, &b.Traces[i]); err != nil {
			return err
		}
	}
	for i := range b.Observations {
		if err := t.writeObservation(ctx, project, &b.Observations[i]); err != nil {
			return err
		}
	}
	for i := range b.Scores {
		if err := t.writeScore(ctx, project, &b.Scores[i]); err != nil {
			return err
		}
	}
	for i := range b.Deletes {
		if err := t.delete(ctx, project, &b.Deletes[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) writeTrace(ctx context.Context, project int64, w *store.TraceWrite) error {
	st, err := t.trace(ctx, project, w.ID)
	if err != nil {
		return err
	}
	deleted, err := t.deleted(ctx, project, store.ThingTrace, w.ID)
	if err != nil {
		return err
	}
	c := st.merged.Apply(w, deleted)
	st.note(c)
	st.events = st.merged.Live(deleted)
	if w.SessionID == "" {
		return nil
	}
	return t.exec(ctx, "INSERT INTO sessions (project, id, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", project, w.SessionID, t.now)
}

func (t *tx) writeObservation(ctx context.Context, project int64, w *store.ObservationWrite) error {
	st, err := t.observation(ctx, project, w.ID)
	if err != nil {
		return err
	}
	deleted, err := t.deletedMember(ctx, project, store.ThingObservation, w.ID, st.merged.Fields.TraceID, merge.GivenTrace(w), st.merged.Mentions())
	if err != nil {
		return err
	}
	if !deleted.IsZero() {
		st.note(st.merged.Cut(deleted))
	}
	c := st.merged.Apply(w, deleted)
	st.note(c)
	st.live = st.merged.Live(deleted)
	return t.mention(ctx, project, store.ThingObservation, w.ID, c, st.merged.Mentions())
}

func (t *tx) writeScore(ctx context.Context, project int64, w *store.ScoreWrite) error {
	st, err := t.score(ctx, project, w.ID)
	if err != nil {
		return err
	}
	deleted, err := t.deletedMember(ctx, project, store.ThingScore, w.ID, st.merged.Fields.TraceID, w.TraceID, st.merged.Mentions())
	if err != nil {
		return err
	}
	if !deleted.IsZero() {
		st.note(st.merged.Cut(deleted))
	}
	c := st.merged.Apply(w, deleted)
	st.note(c)
	st.live = st.merged.Live(deleted)
	return t.mention(ctx, project, store.ThingScore, w.ID, c, st.merged.Mentions())
}

// mention notes a further trace in the table by which deletes find the thing.
func (t *tx) mention(ctx context.Context, project int64, thing store.Thing, id string, c merge.Change, all []string) error {
	if c.NewMention == "" {
		return nil
	}
	for _, traceID := range all {
		if err := t.exec(ctx, "INSERT INTO mentions (project, trace_id, thing, id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", project, traceID, thing, id); err != nil {
			return err
		}
	}
	return nil
}

// deleted returns the stamp of a thing's tombstone, or zero.
func (t *tx) deleted(ctx context.Context, project int64, thing store.Thing, id string) (store.Stamp, error) {
	if !t.anyTombs {
		return store.Stamp{}, nil
	}
	k := thingKey{key{project, id}, thing}
	if s, ok := t.deletes[k]; ok {
		return s, nil
	}
	var s store.Stamp
	err := t.row(ctx, "SELECT at_time, at_update, at_event FROM tombstones WHERE project = ? AND thing = ? AND id = ?",
		[]any{project, thing, id}, &s.Time, &s.Update, &s.EventID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s, err
	}
	t.deletes[k] = s
	return s, nil
}

// deletedMember returns the latest stamp of the tombstones of an observation
// or score and of every trace it was given.
func (t *tx) deletedMember(ctx context.Context, project int64, thing store.Thing, id, traceID, given string, mentions []string) (store.Stamp, error) {
	last, err := t.deleted(ctx, project, thing, id)
	if err != nil || !t.anyTombs {
		return last, err
	}
	for _, trace := range append([]string{traceID, given}, mentions...) {
		if trace == "" {
			continue
		}
		s, err := t.deleted(ctx, project, store.ThingTrace, trace)
		if err != nil {
			return last, err
		}
		if !s.IsZero() && (last.IsZero() || s.Compare(last) > 0) {
			last = s
		}
	}
	return last, nil
}

// exec runs a statement that is prepared once.
func (t *tx) exec(ctx context.Context, query string, args ...any) error {
	stmt, err := t.w.stmt(ctx, query) //nolint:sqlclosecheck // kept and closed with the writer
	if err != nil {
		return err
	}
	if _, err := stmt.ExecContext(ctx, args...); err != nil {
		return fmt.Errorf("langshark: write: %w", err)
	}
	return nil
}

// insert runs a statement that makes a row and returns the row's number.
func (t *tx) insert(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := t.w.stmt(ctx, query) //nolint:sqlclosecheck // kept and closed with the writer
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("langshark: write: %w", err)
	}
	return result.LastInsertId()
}

// row reads one row; its error is sql.ErrNoRows, bare, if there is none.
func (t *tx) row(ctx context.Context, query string, args []any, dest ...any) error {
	stmt, err := t.w.stmt(ctx, query) //nolint:sqlclosecheck // kept and closed with the writer
	if err != nil {
		return err
	}
	err = stmt.QueryRowContext(ctx, args...).Scan(dest...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("langshark: read for merging: %w", err)
	}
	return err
}

// ids reads one column of text.
func (t *tx) ids(ctx context.Context, query string, args ...any) ([]string, error) {
	stmt, err := t.w.stmt(ctx, query) //nolint:sqlclosecheck // kept and closed with the writer
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, fmt.Errorf("langshark: read for merging: %w", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("langshark: read for merging: %w", err)
		}
		list = append(list, id)
	}
	return list, rows.Err()
}

// tell notes that a trace changed.
func (t *tx) tell(project int64, traceID string) {
	if traceID == "" {
		return
	}
	if t.told[project] == nil {
		t.told[project] = map[string]struct{}{}
	}
	t.told[project][traceID] = struct{}{}
}

func (t *tx) commits() []store.Commit {
	var list []store.Commit
	for project, ids := range t.told {
		c := store.Commit{ProjectID: t.names[project], TraceIDs: make([]string, 0, len(ids))}
		for id := range ids {
			c.TraceIDs = append(c.TraceIDs, strings.Clone(id)) // the writer may reuse its memory
		}
		slices.Sort(c.TraceIDs)
		list = append(list, c)
	}
	return list
}

// rest is what a tombstone keeps of a thing: the fields that deletes leave.
type rest struct {
	Fields    json.RawMessage `json:"fields"`
	Registers []byte          `json:"registers"`
}
