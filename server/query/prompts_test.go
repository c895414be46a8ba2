package query_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

// promptWorld writes generations of two prompts at random, with scores of them and of their traces.
func promptWorld(t *testing.T, s store.Store, r *rand.Rand) *store.Batch {
	t.Helper()
	b := &store.Batch{ProjectID: "p"}
	failed := exporter.LevelError
	for i := range 60 {
		trace := fmt.Sprint("t", i)
		at := epoch.Add(time.Duration(r.IntN(3*24*3600)) * time.Second)
		b.Traces = append(b.Traces, store.TraceWrite{Stamp: store.NewStamp(at, false, trace), ID: trace, Timestamp: at})
		for j := range r.IntN(4) {
			id := fmt.Sprint(trace, "-", j)
			o := store.ObservationWrite{
				Stamp: store.NewStamp(at, false, id), ID: id, TraceID: trace, Kind: exporter.KindGeneration, Start: at.Add(time.Duration(r.IntN(7200)) * time.Second),
				Usage: &store.Usage{Input: int64(r.IntN(100)), Output: int64(r.IntN(100)), Total: int64(r.IntN(100))},
			}
			if name := []string{"a", "b/c", ""}[r.IntN(3)]; name != "" {
				o.PromptName, o.PromptVersion = name, 1+r.IntN(3)
			}
			if r.IntN(4) > 0 {
				o.End = o.Start.Add(time.Duration(r.IntN(5000)) * time.Millisecond)
			}
			if r.IntN(3) == 0 {
				o.Level = &failed
			}
			if cost := exporter.NanoUSD(r.IntN(1000)); cost < 700 {
				o.Cost = &store.Cost{Total: &cost}
			}
			b.Observations = append(b.Observations, o)
			if r.IntN(2) == 0 {
				b.Scores = append(b.Scores, score(r, "s-"+id, trace, id, o.Start))
			}
		}
		if r.IntN(2) == 0 {
			b.Scores = append(b.Scores, score(r, "s-"+trace, trace, "", at))
		}
	}
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return b
}

func score(r *rand.Rand, id, trace, observation string, at time.Time) store.ScoreWrite {
	w := store.ScoreWrite{Stamp: store.NewStamp(at, false, id), ID: id, TraceID: trace, ObservationID: observation, Name: fmt.Sprint("n", r.IntN(2)), Timestamp: at}
	switch n := float64(r.IntN(5)); r.IntN(3) {
	case 0:
		w.Type, w.Number = exporter.ScoreNumeric, &n
	case 1:
		one := float64(r.IntN(2))
		w.Type, w.Number, w.Text = exporter.ScoreBoolean, &one, "True"
	default:
		w.Type, w.Text = exporter.ScoreCategorical, fmt.Sprint("c", n)
	}
	return w
}

// plainSums adds up what is wanted of the observations.
func plainSums(b *store.Batch, ok func(o *store.ObservationWrite) bool) (sums store.Sums) {
	for i := range b.Observations {
		o := &b.Observations[i]
		if !ok(o) {
			continue
		}
		sums.Observations++
		if o.Level != nil {
			sums.Errors++
		}
		sums.InputTokens += o.Usage.Input
		sums.OutputTokens += o.Usage.Output
		sums.TotalTokens += o.Usage.Total
		if o.Cost != nil {
			sums.Cost += *o.Cost.Total
			sums.Costs++
		}
		if !o.End.IsZero() {
			sums.Latency.Record(o.End.Sub(o.Start), 1)
		}
	}
	return sums
}

func sameSums(a, b *store.Sums) bool {
	return a.Observations == b.Observations && a.Errors == b.Errors && a.InputTokens == b.InputTokens && a.OutputTokens == b.OutputTokens && a.TotalTokens == b.TotalTokens &&
		a.Cost == b.Cost && a.Costs == b.Costs && maps.Equal(a.Latency.Buckets, b.Latency.Buckets)
}

func checkSeries(t *testing.T, what string, got query.SumSeries, q query.PromptQuery, b *store.Batch, ok func(o *store.ObservationWrite) bool) {
	t.Helper()
	if want := plainSums(b, ok); !sameSums(&got.Sums, &want) {
		t.Errorf("%s: %+v, want %+v", what, got.Sums, want)
	}
	var n int64
	for i, p := range got.Series {
		want := plainSums(b, func(o *store.ObservationWrite) bool {
			return ok(o) && !o.Start.Before(p.Time) && o.Start.Before(p.Time.Add(q.Step))
		})
		if !sameSums(&p.Sums, &want) || p.Observations == 0 || i > 0 && !p.Time.After(got.Series[i-1].Time) || p.Time.Truncate(q.Step) != p.Time {
			t.Errorf("%s at %v: %+v, want %+v", what, p.Time, p.Sums, want)
		}
		n += p.Observations
	}
	if n != got.Observations {
		t.Errorf("%s: the series has %d of %d", what, n, got.Observations)
	}
}

