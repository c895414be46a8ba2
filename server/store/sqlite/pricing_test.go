package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

// slowPricer has a price of a nano-dollar a token, and counts when it is let.
type slowPricer struct {
	counting chan struct{} // gets something when a count begins
	let      chan struct{} // ends it
	counts   atomic.Int64
}

func (*slowPricer) Prepare(context.Context, string) {}
func (*slowPricer) Changed(string)                  {}

func (p *slowPricer) Count(_ string, w *store.ObservationWrite) (input, output store.Counts) {
	p.counts.Add(1)
	if p.let != nil {
		p.counting <- struct{}{}
		<-p.let
	}
	return store.Counts{cost.O200K: int64(len(w.Input))}, nil
}

func (*slowPricer) Price(project string, o *store.ObservationWrite, _ time.Time, input, _ store.Counts) *store.Pricing {
	p := &store.Pricing{ModelID: project + "/" + o.Model, Unit: "TOKENS", Tier: "flex", Prices: map[cost.Bucket]cost.PicoUSD{cost.Input: 1000}}
	n := input[cost.O200K]
	if o.Usage != nil {
		n = o.Usage.Input
	} else {
		p.Usage = &store.Usage{Unit: "TOKENS", Input: n, Total: n}
	}
	total := exporter.NanoUSD(n)
	p.Cost = &store.Cost{Input: &total, Total: &total}
	return p
}

var pricedAt = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func call(id string, second int, w store.ObservationWrite) *store.Batch {
	w.Stamp, w.ID, w.TraceID, w.Kind = store.NewStamp(pricedAt.Add(time.Duration(second)*time.Second), second > 0, id), id, "t", exporter.KindGeneration
	return &store.Batch{ProjectID: "p", Observations: []store.ObservationWrite{w}}
}

func mustWrite(t *testing.T, s store.Store, b *store.Batch) {
	t.Helper()
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func addP(t *testing.T, s store.Store) {
	t.Helper()
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p", CreatedAt: pricedAt}); err != nil {
		t.Fatal(err)
	}
}

// TestCountingHoldsNobodyUp: a text that takes long is counted by who writes it,
// and others write meanwhile. What reports usage isn't counted.
func TestCountingHoldsNobodyUp(t *testing.T) {
	p := &slowPricer{counting: make(chan struct{}, 1), let: make(chan struct{})}
	s := openWith(t, filepath.Join(t.TempDir(), "a.db"), sqlite.Options{Pricer: p})
	addP(t, s)
	slow := make(chan error, 1)
	go func() {
		slow <- s.Write(context.WithoutCancel(t.Context()), call("slow", 0, store.ObservationWrite{Model: "m", Input: []byte(`"long"`)}))
	}()
	<-p.counting
	amount := exporter.NanoUSD(5)
	mustWrite(t, s, call("usage", 0, store.ObservationWrite{Model: "m", Input: []byte(`"x"`), Usage: &store.Usage{Input: 7, Total: 7}}))
	mustWrite(t, s, call("cost", 0, store.ObservationWrite{Model: "m", Input: []byte(`"x"`), Cost: &store.Cost{Total: &amount}}))
	mustWrite(t, s, call("nothing", 0, store.ObservationWrite{Model: "m"}))
	if n := p.counts.Load(); n != 1 {
		t.Errorf("%d were counted, want the one without usage, cost and with a text", n)
	}
	close(p.let)
	if err := <-slow; err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]exporter.NanoUSD{"slow": 6, "usage": 7, "cost": 5, "nothing": 0} {
		o, err := s.Observation(t.Context(), "p", id)
		if err != nil {
			t.Fatal(err)
		}
		if o.Cost == nil || *o.Cost.Total != want || o.Pricing == nil || o.Pricing.ModelID != "p/m" {
			t.Errorf("%s: %+v, %+v", id, o.Cost, o.Pricing)
		}
	}
}

