package catalog

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBucket has the vectors that docs/wire.md gives to other clients.
func TestBucket(t *testing.T) {
	for _, x := range []struct {
		salt, unit string
		want       int
	}{
		{"", "", 3192},
		{"s", "user-1", 4397},
		{"5f2b7c90d1e3a468", "user-1", 7707},
		{"5f2b7c90d1e3a468", "user-2", 3458},
		{"5f2b7c90d1e3a468", "김철수", 609},
		{"5f2b7c90d1e3a468", "🎉", 3760},
	} {
		if got := Bucket(x.salt, x.unit); got != x.want {
			t.Errorf("%q %q: %d, want %d", x.salt, x.unit, got, x.want)
		}
	}
}

// dealt says who has each bucket, and complains about ranges that aren't in order.
func dealt(t *testing.T, list []BucketRange) (buckets [Buckets]string) {
	t.Helper()
	end, last := 0, ""
	for _, r := range list {
		if r.From < end || r.To <= r.From || r.To > Buckets || r.From == end && r.Variant == last {
			t.Fatalf("ranges %+v", list)
		}
		for b := r.From; b < r.To; b++ {
			buckets[b] = r.Variant
		}
		end, last = r.To, r.Variant
	}
	return buckets
}

func TestAssign(t *testing.T) {
	v := func(name string, weight int) Variant { return Variant{Name: name, Version: 1, Weight: weight} }
	var now []BucketRange
	for _, x := range []struct {
		variants []Variant
		want     string
	}{
		{[]Variant{v("a", 5000), v("b", 5000)}, "[{0 5000 a} {5000 10000 b}]"},
		{[]Variant{v("a", 9000), v("b", 1000)}, "[{0 5000 a} {5000 6000 b} {6000 10000 a}]"},
		{[]Variant{v("a", 8000), v("b", 2000)}, "[{0 5000 a} {5000 6000 b} {6000 9000 a} {9000 10000 b}]"},
		{[]Variant{v("a", 1000), v("b", 500)}, "[{0 1000 a} {5000 5500 b}]"},
		{[]Variant{v("b", 500), v("c", 100), v("a", 1001)}, "[{0 1000 a} {1000 1100 c} {1100 1101 a} {5000 5500 b}]"},
		{[]Variant{v("c", 1100), v("b", 0)}, "[{0 1100 c}]"},
		{[]Variant{v("c", 0)}, "[]"},
	} {
		now = assign(now, x.variants)
		if got := fmt.Sprint(now); got != x.want {
			t.Errorf("%v: %s, want %s", x.variants, got, x.want)
		}
	}
}

// TestAssignAtRandom changes weights at random: each variant has what it weighs, and as few
// buckets as there can be change hands.
func TestAssignAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	names := []string{"a", "b", "c", "d", "e"}
	var now []BucketRange
	weights := map[string]int{}
	for step := range 400 {
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		var variants []Variant
		next, left := map[string]int{}, Buckets
		for _, name := range names[:1+r.IntN(len(names))] {
			w := []int{0, left, r.IntN(left + 1), r.IntN(left/10 + 1), min(weights[name], left)}[r.IntN(5)]
			next[name], left = w, left-w
			variants = append(variants, Variant{Name: name, Version: 1, Weight: w})
		}
		before := dealt(t, now)
		now = assign(now, variants)
		after := dealt(t, now)
		grow, shrink := 0, 0
		for _, name := range names {
			grow += max(0, next[name]-weights[name])
			shrink += max(0, weights[name]-next[name])
		}
		has, moved, taken := map[string]int{}, 0, 0
		for b := range Buckets {
			if after[b] != "" {
				has[after[b]]++
			}
			if before[b] == after[b] {
				continue
			}
			moved++
			if after[b] != "" {
				taken++
			}
			if before[b] != "" && next[before[b]] >= weights[before[b]] {
				t.Fatalf("step %d: bucket %d left %s, which has not shrunk", step, b, before[b])
			}
			if after[b] != "" && next[after[b]] <= weights[after[b]] {
				t.Fatalf("step %d: bucket %d came to %s, which has not grown", step, b, after[b])
			}
		}
		if moved != max(grow, shrink) || taken != grow {
			t.Fatalf("step %d: %d buckets changed, %d of them to another variant; want %d, %d", step, moved, taken, max(grow, shrink), grow)
		}
		for name, w := range next {
			if has[name] != w {
				t.Fatalf("step %d: %s has %d buckets, want %d", step, name, has[name], w)
			}
		}
		weights = next
	}
}

// TestUnitsFallByWeight deals 100,000 units, within three standard deviations; of 10 to 20 per cent
// nobody moves but those who must.
func TestUnitsFallByWeight(t *testing.T) {
	const units = 100_000
	deal := func(list []BucketRange) (of []string) {
		buckets := dealt(t, list)
		for i := range units {
			of = append(of, buckets[Bucket("5f2b7c90d1e3a468", fmt.Sprint("user-", i))])
		}
		return of
	}
	v := func(name string, weight int) Variant { return Variant{Name: name, Version: 1, Weight: weight} }
	ten := assign(nil, []Variant{v("control", 9000), v("new", 1000)})
	twenty := assign(slices.Clone(ten), []Variant{v("control", 8000), v("new", 2000)})
	before, after := deal(ten), deal(twenty)
	count := func(share float64, ok func(i int) bool) {
		t.Helper()
		n := 0
		for i := range units {
			if ok(i) {
				n++
			}
		}
		if want, sigma := share*units, math.Sqrt(units*share*(1-share)); math.Abs(float64(n)-want) > 3*sigma {
			t.Errorf("%d units, want %.0f ± %.0f", n, want, 3*sigma)
		}
	}
	count(0.1, func(i int) bool { return before[i] == "new" })
	count(0.9, func(i int) bool { return before[i] == "control" })
	count(0.2, func(i int) bool { return after[i] == "new" })
	count(0.1, func(i int) bool { return before[i] != after[i] })
	for i := range units {
		if before[i] != after[i] && (before[i] != "control" || after[i] != "new") {
			t.Fatalf("unit %d went from %s to %s", i, before[i], after[i])
		}
	}
}
