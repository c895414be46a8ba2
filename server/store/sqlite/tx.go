package sqlite

import (
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
	s       *Store
	d       *db
	now     int64
	upgrade bool // rows keep the time of their last update

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
	dropped  int64            // writes of the batch at hand that come to nothing
	names    map[int64]string // project ids
	told     map[int64]map[string]struct{}

	view     *generation // of ids
	found    foundIDs
	moved    []byte // what happens to rows, as the log has it,
	movedIDs int    // and how often
	rollups

	blocks    map[uint64]*block // on their way, by id
	used      []*block          // those of which a part is used
	gone      map[int64][]int   // parts that rows have let go, by block
	sessions  []sessionOf       // that writes named, in their order
	unsearch  []int64           // owners whose words leave the index
	next      struct{ trace, payload, id int64 }
	numbering bool  // next has changed
	expired   int64 // traces
}

// key names a thing of a project.
type key struct {
	project int64
	id      string
}

// sessionOf is a session that a write gave to a trace.
type sessionOf struct {
	trace *traceState
	id    string
}

type thingKey struct {
	key
	thing store.Thing
}

// begin reads what a transaction needs to know, once it has begun.
func (s *Store) begin(d *db) (*tx, error) {
	t := &tx{
		s: s, d: d, now: micros(s.opts.Now()),
		traces: map[key]*traceState{}, observations: map[key]*observationState{}, scores: map[key]*scoreState{},
		byRow: map[int64]*traceState{}, deletes: map[thingKey]store.Stamp{},
		names: map[int64]string{}, told: map[int64]map[string]struct{}{}, blocks: map[uint64]*block{},
	}
	t.found = foundIDs{rows: map[int64][]int64{}, asked: map[int64]bool{}}
	if err := t.row("SELECT EXISTS (SELECT 1 FROM tombstones), trace, payload, id FROM counters", nil, &t.anyTombs, &t.next.trace, &t.next.payload, &t.next.id); err != nil {
		return nil, err
	}
	t.view = s.ids.view()
	return t, t.catchUp(t.next.id)
}

// look finds out at once which of the things that batches name there are.
func (t *tx) look(requests []*request) error {
	hashes := map[int64]struct{}{}
	for _, r := range requests {
		if r.batch == nil {
			continue
		}
		for i := range r.batch.Traces {
			hashes[hashOf(traceIDs, r.project, r.batch.Traces[i].ID)] = struct{}{}
		}
		last := ""
		for i := range r.batch.Observations {
			o := &r.batch.Observations[i]
			hashes[hashOf(observationIDs, r.project, o.ID)] = struct{}{}
			if o.TraceID != "" && o.TraceID != last {
				hashes[hashOf(traceIDs, r.project, o.TraceID)] = struct{}{}
				last = o.TraceID
			}
		}
	}
	return t.lookUp(hashes)
}

// apply merges a batch into the states.
func (t *tx) apply(r *request) error {
	b, project := r.batch, r.project
	t.names[project] = b.ProjectID
	for _, block := range r.blocks {
		t.blocks[block.id] = block
	}
	t.dropped = 0
	if b.Revive && t.anyTombs {
		if err := t.reviveAll(project, b); err != nil {
			return err
		}
	}
	for i := range b.Traces {
		if err := t.writeTrace(project, &b.Traces[i]); err != nil {
			return err
		}
	}
	for i := range b.Observations {
		if err := t.writeObservation(project, &b.Observations[i]); err != nil {
			return err
		}
	}
	for i := range b.Scores {
		if err := t.writeScore(project, &b.Scores[i]); err != nil {
			return err
		}
	}
	for i := range b.Deletes {
		if err := t.delete(project, &b.Deletes[i]); err != nil {
			return err
		}
	}
	b.Dropped = t.dropped
	return nil
}

// tooLate counts a write that comes to nothing because of a delete.
func (t *tx) tooLate(w, deleted store.Stamp) {
	if !deleted.IsZero() && w.Compare(deleted) <= 0 {
		t.dropped++
	}
}

func (t *tx) writeTrace(project int64, w *store.TraceWrite) error {
	st, err := t.trace(project, w.ID)
	if err != nil {
		return err
	}
	deleted, err := t.deleted(project, store.ThingTrace, w.ID)
	if err != nil {
		return err
	}
	t.tooLate(w.Stamp, deleted)
	c := st.merged.Apply(w, deleted)
	st.note(c)
	live := st.merged.Live(deleted)
	st.dirty = st.dirty || live && !st.events // the write may be the one that a delete, since taken back, has left nothing of
	st.events = live
	if w.SessionID != "" {
		t.sessions = append(t.sessions, sessionOf{st, w.SessionID})
	}
	return nil
}

