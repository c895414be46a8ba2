package cost

import "time"

// HoldFrom has entries without a first day hold from a time on.
func HoldFrom(entries []*Entry, from time.Time) {
	for _, e := range entries {
		if e.From.IsZero() && (e.Until.IsZero() || from.Before(e.Until)) {
			e.From = from
		}
	}
}

// KeepHistory has entries without any dates hold since the day on which another table says that
// the price of the model last changed before now: such entries are prices of now, and what
// the model cost before that day is for the other table to say. It returns how
// many of them there are.
func KeepHistory(entries []*Entry, from *Table, now time.Time) (n int) {
	for _, e := range entries {
		if !e.From.IsZero() || !e.Until.IsZero() {
			continue
		}
		other := from.Match(e.Name, e.Unit, now)
		if other == nil || other.From.IsZero() {
			continue
		}
		if before := from.Match(e.Name, e.Unit, other.From.Add(-time.Second)); before != nil && len(before.Prices) > 0 {
			e.From = other.From
			n++
		}
	}
	return n
}
