package query

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// total is one number of a group on its way.
type total struct {
	n         int64
	sum       float64
	carry     float64 // of the sum, by Neumaier
	low, high float64
	sketch    map[int32]int64
	seen      map[any]struct{}
}

func (t *total) add(x float64, sketched bool) {
	if t.n == 0 {
		t.low, t.high = x, x
	}
	t.n++
	t.low, t.high = min(t.low, x), max(t.high, x)
	sum := t.sum + x
	if math.Abs(t.sum) >= math.Abs(x) {
		t.carry += t.sum - sum + x
	} else {
		t.carry += x - sum + t.sum
	}
	t.sum = sum
	if sketched {
		if t.sketch == nil {
			t.sketch = map[int32]int64{}
		}
		t.sketch[sketchBucket(x)]++
	}
}

// spread is how many buckets the sketch has.
func (t *total) spread() int { return len(t.sketch) }

// A sketch counts numbers in buckets whose bounds grow by sketchGrowth from
// sketchLeast on, on either side of zero: its quantiles are within 2.5 %.
const (
	sketchGrowth = 1.05
	sketchLeast  = 1e-9
)

func sketchBucket(x float64) int32 {
	size := math.Abs(x)
	if size < sketchLeast {
		return 0
	}
	b := int32(math.Ceil((math.Log(size)-math.Log(sketchLeast))/math.Log(sketchGrowth))) + 1
	if x < 0 {
		return -b
	}
	return b
}

// sketchMiddle is the number whose greatest relative distance to the bounds of the bucket is least.
func sketchMiddle(b int32) float64 {
	if b == 0 {
		return 0
	}
	if b < 0 {
		return -sketchMiddle(-b)
	}
	return math.Exp(math.Log(sketchLeast)+float64(b-1)*math.Log(sketchGrowth)) * (2 / (1 + sketchGrowth))
}

// quantile is by the nearest rank.
func (t *total) quantile(q float64) float64 {
	rank := max(int64(math.Ceil(q*float64(t.n))), 1)
	for _, b := range slices.Sorted(maps.Keys(t.sketch)) {
		if rank -= t.sketch[b]; rank <= 0 {
			return min(max(sketchMiddle(b), t.low), t.high)
		}
	}
	return t.high
}

// histogram has bins of one width: lower bound, upper bound, count.
func (t *total) histogram(bins int) [][3]float64 {
	if t.n == 0 {
		return [][3]float64{}
	}
	width := t.high/float64(bins) - t.low/float64(bins) // the difference may be more than a float64 holds
	if width == 0 {
		return [][3]float64{{t.low, t.high, float64(t.n)}}
	}
	list := make([][3]float64, bins)
	at := t.low
	for i := range list {
		list[i][0] = at
		at += width
		list[i][1] = at
	}
	list[bins-1][1] = t.high
	for b, n := range t.sketch {
		at := min(max(sketchMiddle(b), t.low), t.high)
		list[min(max(int(at/width-t.low/width), 0), bins-1)][2] += float64(n)
	}
	return list
}

// value is the number; nil if no row had any.
func (t *total) value(m *measure, bins int) any {
	if q, ok := quantiles[m.aggregation]; ok && t.n > 0 {
		return t.quantile(q)
	}
	switch {
	case m.aggregation == aggregationCount:
		return t.n
	case m.aggregation == "uniq":
		return int64(len(t.seen))
	case m.aggregation == "histogram":
		return t.histogram(bins)
	case m.aggregation == "sum":
		return t.exact()
	case t.n == 0:
		return nil
	case m.aggregation == "avg":
		return t.exact() / float64(t.n)
	case m.aggregation == "min":
		return t.low
	}
	return t.high
}

// exact is the sum, cut to what JSON can say.
func (t *total) exact() float64 {
	x := t.sum
	if !math.IsInf(x, 0) && !math.IsNaN(t.carry) {
		x += t.carry
	}
	return min(max(x, -math.MaxFloat64), math.MaxFloat64)
}

// add takes a row in.
func (p *metricsPlan) add(values []any) error {
	for _, match := range p.filters {
		if !match(values) {
			return nil
		}
	}
	var at time.Time
	if p.step != nil {
		us, _ := values[p.at].(int64)
		at = p.step(time.UnixMicro(us).UTC())
	}
	return p.addTo(values, at, make([]any, 0, len(p.dimensions)))
}

