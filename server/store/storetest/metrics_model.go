package storetest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// day is a step of metrics, as the hour is.
const day = 24 * time.Hour

// tokenLimit is what a single observation adds at most to the tokens.
const tokenLimit = store.MaxTokens

// metricsGroup is what a row of metrics stands for.
type metricsGroup struct {
	time          int64 // in microseconds
	kind          exporter.Kind
	model         string
	promptName    string
	promptVersion int
	environment   string
	userID        string
}

// metricsWant is a row of metrics with the durations that its histograms have.
type metricsWant struct {
	group      metricsGroup
	sums       store.Sums
	latency    []time.Duration
	firstToken []time.Duration
}

// modelMetrics works out the answer of Metrics from all rows of a project, by the plainest reading of its rules.
func modelMetrics(r rows, q store.MetricsQuery) []*metricsWant {
	groups := map[metricsGroup]*metricsWant{}
	at := func(g metricsGroup, when time.Time) *metricsWant {
		from, to := q.From, q.To
		if q.By == store.ByUser { // whole days
			if !from.IsZero() {
				from = floorTime(from, day)
			}
			if !to.IsZero() && !floorTime(to, day).Equal(to) {
				to = floorTime(to, day).Add(day)
			}
		}
		if !from.IsZero() && when.Before(from) || !to.IsZero() && !when.Before(to) {
			return &metricsWant{} // nobody looks at it
		}
		if q.Step != 0 {
			g.time = floorTime(when, q.Step).UnixMicro()
		}
		if groups[g] == nil {
			groups[g] = &metricsWant{group: g}
		}
		return groups[g]
	}
	if q.By == store.ByTrace || q.By == store.ByUser {
		costs := map[string]int64{} // how many are known, by trace
		for _, o := range r.Observations {
			if o.Cost != nil && o.Cost.Total != nil {
				costs[o.TraceID]++
			}
		}
		for _, t := range r.Traces {
			switch {
			case q.By == store.ByTrace:
				w := at(metricsGroup{environment: cmp.Or(t.Environment, "default")}, t.Timestamp)
				w.addTrace(t, costs[t.ID])
				if t.Rollup.Observations > 0 && !t.Rollup.Running {
					w.latency = append(w.latency, t.Rollup.Latency)
				}
			case t.UserID != "":
				at(metricsGroup{userID: t.UserID}, t.Timestamp).addTrace(t, costs[t.ID])
			}
		}
	} else {
		for _, o := range r.Observations {
			switch {
			case q.By == store.ByNothing:
				at(metricsGroup{}, o.Start).addObservation(o)
			case q.By == store.ByModel:
				at(metricsGroup{kind: o.Kind, model: o.Model}, o.Start).addObservation(o)
			case o.PromptName != "" && (q.PromptName == "" || q.PromptName == o.PromptName):
				at(metricsGroup{promptName: o.PromptName, promptVersion: o.PromptVersion}, o.Start).addObservation(o)
			}
		}
	}
	list := make([]*metricsWant, 0, len(groups))
	for _, w := range groups {
		for _, d := range w.latency {
			w.sums.Latency.Record(d, 1)
		}
		for _, d := range w.firstToken {
			w.sums.FirstToken.Record(d, 1)
		}
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b *metricsWant) int {
		x, y := a.group, b.group
		return cmp.Or(cmp.Compare(x.time, y.time), cmp.Compare(x.kind, y.kind), cmp.Compare(x.model, y.model), cmp.Compare(x.promptName, y.promptName),
			cmp.Compare(x.promptVersion, y.promptVersion), cmp.Compare(x.environment, y.environment), cmp.Compare(x.userID, y.userID))
	})
	return list
}

func (w *metricsWant) addObservation(o store.Observation) {
	w.sums.Observations++
	switch o.Level {
	case exporter.LevelError:
		w.sums.Errors++
	case exporter.LevelWarning:
		w.sums.Warnings++
	case exporter.LevelDefault, exporter.LevelDebug:
	}
	if o.Usage != nil {
		w.sums.InputTokens += min(max(o.Usage.Input, -tokenLimit), tokenLimit)
		w.sums.OutputTokens += min(max(o.Usage.Output, -tokenLimit), tokenLimit)
		w.sums.TotalTokens += min(max(o.Usage.Total, -tokenLimit), tokenLimit)
	}
	if o.Cost != nil && o.Cost.Total != nil {
		w.sums.Cost += min(max(*o.Cost.Total, -store.MaxCost), store.MaxCost)
		w.sums.Costs++
	}
	if !o.End.IsZero() {
		w.latency = append(w.latency, o.End.Sub(o.Start))
	}
	if !o.CompletionStart.IsZero() {
		w.firstToken = append(w.firstToken, o.CompletionStart.Sub(o.Start))
	}
}

