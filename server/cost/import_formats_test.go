package cost

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// imported reads a table that must be good but for so many models.
func imported(t *testing.T, text string, skipped int) *Table {
	t.Helper()
	entries, _, left, err := Import([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != skipped {
		t.Errorf("left out %q, want %d", left, skipped)
	}
	table, err := NewTable(entries)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestImportLangfuse reads its list of today, with tiers, and those before it.
func TestImportLangfuse(t *testing.T) {
	table := imported(t, `[
		{"id":"a","modelName":" now ","matchPattern":"(?i)^(now)$","updatedAt":"2026-08-20T00:00:00.000Z","tokenizerId":"openai","tokenizerConfig":{"tokenizerModel":"gpt-3.5-turbo-0301","tokensPerMessage":4,"tokensPerName":-1},
		 "pricingTiers":[
			{"name":"Large","priority":2,"conditions":[{"usageDetailPattern":"input","operator":"gte","value":101}],"prices":{"input":3e-06,"output":4e-06}},
			{"name":"Fast","priority":1,"conditions":[{"source":"model_parameters","key":"service_tier","operator":"in","values":["fast","priority"]}],"prices":{"input":5e-06,"output":6e-06}},
			{"name":"Standard","isDefault":true,"priority":0,"conditions":[],"prices":{"input":1e-06,"input_tokens":1e-06,"output":2e-06,"cache_read_input_tokens":1e-07,"input_cached_tokens":2e-07,"unheard_of":9}}]},
		{"id":"b","modelName":"before","matchPattern":"^before$","prices":{"input":1e-06,"output":2e-06}},
		{"id":"c","modelName":"first","matchPattern":"^first$","startDate":"2024-01-01","unit":"CHARACTERS","inputPrice":null,"outputPrice":null,"totalPrice":3e-06},
		{"id":"d","modelName":"lower","matchPattern":"x","pricingTiers":[{"isDefault":false,"conditions":[{"usageDetailPattern":"input","operator":"lt","value":5}],"prices":{}}]},
		{"id":"e","modelName":"negative","matchPattern":"x","prices":{"input":-1}},
		7
	]`, 3)
	for _, c := range []struct {
		model, service string
		input, want    int64 // in units, and in millionths of a dollar
		tier           string
	}{
		{"NOW", "", 100, 100, ""},
		{"now", "", 101, 303, "Large"},
		{"now", "fast", 100, 500, "Fast"},
		{"now", "priority", 500, 2500, "Fast"},
		{"before", "", 7, 7, ""},
	} {
		e := table.Match(c.model, Tokens, time.Now())
		if e == nil {
			t.Errorf("%s: nothing", c.model)
			continue
		}
		if p := e.Price(&Usage{Input: c.input, Total: c.input}, c.service); int64(*p.Total) != 1000*c.want || p.Tier != c.tier {
			t.Errorf("%+v: %d in %q", c, *p.Total, p.Tier)
		}
	}
	now := table.Match("now", "", time.Now())
	if now.Name != "now" || now.Source != "langfuse 2026-08-20" || now.Prices[CachedInput] != 200_000 || len(now.Prices) != 3 || now.Tokenizer != CL100K || now.Chat == nil || now.Chat.TokensPerName != -1 {
		t.Errorf("%+v", now)
	}
	first := table.Match("first", Characters, day2026(1, 1))
	if first == nil || first.Prices[Total] != 3_000_000 || first.From.Year() != 2024 || table.Match("first", "", time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)) != nil {
		t.Errorf("%+v", first)
	}
}

// genai is a table of that format with one model.
func genai(match, prices string) string {
	return fmt.Sprintf(`[{"id":"p","models":[{"id":"good","match":{"equals":"good"},"prices":{"input_mtok":1}},{"id":"m","match":%s,"prices":%s}]}]`, match, prices)
}

func TestImportGenAIMatches(t *testing.T) {
	for match, names := range map[string]map[string]bool{
		`{"equals":"a.b"}`:       {"a.b": true, "A.B": true, "p/a.b": true, "q/a.b": false, "axb": false, "a.b.c": false},
		`{"starts_with":"a"}`:    {"a": true, "abc": true, "ba": false},
		`{"ends_with":"a"}`:      {"a": true, "ba": true, "ab": false},
		`{"contains":"a"}`:       {"xax": true, "x": false},
		`{"regex":"^m-\\d{2}$"}`: {"m-12": true, "m-123": false, "xm-12": false},
		`{"regex":"\\d"}`:        {"m1m": true, "m": false},
		`{"or":[{"equals":"a"},{"or":[{"starts_with":"b"}]}]}`: {"a": true, "bc": true, "c": false},
	} {
		table := imported(t, genai(match, `{"input_mtok":2}`), 0)
		for name, want := range names {
			if got := table.Match(name, "", time.Now()) != nil; got != want {
				t.Errorf("%s: %q is matched: %t", match, name, got)
			}
		}
	}
	for _, match := range []string{`{}`, `{"equals":"a","contains":"b"}`, `{"like":"a"}`, `{"equals":7}`, `{"or":[]}`, `{"or":[{"x":"y"}]}`, `{"regex":"("}`, strings.Repeat(`{"or":[`, 30) + `{"equals":"a"}` + strings.Repeat("]}", 30)} {
		imported(t, genai(match, `{"input_mtok":2}`), 1)
	}
}

func TestImportGenAIPrices(t *testing.T) {
	table := imported(t, genai(`{"equals":"m"}`, `[
		{"prices":{"input_mtok":10,"output_mtok":40,"cache_read_mtok":5}},
		{"constraint":{"start_date":"2025-06-10"},"prices":{"input_mtok":{"base":2,"tiers":[{"start":1000,"price":4},{"start":2000,"price":6}]},"output_mtok":8,"cache_write_mtok":2.5,
			"input_audio_mtok":3,"cache_audio_read_mtok":1,"output_audio_mtok":9,"requests_kcount":12,"unheard_of":null}}]`), 0)
	old, now := table.Match("m", "", time.Date(2025, 6, 9, 23, 0, 0, 0, time.UTC)), table.Match("m", "", time.Date(2025, 6, 10, 0, 0, 0, 0, time.UTC))
	if old == nil || now == nil || old == now || old.Prices[Output] != 40_000_000 || !old.Until.Equal(now.From) {
		t.Fatalf("%+v, %+v", old, now)
	}
	for input, want := range map[int64]int64{1000: 2000, 1001: 4004, 2001: 12_006} {
		if p := now.Price(&Usage{Input: input}, ""); int64(*p.Total) != 1000*want {
			t.Errorf("%d of input cost %d, want %d", input, *p.Total, 1000*want)
		}
	}
	for bucket, want := range map[Bucket]PicoUSD{CacheWrite: 2_500_000, InputAudio: 3_000_000, CachedAudio: 1_000_000, OutputAudio: 9_000_000, Calls: 12_000_000_000} {
		if now.Prices[bucket] != want {
			t.Errorf("%s: %d, want %d", bucket, now.Prices[bucket], want)
		}
	}
	// What is cheaper at night is not applied: the price of the day holds.
	night := imported(t, genai(`{"equals":"m"}`, `[{"prices":{"input_mtok":1}},{"constraint":{"start_time":"00:30:00Z","end_time":"16:30:00Z"},"prices":{"input_mtok":2}}]`), 0)
	if e := night.Match("m", "", time.Now()); e.Prices[Input] != 2_000_000 {
		t.Errorf("%+v", e)
	}
	imported(t, genai(`{"equals":"m"}`, `{}`), 0)
	for _, prices := range []string{`7`, `{"input_mtok":-1}`, `{"input_mtok":"x"}`, `[{"constraint":{"start_date":"May"},"prices":{}}]`, `{"input_mtok":{"base":1,"tiers":[{"start":0,"price":1}]}}`, `{"input_mtok":{"base":1,"tiers":[{"start":5,"price":-1}]}}`} {
		imported(t, genai(`{"equals":"m"}`, prices), 1)
	}
}

// TestImportGenAIOrder: a host of a model doesn't say what it costs at its maker's.
func TestImportGenAIOrder(t *testing.T) {
	table := imported(t, `{"providers":[
		{"id":"openrouter","models":[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":9}}]},
		{"id":"maker","models":[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":1}}]}]}`, 0)
	if e := table.Match("m", "", time.Now()); e.Provider != "maker" {
		t.Errorf("%+v", e)
	}
	if e := table.Match("openrouter/m", "", time.Now()); e == nil || e.Provider != "openrouter" {
		t.Errorf("by its prefix: %+v", e)
	}
}

// TestImportIDs: every entry has one of its own.
func TestImportIDs(t *testing.T) {
	model := `{"id":"same id","modelName":"m","matchPattern":"m","prices":{"input":1}}`
	table := imported(t, "["+strings.Repeat(model+",", 3)+strings.Replace(model, "same id", strings.Repeat("x", 500), 1)+"]", 0)
	seen := map[string]bool{}
	for _, e := range table.Entries() {
		if seen[e.ID] || len(e.ID) > 210 || strings.Contains(e.ID, " ") {
			t.Errorf("id %q", e.ID)
		}
		seen[e.ID] = true
	}
}

// TestImportLeavesOut models of which something can't be, and takes the others.
func TestImportLeavesOut(t *testing.T) {
	entries, _, skipped, err := Import([]byte(`[{"modelName":"a","matchPattern":"a","unit":"TOKEN","prices":{"input":1}},{"modelName":"b","matchPattern":"b","prices":{"input":1}}]`))
	if err != nil || len(entries) != 1 || entries[0].Name != "b" || len(skipped) != 1 || !strings.HasPrefix(skipped[0], `a: unit: "TOKEN" must be one of`) {
		t.Errorf("%v, %q, %v", entries, skipped, err)
	}
	entries, _, skipped, err = Import([]byte(`[{"id":"p","models":[{"id":"m","match":{"equals":"m"},"prices":[
		{"constraint":{"start_date":"2026-05-01"},"prices":{"input_mtok":1}},{"constraint":{"start_date":"2026-04-01"},"prices":{"input_mtok":2}}]}]}]`))
	if err != nil || len(entries) != 1 || len(skipped) != 1 || !strings.Contains(skipped[0], "until: 2026-04-01 is no later than from, 2026-05-01") {
		t.Errorf("%v, %q, %v", entries, skipped, err)
	}
}
