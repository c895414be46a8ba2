package sqlite

import (
	"slices"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/merge"
)

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
