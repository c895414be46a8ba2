package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/ingestion"
)

// The load of the goals: traces of eight observations, half of them with 2 KB
// of input and 1 KB of output, in batches of 256 observations.
const (
	batchSize   = 256
	traceSize   = 8
	inputBytes  = 2048
	outputBytes = 1024
)

// records makes traces of observations, as a client sends them at their ends.
func records(a *author, observations int) []exporter.Record {
	list := make([]exporter.Record, 0, observations/traceSize*(traceSize+1))
	for range observations / traceSize {
		trace := a.id(32)
		start := time.Now()
		attributes := &exporter.Attributes{
			TraceName: "bench", UserID: fmt.Sprint("u", a.IntN(5000)), SessionID: a.session(), Tags: []string{"a", fmt.Sprint("team-", a.IntN(20))},
			Metadata: []exporter.KeyValue{{Key: "tenant", Value: exporter.Text(strconv.Itoa(a.IntN(300)))}, {Key: "region", Value: exporter.Text("kr")}},
		}
		root := trace[:16]
		for i := range traceSize {
			o := &exporter.Observation{
				ID: a.id(16), TraceID: trace, ParentID: root, Kind: exporter.KindTool,
				Name: fmt.Sprint("step", i), Start: start, End: start.Add(time.Second), Attributes: attributes,
			}
			if i == 0 {
				o.ID, o.ParentID = root, ""
			}
			if i%2 == 0 {
				o.Kind = exporter.KindGeneration
				o.Input, o.Output = exporter.Text(a.prompt(inputBytes)), exporter.Text(a.prompt(outputBytes))
				o.Generation = &exporter.Generation{Model: "gpt-4o", Usage: &exporter.Usage{InputTokens: 500, OutputTokens: 250}}
			}
			list = append(list, exporter.Record{EventID: uuid.NewString(), Time: start, Observation: o})
		}
		list = append(list, exporter.Record{EventID: uuid.NewString(), Time: start, Trace: &exporter.Trace{ID: trace, Start: start, Attributes: *attributes}})
	}
	return list
}

// body is that of a request with the records.
func body(list []exporter.Record) []byte {
	b := []byte(`{"batch":[`)
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = ingestion.AppendEvent(b, &list[i], ingestion.DialectV3)
	}
	return append(b, `]}`...)
}

// bodies are requests of so many observations each.
func bodies(a *author, observations, each int) [][]byte {
	list := make([][]byte, 0, observations/each)
	for range observations / each {
		list = append(list, body(records(a, each)))
	}
	return list
}
