package cost

import (
	"math"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// TestTooMuch: what no call costs is refused, in a part or in all, on either side of the bound.
func TestTooMuch(t *testing.T) {
	e := &Entry{Prices: Prices{Input: 1e12, Output: 1e12}} // a dollar each
	for _, c := range []struct {
		input, output int64
		want          exporter.NanoUSD
	}{{999_999, 0, 999_999e9}, {500_000, 499_999, 999_999e9}, {1_000_000, 0, -1}, {500_000, 500_000, -1}, {0, math.MaxInt64, -1}} {
		p := e.Price(&Usage{Input: c.input, Output: c.output}, "")
		checkSums(t, p)
		if value(p.Total) != c.want || (p.Total == nil) != (p.Input == nil) || p.Prices[Input] != 1e12 {
			t.Errorf("%+v: %+v", c, p)
		}
	}
	e = &Entry{Prices: Prices{Total: 1e12}}
	if p := e.Price(&Usage{Total: 1_000_000}, ""); p.Total != nil || p.Parts != nil {
		t.Errorf("by the price of any unit: %+v", p)
	}
}

// TestUnknownTier: what is cheaper in a batch isn't shown at its full price.
func TestUnknownTier(t *testing.T) {
	u := &Usage{Input: 1000, Output: 100}
	at := day2026(9, 1)
	for _, c := range []struct {
		model, service string
		want           exporter.NanoUSD
	}{
		{"gpt-4o-mini-2024-07-18", "batch", 105_000}, // half of 1000 × 0.15 + 100 × 0.6
		{"gpt-5", "batch", 1_125_000},                // half of 1000 × 1.25 + 100 × 10
		{"claude-sonnet-4-5", "batch", 2_250_000},    // half of 1000 × 3 + 100 × 15
		{"text-embedding-3-small", "batch", 0},
		{"gpt-4o-realtime-preview", "batch", -1},
		{"grok-4", "batch", -1},
		{"grok-4", "flex", -1},
		{"grok-4", "priority", 4_500_000},
		{"grok-4", "", 4_500_000},
	} {
		p := Builtin().Match(c.model, "", at).Price(u, c.service)
		checkSums(t, p)
		if value(p.Total) != c.want || c.want < 0 && len(p.Prices) > 0 {
			t.Errorf("%s under %q: %v of %v, want %v", c.model, c.service, p.Total, p.Prices, c.want)
		}
	}
	large := Builtin().Match("claude-sonnet-4-5", "", at).Price(&Usage{Details: map[string]int64{"input": 1000, "input_cached_tokens": 200_000, "output": 1000, "web_search_queries": 2}}, "batch")
	if *large.Total != 94_250_000 || large.Tier != "batch >200000" { // half of 1000 × 6 + 200000 × 0.6 + 1000 × 22.5, and searches at their price
		t.Errorf("%+v", large)
	}
	own, err := (&Model{ModelName: "m", MatchPattern: "m", InputPrice: new(PicoUSD)}).Entry("id")
	if err != nil {
		t.Fatal(err)
	}
	if p := own.Price(&Usage{Input: 1}, "batch"); p.Total == nil {
		t.Error("what a project says holds in a batch too")
	}
}

// TestSearches of Claude cost ten dollars a thousand.
func TestSearches(t *testing.T) {
	usage := ReadUsage([]byte(`{"input_tokens":50,"output_tokens":400,"server_tool_use":{"web_search_requests":3}}`)).Counts
	for _, model := range []string{"claude-sonnet-4-5", "claude-sonnet-4-5@20250929"} {
		if p := Builtin().Match(model, "", day2026(9, 1)).Price(&Usage{Details: usage}, ""); *p.Total != 36_150_000 { // 50 × 3 + 400 × 15 + 3 × 10000
			t.Errorf("%s: %+v", model, p)
		}
	}
}

// TestOneModelOneTable: names of one model cost the same, by the day; and audio by its price.
func TestOneModelOneTable(t *testing.T) {
	for _, model := range []string{"gpt-5.6-luna", "gpt-5-6-luna", "openai/gpt-5-6-luna"} {
		for day, want := range map[time.Time]PicoUSD{day2026(7, 29): 1_000_000, day2026(7, 30): 200_000} {
			if got := Builtin().Match(model, "", day).Prices[Input]; got != want {
				t.Errorf("%s on %v: %v, want %v", model, day, got, want)
			}
		}
	}
	for _, model := range []string{"gpt-5.6-terra", "gpt-5-6-terra"} {
		if got := Builtin().Match(model, "", day2026(9, 1)).Prices[Input]; got != 2_000_000 {
			t.Errorf("%s: %v", model, got)
		}
	}
	for model, want := range map[string]exporter.NanoUSD{
		"gpt-4o-audio-preview-2024-12-17":      20_325_000, // 50 × 2.5 + 100 × 40 + 20 × 10 + 200 × 80
		"gpt-4o-mini-audio-preview-2024-12-17": 5_019_500,  // 50 × 0.15 + 100 × 10 + 20 × 0.6 + 200 × 20
	} {
		p := Builtin().Match(model, "", day2026(9, 1)).Price(&Usage{Details: map[string]int64{"input": 50, "input_audio_tokens": 100, "output": 20, "output_audio_tokens": 200}}, "")
		if *p.Total != want {
			t.Errorf("%s: %v, want %v", model, *p.Total, want)
		}
	}
}
