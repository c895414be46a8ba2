package cost

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// checkSums fails unless the parts add up to the sums and the total.
func checkSums(t *testing.T, p *Priced) {
	t.Helper()
	var total exporter.NanoUSD
	sides := map[Bucket]exporter.NanoUSD{}
	for name, part := range p.Parts {
		b, ok := BucketOf(name)
		if !ok {
			t.Fatalf("a part of no bucket: %q", name)
		}
		sides[b.side()] += part
		total += part
	}
	if p.Total != nil && *p.Total != total {
		t.Fatalf("total %d, the parts %v add up to %d", *p.Total, p.Parts, total)
	}
	if p.Input != nil && *p.Input != sides[Input] || p.Output != nil && *p.Output != sides[Output] {
		t.Fatalf("input %v, output %v of %v", p.Input, p.Output, p.Parts)
	}
}

// TestPartsSumToTotal prices random usage by every entry that comes along.
func TestPartsSumToTotal(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	names := append(slices.Sorted(maps.Keys(aliases)), "input_unheard_of", "unheard_of", "output_x")
	for b := range known {
		names = append(names, string(b))
	}
	slices.Sort(names)
	services := []string{"", "flex", "priority", "batch", "unheard of"}
	for _, e := range Builtin().Entries() {
		for range 20 {
			u := Usage{Input: r.Int64() >> r.IntN(63), Output: r.Int64() >> r.IntN(63), Total: r.Int64() >> r.IntN(63)}
			if r.IntN(3) > 0 {
				u.Details = map[string]int64{}
				for range r.IntN(12) {
					u.Details[names[r.IntN(len(names))]] = r.Int64() >> r.IntN(63)
				}
			}
			p := e.Price(&u, services[r.IntN(len(services))])
			checkSums(t, p)
			if len(e.Prices) == 0 && (p.Total != nil || p.Input != nil || len(p.Parts) > 0) {
				t.Fatalf("%s has no price, but %+v", e.ID, p)
			}
		}
	}
}

func FuzzPrice(f *testing.F) {
	f.Add(int64(10), int64(5), int64(15), int64(3), "input_cached_tokens", "flex")
	f.Add(int64(math.MaxInt64), int64(math.MinInt64), int64(1), int64(-3), "output_reasoning", "")
	entries := Builtin().Entries()
	f.Fuzz(func(t *testing.T, input, output, total, more int64, name, service string) {
		u := Usage{Total: total, Details: map[string]int64{"input": input, "output": output, name: more}}
		checkSums(t, entries[magnitude(input)%uint64(len(entries))].Price(&u, service))
	})
}

// TestUnknownIsNil: what has no price is nil, and so is the total with it.
func TestUnknownIsNil(t *testing.T) {
	e := &Entry{Prices: Prices{Input: 1000}}
	p := e.Price(&Usage{Input: 3, Output: 1}, "")
	if p.Total != nil || p.Output != nil || p.Input == nil || *p.Input != 3 {
		t.Errorf("%+v: output has no price", p)
	}
	p = e.Price(&Usage{Input: 3}, "")
	if p.Total == nil || *p.Total != 3 || p.Output == nil || *p.Output != 0 {
		t.Errorf("%+v: nothing was put out", p)
	}
	if p := e.Price(&Usage{Details: map[string]int64{"input": 3, "unheard_of": 7, "web_search_queries": 2}}, ""); p.Total == nil || *p.Total != 3 {
		t.Errorf("%+v: nobody can say that other buckets cost anything", p)
	}
	if p := e.Price(nil, ""); p.Total != nil || p.Prices[Input] != 1000 {
		t.Errorf("%+v: without usage there are unit prices only", p)
	}
	if p := (&Entry{}).Price(&Usage{Input: 3}, ""); p.Total != nil || p.Input != nil || p.Parts != nil {
		t.Errorf("%+v: there is no price", p)
	}
}

// TestFallbacks: a bucket without a price is billed as what it is a part of.
func TestFallbacks(t *testing.T) {
	prices := Prices{Input: 1, CachedInput: 2, CacheWrite: 3, Output: 4}
	for bucket, want := range map[Bucket]PicoUSD{
		Input: 1, CachedInput: 2, CachedAudio: 2, CacheWrite: 3, CacheWrite1h: 3, InputAudio: 1, InputImage: 1, Output: 4, Reasoning: 4, OutputAudio: 4, OutputImage: 4,
	} {
		if got, ok := prices.Of(bucket); got != want || !ok {
			t.Errorf("%s costs %d, want %d", bucket, got, want)
		}
	}
	for _, bucket := range []Bucket{Searches, Calls, Total} {
		if got, ok := prices.Of(bucket); ok {
			t.Errorf("%s costs %d, want none", bucket, got)
		}
	}
}

