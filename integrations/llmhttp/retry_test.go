package llmhttp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/langsharktest"
)

// reply is one answer of a scripted transport.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

func script(replies ...reply) roundTripper {
	next := 0
	return func(r *http.Request) (*http.Response, error) {
		re := replies[next]
		next++
		if re.err != nil {
			return nil, re.err
		}
		resp, err := respond(re.status, "application/json", stream(re.body))(r)
		maps.Copy(resp.Header, re.header)
		return resp, err
	}
}

// marked sends a request as an SDK does that counts its attempts.
func marked(ctx context.Context, t *testing.T, rt http.RoundTripper, count int, body string) {
	t.Helper()
	req := newRequest(ctx, t, body)
	req.Header.Set(retryHeader, strconv.Itoa(count))
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return
	}
	synctest.Wait() // the answer takes its time
	_, _ = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
}

func attempts(t *testing.T, o *exporter.Observation) (list []map[string]any) {
	t.Helper()
	if text := langsharktest.Metadata(o, "langshark.attempts"); text != "" {
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

const overloaded = `{"error":{"message":"overloaded"}}`

func TestUnmarkedRequestsAreCalls(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	rt := NewTransport(script(reply{status: 500, body: overloaded}, reply{status: 200, body: answer}))
	send(rec.Context(), t, rt, ask+`}`)
	send(rec.Context(), t, rt, ask+`}`)
	if all := rec.Observations(); len(all) != 2 || all[0].Level != langshark.LevelError || all[1].Level != langshark.LevelDefault {
		t.Errorf("recorded:\n%s", rec.Tree())
	}
}

func TestMarkedAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := langsharktest.NewRecorder(t)
		ctx, root := langshark.StartTrace(rec.Context(), "turn")
		rt := NewTransport(script(
			reply{status: 429, body: overloaded, header: http.Header{"Retry-After": {"3"}}},
			reply{err: errors.New("connection reset")},
			reply{status: 200, body: answer},
		))
		for i, pause := range []time.Duration{0, 3 * time.Second, time.Second} {
			<-time.After(pause)
			marked(ctx, t, rt, i, ask+`}`)
		}
		root.End()
		o := rec.RequireObservation("chat gpt-4o")
		if o.Level != langshark.LevelDefault || o.StatusMessage != "" || o.End.Sub(o.Start) != 4*time.Second || langsharktest.JSON(o.Output) == "" {
			t.Errorf("got %+v", o)
		}
		list := attempts(t, o)
		if len(list) != 3 || list[0]["status"] != 429.0 || list[0]["retry_after_ms"] != 3000.0 || list[1]["error"] != "connection reset" || list[2]["end"] != "complete" {
			t.Errorf("attempts %v", list)
		}
		if rt.waiting != 0 || len(rt.pending) != 0 {
			t.Errorf("%d calls wait", rt.waiting)
		}
	})
}

func TestMarkedAttemptsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := langsharktest.NewRecorder(t)
		rt := NewTransport(script(
			reply{status: 503, body: overloaded},
			reply{status: 503, body: overloaded},
			reply{status: 400, body: overloaded},
			reply{status: 503, body: overloaded, header: http.Header{"X-Should-Retry": {"false"}}},
			reply{status: 503, body: overloaded},
		))
		// No other attempt comes: the call ends with its failure, at the time of that.
		marked(rec.Context(), t, rt, 0, ask+`}`)
		<-time.After(time.Second)
		marked(rec.Context(), t, rt, 1, ask+`}`)
		<-time.After(20 * time.Second)
		o := rec.RequireObservation("chat gpt-4o")
		if o.Level != langshark.LevelError || len(attempts(t, o)) != 2 || o.End.Sub(o.Start) != time.Second {
			t.Errorf("level %v, attempts %v, took %v", o.Level, attempts(t, o), o.End.Sub(o.Start))
		}
		// What SDKs don't repeat ends at once.
		for range 2 {
			rec.Reset()
			marked(rec.Context(), t, rt, 0, ask+`}`)
			if o := rec.RequireObservation("chat gpt-4o"); o.End.IsZero() {
				t.Error("still open")
			}
		}
		// So does what waits when its context ends.
		rec.Reset()
		ctx, cancel := context.WithCancel(rec.Context())
		marked(ctx, t, rt, 0, ask+`}`)
		cancel()
		<-time.After(endGrace)
		synctest.Wait()
		if o := rec.RequireObservation("chat gpt-4o"); o.End.IsZero() {
			t.Error("still open")
		}
		if rt.waiting != 0 || len(rt.pending) != 0 {
			t.Errorf("%d calls wait", rt.waiting)
		}
	})
}

// An attempt joins only the call with the same parent, URL and body.
func TestMarkedAttemptsOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := langsharktest.NewRecorder(t)
		failed, good := reply{status: 500, body: overloaded}, reply{status: 200, body: answer}
		rt := NewTransport(script(failed, good, good, good))
		ctx, root := langshark.StartTrace(rec.Context(), "turn")
		marked(ctx, t, rt, 0, ask+`}`)
		marked(ctx, t, rt, 1, ask+`,"seed":1}`)  // another body
		marked(rec.Context(), t, rt, 1, ask+`}`) // another parent
		marked(ctx, t, rt, 2, ask+`}`)           // not the next attempt
		root.End()
		<-time.After(time.Minute)
		n := 0
		for _, o := range rec.Observations() {
			if o.Kind == langshark.KindGeneration {
				n++
				if list := attempts(t, o); list != nil {
					t.Errorf("attempts %v", list)
				}
			}
		}
		if n != 4 {
			t.Errorf("%d generations:\n%s", n, rec.Tree())
		}
	})
}

