package query_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

// fact is a row as the test sees it: what it is grouped and filtered by, and its numbers.
type fact struct {
	at      time.Time
	words   map[string]any // text, bool, int64 or []string; absent is missing
	numbers map[string]float64
}

var epoch = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)

// world fills a project at random and returns its rows by view, made from what
// was written, not from what the store answers.
func world(t *testing.T, s store.Store, r *rand.Rand) map[string][]fact {
	t.Helper()
	pick := func(prefix string, n int) string {
		if i := r.IntN(n + 1); i < n {
			return fmt.Sprint(prefix, i)
		}
		return ""
	}
	word := func(m map[string]any, name, value string) {
		if value != "" {
			m[name] = value
		}
	}
	facts := map[string][]fact{}
	b := &store.Batch{ProjectID: "p"}
	for i := range 120 {
		at := epoch.Add(time.Duration(r.IntN(40*24*60)) * time.Minute)
		id := fmt.Sprint("t", i)
		w := store.TraceWrite{
			Stamp: store.NewStamp(at, false, id), ID: id, Timestamp: at, Name: pick("n", 3), UserID: pick("u", 4), SessionID: pick("s", 5), Environment: pick("e", 2), Release: pick("r", 2),
			Version: pick("v", 2),
		}
		for n := range r.IntN(3) {
			w.Tags = append(w.Tags, fmt.Sprint("tag", (i+n)%3))
		}
		if tenant := pick("tenant", 3); tenant != "" {
			w.Metadata = fmt.Appendf(nil, `{"tenant":%q,"n":%d,"yes":true,"deep":{"a":1}}`, tenant, r.IntN(3))
		}
		slices.Sort(w.Tags)
		trace := fact{at: at, words: map[string]any{"id": id, "environment": "default"}, numbers: map[string]float64{}}
		shared := map[string]any{}
		for _, f := range []struct{ name, value string }{{"userId", w.UserID}, {"sessionId", w.SessionID}, {"release", w.Release}} {
			word(shared, f.name, f.value)
		}
		if len(w.Tags) > 0 {
			shared["tags"] = w.Tags
		}
		maps.Copy(trace.words, shared)
		word(trace.words, "name", w.Name)
		word(trace.words, "version", w.Version)
		word(trace.words, "environment", w.Environment)
		word(shared, "traceName", w.Name)
		word(shared, "traceVersion", w.Version)
		var m map[string]any
		if json.Unmarshal(w.Metadata, &m) == nil {
			trace.words["metadata.tenant"], trace.words["metadata.n"], trace.words["metadata.yes"] = m["tenant"], fmt.Sprint(m["n"]), "true"
		}
		b.Traces = append(b.Traces, w)
		count := r.IntN(5)
		var first, last time.Time
		var total, cost float64
		known := false
		for n := range count {
			o := store.ObservationWrite{
				Stamp: store.NewStamp(at, false, id), ID: fmt.Sprintf("%s.%d", id, n), TraceID: id, Kind: []exporter.Kind{exporter.KindSpan, exporter.KindGeneration, exporter.KindTool}[r.IntN(3)],
				Name: pick("o", 3), Start: at.Add(time.Duration(r.IntN(5000)) * time.Millisecond), Version: pick("w", 2), Model: pick("m", 2),
			}
			if n > 0 {
				o.ParentID = id + ".0"
			}
			row := fact{at: o.Start, words: map[string]any{"id": o.ID, "traceId": id, "type": strings.ToUpper(o.Kind.String()), "level": "DEFAULT", "isRootObservation": n == 0}, numbers: map[string]float64{}}
			maps.Copy(row.words, shared)
			row.words["environment"] = trace.words["environment"]
			word(row.words, "name", o.Name)
			word(row.words, "version", o.Version)
			word(row.words, "providedModelName", o.Model)
			word(row.words, "parentObservationId", o.ParentID)
			if r.IntN(4) == 0 {
				l := exporter.LevelError
				o.Level = &l
				row.words["level"] = "ERROR"
			}
			if p := pick("prompt", 2); p != "" {
				o.PromptName, o.PromptVersion = p, 1+r.IntN(2)
				row.words["promptName"], row.words["promptVersion"] = p, int64(o.PromptVersion)
			}
			if first.IsZero() || o.Start.Before(first) {
				first = o.Start
			}
			if r.IntN(5) > 0 {
				o.End = o.Start.Add(time.Duration(1+r.IntN(9_000_000)) * time.Microsecond)
				row.numbers["latency"] = float64(o.End.Sub(o.Start).Microseconds()) / 1000
				if o.End.After(last) {
					last = o.End
				}
				if r.IntN(2) == 0 {
					o.CompletionStart = o.Start.Add(o.End.Sub(o.Start) / 3).Truncate(time.Microsecond)
					row.numbers["timeToFirstToken"] = float64(o.CompletionStart.Sub(o.Start).Microseconds()) / 1000
					row.numbers["streamingLatency"] = float64(o.End.Sub(o.CompletionStart).Microseconds()) / 1000
				}
			}
			if r.IntN(3) > 0 {
				o.Usage = &store.Usage{Unit: "TOKENS", Input: int64(r.IntN(5000)), Output: int64(r.IntN(900))}
				o.Usage.Total = o.Usage.Input + o.Usage.Output
				row.numbers["inputTokens"], row.numbers["outputTokens"], row.numbers["totalTokens"] = float64(o.Usage.Input), float64(o.Usage.Output), float64(o.Usage.Total)
				total += float64(o.Usage.Total)
				if ms := row.numbers["latency"]; ms > 0 {
					row.numbers["tokensPerSecond"] = float64(o.Usage.Total) / ms * 1000
					if row.numbers["streamingLatency"] > 0 {
						ms = row.numbers["streamingLatency"]
					}
					row.numbers["outputTokensPerSecond"] = float64(o.Usage.Output) / ms * 1000
				}
			}
			if r.IntN(2) == 0 {
				c := exporter.NanoUSD(r.Int64N(50_000_000))
				in := c / 3
				o.Cost = &store.Cost{Input: &in, Total: &c}
				row.numbers["totalCost"], row.numbers["inputCost"] = float64(c)/1e9, float64(in)/1e9
				cost, known = cost+float64(c)/1e9, true
			}
			row.numbers["countScores"] = 0
			b.Observations = append(b.Observations, o)
			facts["observations"] = append(facts["observations"], row)
		}
		trace.numbers["observationsCount"], trace.numbers["totalTokens"], trace.numbers["scoresCount"] = float64(count), total, 0
		if known {
			trace.numbers["totalCost"] = cost
		}
		if !last.IsZero() {
			trace.numbers["latency"] = float64(last.Sub(first).Microseconds()) / 1000
		} else if count > 0 {
			delete(trace.numbers, "latency")
			trace.numbers["latency"] = latestStart(b.Observations[len(b.Observations)-count:], first)
		}
		for n := range r.IntN(3) {
			value := math.Round(r.NormFloat64()*1000) / 100
			score := store.ScoreWrite{
				Stamp: store.NewStamp(at, false, id), ID: fmt.Sprintf("%s.s%d", id, n), TraceID: id, Name: pick("q", 1) + "x", Type: exporter.ScoreNumeric, Number: &value, Timestamp: at, Source: "EVAL",
			}
			row := fact{at: at, words: map[string]any{"id": score.ID, "traceId": id, "name": score.Name, "source": "EVAL", "dataType": "NUMERIC", "environment": "default"}, numbers: map[string]float64{"value": value}}
			maps.Copy(row.words, shared)
			view := "scores-numeric"
			if r.IntN(3) == 0 {
				score.Type, score.Text, score.Number = exporter.ScoreCategorical, pick("c", 2)+"y", nil
				row.words["dataType"], row.words["stringValue"] = "CATEGORICAL", score.Text
				delete(row.numbers, "value")
				view = "scores-categorical"
			}
			if count > 0 && r.IntN(2) == 0 {
				at := len(b.Observations) - count
				of := facts["observations"][at]
				score.ObservationID = b.Observations[at].ID
				row.words["observationId"] = score.ObservationID
				of.numbers["countScores"]++
				for from, to := range map[string]string{"name": "observationName", "providedModelName": "observationModelName", "promptName": "observationPromptName", "promptVersion": "observationPromptVersion"} {
					if v, ok := of.words[from]; ok {
						row.words[to] = v
					}
				}
			}
			trace.numbers["scoresCount"]++
			b.Scores = append(b.Scores, score)
			facts[view] = append(facts[view], row)
		}
		facts["traces"] = append(facts["traces"], trace)
	}
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return facts
}

