package merge

import (
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// usage has each count of an observation by itself, once several writes gave
// some: a stream says first what went in, then what came out.
type usage struct {
	unit   string
	unitAt store.Stamp
	// whole are those of input, output and the total.
	whole [3]count
	// details are the buckets by name.
	details map[string]count
	// last is what the last write gave, at lastAt, without its details.
	last   store.Usage
	lastAt store.Stamp
}

// count is a number, and the last write that gave it.
type count struct {
	n  int64
	at store.Stamp
}

// The members of usage.whole, in the order of the bits of [store.UsageParts].
const (
	wholeInput = iota
	wholeOutput
	wholeTotal
)

// MaxBuckets is how many buckets the writes of one observation may gather. Beyond, new ones are left out.
const MaxBuckets = 1000

// write merges what one write gave and reports whether that changed anything.
func (u *usage) write(from *store.Usage, s store.Stamp) (changed bool) {
	if advance(&u.lastAt, s) {
		u.last, changed = *from, true
		u.last.Details = nil
	}
	if from.Unit != "" && advance(&u.unitAt, s) {
		u.unit, changed = from.Unit, true
	}
	for i, n := range [...]int64{from.Input, from.Output, from.Total} {
		if from.Derived&(1<<i) == 0 && advance(&u.whole[i].at, s) {
			u.whole[i].n, changed = n, true
		}
	}
	for name, n := range from.Details {
		c, ok := u.details[name]
		if !ok && len(u.details) >= MaxBuckets || !advance(&c.at, s) {
			continue
		}
		if u.details == nil {
			u.details = map[string]count{}
		}
		c.n, changed = n, true
		u.details[name] = c
	}
	return changed
}

// cut removes what was written up to s.
func (u *usage) cut(s store.Stamp) {
	if covers(s, u.unitAt) {
		u.unit, u.unitAt = "", store.Stamp{}
	}
	for i := range u.whole {
		if covers(s, u.whole[i].at) {
			u.whole[i] = count{}
		}
	}
	for name, c := range u.details {
		if covers(s, c.at) {
			delete(u.details, name)
		}
	}
}

// value is what all of it amounts to. The last word on a side is that of the last write that
// named all of it, input or output, and of buckets within that came with it or later; a
// total holds unless a count came after it.
func (u *usage) value() *store.Usage {
	if u.lastOnly() {
		out := u.last
		for name, c := range u.details {
			if out.Details == nil {
				out.Details = map[string]int64{}
			}
			out.Details[name] = c.n
		}
		return &out
	}
	out := &store.Usage{Unit: u.unit, Derived: store.UsageInput | store.UsageOutput | store.UsageTotal}
	details := map[string]int64{}
	var last store.Stamp // of all that stands but the total
	for _, name := range []cost.Bucket{cost.Input, cost.Output} {
		last = later(last, u.whole[wholeOf(name)].at)
	}
	var sum int64
	for name, c := range u.details {
		last = later(last, c.at)
		if side := cost.SideOf(name); side != cost.Input && side != cost.Output {
			details[name] = c.n
			if side != cost.Searches && side != cost.Calls && side != cost.Total { // these are no tokens
				sum = add(sum, c.n)
			}
		}
	}
	out.Input = u.side(cost.Input, details, out)
	out.Output = u.side(cost.Output, details, out)
	out.Total = add(add(sum, out.Input), out.Output)
	if t := u.whole[wholeTotal]; !t.at.IsZero() && t.at.Compare(last) >= 0 {
		out.Total = t.n
		out.Derived &^= store.UsageTotal
	}
	if len(details) > 0 {
		out.Details = details
	}
	return out
}

// lastOnly reports whether all that there is came with the last write.
func (u *usage) lastOnly() bool {
	for _, at := range [...]store.Stamp{u.unitAt, u.whole[wholeInput].at, u.whole[wholeOutput].at, u.whole[wholeTotal].at} {
		if !at.IsZero() && at != u.lastAt {
			return false
		}
	}
	for _, c := range u.details {
		if c.at != u.lastAt {
			return false
		}
	}
	return true
}

// side adds the buckets of a side to details, and returns all of it.
func (u *usage) side(side cost.Bucket, details map[string]int64, out *store.Usage) int64 {
	i := wholeOf(side)
	whole := u.whole[i]
	since := whole.at
	if main, ok := u.details[string(side)]; ok {
		since = later(since, main.at)
	}
	var sum int64
	var last store.Stamp // of the buckets that stand
	with, others := false, false
	for name, c := range u.details {
		switch {
		case cost.SideOf(name) != side:
			others = others || c.at != whole.at
			continue
		case c.at.Compare(since) < 0:
			others = true
			continue
		}
		details[name] = c.n
		sum = add(sum, c.n)
		last = later(last, c.at)
		with = with || c.at == whole.at
	}
	switch {
	case whole.at.IsZero() || since != whole.at:
		return sum
	case last == whole.at, last.IsZero() && !others:
		out.Derived &^= 1 << i
		return whole.n
	case !with: // where there are buckets, they alone are billed
		details[string(side)] = whole.n
		sum = add(sum, whole.n)
	}
	return sum
}

func wholeOf(side cost.Bucket) int {
	if side == cost.Output {
		return wholeOutput
	}
	return wholeInput
}

// later is the later of two stamps, zero being the earliest.
func later(a, b store.Stamp) store.Stamp {
	if a.IsZero() || !b.IsZero() && b.Compare(a) > 0 {
		return b
	}
	return a
}

// maxCount is the greatest count that can be sent; sums are cut to it.
const maxCount = 1 << 53

func add(a, b int64) int64 { return min(maxCount, a+b) }
