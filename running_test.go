package langshark_test

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
)

// TestWorkThatRunsForLongOnEachWire: the ingestion API learns of it while it runs, and so of work that
// dies; by OTLP each observation comes once, when it has ended. Both get what is open at Shutdown, marked.
func TestWorkThatRunsForLongOnEachWire(t *testing.T) {
	for name, w := range wires {
		t.Run(name, func(t *testing.T) {
			s, cfg := w.server()
			spans := w.spans
			synctest.Test(t, func(t *testing.T) {
				cfg.Logger = slog.New(slog.DiscardHandler)
				c, err := langshark.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				ctx, tr := c.StartTrace(t.Context(), "slow", langshark.WithInput("q"), langshark.WithUser("kim"))
				_, quick := langshark.StartSpan(ctx, "quick")
				quick.End()
				advance(time.Millisecond)
				_, g := langshark.StartGeneration(ctx, "hanging", langshark.WithModel("gpt-4o"))
				advance(3 * time.Second)

				// What a server knows of a process that dies now.
				running := []string{"span-create quick", "span-create slow open", "generation-create hanging open"}
				if spans {
					running = []string{"span quick"}
				}
				requireList(t, "while it runs", s.arrived(), running)
				advance(time.Minute)
				requireList(t, "a minute later", s.arrived(), running)

				tr.SetOutput("a")
				tr.End()
				if err := c.Flush(t.Context()); err != nil {
					t.Error(err)
				}
				ended := append(running, "span-update slow")
				if spans {
					ended = []string{"span quick", "span slow"}
				}
				requireList(t, "when it has ended", s.arrived(), ended)

				_, young := c.StartSpan(t.Context(), "young")
				shutdown := time.Now()
				if err := c.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				last := append(ended, "generation-update hanging open unfinished", "span-create young open unfinished")
				if spans {
					last = []string{"span quick", "span slow", "span hanging unfinished", "span young unfinished"}
				}
				requireList(t, "at Shutdown", s.arrived(), last)
				g.End()
				young.End()
				var delivery *langshark.DeliveryError
				if err := c.Flush(t.Context()); !errors.As(err, &delivery) || c.Stats().Dropped.AfterShutdown == 0 {
					t.Errorf("what ends after Shutdown is not said to be lost: %v", err)
				}
				requireList(t, "after Shutdown", s.arrived(), last)

				for id, n := range s.seen {
					if spans && n != 1 && id != tr.ID() {
						t.Errorf("span %s came %d times", id, n)
					}
				}
				for _, sp := range s.spans {
					if sp.trace == tr.ID() && sp.name != "slow" && sp.parent != tr.ObservationID() || sp.start > sp.end {
						t.Errorf("%+v", sp)
					}
					if sp.name == "hanging" && sp.end != uint64(shutdown.UnixNano()) {
						t.Errorf("what is open ends at %d, Shutdown was at %d", sp.end, shutdown.UnixNano())
					}
				}
			})
		})
	}
}
