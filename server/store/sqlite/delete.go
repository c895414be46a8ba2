package sqlite

import (
	"fmt"

	"github.com/langshark/langshark-go/server/store"
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
		stamp, err = deleteMember(t.observation, project, d, stamp)
	case store.ThingScore:
		stamp, err = deleteMember(t.score, project, d, stamp)
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
	members, err := t.membersOf(project, st)
	if err != nil {
		return at, err
	}
	if d.Stored {
		at = later(at, st.merged.Last())
		for _, m := range members {
			at = later(at, m.last())
		}
	}
	st.note(st.merged.Cut(at))
	st.events = st.events && st.merged.Live(at)
	st.dirty = true
	for _, m := range members {
		m.cut(at)
	}
	return at, nil
}

// member is the state of an observation or a score.
type member interface {
	// last is the stamp of its last write.
	last() store.Stamp
	// cut wipes what stands before a delete.
	cut(at store.Stamp)
}

// deleteMember wipes what load returns. It returns the stamp of the delete.
func deleteMember[M member](load func(project int64, id string) (M, error), project int64, d *store.Delete, at store.Stamp) (store.Stamp, error) {
	m, err := load(project, d.ID)
	if err != nil {
		return at, err
	}
	if d.Stored {
		at = later(at, m.last())
	}
	m.cut(at)
	return at, nil
}

// membersOf are the observations and scores that a trace has, or that were ever given to it.
func (t *tx) membersOf(project int64, st *traceState) ([]member, error) {
	known := map[store.Thing]map[string]struct{}{store.ThingObservation: {}, store.ThingScore: {}}
	for thing, query := range map[store.Thing]string{
		store.ThingObservation: "SELECT id FROM mentions WHERE project = ? AND trace_id = ? AND thing = 2",
		store.ThingScore:       "SELECT id FROM scores WHERE project = ?1 AND trace_id = ?2 UNION SELECT id FROM mentions WHERE project = ?1 AND trace_id = ?2 AND thing = 3",
	} {
		ids, err := t.ids(query, project, st.id)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			known[thing][id] = struct{}{}
		}
	}
	if st.rid != 0 {
		ids, err := t.ids("SELECT id FROM observations WHERE rid BETWEEN ? AND ?", firstMember(st.rid), lastMember(st.rid))
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			known[store.ThingObservation][id] = struct{}{}
		}
	}
	for _, o := range t.order.observations { // those that this transaction made
		if o.project == project && o.mentions(st.id) {
			known[store.ThingObservation][o.id] = struct{}{}
		}
	}
	for _, s := range t.order.scores {
		if s.project == project && s.mentions(st.id) {
			known[store.ThingScore][s.id] = struct{}{}
		}
	}
	var members []member
	for id := range known[store.ThingObservation] {
		o, err := t.observation(project, id)
		if err != nil {
			return nil, err
		}
		members = append(members, o)
	}
	for id := range known[store.ThingScore] {
		s, err := t.score(project, id)
		if err != nil {
			return nil, err
		}
		members = append(members, s)
	}
	return members, nil
}

func (st *observationState) last() store.Stamp { return st.merged.Last() }

func (st *observationState) cut(at store.Stamp) {
	st.note(st.merged.Cut(at))
	st.live = st.live && st.merged.Live(at)
	st.dirty = st.dirty || st.rid != 0
}

func (st *scoreState) last() store.Stamp { return st.merged.Last() }

func (st *scoreState) cut(at store.Stamp) {
	st.note(st.merged.Cut(at))
	st.live = st.live && st.merged.Live(at)
	st.dirty = st.dirty || st.rid != 0
}