// addTo takes a row into each group that it belongs to: those of all entries of its lists.
func (p *metricsPlan) addTo(values []any, at time.Time, key []any) error {
	if len(key) < len(p.dimensions) {
		d := p.dimensions[len(key)]
		list, _ := values[d.column].([]string)
		if !d.list || len(list) == 0 {
			var v any
			if !d.list {
				v = d.of(values[d.column])
			}
			return p.addTo(values, at, append(key, v))
		}
		for _, entry := range list {
			if err := p.addTo(values, at, append(key, entry)); err != nil {
				return err
			}
		}
		return nil
	}
	if p.touches++; p.touches > maxTouches {
		return badMetrics("dimensions: more than %d rows times groups: narrow the time or the filters", maxTouches)
	}
	p.key = strconv.AppendInt(p.key[:0], at.Unix(), 10)
	for _, v := range key {
		p.key = appendKey(p.key, v)
	}
	g := p.groups[string(p.key)]
	if g == nil {
		if most := min(maxGroups, maxTotals/len(p.measures)); len(p.groups) >= most {
			return badMetrics("dimensions: more than %d groups with %d metrics: narrow the time or the filters", most, len(p.measures))
		}
		g = &group{time: at, values: slices.Clone(key), totals: make([]total, len(p.measures))}
		p.groups[string(p.key)] = g
	}
	for i := range p.measures {
		m, t := &p.measures[i], &g.totals[i]
		if m.text != nil {
			if v := m.text(values); v != nil {
				if t.seen == nil {
					t.seen = map[any]struct{}{}
				}
				if _, known := t.seen[v]; !known {
					if p.unique++; p.unique > maxUnique {
						return badMetrics("metrics: more than %d different values to count: narrow the time or the filters", maxUnique)
					}
					t.seen[v] = struct{}{}
				}
			}
			continue
		}
		if x, ok := m.of(values); ok {
			before := t.spread()
			t.add(x, m.sketched)
			if p.buckets += t.spread() - before; p.buckets > maxBuckets {
				return badMetrics("metrics: percentiles of too many groups: ask for fewer of them, or narrow the time or the filters")
			}
		}
	}
	return nil
}

// appendKey adds a value to the key of a group, so that no two lists of values have one key.
func appendKey(b []byte, v any) []byte {
	switch x := v.(type) {
	case nil:
		return append(b, '|', 'n')
	case string:
		b = strconv.AppendInt(append(b, '|', 's'), int64(len(x)), 10)
		return append(append(b, ':'), x...)
	case int64:
		return strconv.AppendInt(append(b, '|', 'i'), x, 10)
	}
	return fmt.Appendf(b, "|%T%v", v, v)
}

// columns are the names of a row.
func (p *metricsPlan) columns() []string {
	var list []string
	if p.step != nil {
		list = append(list, timeDimension)
	}
	for _, d := range p.dimensions {
		list = append(list, d.name)
	}
	for _, m := range p.measures {
		list = append(list, m.name)
	}
	return list
}

func (p *metricsPlan) checkOrder() error {
	for i, o := range p.query.OrderBy {
		if !slices.Contains(p.columns(), o.Field) {
			return badMetrics("orderBy[%d].field %q: use one of %s", i, o.Field, strings.Join(p.columns(), ", "))
		}
		if d := strings.ToLower(o.Direction); d != "asc" && d != "desc" {
			return badMetrics("orderBy[%d].direction %q: use asc or desc", i, o.Direction)
		}
	}
	return nil
}

// rows are the answer, sorted and cut.
func (p *metricsPlan) rows() []map[string]any {
	if len(p.groups) == 0 && p.step == nil && len(p.dimensions) == 0 {
		p.groups[""] = &group{totals: make([]total, len(p.measures))}
	}
	rows := make([]map[string]any, 0, len(p.groups))
	for _, g := range p.groups {
		row := map[string]any{}
		if p.step != nil {
			row[timeDimension] = g.time.Format("2006-01-02T15:04:05.000Z07:00")
		}
		for i, d := range p.dimensions {
			row[d.name] = g.values[i]
		}
		for i := range p.measures {
			row[p.measures[i].name] = g.totals[i].value(&p.measures[i], cmp.Or(p.query.Config.Bins, defaultBins))
		}
		rows = append(rows, row)
	}
	order := p.query.OrderBy
	if len(order) == 0 {
		order = append(order, MetricsOrder{p.measures[0].name, "desc"})
		if p.step != nil {
			order = []MetricsOrder{{timeDimension, "asc"}, order[0]}
		}
	}
	for _, d := range p.dimensions { // so that rows that are equal have an order too
		order = append(order, MetricsOrder{d.name, "asc"})
	}
	slices.SortFunc(rows, func(a, b map[string]any) int {
		for _, o := range order {
			c := compareValues(a[o.Field], b[o.Field])
			if strings.EqualFold(o.Direction, "desc") {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return rows[:min(len(rows), cmp.Or(p.query.Config.RowLimit, defaultRows))]
}

// compareValues orders numbers before texts; what is not there comes first.
func compareValues(a, b any) int {
	x, isX := asFloat(a)
	y, isY := asFloat(b)
	switch {
	case a == nil || b == nil:
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	case isX && isY:
		return cmp.Compare(x, y)
	}
	return strings.Compare(textOf(a), textOf(b))
}

func asFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case int64:
		return float64(x), true
	}
	return 0, false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
