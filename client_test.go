package langshark_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/memory"
)

// sink is an exporter made of functions; it takes unfinished observations.
type sink struct {
	export   func(context.Context, []exporter.Record) error
	shutdown atomic.Int32
}

func (s *sink) Export(ctx context.Context, r []exporter.Record) error { return s.export(ctx, r) }
func (s *sink) Shutdown(context.Context) error                        { s.shutdown.Add(1); return nil }
func (s *sink) AcceptsUnfinished() bool                               { return true }

func TestADisabledClientDoesNothing(t *testing.T) {
	for _, v := range []string{"LANGSHARK_PUBLIC_KEY", "LANGSHARK_SECRET_KEY", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"} {
		t.Setenv(v, "")
	}
	var said bytes.Buffer
	c, err := langshark.New(langshark.Config{Logger: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil || c.Enabled() {
		t.Fatal(c.Enabled(), err)
	}
	for _, c := range []*langshark.Client{c, nil, langshark.Default()} {
		ctx := langshark.ContextWithClient(t.Context(), c)
		for _, ctx := range []context.Context{t.Context(), ctx} {
			ctx2, tr := c.StartTrace(ctx, "t", langshark.WithUser("u"))
			ctx3, s := c.StartSpan(ctx2, "s")
			ctx4, g := c.StartGeneration(ctx3, "g")
			if ctx4 != ctx || tr != nil || s != nil || g != nil {
				t.Fatal("something was made")
			}
			tr.SetInput(1)
			tr.Update(langshark.WithUser("u"))
			tr.End()
			s.SetMetadata("k", 1)
			s.SetError(errors.New("e"))
			s.EndAt(time.Now())
			g.SetUsage(langshark.Usage{})
			g.FirstToken()
			g.End()
			c.RecordEvent(ctx, "e")
			langshark.UpdateTrace(ctx, langshark.WithUser("u"))
			if tr.ID()+s.ID()+g.TraceID()+tr.URL()+langshark.TraceID(ctx)+langshark.TraceURL(ctx) != "" {
				t.Error("an id of nothing")
			}
			if err := c.RecordScore(ctx, "x", langshark.Numeric(1)); err != nil {
				t.Error(err)
			}
		}
		if err := errors.Join(c.Flush(t.Context()), c.Shutdown(t.Context())); err != nil || c.Stats().Accepted != 0 {
			t.Error(err)
		}
		if err := c.AuthCheck(t.Context()); !errors.Is(err, langshark.ErrDisabled) {
			t.Error(err)
		}
	}
	if n := strings.Count(said.String(), "nothing is recorded"); n > 1 {
		t.Errorf("said %d times", n)
	}
}

func TestDefaultClient(t *testing.T) {
	r := record(t, langshark.Config{})
	langshark.SetDefault(r.Client)
	defer langshark.SetDefault(nil)
	_, s := langshark.StartSpan(t.Context(), "by default")
	s.End()
	r.one("by default")
	langshark.SetDefault(nil)
	if langshark.Default() == nil || langshark.FromContext(t.Context()).Enabled() {
		t.Error("SetDefault(nil) leaves a client")
	}
}

func TestStartAndEndReturnWhileTheSinkIsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := &sink{export: func(context.Context, []exporter.Record) error { <-release; return nil }}
		c, err := langshark.New(langshark.Config{Exporter: s, FlushAt: 1, QueueBytes: 200_000})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for range 1000 {
			ctx, tr := c.StartTrace(t.Context(), "root")
			_, g := langshark.StartGeneration(ctx, "g")
			g.SetInput(strings.Repeat("x", 1000))
			g.End()
			tr.End()
		}
		if d := time.Since(begun); d != 0 {
			t.Errorf("recording waited %v for the sink", d)
		}
		if st := c.Stats(); st.Bytes > 200_000 || st.Dropped.QueueFull == 0 || st.Accepted != 3000 {
			t.Errorf("%+v", st)
		}
		close(release)
		var delivery *langshark.DeliveryError
		if err := c.Shutdown(t.Context()); !errors.As(err, &delivery) || delivery.Remaining != 0 || delivery.Dropped == 0 {
			t.Errorf("Shutdown hides the loss: %v", err)
		}
		if st := c.Stats(); st.Accepted != st.Delivered+st.Dropped.Total() {
			t.Errorf("%+v", st)
		}
	})
}

func TestLongRunningWorkIsSeenWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := memory.New()
		s := &sink{export: mem.Export}
		c, err := langshark.New(langshark.Config{Exporter: s})
		if err != nil {
			t.Fatal(err)
		}
		ctx, tr := c.StartTrace(t.Context(), "slow", langshark.WithUser("kim"))
		tr.SetInput("question")
		_, quick := langshark.StartSpan(ctx, "quick")
		quick.End()
		advance(3 * time.Second)
		if o := mem.Observations(); len(o) != 2 || len(mem.Traces()) != 1 || mem.Traces()[0].Attributes.UserID != "kim" {
			t.Fatalf("%d observations, %d traces while it runs", len(o), len(mem.Traces()))
		}
		for _, r := range mem.Records() {
			if o := r.Observation; o != nil && (r.Op != exporter.OpCreate || (o.Name == "slow") != o.End.IsZero()) {
				t.Errorf("%v %+v", r.Op, o)
			}
		}
		before := len(mem.Records())
		advance(time.Minute)
		if n := len(mem.Records()); n != before {
			t.Errorf("%d more records of work that goes on", n-before)
		}
		tr.SetOutput("answer")
		tr.End()
		_, open := c.StartSpan(t.Context(), "never ended")
		if err := c.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		open.End() // counted, not sent
		records := mem.Records()
		var ops []string
		for _, r := range records {
			switch {
			case r.Observation != nil:
				ops = append(ops, r.Op.String()+" "+r.Observation.Name)
				if r.Observation.Name == "never ended" && (meta(r.Observation.Metadata, "langshark.unfinished") != "true" || !r.Observation.End.IsZero()) {
					t.Errorf("%+v", r.Observation)
				}
			case r.Trace != nil:
				ops = append(ops, r.Op.String()+" trace "+r.Trace.Attributes.TraceName+" "+jsonOf(r.Trace.Output))
			}
		}
		want := []string{"create quick", "create slow", "create trace slow null", "update slow", `update trace slow "answer"`, "create never ended", "create trace never ended null"}
		if got := strings.Join(ops, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("got:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
		}
	})
}

func TestForgottenObservationsDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{export: func(context.Context, []exporter.Record) error { return nil }}
		c, err := langshark.New(langshark.Config{Exporter: s, QueueBytes: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		for range 100_000 {
			_, _ = c.StartSpan(t.Context(), "never ended")
		}
		advance(5 * time.Second)
		accepted := c.Stats().Accepted
		if err := c.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := c.Stats().Accepted - accepted; n > 2*8*4096 {
			t.Errorf("%d of 100,000 forgotten observations were still held", n/2)
		}
	})
}

func TestShutdownTwiceAndAfterwards(t *testing.T) {
	s := &sink{export: func(context.Context, []exporter.Record) error { return nil }}
	c, err := langshark.New(langshark.Config{Exporter: s})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := c.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := s.shutdown.Load(); n != 1 {
		t.Errorf("the exporter was shut down %d times", n)
	}
	_, span := c.StartSpan(t.Context(), "late")
	span.End()
	if err := c.Flush(t.Context()); err == nil {
		t.Error("Flush hides what was recorded after Shutdown")
	}
	if st := c.Stats(); st.Dropped.AfterShutdown != 2 || st.Accepted != 2 {
		t.Errorf("%+v", st)
	}
}

func TestTracingFlushingAndShuttingDownAtOnce(t *testing.T) {
	mem := memory.New()
	var told atomic.Int64
	s := &sink{export: mem.Export}
	c, err := langshark.New(langshark.Config{Exporter: s, FlushInterval: time.Millisecond, FlushAt: 10, OnError: func(error) { told.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	root, tr := c.StartTrace(t.Context(), "shared")
	var wg sync.WaitGroup
	for g := range 64 {
		wg.Go(func() {
			for i := range 50 {
				ctx, span := langshark.StartSpan(root, "span")
				_, gen := langshark.StartGeneration(ctx, "generation")
				gen.SetInput([]int{i})
				gen.SetUsage(langshark.Usage{InputTokens: 1})
				langshark.UpdateTrace(ctx, langshark.WithTags("t"), langshark.WithMetadata("g", g))
				tr.SetMetadata("shared", i)
				_ = langshark.RecordScore(ctx, "s", langshark.Numeric(1))
				gen.End()
				span.SetOutput("x")
				span.End()
				switch {
				case i%10 == 0:
					_ = c.Flush(t.Context())
				case i == 40 && g == 0:
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					_ = c.Shutdown(ctx)
					cancel()
				}
				st := c.Stats()
				if st.Accepted != st.Delivered+st.Dropped.Total()+st.Queued+st.InFlight {
					t.Errorf("%+v", st)
				}
			}
		})
	}
	wg.Wait()
	tr.End()
	if err := c.Shutdown(t.Context()); err != nil && c.Stats().Dropped.AfterShutdown == 0 {
		t.Error(err)
	}
	if st := c.Stats(); st.Delivered == 0 || st.Queued != 0 || int(st.Delivered) != len(mem.Records()) {
		t.Errorf("%+v, %d records", st, len(mem.Records()))
	}
}

func TestBackgroundErrorsAreToldOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		s := &sink{export: func(context.Context, []exporter.Record) error {
			return &exporter.APIError{StatusCode: 400, Message: "no"}
		}}
		c, err := langshark.New(langshark.Config{Exporter: s, FlushAt: 1, Logger: slog.New(slog.NewTextHandler(&said, nil))})
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			c.RecordEvent(t.Context(), "e")
			synctest.Wait()
		}
		if n := strings.Count(said.String(), "level=WARN"); n != 1 {
			t.Errorf("%d lines for 100 errors at once", n)
		}
		advance(11 * time.Second)
		c.RecordEvent(t.Context(), "e")
		synctest.Wait()
		if !strings.Contains(said.String(), "suppressed=") {
			t.Error(said.String())
		}
		_ = c.Shutdown(t.Context())
	})
}

// advance lets time pass on synctest's clock.
func advance(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // a fake clock
	synctest.Wait()
}
