package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// clock is a time that a test moves.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(epoch.UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

// retain sets the retention. An engine looks for what is too old at once then.
func retain(t *testing.T, s store.Store, project string, keep time.Duration) {
	t.Helper()
	if err := s.SetRetention(t.Context(), project, keep); err != nil {
		t.Fatalf("SetRetention(%s, %v): %v", project, keep, err)
	}
}

// expired waits until so many traces have gone, and no more.
func expired(t *testing.T, s store.Store, want int64) {
	t.Helper()
	eventually(t, func() string {
		if n := s.Stats().Expired; n != want {
			return fmt.Sprintf("%d traces have expired, want %d", n, want)
		}
		return ""
	})
}

// aged is a trace with all that belongs to one, which began so long before the epoch.
func aged(id string, age time.Duration) (b store.Batch) {
	number := 1.0
	start := epoch.Add(-age)
	b.Traces = []store.TraceWrite{{
		Stamp: at(0, "t"+id), ID: id, Timestamp: start, UserID: "u-" + id, SessionID: "s-" + id, Tags: []string{"tag"}, Metadata: json.RawMessage(`{"k":"` + id + `"}`),
		Input: json.RawMessage(`"낡은 말 aging"`),
	}}
	for i := range 3 {
		o := fmt.Sprint(id, "-", i)
		b.Observations = append(b.Observations, store.ObservationWrite{
			Stamp: at(0, o), ID: o, TraceID: id, Kind: exporter.KindGeneration, Name: "step", Start: start, End: start.Add(time.Second), Model: "m", PromptName: "p", PromptVersion: 1,
			Input: json.RawMessage(`"낡은 말 aging ` + strings.Repeat("text ", 100) + `"`), Usage: &store.Usage{Input: 1, Output: 2, Total: 3},
		})
	}
	b.Scores = []store.ScoreWrite{{Stamp: at(0, "s"+id), ID: "score-" + id, TraceID: id, ObservationID: id + "-0", Name: "n", Type: exporter.ScoreNumeric, Number: &number}}
	return b
}

func remaining(t *testing.T, s store.Store, project string) (traces []string, all rows) {
	t.Helper()
	all = dump(t, s, project)
	traces = []string{}
	for _, v := range all.Traces {
		traces = append(traces, v.ID)
	}
	return traces, all
}

