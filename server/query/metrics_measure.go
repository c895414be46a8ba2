package query

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/store"
)

// measure is one of a plan.
type measure struct {
	name        string
	aggregation string
	of          func(values []any) (float64, bool) // ok is false if the row has none
	text        func(values []any) any             // for uniq
	sketched    bool
}

// Milliseconds are the unit of durations in the API, dollars that of money.
const (
	microsPerMilli = 1e3
	nanosPerDollar = 1e9
)

// numberOf is a column as a number of the API's unit.
func numberOf(v any, kind store.FactType) (float64, bool) {
	var x float64
	switch n := v.(type) {
	case int64:
		x = float64(n)
	case float64:
		x = n
	case string:
		f, err := strconv.ParseFloat(n, 64)
		if err != nil {
			return 0, false
		}
		x = f
	default:
		return 0, false
	}
	switch kind {
	case store.FactDuration:
		return x / microsPerMilli, true
	case store.FactMoney:
		return x / nanosPerDollar, true
	case store.FactText, store.FactNumber, store.FactTime, store.FactFlag, store.FactList:
	}
	return x, true
}

// plain are the measures that are a column.
var plain = map[store.View][]string{
	store.ViewTraces:       {"latency", "observationsCount", "scoresCount", "errorCount", "warningCount", "inputTokens", "outputTokens", "totalTokens", "totalCost"},
	store.ViewObservations: {"latency", "streamingLatency", "timeToFirstToken", "inputTokens", "outputTokens", "totalTokens", "inputCost", "outputCost", "totalCost", "countScores"},
	store.ViewScores:       {"value"},
}

// rates are tokens in a time: output tokens since the first one, all since the start.
var rates = map[string]struct{ tokens, first, second string }{
	"outputTokensPerSecond": {"outputTokens", "streamingLatency", "latency"},
	"tokensPerSecond":       {"totalTokens", "latency", "latency"},
}

// uniques count different values.
var uniques = map[string]string{"uniqueUserIds": "userId", "uniqueSessionIds": "sessionId"}

// measureNames lists the measures of a view.
func measureNames(v store.View) []string {
	list := append([]string{aggregationCount}, plain[v]...)
	if v == store.ViewObservations {
		list = append(list, slices.Sorted(maps.Keys(rates))...)
	}
	return append(list, slices.Sorted(maps.Keys(uniques))...)
}

// quantiles are those of the aggregations.
var quantiles = map[string]float64{"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}

func (p *metricsPlan) addMeasure(i int, m MetricsMeasure) error {
	where := fmt.Sprintf("metrics[%d]", i)
	_, quantile := quantiles[m.Aggregation]
	out := measure{name: m.name(), aggregation: m.Aggregation, sketched: quantile || m.Aggregation == "histogram"}
	switch m.Aggregation {
	case "sum", "avg", "min", "max", aggregationCount, "histogram", "uniq":
	default:
		if !quantile {
			return badMetrics("%s.aggregation %q: use sum, avg, count, min, max, p50, p75, p90, p95, p99, histogram or uniq", where, m.Aggregation)
		}
	}
	field, unique := uniques[m.Measure]
	if unique != (m.Aggregation == "uniq") && (unique && m.Aggregation != aggregationCount || !unique) {
		return badMetrics("%s: %s of %s: different values are counted of %s alone, by uniq or count", where, m.Aggregation, m.Measure, strings.Join(slices.Sorted(maps.Keys(uniques)), " and "))
	}
	rate, isRate := rates[m.Measure]
	switch {
	case unique:
		column := p.column(store.FactField{Name: field})
		out.aggregation = "uniq"
		out.text = func(values []any) any { return values[column] }
	case m.Measure == aggregationCount:
		out.of = func([]any) (float64, bool) { return 1, true }
	case isRate && p.facts.View == store.ViewObservations:
		tokens, first, second := p.column(store.FactField{Name: rate.tokens}), p.column(store.FactField{Name: rate.first}), p.column(store.FactField{Name: rate.second})
		out.of = func(values []any) (float64, bool) { return perSecond(values[tokens], values[first], values[second]) }
	case slices.Contains(plain[p.facts.View], m.Measure):
		kind, _ := store.FactTypeOf(p.facts.View, m.Measure)
		column := p.column(store.FactField{Name: m.Measure})
		out.of = func(values []any) (float64, bool) { return numberOf(values[column], kind) }
	default:
		return badMetrics("%s.measure %q: use one of %s", where, m.Measure, strings.Join(measureNames(p.facts.View), ", "))
	}
	if slices.ContainsFunc(p.measures, func(have measure) bool { return have.name == out.name }) {
		return badMetrics("%s: %s of %s is there twice: ask once", where, m.Aggregation, m.Measure)
	}
	p.measures = append(p.measures, out)
	return nil
}

// perSecond is a count over the first duration that there is; none without time.
func perSecond(count, first, second any) (float64, bool) {
	n, ok := numberOf(count, store.FactNumber)
	if !ok {
		return 0, false
	}
	for _, d := range []any{first, second} {
		if ms, ok := numberOf(d, store.FactDuration); ok {
			return n / ms * microsPerMilli, ms > 0
		}
	}
	return 0, false
}
