package cost

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
)

func recordedTable(t *testing.T, name string) *Table {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testkit.Recorded(t, "data"), "prices", name))
	if err != nil {
		t.Fatal(err)
	}
	entries, format, skipped, err := Import(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(skipped) > 0 {
		t.Errorf("%s: left out: %s", name, strings.Join(skipped, "\n"))
	}
	if want, _, _ := strings.Cut(name, "-"); !strings.HasPrefix(format, want) {
		t.Errorf("%s is %q", name, format)
	}
	table, err := NewTable(entries)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// otherwise says of models why our price isn't that of a table.
var otherwise = map[string]string{
	"langfuse gpt-4o@2024-09-01":          "ours has what the alias meant then",
	"genai-prices gpt-4o@2024-09-01":      "the same",
	"genai-prices gpt-4o-2024-05-13":      "that table has one price for all of gpt-4o",
	"langfuse o3@2025-05-01":              "that table has no price of before June 2025",
	"langfuse claude-opus-4-6@2026-01-01": "the same, of before March 2026",
	"langfuse claude-sonnet-5@2026-10-01": "genai-prices has a higher one from September 2026 on",
	"langfuse claude-sonnet-4-5-20250929": "that table has no price of large contexts",
	"langfuse claude-3-opus-20240229":     "that table has no price of what is read from the cache",
	"langfuse claude-3-haiku-20240307":    "the same",
	"langfuse gemini-2.0-flash":           "the same",
}

// TestAgrees prices calls by our table and by those it was made from.
func TestAgrees(t *testing.T) {
	tables := map[string]*Table{"langfuse": recordedTable(t, "langfuse-default-model-prices.json"), "genai-prices": recordedTable(t, "genai-prices.json")}
	usages := []Usage{
		{Details: map[string]int64{"input": 1000, "output": 100}},
		{Details: map[string]int64{"input": 1000, "input_cached_tokens": 500, "output": 100}},
		{Details: map[string]int64{"input": 300_000, "input_cached_tokens": 10, "output": 100}},
	}
	used := map[string]bool{}
	compared := map[string]int{}
	for _, name := range []string{
		"gpt-4o@2024-09-01", "gpt-4o", "gpt-4o-2024-05-13", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-5", "gpt-5-mini",
		"gpt-5-nano", "gpt-5-pro", "gpt-5.1", "gpt-5.2", "gpt-5.4", "gpt-5.4-mini", "o1", "o1-mini", "o1-pro", "o3", "o3@2025-05-01", "o3-mini", "o3-pro", "o4-mini", "text-embedding-3-small", "text-embedding-3-large",
		"claude-3-opus-20240229", "claude-3-haiku-20240307", "claude-3-5-sonnet-20240620", "claude-3-5-haiku-20241022", "claude-sonnet-4-20250514", "claude-sonnet-4-5-20250929", "claude-opus-4-1-20250805",
		"claude-opus-4-5-20251101", "claude-opus-4-6@2026-01-01", "claude-opus-4-6@2026-10-01", "claude-haiku-4-5-20251001", "claude-sonnet-5@2026-08-01", "claude-sonnet-5@2026-10-01",
		"gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.0-flash", "gemini-3-pro-preview", "gemini-3.5-flash",
		"mistral-large-latest", "codestral-2508", "command-a-03-2025", "command-r-plus", "deepseek-v4-pro", "deepseek-chat", "grok-4", "grok-3-mini", "llama-3.3-70b-versatile", "qwen/qwen3-32b", "kimi-k2.5", "sonar", "glm-5",
	} {
		model, date, dated := strings.Cut(name, "@")
		at := time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)
		if dated {
			var err error
			if at, err = time.Parse(time.DateOnly, date); err != nil {
				t.Fatal(err)
			}
		}
		ours := Builtin().Match(model, "", at)
		if ours == nil {
			t.Errorf("%s: we have no price", name)
			continue
		}
		for from, table := range tables {
			theirs := table.Match(model, "", at)
			if theirs == nil {
				continue
			}
			compared[from]++
			differs := ""
			for _, u := range usages {
				u.Total = -1 // all parts are there
				a, b := ours.Price(&u, ""), theirs.Price(&u, "")
				u.Total = 1100
				if theirs.Prices[Total] > 0 && ours.Prices[Total] == 0 || ours.Prices[Total] > 0 && theirs.Prices[Total] == 0 {
					u = Usage{Input: 1100, Total: 1100}
					a, b = ours.Price(&u, ""), theirs.Price(&u, "")
				}
				if a.Total == nil || b.Total == nil || *a.Total != *b.Total {
					differs = fmt.Sprintf("%v costs %v by ours (%s), %v by theirs (%s)", u.Details, a.Total, ours.ID, b.Total, theirs.ID)
					break
				}
			}
			key := from + " " + name
			if _, listed := otherwise[key]; listed {
				used[key] = true
				if differs == "" {
					t.Errorf("%s: agrees, though it is listed", key)
				}
			} else if differs != "" {
				t.Errorf("%s: %s", key, differs)
			}
		}
	}
	for key := range otherwise {
		if !used[key] {
			t.Errorf("%s is listed, and not compared", key)
		}
	}
	if compared["langfuse"] < 30 || compared["genai-prices"] < 30 {
		t.Errorf("compared %v, want 30 models of each", compared)
	}
}

