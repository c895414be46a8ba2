package main

import (
	"context"
	"fmt"
)

// memory shows what an outage costs the process.
func memory(ctx context.Context, s settings) error {
	heading("Memory in an outage", fmt.Sprintf("The sink goes away, and traces are recorded without a pause until their chats alone are %d times the %d MiB that langshark's queue may take. "+
		"The others have no such bound, so the multiple is of the same number. Then the sink is back and the SDK is closed.", s.offered, s.budget>>20))
	subjects := []string{shark, sharkOTLP, otelDefault, otelPlain, henomis, datadog, sentryGo}
	m, err := rounds(ctx, settings{rounds: min(s.rounds, 3), limit: s.limit, profile: s.profile}, subjects, task{Kind: kindOutage, Exports: true, To: target{QueueBytes: s.budget}, Warmup: chunk / 5, Offer: s.budget * int64(s.offered), Closing: s.closing})
	if err != nil {
		return err
	}
	var rows [][]string
	for _, name := range subjects {
		rs := m[name]
		growth := rs.of(func(r result) float64 { return float64(r.Peak - r.BaseRSS) })
		middle := rs[len(rs)/2]
		rows = append(rows, []string{
			name, fmt.Sprintf("%.1f×", median(rs.of(func(r result) float64 { return float64(r.Offered) }))/float64(s.budget)),
			megabytes(int64(median(rs.of(func(r result) float64 { return float64(r.BaseRSS) })))),
			fmt.Sprintf("+%s", megabytes(int64(median(growth)))), fmt.Sprintf("%.2f×", median(growth)/float64(s.budget)),
			micros(middle.P50), micros(middle.P99), counted(middle.Stats),
			percent(middle.Arrived.Observations, middle.N*observations), percent(middle.Arrived.Generations, middle.N),
		})
	}
	table("Resident memory", []string{"", "offered", "before MB", "growth MB", "growth / budget", "p50 µs", "p99 µs", "what the SDK counts", "arrived", "of the generations"}, rows)
	return nil
}
