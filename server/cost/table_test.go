package cost

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func day2026(month, day int) time.Time {
	return time.Date(2026, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// TestMatch: pattern, unit and time decide; of several the one that began last wins.
func TestMatch(t *testing.T) {
	entry := func(id, pattern, unit string, from, until time.Time) *Entry {
		return &Entry{ID: id, Name: id, Pattern: pattern, Unit: unit, From: from, Until: until}
	}
	var never time.Time
	table, err := NewTable([]*Entry{
		entry("first", "m", Tokens, never, day2026(3, 1)),
		entry("second", "m", Tokens, day2026(3, 1), day2026(5, 1)),
		entry("later", "m", Tokens, day2026(4, 1), never),
		entry("twin", "m", Tokens, day2026(4, 1), never),
		entry("chars", "m|c", Characters, never, never),
		entry("images", "c", Images, never, never),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		model, unit string
		at          time.Time
		want        string
	}{
		{"m", Tokens, day2026(2, 28), "first"},
		{"m", Tokens, day2026(3, 1).Add(-1), "first"},
		{"m", Tokens, day2026(3, 1), "second"},
		{"m", Tokens, day2026(4, 2), "later"},
		{"m", Tokens, day2026(9, 1), "later"},
		{"m", "", day2026(9, 1), "later"},
		{"m", Characters, day2026(9, 1), "chars"},
		{"c", "", day2026(9, 1), "chars"},
		{"c", Images, day2026(9, 1), "images"},
		{"c", Seconds, day2026(9, 1), ""},
		{"M", Tokens, day2026(9, 1), ""},
		{"", "", day2026(9, 1), ""},
		{strings.Repeat("m", maxName+1), "", day2026(9, 1), ""},
	} {
		got := ""
		if e := table.Match(c.model, c.unit, c.at); e != nil {
			got = e.ID
		}
		if got != c.want {
			t.Errorf("%.20s in %s at %v: %q, want %q", c.model, c.unit, c.at, got, c.want)
		}
	}
	var none *Table
	if none.Match("m", "", day2026(1, 1)) != nil || none.Entries() != nil {
		t.Error("no table has something")
	}
	if _, err := NewTable([]*Entry{entry("x", "(", "", never, never)}); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("a bad pattern: %v", err)
	}
}

// TestTokensComeFirst: without a unit tokens are meant, even where another entry is newer.
func TestTokensComeFirst(t *testing.T) {
	table, err := NewTable([]*Entry{
		{ID: "chars", Pattern: "m", Unit: Characters, From: day2026(5, 1)},
		{ID: "tokens", Pattern: "m", Unit: Tokens},
		{ID: "more chars", Pattern: "m", Unit: Characters, From: day2026(6, 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if e := table.Match("m", "", day2026(7, 1)); e.ID != "tokens" {
		t.Errorf("%s", e.ID)
	}
	if e := table.Match("m", Characters, day2026(7, 1)); e.ID != "more chars" {
		t.Errorf("%s", e.ID)
	}
}

// TestManyNames: what a table remembers is bounded, and what it says doesn't depend on it.
func TestManyNames(t *testing.T) {
	table, err := NewTable([]*Entry{{ID: "e", Pattern: "m-.*5", Unit: Tokens}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range maxCached {
				name := fmt.Sprintf("m-%d", i*(worker+1))
				if got, want := table.Match(name, "", day2026(1, 1)) != nil, strings.HasSuffix(name, "5"); got != want {
					t.Errorf("%s: %t", name, got)
				}
			}
		})
	}
	wg.Wait()
	if n := len(table.byName); n > maxCached {
		t.Errorf("%d names are remembered", n)
	}
}

func TestGlobs(t *testing.T) {
	g := newGlobs("openai", []string{"gpt-4.1", "ft:gpt-*:*", "*audio*", "o3*"})
	for name, want := range map[string]bool{
		"gpt-4.1": true, "GPT-4.1": true, "gpt-4x1": false, "openai/gpt-4.1": true, "azure/gpt-4.1": true, "other/gpt-4.1": false, "openai/azure/gpt-4.1": false,
		"ft:gpt-4:org": true, "ft:gpt-4": false, "ft:gpt-::": true, "audio": true, "xaudiox": true, "openai/xaudio": true, "o3": true, "o3-mini": true, "xo3": false, "": false,
	} {
		if got := g.MatchString(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
	e := &Entry{Pattern: g.pattern()}
	if err := e.compile(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gpt-4.1", "azure/GPT-4.1", "gpt-4x1", "ft:gpt-4:org", "ft:gpt-4", "audio", "o3", "xo3", ""} {
		if g.MatchString(name) != e.matcher.MatchString(name) {
			t.Errorf("%q: the pattern %s says otherwise", name, e.Pattern)
		}
	}
	if g := newGlobs("", []string{"a"}); !g.MatchString("A") || g.MatchString("/a") || g.pattern() != "(?i)^(a)$" {
		t.Error(g.pattern())
	}
}

func TestBucketOf(t *testing.T) {
	for name, want := range map[string]Bucket{
		"input": Input, "cache_read_input_tokens": CachedInput, "input_cache_read": CachedInput, "cache_creation_input_tokens": CacheWrite, "input_cache_creation_5m": CacheWrite,
		"input_cache_creation_1h": CacheWrite1h, "output_reasoning": Reasoning, "thoughtsTokenCount": Reasoning, "input_audio": InputAudio, "groundingQueries": Searches, "total": Total,
		"input_something_new": Input, "output_something_new": Output, "something_new": "", "": "",
	} {
		got, ok := BucketOf(name)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t, want %q", name, got, ok, want)
		}
	}
	for name, want := range map[string]Bucket{"reasoning_tokens": Output, "cache_read_tokens": Input, "web_search_queries": Searches, "total": Total, "x": ""} {
		if got := SideOf(name); got != want {
			t.Errorf("%q is of %q, want %q", name, got, want)
		}
	}
	for name, b := range aliases {
		if !known[b] || known[Bucket(name)] {
			t.Errorf("%q stands for %q, and must for a bucket, and be none", name, b)
		}
	}
}

// TestManyDetails: a list beyond any usage is left aside, and no sum overflows.
func TestManyDetails(t *testing.T) {
	e := &Entry{Prices: Prices{Input: maxPrice, Output: maxPrice}}
	u := Usage{Input: 1, Total: 1, Details: map[string]int64{}}
	for i := range maxDetails {
		u.Details[fmt.Sprintf("input_%d", i)] = 1 << 62
	}
	if p := e.Price(&u, ""); p.Total != nil || p.Input != nil || p.Output != nil || p.Parts != nil || p.Prices[Input] != maxPrice {
		t.Errorf("%d buckets of which each costs too much: %+v", maxDetails, p)
	}
	u.Details["input_one_more"] = 1
	e.Prices = Prices{Input: 1000, Output: 1000}
	if p := e.Price(&u, ""); *p.Total != 1 || len(p.Parts) != 2 {
		t.Errorf("beyond the bound: %+v", p)
	}
}