// TestImportRoundTrip writes what was imported and reads it.
func TestImportRoundTrip(t *testing.T) {
	for _, name := range []string{"langfuse-default-model-prices.json", "genai-prices.json"} {
		sameAfterCSV(t, name, recordedTable(t, name).Entries())
	}
	sameAfterCSV(t, "builtin", Builtin().Entries())
}

func sameAfterCSV(t *testing.T, name string, entries []*Entry) {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteCSV(&buf, entries); err != nil {
		t.Fatal(err)
	}
	again, format, skipped, err := Import(buf.Bytes())
	if err != nil || format != "langshark" || len(skipped) > 0 || len(again) != len(entries) {
		t.Fatalf("%s: %d entries of %d, %s, %v, %v", name, len(again), len(entries), format, skipped, err)
	}
	for i, a := range entries {
		b := again[i]
		if a.ID != b.ID || a.Name != b.Name || a.Pattern != b.Pattern || a.Unit != b.Unit || a.Tokenizer != b.Tokenizer || a.Source != b.Source ||
			!a.From.Equal(b.From) || !a.Until.Equal(b.Until) || !maps.Equal(a.Prices, b.Prices) ||
			!slices.EqualFunc(a.Tiers, b.Tiers, func(x, y Tier) bool {
				return x.Name == y.Name && x.Above == y.Above && x.Service == y.Service && maps.Equal(x.Prices, y.Prices)
			}) {
			t.Errorf("%s: wrote %+v\nread %+v", name, a, b)
		}
	}
}

const litellm = `{
	"sample_spec": {"input_cost_per_token": "dollars"},
	"gpt-x": {"litellm_provider": "openai", "mode": "chat", "max_tokens": 4096, "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05,
		"cache_read_input_token_cost": 1.25e-07, "input_cost_per_token_priority": 2.5e-06, "output_cost_per_token_priority": 2e-05,
		"input_cost_per_token_batches": 6.25e-07, "input_cost_per_token_above_200k_tokens": 2.5e-06, "output_cost_per_token_above_200k_tokens": 1.5e-05,
		"input_cost_per_token_above_200k_tokens_priority": 9e-06, "supports_vision": true},
	"claude-x": {"litellm_provider": "anthropic", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
		"cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06},
	"free": {"litellm_provider": "x"},
	"odd": {"input_cost_per_token": -1},
	"none": 7
}`