// TestWithoutPricer: what another process has priced is read as it is, and goes when it changes.
func TestWithoutPricer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s := openWith(t, path, sqlite.Options{Pricer: &slowPricer{}})
	addP(t, s)
	mustWrite(t, s, call("o", 0, store.ObservationWrite{Model: "m", Input: []byte(`"1234"`)}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openWith(t, path, sqlite.Options{})
	o, err := s.Observation(t.Context(), "p", "o")
	if err != nil {
		t.Fatal(err)
	}
	if p := o.Pricing; p == nil || p.Tier != "flex" || p.Unit != "TOKENS" || p.Prices[cost.Input] != 1000 || p.Usage == nil || p.Usage.Input != 6 || *p.Cost.Total != 6 || o.Usage != p.Usage || o.Cost != p.Cost {
		t.Errorf("%+v", o.Pricing)
	}
	if err := s.(store.Repricer).Reprice(t.Context(), "p", time.Time{}, time.Time{}, nil); err == nil {
		t.Error("priced anew without prices")
	}
	mustWrite(t, s, call("o", 1, store.ObservationWrite{Name: "renamed"}))
	if o, err = s.Observation(t.Context(), "p", "o"); err != nil || o.Pricing != nil || o.Usage != nil || o.Cost != nil || o.Name != "renamed" {
		t.Errorf("%+v, %v", o, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	// The count is still there, with the text it is of.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openWith(t, path, sqlite.Options{Pricer: &slowPricer{}})
	changed := int64(0)
	err = s.(store.Repricer).Reprice(t.Context(), "p", time.Time{}, time.Time{}, func(_, n int64) { changed = n })
	if o, e := s.Observation(t.Context(), "p", "o"); err != nil || e != nil || changed != 1 || o.Cost == nil || *o.Cost.Total != 6 {
		t.Errorf("priced anew: %+v, %d, %v, %v", o, changed, err, e)
	}
}

// TestRepriceStops where it is told to, and what it did stays.
func TestRepriceStops(t *testing.T) {
	s := openWith(t, filepath.Join(t.TempDir(), "a.db"), sqlite.Options{Pricer: &slowPricer{}})
	addP(t, s)
	b := &store.Batch{ProjectID: "p"}
	for i := range 250 {
		o := call("o"+string(rune('a'+i%26))+string(rune('a'+i/26)), 0, store.ObservationWrite{Model: "m", Start: pricedAt.Add(time.Duration(i) * time.Second)}).Observations[0]
		b.Observations = append(b.Observations, o)
	}
	mustWrite(t, s, b)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	calls, last := 0, int64(0)
	err := s.(store.Repricer).Reprice(ctx, "p", time.Time{}, time.Time{}, func(seen, _ int64) {
		calls++
		last = seen
		cancel(stop)
	})
	if !errors.Is(err, stop) || calls != 1 || last == 0 || last >= 250 {
		t.Errorf("%v after %d steps, %d seen", err, calls, last)
	}
	seen := int64(0)
	if err := s.(store.Repricer).Reprice(t.Context(), "p", pricedAt.Add(10*time.Second), pricedAt.Add(20*time.Second), func(n, _ int64) { seen = n }); err != nil || seen != 10 {
		t.Errorf("%d seen of ten seconds, %v", seen, err)
	}
}

// TestRepriceBesideWrites: what is written meanwhile isn't held up for long, and isn't lost.
func TestRepriceBesideWrites(t *testing.T) {
	s := openWith(t, filepath.Join(t.TempDir(), "a.db"), sqlite.Options{Pricer: &slowPricer{}})
	addP(t, s)
	b := &store.Batch{ProjectID: "p"}
	for i := range 500 {
		w := call(fmt.Sprint("o", i), 0, store.ObservationWrite{Model: "m", Start: pricedAt.Add(time.Duration(i) * time.Second), Usage: &store.Usage{Input: 1, Total: 1}})
		b.Observations = append(b.Observations, w.Observations...)
	}
	mustWrite(t, s, b)
	done := make(chan error, 1)
	go func() {
		done <- s.(store.Repricer).Reprice(context.WithoutCancel(t.Context()), "p", time.Time{}, time.Time{}, nil)
	}()
	for i := range 100 {
		mustWrite(t, s, call(fmt.Sprint("o", 5*i), 1+i, store.ObservationWrite{Usage: &store.Usage{Input: 10, Total: 10}}))
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	trace, err := s.Trace(t.Context(), "p", "t")
	if err != nil || trace.Rollup.Cost == nil || *trace.Rollup.Cost != 400+100*10 {
		t.Errorf("%+v, %v", trace, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