// latestStart is the latency of a trace of which nothing has ended.
func latestStart(list []store.ObservationWrite, first time.Time) float64 {
	last := first
	for _, o := range list {
		if o.Start.After(last) {
			last = o.Start
		}
	}
	return float64(last.Sub(first).Microseconds()) / 1000
}

// answer is what the query should give, computed in the plainest way.
func answer(facts []fact, m *query.Metrics, filter func(fact) bool) map[string]map[string]any {
	type bucket struct {
		numbers map[string][]float64
		words   map[string]map[any]bool
		rows    int
	}
	groups := map[string]*bucket{}
	for _, f := range facts {
		if f.at.Before(m.FromTimestamp) || !f.at.Before(m.ToTimestamp) || !filter(f) {
			continue
		}
		keys := []string{""}
		if m.TimeDimension != nil {
			keys[0] = f.at.Truncate(map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour}[m.TimeDimension.Granularity]).Format("2006-01-02T15:04:05.000Z")
		}
		for _, d := range m.Dimensions {
			name := d.Field
			if d.Key != "" {
				name += "." + d.Key
			}
			var entries []any
			switch v := f.words[name].(type) {
			case []string:
				for _, e := range v {
					entries = append(entries, e)
				}
			default:
				entries = []any{v}
			}
			var next []string
			for _, k := range keys {
				for _, e := range entries {
					next = append(next, fmt.Sprintf("%s|%v", k, e))
				}
			}
			keys = next
		}
		for _, k := range keys {
			g := groups[k]
			if g == nil {
				g = &bucket{numbers: map[string][]float64{}, words: map[string]map[any]bool{"userId": {}}}
				groups[k] = g
			}
			g.rows++
			for name, x := range f.numbers {
				g.numbers[name] = append(g.numbers[name], x)
			}
			if u, ok := f.words["userId"]; ok {
				g.words["userId"][u] = true
			}
		}
	}
	if len(groups) == 0 && len(m.Dimensions) == 0 && m.TimeDimension == nil {
		groups[""] = &bucket{}
	}
	out := map[string]map[string]any{}
	for k, g := range groups {
		out[k] = map[string]any{}
		for _, x := range m.Metrics {
			name := x.Aggregation + "_" + x.Measure
			list := slices.Clone(g.numbers[x.Measure])
			sort.Float64s(list)
			switch {
			case x.Measure == "count":
				out[k][name] = float64(g.rows)
			case x.Aggregation == "uniq":
				out[k][name] = float64(len(g.words["userId"]))
			case x.Aggregation == "count":
				out[k][name] = float64(len(list))
			case x.Aggregation == "sum":
				sum := 0.0
				for _, v := range list {
					sum += v
				}
				out[k][name] = sum
			case len(list) == 0:
				out[k][name] = nil
			case x.Aggregation == "avg":
				sum := 0.0
				for _, v := range list {
					sum += v
				}
				out[k][name] = sum / float64(len(list))
			case x.Aggregation == "min":
				out[k][name] = list[0]
			case x.Aggregation == "max":
				out[k][name] = list[len(list)-1]
			default:
				var q float64
				if _, err := fmt.Sscanf(x.Aggregation, "p%f", &q); err != nil {
					panic(err)
				}
				out[k][name] = list[max(int(math.Ceil(q/100*float64(len(list)))), 1)-1]
			}
		}
	}
	return out
}

