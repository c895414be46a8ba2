package mask

import (
	"cmp"
	"slices"
)

// resolve leaves of overlapping matches that of the highest confidence, then
// the longest, then the first, then that whose type comes first in the
// alphabet. The rest is in order of the text.
func (sc *scan) resolve(found []Match) []Match {
	if !slices.IsSortedFunc(found, byStart) {
		slices.SortFunc(found, byStart)
	}
	kept := found[:0]
	for i := 0; i < len(found); {
		j, end := i+1, found[i].End
		for j < len(found) && found[j].Start < end {
			end = max(end, found[j].End)
			j++
		}
		if j-i == 1 {
			kept = append(kept, found[i])
		} else {
			kept = sc.cluster(kept, found[i:j], end)
		}
		i = j
	}
	return kept
}

// cluster appends the winners among matches that overlap one another.
func (sc *scan) cluster(kept, found []Match, end int) []Match {
	start := found[0].Start
	slices.SortFunc(found, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(b.End-b.Start, a.End-a.Start),
			cmp.Compare(a.Start, b.Start), cmp.Compare(a.Type, b.Type))
	})
	taken := make([]bool, end-start)
	won := make([]Match, 0, len(found))
	for _, f := range found {
		span := taken[f.Start-start : f.End-start]
		sc.work += len(span)
		if slices.Contains(span, true) {
			continue
		}
		for i := range span {
			span[i] = true
		}
		won = append(won, f)
	}
	slices.SortFunc(won, byStart)
	return append(kept, won...)
}

func byStart(a, b Match) int { return cmp.Compare(a.Start, b.Start) }
