package langshark

import "maps"

// promptIndex finds entries. It never changes.
type promptIndex struct {
	all        map[promptKey]*promptEntry
	production map[string]*promptEntry // those of them with that label, which most callers want, by name
}

func (x *promptIndex) clone() *promptIndex {
	next := &promptIndex{all: maps.Clone(x.all), production: maps.Clone(x.production)}
	if next.all == nil {
		next.all, next.production = map[promptKey]*promptEntry{}, map[string]*promptEntry{}
	}
	return next
}

func (x *promptIndex) put(e *promptEntry) {
	x.all[e.key] = e
	if e.key == production(e.key.name) {
		x.production[e.key.name] = e
	}
}

func (x *promptIndex) remove(key promptKey) {
	delete(x.all, key)
	if key == production(key.name) {
		delete(x.production, key.name)
	}
}

func production(name string) promptKey { return promptKey{name: name, label: LabelProduction} }

// add makes an entry, and room for it if anything can go; the caller holds the lock. What handles hold
// stays, and may be more than the limit.
func (c *promptCache) add(key promptKey) (e, evicted *promptEntry) {
	e = &promptEntry{cache: c, key: key}
	saved, changed := c.recall(key)
	e.value.Store(saved)
	e.changed = changed
	e.stale.Store(true)
	c.turn.Add(1)
	next := c.index.Load().clone()
	if i := c.victim(); len(c.ring) >= c.limit && i >= 0 {
		evicted = c.ring[i]
		next.remove(evicted.key)
		c.ring[i] = e
		c.counts.evicted.Add(1)
	} else {
		c.ring = append(c.ring, e)
	}
	next.put(e)
	c.index.Store(next)
	return e, evicted
}

// victim is the one that was not used for longest; -1 if all are pinned.
func (c *promptCache) victim() int {
	found := -1
	for i, e := range c.ring {
		if e.pins == 0 && (found < 0 || e.used.Load() < c.ring[found].used.Load()) {
			found = i
		}
	}
	return found
}

// unpin lets go of an entry. If only handles have kept more than the limit, one makes room.
func (c *promptCache) unpin(e *promptEntry) {
	if evicted := c.letGo(e); evicted != nil {
		evicted.stop() // without the lock
	}
}

func (c *promptCache) letGo(e *promptEntry) (evicted *promptEntry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.pins = max(e.pins-1, 0)
	if len(c.ring) <= c.limit {
		return nil
	}
	i := c.victim()
	if i < 0 {
		return nil
	}
	evicted = c.ring[i]
	last := len(c.ring) - 1
	c.ring[i], c.ring[last] = c.ring[last], nil
	c.ring = c.ring[:last]
	next := c.index.Load().clone()
	next.remove(evicted.key)
	c.index.Store(next)
	c.counts.evicted.Add(1)
	return evicted
}

// pinned reports whether a handle holds the entry.
func (c *promptCache) pinned(e *promptEntry) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return e.pins > 0
}
