package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// chunk keeps the queues as short as a steady load does.
const chunk = 500

// hotPath compares what recording costs: first with all that follows from it,
// the encoding and the sending, then without.
func hotPath(ctx context.Context, s settings) error {
	heading("Hot path", fmt.Sprintf("CPU is user and system time of the whole process, so caller and worker; caller is the time in the SDK's calls by the clock. "+
		"A process for each measurement, %d traces or %d spans; ratios are medians over the rounds, with the range without the lowest and the highest.", s.traces, s.spans))
	exporting := []string{otelPlain, shark, sharkOTLP, henomis, datadog, sentryGo}
	discarding := []string{otelPlain, shark, sentryGo}
	var ratios [2]float64
	for i, form := range []struct {
		title    string
		exports  bool
		subjects []string
	}{
		{"exported over HTTP, uncompressed, to a sink in another process", true, exporting},
		{"exports discarded (the others have no place for that)", false, discarding},
	} {
		traces, err := rounds(ctx, s, form.subjects, task{Kind: kindTraces, Exports: form.exports, N: s.traces, Chunk: chunk, Warmup: chunk / 2})
		if err != nil {
			return err
		}
		hotTable("A trace of five observations with 1.5 KB of chat, "+form.title, form.subjects, traces, form.exports, observations)
		ratios[i], _ = ratio(traces.cpu(shark), traces.cpu(otelPlain))
		spans, err := rounds(ctx, s, form.subjects, task{Kind: kindSpans, Exports: form.exports, N: s.spans, Chunk: chunk, Warmup: chunk / 2})
		if err != nil {
			return err
		}
		hotTable("A bare span, start and End, "+form.title, form.subjects, spans, form.exports, 1)
	}
	fmt.Printf("\nlangshark's CPU for a trace against otel-go's: %.2f× with the export, %.2f× without.\n", ratios[0], ratios[1])
	return nil
}

func hotTable(title string, subjects []string, m measured, exports bool, each int64) {
	columns := []string{"", "CPU µs", "ratio to otel-go", "caller µs", "B", "allocations"}
	if exports {
		columns = append(columns, "arrived")
	}
	var rows [][]string
	for _, name := range subjects {
		rs := m[name]
		_, text := ratio(m.cpu(name), m.cpu(subjects[0]))
		row := []string{
			name, micros(time.Duration(median(m.cpu(name)))), text,
			micros(time.Duration(median(rs.of(func(r result) float64 { return float64(r.Caller) / float64(r.N) })))),
			fmt.Sprintf("%.0f", median(rs.of(func(r result) float64 { return float64(r.Bytes) / float64(r.N) }))),
			fmt.Sprintf("%.1f", median(rs.of(func(r result) float64 { return float64(r.Allocs) / float64(r.N) }))),
		}
		if exports {
			row = append(row, arrived(rs, each))
		}
		rows = append(rows, row)
	}
	table(title, columns, rows)
}

// arrived is the worst of the rounds. Warm-ups and the running trace of bare
// spans arrive too.
func arrived(rs results, each int64) string {
	worst := slices.MinFunc(rs, func(a, b result) int { return int(a.Arrived.Observations - b.Arrived.Observations) })
	return percent(min(worst.Arrived.Observations, worst.N*each), worst.N*each)
}

// results are those of one subject, a round each; measured those of all subjects.
type (
	results  []result
	measured map[string]results
)

func (rs results) of(f func(result) float64) []float64 {
	list := make([]float64, len(rs))
	for i, r := range rs {
		list[i] = f(r)
	}
	return list
}

// cpu is that of one step in nanoseconds, for each round.
func (m measured) cpu(name string) []float64 {
	return m[name].of(func(r result) float64 { return float64(r.CPU) / float64(r.N) })
}

// rounds measures each subject once a round, in turn.
func rounds(ctx context.Context, s settings, subjects []string, of task) (measured, error) {
	all := measured{}
	for range s.rounds {
		for _, name := range subjects {
			of.Subject = name
			r, err := measure(ctx, s, of, 0)
			if err != nil {
				return nil, err
			}
			all[name] = append(all[name], r)
		}
	}
	return all, nil
}
