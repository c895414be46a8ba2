package server_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/transfer"
)

// TestComputedIsNotReported: what the server counts and computes is not what was
// sent, so that it isn't exported: it would win over better prices elsewhere.
func TestComputedIsNotReported(t *testing.T) {
	var kept store.Store
	srv := newServer(t, server.WithStore(server.Config{}, func(s store.Store) store.Store {
		kept = s
		return s
	}))
	p, err := srv.AddProject(t.Context(), "priced")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	write := func(id string, w store.ObservationWrite) {
		t.Helper()
		w.Stamp, w.ID, w.TraceID, w.Kind, w.Model, w.Start = store.NewStamp(at, false, "e"+id), id, "t", exporter.KindGeneration, "gpt-4o", at
		if err := kept.Write(t.Context(), &store.Batch{ProjectID: p.ID, Observations: []store.ObservationWrite{w}}); err != nil {
			t.Fatal(err)
		}
	}
	write("counted", store.ObservationWrite{Input: []byte(`"Hello there"`), Output: []byte(`"General Kenobi"`)})
	write("computed", store.ObservationWrite{Usage: &store.Usage{Input: 1000, Total: 1000}})
	for id, want := range map[string]int64{"counted": 2*2500 + 3*10_000, "computed": 1000 * 2500} {
		o, err := kept.Observation(t.Context(), p.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		if o.Cost == nil || int64(*o.Cost.Total) != want || o.Usage == nil || o.ReportedCost() != nil || (o.ReportedUsage() == nil) != (id == "counted") {
			t.Errorf("%s: usage %+v, cost %+v, reported %+v, %+v", id, o.Usage, o.Cost, o.ReportedUsage(), o.ReportedCost())
		}
	}
	var out bytes.Buffer
	if _, err := srv.Export(t.Context(), p.ID, &out, transfer.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, `"cost":`) || strings.Count(text, `"usage":`) != 1 {
		t.Errorf("exported: %s", text)
	}
}

func TestImportPricesReadOnly(t *testing.T) {
	dir := t.TempDir()
	newServer(t, server.Config{DataDir: dir}).SignInURL()
	srv, err := server.New(server.Config{DataDir: dir, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Shutdown(t.Context())
	if _, err := srv.ImportPrices(strings.NewReader("x")); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("import: %v", err)
	}
	if err := srv.Reprice(t.Context(), "nobody", time.Time{}, time.Time{}, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("reprice: %v", err)
	}
}