var measuresOf = map[string][]string{
	"traces":         {"latency", "observationsCount", "scoresCount", "totalTokens", "totalCost"},
	"observations":   {"latency", "streamingLatency", "timeToFirstToken", "inputTokens", "outputTokens", "totalTokens", "totalCost", "inputCost", "countScores", "tokensPerSecond", "outputTokensPerSecond"},
	"scores-numeric": {"value"}, "scores-categorical": {},
}

var dimensionsOf = map[string][]string{
	"traces": {"name", "version", "metadata.tenant", "metadata.n", "metadata.yes"},
	"observations": {
		"type", "name", "level", "version", "providedModelName", "promptName", "promptVersion", "isRootObservation", "traceName", "traceVersion", "traceId",
	},
	"scores-numeric":     {"name", "source", "traceName", "observationName", "observationModelName", "observationPromptName", "observationPromptVersion", "traceId"},
	"scores-categorical": {"name", "stringValue", "observationName", "traceVersion"},
}

// filtersOf are filters with what they mean.
func filtersOf(view string) []struct {
	filter query.MetricsFilter
	match  func(fact) bool
} {
	text := func(f fact, name string) string { s, _ := f.words[name].(string); return s }
	list := func(f fact) []string { l, _ := f.words["tags"].([]string); return l }
	value := func(v any) json.RawMessage { b, _ := json.Marshal(v); return b }
	type pair = struct {
		filter query.MetricsFilter
		match  func(fact) bool
	}
	all := []pair{
		{query.MetricsFilter{Column: "userId", Operator: "=", Type: "string", Value: value("u1")}, func(f fact) bool { return text(f, "userId") == "u1" }},
		{query.MetricsFilter{Column: "userId", Operator: "does not contain", Type: "string", Value: value("1")}, func(f fact) bool { return !strings.Contains(text(f, "userId"), "1") }},
		{query.MetricsFilter{Column: "userId", Operator: "none of", Type: "stringOptions", Value: value([]string{"u0", "u2"})}, func(f fact) bool { u := text(f, "userId"); return u != "u0" && u != "u2" }},
		{query.MetricsFilter{Column: "tags", Operator: "any of", Type: "arrayOptions", Value: value([]string{"tag0", "tag1"})}, func(f fact) bool { return slices.Contains(list(f), "tag0") || slices.Contains(list(f), "tag1") }},
		{query.MetricsFilter{Column: "tags", Operator: "all of", Type: "arrayOptions", Value: value([]string{"tag0", "tag1"})}, func(f fact) bool { return slices.Contains(list(f), "tag0") && slices.Contains(list(f), "tag1") }},
		{query.MetricsFilter{Column: "tags", Operator: "none of", Type: "arrayOptions", Value: value([]string{"tag0"})}, func(f fact) bool { return !slices.Contains(list(f), "tag0") }},
		{query.MetricsFilter{Column: "release", Operator: "is null", Type: "null"}, func(f fact) bool { return f.words["release"] == nil }},
		{query.MetricsFilter{Column: "sessionId", Operator: "is not null", Type: "null"}, func(f fact) bool { return f.words["sessionId"] != nil }},
		{query.MetricsFilter{Column: "environment", Operator: "any of", Type: "stringOptions", Value: value([]string{"default", "e0"})}, func(f fact) bool { e := text(f, "environment"); return e == "default" || e == "e0" }},
	}
	switch view {
	case "traces":
		all = append(all,
			pair{query.MetricsFilter{Column: "metadata", Key: "tenant", Operator: "=", Type: "stringObject", Value: value("tenant1")}, func(f fact) bool { return f.words["metadata.tenant"] == "tenant1" }},
			pair{query.MetricsFilter{Column: "metadata", Key: "n", Operator: ">=", Type: "numberObject", Value: value(1)}, func(f fact) bool { n := text(f, "metadata.n"); return n == "1" || n == "2" }},
			pair{query.MetricsFilter{Column: "timestamp", Operator: "<", Type: "datetime", Value: value(epoch.AddDate(0, 0, 20))}, func(f fact) bool { return f.at.Before(epoch.AddDate(0, 0, 20)) }})
	case "observations":
		all = append(all,
			pair{query.MetricsFilter{Column: "isRootObservation", Operator: "=", Type: "boolean", Value: value(true)}, func(f fact) bool { return f.words["isRootObservation"] == true }},
			pair{query.MetricsFilter{Column: "latency", Operator: ">", Type: "number", Value: value(3000)}, func(f fact) bool { return f.numbers["latency"] > 3000 }},
			pair{query.MetricsFilter{Column: "totalCost", Operator: "<", Type: "number", Value: value(0.02)}, func(f fact) bool { c, ok := f.numbers["totalCost"]; return ok && c < 0.02 }})
	}
	return all
}

