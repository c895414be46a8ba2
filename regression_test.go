package langshark_test

// Each test here guards against a defect that was found by using the package.

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

func TestAttributesAreEncodedWhenTheyAreGiven(t *testing.T) {
	masked := 0
	r := record(t, langshark.Config{Mask: langshark.MaskFunc(func(m langshark.MaskText) (string, error) {
		masked++
		return strings.ReplaceAll(m.Text, "secret", "***"), nil
	})})
	m := map[string]string{"a": "secret"}
	ctx := langshark.WithTraceAttributes(with(t, r), langshark.WithMetadata("cfg", m))
	m["a"], m["b"] = "changed", "added"
	for range 5 {
		_, s := langshark.StartSpan(ctx, "s")
		s.End()
	}
	r.flush()
	for _, o := range r.mem.Observations() {
		if got := meta(o.Attributes.Metadata, "cfg"); got != `{"a":"***"}` {
			t.Fatalf("recorded %s", got)
		}
	}
	if masked != 1 {
		t.Errorf("the mask ran %d times", masked)
	}
}

func TestAttributesAndJoinsReachAnExplicitClient(t *testing.T) {
	mask := func(m langshark.MaskText) (string, error) { return strings.ReplaceAll(m.Text, "secret", "***"), nil }
	r := record(t, langshark.Config{Mask: langshark.MaskFunc(mask)})
	// The context holds no client, and the default one is disabled.
	ctx := langshark.WithTraceAttributes(t.Context(), langshark.WithUser("kim"), langshark.WithMetadata("k", "secret"))
	ctx = langshark.ContextWithTraceparent(ctx, validTraceparent)
	ctx, s := r.StartSpan(ctx, "s")
	_, child := langshark.StartSpan(ctx, "child")
	child.End()
	s.End()
	o := r.one("s")
	if o.TraceID != validTraceparent[3:35] || o.ParentID != validTraceparent[36:52] || o.Attributes.UserID != "kim" || meta(o.Attributes.Metadata, "k") != `"***"` {
		t.Errorf("%+v %+v", o, o.Attributes)
	}
	if c := r.one("child"); c.ParentID != o.ID || c.Attributes.UserID != "kim" {
		t.Errorf("%+v", c)
	}
	if tr := r.trace(); tr.Attributes.UserID != "kim" || tr.Attributes.TraceName != "" {
		t.Errorf("the joined trace did not get its user: %+v", tr)
	}
}

