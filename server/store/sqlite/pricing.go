package sqlite

import (
	"cmp"
	"context"

	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/merge"
)

// pricingDetails is what a row keeps of [store.Pricing] beside its usage and cost.
type pricingDetails struct {
	ModelID string                `json:"model,omitempty"`
	Unit    string                `json:"unit,omitempty"`
	Tier    string                `json:"tier,omitempty"`
	Prices  map[cost.Bucket]int64 `json:"prices,omitempty"` // in pico-dollars
}

func detailsOf(p *store.Pricing) *pricingDetails {
	if p == nil {
		return nil
	}
	d := &pricingDetails{ModelID: p.ModelID, Unit: p.Unit, Tier: p.Tier}
	if len(p.Prices) > 0 {
		d.Prices = make(map[cost.Bucket]int64, len(p.Prices))
		for bucket, price := range p.Prices {
			d.Prices[bucket] = int64(price)
		}
	}
	return d
}

// pricing is the other way. Nil is nil.
func (d *pricingDetails) pricing() *store.Pricing {
	if d == nil {
		return nil
	}
	p := &store.Pricing{ModelID: d.ModelID, Unit: d.Unit, Tier: d.Tier}
	if len(d.Prices) > 0 {
		p.Prices = make(map[cost.Bucket]cost.PicoUSD, len(d.Prices))
		for bucket, price := range d.Prices {
			p.Prices[bucket] = cost.PicoUSD(price)
		}
	}
	return p
}

// countTokens has the texts of the writes counted that report no usage. It is
// done here, by who writes, so that the one writer needn't.
func (s *Store) countTokens(ctx context.Context, batch, packed *store.Batch) {
	if len(batch.Observations) > 0 && s.opts.Pricer != nil {
		s.opts.Pricer.Prepare(ctx, batch.ProjectID)
	}
	for i := range packed.Observations {
		w := &packed.Observations[i]
		w.InputCounts, w.OutputCounts = nil, nil
		given := &batch.Observations[i] // its payloads are texts, those of w handles
		if s.opts.Pricer == nil || given.Usage != nil || given.Cost != nil || len(given.Input) == 0 && len(given.Output) == 0 {
			continue
		}
		w.InputCounts, w.OutputCounts = s.opts.Pricer.Count(batch.ProjectID, given)
	}
}

// noteCounts notes what was counted of the payloads that a write has set, or a delete has taken.
func (st *observationState) noteCounts(c merge.Change, input, output store.Counts) {
	if c.Input {
		st.inputCounts = input
	}
	if c.Output {
		st.outputCounts = output
	}
}

// price asks what the observation costs as it is now. An upgrade doesn't: history is priced by Reprice.
func (t *tx) price(o *observationState) {
	f := &o.merged.Fields
	o.pricing = nil
	if t.s.opts.Pricer == nil || f.Model == "" || t.upgrade {
		return
	}
	p := t.s.opts.Pricer.Price(t.names[o.project], f, fromMicros(o.start()), o.inputCounts, o.outputCounts)
	if p == nil {
		return
	}
	if f.Usage != nil {
		p.Usage = nil
	}
	if f.Cost != nil {
		p.Cost = nil
	}
	o.pricing = p
}

// sums are the usage and the cost that count: what was given, else what the pricer said.
func (st *observationState) sums() (usage *store.Usage, charged *store.Cost) {
	usage, charged = st.merged.Fields.Usage, st.merged.Fields.Cost
	if p := st.pricing; p != nil {
		usage, charged = cmp.Or(usage, p.Usage), cmp.Or(charged, p.Cost)
	}
	return usage, charged
}

func (st *observationState) measure() measure {
	usage, charged := st.sums()
	return measureOf(&st.merged.Fields, usage, charged, st.start())
}