func testRetention(t *testing.T, open Opener) {
	t.Helper()
	c := newClock()
	s := open(t, c.now)
	addProject(t, s, projectID)
	addProject(t, s, "p2")
	addProject(t, s, "for ever")
	for _, p := range []string{projectID, "p2", "for ever"} {
		for id, age := range map[string]time.Duration{"old1": 49 * time.Hour, "old2": 24*time.Hour + time.Second, "young1": 24*time.Hour - time.Second, "young2": 0, "future": -30 * time.Hour} {
			b := aged(id, age)
			b.ProjectID = p
			write(t, s, b)
		}
		// One that only its observations speak of, one that is younger than its observations, one in a session with a younger one.
		write(t, s, store.Batch{ProjectID: p, Observations: []store.ObservationWrite{{Stamp: at(0, "x"), ID: "x", TraceID: "old3", Kind: exporter.KindSpan, Start: epoch.Add(-25 * time.Hour)}}})
		write(t, s, store.Batch{
			ProjectID: p,
			Traces: []store.TraceWrite{
				{Stamp: at(0, "y3"), ID: "young3", Timestamp: epoch, SessionID: "shared"},
				{Stamp: at(0, "o4"), ID: "old4", Timestamp: epoch.Add(-26 * time.Hour), SessionID: "shared"},
			},
			Observations: []store.ObservationWrite{{Stamp: at(0, "z"), ID: "z", TraceID: "young3", Kind: exporter.KindSpan, Start: epoch.Add(-90 * time.Hour), Input: json.RawMessage(`"aging 낡은"`)}},
		})
	}
	indexed(t, s)
	_, before := remaining(t, s, projectID)

	retain(t, s, projectID, day)
	expired(t, s, 4)
	traces, all := remaining(t, s, projectID)
	if want := []string{"future", "young1", "young2", "young3"}; !slices.Equal(traces, want) {
		t.Errorf("left are %v, want %v", traces, want)
	}
	// What is left is as it was.
	gone := func(id string) bool {
		return strings.HasPrefix(id, "old") || id == "x" || strings.HasPrefix(id, "score-old")
	}
	kept := rows{
		Traces:       slices.DeleteFunc(before.Traces, func(v store.Trace) bool { return gone(v.ID) }),
		Observations: slices.DeleteFunc(before.Observations, func(v store.Observation) bool { return gone(v.ID) }),
		Scores:       slices.DeleteFunc(before.Scores, func(v store.Score) bool { return gone(v.ID) }),
	}
	if diff := compare(kept, all); diff != "" {
		t.Errorf("what is left:\n%s", diff)
	}
	if diff := checkMetrics(t, s, projectID, kept, 0, 1, 3); diff != "" {
		t.Error(diff)
	}
	for _, err := range []error{
		second(s.Trace(t.Context(), projectID, "old1")), second(s.Observation(t.Context(), projectID, "old1-0")), second(s.Observation(t.Context(), projectID, "x")),
		second(s.Session(t.Context(), projectID, "s-old1")),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("something of an expired trace: %v, want ErrNotFound", err)
		}
	}
	if shared, err := s.Session(t.Context(), projectID, "shared"); err != nil || shared.Traces != 1 || !shared.FirstTrace.Equal(epoch) {
		t.Errorf("the session of an old and a young trace: %+v, %v", shared, err)
	}
	if sessions, err := s.Sessions(t.Context(), projectID, store.SessionQuery{Page: store.Page{Total: true}}); err != nil || sessions.Total != 4 || len(sessions.Sessions) != 4 {
		t.Errorf("sessions: %+v, %v; want those of 3 young traces, and the shared one", sessions, err)
	}
	for name, f := range map[string]store.TraceFilter{"tag": {Tags: []string{"tag"}}, "metadata": {Metadata: map[string]string{"k": "old1"}}, "user": {UserID: "u-old1"}} {
		page, err := s.Traces(t.Context(), projectID, store.TraceQuery{TraceFilter: f})
		if err != nil || slices.ContainsFunc(page.Traces, func(v store.Trace) bool { return gone(v.ID) }) {
			t.Errorf("by %s: %v, %v", name, traceIDs(page), err)
		}
	}
	indexed(t, s)
	for _, word := range []string{"aging", "낡은"} {
		hits := found(t, s, store.SearchQuery{Text: word})
		if len(hits) != 3*4+1 || slices.ContainsFunc(hits, gone) {
			t.Errorf("search finds %v", hits)
		}
	}
	// Others are untouched, and a retention of zero keeps all.
	for _, p := range []string{"p2", "for ever"} {
		if ids, _ := remaining(t, s, p); len(ids) != 8 {
			t.Errorf("%s has %v", p, ids)
		}
	}
	retain(t, s, projectID, 0)
	retain(t, s, "p2", 48*time.Hour)
	expired(t, s, 5)
	c.advance(25 * time.Hour)
	retain(t, s, "p2", 48*time.Hour)
	expired(t, s, 9) // young1, which is 48:59:59 old by now, is among them
	if ids, _ := remaining(t, s, "p2"); !slices.Equal(ids, []string{"future", "young2", "young3"}) {
		t.Errorf("p2 has %v", ids)
	}
	write(t, s, store.Batch{Traces: []store.TraceWrite{{Stamp: at(0, "ancient"), ID: "ancient", Timestamp: epoch.AddDate(-20, 0, 0)}}})
	c.advance(1000 * day)
	retain(t, s, "p2", time.Hour)
	expired(t, s, 12)
	for p, want := range map[string]int{projectID: 5, "for ever": 8, "p2": 0} {
		if ids, _ := remaining(t, s, p); len(ids) != want {
			t.Errorf("%s has %v, want %d", p, ids, want)
		}
	}
	projects, err := s.Projects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range projects {
		if want := map[string]time.Duration{"p2": time.Hour}[p.ID]; p.Retention != want {
			t.Errorf("Projects says that %s keeps for %v, want %v", p.ID, p.Retention, want)
		}
	}
	if err := s.SetRetention(t.Context(), "none", time.Hour); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of an unknown project: %v, want ErrNotFound", err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// testRetentionBesideWrites has traces expire while others are written and updated.
