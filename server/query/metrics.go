package query

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// Metrics is a query of the metrics API, as its JSON.
type Metrics struct {
	// View is traces, observations, scores-numeric (with the boolean ones), scores-boolean or scores-categorical.
	View string `json:"view"`
	// Dimensions are what to group by: fields of the view (see [MetricsFields]).
	Dimensions []MetricsDimension `json:"dimensions"`
	Metrics    []MetricsMeasure   `json:"metrics"`
	Filters    []MetricsFilter    `json:"filters"`
	// TimeDimension groups by time too.
	TimeDimension *MetricsTime `json:"timeDimension"`
	// FromTimestamp is inclusive, ToTimestamp is not.
	FromTimestamp time.Time `json:"fromTimestamp"`
	ToTimestamp   time.Time `json:"toTimestamp"`
	// OrderBy defaults to the time, else the first metric, the greatest first.
	OrderBy []MetricsOrder `json:"orderBy"`
	Config  MetricsConfig  `json:"config"`
}

// MetricsDimension is a field to group by. Metadata needs a Key. Each of a
// list's entries, such as tags, counts in its own group.
type MetricsDimension struct {
	Field string `json:"field"`
	Key   string `json:"key,omitempty"`
}

// name is how the answer calls the dimension.
func (d MetricsDimension) name() string {
	if d.Key != "" {
		return d.Field + "." + d.Key
	}
	return d.Field
}

// MetricsMeasure is a number to compute.
type MetricsMeasure struct {
	Measure string `json:"measure"`
	// Aggregation is sum, avg, count, min, max, p50, p75, p90, p95, p99, histogram or uniq.
	Aggregation string `json:"aggregation"`
}

// name is how the answer calls the number.
func (m MetricsMeasure) name() string { return m.Aggregation + "_" + m.Measure }

// MetricsTime groups by time.
type MetricsTime struct {
	// Granularity is minute, hour, day, week (from Monday), month, or auto: some fifty of one of them. In UTC.
	Granularity string `json:"granularity"`
}

// MetricsOrder sorts the rows.
type MetricsOrder struct {
	// Field is a dimension, time_dimension, or a metric as the answer calls it.
	Field string `json:"field"`
	// Direction is asc or desc.
	Direction string `json:"direction"`
}

// MetricsConfig bounds the answer.
type MetricsConfig struct {
	// Bins of a histogram, 1 to 100. Defaults to 10.
	Bins int `json:"bins"`
	// RowLimit is 1 to 1000. Defaults to 100.
	RowLimit int `json:"row_limit"`
}

// Bounds of metrics.
const (
	maxMetricsQuery  = 64 << 10 // bytes
	maxDimensions    = 10
	maxMeasures      = 30
	maxFilters       = 50
	maxFilterValues  = 1000
	maxGroups        = 100_000
	maxTotals        = 300_000   // groups times measures
	maxUnique        = 1_000_000 // values that are told apart
	maxBuckets       = 500_000   // of all sketches
	maxTouches       = 20_000_000
	maxMetricsTime   = 30 * time.Second
	defaultRows      = 100
	maxRows          = 1000
	defaultBins      = 10
	maxBins          = 100
	timeDimension    = "time_dimension"
	aggregationCount = "count"
)

// ParseMetrics reads a query. Its errors name the field and the fix, and are [store.ErrBadQuery].
func ParseMetrics(text string) (*Metrics, error) {
	if len(text) > maxMetricsQuery {
		return nil, badMetrics("query: %d bytes: send at most %d", len(text), maxMetricsQuery)
	}
	d := json.NewDecoder(strings.NewReader(text))
	var m Metrics
	if err := d.Decode(&m); err != nil {
		if _, ok := errors.AsType[*time.ParseError](err); ok {
			return nil, badMetrics("fromTimestamp, toTimestamp: give times as 2026-05-04T03:02:01Z")
		}
		return nil, badMetrics("query: %v: send the query as JSON", err)
	}
	if d.More() {
		return nil, badMetrics("query: more than one JSON value: send one")
	}
	return &m, nil
}

// metricsError is what is wrong with a query; it is a [store.ErrBadQuery].
type metricsError struct{ message string }

// Error names the field and the fix.
func (e *metricsError) Error() string { return e.message }

