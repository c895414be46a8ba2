package cost

import (
	"slices"
	"sync"
	"time"
)

// maxCached bounds the names of models that a table remembers.
const maxCached = 4096

// Table finds the entry of a call. Entries that stand first come first. Its
// methods are safe for concurrent use; the entries must not change any more.
type Table struct {
	entries []*Entry

	mu     sync.RWMutex
	byName map[string][]*Entry // those that match a name, whatever the time and unit
}

// NewTable makes a table of entries. Of those that match a call and are valid,
// the one that began last wins, then the one that stands first.
func NewTable(entries []*Entry) (*Table, error) {
	for _, e := range entries {
		if err := e.compile(); err != nil {
			return nil, err
		}
	}
	return &Table{entries: entries, byName: map[string][]*Entry{}}, nil
}

// Entries are all entries, in their order. Nil has none.
func (t *Table) Entries() []*Entry {
	if t == nil {
		return nil
	}
	return t.entries
}

// Match is the entry of a model at the start of a call, or nil. An entry of
// another unit than the given one doesn't match; empty is any unit. Nil has none.
func (t *Table) Match(model, unit string, at time.Time) *Entry {
	if t == nil || model == "" || len(model) > maxName {
		return nil
	}
	var found *Entry
	for _, e := range t.named(model) {
		if unit != "" && unit != e.Unit || !e.valid(at) {
			continue
		}
		if found == nil || e.before(found, unit) {
			found = e
		}
	}
	return found
}

// before reports whether e comes before another that matches too and stands before it.
func (e *Entry) before(other *Entry, unit string) bool {
	if unit == "" && e.Unit != other.Unit && (e.Unit == Tokens || other.Unit == Tokens) { // what mostly is meant
		return e.Unit == Tokens
	}
	return e.From.After(other.From)
}

func (t *Table) named(model string) []*Entry {
	t.mu.RLock()
	list, ok := t.byName[model]
	t.mu.RUnlock()
	if ok {
		return list
	}
	for _, e := range t.entries {
		if e.matcher.MatchString(model) {
			list = append(list, e)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.byName) >= maxCached {
		clear(t.byName)
	}
	t.byName[model] = slices.Clip(list)
	return list
}