func testRetentionBesideWrites(t *testing.T, open Opener) {
	t.Helper()
	s := open(t, newClock().now)
	addProject(t, s, projectID)
	const writers, writes = 3, 60
	old := short(600, 100)
	for i := range old / 50 {
		var b store.Batch
		for k := range 50 {
			one := aged(fmt.Sprintf("old%03d", i*50+k), 100*time.Hour)
			b.Traces, b.Observations, b.Scores = append(b.Traces, one.Traces...), append(b.Observations, one.Observations...), append(b.Scores, one.Scores...)
		}
		write(t, s, b)
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range writes {
				b := aged(fmt.Sprintf("young%d-%d", w, i%20), time.Hour) // each three times
				b.ProjectID = projectID
				if err := s.Write(t.Context(), &b); err != nil {
					t.Errorf("Write: %v", err)
					return
				}
			}
		})
	}
	retain(t, s, projectID, day)
	wg.Wait()
	expired(t, s, int64(old))
	ids, all := remaining(t, s, projectID)
	if len(ids) != writers*20 || len(all.Observations) != writers*20*3 || len(all.Scores) != writers*20 {
		t.Errorf("%d traces, %d observations, %d scores are left, want %d, %d, %d", len(ids), len(all.Observations), len(all.Scores), writers*20, writers*20*3, writers*20)
	}
	if diff := checkMetrics(t, s, projectID, all, 0, 3); diff != "" {
		t.Error(diff)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// testRetentionAgain has a late event, and then the same events again, of a
// trace that has expired: they make it anew, and it goes again.
func testRetentionAgain(t *testing.T, open Opener) {
	t.Helper()
	s := open(t, newClock().now)
	addProject(t, s, projectID)
	b := aged("old", 48*time.Hour)
	write(t, s, b)
	retain(t, s, projectID, day)
	expired(t, s, 1)
	retain(t, s, projectID, 0)
	write(t, s, store.Batch{Observations: []store.ObservationWrite{{
		Stamp: at(9, "late"), ID: "old-0", TraceID: "old", Kind: exporter.KindGeneration, Start: epoch.Add(-48 * time.Hour), End: epoch.Add(-47 * time.Hour), Output: json.RawMessage(`"late"`),
	}}})
	trace, err := s.Trace(t.Context(), projectID, "old")
	if err != nil || trace.Rollup.Observations != 1 || trace.UserID != "" {
		t.Errorf("made anew by a late event: %+v, %v", trace, err)
	}
	o, err := s.Observation(t.Context(), projectID, "old-0")
	if err != nil || string(o.Output) != `"late"` || o.Model != "" {
		t.Errorf("made anew by a late event: %+v, %v", o, err)
	}
	retain(t, s, projectID, day)
	expired(t, s, 2)
	retain(t, s, projectID, 0)
	write(t, s, b)
	if trace, err := s.Trace(t.Context(), projectID, "old"); err != nil || trace.Rollup.Observations != 3 || trace.UserID != "u-old" {
		t.Errorf("all of it once more: %+v, %v", trace, err)
	}
	retain(t, s, projectID, day)
	expired(t, s, 3)
	if got := lines(dump(t, s, projectID)); len(got) != 0 {
		t.Errorf("there is still %v", got)
	}
	if diff := checkMetrics(t, s, projectID, rows{}, 0); diff != "" {
		t.Error(diff)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}
