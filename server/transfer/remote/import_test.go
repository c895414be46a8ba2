package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// inBubble makes a store in a bubble of time, later than the rows.
func inBubble(t *testing.T) store.Store {
	t.Helper()
	<-time.After(time.Until(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))
	s := open(t)
	t.Cleanup(func() { shut(t, s) })
	return s
}

// counts are the rows that a result says are there, came, and are here.
func counts(r Result) string {
	var parts []string
	for i := range r.Lists {
		l := &r.Lists[i]
		parts = append(parts, fmt.Sprintf("%s %d/%d/%d", l.Name, l.There, l.Read, l.Here))
	}
	return strings.Join(parts, " ")
}

// TestRecorded imports what was recorded of the reference server, with faults, and compares each field.
func TestRecorded(t *testing.T) {
	f := recorded(t)
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		var n atomic.Int64
		f.before = func(w http.ResponseWriter, _ *http.Request) bool {
			switch n.Add(1) % 5 {
			case 1:
				w.Header().Set("Retry-After", "7")
				http.Error(w, `{"message":"slow down"}`, http.StatusTooManyRequests)
				return true
			case 2:
				http.Error(w, "oops", http.StatusBadGateway)
				return true
			case 3:
				w.WriteHeader(codeCut)
				fmt.Fprint(w, `{"data":[{"id":"half`)
				return true
			}
			return false
		}
		r, err := Import(t.Context(), s, project, f.options())
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Lists {
			l := &r.Lists[i]
			if l.There != l.Read || l.There != int64(len(f.lists[l.Name])) || l.Name != observations && l.Here < l.Written() {
				t.Errorf("%+v of %d", l, len(f.lists[l.Name]))
			}
		}
		for _, want := range f.lists["traces"] {
			got, err := s.Trace(t.Context(), project, want["id"].(string))
			if err != nil {
				t.Errorf("%v: %v", want["id"], err)
				continue
			}
			same(t, want, object{
				"name": got.Name, "userId": got.UserID, "sessionId": got.SessionID, "release": got.Release, "version": got.Version, "public": got.Public,
				"timestamp": wireTime(got.Timestamp), "input": got.Input, "output": got.Output, "metadata": got.Metadata, "tags": got.Tags,
			})
		}
		for _, want := range f.lists["observations"] {
			got, err := s.Observation(t.Context(), project, want["id"].(string))
			if err != nil {
				t.Errorf("%v: %v", want["id"], err)
				continue
			}
			o := object{
				"name": got.Name, "traceId": got.TraceID, "parentObservationId": got.ParentID, "type": strings.ToUpper(got.Kind.String()), "level": got.Level.String(),
				"statusMessage": got.StatusMessage, "version": got.Version, "model": got.Model, "modelParameters": got.ModelParameters, "input": got.Input, "output": got.Output,
				"metadata": got.Metadata, "startTime": wireTime(got.Start), "endTime": wireTime(got.End), "completionStartTime": wireTime(got.CompletionStart),
			}
			cost := store.Cost{}
			if got.Cost != nil {
				cost = *got.Cost
			}
			o["calculatedInputCost"], o["calculatedOutputCost"], o["calculatedTotalCost"] = wireCost(cost.Input), wireCost(cost.Output), wireCost(cost.Total)
			usage := store.Usage{}
			if got.Usage != nil {
				usage = *got.Usage
			}
			if n, _ := want["promptTokens"].(json.Number).Int64(); n >= 0 { // negative ones are cut
				o["promptTokens"], o["completionTokens"], o["totalTokens"], o["unit"] = usage.Input, usage.Output, usage.Total, usage.Unit
			}
			same(t, want, o)
		}
		page, err := s.Scores(t.Context(), project, store.ScoreQuery{Page: store.Page{Limit: 1000}})
		if err != nil {
			t.Fatal(err)
		}
		here := map[string]store.Score{}
		for _, score := range page.Scores {
			here[score.ID] = score
		}
		for _, want := range f.lists["scores"] {
			got := here[want["id"].(string)]
			same(t, want, object{
				"name": got.Name, "traceId": got.TraceID, "observationId": got.ObservationID, "source": got.Source, "comment": got.Comment, "configId": got.ConfigID, "queueId": got.QueueID,
				"timestamp": wireTime(got.Timestamp), "dataType": string(got.Type), "stringValue": got.Text, "value": got.Number,
			})
		}
	})
}

func wireTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func wireCost(n *exporter.NanoUSD) any {
	if n == nil {
		return nil
	}
	return n.Dollars()
}

// same compares the fields that got has with those of want, as JSON; null is as good as empty.
func same(t *testing.T, want, got object) {
	t.Helper()
	form := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back any
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if b, err = json.Marshal(back); err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, v := range got {
		a, b := form(want[name]), form(v)
		if _, raw := v.(json.RawMessage); !raw && (b == `""` || b == "[]" || b == "null") && (a == `""` || a == "[]" || a == "null") {
			continue
		}
		if a != b {
			t.Errorf("%v, %s: got %s, want %s", want["id"], name, b, a)
		}
	}
}

// TestManyWindows imports more rows than a window holds, and more of one moment than can be split.
func TestManyWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		f := many(2500)
		for _, row := range f.lists["traces"][:1200] {
			row["timestamp"] = "2025-01-01T00:00:00.000Z"
		}
		f.lists["traces"][2000]["timestamp"] = "1969-12-31T23:59:59.999Z"
		f.lists["traces"][2001]["timestamp"] = "2999-01-01T00:00:00.000Z"
		var last Progress
		opts := f.options()
		opts.Progress = func(p Progress) {
			if p.List == last.List && p.Done < last.Done {
				t.Errorf("%+v after %+v", p, last)
			}
			last = p
		}
		r, err := Import(t.Context(), s, project, opts)
		if err != nil || counts(r) != "traces 2500/2500/2500 observations 7500/7500/7500 scores 2500/2500/2500" || len(r.Differences) != 0 {
			t.Errorf("%s, %q, %v", counts(r), r.Differences, err)
		}
		if last.List != scores || last.Done != 2500 || last.Total != 2500 || last.Observations != 7500 {
			t.Errorf("the last progress: %+v", last)
		}
		if rows := 12500; f.requests > 2*rows/100+200 {
			t.Errorf("%d requests for %d rows", f.requests, rows)
		}
	})
}

// TestRowsArrive imports while rows come that shift the pages.
func TestRowsArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		f := many(600)
		f.before = func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/traces") && r.URL.Query().Get("page") != "1" {
				f.mu.Lock()
				defer f.mu.Unlock()
				if n := len(f.lists["traces"]); n < 650 {
					f.lists["traces"] = append(f.lists["traces"], object{"id": fmt.Sprint("late", n), "timestamp": "2025-03-02T00:00:00.000Z"})
				}
			}
			return false
		}
		opts := f.options()
		opts.Concurrency = 1
		r, err := Import(t.Context(), s, project, opts)
		if err != nil || r.Lists[0].Here < 600 {
			t.Fatalf("%s, %v", counts(r), err)
		}
		for i := range 600 {
			if got, err := s.Trace(t.Context(), project, fmt.Sprint("t", i)); err != nil || got.Name != "n" { // its observations make a trace too, without a name
				t.Fatalf("trace %d: %+v, %v", i, got, err)
			}
		}
	})
}

