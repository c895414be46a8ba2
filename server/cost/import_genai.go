package cost

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// genaiBuckets are the fields of genai-prices' prices, and for how many units they are.
var genaiBuckets = map[string]struct {
	bucket Bucket
	units  int64
}{
	"input_mtok":            {Input, 1_000_000},
	"output_mtok":           {Output, 1_000_000},
	"cache_read_mtok":       {CachedInput, 1_000_000},
	"cache_write_mtok":      {CacheWrite, 1_000_000},
	"input_audio_mtok":      {InputAudio, 1_000_000},
	"cache_audio_read_mtok": {CachedAudio, 1_000_000},
	"output_audio_mtok":     {OutputAudio, 1_000_000},
	"requests_kcount":       {Calls, 1000},
}

type genaiProvider struct {
	ID     string            `json:"id"`
	Models []json.RawMessage `json:"models"`
}

type genaiModel struct {
	ID     string                     `json:"id"`
	Match  map[string]json.RawMessage `json:"match"`
	Prices json.RawMessage            `json:"prices"`
}

// genaiPeriod is a list of prices with the time it is for.
type genaiPeriod struct {
	Constraint *struct {
		StartDate string `json:"start_date"`
		StartTime string `json:"start_time"`
	} `json:"constraint"`
	Prices map[string]json.RawMessage `json:"prices"`
}

// hosts serve others' models, which cost something else there: those of the makers come first.
var hosts = []string{"aws", "azure", "avian", "cerebras", "doubleword", "fireworks", "groq", "huggingface_", "novita", "ovhcloud", "together", "openrouter"}

func (i *importer) genai(list []json.RawMessage) error {
	providers := make([]genaiProvider, 0, len(list))
	for _, raw := range list {
		var p genaiProvider
		if err := json.Unmarshal(raw, &p); err != nil {
			return err
		}
		providers = append(providers, p)
	}
	rank := func(id string) int {
		return slices.IndexFunc(hosts, func(h string) bool { return strings.HasPrefix(id, h) })
	}
	slices.SortStableFunc(providers, func(a, b genaiProvider) int { return rank(a.ID) - rank(b.ID) })
	for _, p := range providers {
		for n, raw := range p.Models {
			var m genaiModel
			if err := json.Unmarshal(raw, &m); err != nil {
				i.skip(fmt.Sprintf("%s: model %d", p.ID, n+1), err)
				continue
			}
			if err := i.genaiModel(p.ID, &m); err != nil {
				i.skip(p.ID+"/"+m.ID, err)
			}
		}
	}
	return nil
}

func (i *importer) genaiModel(provider string, m *genaiModel) error {
	pattern, err := genaiPattern(m.Match, 0)
	if err != nil {
		return err
	}
	var periods []genaiPeriod
	if json.Unmarshal(m.Prices, &periods) != nil {
		var one genaiPeriod
		if err := json.Unmarshal(m.Prices, &one.Prices); err != nil {
			return fmt.Errorf("prices: %w", err)
		}
		periods = []genaiPeriod{one}
	}
	entries := make([]*Entry, 0, len(periods))
	for n, period := range periods {
		e := &Entry{
			ID: "genai:" + provider + ":" + m.ID, Name: m.ID, Provider: provider, Source: "genai-prices " + provider + "/" + m.ID,
			Pattern: `(?i)^(` + regexp.QuoteMeta(provider) + `/)?(` + pattern + `)$`,
		}
		if c := period.Constraint; c != nil {
			if c.StartTime != "" && n > 0 { // by the time of day, last is the usual one: what is cheaper at night is not applied
				entries = nil
			}
			if c.StartDate != "" {
				if e.From, err = time.Parse(time.DateOnly, c.StartDate); err != nil {
					return fmt.Errorf("start_date: %q is no day", c.StartDate)
				}
				if n := len(entries); n > 0 {
					entries[n-1].Until = e.From
				}
			}
		}
		if e.Prices, e.Tiers, err = genaiPrices(period.Prices); err != nil {
			return err
		}
		entries = append(entries, e)
	}
	for _, e := range entries {
		if len(e.Prices) > 0 {
			i.add(e)
		}
	}
	return nil
}

// genaiPrices are numbers, or such with steps for large contexts.
func genaiPrices(list map[string]json.RawMessage) (Prices, []Tier, error) {
	usual := Prices{}
	steps := map[tierKey]Prices{}
	for field, raw := range list {
		of, ok := genaiBuckets[field]
		if !ok || string(raw) == "null" {
			continue
		}
		var tiered struct {
			Base  json.RawMessage `json:"base"`
			Tiers []struct {
				Start int64           `json:"start"`
				Price json.RawMessage `json:"price"`
			} `json:"tiers"`
		}
		if json.Unmarshal(raw, &tiered) == nil && tiered.Base != nil {
			raw = tiered.Base
		}
		p, err := price(raw, of.units)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", field, err)
		}
		usual[of.bucket] = p
		for _, t := range tiered.Tiers {
			if p, err = price(t.Price, of.units); err != nil || t.Start < 1 {
				return nil, nil, fmt.Errorf("%s: tier from %d: %w", field, t.Start, cmpError(err))
			}
			key := tierKey{above: t.Start}
			if steps[key] == nil {
				steps[key] = Prices{}
			}
			steps[key][of.bucket] = p
		}
	}
	return maps.Clone(usual), tiersOf(usual, steps), nil
}

// cmpError is err, or that the start is none.
func cmpError(err error) error {
	if err != nil {
		return err
	}
	return errors.New("start must be above zero")
}