func TestImportLiteLLM(t *testing.T) {
	entries, format, skipped, err := Import([]byte(litellm))
	if err != nil || format != "litellm" || len(entries) != 2 || len(skipped) != 2 {
		t.Fatalf("%d entries, %s, skipped %v, %v", len(entries), format, skipped, err)
	}
	table, err := NewTable(entries)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		model, service, tier string
		usage                map[string]int64
		want                 int64 // in millionths of a dollar
	}{
		{"gpt-x", "", "", map[string]int64{"input": 1000, "input_cached_tokens": 1000, "output": 100}, 1250 + 125 + 1000},
		{"GPT-X", "priority", "priority", map[string]int64{"input": 1000, "output": 100}, 2500 + 2000},
		{"gpt-x", "batch", "batch", map[string]int64{"input": 1000, "output": 100}, 625 + 1000},
		{"gpt-x", "", ">200000", map[string]int64{"input": 200_001, "output": 100}, 500_002 + 1500}, // 500,002.5 is left of the point below
		{"gpt-x", "priority", "priority >200000", map[string]int64{"input": 300_000, "output": 100}, 2_700_000 + 1500},
		{"claude-x", "", "", map[string]int64{"input": 0, "input_cache_creation": 1000, "input_cache_creation_1h": 1000}, 3750 + 6000},
	} {
		e := table.Match(c.model, Tokens, time.Now())
		if e == nil {
			t.Errorf("%s: no entry", c.model)
			continue
		}
		p := e.Price(&Usage{Details: c.usage}, c.service)
		if p.Total == nil || int64(*p.Total)/1000 != c.want || p.Tier != c.tier {
			t.Errorf("%+v: %v in tier %q", c, p.Total, p.Tier)
		}
	}
	if e := table.Match("gpt-x", "", time.Now()); e.Tokenizer != O200K || e.Source != "litellm" {
		t.Errorf("%+v", e)
	}
	sameAfterCSV(t, "litellm", entries)
}

func TestImportRefuses(t *testing.T) {
	for _, text := range []string{"", "  ", "[]", "{}", "[1]", `[{"x":1}]`, `{"a":1}`, "a,b\n1,2\n", "[{"} {
		if entries, _, _, err := Import([]byte(text)); err == nil {
			t.Errorf("%q: %v", text, entries)
		}
	}
	if _, _, _, err := Import([]byte(`[{"x":1}]`)); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	// One bad model keeps no other out.
	_, _, skipped, err := Import([]byte(`[{"matchPattern":"[","modelName":"a","prices":{"input":1}},{"matchPattern":"b","modelName":"b","prices":{"input":1}},
		{"matchPattern":"c","modelName":"c","pricingTiers":[{"isDefault":false,"conditions":[{"key":"moon","operator":"in","values":["full"]}],"prices":{"input":2}}]}]`))
	if err != nil || len(skipped) != 2 || !strings.Contains(skipped[0], "a: ") || !strings.Contains(skipped[1], "condition") {
		t.Errorf("skipped %q, %v", skipped, err)
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(litellm))
	f.Add([]byte(`[{"id":"p","models":[{"id":"m","match":{"or":[{"equals":"m"},{"regex":"^m\\d"}]},"prices":[{"prices":{"input_mtok":1}},{"constraint":{"start_date":"2026-01-01"},"prices":{"input_mtok":{"base":2,"tiers":[{"start":5,"price":3}]}}}]}]}]`))
	f.Add([]byte(`[{"matchPattern":"m","modelName":"m","pricingTiers":[{"isDefault":true,"prices":{"input":1e-6}},{"name":"L","conditions":[{"usageDetailPattern":"x","operator":"gt","value":5}],"prices":{"input":2e-6}}]}]`))
	f.Add([]byte("id,model,match,source,input\ni,m,m*,s,1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, _, _, err := Import(data)
		if err != nil {
			return
		}
		table, err := NewTable(entries)
		if err != nil {
			t.Fatal(err)
		}
		if e := table.Match("m", "", time.Time{}); e != nil {
			checkSums(t, e.Price(&Usage{Details: map[string]int64{"input": 3, "output": 4, "input_cached_tokens": 5}}, "flex"))
		}
		var buf bytes.Buffer
		if err := WriteCSV(&buf, entries); err != nil {
			t.Fatal(err)
		}
	})
}