// TestMetricsRandom compares answers to random queries with those computed in
// the plainest way from what was written.
func TestMetricsRandom(t *testing.T) {
	s, reader := open(t)
	r := rand.New(rand.NewPCG(5, 5))
	facts := world(t, s, r)
	for n := range 600 {
		view := []string{"traces", "observations", "scores-numeric", "scores-categorical"}[n%4]
		m := &query.Metrics{View: view, FromTimestamp: epoch.Add(time.Duration(r.IntN(10*24*60)) * time.Minute), Config: query.MetricsConfig{RowLimit: 1000}}
		m.ToTimestamp = m.FromTimestamp.Add(time.Duration(1+r.IntN(40*24*60)) * time.Minute)
		if g := r.IntN(3); g > 0 {
			m.TimeDimension = &query.MetricsTime{Granularity: []string{"hour", "day"}[g-1]}
		}
		fields := append([]string{"userId", "sessionId", "release", "environment", "tags"}, dimensionsOf[view]...)
		for range r.IntN(3) {
			field, key, _ := strings.Cut(fields[r.IntN(len(fields))], ".")
			if d := (query.MetricsDimension{Field: field, Key: key}); !slices.Contains(m.Dimensions, d) {
				m.Dimensions = append(m.Dimensions, d)
			}
		}
		m.Metrics = []query.MetricsMeasure{{Measure: "count", Aggregation: "count"}, {Measure: "uniqueUserIds", Aggregation: "uniq"}}
		for _, name := range measuresOf[view] {
			for _, a := range []string{"sum", "avg", "min", "max", "count", "p50", "p90", "p95", "p99"} {
				if r.IntN(3) == 0 && len(m.Metrics) < 30 {
					m.Metrics = append(m.Metrics, query.MetricsMeasure{Measure: name, Aggregation: a})
				}
			}
		}
		filters := filtersOf(view)
		var chosen []func(fact) bool
		for range r.IntN(3) {
			f := filters[r.IntN(len(filters))]
			m.Filters = append(m.Filters, f.filter)
			chosen = append(chosen, f.match)
		}
		rows, err := reader.Metrics(t.Context(), "p", m)
		if err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
		want := answer(facts[view], m, func(f fact) bool {
			return !slices.ContainsFunc(chosen, func(match func(fact) bool) bool { return !match(f) })
		})
		if len(rows) != len(want) && len(rows) < 1000 {
			t.Errorf("%+v: %d rows, want %d", m, len(rows), len(want))
		}
		for _, row := range rows {
			compareRow(t, m, row, want)
		}
		if t.Failed() {
			return
		}
	}
	if rows, err := reader.Metrics(t.Context(), "other", &query.Metrics{View: "traces", FromTimestamp: epoch, ToTimestamp: epoch.AddDate(1, 0, 0), Metrics: []query.MetricsMeasure{{"count", "count"}}}); err != nil || rows[0]["count_count"] != int64(0) {
		t.Errorf("another project has %v, %v", rows, err)
	}
}

