package storetest

import (
	"maps"

	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// modelUsage is what writes, oldest first, say of a usage: of each count the last word, told
// by the number of its write. Who names a side says what all of it is: buckets
// that came before are no part of it.
func modelUsage(writes []*store.Usage) *store.Usage {
	if len(writes) == 0 {
		return nil
	}
	last := len(writes)
	out := &store.Usage{}
	unitBy, whole, by := 0, [3]int64{}, [3]int{}
	details, detailsBy := map[string]int64{}, map[string]int{}
	for i, w := range writes {
		if w.Unit != "" {
			out.Unit, unitBy = w.Unit, i+1
		}
		for part, n := range [...]int64{w.Input, w.Output, w.Total} {
			if w.Derived&(1<<part) == 0 {
				whole[part], by[part] = n, i+1
			}
		}
		for name, n := range w.Details {
			details[name], detailsBy[name] = n, i+1
		}
	}
	same := func(n int) bool { return n == 0 || n == last }
	all := same(unitBy) && same(by[0]) && same(by[1]) && same(by[2])
	newest := max(by[0], by[1])
	for _, n := range detailsBy {
		all = all && same(n)
		newest = max(newest, n)
	}
	if all { // nothing is left of those before
		again := *writes[last-1]
		again.Details = maps.Clone(again.Details)
		return &again
	}
	out.Derived = 7
	out.Details = map[string]int64{}
	for part, side := range []cost.Bucket{cost.Input, cost.Output} {
		since := max(by[part], detailsBy[string(side)])
		sum, at, beside, elsewhere := int64(0), 0, false, false
		for name, n := range details {
			switch {
			case cost.SideOf(name) != side, detailsBy[name] < since:
				elsewhere = elsewhere || cost.SideOf(name) == side || detailsBy[name] != by[part]
			default:
				out.Details[name] = n
				sum += n
				at = max(at, detailsBy[name])
				beside = beside || detailsBy[name] == by[part]
			}
		}
		if by[part] > 0 && since == by[part] {
			if at == by[part] || at == 0 && !elsewhere {
				sum, out.Derived = whole[part], out.Derived&^(1<<part)
			} else if !beside {
				out.Details[string(side)] = whole[part]
				sum += whole[part]
			}
		}
		if out.Total += sum; part == 0 {
			out.Input = sum
		} else {
			out.Output = sum
		}
	}
	for name, n := range details {
		if side := cost.SideOf(name); side != cost.Input && side != cost.Output {
			out.Details[name] = n
			if side == "" {
				out.Total += n
			}
		}
	}
	if by[2] >= newest && by[2] > 0 {
		out.Total, out.Derived = whole[2], out.Derived&^store.UsageTotal
	}
	if len(out.Details) == 0 {
		out.Details = nil
	}
	return out
}