func (w *metricsWant) addTrace(t store.Trace, costs int64) {
	w.sums.Traces++
	w.sums.Observations += int64(t.Rollup.Observations)
	w.sums.Errors += int64(t.Rollup.Errors)
	w.sums.Warnings += int64(t.Rollup.Warnings)
	w.sums.InputTokens += t.Rollup.InputTokens
	w.sums.OutputTokens += t.Rollup.OutputTokens
	w.sums.TotalTokens += t.Rollup.TotalTokens
	if t.Rollup.Cost != nil {
		w.sums.Cost += *t.Rollup.Cost
	}
	w.sums.Costs += costs
}

// row is the row that is wanted.
func (w *metricsWant) row(step time.Duration) store.MetricsRow {
	r := store.MetricsRow{
		Kind: w.group.kind, Model: w.group.model, PromptName: w.group.promptName, PromptVersion: w.group.promptVersion,
		Environment: w.group.environment, UserID: w.group.userID, Sums: w.sums,
	}
	if step != 0 {
		r.Time = time.UnixMicro(w.group.time).UTC()
	}
	return r
}

// floorTime is the start of the step since 1970 that a time is in.
func floorTime(t time.Time, step time.Duration) time.Time {
	us, length := t.UnixMicro(), step.Microseconds()
	n := us / length
	if us%length < 0 {
		n--
	}
	return time.UnixMicro(n * length).UTC()
}

// metricsRanges are times to ask for: on the edges of buckets and off them, with one or no end, empty ones.
var metricsRanges = []struct{ from, to time.Time }{
	{},
	{from: floorTime(epoch, time.Hour)},
	{to: floorTime(epoch, day)},
	{floorTime(epoch, day).Add(-day), floorTime(epoch, day)},
	{epoch.Add(-90 * time.Minute), epoch.Add(1500 * time.Millisecond)},
	{epoch.Add(-25*time.Hour - time.Microsecond), epoch.Add(3*time.Hour + 17*time.Minute)},
	{floorTime(epoch, day), floorTime(epoch, day)},
	{floorTime(epoch, day), floorTime(epoch, day).Add(-2 * day)},
	{from: epoch.AddDate(100, 0, 0)},
}

// checkMetrics compares the answers of Metrics with what the rows add up to, for some of the ranges.
func checkMetrics(t *testing.T, s store.Store, project string, r rows, ranges ...int) (diff string) {
	t.Helper()
	for _, by := range []store.MetricsBy{store.ByNothing, store.ByModel, store.ByPrompt, store.ByTrace, store.ByUser} {
		for _, step := range []time.Duration{0, time.Hour, day} {
			if by == store.ByUser && step == time.Hour {
				continue
			}
			for _, n := range ranges {
				q := store.MetricsQuery{By: by, Step: step, From: metricsRanges[n].from, To: metricsRanges[n].to}
				got, err := s.Metrics(t.Context(), project, q)
				if err != nil {
					return fmt.Sprintf("Metrics(%s): %v", described(q), err)
				}
				if diff := compareMetrics(modelMetrics(r, q), got, step); diff != "" {
					return fmt.Sprintf("Metrics(%s):\n%s", described(q), diff)
				}
				if q.By == store.ByPrompt && len(got) > 0 {
					q.PromptName = got[len(got)/2].PromptName
					got, err = s.Metrics(t.Context(), project, q)
					if diff := compareMetrics(modelMetrics(r, q), got, step); err != nil || diff != "" {
						return fmt.Sprintf("Metrics(%s): %v\n%s", described(q), err, diff)
					}
				}
			}
		}
	}
	return ""
}

func described(q store.MetricsQuery) string {
	return fmt.Sprintf("by %d %s, step %v, from %s, to %s", q.By, q.PromptName, q.Step, q.From.Format(time.RFC3339Nano), q.To.Format(time.RFC3339Nano))
}

func compareMetrics(want []*metricsWant, got []store.MetricsRow, step time.Duration) string {
	wanted := make([]store.MetricsRow, len(want))
	for i, w := range want {
		wanted[i] = w.row(step)
	}
	for i := range got {
		for _, h := range []*store.Histogram{&got[i].Latency, &got[i].FirstToken} {
			if len(h.Buckets) == 0 {
				h.Buckets = nil // as good as none
			}
		}
	}
	if diff := compareLines(jsonLines("row", wanted), jsonLines("row", got)); diff != "" {
		return diff
	}
	for i, w := range want {
		if diff := compareQuantiles("latency", w.latency, &got[i].Latency) + compareQuantiles("first token", w.firstToken, &got[i].FirstToken); diff != "" {
			return diff
		}
	}
	return ""
}

// compareQuantiles has the quantiles within 2.5 % of those of the durations themselves.
func compareQuantiles(name string, exact []time.Duration, h *store.Histogram) string {
	if len(exact) == 0 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(exact))
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
		want := max(sorted[max(int(math.Ceil(q*float64(len(sorted)))), 1)-1], 0)
		got := h.Quantile(q)
		if off := (got - want).Abs(); off > time.Microsecond && float64(off) > 0.025*float64(want) {
			return fmt.Sprintf("%s: quantile %v is %v, want %v within 2.5 %%", name, q, got, want)
		}
	}
	return ""
}
