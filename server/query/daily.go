package query

import (
	"cmp"
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// DailyFilter narrows daily metrics to some traces and their observations. Its zero value is all.
type DailyFilter struct {
	TraceName string
	UserID    string
	// Tags must all be there.
	Tags []string
	// From and To bound the timestamp of the trace: From inclusive, To exclusive.
	From, To time.Time
}

func (f *DailyFilter) isZero() bool {
	return f.TraceName == "" && f.UserID == "" && len(f.Tags) == 0 && f.From.IsZero() && f.To.IsZero()
}

// Day is what a day, in UTC, adds up to.
type Day struct {
	Date time.Time
	// Traces began on the day; Observations and Cost are theirs, whenever these began.
	Traces       int64
	Observations int64
	Cost         exporter.NanoUSD
	// Models has the observations that began on the day, by model; those without one are last.
	Models []ModelUsage
}

// ModelUsage is what the observations of a model add up to.
type ModelUsage struct {
	Model                     string // empty for those without one
	Input, Output, Total      int64
	Cost                      exporter.NanoUSD
	Observations, TracesCount int64
}

const dayLength = 24 * time.Hour

// Daily returns a page of the days on which something was, newest first. Total
// counts those on which a trace began.
func (r *Reader) Daily(ctx context.Context, projectID string, f DailyFilter, page store.Page) (days []Day, total int64, err error) {
	d := &daily{store: r.store, projectID: projectID, filter: &f, seed: maphash.MakeSeed(), days: map[int64]*daySum{}}
	if f.isZero() {
		return d.all(ctx, page)
	}
	if err := d.traces(ctx); err != nil {
		return nil, 0, err
	}
	if err := d.observations(ctx); err != nil {
		return nil, 0, err
	}
	return d.page(page), d.total(), nil
}

// daily adds up days.
type daily struct {
	store     store.Store
	projectID string
	filter    *DailyFilter
	seed      maphash.Seed
	days      map[int64]*daySum   // by number since 1970
	within    map[uint64]struct{} // hashes of the ids of the traces that are wanted; nil if the filter has no times
}

type daySum struct {
	Day
	models map[string]*modelSum
}

type modelSum struct {
	ModelUsage
	seen map[uint64]struct{} // hashes of the ids of its traces
}

func (s *daySum) model(name string) *modelSum {
	m := s.models[name]
	if m == nil {
		m = &modelSum{ModelUsage{Model: name}, map[uint64]struct{}{}}
		s.models[name] = m
	}
	return m
}

// dayNumber is the number of a day since 1970.
func dayNumber(us int64) int64 {
	length := dayLength.Microseconds()
	number := us / length
	if us%length < 0 {
		number--
	}
	return number
}

func (d *daily) day(us int64) *daySum {
	number := dayNumber(us)
	sum := d.days[number]
	if sum == nil {
		sum = &daySum{Day: Day{Date: time.UnixMicro(number * dayLength.Microseconds()).UTC()}, models: map[string]*modelSum{}}
		d.days[number] = sum
	}
	return sum
}

// all takes what it can from the sums that are kept, and reads only the
// observations of the page's days: how many traces they are of, no sum says.
func (d *daily) all(ctx context.Context, page store.Page) ([]Day, int64, error) {
	for _, by := range []store.MetricsBy{store.ByTrace, store.ByModel} {
		rows, err := d.store.Metrics(ctx, d.projectID, store.MetricsQuery{By: by, Step: dayLength})
		if err != nil {
			return nil, 0, err
		}
		for _, row := range rows {
			sum := d.day(row.Time.UnixMicro())
			if by == store.ByTrace {
				sum.Traces += row.Traces
				sum.Observations += row.Observations
				sum.Cost += row.Cost
				continue
			}
			m := sum.model(row.Model)
			m.Observations += row.Observations
			m.Input, m.Output, m.Total = m.Input+row.InputTokens, m.Output+row.OutputTokens, m.Total+row.TotalTokens
			m.Cost += row.Cost
		}
	}
	total := d.total()
	days := d.page(page)
	if len(days) == 0 {
		return days, total, nil
	}
	wanted := map[int64]bool{}
	for _, day := range days {
		wanted[day.Date.UnixMicro()] = true
	}
	maps.DeleteFunc(d.days, func(_ int64, sum *daySum) bool { return !wanted[sum.Date.UnixMicro()] })
	err := d.tracesOfModels(ctx, days[len(days)-1].Date, days[0].Date.Add(dayLength))
	return d.page(store.Page{Limit: len(days)}), total, err
}

// tracesOfModels counts the traces of each model in a span of days.
func (d *daily) tracesOfModels(ctx context.Context, from, to time.Time) error {
	q := store.FactQuery{View: store.ViewObservations, From: from, To: to, Fields: fieldsOf("traceId", "startTime", "providedModelName")}
	return d.store.Facts(ctx, d.projectID, q, func(v []any) error {
		if sum := d.days[dayNumber(number(v[1]))]; sum != nil {
			sum.model(text(v[2])).seen[maphash.String(d.seed, text(v[0]))] = struct{}{}
		}
		return nil
	})
}

// total is the number of days on which a trace began.
func (d *daily) total() (n int64) {
	for _, sum := range d.days {
		if sum.Traces > 0 {
			n++
		}
	}
	return n
}

// page sorts the days, and their models.
func (d *daily) page(page store.Page) []Day {
	numbers := slices.SortedFunc(maps.Keys(d.days), func(a, b int64) int { return cmp.Compare(b, a) })
	numbers = numbers[min(page.Offset, len(numbers)):]
	numbers = numbers[:min(max(page.Limit, 0), len(numbers))]
	days := make([]Day, len(numbers))
	for i, n := range numbers {
		sum := d.days[n]
		day := sum.Day
		for _, m := range sum.models {
			if m.TracesCount = int64(len(m.seen)); m.Observations > 0 { // else it came while we read
				day.Models = append(day.Models, m.ModelUsage)
			}
		}
		slices.SortFunc(day.Models, func(a, b ModelUsage) int {
			if (a.Model == "") != (b.Model == "") {
				return cmp.Compare(b.Model, a.Model)
			}
			return cmp.Compare(a.Model, b.Model)
		})
		days[i] = day
	}
	return days
}

func fieldsOf(names ...string) []store.FactField {
	fields := make([]store.FactField, len(names))
	for i, name := range names {
		fields[i].Name = name
	}
	return fields
}

// traces reads the traces that are wanted.
func (d *daily) traces(ctx context.Context) error {
	if !d.filter.From.IsZero() || !d.filter.To.IsZero() {
		d.within = map[uint64]struct{}{}
	}
	q := store.FactQuery{View: store.ViewTraces, From: d.filter.From, To: d.filter.To, Fields: fieldsOf("name", "userId", "tags", "id", "timestamp", "observationsCount", "totalCost")}
	return d.store.Facts(ctx, d.projectID, q, func(v []any) error {
		if !d.wanted(v) {
			return nil
		}
		if d.within != nil {
			d.within[maphash.String(d.seed, text(v[3]))] = struct{}{}
		}
		sum := d.day(number(v[4]))
		sum.Traces++
		sum.Observations += number(v[5])
		sum.Cost += exporter.NanoUSD(number(v[6]))
		return nil
	})
}

// wanted looks at the name, user and tags of a trace.
func (d *daily) wanted(v []any) bool {
	f := d.filter
	if f.TraceName != "" && text(v[0]) != f.TraceName || f.UserID != "" && text(v[1]) != f.UserID {
		return false
	}
	tags, _ := v[2].([]string)
	return !slices.ContainsFunc(f.Tags, func(tag string) bool { return !slices.Contains(tags, tag) })
}

// observations reads the observations of the traces that are wanted.
func (d *daily) observations(ctx context.Context) error {
	q := store.FactQuery{View: store.ViewObservations, Fields: fieldsOf("traceName", "userId", "tags", "traceId", "startTime", "providedModelName", "inputTokens", "outputTokens", "totalTokens", "totalCost")}
	return d.store.Facts(ctx, d.projectID, q, func(v []any) error {
		if !d.wanted(v) {
			return nil
		}
		trace := maphash.String(d.seed, text(v[3]))
		if _, ok := d.within[trace]; d.within != nil && !ok {
			return nil
		}
		sum := d.day(number(v[4]))
		m := sum.model(text(v[5]))
		m.seen[trace] = struct{}{}
		m.Observations++
		m.Input += bounded(number(v[6]), store.MaxTokens)
		m.Output += bounded(number(v[7]), store.MaxTokens)
		m.Total += bounded(number(v[8]), store.MaxTokens)
		m.Cost += exporter.NanoUSD(bounded(number(v[9]), int64(store.MaxCost)))
		return nil
	})
}

// bounded is what one observation adds to a sum, as in the sums that the store keeps.
func bounded(n, most int64) int64 { return max(-most, min(most, n)) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

func number(v any) int64 {
	n, _ := v.(int64)
	return n
}