// TestKilledAndResumed stops an import after every few requests and goes on.
func TestKilledAndResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		most, after := 2500, int64(45)
		if testing.Short() {
			most, after = 800, 30
		}
		f := many(most)
		opts := f.options()
		opts.State, opts.Resume = filepath.Join(t.TempDir(), "state.json"), true
		runs := 0
		var r Result
		var err error
		for ; runs < 60; runs++ {
			ctx, cancel := context.WithCancel(t.Context())
			var n atomic.Int64
			f.before = func(http.ResponseWriter, *http.Request) bool {
				if n.Add(1) == after {
					cancel()
				}
				return false
			}
			r, err = Import(ctx, s, project, opts)
			cancel()
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		want := fmt.Sprintf("traces %[1]d/%[1]d/%[1]d observations %[2]d/%[2]d/%[2]d scores %[1]d/%[1]d/%[1]d", most, 3*most)
		if err != nil || runs < 3 || counts(r) != want || len(r.Differences) != 0 {
			t.Fatalf("%d runs: %s, %q, %v", runs, counts(r), r.Differences, err)
		}
		// What has come since is fetched by another resume, without all the rest.
		f.before = nil
		f.lists["traces"] = append(f.lists["traces"], object{"id": "new", "timestamp": time.Now().UTC().Add(time.Hour).Format(time.RFC3339)})
		f.requests = 0
		if r, err = Import(t.Context(), s, project, opts); err != nil || r.Lists[0].Here != int64(most+1) || f.requests > 30 {
			t.Errorf("%s in %d requests, %v", counts(r), f.requests, err)
		}
		opts.PublicKey = "another"
		if _, err := Import(t.Context(), s, project, opts); err == nil || !strings.Contains(err.Error(), "of another import") {
			t.Errorf("the state of another: %v", err)
		}
		text, err := os.ReadFile(opts.State)
		if err != nil || strings.Contains(string(text), "sk") && strings.Contains(string(text), `"sk"`) {
			t.Errorf("the state holds the secret: %s, %v", text, err)
		}
	})
}

// TestOddServers lack what the import would rather have.
func TestOddServers(t *testing.T) {
	for name, change := range map[string]func(*fake){
		"knows no upper bound": func(f *fake) { f.timeless = map[string]bool{"traces": true, "observations": true, "scores": true} },
		"doesn't count":        func(f *fake) { f.uncounted = true },
		"scores v2":            func(f *fake) { f.lists["v2/scores"] = f.lists["scores"]; delete(f.lists, "scores") },
		"scores with traces":   func(f *fake) { f.lists["hidden/scores"] = f.lists["scores"]; delete(f.lists, "scores") },
		"no sessions":          func(f *fake) { delete(f.lists, "sessions") },
		"fails for large pages": func(f *fake) {
			f.before = func(w http.ResponseWriter, r *http.Request) bool {
				if len(r.URL.Query().Get("limit")) > 2 {
					http.Error(w, "too much", http.StatusGatewayTimeout)
					return true
				}
				return false
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := inBubble(t)
				f := many(350)
				change(f)
				r, err := Import(t.Context(), s, project, f.options())
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range []int64{350, 1050, 350} {
					if l := r.Lists[i]; l.Read != want || l.Here != want {
						t.Errorf("%s: %+v, want %d", l.Name, l, want)
					}
				}
			})
		})
	}
}

