package cost

import (
	"maps"
	"slices"
	"testing"
)

// TestComplete: what an entry doesn't speak of is kept where both mean the same prices.
func TestComplete(t *testing.T) {
	usual := Prices{Input: 10, Output: 20, CachedInput: 1, CacheWrite1h: 5}
	flex, large := Tier{Name: "flex", Service: "flex", Prices: Prices{Input: 5}}, Tier{Name: ">100", Above: 100, Prices: Prices{Input: 15}}
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
		"buckets and tiers are kept":             {Entry{Prices: Prices{Input: 10, Output: 20}}, usual, []string{"flex >100", "flex", ">100"}, Completed{Kept: 1}},
		"what it says itself holds":              {Entry{Prices: Prices{Input: 10, Output: 20, CachedInput: 2}}, Prices{Input: 10, Output: 20, CachedInput: 2, CacheWrite1h: 5}, []string{"flex >100", "flex", ">100"}, Completed{Kept: 1}},
		"a tier of its own, of another size":     {Entry{Prices: usual, Tiers: []Tier{{Name: ">7", Above: 7}}}, usual, []string{"flex >100", "flex", ">7"}, Completed{Kept: 1}},
		"all of it is there":                     {Entry{Prices: usual, Tiers: []Tier{both, flex, large}}, usual, []string{"flex >100", "flex", ">100"}, Completed{}},
		"other prices":                           {Entry{Prices: Prices{Input: 11, Output: 20}}, Prices{Input: 11, Output: 20}, nil, Completed{Less: []string{"m"}}},
		"no price of the output":                 {Entry{Prices: Prices{Input: 10}}, Prices{Input: 10}, nil, Completed{Less: []string{"m"}}},
		"a later time, of which no more is said": {Entry{From: day2026(6, 1), Prices: Prices{Input: 10, Output: 20}}, Prices{Input: 10, Output: 20}, nil, Completed{}},
		"an earlier time":                        {Entry{Until: day2026(2, 1), Prices: Prices{Input: 10, Output: 20}}, usual, []string{"flex >100", "flex", ">100"}, Completed{Kept: 1}},
		"another unit":                           {Entry{Unit: Images, Prices: Prices{Input: 10, Output: 20}}, Prices{Input: 10, Output: 20}, nil, Completed{}},
	} {
		e := c.entry
		e.Name, e.Source, e.Prices = "m", "mine", maps.Clone(c.entry.Prices)
		if e.Unit == "" {
			e.Unit = Tokens
		}
		got := Complete([]*Entry{&e}, table, day2026(3, 1))
		var tiers []string
		for _, tier := range e.Tiers {
			tiers = append(tiers, tier.Name)
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
