package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// testPermutations writes the same events in random order, with duplicates and
// in random batches, deletes among them, and compares all rows with the model,
// and the metrics with what the model's rows add up to.
func testPermutations(t *testing.T, open Opener) {
	t.Helper()
	const orders = 3
	worlds := short(60, 8)
	s := open(t, func() time.Time { return epoch })
	for seed := range uint64(worlds) {
		g := &generator{rand.New(rand.NewPCG(seed, 7))}
		events := g.events(5 + int(seed%40))
		want := model(events, epoch)
		for order := range orders {
			project := fmt.Sprintf("p-%d-%d", seed, order)
			addProject(t, s, project)
			for _, b := range g.batches(events) {
				b.ProjectID = project
				write(t, s, b)
			}
			if diff := compare(want, dump(t, s, project)); diff != "" {
				t.Fatalf("world %d, order %d: %d events gave other rows than the model:\n%s", seed, order, len(events), diff)
			}
			ranges := []int{g.IntN(len(metricsRanges))}
			if order == 0 {
				ranges = g.Perm(len(metricsRanges))
			}
			if diff := checkMetrics(t, s, project, want, ranges...); diff != "" {
				t.Fatalf("world %d, order %d: of %d events: %s", seed, order, len(events), diff)
			}
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// compare describes the first difference.
func compare(want, got rows) string { return compareLines(lines(want), lines(got)) }

func compareLines(a, b []string) string {
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return "want " + x + "\ngot  " + y
		}
	}
	return ""
}

func lines(r rows) []string {
	return slices.Concat(jsonLines("trace", r.Traces), jsonLines("observation", r.Observations), jsonLines("score", r.Scores))
}

func jsonLines[T any](kind string, list []T) []string {
	var out []string
	for _, v := range list {
		b, err := json.Marshal(v)
		if err != nil {
			b = []byte(err.Error())
		}
		out = append(out, kind+" "+string(b))
	}
	return out
}

// dump reads all a project has, without what depends on the time of arrival.
func dump(t *testing.T, s store.Store, project string) (r rows) {
	t.Helper()
	page := store.Page{Limit: 1000}
	for {
		traces, err := s.Traces(t.Context(), project, store.TraceQuery{Page: page, Payloads: true})
		if err != nil {
			t.Fatalf("Traces: %v", err)
		}
		r.Traces = append(r.Traces, traces.Traces...)
		if page.After = traces.Next; page.After == "" {
			break
		}
	}
	for {
		observations, err := s.Observations(t.Context(), project, store.ObservationQuery{Page: page, Payloads: true})
		if err != nil {
			t.Fatalf("Observations: %v", err)
		}
		r.Observations = append(r.Observations, observations.Observations...)
		if page.After = observations.Next; page.After == "" {
			break
		}
	}
	for {
		scores, err := s.Scores(t.Context(), project, store.ScoreQuery{Page: page})
		if err != nil {
			t.Fatalf("Scores: %v", err)
		}
		r.Scores = append(r.Scores, scores.Scores...)
		if page.After = scores.Next; page.After == "" {
			break
		}
	}
	environments := map[string]string{}
	for i := range r.Traces {
		v := &r.Traces[i]
		environments[v.ID] = v.Environment
		v.ProjectID, v.CreatedAt, v.UpdatedAt = "", time.Time{}, time.Time{}
		v.Metadata = canonical(t, v.Metadata)
	}
	for i := range r.Observations {
		v := &r.Observations[i]
		v.ProjectID, v.CreatedAt, v.UpdatedAt = "", time.Time{}, time.Time{}
		v.Metadata = canonical(t, v.Metadata)
		if v.Environment == environments[v.TraceID] { // given, or that of the trace
			v.Environment = ""
		}
	}
	for i := range r.Scores {
		v := &r.Scores[i]
		v.ProjectID, v.CreatedAt, v.UpdatedAt = "", time.Time{}, time.Time{}
		v.Metadata = canonical(t, v.Metadata)
	}
	r.sort()
	return r
}

func canonical(t *testing.T, raw json.RawMessage) json.RawMessage {
	t.Helper()
	if len(raw) == 0 {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("metadata %s: %v", raw, err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// generator makes events that meet often: few ids, few times.
type generator struct{ *rand.Rand }

func (g *generator) events(n int) []event {
	list := make([]event, n)
	for i := range list {
		stamp := store.NewStamp(epoch.Add(time.Duration(g.IntN(6))*time.Second), g.IntN(2) == 0, fmt.Sprintf("e%02d", i))
		switch g.IntN(10) {
		case 0, 1, 2:
			list[i].trace = g.trace(stamp)
		case 3, 4, 5, 6:
			list[i].observation = g.observation(stamp)
		case 7, 8:
			list[i].score = g.score(stamp)
		default:
			thing := store.Thing(1 + g.IntN(3))
			list[i].deletion = &store.Delete{Stamp: stamp, Thing: thing, ID: g.id(thing)}
		}
	}
	return list
}

func (g *generator) id(thing store.Thing) string {
	switch thing {
	case store.ThingTrace:
		return fmt.Sprintf("t%d", g.IntN(3))
	case store.ThingObservation:
		return fmt.Sprintf("o%d", g.IntN(4))
	default:
		return fmt.Sprintf("s%d", g.IntN(2))
	}
}

// maybe returns one of the values, or nothing half of the time.
func maybe[T any](g *generator, values ...T) (v T) {
	if g.IntN(2) == 0 {
		return v
	}
	return values[g.IntN(len(values))]
}

func (g *generator) text(prefix string) string {
	return maybe(g, prefix+"1", prefix+"2", prefix+"3")
}

// time is one of some that are in several hours and days, on the edges of both, and long ago.
func (g *generator) time() time.Time {
	return maybe(g, epoch.Add(time.Second), epoch.Add(2*time.Second+345678*time.Microsecond), epoch.Add(-time.Hour), epoch.Add(3*time.Hour),
		epoch.Add(-27*time.Hour-time.Microsecond), epoch.Add(50*time.Hour), floorTime(epoch, time.Hour), floorTime(epoch, day), floorTime(epoch, day).Add(-time.Microsecond),
		time.Date(1969, 12, 30, 23, 30, 0, 0, time.UTC))
}

func (g *generator) json() json.RawMessage {
	return maybe(g, json.RawMessage(`{"a":1}`), json.RawMessage(`"text"`), json.RawMessage(`[1,2]`),
		json.RawMessage(`{"long":"`+strings.Repeat("lorem ipsum ", 40)+`"}`))
}

func (g *generator) metadata() json.RawMessage {
	return maybe(g, json.RawMessage(`{"a":1,"n":{"x":1,"arr":[1,2]},"z":null}`), json.RawMessage(`{"a":{"now":"object"},"n":{"y":2,"arr":[9]}}`),
		json.RawMessage(`{"n":null,"b":true}`), json.RawMessage(`{}`), json.RawMessage(`"text"`), json.RawMessage(`[1,{"k":1}]`),
		json.RawMessage(`{"n":7}`), json.RawMessage(`{"a":{"deep":{"er":{"x":null}}}}`), json.RawMessage(`{"a":{"deep":{"er":{"x":1.50}}}}`))
}

func (g *generator) trace(s store.Stamp) *store.TraceWrite {
	yes, no := true, false
	return &store.TraceWrite{
		Stamp: s, ID: g.id(store.ThingTrace), Timestamp: g.time(), Name: g.text("n"), UserID: g.text("u"), SessionID: g.text("s"),
		Environment: g.text("e"), Release: g.text("r"), Version: g.text("v"), Public: maybe(g, &yes, &no), Tags: maybe(g, []string{"b", "a"}, []string{"c"}),
		Metadata: g.metadata(), Input: g.json(), Output: g.json(),
	}
}

func (g *generator) observation(s store.Stamp) *store.ObservationWrite {
	failed, warned := exporter.LevelError, exporter.LevelWarning
	amount := exporter.NanoUSD(g.IntN(1000))
	o := &store.ObservationWrite{
		Stamp: s, ID: g.id(store.ThingObservation), TraceID: maybe(g, "t0", "t1", "t2"), ParentID: maybe(g, "o0", "o1"),
		Kind: exporter.Kind(g.IntN(10)), Name: g.text("n"), Environment: "", Start: g.time(), End: g.time(),
		Level: maybe(g, &failed, &warned), StatusMessage: g.text("m"), Version: g.text("v"), Metadata: g.metadata(), Input: g.json(), Output: g.json(),
		Model: g.text("gpt"), ModelParameters: maybe(g, json.RawMessage(`{"t":1}`)), CompletionStart: g.time(), PromptName: g.text("p"),
		Usage: g.usage(),
		Cost:  maybe(g, &store.Cost{Total: &amount}, &store.Cost{Input: &amount, Details: map[string]exporter.NanoUSD{"input": amount}}),
	}
	if o.PromptName != "" {
		o.PromptVersion = 1 + g.IntN(3)
	}
	return o
}

// usage is whole, one side of a stream, or buckets.
func (g *generator) usage() *store.Usage {
	const sides, total = store.UsageInput | store.UsageOutput, store.UsageTotal
	in, out := int64(g.IntN(9)), int64(g.IntN(9))
	return maybe(g, &store.Usage{Unit: "TOKENS", Input: in, Output: 2, Total: 9, Details: map[string]int64{"input": 1}}, &store.Usage{},
		&store.Usage{Input: in, Total: in, Derived: store.UsageOutput | total}, &store.Usage{Input: in, Total: in, Derived: store.UsageOutput | total, Details: map[string]int64{"input": in, "other": 4}},
		&store.Usage{Output: out, Total: in + out, Derived: store.UsageInput},
		&store.Usage{Input: in + 3, Output: 1, Total: in + 4, Derived: sides | total, Details: map[string]int64{"input": in, "input_cached_tokens": 3, "output": 1}},
		&store.Usage{Output: out + 1, Total: out + 1, Derived: sides | total, Details: map[string]int64{"output": out, "output_reasoning_tokens": 1, "web_search_queries": 2}},
		&store.Usage{Input: in, Total: in + 4, Derived: sides, Details: map[string]int64{"input_audio_tokens": in, "other": 4}})
}

func (g *generator) score(s store.Stamp) *store.ScoreWrite {
	number := float64(g.IntN(10)) / 4
	w := &store.ScoreWrite{
		Stamp: s, ID: g.id(store.ThingScore), TraceID: maybe(g, "t0", "t1", "t2"), ObservationID: maybe(g, "o0", "o1"), SessionID: g.text("s"),
		Name: "name" + g.text("n"), Type: exporter.ScoreNumeric, Number: &number, Comment: g.text("c"), ConfigID: g.text("k"), QueueID: g.text("q"),
		Environment: g.text("e"), Metadata: g.metadata(), Timestamp: g.time(),
	}
	if g.IntN(3) == 0 {
		w.SessionID, w.DatasetRunID = "", "run"
	}
	if g.IntN(2) == 0 {
		w.Type, w.Number, w.Text = exporter.ScoreCategorical, nil, "good"
	}
	return w
}

// batches shuffles the events, repeats some, and cuts them into batches.
func (g *generator) batches(events []event) []store.Batch {
	var all []event
	for _, e := range events {
		for range 1 + g.IntN(2) {
			all = append(all, e)
		}
	}
	g.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var list []store.Batch
	for len(all) > 0 {
		n := 1 + g.IntN(min(len(all), 8))
		var b store.Batch
		for _, e := range all[:n] {
			e.add(&b)
		}
		list = append(list, b)
		all = all[n:]
	}
	return list
}
