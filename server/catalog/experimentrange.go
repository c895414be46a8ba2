package catalog

import (
	"crypto/sha256"
	"encoding/binary"
)

// Buckets is into how many buckets the units of an experiment fall.
const Buckets = 10_000

// Bucket is where a unit (a user, a session, or any other key) falls: the first 8 bytes of
// sha256(salt ‖ 0 ‖ unit), big-endian, modulo [Buckets].
func Bucket(salt, unit string) int {
	sum := sha256.Sum256([]byte(salt + "\x00" + unit))
	return int(binary.BigEndian.Uint64(sum[:8]) % Buckets)
}

// Variant is one side of an experiment.
type Variant struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	// Weight is how many of the buckets get it.
	Weight int `json:"weight"`
}

// BucketRange gives the buckets from From to below To to a variant.
type BucketRange struct {
	From    int    `json:"from"`
	To      int    `json:"to"`
	Variant string `json:"variant"`
}

// nobody has a bucket outside of all ranges, given one that was given up in this change.
const (
	nobody = -1
	given  = -2
)

// assign gives the variants as many buckets as they weigh, and moves no more than it
// must: those that shrink give up their last ones, those that grow take these, lowest
// first, then ones that nobody had.
func assign(old []BucketRange, variants []Variant) []BucketRange {
	index := map[string]int{}
	for i, v := range variants {
		index[v.Name] = i
	}
	var buckets [Buckets]int
	for b := range buckets {
		buckets[b] = nobody
	}
	has := make([]int, len(variants))
	for _, r := range old {
		i, ok := index[r.Variant]
		for b := r.From; b < r.To; b++ {
			if buckets[b] = given; ok {
				buckets[b] = i
				has[i]++
			}
		}
	}
	for b := Buckets - 1; b >= 0; b-- {
		if i := buckets[b]; i >= 0 && has[i] > variants[i].Weight {
			buckets[b] = given
			has[i]--
		}
	}
	next := 0
	for _, from := range []int{given, nobody} {
		for b := range buckets {
			for next < len(variants) && has[next] >= variants[next].Weight {
				next++
			}
			if next == len(variants) {
				break
			}
			if buckets[b] == from {
				buckets[b] = next
				has[next]++
			}
		}
	}
	return ranges(&buckets, variants)
}

// ranges are the runs of buckets that have the same variant.
func ranges(buckets *[Buckets]int, variants []Variant) []BucketRange {
	list := []BucketRange{}
	for b, i := range buckets {
		if i < 0 {
			continue
		}
		if n := len(list) - 1; n >= 0 && list[n].To == b && list[n].Variant == variants[i].Name {
			list[n].To++
			continue
		}
		list = append(list, BucketRange{b, b + 1, variants[i].Name})
	}
	return list
}
