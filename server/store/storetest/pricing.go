package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// flatPricer bills units by the name of the model and counts a token for each byte.
type flatPricer struct {
	factor   atomic.Int64 // of all prices
	prepared atomic.Int64
	changed  atomic.Int64
}

var _ store.Pricer = (*flatPricer)(nil)

func (p *flatPricer) Prepare(context.Context, string) { p.prepared.Add(1) }
func (p *flatPricer) Changed(string)                  { p.changed.Add(1) }

func (p *flatPricer) Count(_ string, w *store.ObservationWrite) (input, output store.Counts) {
	return countBytes(w.Input), countBytes(w.Output)
}

func countBytes(payload json.RawMessage) store.Counts {
	if len(payload) == 0 {
		return nil
	}
	return store.Counts{cost.CL100K: int64(len(payload)), cost.O200K: int64(2 * len(payload))}
}

func (p *flatPricer) Price(_ string, o *store.ObservationWrite, start time.Time, input, output store.Counts) *store.Pricing {
	unit := map[string]int64{"gpt1": 1, "gpt2": 20}[o.Model]
	if unit == 0 {
		return nil
	}
	unit *= p.factor.Load()
	if start.After(epoch) {
		unit *= 3
	}
	r := &store.Pricing{
		ModelID: "id of " + o.Model, Unit: "TOKENS", Prices: map[cost.Bucket]cost.PicoUSD{cost.Input: cost.PicoUSD(1000 * unit), cost.Output: cost.PicoUSD(2000 * unit)},
	}
	u := o.Usage
	if u == nil && (input != nil || output != nil) {
		in, out := input[cost.CL100K], output[cost.CL100K]
		u = &store.Usage{Unit: "TOKENS", Input: in, Output: out, Total: in + out}
		r.Usage = u
	}
	if u == nil {
		return r
	}
	in, out := exporter.NanoUSD(unit*u.Input), exporter.NanoUSD(2*unit*u.Output)
	total := in + out
	r.Cost = &store.Cost{Input: &in, Output: &out, Total: &total}
	if o.Model == "gpt2" {
		r.Tier, r.Cost.Details = "flex", map[string]exporter.NanoUSD{"input": in, "output_reasoning_tokens": out}
	}
	return r
}

// priceModel is what the pricer makes of the model's rows: each payload is counted
// if its own write reported neither usage nor cost.
func priceModel(p *flatPricer, r *rows, events []event) {
	byTrace := map[string][]store.Observation{}
	for i := range r.Observations {
		o := &r.Observations[i]
		byTrace[o.TraceID] = append(byTrace[o.TraceID], *o)
		w := store.ObservationWrite{Model: o.Model, Usage: o.Usage, Cost: o.Cost}
		counts := func(payload json.RawMessage, of func(*store.ObservationWrite) json.RawMessage) store.Counts {
			var last *store.ObservationWrite
			for _, e := range events {
				if e.observation != nil && e.observation.ID == o.ID && len(of(e.observation)) > 0 && (last == nil || e.observation.Compare(last.Stamp) > 0) {
					last = e.observation
				}
			}
			if len(payload) == 0 || last.Usage != nil || last.Cost != nil {
				return nil
			}
			return countBytes(payload)
		}
		input := counts(o.Input, func(w *store.ObservationWrite) json.RawMessage { return w.Input })
		output := counts(o.Output, func(w *store.ObservationWrite) json.RawMessage { return w.Output })
		if o.Pricing = p.Price("", &w, o.Start, input, output); o.Pricing == nil {
			continue
		}
		if o.Usage == nil {
			o.Usage = o.Pricing.Usage
		} else {
			o.Pricing.Usage = nil
		}
		if o.Cost == nil {
			o.Cost = o.Pricing.Cost
		} else {
			o.Pricing.Cost = nil
		}
		byTrace[o.TraceID][len(byTrace[o.TraceID])-1] = *o
	}
	for i := range r.Traces {
		r.Traces[i].Rollup = modelRollup(byTrace[r.Traces[i].ID])
	}
}