func compareRow(t *testing.T, m *query.Metrics, row map[string]any, want map[string]map[string]any) {
	t.Helper()
	key := ""
	if m.TimeDimension != nil {
		key, _ = row["time_dimension"].(string)
	}
	for _, d := range m.Dimensions {
		name := d.Field
		if d.Key != "" {
			name += "." + d.Key
		}
		key += fmt.Sprintf("|%v", row[name])
	}
	expected, ok := want[key]
	if !ok {
		t.Errorf("%+v: a row %q that should not be there", m, key)
		return
	}
	for name, w := range expected {
		got := row[name]
		if n, ok := got.(int64); ok {
			got = float64(n)
		}
		g, isNumber := got.(float64)
		x, wantsNumber := w.(float64)
		within := 1e-9
		if strings.HasPrefix(name, "p") {
			within = 0.025
		}
		if isNumber != wantsNumber || math.Abs(g-x) > within*math.Abs(x)+1e-9 {
			t.Errorf("%+v: %s of %q is %v, want %v", m, name, key, row[name], w)
		}
	}
}

// TestMetricsHistogram counts all, in bins of one width from the least to the greatest.
func TestMetricsHistogram(t *testing.T) {
	s, reader := open(t)
	b := &store.Batch{ProjectID: "p"}
	for i := range 1000 {
		v := float64(i-300) / 10
		id := fmt.Sprint(i)
		b.Scores = append(b.Scores, store.ScoreWrite{Stamp: store.NewStamp(epoch, false, id), ID: id, TraceID: "t", Name: "q", Type: exporter.ScoreNumeric, Number: &v, Timestamp: epoch})
	}
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	rows, err := reader.Metrics(t.Context(), "p", &query.Metrics{
		View: "scores-numeric", FromTimestamp: epoch, ToTimestamp: epoch.Add(time.Hour), Metrics: []query.MetricsMeasure{{"value", "histogram"}}, Config: query.MetricsConfig{Bins: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	bins, _ := rows[0]["histogram_value"].([][3]float64)
	if len(bins) != 4 || bins[0][0] != -30 || bins[3][1] != 69.9 {
		t.Fatalf("%v", bins)
	}
	sum := 0.0
	for i, bin := range bins {
		sum += bin[2]
		if math.Abs(bin[2]-250) > 25 || i > 0 && bin[0] != bins[i-1][1] {
			t.Errorf("bin %d is %v", i, bin)
		}
	}
	if sum != 1000 {
		t.Errorf("%v in all, want 1000", sum)
	}
}

// TestMetricsExtremes has numbers that no float64 can hold the sum or the spread of.
func TestMetricsExtremes(t *testing.T) {
	s, reader := open(t)
	b := &store.Batch{ProjectID: "p"}
	add := func(name string, values ...float64) {
		for _, v := range values {
			id := fmt.Sprint(len(b.Scores))
			b.Scores = append(b.Scores, store.ScoreWrite{Stamp: store.NewStamp(epoch, false, id), ID: id, TraceID: "t", Name: name, Type: exporter.ScoreNumeric, Number: &v, Timestamp: epoch})
		}
	}
	add("sum", 1.7e308, 1.7e308)
	add("spread", 1.7e308, -1.7e308)
	add("far", 1e300, 1e300, 1)
	add("small", 1e-300, 0, -1e-300)
	add("a\x00|s1:b", 1)
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	rows, err := reader.Metrics(t.Context(), "p", &query.Metrics{
		View: "scores-numeric", FromTimestamp: epoch, ToTimestamp: epoch.Add(time.Hour), Dimensions: []query.MetricsDimension{{Field: "name"}},
		Metrics: []query.MetricsMeasure{{"value", "sum"}, {"value", "p50"}, {"value", "histogram"}, {"value", "avg"}, {"value", "max"}}, OrderBy: []query.MetricsOrder{{"name", "asc"}},
	})
	if err != nil || len(rows) != 5 {
		t.Fatal(rows, err)
	}
	if _, err := json.Marshal(rows); err != nil {
		t.Error(err)
	}
	for i, want := range []struct{ sum, p50 float64 }{{1, 1}, {2e300, 1e300}, {0, 0}, {0, -1.7e308}, {math.MaxFloat64, 1.7e308}} {
		sum, p50 := rows[i]["sum_value"].(float64), rows[i]["p50_value"].(float64)
		if math.Abs(sum-want.sum) > 1e-9*math.Abs(want.sum) || math.Abs(p50-want.p50) > 0.025*math.Abs(want.p50) {
			t.Errorf("%v: want %+v", rows[i], want)
		}
		count := 0.0
		for _, bin := range rows[i]["histogram_value"].([][3]float64) {
			count += bin[2]
		}
		if count == 0 {
			t.Errorf("%v: the histogram is empty", rows[i])
		}
	}
}

// TestMetricsBounded refuses what would take too much memory or time.
func TestMetricsBounded(t *testing.T) {
	s, reader := open(t)
	b := &store.Batch{ProjectID: "p"}
	for i := range 12_000 {
		id := fmt.Sprint(i)
		b.Observations = append(b.Observations, store.ObservationWrite{Stamp: store.NewStamp(epoch, false, id), ID: id, TraceID: "t", Kind: exporter.KindSpan, Start: epoch, End: epoch.Add(time.Duration(i) * time.Microsecond)})
	}
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	m := &query.Metrics{View: "observations", FromTimestamp: epoch, ToTimestamp: epoch.Add(time.Hour), Dimensions: []query.MetricsDimension{{Field: "id"}}}
	for _, name := range []string{"latency", "inputTokens", "outputTokens", "totalTokens", "totalCost", "inputCost"} {
		for _, a := range []string{"p50", "p75", "p90", "p95", "p99"} {
			m.Metrics = append(m.Metrics, query.MetricsMeasure{Measure: name, Aggregation: a})
		}
	}
	if _, err := reader.Metrics(t.Context(), "p", m); !errors.Is(err, store.ErrBadQuery) || !strings.Contains(err.Error(), "groups") {
		t.Errorf("30 percentiles of 12,000 groups: %v", err)
	}
	m.Metrics = m.Metrics[:5]
	if rows, err := reader.Metrics(t.Context(), "p", m); err != nil || len(rows) != 100 {
		t.Errorf("five of them: %d rows, %v", len(rows), err)
	}
}

// TestMetricsOrder sorts and cuts.
func TestMetricsOrder(t *testing.T) {
	s, reader := open(t)
	world(t, s, rand.New(rand.NewPCG(1, 1)))
	m := &query.Metrics{
		View: "observations", FromTimestamp: epoch, ToTimestamp: epoch.AddDate(0, 2, 0), Dimensions: []query.MetricsDimension{{Field: "type"}, {Field: "name"}},
		Metrics: []query.MetricsMeasure{{"count", "count"}}, OrderBy: []query.MetricsOrder{{"type", "desc"}, {"count_count", "asc"}}, Config: query.MetricsConfig{RowLimit: 5},
	}
	rows, err := reader.Metrics(t.Context(), "p", m)
	if err != nil || len(rows) != 5 || rows[0]["type"] != "TOOL" {
		t.Fatal(rows, err)
	}
	for i := 1; i < len(rows) && rows[i]["type"] == "TOOL"; i++ {
		if rows[i]["count_count"].(int64) < rows[i-1]["count_count"].(int64) {
			t.Errorf("row %d: %v after %v", i, rows[i], rows[i-1])
		}
	}
}

// TestMetricsRefused names what is wrong with a query.
func TestMetricsRefused(t *testing.T) {
	_, reader := open(t)
	const span = `"fromTimestamp":"2026-05-04T00:00:00Z","toTimestamp":"2026-06-04T00:00:00Z"`
	const count = `"metrics":[{"measure":"count","aggregation":"count"}]`
	for text, want := range map[string]string{
		`{`:                               "query",
		`{}`:                              "view",
		`{"view":"traces",` + span + `}`:  "metrics",
		`{"view":"traces",` + count + `}`: "fromTimestamp",
		`{"view":"traces",` + span + `,"metrics":[{"measure":"nope","aggregation":"sum"}]}`:                                              "metrics[0].measure",
		`{"view":"traces",` + span + `,"metrics":[{"measure":"latency","aggregation":"p12"}]}`:                                           "metrics[0].aggregation",
		`{"view":"traces",` + span + `,"metrics":[{"measure":"latency","aggregation":"uniq"}]}`:                                          "metrics[0]",
		`{"view":"traces",` + span + `,` + count + `,"dimensions":[{"field":"nope"}]}`:                                                   "dimensions[0]",
		`{"view":"traces",` + span + `,` + count + `,"dimensions":[{"field":"tags"},{"field":"name"},{"field":"tags"}]}`:                 "dimensions[2]",
		`{"view":"traces","fromTimestamp":"2026-09-30","toTimestamp":"2026-10-01",` + count + `}`:                                        "give times as",
		`{"view":"traces",` + span + `,` + count + `,"dimensions":[{"field":"metadata"}]}`:                                               "dimensions[0]",
		`{"view":"traces",` + span + `,` + count + `,"filters":[{"column":"name","operator":"~","type":"string","value":"x"}]}`:          "filters[0].operator",
		`{"view":"traces",` + span + `,` + count + `,"filters":[{"column":"name","operator":"=","type":"string","value":1}]}`:            "filters[0].value",
		`{"view":"traces",` + span + `,` + count + `,"filters":[{"column":"name","operator":"=","type":"words","value":"x"}]}`:           "filters[0].type",
		`{"view":"traces",` + span + `,` + count + `,"filters":[{"column":"latency","operator":"=","type":"string","value":"1"}]}`:       `filters[0].type "string": the column latency`,
		`{"view":"traces",` + span + `,` + count + `,"timeDimension":{"granularity":"second"}}`:                                          "granularity",
		`{"view":"traces",` + span + `,` + count + `,"orderBy":[{"field":"nope","direction":"asc"}]}`:                                    "orderBy[0]",
		`{"view":"traces",` + span + `,` + count + `,"config":{"row_limit":1001}}`:                                                       "row_limit",
		`{"view":"traces",` + span + `,` + count + `,"config":{"bins":-1}}`:                                                              "bins",
		`{"view":"traces",` + span + `,"metrics":[{"measure":"count","aggregation":"count"},{"measure":"count","aggregation":"count"}]}`: "metrics[1]",
	} {
		m, err := query.ParseMetrics(text)
		if err == nil {
			_, err = reader.Metrics(t.Context(), "p", m)
		}
		if !errors.Is(err, store.ErrBadQuery) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error of %s", text, err, want)
		}
	}
}

// filled is a store with something of everything that queries look at.
func filled(f *testing.F) *query.Reader {
	f.Helper()
	s, reader := open(f)
	write := span("a", "", 1_777_852_800)
	write.Input, write.Metadata = json.RawMessage(`"in"`), json.RawMessage(`{"k":{"deep":[1,"x",null]},"n":1e300}`)
	if err := s.Write(f.Context(), &store.Batch{ProjectID: "p", Observations: []store.ObservationWrite{write, span("b", "a", 1_777_852_801)}}); err != nil {
		f.Fatal(err)
	}
	return reader
}

func FuzzMetrics(f *testing.F) {
	f.Add(`{"view":"observations","metrics":[{"measure":"latency","aggregation":"p95"}],"dimensions":[{"field":"metadata","key":"k\u0000"}],"fromTimestamp":"2026-05-04T00:00:00Z","toTimestamp":"2026-06-04T00:00:00Z"}`)
	f.Add(`{"view":"scores-numeric","metrics":[{"measure":"value","aggregation":"histogram"}],"timeDimension":{"granularity":"auto"},"filters":[{"column":"value","operator":">","type":"number","value":1}],"fromTimestamp":"2026-05-04T00:00:00Z","toTimestamp":"2026-06-04T00:00:00Z"}`)
	reader := filled(f)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := query.ParseMetrics(text)
		if err != nil {
			return
		}
		if _, err := reader.Metrics(t.Context(), "p", m); err != nil && !errors.Is(err, store.ErrBadQuery) {
			t.Errorf("%s: %v", text, err)
		}
	})
}