func TestScope(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	failed, good := reply{status: 500, body: overloaded}, reply{status: 200, body: answer}
	rt := NewTransport(script(failed, failed, good, good, failed, failed, failed))
	ctx, end := WithCall(rec.Context())
	for range 3 {
		send(ctx, t, rt, ask+`}`)
	}
	o := rec.RequireObservation("chat gpt-4o")
	if o.Level != langshark.LevelDefault || len(attempts(t, o)) != 3 {
		t.Errorf("recorded:\n%s", rec.Tree())
	}
	send(ctx, t, rt, ask+`}`) // after a success: a new call
	if n := len(rec.Observations()); n != 2 {
		t.Errorf("%d generations", n)
	}
	rec.Reset()
	send(ctx, t, rt, ask+`}`)
	send(ctx, t, rt, ask+`}`)
	if n := len(rec.Observations()); n > 0 && !rec.Observations()[0].End.IsZero() {
		t.Error("ended before its scope")
	}
	end()
	end()
	o = rec.RequireObservation("chat gpt-4o")
	if o.Level != langshark.LevelError || len(attempts(t, o)) != 2 {
		t.Errorf("recorded:\n%s", rec.Tree())
	}
	rec.Reset()
	send(ctx, t, rt, ask+`}`) // after the scope's end: a call of its own
	if o := rec.RequireObservation("chat gpt-4o"); o.End.IsZero() {
		t.Error("never ends")
	}
}

// A scope that ends while its attempt is under way is ended by that.
func TestScopeEndsBefore(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, end := WithCall(rec.Context())
	rt := NewTransport(respond(200, "application/json", stream(overloaded)))
	resp, err := rt.RoundTrip(newRequest(ctx, t, ask+`}`))
	if err != nil {
		t.Fatal(err)
	}
	end()
	_, _ = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if o := rec.RequireObservation("chat gpt-4o"); o.Level != langshark.LevelError || o.End.IsZero() {
		t.Errorf("recorded:\n%s", rec.Tree())
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 0, "2": 2 * time.Second, "0.5": time.Second / 2, "-1": 0, "soon": 0, "1e99": 0} {
		if got := retryAfter(http.Header{"Retry-After": {value}}); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	if got := retryAfter(http.Header{"Retry-After-Ms": {"120"}, "Retry-After": {"7"}}); got != 120*time.Millisecond {
		t.Errorf("in milliseconds: %v", got)
	}
	at := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	if got := retryAfter(http.Header{"Retry-After": {at}}); got < 58*time.Minute || got > time.Hour {
		t.Errorf("at a time: %v", got)
	}
}

// Anthropic's SDK gives each attempt a context of its own, which it ends when it
// sends the next.
func TestMarkedAttemptsWithContextsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := langsharktest.NewRecorder(t)
		ctx, root := langshark.StartTrace(rec.Context(), "turn")
		rt := NewTransport(script(
			reply{status: 529, body: overloaded},
			reply{err: context.DeadlineExceeded},
			reply{status: 200, body: answer},
		))
		end := context.CancelFunc(func() {})
		for i, pause := range []time.Duration{0, time.Second / 2, time.Second} {
			<-time.After(pause)
			end()
			synctest.Wait()
			var one context.Context
			if one, end = context.WithCancel(ctx); i == 1 {
				one, end = context.WithTimeout(ctx, 0)
			}
			marked(one, t, rt, i, ask+`}`)
		}
		root.End()
		o := rec.RequireObservation("chat gpt-4o")
		if o.Level != langshark.LevelDefault || o.StatusMessage != "" || langsharktest.JSON(o.Output) == "" {
			t.Errorf("%v %q %s", o.Level, o.StatusMessage, langsharktest.JSON(o.Output))
		}
		if list := attempts(t, o); len(list) != 3 || list[0]["error"] != "529: overloaded" || list[1]["end"] != endCancelled || list[2]["end"] != endComplete {
			t.Errorf("attempts %v", list)
		}
		end()
	})
}

// A connection that breaks within an answer in one piece is repeated too; within
// a stream it isn't, for the application has read its beginning.
func TestMarkedAttemptsBreakOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := langsharktest.NewRecorder(t)
		next := 0
		rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
			if next++; next != 2 {
				return respond(200, "application/json", &body{portions: []string{answer[:20]}, err: io.ErrUnexpectedEOF})(r)
			}
			return respond(200, "application/json", stream(answer))(r)
		}))
		marked(rec.Context(), t, rt, 0, ask+`}`)
		marked(rec.Context(), t, rt, 1, ask+`}`)
		if o := rec.RequireObservation("chat gpt-4o"); o.Level != langshark.LevelDefault || len(attempts(t, o)) != 2 {
			t.Errorf("recorded:\n%s", rec.Tree())
		}
		rec.Reset()
		marked(rec.Context(), t, rt, 0, ask+`,"stream":true}`)
		if o := rec.RequireObservation("chat gpt-4o"); o.Level != langshark.LevelError || o.End.IsZero() {
			t.Errorf("recorded:\n%s", rec.Tree())
		}
	})
}

// A program that ends while a call waits for an attempt shows why it failed.
func TestMarkedAttemptAtShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := langsharktest.NewRecorder(t)
		rt := NewTransport(script(reply{status: 503, body: overloaded}))
		marked(rec.Context(), t, rt, 0, ask+`}`)
		if err := rec.Client.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if o := rec.RequireObservation("chat gpt-4o"); o.Level != langshark.LevelError || o.StatusMessage != "503 Service Unavailable: overloaded" || langsharktest.Metadata(o, statusCode) != "503" {
			t.Errorf("recorded:\n%s", rec.Tree())
		}
		<-time.After(time.Minute)
	})
}
