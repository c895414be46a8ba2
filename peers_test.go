package langshark_test

// Each test here guards against a defect that was seen in a library of this kind. The first line of its
// comment says which. Those of the pipeline alone are in exporter/peers_test.go.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

// Of a burst at default settings a quarter is gone, and nothing says so.
func TestABurstAtDefaultSettingsIsDeliveredOrCounted(t *testing.T) {
	burst := 20_000
	if raceEnabled {
		burst = 4000
	}
	in, out := strings.Repeat("q", 1024), strings.Repeat("a", 1024)
	for _, name := range []string{"ingestion", "otlp"} {
		t.Run(name, func(t *testing.T) {
			s, cfg := wires[name].server()
			cfg.Logger = slog.New(slog.DiscardHandler)
			c, err := langshark.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			ctx, tr := c.StartTrace(t.Context(), "burst")
			for range burst {
				_, g := langshark.StartGeneration(ctx, "g", langshark.WithModel("gpt-4o"))
				g.SetInput(in)
				g.SetOutput(out)
				g.End()
			}
			tr.End()
			err = c.Shutdown(t.Context())
			st := c.Stats()
			all := int64(burst + 1)
			missing := all - int64(len(s.seen))
			if !wires[name].spans { // there the trace has a record of its own
				all, missing = all+1, missing+1
			}
			var delivery *langshark.DeliveryError
			switch {
			case st.Accepted != all || st.Queued+st.InFlight+st.Spooled != 0 || st.Dropped.Total() != missing || st.Delivered != all-missing:
				t.Errorf("%d are missing, counted: %+v", missing, st)
			case missing > 0 && (!errors.As(err, &delivery) || delivery.Dropped+delivery.Remaining != missing):
				t.Errorf("%d are missing, Shutdown says %v", missing, err)
			case missing == 0 && err != nil:
				t.Error(err)
			}
			t.Logf("%d of %d did not arrive", missing, burst)
		})
	}
}

// A line in the log for each record that is dropped.
func TestAFloodOfDropsIsNoFloodOfLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c, err := langshark.New(langshark.Config{
			Exporter:   &sink{export: func(ctx context.Context, _ []exporter.Record) error { <-ctx.Done(); return ctx.Err() }},
			QueueBytes: 100_000, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 120 {
			for range 500 {
				_, s := c.StartSpan(t.Context(), "s")
				s.End()
			}
			advance(time.Second)
		}
		dropped := c.Stats().Dropped.QueueFull
		if n := strings.Count(log.String(), "\n"); dropped < 100_000 || n < 3 || n > 13 || !strings.Contains(log.String(), "the queue is full") {
			t.Errorf("%d drops, %d lines:\n%.1000s", dropped, n, log.String())
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = c.Shutdown(ctx)
	})
}

// Records are sent with the context of the request that made them, or of the constructor's caller: when
// that is cancelled they are lost, and others of the batch with them.
func TestARequestThatIsCancelledLosesNothing(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		var arrived []string
		leaked := false
		c, err := langshark.New(langshark.Config{Exporter: &sink{export: func(ctx context.Context, records []exporter.Record) error {
			leaked = leaked || ctx.Value(key{}) != nil
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(5 * time.Second):
			}
			for i := range records {
				if o := records[i].Observation; o != nil {
					arrived = append(arrived, o.Name)
				}
			}
			return nil
		}}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		request, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "of the request"))
		ctx, s := c.StartSpan(request, "cancelled while it is sent")
		s.End()
		_, other := c.StartSpan(t.Context(), "of another request")
		other.End()
		advance(3 * time.Second) // the batch is in flight
		_, child := langshark.StartSpan(ctx, "ends after its request")
		cancel()
		child.End()
		if err := c.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if got := strings.Join(arrived, ", "); got != "cancelled while it is sent, of another request, ends after its request" || leaked {
			t.Errorf("arrived: %s; the request's values reach the exporter: %t", got, leaked)
		}
		if err := c.Shutdown(t.Context()); err != nil || c.Stats().Failures != 0 {
			t.Errorf("%v %+v", err, c.Stats())
		}
	})
}

