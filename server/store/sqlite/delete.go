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
	if !before.IsZero() && d.Compare(before) <= 0 {
		return nil
	}
	// The things are loaded before the tombstone is there, so that the states hold what it is to wipe.
	switch d.Thing {
	case store.ThingTrace:
		err = t.deleteTrace(project, d)
	case store.ThingObservation:
		err = t.deleteObservation(project, d.ID, d.Stamp)
	case store.ThingScore:
		err = t.deleteScore(project, d.ID, d.Stamp)
	default:
		err = fmt.Errorf("langshark: delete of unknown thing %d", d.Thing)
	}
	if err != nil {
		return err
	}
	t.anyTombs = true
	t.deletes[thingKey{key{project, d.ID}, d.Thing}] = d.Stamp
	return t.exec(`INSERT INTO tombstones (project, thing, id, at_time, at_update, at_event, kept) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET at_time = excluded.at_time, at_update = excluded.at_update, at_event = excluded.at_event, kept = excluded.kept`,
		project, int64(d.Thing), d.ID, d.Time, d.Update, d.EventID, t.now)
}

// deleteTrace takes along what belongs to the trace, or was ever given to it.
func (t *tx) deleteTrace(project int64, d *store.Delete) error {
	st, err := t.trace(project, d.ID)
	if err != nil {
		return err
	}
	st.note(st.merged.Cut(d.Stamp))
	st.events = st.events && st.merged.Live(d.Stamp)
	st.dirty = true
	members := map[store.Thing]map[string]struct{}{store.ThingObservation: {}, store.ThingScore: {}}
	for thing, query := range map[store.Thing]string{
		store.ThingObservation: "SELECT id FROM mentions WHERE project = ? AND trace_id = ? AND thing = 2",
		store.ThingScore:       "SELECT id FROM scores WHERE project = ?1 AND trace_id = ?2 UNION SELECT id FROM mentions WHERE project = ?1 AND trace_id = ?2 AND thing = 3",
	} {
		ids, err := t.ids(query, project, d.ID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			members[thing][id] = struct{}{}
		}
	}
	if st.rid != 0 {
		ids, err := t.ids("SELECT id FROM observations WHERE rid BETWEEN ? AND ?", firstMember(st.rid), lastMember(st.rid))
		if err != nil {
			return err
		}
		for _, id := range ids {
			members[store.ThingObservation][id] = struct{}{}
		}
	}
	for _, o := range t.order.observations { // those that this transaction made
		if o.project == project && o.mentions(d.ID) {
			members[store.ThingObservation][o.id] = struct{}{}
		}
	}
	for _, s := range t.order.scores {
		if s.project == project && s.mentions(d.ID) {
			members[store.ThingScore][s.id] = struct{}{}
		}
	}
	for id := range members[store.ThingObservation] {
		if err := t.deleteObservation(project, id, d.Stamp); err != nil {
			return err
		}
	}
	for id := range members[store.ThingScore] {
		if err := t.deleteScore(project, id, d.Stamp); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) deleteObservation(project int64, id string, at store.Stamp) error {
	st, err := t.observation(project, id)
	if err != nil {
		return err
	}
	st.note(st.merged.Cut(at))
	st.live = st.live && st.merged.Live(at)
	st.dirty = st.dirty || st.rid != 0
	return nil
}

func (t *tx) deleteScore(project int64, id string, at store.Stamp) error {
	st, err := t.score(project, id)
	if err != nil {
		return err
	}
	st.note(st.merged.Cut(at))
	st.live = st.live && st.merged.Live(at)
	st.dirty = st.dirty || st.rid != 0
	return nil
}