// testPricing writes the same events in random orders to a store with a pricer,
// and compares all rows, and what they add up to, with the model. Then it has
// all priced anew.
func testPricing(t *testing.T, e Engine) {
	t.Helper()
	if e.OpenPriced == nil {
		t.Skip("this engine has no pricer")
	}
	p := &flatPricer{}
	p.factor.Store(1)
	s := e.OpenPriced(t, func() time.Time { return epoch }, p)
	worlds := map[string][]event{}
	check := func(why string) {
		t.Helper()
		for project, events := range worlds {
			want := model(slices.Clone(events), epoch)
			priceModel(p, &want, events)
			if diff := compare(want, dump(t, s, project)); diff != "" {
				t.Fatalf("%s, %s: other rows than the model:\n%s", why, project, diff)
			}
			if diff := checkMetrics(t, s, project, want, 0, 1); diff != "" {
				t.Fatalf("%s, %s: %s", why, project, diff)
			}
		}
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("%s: Check: %v", why, err)
		}
	}
	for seed := range uint64(short(40, 6)) {
		g := &generator{rand.New(rand.NewPCG(seed, 11))}
		events := g.events(5 + int(seed%30))
		for order := range 2 {
			project := fmt.Sprintf("p-%d-%d", seed, order)
			addProject(t, s, project)
			worlds[project] = events
			for _, b := range g.batches(events) {
				b.ProjectID = project
				write(t, s, b)
			}
		}
	}
	for order := range 8 { // what was counted of an input goes with it
		events := deletedInput()
		g := &generator{rand.New(rand.NewPCG(uint64(order), 12))}
		project := fmt.Sprintf("deleted-%d", order)
		addProject(t, s, project)
		worlds[project] = events
		for _, b := range g.batches(events) {
			b.ProjectID = project
			write(t, s, b)
		}
	}
	check("written")
	if p.prepared.Load() == 0 {
		t.Error("nobody had the pricer prepare")
	}
	testReprice(t, s, p, worlds, check)
	err := s.ChangeDocuments(t.Context(), "p-0-0", func(tx store.DocumentTx) error {
		return tx.Put(store.Document{Kind: cost.ModelKind, ID: "m", Data: json.RawMessage(`{}`)})
	})
	if err != nil || p.changed.Load() == 0 {
		t.Errorf("documents changed and the pricer wasn't told: %v", err)
	}
}

// deletedInput is an observation that is deleted and written again without its input.
func deletedInput() []event {
	at := func(second int, update bool) store.Stamp {
		return store.NewStamp(epoch.Add(time.Duration(second)*time.Second), update, "e")
	}
	return []event{
		{observation: &store.ObservationWrite{Stamp: at(1, false), ID: "o", TraceID: "t", Kind: exporter.KindGeneration, Model: "gpt1", Input: json.RawMessage(`"input"`)}},
		{deletion: &store.Delete{Stamp: at(2, true), Thing: store.ThingObservation, ID: "o"}},
		{observation: &store.ObservationWrite{Stamp: at(3, true), ID: "o", TraceID: "t", Kind: exporter.KindGeneration, Model: "gpt1"}},
	}
}

// testReprice changes the prices, and has all that there is priced by them.
func testReprice(t *testing.T, s store.Store, p *flatPricer, worlds map[string][]event, check func(string)) {
	t.Helper()
	r, ok := s.(store.Repricer)
	if !ok {
		return
	}
	p.factor.Store(7)
	changed := int64(0)
	for project := range worlds {
		seen, last := int64(0), int64(0)
		err := r.Reprice(t.Context(), project, time.Time{}, time.Time{}, func(n, c int64) {
			if n < seen || c < last || c > n {
				t.Errorf("progress went from %d, %d to %d, %d", seen, last, n, c)
			}
			seen, last = n, c
		})
		if err != nil {
			t.Fatal(err)
		}
		changed += last
	}
	if changed == 0 {
		t.Error("nothing has another price")
	}
	check("priced anew")
	for project := range worlds { // what is right stays as it is
		err := r.Reprice(t.Context(), project, time.Time{}, time.Time{}, func(_, c int64) {
			if c != 0 {
				t.Errorf("%s: %d have changed that were right", project, c)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		p.factor.Store(9) // nothing began in that span
		err = r.Reprice(t.Context(), project, epoch.AddDate(90, 0, 0), epoch.AddDate(91, 0, 0), func(seen, _ int64) {
			if seen != 0 {
				t.Errorf("%s: %d seen out of the span", project, seen)
			}
		})
		p.factor.Store(7)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Reprice(t.Context(), "nobody", time.Time{}, time.Time{}, nil); err == nil {
		t.Error("a project that isn't there has no error")
	}
}