// Flush returns at once with nothing sent; it works once only; what is recorded after it never goes.
func TestAfterFlushTheServerHasIt(t *testing.T) {
	for name, w := range wires {
		t.Run(name, func(t *testing.T) {
			s, cfg := w.server()
			r := record(t, cfg)
			for round := range 3 {
				for range 50 {
					ctx, tr := r.StartTrace(t.Context(), "t")
					_, g := langshark.StartGeneration(ctx, "g")
					g.End()
					tr.End()
				}
				for range 2 {
					r.flush()
				}
				if n := len(s.arrived()); n != 100*(round+1) {
					t.Errorf("after Flush %d the server has %d of %d", round+1, n, 100*(round+1))
				}
			}
		})
	}
}

// Flush and Shutdown report success although the export failed, or discard what failed.
func TestFailuresAreSaid(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kept   bool // for the next Flush
	}{
		"unreachable":   {status: -1, kept: true},
		"500":           {status: 500, body: "{}", kept: true},
		"not the API's": {status: 200, body: "<html>sign in</html>", kept: true},
		"401":           {status: 401, body: `{"message":"no such key"}`, kept: true},
		"400":           {status: 400, body: `{"message":"no"}`},
	} {
		t.Run(name, func(t *testing.T) {
			for name, w := range wires {
				t.Run(name, func(t *testing.T) {
					s, cfg := w.server()
					synctest.Test(t, func(t *testing.T) {
						var broken atomic.Bool
						broken.Store(true)
						s.answer = func(string, []byte) (int, string) {
							if !broken.Load() {
								return 0, ""
							}
							return c.status, c.body
						}
						cfg.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
							if broken.Load() && c.status < 0 {
								return nil, errors.New("connection refused")
							}
							return s.RoundTrip(r)
						})}
						r := record(t, cfg)
						_, span := r.StartSpan(t.Context(), "s")
						span.End()
						var delivery *langshark.DeliveryError
						if err := r.Flush(t.Context()); !errors.As(err, &delivery) || delivery.Err == nil || c.kept && delivery.Remaining == 0 || !c.kept && delivery.Dropped == 0 {
							t.Errorf("Flush says %v", err)
						}
						broken.Store(false)
						advance(time.Minute) // credentials are tried every 30 s
						err, n := r.Flush(t.Context()), len(s.arrived())
						if want := map[bool]int{true: 1, false: 0}[c.kept]; err != nil || n != want {
							t.Errorf("when the server works again: %v, %d of %d arrived", err, n, want)
						}
						_ = r.Shutdown(t.Context())
					})
				})
			}
		})
	}
}

// One value that can't be encoded, or one event that the server refuses, takes its whole batch with it.
func TestABadRecordDoesNotTakeItsBatchAlong(t *testing.T) {
	for name, w := range wires {
		t.Run(name, func(t *testing.T) {
			s, cfg := w.server()
			s.answer = func(_ string, body []byte) (int, string) {
				if bytes.Contains(body, []byte("refused")) {
					return http.StatusBadRequest, `{"message":"no"}`
				}
				return 0, ""
			}
			r := record(t, cfg)
			cycle := map[string]any{}
			cycle["self"] = cycle
			for i, bad := range []any{make(chan int), func() {}, cycle, []float64{1, math.NaN()}, panics{}, string([]byte{0xff, 0}), nil} {
				_, sp := r.StartSpan(t.Context(), fmt.Sprint("bad ", i))
				sp.SetInput(bad)
				sp.SetMetadata("k", bad)
				sp.End()
				_, good := r.StartSpan(t.Context(), fmt.Sprint("good ", i))
				good.End()
			}
			ctx, root := r.StartSpan(t.Context(), "root")
			_, refused := langshark.StartSpan(ctx, "refused")
			refused.End()
			root.End()
			var delivery *langshark.DeliveryError
			if err := r.Flush(t.Context()); !errors.As(err, &delivery) || delivery.Dropped != 1 || r.Stats().Dropped.Rejected != 1 {
				t.Errorf("Flush says %v, %+v", err, r.Stats())
			}
			if n := len(s.arrived()); n != 15 {
				t.Errorf("%d of 15 arrived: %q", n, s.arrived())
			}
		})
	}
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("in MarshalJSON") }

