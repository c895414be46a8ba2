package merge

import (
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

const (
	sides = store.UsageInput | store.UsageOutput
	total = store.UsageTotal
)

// buckets is a usage as usageDetails give it, without a total.
func buckets(details map[string]int64) *store.Usage {
	u := &store.Usage{Derived: sides | total, Details: details}
	for name, n := range details {
		if side := cost.SideOf(name); side == cost.Input {
			u.Input += n
		} else if side == cost.Output {
			u.Output += n
		}
	}
	u.Total = u.Input + u.Output
	return u
}

// TestUsageInPieces: what comes later joins what was there, in any order of arrival. Each cost
// is worked out beside it, from dollars for a million tokens.
func TestUsageInPieces(t *testing.T) {
	for _, c := range []struct {
		name, model          string
		writes               []*store.Usage
		input, output, total int64
		details              map[string]int64
		cost                 exporter.NanoUSD
	}{
		{
			name: "input first, then output", model: "gpt-4o",
			writes: []*store.Usage{{Input: 1000, Total: 1000, Derived: store.UsageOutput | total}, {Output: 10, Total: 10, Derived: store.UsageInput | total}},
			input:  1000, output: 10, total: 1010, cost: 2_600_000, // 1000 × 2.5 + 10 × 10
		},
		{
			name: "the same with totals", model: "gpt-4o",
			writes: []*store.Usage{{Input: 1000, Total: 1000, Derived: store.UsageOutput}, {Output: 10, Total: 1010, Derived: store.UsageInput}},
			input:  1000, output: 10, total: 1010, cost: 2_600_000,
		},
		{
			name: "a total that a count came after is none", model: "gpt-4o",
			writes: []*store.Usage{{Input: 1000, Total: 1000, Derived: store.UsageOutput}, {Output: 10, Total: 10, Derived: store.UsageInput | total}},
			input:  1000, output: 10, total: 1010, cost: 2_600_000,
		},
		{
			name: "Anthropic's message_start, then message_delta", model: "claude-sonnet-4-5",
			writes: []*store.Usage{buckets(map[string]int64{"input": 1000, "input_cached_tokens": 500, "output": 1}), buckets(map[string]int64{"output": 100})},
			input:  1500, output: 100, total: 1600, details: map[string]int64{"input": 1000, "input_cached_tokens": 500, "output": 100},
			cost: 4_650_000, // 1000 × 3 + 500 × 0.3 + 100 × 15 = 3000 + 150 + 1500
		},
		{
			name: "who names all of a side again says what is in it", model: "gpt-4o",
			writes: []*store.Usage{buckets(map[string]int64{"input": 500, "input_cached_tokens": 500}), buckets(map[string]int64{"input": 1000, "output": 10})},
			input:  1000, output: 10, total: 1010, details: map[string]int64{"input": 1000, "output": 10}, cost: 2_600_000,
		},
		{
			name: "a bucket beside the others", model: "gpt-4o",
			writes: []*store.Usage{buckets(map[string]int64{"input": 500, "output": 10}), buckets(map[string]int64{"input_cached_tokens": 500})},
			input:  1000, output: 10, total: 1010, details: map[string]int64{"input": 500, "input_cached_tokens": 500, "output": 10},
			cost: 1_975_000, // 500 × 2.5 + 500 × 1.25 + 10 × 10 = 1250 + 625 + 100
		},
		{
			name: "usage, then usageDetails of the other side", model: "gpt-4o",
			writes: []*store.Usage{{Input: 1000, Total: 1000, Derived: store.UsageOutput | total}, buckets(map[string]int64{"output": 10})},
			input:  1000, output: 10, total: 1010, details: map[string]int64{"input": 1000, "output": 10}, cost: 2_600_000,
		},
		{
			name: "usageDetails, then usage of one side", model: "gpt-4o",
			writes: []*store.Usage{buckets(map[string]int64{"input": 500, "input_cached_tokens": 500, "output": 1, "output_reasoning_tokens": 2}), {Output: 10, Total: 10, Derived: store.UsageInput | total}},
			input:  1000, output: 10, total: 1010, details: map[string]int64{"input": 500, "input_cached_tokens": 500, "output": 10}, cost: 1_975_000,
		},
		{
			name: "a later report of all stands alone", model: "gpt-4o",
			writes: []*store.Usage{{Unit: "TOKENS", Input: 7, Output: 7, Total: 14}, {Unit: "TOKENS", Input: 1000, Output: 10, Total: 1010}},
			input:  1000, output: 10, total: 1010, cost: 2_600_000,
		},
		{
			name: "zero that was given counts", model: "gpt-4o",
			writes: []*store.Usage{{Input: 7, Output: 7, Total: 14, Derived: total}, {Output: 0, Derived: store.UsageInput | total}},
			input:  7, total: 7, cost: 17_500, // 7 × 2.5
		},
		{
			name: "three pieces, searches among them", model: "claude-sonnet-4-5",
			writes: []*store.Usage{buckets(map[string]int64{"input": 1000}), buckets(map[string]int64{"web_search_queries": 1}), buckets(map[string]int64{"output": 100})},
			input:  1000, output: 100, total: 1100, details: map[string]int64{"input": 1000, "web_search_queries": 1, "output": 100},
			cost: 14_500_000, // 1000 × 3 + 100 × 15 + 1 × 10000
		},
	} {
		permutations(len(c.writes), func(order []int) {
			state := &Observation{}
			for _, i := range order {
				w := &store.ObservationWrite{Stamp: stamp(int64(i), "e"), ID: "o", Usage: c.writes[i]}
				state.Apply(w, store.Stamp{})
				if state.Apply(w, store.Stamp{}).Any {
					t.Errorf("%s: the same write again changes something", c.name)
				}
				back := &Observation{Fields: state.Fields}
				if err := back.Restore(state.Registers()); err != nil || !reflect.DeepEqual(back, state) {
					t.Fatalf("%s: %v, got %+v want %+v", c.name, err, back, state)
				}
				state = back
			}
			u := state.Fields.Usage
			if u.Input != c.input || u.Output != c.output || u.Total != c.total || !maps.Equal(u.Details, c.details) {
				t.Errorf("%s, in the order %d: %+v", c.name, order, u)
			}
			p := cost.Builtin().Match(c.model, cost.Tokens, time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)).Price(&cost.Usage{Input: u.Input, Output: u.Output, Total: u.Total, Details: u.Details}, "")
			if p.Total == nil || *p.Total != c.cost {
				t.Errorf("%s, in the order %d: %v (%v), want %v", c.name, order, p.Total, p.Parts, c.cost)
			}
		})
	}
}

