package storetest

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// testMetricsBuckets reads off what a few observations add up to; the model of
// the permutations has all other cases.
func testMetricsBuckets(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	hour := floorTime(epoch, time.Hour)
	failed, cost := exporter.LevelError, exporter.NanoUSD(5)
	write(t, s, store.Batch{
		Traces: []store.TraceWrite{{Stamp: at(0, "a"), ID: "t", Timestamp: hour, UserID: "u"}},
		Observations: []store.ObservationWrite{
			{
				Stamp: at(0, "b"), ID: "o1", TraceID: "t", Kind: exporter.KindGeneration, Model: "m", Start: hour, End: hour.Add(2 * time.Second), CompletionStart: hour.Add(time.Second),
				Usage: &store.Usage{Input: 1, Output: 2, Total: 3}, Cost: &store.Cost{Total: &cost},
			},
			{Stamp: at(0, "c"), ID: "o2", TraceID: "t", Kind: exporter.KindSpan, Start: hour.Add(-time.Microsecond), Level: &failed},
		},
	})
	got, err := s.Metrics(t.Context(), projectID, store.MetricsQuery{By: store.ByModel, Step: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	two, one := store.BucketOf(2*time.Second), store.BucketOf(time.Second)
	want := []store.MetricsRow{
		{Time: hour.Add(-time.Hour), Sums: store.Sums{Observations: 1, Errors: 1}},
		{Time: hour, Kind: exporter.KindGeneration, Model: "m", Sums: store.Sums{
			Observations: 1, InputTokens: 1, OutputTokens: 2, TotalTokens: 3, Cost: 5, Costs: 1,
			Latency:    store.Histogram{Buckets: map[int32]int64{two: 1}, Sum: 2_000_000},
			FirstToken: store.Histogram{Buckets: map[int32]int64{one: 1}, Sum: 1_000_000},
		}},
	}
	for i := range got {
		for _, h := range []*store.Histogram{&got[i].Latency, &got[i].FirstToken} {
			if len(h.Buckets) == 0 {
				h.Buckets = nil
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("by model and hour:\n%+v, want\n%+v", got, want)
	}
	users, err := s.Metrics(t.Context(), projectID, store.MetricsQuery{By: store.ByUser, From: hour.Add(time.Minute), To: hour.Add(2 * time.Minute)})
	if err != nil || len(users) != 1 || users[0].UserID != "u" || users[0].Traces != 1 || users[0].Observations != 2 || !users[0].Time.IsZero() {
		t.Errorf("by user, the times widened to the day: %+v, %v", users, err)
	}
}

func testMetricsErrors(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seed(t, s)
	for _, q := range []store.MetricsQuery{
		{Step: time.Minute},
		{Step: -time.Hour},
		{Step: 2 * time.Hour},
		{By: store.ByModel, Step: 7 * day},
		{By: store.ByTrace, Step: 1},
		{By: store.ByUser, Step: time.Hour},
		{By: store.ByUser + 1},
		{By: math.MaxUint8},
		{By: store.ByModel, PromptName: "p"},
		{PromptName: "p"},
	} {
		if rows, err := s.Metrics(t.Context(), projectID, q); !errors.Is(err, store.ErrBadQuery) {
			t.Errorf("%s: %+v, %v; want ErrBadQuery", described(q), rows, err)
		}
	}
	if rows, err := s.Metrics(t.Context(), "none", store.MetricsQuery{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of an unknown project: %+v, %v; want ErrNotFound", rows, err)
	}
	addProject(t, s, "empty")
	for by := store.ByNothing; by <= store.ByUser; by++ {
		if rows, err := s.Metrics(t.Context(), "empty", store.MetricsQuery{By: by}); err != nil || len(rows) != 0 {
			t.Errorf("by %d, of an empty project: %+v, %v", by, rows, err)
		}
	}
}

// testMetricsOfHugeCounts has counts and costs that no sum holds: they are cut,
// the answers stay, and once they are gone nothing of them is left.
func testMetricsOfHugeCounts(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	amount := exporter.NanoUSD(math.MaxInt64)
	b := store.Batch{Traces: []store.TraceWrite{{Stamp: at(0, "t"), ID: "t", UserID: "u"}}}
	const n = 5
	var deletes []store.Delete
	for i := range n {
		id := fmt.Sprint("o", i)
		b.Observations = append(b.Observations, store.ObservationWrite{
			Stamp: at(0, id), ID: id, TraceID: "t", Kind: exporter.KindGeneration, Start: epoch, PromptName: "p",
			Usage: &store.Usage{Input: math.MaxInt64, Output: math.MinInt64, Total: tokenLimit + 1}, Cost: &store.Cost{Total: &amount},
		})
		deletes = append(deletes, store.Delete{Stamp: at(1, id), Thing: store.ThingObservation, ID: id})
	}
	small := store.ObservationWrite{Stamp: at(0, "s"), ID: "small", TraceID: "t", Kind: exporter.KindGeneration, Start: epoch, PromptName: "p", Usage: &store.Usage{Input: 1, Output: 2, Total: 3}}
	ask := func(by store.MetricsBy) store.Sums {
		t.Helper()
		got, err := s.Metrics(t.Context(), projectID, store.MetricsQuery{By: by, Step: day})
		if err != nil || len(got) != 1 {
			t.Fatalf("by %d: %+v, %v", by, got, err)
		}
		return got[0].Sums
	}
	write(t, s, b)
	write(t, s, store.Batch{Observations: []store.ObservationWrite{small}})
	for by := store.ByNothing; by <= store.ByUser; by++ {
		sums := ask(by)
		if sums.Observations != n+1 || sums.Costs != n || sums.InputTokens < tokenLimit || sums.OutputTokens > -tokenLimit || sums.TotalTokens < tokenLimit || sums.Cost != n*store.MaxCost {
			t.Errorf("by %d: %+v", by, sums)
		}
		if by <= store.ByPrompt && (sums.InputTokens != n*tokenLimit+1 || sums.OutputTokens != -n*tokenLimit+2 || sums.TotalTokens != n*tokenLimit+3) {
			t.Errorf("by %d: %d, %d and %d tokens, want each count cut to MaxTokens", by, sums.InputTokens, sums.OutputTokens, sums.TotalTokens)
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	write(t, s, store.Batch{Deletes: deletes})
	for by := store.ByNothing; by <= store.ByUser; by++ {
		if sums := ask(by); sums.Observations != 1 || sums.Costs != 0 || sums.Cost != 0 || sums.InputTokens != 1 || sums.OutputTokens != 2 || sums.TotalTokens != 3 {
			t.Errorf("by %d, once they are deleted: %+v", by, sums)
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// testMetricsIsolation has the same ids in two projects, of which one changes.
func testMetricsIsolation(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	addProject(t, s, "p2")
	events := map[string][]event{}
	step := func(project string, next ...event) {
		t.Helper()
		apply(t, s, project, next, 2)
		events[project] = append(events[project], next...)
		for p, list := range events {
			agree(t, s, p, "after a write to "+project, list)
		}
	}
	for i, p := range []string{projectID, "p2"} {
		step(p,
			event{trace: &store.TraceWrite{Stamp: at(0, "a"), ID: "same", Timestamp: epoch, UserID: "u", SessionID: "s"}},
			event{observation: &store.ObservationWrite{
				Stamp: at(0, "b"), ID: "same", TraceID: "same", Kind: exporter.KindGeneration, Model: "m", PromptName: "p", PromptVersion: 1,
				Start: epoch, End: epoch.Add(time.Duration(i+1) * time.Second), Usage: &store.Usage{Input: int64(i + 1), Total: 9},
			}},
		)
	}
	step("p2", event{observation: &store.ObservationWrite{Stamp: at(1, "c"), ID: "same", TraceID: "same", Kind: exporter.KindGeneration, End: epoch.Add(time.Minute)}})
	step("p2", event{deletion: &store.Delete{Stamp: at(2, "d"), Thing: store.ThingTrace, ID: "same"}})
	step(projectID, event{observation: &store.ObservationWrite{Stamp: at(3, "e"), ID: "same", TraceID: "same", Kind: exporter.KindGeneration, Model: "m2"}})
}