// TestPromptMetrics compares with what plain loops over all that was written add up to.
func TestPromptMetrics(t *testing.T) {
	s, reader := open(t)
	r := rand.New(rand.NewPCG(13, 14))
	b := promptWorld(t, s, r)
	for round := range 12 {
		q := query.PromptQuery{Name: []string{"a", "b/c"}[round%2], Step: []time.Duration{time.Hour, 24 * time.Hour}[r.IntN(2)]}
		q.From = epoch.Add(time.Duration(r.IntN(24*3600)) * time.Second)
		q.To = q.From.Add(time.Duration(1+r.IntN(3*24*3600)) * time.Second)
		at := q.From
		for i := range 4 {
			next := at.Add(time.Duration(r.Int64N(int64(q.To.Sub(at)))))
			q.Spans = append(q.Spans, query.PromptSpan{Label: []string{"production", "staging"}[i%2], Version: 1 + r.IntN(3), From: at, To: next})
			at = next
		}
		m, err := reader.PromptMetrics(t.Context(), "p", q)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, v := range m.Versions {
			of := func(o *store.ObservationWrite) bool {
				return o.PromptName == q.Name && o.PromptVersion == v.Version && !o.Start.Before(q.From) && o.Start.Before(q.To)
			}
			what := fmt.Sprintf("round %d, %s version %d", round, q.Name, v.Version)
			checkSeries(t, what, v.SumSeries, q, b, of)
			checkScores(t, what, v.Scores, b, q, func(w *store.ScoreWrite) bool {
				return slices.ContainsFunc(b.Observations, func(o store.ObservationWrite) bool {
					return o.ID == w.ObservationID && o.PromptName == q.Name && o.PromptVersion == v.Version
				})
			})
			checkScores(t, what+", its traces", v.TraceScores, b, q, func(w *store.ScoreWrite) bool {
				return w.ObservationID == "" && slices.ContainsFunc(b.Observations, func(o store.ObservationWrite) bool { return o.TraceID == w.TraceID && of(&o) })
			})
			seen += int(v.Observations)
		}
		all := plainSums(b, func(o *store.ObservationWrite) bool {
			return o.PromptName == q.Name && !o.Start.Before(q.From) && o.Start.Before(q.To)
		})
		if int64(seen) != all.Observations || len(m.Labels) != 2 {
			t.Errorf("round %d: %d of %d, %d labels", round, seen, all.Observations, len(m.Labels))
		}
		if uses, err := reader.PromptUses(t.Context(), "p", q.From, q.To); err != nil || uses[q.Name] != all.Observations {
			t.Errorf("round %d: %v, %v, want %d", round, uses, err, all.Observations)
		}
		for _, l := range m.Labels {
			checkSeries(t, fmt.Sprintf("round %d, %s", round, l.Label), l.SumSeries, q, b, func(o *store.ObservationWrite) bool {
				return o.PromptName == q.Name && slices.ContainsFunc(l.Spans, func(s query.PromptSpan) bool {
					return s.Version == o.PromptVersion && !o.Start.Before(s.From) && o.Start.Before(s.To)
				})
			})
		}
	}
}

func checkScores(t *testing.T, what string, got []query.ScoreSums, b *store.Batch, q query.PromptQuery, ok func(*store.ScoreWrite) bool) {
	t.Helper()
	type sums struct {
		count  int64
		sum    float64
		values map[string]int64
	}
	want := map[string]*sums{}
	for i := range b.Scores {
		w := &b.Scores[i]
		if w.Timestamp.Before(q.From) || !w.Timestamp.Before(q.To) || !ok(w) {
			continue
		}
		key := w.Name + " " + string(w.Type)
		if want[key] == nil {
			want[key] = &sums{values: map[string]int64{}}
		}
		want[key].count++
		if w.Type == exporter.ScoreCategorical {
			want[key].values[w.Text]++
		} else {
			want[key].sum += *w.Number
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: scores %+v, want %d", what, got, len(want))
	}
	for _, s := range got {
		w := want[s.Name+" "+s.Type]
		if w == nil || w.count != s.Count || !maps.Equal(w.values, s.Values) || s.Values == nil && math.Abs(s.Average-w.sum/float64(w.count)) > 1e-9 {
			t.Errorf("%s: score %+v, want %+v", what, s, w)
		}
	}
}

func TestPromptMetricsRefused(t *testing.T) {
	_, reader := open(t)
	good := query.PromptQuery{Name: "a", From: epoch, To: epoch.Add(time.Hour), Step: time.Hour}
	if m, err := reader.PromptMetrics(t.Context(), "p", good); err != nil || len(m.Versions) != 0 {
		t.Errorf("of nothing: %+v, %v", m, err)
	}
	for what, change := range map[string]func(*query.PromptQuery){
		"no name":        func(q *query.PromptQuery) { q.Name = "" },
		"no time":        func(q *query.PromptQuery) { q.To = q.From },
		"too many spans": func(q *query.PromptQuery) { q.Spans = make([]query.PromptSpan, 201) },
		"a wrong step":   func(q *query.PromptQuery) { q.Step = time.Minute },
	} {
		q := good
		change(&q)
		if _, err := reader.PromptMetrics(t.Context(), "p", q); !errors.Is(err, store.ErrBadQuery) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
