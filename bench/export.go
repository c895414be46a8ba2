package main

import (
	"context"
	"fmt"
	"time"
)

// export measures all of it, from recording to what is on the wire.
func export(ctx context.Context, s settings) error {
	heading("Export", fmt.Sprintf("%d traces of five observations with 1.5 KB of chat as fast as they can be made, in a process of its own, to a sink in another one. "+
		"Queues that would drop are let empty every %d traces; otel-go blocks, henomis keeps all. CPU is that of recording, encoding and sending.", s.blast, chunk))
	subjects := []string{otelPlain, otelGzip, shark, sharkOTLP, sharkOTLPGzip, sharkOTLPKGzip, henomis, datadog, sentryGo}
	m, err := rounds(ctx, s, subjects, task{Kind: kindTraces, Exports: true, N: s.blast, Chunk: chunk})
	if err != nil {
		return err
	}
	const per = 100_000
	var rows [][]string
	for _, name := range subjects {
		rs := m[name]
		seconds := rs.of(func(r result) float64 { return r.CPU.Seconds() / float64(r.N*observations) * per })
		against := otelPlain
		if name == otelGzip || name == sharkOTLPGzip || name == sharkOTLPKGzip {
			against = otelGzip
		}
		_, text := ratio(m.cpu(name), m.cpu(against))
		rows = append(rows, []string{
			name, spread(seconds), fmt.Sprintf("%.0fk", per/median(seconds)/1000), text,
			fmt.Sprintf("%.0f", median(rs.of(func(r result) float64 { return float64(r.Arrived.Bytes) / float64(r.N*observations) }))),
			fmt.Sprintf("%.0f", median(rs.of(func(r result) float64 { return float64(r.Arrived.Requests) }))),
			fmt.Sprintf("%.0f", median(rs.of(func(r result) float64 { return float64(r.Arrived.Largest) }))/1024),
			fmt.Sprintf("%s (%s)", megabytes(int64(median(rs.of(func(r result) float64 { return float64(r.Peak) })))), megabytes(int64(median(rs.of(func(r result) float64 { return float64(r.BaseRSS) }))))),
			arrived(rs, observations),
		})
	}
	table("Export", []string{
		"", "CPU s/100k observations", "observations/CPU s", "ratio to otel-go, gzip to gzip", "wire B/observation", "requests", "largest body KB", "peak RSS MB (at start)", "arrived",
	}, rows)
	return nil
}

// seconds prints a time as the tables do.
func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
