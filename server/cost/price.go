package cost

import (
	"maps"

	"github.com/langshark/langshark-go/exporter"
)

// Priced is what a call cost.
type Priced struct {
	// Tier is the name of the tier that held; empty for none.
	Tier string
	// Prices are the unit prices that were used, by bucket.
	Prices map[Bucket]PicoUSD
	// Parts are what each bucket cost, by the name the usage has for it. They add up to Total.
	Parts map[string]exporter.NanoUSD
	// Input and Output are the sums of their buckets; nil if the price of one isn't
	// known, or if the model knows one price only.
	Input  *exporter.NanoUSD
	Output *exporter.NanoUSD
	// Total is the sum of all parts; nil if any price isn't known.
	Total *exporter.NanoUSD
}

// Price is what the usage costs by the entry, under a tier of service such as
// flex, priority or batch; empty is the usual one. A nil usage shows the unit prices only.
// Under flex or batch, which cost less, nothing is known of an entry without that
// tier, but of one that a project has made, whose prices hold whatever the tier. What would
// cost [MaxPart] or more has no cost: its counts are wrong.
func (e *Entry) Price(u *Usage, service string) *Priced {
	if len(e.Prices) == 0 || !e.serves(service) {
		return &Priced{}
	}
	if u == nil {
		return &Priced{Prices: maps.Clone(e.Prices)}
	}
	parts := u.parts()
	input := int64(0)
	for _, p := range parts {
		if p.bucket.side() == Input {
			input += max(0, p.units)
		}
	}
	prices, tier := e.pricesFor(input, service)
	r := &Priced{Tier: tier, Prices: map[Bucket]PicoUSD{}, Parts: map[string]exporter.NanoUSD{}}
	if price, ok := prices[Total]; ok {
		r.Prices[Total] = price
		total := Amount(u.Total, price)
		r.Parts[string(Total)] = total
		r.Total = &total
		r.refuseTooMuch(total)
		return r
	}
	for _, b := range []Bucket{Input, Output} {
		if price, ok := prices[b]; ok {
			r.Prices[b] = price
		}
	}
	r.add(parts, prices)
	return r
}

// add prices the parts and adds them up.
func (r *Priced) add(parts []part, prices Prices) {
	var total exporter.NanoUSD
	sums := map[Bucket]exporter.NanoUSD{Input: 0, Output: 0}
	unknown := map[Bucket]bool{}
	for _, p := range parts {
		side := p.bucket.side()
		price, ok := prices.Of(p.bucket)
		if !ok {
			// What nobody used costs nothing, and searches are only billed where they have a price.
			if p.units != 0 && (side == Input || side == Output) {
				unknown[side] = true
			}
			continue
		}
		amount := Amount(p.units, price)
		r.Prices[p.bucket] = price
		r.Parts[p.name] = amount
		sums[side] += amount
		total += amount
	}
	for _, s := range []struct {
		side Bucket
		sum  **exporter.NanoUSD
	}{{Input, &r.Input}, {Output, &r.Output}} {
		if !unknown[s.side] {
			sum := sums[s.side]
			*s.sum = &sum
		}
	}
	if len(unknown) == 0 {
		r.Total = &total
	}
	r.refuseTooMuch(total)
}

// refuseTooMuch takes amounts back that no call costs.
func (r *Priced) refuseTooMuch(total exporter.NanoUSD) {
	tooMuch := func(n exporter.NanoUSD) bool { return n >= MaxPart || n <= -MaxPart }
	refuse := tooMuch(total)
	for _, part := range r.Parts {
		refuse = refuse || tooMuch(part)
	}
	if refuse {
		r.Parts, r.Input, r.Output, r.Total = nil, nil, nil, nil
	}
}
