package worddiff

import "slices"

// What one comparison may take: steps, and edits, whose square is the memory.
const (
	budget   = 4_000_000
	maxEdits = 1500
)

// run is a number of elements of which the same has become.
type run struct {
	op Op
	n  int
}

// compare finds the fewest deletes and inserts, by the greedy algorithm of Myers (An O(ND)
// difference algorithm, 1986). It takes its steps from what is left of the budget and gives up
// without.
func compare(a, b []int32, left *int) (runs []run, ok bool) {
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	script, ok := myers(a[head:len(a)-tail], b[head:len(b)-tail], left)
	if !ok {
		return nil, false
	}
	runs = add(nil, Equal, head)
	for _, r := range script {
		runs = add(runs, r.op, r.n)
	}
	return add(runs, Equal, tail), true
}

func add(runs []run, op Op, n int) []run {
	if last := len(runs) - 1; last >= 0 && runs[last].op == op {
		runs[last].n += n
		return runs
	}
	if n == 0 {
		return runs
	}
	return append(runs, run{op, n})
}

func myers(a, b []int32, left *int) (script []run, ok bool) {
	switch {
	case len(a) == 0:
		return add(nil, Insert, len(b)), true
	case len(b) == 0:
		return add(nil, Delete, len(a)), true
	}
	most := min(len(a)+len(b), maxEdits)
	reach := make([]int32, 2*most+3) // how far in a the diagonal k gets, at most+1+k
	at := func(k int) *int32 { return &reach[most+1+k] }
	var trace [][]int32 // reach of the diagonals -d to d, for each number of edits
	for d := 0; d <= most; d++ {
		for k := -d; k <= d; k += 2 {
			var x int
			if k == -d || k != d && *at(k - 1) < *at(k + 1) {
				x = int(*at(k + 1)) // down: an insert
			} else {
				x = int(*at(k - 1)) + 1 // right: a delete
			}
			y := x - k
			from := x
			for x < len(a) && y < len(b) && a[x] == b[y] {
				x, y = x+1, y+1
			}
			*at(k) = int32(x)
			if *left -= 1 + x - from; *left < 0 {
				return nil, false
			}
			if x >= len(a) && y >= len(b) {
				return backtrack(trace, len(a), len(b)), true
			}
		}
		trace = append(trace, slices.Clone(reach[most+1-d:most+2+d]))
	}
	return nil, false
}

// backtrack goes from the end to the start by the reach of each number of edits.
func backtrack(trace [][]int32, x, y int) []run {
	var reversed []run
	for d := len(trace); d > 0; d-- {
		reach := trace[d-1]
		at := func(k int) int { // those beyond ±(d-1) are not reached
			if k < -(d-1) || k > d-1 {
				return -1
			}
			return int(reach[k+d-1])
		}
		k := x - y
		down := k == -d || k != d && at(k-1) < at(k+1)
		before := k - 1
		if down {
			before = k + 1
		}
		px := at(before)
		py := px - before
		start := px + 1
		if down {
			start = px
		}
		reversed = add(reversed, Equal, x-start)
		if down {
			reversed = add(reversed, Insert, 1)
		} else {
			reversed = add(reversed, Delete, 1)
		}
		x, y = px, py
	}
	reversed = add(reversed, Equal, x)
	slices.Reverse(reversed)
	return reversed
}