// TestInclusiveDetails: parts that are contained in the whole beside them are not billed twice.
func TestInclusiveDetails(t *testing.T) {
	e := &Entry{Prices: Prices{Input: 10_000, CachedInput: 1000, Output: 20_000}}
	for _, c := range []struct {
		why   string
		total int64
		want  exporter.NanoUSD
	}{
		{"exclusive", 180, 100*10 + 50*1 + 20*20 + 10*20},
		{"the cached are contained in the input", 130, 50*10 + 50*1 + 20*20 + 10*20},
		{"the reasoning is contained in the output", 170, 100*10 + 50*1 + 10*20 + 10*20},
		{"both are", 120, 50*10 + 50*1 + 10*20 + 10*20},
		{"no total says", 0, 100*10 + 50*1 + 20*20 + 10*20},
		{"the total says nothing that fits", 99, 100*10 + 50*1 + 20*20 + 10*20},
	} {
		u := Usage{Total: c.total, Details: map[string]int64{"input": 100, "input_cached_tokens": 50, "output": 20, "output_reasoning_tokens": 10}}
		p := e.Price(&u, "")
		checkSums(t, p)
		if *p.Total != c.want {
			t.Errorf("%s: %d, want %d", c.why, *p.Total, c.want)
		}
	}
}

// TestTiers: the first that fits holds, by all of the input.
func TestTiers(t *testing.T) {
	e := &Entry{Prices: Prices{Input: 1000}, Tiers: []Tier{
		{Name: "flex >100", Above: 100, Service: "flex", Prices: Prices{Input: 2000}},
		{Name: "flex", Service: "flex", Prices: Prices{Input: 3000}},
		{Name: ">100", Above: 100, Prices: Prices{Input: 4000}},
	}}
	for _, c := range []struct {
		input, cached int64
		service, want string
	}{{100, 0, "", ""}, {100, 1, "", ">100"}, {0, 101, "", ">100"}, {101, 0, "priority", ">100"}, {0, 0, "flex", "flex"}, {100, 0, "flex", "flex"}, {101, 0, "flex", "flex >100"}} {
		p := e.Price(&Usage{Details: map[string]int64{"input": c.input, "input_cached_tokens": c.cached, "output": 1000}}, c.service)
		if p.Tier != c.want {
			t.Errorf("%+v: tier %q", c, p.Tier)
		}
	}
}

// TestReferenceFigures are the figures the recorded server gives.
func TestReferenceFigures(t *testing.T) {
	at := time.Date(2024, 9, 1, 0, 0, 1, 0, time.UTC)
	for _, c := range []struct {
		model, id            string
		usage                Usage
		input, output, total exporter.NanoUSD // -1 is nil
	}{
		{"gpt-4o", "b9854a5c92dc496b997d99d20", Usage{Input: 1000, Output: 500, Total: 1500}, 5_000_000, 7_500_000, 12_500_000},
		{"gpt-4o", "b9854a5c92dc496b997d99d20", Usage{Total: 99}, 0, 0, 0},
		{"GPT-4O-2024-05-13", "b9854a5c92dc496b997d99d21", Usage{Input: 10, Output: 10, Total: 20}, 50_000, 150_000, 200_000},
		{"gpt-3.5-turbo", "clruwnahl00040al78f1lb0at", Usage{Input: 4, Output: 2, Total: 6}, 2000, 3000, 5000},
		{"text-embedding-3-small", "clruwn3pc00010al7bl611c8o", Usage{Input: 1000, Total: 1000}, -1, -1, 20_000},
		{"ft:gpt-3.5-turbo-0613:org:name:id", "cls08rp99000408jqepxoakjv", Usage{Input: 10, Output: 10, Total: 20}, 120_000, 160_000, 280_000},
		{"claude-3-5-sonnet-20240620", "clxt0n0m60000pumz1j5b7zsf", Usage{Input: 10, Output: 10, Total: 20}, 30_000, 150_000, 180_000},
		{"gpt-4o-mini", "clyrjp56f0000t0mzapoocd7u", Usage{Input: 1, Output: 1, Total: 2}, 150, 600, 750},
	} {
		e := Builtin().Match(c.model, "", at)
		if e == nil || e.ID != c.id {
			t.Errorf("%s: %+v, want %s", c.model, e, c.id)
			continue
		}
		p := e.Price(&c.usage, "")
		for name, pair := range map[string][2]exporter.NanoUSD{"input": {value(p.Input), c.input}, "output": {value(p.Output), c.output}, "total": {value(p.Total), c.total}} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s %d, want %d", c.model, name, pair[0], pair[1])
			}
		}
	}
	if e := Builtin().Match("gpt-4o", "CHARACTERS", at); e != nil {
		t.Errorf("another unit: %s", e.ID)
	}
	if e := Builtin().Match("gpt-4o", "", at.AddDate(1, 0, 0)); e == nil || e.Prices[Input] != 2_500_000 {
		t.Errorf("a year later: %+v", e)
	}
}

func value(n *exporter.NanoUSD) exporter.NanoUSD {
	if n == nil {
		return -1
	}
	return *n
}
