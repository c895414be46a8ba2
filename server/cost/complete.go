package cost

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Completed says what [Complete] has done.
type Completed struct {
	// Kept is how many entries have got prices that they didn't speak of.
	Kept int
	// Less names the models of which the other table says more that doesn't fit, of all or
	// of a tier: its prices of input and output are others. In order, each once.
	Less []string
}

// Complete gives entries the buckets and tiers of another table that they don't
// speak of. It does so where both tables agree on what input and output cost: such a
// table says less of the same prices. Where they don't, one of them is of another time, and
// half of each would be neither's. The entry of the other table is that of the name now, or
// of an entry's own time.
func Complete(entries []*Entry, from *Table, now time.Time) (c Completed) {
	for _, e := range entries {
		other := from.Match(e.Name, e.Unit, e.during(now))
		if other == nil || len(e.Prices) == 0 {
			continue
		}
		kept, less := e.complete(other)
		if kept {
			e.Source += "; what it lacks " + other.Source
			c.Kept++
		}
		if less {
			c.Less = append(c.Less, e.Name)
		}
	}
	slices.Sort(c.Less)
	c.Less = slices.Compact(c.Less)
	return c
}

// during is now, or a time at which the entry is valid.
func (e *Entry) during(now time.Time) time.Time {
	switch {
	case e.valid(now):
		return now
	case !e.Until.IsZero() && !now.Before(e.Until):
		return e.Until.Add(-time.Second)
	}
	return e.From
}

// agree reports whether two lists have the same prices of input, output and any unit.
func (p Prices) agree(other Prices) bool {
	for _, b := range []Bucket{Input, Output, Total} {
		mine, has := p[b]
		if theirs, have := other[b]; has != have || mine != theirs {
			return false
		}
	}
	return true
}

// complete gives an entry what another says and it doesn't, of all and tier by tier. It
// reports whether there was something, and whether there was what doesn't fit.
func (e *Entry) complete(other *Entry) (kept, less bool) {
	prices := e.Prices.unspoken(other.Prices)
	tiers := e.unspokenTiers(other)
	if !e.Prices.agree(other.Prices) {
		return false, len(prices) > 0 || len(tiers) > 0
	}
	for i := range e.Tiers {
		mine := &e.Tiers[i]
		at := slices.IndexFunc(other.Tiers, func(t Tier) bool { return t.Service == mine.Service && t.Above == mine.Above })
		if at < 0 { // a condition of its own: it has nothing of what is new
			less = less || len(mine.Prices.unspoken(prices)) > 0
			continue
		}
		more := mine.Prices.unspoken(other.Tiers[at].Prices)
		switch {
		case len(more) == 0:
		case !mine.Prices.agree(other.Tiers[at].Prices):
			less = true
		default:
			maps.Copy(mine.Prices, more)
			kept = true
		}
	}
	maps.Copy(e.Prices, prices)
	e.Tiers = append(e.Tiers, tiers...)
	slices.SortStableFunc(e.Tiers, narrower)
	return kept || len(prices) > 0 || len(tiers) > 0, less
}

// unspoken are the buckets of another list that p doesn't have.
func (p Prices) unspoken(other Prices) Prices {
	prices := Prices{}
	for b, price := range other {
		if _, ok := p[b]; !ok && b != Input && b != Output && b != Total {
			prices[b] = price
		}
	}
	return prices
}

// unspokenTiers are those of a service or of a size of input for which e has none.
func (e *Entry) unspokenTiers(other *Entry) (tiers []Tier) {
	for _, t := range other.Tiers {
		if !slices.ContainsFunc(e.Tiers, func(mine Tier) bool { return mine.Service == t.Service && (mine.Above > 0) == (t.Above > 0) }) {
			t.Prices = maps.Clone(t.Prices)
			tiers = append(tiers, t)
		}
	}
	return tiers
}

// narrower orders tiers such that the first that fits is the one that says most.
func narrower(a, b Tier) int {
	if (a.Service != "") != (b.Service != "") {
		if a.Service != "" {
			return -1
		}
		return 1
	}
	return cmp.Compare(b.Above, a.Above)
}
