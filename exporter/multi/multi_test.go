package multi_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
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

// able is a sink that can do everything.
type able struct {
	memory.Exporter
	url      string
	refused  error
	once     bool
	interval time.Duration
	flushed  bool
}

func (a *able) AuthCheck(context.Context) error { return a.refused }
func (a *able) TraceURL(string) string          { return a.url }
func (a *able) AcceptsUnfinished() bool         { return !a.once }
func (a *able) FlushInterval() time.Duration    { return a.interval }
func (a *able) Flush(context.Context) error     { a.flushed = true; return nil }

func TestWhatTheSinksCanDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("no such key")
		a, b := &able{interval: time.Minute}, &able{url: "http://b/t", refused: refused, interval: 5 * time.Second}
		mem := memory.New()
		all := multi.New(multi.Sink{Name: "a", Exporter: a}, multi.Sink{Name: "b", Exporter: b})
		mixed := multi.New(multi.Sink{Name: "a", Exporter: a}, multi.Sink{Name: "memory", Exporter: mem})
		defer func() { _ = errors.Join(all.Shutdown(t.Context()), mixed.Shutdown(t.Context())) }()
		if err := all.AuthCheck(t.Context()); !errors.Is(err, refused) || !strings.Contains(err.Error(), `sink "b"`) {
			t.Errorf("AuthCheck says %v", err)
		}
		if err := mixed.AuthCheck(t.Context()); err != nil {
			t.Error(err)
		}
		if all.TraceURL("t") != "http://b/t" || mixed.TraceURL("t") != "" {
			t.Errorf("URLs %q, %q", all.TraceURL("t"), mixed.TraceURL("t"))
		}
		if !all.AcceptsUnfinished() || mixed.AcceptsUnfinished() {
			t.Error("unfinished observations go to sinks that can't take them twice")
		}
		if all.FlushInterval() != 5*time.Second || mixed.FlushInterval() != time.Minute {
			t.Errorf("intervals %v, %v", all.FlushInterval(), mixed.FlushInterval())
		}
		if err := all.Flush(t.Context()); err != nil || !a.flushed || !b.flushed {
			t.Errorf("Flush: %v", err)
		}
	})
}

func TestErrorsOfSinksAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []string
		e := multi.Config{OnError: func(err error) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, err.Error())
		}}.New(multi.Sink{Name: "dead", Exporter: dead{}})
		_ = e.Export(t.Context(), exportertest.Records())
		_ = e.Shutdown(t.Context())
		if len(told) != 1 || !strings.Contains(told[0], `sink "dead": langshark: sink fails`) {
			t.Errorf("told %q", told)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		defer slog.SetDefault(before)
		e := multi.New(multi.Sink{Name: "dead", Exporter: dead{}, Pipeline: exporter.PipelineConfig{QueueItems: 2, MaxRetries: -1}})
		for range 3 {
			_ = e.Export(t.Context(), exportertest.Records())
			_ = e.Flush(t.Context())
		}
		_ = e.Shutdown(t.Context())
		if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "dead") {
			t.Errorf("%d warnings: %s", n, log.String())
		}
	})
}