// TestDeletedUsage: what a delete covers is gone, and what stands is as if nothing had been before.
func TestDeletedUsage(t *testing.T) {
	writes := []*store.Usage{
		{Input: 1000, Total: 1000, Derived: store.UsageOutput | total},
		{Output: 10, Total: 10, Derived: store.UsageInput | total, Details: map[string]int64{"output": 10, "other": 7}}, // usage and usageDetails in one
	}
	for deleted, want := range []*store.Usage{writes[1], nil} {
		permutations(3, func(order []int) {
			state := &Observation{}
			tomb := store.Stamp{}
			for _, i := range order {
				if i == 2 {
					tomb = stamp(int64(deleted), "f")
					state.Cut(tomb)
					continue
				}
				state.Apply(&store.ObservationWrite{Stamp: stamp(int64(i), "e"), ID: "o", Usage: writes[i]}, tomb)
			}
			if !reflect.DeepEqual(state.Fields.Usage, want) {
				t.Errorf("deleted after %d, in the order %d: %+v, want %+v", deleted, order, state.Fields.Usage, want)
			}
		})
	}
}

// TestManyBuckets: an observation gathers so many and no more.
func TestManyBuckets(t *testing.T) {
	state := &Observation{}
	for i := range MaxBuckets + 10 {
		state.Apply(&store.ObservationWrite{Stamp: stamp(int64(i), "e"), ID: "o", Usage: buckets(map[string]int64{"bucket " + time.Duration(i).String(): 1})}, store.Stamp{})
	}
	if n := len(state.Fields.Usage.Details); n != MaxBuckets {
		t.Errorf("%d buckets", n)
	}
}