func (t *tx) writeObservation(project int64, w *store.ObservationWrite) error {
	st, err := t.observation(project, w.ID)
	if err != nil {
		return err
	}
	deleted, err := t.deletedMember(project, store.ThingObservation, w.ID, st.merged.Fields.TraceID, merge.GivenTrace(w), st.merged.Mentions())
	if err != nil {
		return err
	}
	if !deleted.IsZero() {
		st.note(st.merged.Cut(deleted))
	}
	t.tooLate(w.Stamp, deleted)
	c := st.merged.Apply(w, deleted)
	st.note(c)
	st.noteCounts(c, w.InputCounts, w.OutputCounts)
	live := st.merged.Live(deleted)
	st.dirty = st.dirty || live && !st.live // the write may be the one that a delete, since taken back, has left no row of
	st.live = live
	return t.mention(project, store.ThingObservation, w.ID, c, st.merged.Mentions())
}

func (t *tx) writeScore(project int64, w *store.ScoreWrite) error {
	st, err := t.score(project, w.ID)
	if err != nil {
		return err
	}
	deleted, err := t.deletedMember(project, store.ThingScore, w.ID, st.merged.Fields.TraceID, w.TraceID, st.merged.Mentions())
	if err != nil {
		return err
	}
	if !deleted.IsZero() {
		st.note(st.merged.Cut(deleted))
	}
	t.tooLate(w.Stamp, deleted)
	c := st.merged.Apply(w, deleted)
	st.note(c)
	live := st.merged.Live(deleted)
	st.dirty = st.dirty || live && !st.live
	st.live = live
	return t.mention(project, store.ThingScore, w.ID, c, st.merged.Mentions())
}

// mention notes a further trace in the table by which deletes find the thing.
func (t *tx) mention(project int64, thing store.Thing, id string, c merge.Change, all []string) error {
	if c.NewMention == "" {
		return nil
	}
	for _, traceID := range all {
		if err := t.exec("INSERT INTO mentions (project, trace_id, thing, id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", project, traceID, int64(thing), id); err != nil {
			return err
		}
	}
	return nil
}

// deleted returns the stamp of a thing's tombstone, or zero.
func (t *tx) deleted(project int64, thing store.Thing, id string) (store.Stamp, error) {
	if !t.anyTombs {
		return store.Stamp{}, nil
	}
	k := thingKey{key{project, id}, thing}
	if s, ok := t.deletes[k]; ok {
		return s, nil
	}
	var s store.Stamp
	err := t.row("SELECT at_time, at_update, at_event FROM tombstones WHERE project = ? AND thing = ? AND id = ?",
		[]any{project, int64(thing), id}, &s.Time, &s.Update, &s.EventID)
	if err != nil && !errors.Is(err, errNoRow) {
		return s, err
	}
	t.deletes[k] = s
	return s, nil
}

// deletedMember returns the latest stamp of the tombstones of an observation
// or score and of every trace it was given.
func (t *tx) deletedMember(project int64, thing store.Thing, id, traceID, given string, mentions []string) (store.Stamp, error) {
	last, err := t.deleted(project, thing, id)
	if err != nil || !t.anyTombs {
		return last, err
	}
	for _, trace := range append([]string{traceID, given}, mentions...) {
		if trace == "" {
			continue
		}
		s, err := t.deleted(project, store.ThingTrace, trace)
		if err != nil {
			return last, err
		}
		if !s.IsZero() && (last.IsZero() || s.Compare(last) > 0) {
			last = s
		}
	}
	return last, nil
}

func wrapRead(err error) error {
	if err != nil && !errors.Is(err, errNoRow) {
		return fmt.Errorf("langshark: read for merging: %w", err)
	}
	return err
}

// exec runs a statement.
func (t *tx) exec(query string, args ...any) error {
	if err := t.d.exec(query, args...); err != nil {
		return fmt.Errorf("langshark: write: %w", err)
	}
	return nil
}

// row reads one row; its error is errNoRow if there is none.
func (t *tx) row(query string, args []any, dest ...any) error {
	return wrapRead(t.d.row(query, args, dest...))
}

// ids reads one column of text.
func (t *tx) ids(query string, args ...any) (list []string, err error) {
	err = wrapRead(t.d.rows(query, args, func(r driverRow) error {
		var id string
		err := r.Scan(&id)
		list = append(list, id)
		return err
	}))
	return list, err
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
