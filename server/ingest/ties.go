package ingest

import "github.com/langshark/langshark-go/server/store"

// target is what an event writes to, by which of its two kinds.
type target struct {
	thing  store.Thing
	update bool
	id     string
}

// write is what the item has for the store: the id of the thing, and the stamp. It is nil for logs.
func (it *item) write() (id string, stamp *store.Stamp) {
	switch {
	case it.trace != nil:
		return it.trace.ID, &it.trace.Stamp
	case it.observation != nil:
		return it.observation.ID, &it.observation.Stamp
	case it.score != nil:
		return it.score.ID, &it.score.Stamp
	}
	return "", nil
}

// part tells events of one thing apart that have the same time, as those of
// clients that count in milliseconds have: a later one of the batch comes after
// an earlier one, by a nanosecond. Items are in the order of their times.
func part(items []item) {
	last := map[target]int64{}
	for i := range items {
		id, stamp := items[i].write()
		if stamp == nil {
			continue
		}
		to := target{items[i].kind.thing, items[i].kind.update, id}
		if before, ok := last[to]; ok && stamp.Time <= before && before < 1<<63-1 {
			stamp.Time = before + 1
		}
		last[to] = stamp.Time
	}
}
