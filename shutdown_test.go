package langshark_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/memory"
)

// slowLog is a handler that hangs until it is let go.
type slowLog struct {
	slog.Handler
	until <-chan struct{}
}

func (h slowLog) Enabled(context.Context, slog.Level) bool { return true }

func (h slowLog) Handle(context.Context, slog.Record) error {
	<-h.until
	return nil
}

// TestShutdownOutlastsTheApplication's callbacks: it ends with its context whatever they do, and within a second without one.
func TestShutdownOutlastsTheApplication(t *testing.T) {
	for name, set := range map[string]func(*langshark.Config, <-chan struct{}){
		"a slow OnStats": func(cfg *langshark.Config, until <-chan struct{}) {
			cfg.OnStats = func(langshark.Stats) { <-until }
		},
		"a slow log": func(cfg *langshark.Config, until <-chan struct{}) {
			cfg.Logger = slog.New(slowLog{slog.DiscardHandler, until})
		},
	} {
		for _, limit := range []time.Duration{0, time.Millisecond, 200 * time.Millisecond, time.Minute} {
			synctest.Test(t, func(t *testing.T) {
				until := make(chan struct{})
				defer close(until)
				cfg := langshark.Config{Exporter: memory.New(), Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
				set(&cfg, until)
				c, err := langshark.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				ctx := t.Context()
				if limit > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, limit)
					defer cancel()
				}
				begun := time.Now()
				if err := c.Shutdown(ctx); err != nil {
					t.Error(err)
				}
				most := time.Second
				if limit > 0 {
					most = min(most, limit+100*time.Millisecond)
				}
				if took := time.Since(begun); took > most {
					t.Errorf("%s: Shutdown with %v took %v", name, limit, took)
				}
			})
		}
	}
}

// TestShutdownWithinOnStats and Flush too, whether Shutdown or the clock has called it.
func TestShutdownWithinOnStats(t *testing.T) {
	for _, byClock := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var c *langshark.Client
			calls := 0
			c, err := langshark.New(langshark.Config{Exporter: memory.New(), Logger: slog.New(slog.DiscardHandler), OnStats: func(langshark.Stats) {
				calls++
				if err := c.Flush(context.Background()); err != nil {
					t.Error(err)
				}
				if err := c.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			_, s := c.StartSpan(t.Context(), "s")
			s.End()
			if byClock {
				advance(11 * time.Second)
			}
			begun := time.Now()
			if err := c.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > 0 {
				t.Errorf("by the clock %t: %v", byClock, took)
			}
			synctest.Wait()
			if want := map[bool]int{false: 1, true: 2}[byClock]; calls != want {
				t.Errorf("by the clock %t: %d calls", byClock, calls)
			}
		})
	}
}

// TestTheLastLineIsLogged also when the exporter has used all of the time.
func TestTheLastLineIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := make(chan struct{})
		defer close(until)
		lines := &countingLog{Handler: slog.DiscardHandler}
		c, err := langshark.New(langshark.Config{Logger: slog.New(lines), Exporter: &sink{export: func(context.Context, []exporter.Record) error {
			<-until
			return nil
		}}})
		if err != nil {
			t.Fatal(err)
		}
		_, s := c.StartSpan(t.Context(), "s")
		s.End()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := c.Shutdown(ctx); err == nil {
			t.Error("nothing is said to be lost")
		}
		if lines.n != 1 {
			t.Errorf("%d lines", lines.n)
		}
	})
}

type countingLog struct {
	slog.Handler
	n int
}

func (h *countingLog) Enabled(context.Context, slog.Level) bool { return true }

func (h *countingLog) Handle(context.Context, slog.Record) error {
	h.n++
	return nil
}
