package cost

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Prices are unit prices by bucket. A bucket without one is billed as what it
// is a part of, see [Prices.Of].
type Prices map[Bucket]PicoUSD

// Of is the price of one unit; false if it isn't known.
func (p Prices) Of(b Bucket) (PicoUSD, bool) {
	for ; b != ""; b = b.next() {
		if price, ok := p[b]; ok {
			return price, true
		}
	}
	return 0, false
}

// Entry is what one model costs over one span of time.
type Entry struct {
	// ID names the entry: it is the modelId of what it priced.
	ID       string
	Name     string
	Provider string
	// Pattern is a regular expression that must match the whole name of a model.
	Pattern string
	// From and Until bound the validity by the start of a call, From inclusive; zero is open.
	From  time.Time
	Until time.Time
	// Unit is what is counted, see [Tokens].
	Unit string
	// Tokenizer counts what nobody reported; empty if it isn't known.
	Tokenizer Encoding
	// Chat says how it counts messages; nil for the usual way.
	Chat *TokenizerConfig
	// Prices hold where no tier does. Empty if no price is known.
	Prices Prices
	// Tiers hold in place of Prices, the first that fits.
	Tiers []Tier
	// Source says where the figures are from.
	Source string

	matcher interface{ MatchString(string) bool }
}

// Tier is what a model costs under a condition.
type Tier struct {
	// Name is what Priced.Tier says.
	Name string
	// Above is met by more units of input, in all buckets; zero is any number.
	Above int64
	// Service is met by that service tier, such as flex, priority or batch; empty is any.
	Service string
	// Prices replace all those of the entry.
	Prices Prices
}

// UsualService reports whether a tier of service is the one that a model's prices are for,
// or none that says which it was: auto.
func UsualService(tier string) bool {
	switch tier {
	case "", "default", "standard", "auto", "on_demand":
		return true
	}
	return false
}

// Encoding names a vocabulary of tokens.
type Encoding string

// The encodings of OpenAI's models.
const (
	CL100K Encoding = "cl100k_base"
	O200K  Encoding = "o200k_base"
)

func (e *Entry) compile() error {
	if e.matcher != nil {
		return nil
	}
	matcher, err := compile(e.Pattern)
	if err != nil {
		return fmt.Errorf("langshark: price of %q: pattern %w", e.Name, err)
	}
	e.matcher = matcher
	return nil
}

// check returns what no entry can be.
func (e *Entry) check() error {
	switch {
	case !e.From.IsZero() && !e.Until.IsZero() && !e.From.Before(e.Until):
		return fmt.Errorf("until: %s is no later than from, %s: it would never hold, so leave one of them out or set it right", moment(e.Until), moment(e.From))
	case !slices.Contains(units, e.Unit):
		return fmt.Errorf("unit: %q must be one of %s, or empty for %s", e.Unit, strings.Join(units, ", "), Tokens)
	case e.Tokenizer != "" && e.Tokenizer != CL100K && e.Tokenizer != O200K:
		return fmt.Errorf("tokenizer: %q must be %s or %s, or empty if it isn't known", string(e.Tokenizer), CL100K, O200K)
	}
	return nil
}

// valid reports whether the entry holds at a time.
func (e *Entry) valid(at time.Time) bool {
	return (e.From.IsZero() || !at.Before(e.From)) && (e.Until.IsZero() || at.Before(e.Until))
}

// serves reports whether the entry says what a call costs under a tier of service.
func (e *Entry) serves(service string) bool {
	if service != "batch" && service != "flex" || e.Source == customSource {
		return true
	}
	return slices.ContainsFunc(e.Tiers, func(t Tier) bool { return t.Service == service })
}

// customSource is the source of the entries that are models of a project.
const customSource = "custom"

// pricesFor are the prices of a call, and the name of its tier.
func (e *Entry) pricesFor(input int64, service string) (Prices, string) {
	for _, t := range e.Tiers {
		if (t.Above == 0 || input > t.Above) && (t.Service == "" || t.Service == service) {
			return t.Prices, t.Name
		}
	}
	return e.Prices, ""
}