// TestCursors imports from a server that has the lists of Langfuse 4 alone, with faults and stops.
func TestCursors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		long := strings.Repeat("x", 500)
		f := &fake{lists: map[string][]object{}}
		const stamp = "2026-01-02T03:04:05.678Z"
		for i := range 450 {
			trace := fmt.Sprint("t", i/3)
			row := object{
				"id": fmt.Sprint("o", i), "traceId": trace, "type": "SPAN", "startTime": stamp, "name": "step", "parentObservationId": fmt.Sprint("o", i-i%3), "updatedAt": stamp,
				"userId": "kim", "sessionId": "s", "traceName": "the trace", "tags": []string{"a"}, "release": "r", "environment": "prod", "input": `plain "text"`, "metadata": object{"short": "v"},
			}
			if i%3 == 0 {
				row["parentObservationId"], row["type"], row["providedModelName"], row["totalCost"] = nil, "GENERATION", "gpt-4o", 0.25
				row["input"], row["metadata"] = `[{"role":"user","content":"q"}]`, object{"long": long, "short": "v"}
				row["usageDetails"] = object{"input": 3, "total": 3}
			}
			f.lists["cursor/v2/observations"] = append(f.lists["cursor/v2/observations"], row)
		}
		for i, subject := range []object{{"kind": "trace", "id": "t1"}, {"kind": "observation", "id": "o3", "traceId": "t1"}, {"kind": "session", "id": "s"}, {"kind": "experiment", "id": "x"}} {
			f.lists["cursor/v3/scores"] = append(f.lists["cursor/v3/scores"], object{
				"id": fmt.Sprint("c", i), "name": "n", "dataType": "BOOLEAN", "value": i%2 == 0, "timestamp": stamp, "updatedAt": stamp, "subject": subject, "queueId": "q", "comment": "c",
			})
		}
		opts := f.options()
		opts.State, opts.Resume = filepath.Join(t.TempDir(), "state.json"), true
		var r Result
		err := errors.New("not begun")
		runs := 0
		for ; err != nil && runs < 20; runs++ {
			ctx, cancel := context.WithCancel(t.Context())
			var n atomic.Int64
			f.before = func(w http.ResponseWriter, _ *http.Request) bool {
				switch n.Add(1) {
				case 5:
					w.WriteHeader(codeCut)
					return true
				case 12:
					cancel()
				}
				return false
			}
			r, err = Import(ctx, s, project, opts)
			cancel()
		}
		if err != nil || runs < 2 || counts(r) != "traces -1/150/150 observations -1/450/450 scores -1/4/3" {
			t.Fatalf("%d runs: %s, %v", runs, counts(r), err)
		}
		if len(r.Differences) != 1 || !strings.Contains(r.Differences[0], "of runs of datasets") {
			t.Errorf("%q", r.Differences)
		}
		o, err := s.Observation(t.Context(), project, "o3")
		if err != nil || o.Model != "gpt-4o" || string(o.Input) != `[{"role":"user","content":"q"}]` || !strings.Contains(string(o.Metadata), long) || o.Usage.Input != 3 || *o.Cost.Total != 25e7 || o.Environment != "prod" {
			t.Errorf("%+v, %v", o, err)
		}
		if o, err = s.Observation(t.Context(), project, "o4"); err != nil || string(o.Input) != `"plain \"text\""` || o.ParentID != "o3" {
			t.Errorf("%+v, %v", o, err)
		}
		tr, err := s.Trace(t.Context(), project, "t1")
		if err != nil || tr.Name != "the trace" || tr.UserID != "kim" || tr.SessionID != "s" || !slices.Equal(tr.Tags, []string{"a"}) || tr.Release != "r" || string(tr.Input) != string(json.RawMessage(`[{"role":"user","content":"q"}]`)) || wireTime(tr.Timestamp) != stamp {
			t.Errorf("%+v, %v", tr, err)
		}
		page, err := s.Scores(t.Context(), project, store.ScoreQuery{ObservationIDs: []string{"o3"}})
		if err != nil || len(page.Scores) != 1 || page.Scores[0].TraceID != "t1" || page.Scores[0].Text != "False" || page.Scores[0].QueueID != "q" || page.Scores[0].Comment != "c" {
			t.Errorf("%+v, %v", page.Scores, err)
		}
	})
}

// TestTooLarge asks for smaller pages until the answers fit.
func TestTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		f := many(300)
		opts := f.options()
		opts.MaxResponseBytes = 4 << 10
		if r, err := Import(t.Context(), s, project, opts); err != nil || r.Lists[1].Here != 900 {
			t.Errorf("%s, %v", counts(r), err)
		}
		opts.MaxResponseBytes = 100
		if _, err := Import(t.Context(), s, project, opts); !errors.Is(err, errTooLarge) {
			t.Errorf("one row beyond the bound: %v", err)
		}
	})
}

// TestErrorsSayWhatToDo for keys, addresses and servers that aren't there.
func TestErrorsSayWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		for name, c := range map[string]struct {
			change func(*fake, *Options)
			want   string
		}{
			"wrong key":      {func(_ *fake, o *Options) { o.SecretKey = "x" }, "does not accept the keys"},
			"no key":         {func(_ *fake, o *Options) { o.SecretKey = "" }, "secret key"},
			"no address":     {func(_ *fake, o *Options) { o.URL = "langfuse" }, "is not the address"},
			"key in it":      {func(_ *fake, o *Options) { o.URL = "https://a:b@c.test" }, "not in the address"},
			"no traces":      {func(f *fake, _ *Options) { delete(f.lists, "traces") }, "an import needs GET /api/public/traces"},
			"unreachable":    {func(f *fake, _ *Options) { f.before = status(codeRefused) }, "gave up, without an answer after 8 attempts"},
			"always failing": {func(f *fake, _ *Options) { f.before = status(500) }, "after 8 attempts"},
			"a web page": {func(f *fake, _ *Options) {
				f.before = func(w http.ResponseWriter, _ *http.Request) bool {
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprint(w, "<html>")
					return true
				}
			}, "is http://source.test the address"},
		} {
			f := many(1)
			opts := f.options()
			c.change(f, &opts)
			if _, err := Import(t.Context(), s, project, opts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		if _, err := Import(t.Context(), s, "nobody", many(1).options()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown project: %v", err)
		}
	})
}