// Unwrap returns [store.ErrBadQuery].
func (e *metricsError) Unwrap() error { return store.ErrBadQuery }

func badMetrics(format string, args ...any) error {
	return &metricsError{fmt.Sprintf(format, args...)}
}

// Metrics computes what a query asks for: one map a row, by the names of
// dimensions and metrics. Percentiles are within 2.5 %, all else exact up to the
// precision of a float64. A query that is wrong is an [store.ErrBadQuery].
func (r *Reader) Metrics(ctx context.Context, projectID string, m *Metrics) ([]map[string]any, error) {
	p, err := planMetrics(m)
	if err != nil {
		return nil, err
	}
	limited, stop := context.WithTimeout(ctx, maxMetricsTime)
	defer stop()
	if err := r.store.Facts(limited, projectID, p.facts, p.add); err != nil {
		if ctx.Err() == nil && limited.Err() != nil {
			return nil, badMetrics("the query took longer than %v: narrow the time", maxMetricsTime)
		}
		return nil, err
	}
	return p.rows(), nil
}

// views are the views by name, with the types of scores that are in them.
var views = map[string]struct {
	view  store.View
	types []string
}{
	"traces": {store.ViewTraces, nil}, "observations": {store.ViewObservations, nil}, "scores-numeric": {store.ViewScores, []string{"NUMERIC", "BOOLEAN"}},
	"scores-boolean": {store.ViewScores, []string{"BOOLEAN"}}, "scores-categorical": {store.ViewScores, []string{"CATEGORICAL"}},
}

// metricsPlan is a query on its way: which columns are read, and what becomes of a row.
type metricsPlan struct {
	query      *Metrics
	facts      store.FactQuery
	filters    []func(values []any) bool
	dimensions []dimension
	measures   []measure
	step       func(time.Time) time.Time // nil if time is no dimension
	at         int                       // column of the time

	groups  map[string]*group
	key     []byte
	unique  int // values that are remembered
	buckets int
	touches int // rows, each as often as it belongs to a group
}

// dimension is one of a plan.
type dimension struct {
	name   string
	column int
	of     func(any) any // turns the column into the value
	list   bool
}

// group is one row of the answer.
type group struct {
	time   time.Time
	values []any
	totals []total
}

func planMetrics(m *Metrics) (*metricsPlan, error) {
	v, ok := views[m.View]
	switch {
	case !ok:
		return nil, badMetrics("view %q: use traces, observations, scores-numeric, scores-boolean or scores-categorical", m.View)
	case len(m.Metrics) == 0:
		return nil, badMetrics("metrics: name at least one measure and its aggregation")
	case len(m.Metrics) > maxMeasures || len(m.Dimensions) > maxDimensions || len(m.Filters) > maxFilters:
		return nil, badMetrics("%d metrics, %d dimensions, %d filters: at most %d, %d and %d", len(m.Metrics), len(m.Dimensions), len(m.Filters), maxMeasures, maxDimensions, maxFilters)
	case m.FromTimestamp.IsZero() || m.ToTimestamp.IsZero() || !m.ToTimestamp.After(m.FromTimestamp):
		return nil, badMetrics("fromTimestamp and toTimestamp: give both, the second after the first")
	case m.Config.RowLimit < 0 || m.Config.RowLimit > maxRows:
		return nil, badMetrics("config.row_limit %d: use 1 to %d", m.Config.RowLimit, maxRows)
	case m.Config.Bins < 0 || m.Config.Bins > maxBins:
		return nil, badMetrics("config.bins %d: use 1 to %d", m.Config.Bins, maxBins)
	}
	p := &metricsPlan{query: m, groups: map[string]*group{}}
	p.facts = store.FactQuery{View: v.view, From: m.FromTimestamp, To: m.ToTimestamp}
	if v.types != nil {
		column := p.column(store.FactField{Name: "dataType"})
		p.filters = append(p.filters, func(values []any) bool {
			s, _ := values[column].(string)
			return slices.Contains(v.types, s)
		})
	}
	if m.TimeDimension != nil {
		var err error
		if p.step, err = stepOf(m.TimeDimension.Granularity, m.ToTimestamp.Sub(m.FromTimestamp)); err != nil {
			return nil, err
		}
		p.at = p.column(store.FactField{Name: timeField(v.view)})
	}
	for i, d := range m.Dimensions {
		if err := p.addDimension(i, d); err != nil {
			return nil, err
		}
	}
	for i, f := range m.Filters {
		if err := p.addFilter(i, f); err != nil {
			return nil, err
		}
	}
	for i, f := range m.Metrics {
		if err := p.addMeasure(i, f); err != nil {
			return nil, err
		}
	}
	return p, p.checkOrder()
}