// FuzzRowFilters reads the filters of lists, and lists by those that can be read.
func FuzzRowFilters(f *testing.F) {
	for _, s := range []string{
		`[{"type":"stringObject","column":"metadata","key":"k","operator":"contains","value":"x"}]`, `[{"type":"number","column":"latency","operator":">=","value":1e308}]`,
		`[{"type":"arrayOptions","column":"tags","operator":"all of","value":["a"]},{"type":"datetime","column":"startTime","operator":"<","value":"2026-05-04T00:00:00Z"}]`,
		`[{"type":"string","column":"input","operator":"starts with","value":"\u0000"}]`, `[{"type":"null","column":"level","operator":"is null","value":null}]`,
	} {
		f.Add(s)
	}
	reader := filled(f)
	f.Fuzz(func(t *testing.T, text string) {
		filters, err := query.ParseRowFilters(text)
		if err == nil {
			_, _, err = reader.ObservationRows(t.Context(), "p", store.ObservationQuery{Page: store.Page{Limit: 10}}, filters)
		}
		if err == nil {
			_, err = reader.FilteredScores(t.Context(), "p", store.ScoreQuery{Page: store.Page{Limit: 10}}, filters)
		}
		if err != nil && !errors.Is(err, store.ErrBadQuery) {
			t.Errorf("%s: %v", text, err)
		}
	})
}