func status(code int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(code)
		return true
	}
}

// TestRate keeps requests apart.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		f := many(400)
		opts := f.options()
		opts.Rate = 2
		began := time.Now()
		if _, err := Import(t.Context(), s, project, opts); err != nil {
			t.Fatal(err)
		}
		if took, least := time.Since(began), time.Duration(f.requests-2)*time.Second/2; took < least {
			t.Errorf("%d requests in %v", f.requests, took)
		}
	})
}

// TestDifferences are named.
func TestDifferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		f := many(3)
		f.lists["scores"] = append(f.lists["scores"], object{"id": "r", "name": "n", "datasetRunId": "run", "dataType": "NUMERIC", "value": 1, "timestamp": "2025-03-01T00:00:00.000Z"})
		f.lists["traces"] = append(f.lists["traces"], object{"id": strings.Repeat("x", 900), "timestamp": "2025-03-01T00:00:00.000Z"},
			object{"id": "b", "timestamp": "2025-03-01T00:00:00.000Z", "bookmarked": true}, object{"id": "odd", "timestamp": "2025-03-01T00:00:00.000Z", "tags": "none"})
		f.lists["sessions"] = append(f.lists["sessions"], object{"id": "s", "createdAt": "2025-03-01T00:00:00.000Z"})
		r, err := Import(t.Context(), s, project, f.options())
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(r.Differences, "\n")
		for _, want := range []string{
			"1 traces were not written: those an id longer than 800 characters", "1 traces were not written: those that are not as the API says",
			"1 scores were not written: those of runs of datasets", "the source has 1 sessions, here are 0",
		} {
			if !strings.Contains(all, want) {
				t.Errorf("%s\nlacks %q", all, want)
			}
		}
		if r.Notes[noteBookmark] != 1 || r.Server != "2.75.0" {
			t.Errorf("%+v", r)
		}
	})
}

// TestRetryAfterIsKept waits as long as the server says, whatever the attempts.
func TestRetryAfterIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t)
		f := many(1)
		var n atomic.Int64
		f.before = func(w http.ResponseWriter, _ *http.Request) bool {
			if n.Add(1) > 20 {
				return false
			}
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		opts := f.options()
		waits := 0
		opts.Waiting = func(error, time.Duration) { waits++ }
		began := time.Now()
		if _, err := Import(t.Context(), s, project, opts); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 30*time.Minute || took > 31*time.Minute || waits != 20 {
			t.Errorf("took %v, %d waits", took, waits)
		}
	})
}

func TestSplit(t *testing.T) {
	w := window{epoch, epoch.Add(time.Millisecond)}
	if _, _, ok := w.split(); ok {
		t.Error("a millisecond is split")
	}
	w.to = epoch.Add(3 * time.Millisecond)
	left, right, ok := w.split()
	if !ok || left.to != right.from || left.from != w.from || right.to != w.to || !left.to.After(left.from) || !right.to.After(right.from) {
		t.Errorf("%v %v %t", left, right, ok)
	}
	if _, _, ok := (window{to: epoch}).split(); ok {
		t.Error("a window without a beginning is split")
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for text, want := range map[string]time.Duration{
			"": 0, "x": 0, "-5": 0, "3": 3 * time.Second, " 4 ": 4 * time.Second, time.Now().UTC().Add(time.Minute).Format(http.TimeFormat): time.Minute,
		} {
			if got := retryAfter(text); got != want {
				t.Errorf("%q: %v, want %v", text, got, want)
			}
		}
	})
}