// timeField is when a row of the view counts.
func timeField(v store.View) string {
	if v == store.ViewObservations {
		return "startTime"
	}
	return "timestamp"
}

// column is the place of a field among those that are read.
func (p *metricsPlan) column(f store.FactField) int {
	if i := slices.Index(p.facts.Fields, f); i >= 0 {
		return i
	}
	p.facts.Fields = append(p.facts.Fields, f)
	return len(p.facts.Fields) - 1
}

// MetricsFields lists what a view can be grouped and filtered by.
func MetricsFields(v store.View) []string {
	list := store.FactFields(v)
	for name, f := range parts {
		if f.of == timeField(v) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// parts are fields that are parts of a time.
var parts = map[string]struct{ of, layout string }{
	"startTimeMonth": {"startTime", "2006-01"}, "timestampMonth": {"timestamp", "2006-01"}, "timestampDay": {"timestamp", time.DateOnly},
}

func (p *metricsPlan) addDimension(i int, d MetricsDimension) error {
	where := fmt.Sprintf("dimensions[%d]", i)
	if slices.Contains(p.query.Dimensions[:i], d) {
		return badMetrics("%s: %s is there twice: name it once", where, d.name())
	}
	if part, ok := parts[d.Field]; ok && part.of == timeField(p.facts.View) {
		column := p.column(store.FactField{Name: part.of})
		p.dimensions = append(p.dimensions, dimension{name: d.Field, column: column, of: func(v any) any {
			us, ok := v.(int64)
			if !ok {
				return nil
			}
			return time.UnixMicro(us).UTC().Format(part.layout)
		}})
		return nil
	}
	kind, err := p.known(where, d.Field, d.Key)
	if err != nil {
		return err
	}
	of := func(v any) any { return v }
	if kind == store.FactTime {
		return badMetrics("%s: %s is a time: use timeDimension", where, d.Field)
	}
	p.dimensions = append(p.dimensions, dimension{name: d.name(), column: p.column(store.FactField{Name: d.Field, Key: d.Key}), of: of, list: kind == store.FactList})
	return nil
}

// known reports the type of a field, or what is wrong with it.
func (p *metricsPlan) known(where, field, key string) (store.FactType, error) {
	kind, ok := store.FactTypeOf(p.facts.View, field)
	switch {
	case !ok:
		return 0, badMetrics("%s: %s has no field %q: use one of %s", where, p.query.View, field, strings.Join(MetricsFields(p.facts.View), ", "))
	case field == "metadata" && key == "":
		return 0, badMetrics("%s: metadata without a key: name one in key", where)
	case field != "metadata" && key != "":
		return 0, badMetrics("%s: key %q of %s: only metadata has keys", where, key, field)
	}
	return kind, nil
}

// stepOf rounds times down to a granularity.
func stepOf(granularity string, span time.Duration) (func(time.Time) time.Time, error) {
	if granularity == "auto" {
		const about = 50
		granularity = "minute"
		for _, g := range []struct {
			name string
			step time.Duration
		}{{"hour", time.Hour}, {"day", 24 * time.Hour}, {"week", 7 * 24 * time.Hour}, {"month", 30 * 24 * time.Hour}} {
			if span >= about*g.step/2 {
				granularity = g.name
			}
		}
	}
	switch granularity {
	case "minute":
		return func(t time.Time) time.Time { return t.Truncate(time.Minute) }, nil
	case "hour":
		return func(t time.Time) time.Time { return t.Truncate(time.Hour) }, nil
	case "day":
		return func(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }, nil
	case "week":
		return func(t time.Time) time.Time {
			day := t.Truncate(24 * time.Hour)
			return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		}, nil
	case "month":
		return func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }, nil
	}
	return nil, badMetrics("timeDimension.granularity %q: use auto, minute, hour, day, week or month", granularity)
}