// The HTTP client that one configures is used for one wire and not for the other, or is changed.
func TestTheHTTPClientIsUsedAndLeftAlone(t *testing.T) {
	for name, w := range wires {
		t.Run(name, func(t *testing.T) {
			s, cfg := w.server()
			own := *cfg.HTTPClient
			r := record(t, cfg)
			if err := r.AuthCheck(t.Context()); err != nil {
				t.Error(err)
			}
			_, sp := r.StartSpan(t.Context(), "s")
			sp.End()
			_ = r.RecordScore(t.Context(), "x", langshark.Numeric(1), langshark.WithTraceID(sp.TraceID()))
			r.flush() // the host has no address: another client would fail
			if s.requests < 2 || cfg.HTTPClient.Transport != own.Transport || cfg.HTTPClient.CheckRedirect != nil || cfg.HTTPClient.Timeout != 0 || cfg.HTTPClient.Jar != nil {
				t.Errorf("%d requests, the client is %+v", s.requests, cfg.HTTPClient)
			}
		})
	}
}

// A constructor panics on bad configuration, or needs a server that is up.
func TestConstructorsReturnErrors(t *testing.T) {
	for _, p := range []langshark.Protocol{langshark.ProtocolAuto, langshark.ProtocolIngestion, langshark.ProtocolOTLP} {
		for _, host := range []string{" ", ":", "://", "http://", "http://[::1", "http://a b", "localhost:3000", "ftp://h", "http://%zz", "http://h\x00", "http://user:secret@h"} {
			_, err := langshark.New(langshark.Config{Protocol: p, Host: host, PublicKey: "pk", SecretKey: "sk"})
			if err == nil || !strings.HasPrefix(err.Error(), "langshark: ") || strings.Contains(err.Error(), "secret@") {
				t.Errorf("%s, %q: %v", p, host, err)
			}
		}
		c, err := langshark.New(langshark.Config{Protocol: p, Host: "http://127.0.0.1:1", PublicKey: "pk", SecretKey: "sk", Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Errorf("%s, with the server down: %v", p, err)
			continue
		}
		if err := c.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// Handles that several goroutines share are plain structs: a data race.
func TestSettersOfSharedHandlesDoNotRace(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, tr := r.StartTrace(t.Context(), "t")
	sctx, sp := langshark.StartSpan(ctx, "s")
	_, g := langshark.StartGeneration(ctx, "g")
	setters := []func(i int){
		func(i int) { tr.SetInput(i) },
		func(int) { tr.SetOutput("o") },
		func(i int) { tr.SetMetadata("k", i) },
		func(int) { tr.SetUser("kim") },
		func(int) { tr.SetSession("s") },
		func(i int) { tr.AddTags("a", fmt.Sprint(i)) },
		func(int) { tr.SetLevel(langshark.LevelWarning) },
		func(int) { tr.SetStatusMessage("m") },
		func(int) { tr.Update(langshark.WithTraceName("n")) },
		func(int) { sp.SetInput("i") },
		func(i int) { sp.SetOutput(map[string]int{"i": i}) },
		func(i int) { sp.SetMetadata(fmt.Sprint(i%3), i) },
		func(int) { sp.SetLevel(langshark.LevelDebug) },
		func(int) { sp.SetStatusMessage("m") },
		func(int) { sp.SetError(errTest) },
		func(i int) {
			langshark.UpdateObservation(sctx, langshark.WithVersion("v"), langshark.WithMetadata("x", i))
		},
		func(int) { g.SetInput([]message{{"user", "hi"}}) },
		func(int) { g.SetOutput("hello") },
		func(int) { g.SetModel("gpt-4o") },
		func(i int) { g.SetModelParameters(map[string]any{"temperature": 0.5, "n": i}) },
		func(i int) { g.SetUsage(langshark.Usage{InputTokens: int64(i), Details: map[string]int64{"x": 1}}) },
		func(int) { g.SetCost(langshark.Cost{Total: 1}) },
		func(i int) { g.SetPromptVersion("p", i) },
		func(int) { g.FirstToken() },
		func(int) { g.SetMetadata("k", "v") },
		func(int) { _ = tr.ID() + sp.TraceID() + g.ID() + langshark.Traceparent(sctx) },
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	for _, set := range setters { // each on goroutines that do nothing else, so that no lock of another orders them
		for range 2 {
			wg.Go(func() {
				<-start
				for i := range 50 {
					set(i)
				}
			})
		}
	}
	for _, end := range []func(){g.End, sp.End, tr.End} {
		for range 2 {
			wg.Go(func() {
				<-start
				end()
			})
		}
	}
	close(start)
	wg.Wait()
	if o := r.one("g"); o.ParentID != tr.ObservationID() || r.one("s").ParentID != tr.ObservationID() || r.Stats().Late < 3 {
		t.Errorf("%+v, %+v", o, r.Stats())
	}
}

// User, session and tags are on the root only, so that nothing below it can be found by them.
func TestTraceAttributesAreOnEverySpan(t *testing.T) {
	s := &server{version: "4.0.0"}
	r := record(t, s.config(langshark.ProtocolOTLP))
	ctx, tr := r.StartTrace(t.Context(), "t", langshark.WithUser("kim"), langshark.WithSession("s1"), langshark.WithTags("a"), langshark.WithMetadata("plan", "pro"))
	actx, agent := langshark.StartObservation(ctx, langshark.KindAgent, "agent")
	_, g := langshark.StartGeneration(actx, "g")
	langshark.RecordEvent(actx, "event")
	g.End()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = langshark.Observe("f", func(context.Context, int) (int, error) { return 1, nil })(actx, 1)
	}()
	<-done
	agent.End()
	tr.End()
	r.flush()
	if len(s.spans) != 5 {
		t.Errorf("%d spans", len(s.spans))
	}
	for _, sp := range s.spans {
		for key, want := range map[string]string{"user.id": "kim", "session.id": "s1", "langfuse.trace.name": "t", "langfuse.trace.metadata.plan": "pro"} {
			if sp.attributes[key] != want {
				t.Errorf("%s: %s is %q", sp.name, key, sp.attributes[key])
			}
		}
		if !strings.Contains(sp.attributes["langfuse.trace.tags"], "a") {
			t.Errorf("%s has no tags", sp.name)
		}
	}
}

// Two calls that share a context become each other's parents, because what is open is kept by context.
func TestCallsThatShareAContextStayApart(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, root := r.StartSpan(t.Context(), "root")
	both := make(chan struct{})
	var ready, wg sync.WaitGroup
	ready.Add(2)
	call := langshark.Observe("call", func(ctx context.Context, name string) (string, error) {
		ready.Done()
		<-both // both run
		_, inner := langshark.StartGeneration(ctx, "inside "+name)
		inner.End()
		return langshark.ObservationID(ctx), nil
	})
	ids := make([]string, 2)
	for i := range ids {
		wg.Go(func() { ids[i], _ = call(ctx, fmt.Sprint(i)) })
	}
	ready.Wait()
	close(both)
	wg.Wait()
	root.End()
	for i, id := range ids {
		if o := r.one(fmt.Sprint("inside ", i)); o.ParentID != id {
			t.Errorf("inside %d is below %s, not %s", i, o.ParentID, id)
		}
	}
	for _, o := range r.mem.Observations() {
		if o.Name == "call" && o.ParentID != root.ID() {
			t.Errorf("a call is below %s", o.ParentID)
		}
	}
}

// What an observation knows is replaced by what its last child reports.
func TestUsageStaysWhereItWasSet(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, parent := r.StartGeneration(t.Context(), "parent", langshark.WithModel("a"))
	parent.SetUsage(langshark.Usage{InputTokens: 100})
	_, child := langshark.StartGeneration(ctx, "child", langshark.WithModel("b"))
	child.SetUsage(langshark.Usage{InputTokens: 7})
	child.End()
	parent.End()
	if p, c := r.one("parent").Generation, r.one("child").Generation; p.Usage.InputTokens != 100 || p.Model != "a" || c.Usage.InputTokens != 7 || c.Model != "b" {
		t.Errorf("%+v %+v", p.Usage, c.Usage)
	}
}

// The constructor replaces what the process shares: the default HTTP client and transport, the logger.
func TestNothingGlobalIsChanged(t *testing.T) {
	client, transport, logger := *http.DefaultClient, http.DefaultTransport, slog.Default()
	s := &server{version: "3.0.0"}
	cfg := s.config(langshark.ProtocolAuto)
	r := record(t, cfg)
	ctx, sp := r.StartSpan(t.Context(), "s")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://h/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := langshark.NewTransport(s).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	sp.End()
	_ = r.Shutdown(t.Context())
	now := http.DefaultClient
	if now.Transport != client.Transport || now.CheckRedirect != nil || now.Timeout != 0 || http.DefaultTransport != transport || slog.Default() != logger {
		t.Error("changed")
	}
	if langshark.Default().Enabled() {
		t.Error("a client made itself the default")
	}
}
