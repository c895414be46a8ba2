package cost

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestBuiltin: every price names its source, every entry is found by its own
// name, and the patterns that are shown match what the entries do.
func TestBuiltin(t *testing.T) {
	priced, providers, ids := 0, map[string]int{}, map[string]bool{}
	for _, e := range Builtin().Entries() {
		if ids[e.ID] {
			t.Errorf("two entries are %s", e.ID)
		}
		ids[e.ID] = true
		if len(e.Prices) > 0 {
			priced++
			providers[e.Provider]++
			if !strings.HasPrefix(e.Source, "langfuse 20") && !strings.HasPrefix(e.Source, "genai-prices ") && !strings.HasPrefix(e.Source, "LangShark 2.75.0 ") {
				t.Errorf("%s: the source %q is no table", e.ID, e.Source)
			}
		}
		if e.Tokenizer != "" && e.Tokenizer != EncodingOf(e.Name) {
			t.Errorf("%s: tokenizer %s, want %s", e.ID, e.Tokenizer, EncodingOf(e.Name))
		}
		if !e.From.IsZero() && !e.Until.IsZero() && !e.From.Before(e.Until) {
			t.Errorf("%s: from %v until %v", e.ID, e.From, e.Until)
		}
		for _, tier := range e.Tiers { // these have no other bucket that says as much
			for _, b := range []Bucket{CacheWrite1h, Searches} {
				_, usual := e.Prices[b]
				if _, here := tier.Prices[b]; usual && !here {
					t.Errorf("%s: the tier %s has no price of %s", e.ID, tier.Name, b)
				}
			}
		}
		pattern := regexp.MustCompile(e.Pattern)
		g := e.matcher.(*globs)
		for _, name := range g.names {
			sample := strings.ReplaceAll(name, "*", "-x")
			for _, s := range []string{sample, strings.ToUpper(sample), "x" + sample, sample + "x", "openai/" + sample, e.Provider + "/" + sample} {
				if pattern.MatchString(s) != e.matcher.MatchString(s) {
					t.Errorf("%s: %q: the pattern %s says %t, the entry %t", e.ID, s, e.Pattern, pattern.MatchString(s), e.matcher.MatchString(s))
				}
			}
			at := e.From
			if at.IsZero() && !e.Until.IsZero() {
				at = e.Until.Add(-time.Second)
			}
			if Builtin().Match(sample, e.Unit, at) == nil {
				t.Errorf("%s: nothing matches %q", e.ID, sample)
			}
		}
	}
	if priced < 120 {
		t.Errorf("%d entries have a price, want 120", priced)
	}
	for _, p := range []string{"openai", "anthropic", "google", "mistral", "cohere", "groq", "deepseek", "x-ai", "aws", "openrouter"} {
		if providers[p] == 0 {
			t.Errorf("no price of %s", p)
		}
	}
}

// TestUnpriced: models without a source are there, without a price.
func TestUnpriced(t *testing.T) {
	for _, name := range []string{"HCX-005", "exaone-4.0-32b", "solar-mini", "A.X-4.0"} {
		if e := Builtin().Match(name, "", time.Now()); e == nil || len(e.Prices) > 0 {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestReadCSVRefuses(t *testing.T) {
	head := strings.Join(columns, ",")
	line := func(fields map[string]string) string {
		out := make([]string, len(columns))
		for i, c := range columns {
			out[i] = fields[c]
		}
		return strings.Join(out, ",")
	}
	good := map[string]string{"id": "i", "model": "m", "match": "m m-*", "input": "1.5"}
	with := func(k, v string) map[string]string {
		fields := map[string]string{k: v}
		for key, value := range good {
			if key != k {
				fields[key] = value
			}
		}
		return fields
	}
	for want, lines := range map[string][]string{
		"":        {line(good), line(map[string]string{"tier": "t", "service": "flex", "input": "1"})},
		"id: ":    {line(with("id", ""))},
		"model: ": {line(with("model", ""))},
		"match: ": {line(with("match", " "))},
		"from: ":  {line(with("from", "May"))},
		"input: ": {line(with("input", "-1"))},
		"line 2: until: 2026-01-31 is no later than from, 2026-02-01": {strings.Replace(line(with("from", "2026-02-01")), "2026-02-01,", "2026-02-01,2026-01-31", 1)},
		"until: 2026-02-01 is no later":                               {strings.Replace(line(with("from", "2026-02-01")), "2026-02-01,", "2026-02-01,2026-02-01", 1)},
		`line 3: unit: "TOKEN" must be one of TOKENS, `:               {line(good), line(with("unit", "TOKEN"))},
		`tokenizer: "gpt2" must be cl100k_base or o200k_base`:         {line(with("tokenizer", "gpt2"))},
		"above: ":      {line(good), line(map[string]string{"tier": "t", "above": "0"})},
		"tier: ":       {line(good), line(map[string]string{"tier": "t"})},
		"wrong number": {line(good) + ","},
	} {
		entries, err := ReadCSV(strings.NewReader(head + "\n" + strings.Join(lines, "\n")))
		if want == "" {
			if err != nil || len(entries) != 1 || len(entries[0].Tiers) != 1 || !entries[0].matcher.MatchString("M-x") {
				t.Errorf("%v, %v", entries, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := ReadCSV(strings.NewReader("id,model\n")); err == nil || !strings.Contains(err.Error(), "column") {
		t.Errorf("without columns: %v", err)
	}
	if _, err := ReadCSV(strings.NewReader("")); err == nil {
		t.Error("an empty file is no table")
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add(pricesCSV[:3000])
	f.Add("id\n")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := ReadCSV(strings.NewReader(text))
		if err != nil {
			return
		}
		table, err := NewTable(entries)
		if err != nil {
			t.Fatal(err)
		}
		table.Match("gpt-4o", "", time.Now())
	})
}
