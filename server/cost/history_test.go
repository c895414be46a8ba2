package cost

import (
	"testing"
	"time"
)

// TestKeepHistory: a table of today's prices says nothing of what a model cost before its price changed.
func TestKeepHistory(t *testing.T) {
	prices := Prices{Input: 1}
	table, err := NewTable([]*Entry{
		{ID: "a1", Pattern: "a", Unit: Tokens, Until: day2026(3, 1), Prices: prices},
		{ID: "a2", Pattern: "a", Unit: Tokens, From: day2026(3, 1), Prices: prices},
		{ID: "b1", Pattern: "b", Unit: Tokens, Until: day2026(3, 1)},
		{ID: "b2", Pattern: "b", Unit: Tokens, From: day2026(3, 1), Prices: prices},
		{ID: "c", Pattern: "c", Unit: Tokens, From: day2026(3, 1), Prices: prices},
		{ID: "d", Pattern: "d", Unit: Tokens, Prices: prices},
	})
	if err != nil {
		t.Fatal(err)
	}
	var never time.Time
	for why, c := range map[string]struct {
		entry Entry
		want  time.Time
	}{
		"its price has changed":               {Entry{Name: "a"}, day2026(3, 1)},
		"another unit":                        {Entry{Name: "a", Unit: Images}, never},
		"it has a day of its own":             {Entry{Name: "a", From: day2026(2, 1)}, day2026(2, 1)},
		"it holds until a day":                {Entry{Name: "a", Until: day2026(2, 1)}, never},
		"no price is known from before":       {Entry{Name: "b"}, never},
		"nothing is known from before":        {Entry{Name: "c"}, never},
		"its price has never changed":         {Entry{Name: "d"}, never},
		"a model that the other doesn't know": {Entry{Name: "e"}, never},
	} {
		e := c.entry
		if e.Unit == "" {
			e.Unit = Tokens
		}
		n := KeepHistory([]*Entry{&e}, table, day2026(5, 1))
		if !e.From.Equal(c.want) || (n == 1) != (e.From != c.entry.From) {
			t.Errorf("%s: %d, from %v, want %v", why, n, e.From, c.want)
		}
	}
}

// TestHoldFrom: a day that is given is that of all entries without one.
func TestHoldFrom(t *testing.T) {
	entries := []*Entry{{}, {From: day2026(1, 1)}, {Until: day2026(2, 1)}, {Until: day2026(9, 1)}}
	HoldFrom(entries, day2026(5, 1))
	for i, want := range []time.Time{day2026(5, 1), day2026(1, 1), {}, day2026(5, 1)} {
		if !entries[i].From.Equal(want) {
			t.Errorf("%d: from %v, want %v", i, entries[i].From, want)
		}
	}
}

// TestRecordedTablesKeepHistory: no model is priced by an imported table as it wasn't before
// its price changed, such as gpt-4o at 5 and 15 dollars until October 2024, o3 at 10 and 40 until June 2025.
func TestRecordedTablesKeepHistory(t *testing.T) {
	for _, file := range []string{"genai-prices.json", "langfuse-default-model-prices.json"} {
		table := recordedTable(t, file)
		if n := KeepHistory(table.Entries(), Builtin(), day2026(11, 26)); n < 5 {
			t.Errorf("%s: %d entries hold since a change of price", file, n)
		}
		changed := 0
		for _, e := range Builtin().Entries() {
			if e.Until.IsZero() || len(e.Prices) == 0 {
				continue
			}
			changed++
			at := e.Until.Add(-time.Second)
			want := Builtin().Match(e.Name, e.Unit, at)
			if got := table.Match(e.Name, e.Unit, at); got != nil && !got.Prices.agree(want.Prices) {
				t.Errorf("%s: %s cost %v until %v, and %v by %s", file, e.Name, want.Prices, e.Until, got.Prices, got.ID)
			}
		}
		if changed < 8 {
			t.Errorf("%d models have changed their price", changed)
		}
	}
}
