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
//
// Some send an input that contains its cached tokens beside these. The total
// tells: if the parts add up to more, and to exactly the total once what is
// contained is taken out, it is.
func (u *Usage) parts() []part {
	var list []part
	var sums [2]int64   // of input and output,
	var inside [2]int64 // and of their special buckets
	other := int64(0)
	sided := false
	if len(u.Details) > maxDetails {
		return []part{{string(Input), Input, cut(u.Input)}, {string(Output), Output, cut(u.Output)}}
	}
	for _, name := range slices.Sorted(maps.Keys(u.Details)) {
		n := cut(u.Details[name])
		b, ok := BucketOf(name)
		if !ok || b == Total {
			continue
		}
		list = append(list, part{name, b, n})
		side := 0
		switch b.side() {
		case Input:
		case Output:
			side = 1
		default:
			if b != Searches && b != Calls {
				other += n
			}
			continue
		}
		sided = true
		sums[side] += n
		if b != Input && b != Output {
			inside[side] += n
		}
	}
	if !sided {
		return append(list, part{string(Input), Input, cut(u.Input)}, part{string(Output), Output, cut(u.Output)})
	}
	excess := sums[0] + sums[1] + other - u.Total
	if u.Total <= 0 || excess <= 0 {
		return list
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
		break
	}
	return list
}
