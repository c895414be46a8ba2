package langshark_test

import (
	"context"
	"log/slog"
	"testing"
	"unsafe"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/memory"
	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// recorder is a client whose records are kept.
type recorder struct {
	*langshark.Client
	t   *testing.T
	mem *memory.Exporter
}

func record(t *testing.T, cfg langshark.Config) *recorder {
	t.Helper()
	mem := memory.New()
	if cfg.Exporter == nil && cfg.Host == "" {
		cfg.Exporter = mem
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c, err := langshark.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Shutdown(context.Background())
		s := c.Stats()
		if sum := s.Delivered + s.Dropped.Total() + s.Queued + s.InFlight + s.Spooled; sum != s.Accepted {
			t.Errorf("accepted %d, but the rest adds up to %d: %+v", s.Accepted, sum, s)
		}
	})
	return &recorder{c, t, mem}
}

func (r *recorder) flush() *recorder {
	r.t.Helper()
	if err := r.Flush(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// one returns the only observation of the name.
func (r *recorder) one(name string) *exporter.Observation {
	r.t.Helper()
	var found *exporter.Observation
	for _, o := range r.flush().mem.Observations() {
		if o.Name == name {
			if found != nil {
				r.t.Fatalf("two observations are named %q", name)
			}
			found = o
		}
	}
	if found == nil {
		r.t.Fatalf("no observation is named %q", name)
	}
	return found
}

// trace returns the only trace.
func (r *recorder) trace() *exporter.Trace {
	r.t.Helper()
	traces := r.flush().mem.Traces()
	if len(traces) != 1 {
		r.t.Fatalf("%d traces", len(traces))
	}
	return traces[0]
}

func jsonOf(v exporter.Value) string { return string(v.AppendJSON(nil)) }

// meta returns one value of metadata as JSON, or "".
func meta(kvs []exporter.KeyValue, key string) string {
	for _, kv := range kvs {
		if kv.Key == key {
			return jsonOf(kv.Value)
		}
	}
	return ""
}

// unsafeString returns a string in b's memory.
func unsafeString(b []byte) string { return unsafe.String(&b[0], len(b)) }
