package pricing

import (
	"encoding/json"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

func TestCount(t *testing.T) {
	p := New(Config{})
	for _, c := range []struct {
		why           string
		kind          exporter.Kind
		model         string
		input, output string
		want          [2]store.Counts
	}{
		{"a model's tokenizer", exporter.KindGeneration, "gpt-4o", `"Hello there"`, `"General Kenobi"`, [2]store.Counts{{cost.O200K: 2}, {cost.O200K: 3}}},
		{"an older one", exporter.KindEmbedding, "text-embedding-ada-002", `"some text to embed"`, "", [2]store.Counts{{cost.CL100K: 4}, nil}},
		{"an update without a model is counted by all", exporter.KindGeneration, "", "", `"General Kenobi"`, [2]store.Counts{nil, {cost.O200K: 3, cost.CL100K: 3}}},
		{"no tokenizer is known", exporter.KindGeneration, "claude-3-opus-20240229", `"Hello"`, "", [2]store.Counts{}},
		{"no model is known", exporter.KindGeneration, "my-model", `"Hello"`, "", [2]store.Counts{}},
		{"not a model call", exporter.KindSpan, "gpt-4o", `"Hello"`, "", [2]store.Counts{}},
	} {
		w := store.ObservationWrite{Kind: c.kind, Model: c.model, Start: began, Input: json.RawMessage(c.input), Output: json.RawMessage(c.output)}
		input, output := p.Count("p", &w)
		for i, got := range []store.Counts{input, output} {
			if len(got) != len(c.want[i]) || got[cost.O200K] != c.want[i][cost.O200K] || len(got) > 0 && got[cost.CL100K] == 0 && c.want[i][cost.CL100K] != 0 {
				t.Errorf("%s: %v, want %v", c.why, got, c.want[i])
			}
		}
	}
}

// TestEstimates: what was counted stands in only where nothing was reported.
func TestEstimates(t *testing.T) {
	p := New(Config{})
	failed := exporter.LevelError
	amount := exporter.NanoUSD(7)
	in, out := store.Counts{cost.O200K: 1000}, store.Counts{cost.O200K: 100, cost.CL100K: 999}
	o := generation("gpt-4o", nil)
	r := p.Price("p", o, began, in, out)
	if u := r.Usage; u == nil || u.Unit != "TOKENS" || u.Input != 1000 || u.Output != 100 || u.Total != 1100 || u.Details != nil || *r.Cost.Total != 3_500_000 {
		t.Errorf("counted: %+v, %+v", r.Usage, r.Cost)
	}
	if r := p.Price("p", o, began, nil, nil); r.Usage != nil || r.Cost != nil || r.Prices[cost.Input] != 2_500_000 {
		t.Errorf("nothing to count: %+v", r)
	}
	if r := p.Price("p", generation("gpt-4", nil), began, in, nil); r.Usage != nil {
		t.Errorf("counted by another tokenizer: %+v", r.Usage)
	}
	o.Level = &failed
	if r := p.Price("p", o, began, in, out); r.Usage != nil || r.Cost != nil {
		t.Errorf("a call that failed: %+v, %+v", r.Usage, r.Cost)
	}
	o.Usage = &store.Usage{Input: 2000, Total: 2000}
	if r := p.Price("p", o, began, in, out); r.Usage != nil || *r.Cost.Total != 5_000_000 {
		t.Errorf("reported, though it failed: %+v, %+v", r.Usage, r.Cost)
	}
	o = generation("gpt-4o", nil)
	o.Cost = &store.Cost{Total: &amount}
	if r := p.Price("p", o, began, in, out); r.Usage != nil || r.Cost != nil || r.ModelID == "" {
		t.Errorf("a cost was reported: %+v", r)
	}
	if r := p.Price("p", generation("gpt-4o", &store.Usage{Unit: "CHARACTERS", Input: 1}), began, nil, nil); r != nil {
		t.Errorf("billed by another unit: %+v", r)
	}
}

// TestParts: they are named where there are more than input and output.
func TestParts(t *testing.T) {
	p := New(Config{})
	r := p.Price("p", generation("gpt-4o", &store.Usage{Input: 1000, Output: 100, Total: 1100, Details: map[string]int64{"input": 400, "input_cached_tokens": 600, "output": 100}}), began, nil, nil)
	sum := exporter.NanoUSD(0)
	for _, part := range r.Cost.Details {
		sum += part
	}
	if len(r.Cost.Details) != 3 || sum != *r.Cost.Total || *r.Cost.Input != 1_750_000 || r.Prices[cost.CachedInput] != 1_250_000 {
		t.Errorf("%+v at %v", r.Cost, r.Prices)
	}
}

func TestService(t *testing.T) {
	for _, c := range []struct{ metadata, parameters, want string }{
		{"", "", ""},
		{"", `{"service_tier":"flex"}`, "flex"},
		{`{"openai.response.service_tier":"default"}`, `{"service_tier":"auto"}`, ""},
		{`{"openai.response.service_tier":"priority"}`, `{"service_tier":"auto"}`, "priority"},
		{`{"service_tier":"batch"}`, "", "batch"},
		{`["service_tier"]`, `"service_tier"`, ""},
		{`{"x":"service_tier"}`, `{"service_tier":7}`, ""},
		{"", `{"speed":"fast"}`, "fast"},
		{`{"service_tier":"standard"}`, `{"speed":"fast"}`, "fast"},
		{`{"openai.response.service_tier":"default"}`, `{"service_tier":"priority"}`, ""},
		{`{"openai.response.service_tier":"auto"}`, `{"service_tier":"priority"}`, "priority"},
		{`{"attributes":{"openai.response.service_tier":"flex"}}`, "", "flex"},
		{`{"attributes":{"gen_ai.openai.response.service_tier":"priority","openai.request.service_tier":"flex"}}`, "", "priority"},
		{`{"attributes":{"gen_ai.openai.request.service_tier":"flex"}}`, "", "flex"},
		{`{"attributes":{"openai.response.service_tier":"default","openai.request.service_tier":"flex"}}`, "", ""},
		{`{"attributes":"service_tier"}`, "", ""},
		{`{"anthropic.response.service_tier":"batch"}`, "", "batch"},
		{"", `{"speed":"slow"}`, ""},
	} {
		if got := service(&store.ObservationWrite{Metadata: json.RawMessage(c.metadata), ModelParameters: json.RawMessage(c.parameters)}); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	p := New(Config{})
	o := generation("gpt-5", &store.Usage{Input: 1000, Output: 100, Total: 1100})
	o.ModelParameters = json.RawMessage(`{"service_tier":"flex"}`)
	if r := p.Price("p", o, began, nil, nil); r.Tier != "flex" || *r.Cost.Total != 1_125_000 { // 1000 × 0.625 + 100 × 5
		t.Errorf("%+v, %v", r, r.Cost.Total)
	}
}
