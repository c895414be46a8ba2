package worddiff

import "slices"

// anchor is an element that stands at i in one sequence and at j in the other.
type anchor struct{ i, j int }

// anchors are elements that both sequences have exactly once: the most of them that come in
// the same order. It takes n log n steps.
func anchors(a, b []int32) []anchor {
	inA, inB := once(a), once(b)
	var list []anchor // by i
	for i, id := range a {
		if j, ok := inB[id]; ok && inA[id] >= 0 && j >= 0 {
			list = append(list, anchor{i, j})
		}
	}
	// The longest increasing sequence of j, by piles: each remembers the top of the pile before it.
	var tops []int // of each pile, an index in list
	before := make([]int, len(list))
	for n, at := range list {
		pile, _ := slices.BinarySearchFunc(tops, at.j, func(top, j int) int { return list[top].j - j })
		before[n] = -1
		if pile > 0 {
			before[n] = tops[pile-1]
		}
		if pile == len(tops) {
			tops = append(tops, n)
		} else {
			tops[pile] = n
		}
	}
	if len(tops) == 0 {
		return nil
	}
	var chosen []anchor
	for n := tops[len(tops)-1]; n >= 0; n = before[n] {
		chosen = append(chosen, list[n])
	}
	slices.Reverse(chosen)
	return chosen
}

// once says where each element stands, -1 for those that stand more than once.
func once(list []int32) map[int32]int {
	at := make(map[int32]int, len(list))
	for i, id := range list {
		if _, ok := at[id]; ok {
			i = -1
		}
		at[id] = i
	}
	return at
}
