package langshark_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"expvar"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/memory"
)

func TestStatsAreAnExpvar(t *testing.T) {
	r := record(t, langshark.Config{})
	_, s := r.StartSpan(t.Context(), "s")
	s.End()
	r.flush()
	var v expvar.Var = expvar.Func(func() any { return r.Stats() })
	var viaFunc, direct struct{ Accepted, Delivered int64 }
	if err := json.Unmarshal([]byte(v.String()), &viaFunc); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(r.Stats().String()), &direct); err != nil || direct != viaFunc || direct.Delivered != 2 {
		t.Errorf("%v: %+v, %+v", err, viaFunc, direct)
	}
}

func TestShutdownLogsTheCounts(t *testing.T) {
	for _, c := range []struct {
		export error
		want   []string
	}{
		{nil, []string{"level=INFO", "accepted=2", "delivered=2", "dropped=0"}},
		{&exporter.APIError{StatusCode: 400}, []string{"level=WARN", "accepted=2", "delivered=0", "dropped=2", "dropped_rejected=2"}},
	} {
		var log bytes.Buffer
		client, err := langshark.New(langshark.Config{
			Exporter: &sink{export: func(context.Context, []exporter.Record) error { return c.export }},
			Logger:   slog.New(slog.NewTextHandler(&log, nil)), OnError: func(error) {},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, s := client.StartSpan(t.Context(), "s")
		s.End()
		for range 2 {
			_ = client.Shutdown(t.Context())
		}
		for _, w := range c.want {
			if strings.Count(log.String(), w) != 1 {
				t.Errorf("%q is not once in: %s", w, log.String())
			}
		}
	}
}

func TestOnStatsIsToldWhileCountsChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []langshark.Stats
		client, err := langshark.New(langshark.Config{
			Exporter: memory.New(), Logger: slog.New(slog.DiscardHandler),
			OnStats: func(s langshark.Stats) {
				told = append(told, s)
				if len(told) == 1 {
					panic("in OnStats")
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, s := client.StartSpan(t.Context(), "s")
		s.End()
		time.Sleep(65 * time.Second) //nolint:forbidigo // a fake clock
		synctest.Wait()
		if len(told) != 1 || told[0].Delivered != 2 {
			t.Errorf("told %+v", told)
		}
		_, s = client.StartSpan(t.Context(), "s")
		s.End()
		if err := client.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(told) != 2 || told[1].Delivered != 4 {
			t.Errorf("told %+v", told)
		}
	})
}

func TestTheSpoolOutlivesTheClient(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("connection refused")
		first, err := langshark.New(langshark.Config{
			Exporter: &sink{export: func(context.Context, []exporter.Record) error { return down }},
			SpoolDir: dir, SpoolKey: bytes.Repeat([]byte("k"), 32), OnError: func(error) {}, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, tr := first.StartTrace(t.Context(), "kept", langshark.WithUser("kim"), langshark.WithTags("a"))
		_, g := langshark.StartGeneration(ctx, "g", langshark.WithModel("gpt-4o"), langshark.WithInput([]message{{"user", "hi"}}))
		g.SetUsage(langshark.Usage{InputTokens: 3, Details: map[string]int64{"x": 1}})
		g.End()
		if err := langshark.RecordScore(ctx, "good", langshark.Boolean(true)); err != nil {
			t.Fatal(err)
		}
		tr.End()
		limited, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		var delivery *langshark.DeliveryError
		if err := first.Shutdown(limited); !errors.As(err, &delivery) || delivery.Spooled != 4 || delivery.Remaining != 0 {
			t.Errorf("Shutdown says %v", err)
		}

		mem := memory.New()
		next, err := langshark.New(langshark.Config{Exporter: mem, SpoolDir: dir, SpoolKey: bytes.Repeat([]byte("k"), 32), Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second) //nolint:forbidigo // a fake clock
		if s := next.Stats(); s.Adopted != 4 || s.Delivered != 4 {
			t.Errorf("%+v", s)
		}
		if err := next.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if len(mem.Traces()) != 1 || len(mem.Observations()) != 2 || mem.Traces()[0].Attributes.UserID != "kim" {
			t.Errorf("arrived: %+v", mem.Traces())
		}
	})
}

func TestSpoolConfigIsChecked(t *testing.T) {
	for want, cfg := range map[string]langshark.Config{
		"SpoolKey":   {SpoolKey: make([]byte, 32)},
		"Config.Key": {SpoolDir: t.TempDir(), SpoolKey: []byte("short")},
		"MaxBytes":   {SpoolDir: t.TempDir(), SpoolBytes: 5},
		"Capture":    {Capture: 9},
	} {
		cfg.Exporter = memory.New()
		if _, err := langshark.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
