package cost

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// langfuseModel is a model in Langfuse's list of default prices.
type langfuseModel struct {
	ID              string           `json:"id"`
	ModelName       string           `json:"modelName"`
	MatchPattern    string           `json:"matchPattern"`
	StartDate       *Date            `json:"startDate"`
	Unit            string           `json:"unit"`
	UpdatedAt       string           `json:"updatedAt"`
	TokenizerID     string           `json:"tokenizerId"`
	TokenizerConfig *TokenizerConfig `json:"tokenizerConfig"`
	PricingTiers    []langfuseTier   `json:"pricingTiers"`
	// Prices are those of older lists, and the other three of the oldest.
	Prices      map[string]json.RawMessage `json:"prices"`
	InputPrice  json.RawMessage            `json:"inputPrice"`
	OutputPrice json.RawMessage            `json:"outputPrice"`
	TotalPrice  json.RawMessage            `json:"totalPrice"`
}

type langfuseTier struct {
	Name       string                     `json:"name"`
	IsDefault  bool                       `json:"isDefault"`
	Priority   int                        `json:"priority"`
	Conditions []langfuseCondition        `json:"conditions"`
	Prices     map[string]json.RawMessage `json:"prices"`
}

type langfuseCondition struct {
	Pattern  string      `json:"usageDetailPattern"`
	Operator string      `json:"operator"`
	Value    json.Number `json:"value"`
	Key      string      `json:"key"`
	Values   []string    `json:"values"`
}

func (i *importer) langfuse(list []json.RawMessage) {
	for n, raw := range list {
		var m langfuseModel
		if err := json.Unmarshal(raw, &m); err != nil {
			i.skip(fmt.Sprintf("model %d", n+1), err)
			continue
		}
		if e, err := m.entry(); err != nil {
			i.skip(m.ModelName, err)
		} else {
			i.add(e)
		}
	}
}

func (m *langfuseModel) entry() (*Entry, error) {
	e := &Entry{ID: m.ID, Name: strings.TrimSpace(m.ModelName), Pattern: m.MatchPattern, Unit: m.Unit, Source: strings.TrimSpace("langfuse " + day(m.UpdatedAt))}
	if e.ID == "" {
		e.ID = "langfuse:" + e.Name
	}
	if m.StartDate != nil {
		e.From = m.StartDate.time()
	}
	if m.TokenizerID == TokenizerOpenAI && m.TokenizerConfig != nil {
		e.Tokenizer = EncodingOf(e.Name)
		if e.Tokenizer == "" {
			e.Tokenizer = EncodingOf(m.TokenizerConfig.Model)
		}
		if c := m.TokenizerConfig; c.TokensPerMessage != 0 && (c.TokensPerMessage != 3 || c.TokensPerName != 1) {
			e.Chat = c
		}
	}
	tiers := m.PricingTiers
	if len(tiers) == 0 {
		prices := m.Prices
		if prices == nil {
			prices = map[string]json.RawMessage{"input": m.InputPrice, "output": m.OutputPrice, "total": m.TotalPrice}
		}
		tiers = []langfuseTier{{IsDefault: true, Prices: prices}}
	}
	slices.SortStableFunc(tiers, func(a, b langfuseTier) int { return a.Priority - b.Priority })
	for _, t := range tiers {
		prices, err := langfusePrices(t.Prices)
		if err != nil {
			return nil, err
		}
		if t.IsDefault {
			e.Prices = prices
			continue
		}
		more, err := t.tiers(prices)
		if err != nil {
			return nil, err
		}
		e.Tiers = append(e.Tiers, more...)
	}
	return e, nil
}

// langfusePrices are for one unit. Names that mean the same bucket have the same price.
func langfusePrices(list map[string]json.RawMessage) (Prices, error) {
	prices := Prices{}
	for name, raw := range list {
		b, ok := BucketOf(name)
		if !ok || len(raw) == 0 || string(raw) == "null" {
			continue
		}
		if _, exact := list[string(b)]; exact && name != string(b) { // its own name says it
			continue
		}
		p, err := price(raw, 1)
		if err != nil {
			return nil, fmt.Errorf("price %s: %w", name, err)
		}
		prices[b] = p
	}
	return prices, nil
}

// tiers are one for each value of a condition, since ours have one each.
func (t *langfuseTier) tiers(prices Prices) ([]Tier, error) {
	tier := Tier{Name: t.Name, Prices: prices}
	services := []string{""}
	for _, c := range t.Conditions {
		switch {
		case c.Pattern != "" && (c.Operator == "gt" || c.Operator == "gte"):
			n, err := c.Value.Int64()
			if err != nil || n < 1 {
				return nil, fmt.Errorf("tier %s: %q is no number of units", t.Name, c.Value)
			}
			if c.Operator == "gte" {
				n--
			}
			tier.Above = n
		case (c.Key == "service_tier" || c.Key == "speed") && c.Operator == "in" && len(c.Values) > 0:
			services = c.Values
		default:
			return nil, fmt.Errorf("tier %s: a condition that isn't known", t.Name)
		}
	}
	var list []Tier
	for _, s := range services {
		tier.Service = s
		if tier.Service != "" || tier.Above > 0 {
			list = append(list, tier)
		}
	}
	return list, nil
}

// day is the day of an instant.
func day(instant string) string {
	if len(instant) > 10 {
		return instant[:10]
	}
	return instant
}
