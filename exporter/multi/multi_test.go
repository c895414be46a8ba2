package multi_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/exporter/memory"
	"github.com/langshark/langshark-go/exporter/multi"
	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestContract(t *testing.T) {
	exportertest.Run(t, func(t *testing.T) exportertest.Subject {
		t.Helper()
		mem := memory.New()
		e := multi.New(multi.Sink{Name: "memory", Exporter: mem})
		t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
		return exportertest.Subject{Exporter: e, Arrived: func() []string {
			var ids []string
			for _, r := range mem.Records() {
				ids = append(ids, r.EventID)
			}
			return ids
		}, Check: func(t *testing.T) {
			t.Helper()
			if got := string(mem.Traces()[0].Output.RawJSON()); got != `{"ok":true}` {
				t.Errorf("output became %s", got)
			}
		}}
	})
}

// dead never accepts anything.
type dead struct{}

func (dead) Export(context.Context, []exporter.Record) error { return errors.New("connection refused") }
func (dead) Shutdown(context.Context) error                  { return nil }

func TestADeadSinkDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := memory.New()
		e := multi.New(
			multi.Sink{Name: "dead", Exporter: dead{}, Pipeline: exporter.PipelineConfig{QueueItems: 4}},
			multi.Sink{Name: "memory", Exporter: mem},
		)
		if err := e.Export(t.Context(), exportertest.Records()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := e.Flush(ctx)
		var delivery *exporter.DeliveryError
		if !errors.As(err, &delivery) {
			t.Errorf("Flush says %v", err)
		}
		if n := len(mem.Records()); n != len(exportertest.Records()) {
			t.Errorf("%d records arrived at the live sink", n)
		}
		sinks := e.Sinks()
		if s := sinks["dead"]; s.Delivered != 0 || s.Queued+s.InFlight != 4 || s.Dropped.QueueFull != s.Accepted-4 {
			t.Errorf("dead: %+v", s)
		}
		if s := sinks["memory"]; s.Delivered != s.Accepted {
			t.Errorf("memory: %+v", s)
		}
		_ = e.Shutdown(ctx)
	})
}