func TestAllThatAnEntryHoldsIsCounted(t *testing.T) {
	big := strings.Repeat("x", 100_000)
	for name, run := range map[string]func(ctx context.Context, c *langshark.Client, big string){
		"trace metadata": func(ctx context.Context, c *langshark.Client, big string) {
			_, tr := c.StartTrace(ctx, "t", langshark.WithMetadata("k", big))
			tr.End()
		},
		"overlay": func(ctx context.Context, c *langshark.Client, big string) {
			_, s := c.StartSpan(langshark.WithTraceAttributes(ctx, langshark.WithMetadata("k", big)), "s")
			s.End()
		},
		"name": func(ctx context.Context, c *langshark.Client, big string) {
			_, s := c.StartSpan(ctx, big)
			s.End()
		},
		"comment": func(ctx context.Context, c *langshark.Client, big string) {
			_ = c.RecordScore(ctx, "s", langshark.Numeric(1), langshark.WithTraceID("t"), langshark.WithComment(big))
		},
		"user": func(ctx context.Context, c *langshark.Client, big string) {
			_, tr := c.StartTrace(ctx, "t", langshark.WithUser(big))
			tr.End()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sink{export: func(ctx context.Context, _ []exporter.Record) error { <-ctx.Done(); return ctx.Err() }}
			c, err := langshark.New(langshark.Config{Exporter: s, QueueBytes: 1 << 20, CopyStrings: true, OnError: func(error) {}})
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for range 500 {
				run(t.Context(), c, big)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 10<<20 {
				t.Errorf("the heap grew by %d MB with a queue of 1 MB", grown>>20)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_ = c.Shutdown(ctx)
		})
	}
}

func TestTheMaskSeesWhatIsCut(t *testing.T) {
	r := record(t, langshark.Config{Mask: langshark.MaskFunc(func(m langshark.MaskText) (string, error) {
		if m.Key == "password" {
			return "***", nil
		}
		return strings.ReplaceAll(m.Text, "kim@example.com", "<EMAIL>"), nil
	})})
	_, s := r.StartSpan(t.Context(), "s")
	s.SetInput(map[string]string{"password": "hunter2", "z": strings.Repeat("x", langshark.MaxValueBytes)})
	s.SetOutput(strings.Repeat("x", langshark.MaxValueBytes-40) + "kim@example.com" + strings.Repeat("y", 100))
	s.End()
	o := r.one("s")
	if strings.Contains(jsonOf(o.Input), "hunter2") || strings.Contains(jsonOf(o.Output), "kim@") {
		t.Errorf("unmasked: %.60s … %s", jsonOf(o.Input), jsonOf(o.Output)[langshark.MaxValueBytes-60:])
	}
}

// reentrant calls the package from its MarshalJSON.
type reentrant struct{ do func() }

func (r reentrant) MarshalJSON() ([]byte, error) { r.do(); return []byte(`"x"`), nil }

func TestEncodingMayCallThePackage(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, g := r.StartGeneration(t.Context(), "g")
	v := reentrant{func() {
		g.SetMetadata("inner", 1)
		langshark.UpdateTrace(ctx, langshark.WithTags("inner"))
	}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.SetInput(v)
		langshark.UpdateObservation(ctx, langshark.WithInput(v), langshark.WithMetadata("k", v))
		langshark.UpdateTrace(ctx, langshark.WithInput(v), langshark.WithMetadata("k", v))
		g.SetModelParameters(map[string]any{"k": v})
		g.End()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("deadlock")
	}
	if o := r.one("g"); jsonOf(o.Input) != `"x"` || meta(o.Metadata, "inner") != "1" {
		t.Errorf("%+v", o)
	}
}

func TestWrapperOptionsDoNotRaceWithShutdown(t *testing.T) {
	for range 20 {
		s := &sink{export: func(context.Context, []exporter.Record) error { return nil }}
		c, err := langshark.New(langshark.Config{Exporter: s})
		if err != nil {
			t.Fatal(err)
		}
		ctx := langshark.ContextWithClient(t.Context(), c)
		f := langshark.ObserveErr0("f", func(context.Context) error { return nil }, langshark.WithVersion("v1"), langshark.WithMetadata("k", 1))
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 200 {
				_ = f(ctx)
			}
		}()
		_ = c.Shutdown(t.Context())
		<-done
	}
}

func TestInvalidUTF8IsMended(t *testing.T) {
	r := record(t, langshark.Config{})
	_, s := r.StartSpan(t.Context(), "s")
	s.SetInput(json.RawMessage("{\"a\":\"\xff\"}"))
	s.End()
	if got := jsonOf(r.one("s").Input); got != "{\"a\":\"\ufffd\"}" {
		t.Errorf("%q", got)
	}
}

func TestTransportErrorsHideQueries(t *testing.T) {
	r := record(t, langshark.Config{})
	for name, err := range map[string]error{
		"url.Error": &url.Error{Op: "Get", URL: "http://h/x?key=SECRET", Err: errors.New("refused")},
		"text":      errors.New("GET http://h/x?key=SECRET failed"),
	} {
		base := roundTrip(func(*http.Request) (*http.Response, error) { return nil, err })
		ctx, root := r.StartSpan(t.Context(), name)
		req, reqErr := http.NewRequestWithContext(ctx, http.MethodGet, "http://h/x?key=SECRET", nil)
		if reqErr != nil {
			t.Fatal(reqErr)
		}
		if _, got := langshark.NewTransport(base).RoundTrip(req); !errors.Is(got, err) {
			t.Errorf("the application gets %v", got)
		}
		root.End()
	}
	for _, o := range r.flush().mem.Observations() {
		if strings.Contains(o.StatusMessage, "SECRET") {
			t.Errorf("%q", o.StatusMessage)
		}
	}
}

func TestNilContextsAndMaps(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, s := r.StartSpan(t.Context(), "s")
	s.End()
	langshark.InjectMap(ctx, nil)
	langshark.InjectHeader(ctx, nil)
	//nolint:staticcheck // nil contexts must not panic
	if err := errors.Join(r.Flush(nil), r.AuthCheck(nil), r.Shutdown(nil)); err != nil {
		t.Error(err)
	}
}
