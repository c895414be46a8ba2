package sqlite

import (
	"fmt"
	"slices"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/merge"
)

// delete raises a tombstone and wipes what stands before it.
func (t *tx) delete(project int64, d *store.Delete) error {
	before, err := t.deleted(project, d.Thing, d.ID)
	if err != nil {
		return err
	}
	stamp := d.Stamp
	if !before.IsZero() && stamp.Compare(before) <= 0 {
		if !d.Stored {
			return nil
		}
		stamp = before
	}
	// The things are loaded before the tombstone is there, so that the states hold what it is to wipe.
	switch d.Thing {
	case store.ThingTrace:
		stamp, err = t.deleteTrace(project, d, stamp)
	case store.ThingObservation:
		stamp, err = t.deleteObservation(project, d.ID, stamp, d.Stored)
	case store.ThingScore:
		stamp, err = t.deleteScore(project, d.ID, stamp, d.Stored)
	default:
		err = fmt.Errorf("langshark: delete of unknown thing %d", d.Thing)
	}
	if err != nil || d.Passing && stamp == d.Stamp { // what lies ahead stays deleted by itself
		return err
	}
	t.anyTombs = true
	t.deletes[thingKey{key{project, d.ID}, d.Thing}] = stamp
	return t.exec(`INSERT INTO tombstones (project, thing, id, at_time, at_update, at_event, kept) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET at_time = excluded.at_time, at_update = excluded.at_update, at_event = excluded.at_event, kept = excluded.kept`,
		project, int64(d.Thing), d.ID, stamp.Time, stamp.Update, stamp.EventID, t.now)
}

// later is the later one of two stamps.
func later(a, b store.Stamp) store.Stamp {
	if b.Compare(a) > 0 {
		return b
	}
	return a
}

// deleteTrace takes along what belongs to the trace, or was ever given to it. It returns the stamp of the delete.
func (t *tx) deleteTrace(project int64, d *store.Delete, at store.Stamp) (store.Stamp, error) {
	st, err := t.trace(project, d.ID)
	if err != nil {
		return at, err
	}
	observations, scores, err := t.membersOf(project, st)
	if err != nil {
		return at, err
	}
	if d.Stored {
		at = later(at, st.merged.Last())
		for _, o := range observations {
			at = later(at, o.merged.Last())
		}
		for _, s := range scores {
			at = later(at, s.merged.Last())
		}
	}
	st.note(st.merged.Cut(at))
	st.events = st.events && st.merged.Live(at)
	st.dirty = true
	for _, o := range observations {
		o.cut(at)
	}
	for _, s := range scores {
		s.cut(at)
	}
	return at, nil
}

// membersOf are the observations and scores that a trace has, or that were ever given to it.
func (t *tx) membersOf(project int64, st *traceState) (observations []*observationState, scores []*scoreState, err error) {
	members := map[store.Thing]map[string]struct{}{store.ThingObservation: {}, store.ThingScore: {}}
	for thing, query := range map[store.Thing]string{
		store.ThingObservation: "SELECT id FROM mentions WHERE project = ? AND trace_id = ? AND thing = 2",
		store.ThingScore:       "SELECT id FROM scores WHERE project = ?1 AND trace_id = ?2 UNION SELECT id FROM mentions WHERE project = ?1 AND trace_id = ?2 AND thing = 3",
	} {
		ids, err := t.ids(query, project, st.id)
		if err != nil {
			return nil, nil, err
		}
		for _, id := range ids {
			members[thing][id] = struct{}{}
		}
	}
	if st.rid != 0 {
		ids, err := t.ids("SELECT id FROM observations WHERE rid BETWEEN ? AND ?", firstMember(st.rid), lastMember(st.rid))
		if err != nil {
			return nil, nil, err
		}
		for _, id := range ids {
			members[store.ThingObservation][id] = struct{}{}
		}
	}
	for _, o := range t.order.observations { // those that this transaction made
		if o.project == project && o.mentions(st.id) {
			members[store.ThingObservation][o.id] = struct{}{}
		}
	}
	for _, s := range t.order.scores {
		if s.project == project && s.mentions(st.id) {
			members[store.ThingScore][s.id] = struct{}{}
		}
	}
	for id := range members[store.ThingObservation] {
		o, err := t.observation(project, id)
		if err != nil {
			return nil, nil, err
		}
		observations = append(observations, o)
	}
	for id := range members[store.ThingScore] {
		s, err := t.score(project, id)
		if err != nil {
			return nil, nil, err
		}
		scores = append(scores, s)
	}
	return observations, scores, nil
}

func (t *tx) deleteObservation(project int64, id string, at store.Stamp, stored bool) (store.Stamp, error) {
	st, err := t.observation(project, id)
	if err != nil {
		return at, err
	}
	if stored {
		at = later(at, st.merged.Last())
	}
	st.cut(at)
	return at, nil
}

// cut wipes what stands before a delete.
func (st *observationState) cut(at store.Stamp) {
	st.note(st.merged.Cut(at))
	st.live = st.live && st.merged.Live(at)
	st.dirty = st.dirty || st.rid != 0
}

func (t *tx) deleteScore(project int64, id string, at store.Stamp, stored bool) (store.Stamp, error) {
	st, err := t.score(project, id)
	if err != nil {
		return at, err
	}
	if stored {
		at = later(at, st.merged.Last())
	}
	st.cut(at)
	return at, nil
}

// cut wipes what stands before a delete.
func (st *scoreState) cut(at store.Stamp) {
	st.note(st.merged.Cut(at))
	st.live = st.live && st.merged.Live(at)
	st.dirty = st.dirty || st.rid != 0
}

// revive takes the delete of a thing back. What it has left of the thing stays.
func (t *tx) revive(project int64, thing store.Thing, id string) error {
	if id == "" {
		return nil
	}
	if deleted, err := t.deleted(project, thing, id); err != nil || deleted.IsZero() {
		return err
	}
	t.deletes[thingKey{key{project, id}, thing}] = store.Stamp{}
	return t.exec("UPDATE tombstones SET at_time = 0, at_update = 0, at_event = '', kept = ? WHERE project = ? AND thing = ? AND id = ?", t.now, project, int64(thing), id)
}

// reviveAll takes the deletes of what a batch writes back.
func (t *tx) reviveAll(project int64, b *store.Batch) error {
	for i := range b.Traces {
		if err := t.revive(project, store.ThingTrace, b.Traces[i].ID); err != nil {
			return err
		}
	}
	for i := range b.Observations {
		o := &b.Observations[i]
		st, err := t.observation(project, o.ID)
		if err != nil {
			return err
		}
		if err := t.reviveMember(project, store.ThingObservation, o.ID, slices.Concat(st.merged.Mentions(), []string{merge.GivenTrace(o), st.merged.Fields.TraceID})); err != nil {
			return err
		}
	}
	for i := range b.Scores {
		s := &b.Scores[i]
		st, err := t.score(project, s.ID)
		if err != nil {
			return err
		}
		if err := t.reviveMember(project, store.ThingScore, s.ID, slices.Concat(st.merged.Mentions(), []string{s.TraceID, st.merged.Fields.TraceID})); err != nil {
			return err
		}
	}
	return nil
}

// reviveMember takes the deletes of a member of traces back, and those of every trace that it was given.
func (t *tx) reviveMember(project int64, thing store.Thing, id string, traces []string) error {
	if err := t.revive(project, thing, id); err != nil {
		return err
	}
	for _, trace := range traces {
		if err := t.revive(project, store.ThingTrace, trace); err != nil {
			return err
		}
	}
	return nil
}
