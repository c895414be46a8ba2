package cost

import (
	"maps"
	"slices"
)

// maxDetails bounds the buckets of one call; more are no usage.
const maxDetails = 256

// maxUnits bounds what is counted: with maxDetails, sums can't overflow.
const maxUnits = 1 << 53

func cut(n int64) int64 { return max(-maxUnits, min(maxUnits, n)) }

// Usage is what a call used.
type Usage struct {
	// Unit is empty if nobody said.
	Unit string
	// Input and Output include all of their buckets.
	Input  int64
	Output int64
	Total  int64
	// Details are exclusive buckets by the names the sender has for them; nil if none were given.
	Details map[string]int64
}

// part is what was used under one name.
type part struct {
	name   string
	bucket Bucket
	units  int64
}

// parts are the exclusive buckets of the usage. Where Details hold input or
// output, they are all there is to price; else Input and Output are.
func (u *Usage) parts() []part {
	whole := []part{{string(Input), Input, cut(u.Input)}, {string(Output), Output, cut(u.Output)}}
	if len(u.Details) > maxDetails {
		return whole
	}
	list, sided := partsOf(u.Details)
	if !sided {
		return append(list, whole...)
	}
	takeOut(list, u.Total)
	return list
}

// partsOf are the buckets by name, and whether any is input or output. Those that
// nobody knows are left out, and so is the total.
func partsOf(details map[string]int64) (list []part, sided bool) {
	for _, name := range slices.Sorted(maps.Keys(details)) {
		b, ok := BucketOf(name)
		if !ok || b == Total {
			continue
		}
		list = append(list, part{name, b, cut(details[name])})
		sided = sided || b.side() == Input || b.side() == Output
	}
	return list, sided
}

// exclusive takes out of input and output what the total says they contain.
func exclusive(counts map[string]int64) {
	if len(counts) > maxDetails {
		return
	}
	list, _ := partsOf(counts)
	if takeOut(list, counts[string(Total)]) {
		for _, p := range list {
			counts[p.name] = p.units
		}
	}
}

// takeOut corrects an input that contains its cached tokens and the like beside
// these, as some send it, and an output. The total tells: if the parts add up to more, and
// to exactly the total once what is contained is taken out, it is.
func takeOut(list []part, total int64) bool {
	var sums [2]int64   // of input and output,
	var inside [2]int64 // and of their special buckets
	other := int64(0)
	for _, p := range list {
		side := 0
		switch p.bucket.side() {
		case Input:
		case Output:
			side = 1
		case Searches, Calls:
			continue
		default:
			other += p.units
			continue
		}
		sums[side] += p.units
		if p.bucket != Input && p.bucket != Output {
			inside[side] += p.units
		}
	}
	excess := sums[0] + sums[1] + other - total
	if total <= 0 || excess <= 0 {
		return false
	}
	for _, take := range [][2]int64{{inside[0], 0}, {0, inside[1]}, inside} {
		if take[0]+take[1] != excess {
			continue
		}
		for i := range list {
			p := &list[i]
			switch {
			case p.bucket == Input && p.units >= take[0]:
				p.units -= take[0]
				take[0] = 0
			case p.bucket == Output && p.units >= take[1]:
				p.units -= take[1]
				take[1] = 0
			}
		}
		return true
	}
	return false
}
