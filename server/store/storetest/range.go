package storetest

import (
	"fmt"
	"math"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// testHugeSums writes counts whose sums no int64 holds: they are cut, and all can still be written and read.
func testHugeSums(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	amount := exporter.NanoUSD(math.MaxInt64)
	for batch := range 2 { // into a new trace, then into one that is there
		b := store.Batch{}
		for trace := range 2 {
			id := fmt.Sprint("t", trace)
			b.Traces = append(b.Traces, store.TraceWrite{Stamp: at(0, "e"), ID: id, SessionID: "s"})
			for i := range 3 {
				b.Observations = append(b.Observations, store.ObservationWrite{
					Stamp: at(0, "e"), ID: fmt.Sprint(id, batch, i), TraceID: id, Kind: exporter.KindGeneration,
					Usage: &store.Usage{Input: math.MaxInt64, Output: math.MinInt64, Total: math.MaxInt64},
					Cost:  &store.Cost{Total: &amount},
				})
			}
		}
		write(t, s, b)
		trace, err := s.Trace(t.Context(), projectID, "t0")
		if err != nil {
			t.Fatal(err)
		}
		if r := trace.Rollup; r.InputTokens < store.MaxTokens || r.OutputTokens > -store.MaxTokens || r.TotalTokens < store.MaxTokens || r.Cost == nil || *r.Cost < store.MaxCost {
			t.Errorf("sums of a trace: %+v", r)
		}
		session, err := s.Session(t.Context(), projectID, "s")
		if err != nil || session.TotalTokens < store.MaxTokens || session.Cost == nil || *session.Cost < store.MaxCost {
			t.Errorf("sums of a session: %+v, %v", session, err)
		}
	}
}
