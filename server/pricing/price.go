package pricing

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/internal/token"
	"github.com/langshark/langshark-go/server/store"
)

// Count implements [store.Pricer]. A write that names its model is counted by that
// model's tokenizer; one that doesn't, as an update, by all of them.
func (p *Pricer) Count(projectID string, w *store.ObservationWrite) (input, output store.Counts) {
	if w.Kind != exporter.KindGeneration && w.Kind != exporter.KindEmbedding {
		return nil, nil
	}
	encodings := []cost.Encoding{cost.CL100K, cost.O200K}
	var chat *cost.TokenizerConfig
	if w.Model != "" {
		at := w.Start
		if at.IsZero() {
			at = time.Unix(0, w.Time)
		}
		e := p.match(projectID, w.Model, "", at)
		if e == nil || e.Tokenizer == "" {
			return nil, nil
		}
		encodings, chat = []cost.Encoding{e.Tokenizer}, e.Chat
	}
	return count(encodings, chat, w.Input), count(encodings, chat, w.Output)
}

func count(encodings []cost.Encoding, chat *cost.TokenizerConfig, payload json.RawMessage) store.Counts {
	var counts store.Counts
	for _, e := range encodings {
		if n, ok := token.Count(e, chat, payload); ok {
			if counts == nil {
				counts = store.Counts{}
			}
			counts[e] = n
		}
	}
	return counts
}

// Price implements [store.Pricer].
func (p *Pricer) Price(projectID string, o *store.ObservationWrite, start time.Time, input, output store.Counts) *store.Pricing {
	unit := ""
	if o.Usage != nil {
		unit = o.Usage.Unit
	}
	e := p.match(projectID, o.Model, unit, start)
	if e == nil {
		return nil
	}
	r := &store.Pricing{ModelID: e.ID, Unit: e.Unit}
	usage := o.Usage
	if usage == nil && o.Cost == nil && (o.Level == nil || *o.Level != exporter.LevelError) { // a call that failed is not billed for what was sent
		usage = counted(e, input, output)
		r.Usage = usage
	}
	var used *cost.Usage
	if usage != nil {
		used = &cost.Usage{Unit: usage.Unit, Input: usage.Input, Output: usage.Output, Total: usage.Total, Details: usage.Details}
	}
	priced := e.Price(used, service(o))
	r.Tier, r.Prices = priced.Tier, priced.Prices
	if o.Cost == nil && (priced.Input != nil || priced.Output != nil || priced.Total != nil) {
		r.Cost = costOf(priced)
	}
	return r
}

// counted is the usage by the tokenizer of the entry; nil if it counted nothing.
func counted(e *cost.Entry, input, output store.Counts) *store.Usage {
	in, gotIn := input[e.Tokenizer]
	out, gotOut := output[e.Tokenizer]
	if e.Unit != cost.Tokens || !gotIn && !gotOut {
		return nil
	}
	return &store.Usage{Unit: cost.Tokens, Input: in, Output: out, Total: in + out}
}

// costOf has the parts by name where they aren't just input and output.
func costOf(p *cost.Priced) *store.Cost {
	c := &store.Cost{Input: p.Input, Output: p.Output, Total: p.Total}
	for name := range p.Parts {
		if name != string(cost.Input) && name != string(cost.Output) && name != string(cost.Total) {
			c.Details = maps.Clone(p.Parts)
			break
		}
	}
	return c
}
