package sqlite

import (
	"context"
	"fmt"

	"github.com/langshark/langshark-go/server/store"
)

// delete raises a tombstone and wipes what stands before it.
func (t *tx) delete(ctx context.Context, project int64, d *store.Delete) error {
	before, err := t.deleted(ctx, project, d.Thing, d.ID)
	if err != nil {
		return err
	}
	if !before.IsZero() && d.Compare(before) <= 0 {
		return nil
	}
	// The things are loaded before the tombstone is there, so that the states hold what it is to wipe.
	switch d.Thing {
	case store.ThingTrace:
		err = t.deleteTrace(ctx, project, d)
	case store.ThingObservation:
		err = t.deleteObservation(ctx, project, d.ID, d.Stamp)
	case store.ThingScore:
		err = t.deleteScore(ctx, project, d.ID, d.Stamp)
	default:
		err = fmt.Errorf("langshark: delete of unknown thing %d", d.Thing)
	}
	if err != nil {
		return err
	}
	t.anyTombs = true
	t.deletes[thingKey{key{project, d.ID}, d.Thing}] = d.Stamp
	return t.exec(ctx, `INSERT INTO tombstones (project, thing, id, at_time, at_update, at_event) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET at_time = excluded.at_time, at_update = excluded.at_update, at_event = excluded.at_event`,
		project, d.Thing, d.ID, d.Time, d.Update, d.EventID)
}

// deleteTrace takes along what belongs to the trace, or was ever given to it.
func (t *tx) deleteTrace(ctx context.Context, project int64, d *store.Delete) error {
	st, err := t.trace(ctx, project, d.ID)
	if err != nil {
		return err
	}
	st.note(st.merged.Cut(d.Stamp))
	st.events = st.events && st.merged.Live(d.Stamp)
	st.dirty = true
	members := map[store.Thing]map[string]struct{}{store.ThingObservation: {}, store.ThingScore: {}}
	for thing, query := range map[store.Thing]string{
		store.ThingObservation: "SELECT o.id FROM observations o JOIN traces t ON t.rid = o.trace_rid WHERE t.project = ?1 AND t.id = ?2 UNION SELECT id FROM mentions WHERE project = ?1 AND trace_id = ?2 AND thing = 2",
		store.ThingScore:       "SELECT id FROM scores WHERE project = ?1 AND trace_id = ?2 UNION SELECT id FROM mentions WHERE project = ?1 AND trace_id = ?2 AND thing = 3",
	} {
		ids, err := t.ids(ctx, query, project, d.ID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			members[thing][id] = struct{}{}
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
		if err := t.deleteObservation(ctx, project, id, d.Stamp); err != nil {
			return err
		}
	}
	for id := range members[store.ThingScore] {
		if err := t.deleteScore(ctx, project, id, d.Stamp); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) deleteObservation(ctx context.Context, project int64, id string, at store.Stamp) error {
	st, err := t.observation(ctx, project, id)
	if err != nil {
		return err
	}
	st.note(st.merged.Cut(at))
	st.live = st.live && st.merged.Live(at)
	st.dirty = st.dirty || st.rid != 0
	return nil
}

func (t *tx) deleteScore(ctx context.Context, project int64, id string, at store.Stamp) error {
	st, err := t.score(ctx, project, id)
	if err != nil {
		return err
	}
	st.note(st.merged.Cut(at))
	st.live = st.live && st.merged.Live(at)
	st.dirty = st.dirty || st.rid != 0
	return nil
}
