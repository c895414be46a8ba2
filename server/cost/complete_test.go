package cost

import (
	"maps"
	"slices"
	"testing"
)

// TestComplete: what an entry doesn't speak of is kept where both mean the same prices.
func TestComplete(t *testing.T) {
	usual := Prices{Input: 10, Output: 20, CachedInput: 1, CacheWrite1h: 5}
	flex, large := Tier{Name: "flex", Service: "flex", Prices: Prices{Input: 5}}, Tier{Name: ">100", Above: 100, Prices: Prices{Input: 15, Searches: 3}}
	both := Tier{Name: "flex >100", Above: 100, Service: "flex", Prices: Prices{Input: 7}}
	table, err := NewTable([]*Entry{
		{ID: "b", Name: "m", Pattern: "m", Unit: Tokens, Source: "b's", Until: day2026(5, 1), Prices: usual, Tiers: []Tier{both, flex, large}},
		{ID: "later", Name: "m", Pattern: "m", Unit: Tokens, From: day2026(5, 1), Prices: Prices{Input: 10, Output: 20}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for why, c := range map[string]struct {
		entry  Entry
		prices Prices
		tiers  []string
		want   Completed
	}{
		"buckets and tiers are kept":         {Entry{Prices: Prices{Input: 10, Output: 20}}, usual, []string{"flex >100", "flex", ">100"}, Completed{Kept: 1}},
		"what it says itself holds":          {Entry{Prices: Prices{Input: 10, Output: 20, CachedInput: 2}}, Prices{Input: 10, Output: 20, CachedInput: 2, CacheWrite1h: 5}, []string{"flex >100", "flex", ">100"}, Completed{Kept: 1}},
		"a tier of its own, of another size": {Entry{Prices: usual, Tiers: []Tier{{Name: ">7", Above: 7}}}, usual, []string{"flex >100", "flex", ">7"}, Completed{Kept: 1}},
		"all of it is there":                 {Entry{Prices: usual, Tiers: []Tier{both, flex, large}}, usual, []string{"flex >100", "flex", ">100"}, Completed{}},
		"a tier says less than the same of the other": {
			Entry{Prices: usual, Tiers: []Tier{{Name: ">100", Above: 100, Prices: Prices{Input: 15}}}}, usual, []string{"flex >100", "flex", ">100"}, Completed{Kept: 1},
		},
		"a tier says less, at other prices": {
			Entry{Prices: usual, Tiers: []Tier{both, flex, {Name: ">100", Above: 100, Prices: Prices{Input: 16}}}}, usual, []string{"flex >100", "flex", ">100"}, Completed{Less: []string{"m"}},
		},
		"a tier of another size has nothing of what is kept": {
			Entry{Prices: Prices{Input: 10, Output: 20}, Tiers: []Tier{{Name: ">7", Above: 7, Prices: Prices{Input: 16}}}}, usual, []string{"flex >100", "flex", ">7"}, Completed{Kept: 1, Less: []string{"m"}},
		},
		"other prices":                           {Entry{Prices: Prices{Input: 11, Output: 20}}, Prices{Input: 11, Output: 20}, nil, Completed{Less: []string{"m"}}},
		"no price of the output":                 {Entry{Prices: Prices{Input: 10}}, Prices{Input: 10}, nil, Completed{Less: []string{"m"}}},
		"a later time, of which no more is said": {Entry{From: day2026(6, 1), Prices: Prices{Input: 10, Output: 20}}, Prices{Input: 10, Output: 20}, nil, Completed{}},
		"an earlier time":                        {Entry{Until: day2026(2, 1), Prices: Prices{Input: 10, Output: 20}}, usual, []string{"flex >100", "flex", ">100"}, Completed{Kept: 1}},
		"another unit":                           {Entry{Unit: Images, Prices: Prices{Input: 10, Output: 20}}, Prices{Input: 10, Output: 20}, nil, Completed{}},
	} {
		e := c.entry
		e.Name, e.Source, e.Prices, e.Tiers = "m", "mine", maps.Clone(c.entry.Prices), slices.Clone(c.entry.Tiers)
		if e.Unit == "" {
			e.Unit = Tokens
		}
		got := Complete([]*Entry{&e}, table, day2026(3, 1))
		var tiers []string
		for _, tier := range e.Tiers {
			tiers = append(tiers, tier.Name)
		}
		for _, tier := range e.Tiers {
			if tier.Name == ">100" && tier.Prices[Input] == 15 && tier.Prices[Searches] != 3 {
				t.Errorf("%s: a tier has %v", why, tier.Prices)
			}
		}
		if got.Kept != c.want.Kept || !slices.Equal(got.Less, c.want.Less) || !maps.Equal(e.Prices, c.prices) || !slices.Equal(tiers, c.tiers) {
			t.Errorf("%s: %+v, prices %v, tiers %q", why, got, e.Prices, tiers)
		}
		if want := map[bool]string{true: "mine; what it lacks b's", false: "mine"}[c.want.Kept > 0]; e.Source != want {
			t.Errorf("%s: the source is %q", why, e.Source)
		}
	}
	if len(usual) != 4 || len(flex.Prices) != 1 {
		t.Error("the other table has changed")
	}
}

// TestCompletedTables: tables that are imported don't make money worse where they say less.
func TestCompletedTables(t *testing.T) {
	u := &Usage{Details: map[string]int64{"input": 1000, "input_cache_creation_1h": 1000, "output_audio_tokens": 100}}
	large := &Usage{Details: map[string]int64{"input": 300_000}}
	for _, c := range []struct {
		file, model, service string
		usage                *Usage
		want                 int64
	}{
		{"genai-prices.json", "gpt-5", "priority", u, 7_000_000},                              // 2000 × 2.5 + 100 × 20
		{"genai-prices.json", "claude-opus-4-5", "", u, 17_500_000},                           // 1000 × 5 + 1000 × 10 + 100 × 25
		{"genai-prices.json", "gpt-4o-audio-preview", "", u, 25_000_000},                      // 2000 × 2.5 + 100 × 200
		{"genai-prices.json", "gpt-5", "batch", u, 1_750_000},                                 // 2000 × 0.625 + 100 × 5
		{"langfuse-default-model-prices.json", "claude-sonnet-4-5", "", large, 1_800_000_000}, // 300000 × 6
	} {
		table, now := recordedTable(t, c.file), day2026(11, 26)
		Complete(table.Entries(), Builtin(), now)
		p := table.Match(c.model, "", now).Price(c.usage, c.service)
		if int64(value(p.Total)) != c.want {
			t.Errorf("%s, %s under %q: %v at %v", c.file, c.model, c.service, value(p.Total), p.Prices)
		}
	}
}

// TestCompletedTiers: beyond 200,000 of input, LiteLLM's table says nothing of searches, nor of what is written for an hour.
func TestCompletedTiers(t *testing.T) {
	entries, _, _, err := Import([]byte(`{"claude-sonnet-4-5":{"litellm_provider":"anthropic","input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05,
		"cache_creation_input_token_cost":3.75e-06,"cache_creation_input_token_cost_above_1hr":6e-06,"cache_read_input_token_cost":3e-07,
		"input_cost_per_token_above_200k_tokens":6e-06,"output_cost_per_token_above_200k_tokens":2.25e-05,
		"cache_creation_input_token_cost_above_200k_tokens":7.5e-06,"cache_read_input_token_cost_above_200k_tokens":6e-07}}`))
	if err != nil {
		t.Fatal(err)
	}
	usages := map[int64]*Usage{
		1_236_000_000: {Details: map[string]int64{"input": 201_000, "web_search_queries": 3}},           // 201000 × 6 + 3 × 10000 = 1206000 + 30000
		2_412_000_000: {Details: map[string]int64{"input_cache_creation_1h": 201_000}},                  // 201000 × 12, twice the 6 of the tier's input
		1_507_500_000: {Details: map[string]int64{"input_cache_creation": 201_000}},                     // 201000 × 7.5
		1_320_072_000: {Details: map[string]int64{"input": 199_990, "input_cache_creation_1h": 10_011}}, // 199990 × 6 + 10011 × 12 = 1199940 + 120132
	}
	before := entries[0].Price(usages[2_412_000_000], "")
	if got := int64(value(before.Total)); got != 1_507_500_000 { // as what is written for five minutes, and not as the 6 below 200,000
		t.Errorf("before it is completed: %d", got)
	}
	if c := Complete(entries, Builtin(), day2026(11, 26)); c.Kept != 1 || len(c.Less) > 0 {
		t.Errorf("%+v", c)
	}
	for want, u := range usages {
		if p := entries[0].Price(u, ""); int64(value(p.Total)) != want {
			t.Errorf("%v: %v (%v), want %d", u.Details, value(p.Total), p.Parts, want)
		}
	}
}
