package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// apply writes the events in batches of the size.
func apply(t *testing.T, s store.Store, project string, events []event, size int) {
	t.Helper()
	for len(events) > 0 {
		b := store.Batch{ProjectID: project}
		n := min(size, len(events))
		for _, e := range events[:n] {
			e.add(&b)
		}
		write(t, s, b)
		events = events[n:]
	}
}

// agree compares all rows and metrics with the model of the events.
func agree(t *testing.T, s store.Store, project, when string, events []event) {
	t.Helper()
	want := model(events, epoch)
	if diff := compare(want, dump(t, s, project)); diff != "" {
		t.Fatalf("%s: other rows than the model:\n%s", when, diff)
	}
	if diff := checkMetrics(t, s, project, want, 0, 4, 5); diff != "" {
		t.Fatalf("%s: %s", when, diff)
	}
}

// testLargeTrace writes a trace of 5,000 observations beside small ones, in
// batches of 100 and any order, then updates many of them, moves some to another
// trace and deletes some.
func testLargeTrace(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	observations := short(5000, 600)
	r := rand.New(rand.NewPCG(5, 7))
	levels := []exporter.Level{exporter.LevelDefault, exporter.LevelDebug, exporter.LevelWarning, exporter.LevelError}
	var made, changed []event
	for i := range observations {
		id := fmt.Sprintf("o%04d", i)
		start := epoch.Add(time.Duration(r.IntN(7200)) * time.Second)
		amount := exporter.NanoUSD(r.IntN(1000))
		o := store.ObservationWrite{
			Stamp: at(i, "made-"+id), ID: id, TraceID: "large", Kind: exporter.Kind(r.IntN(10)), Name: "step", Start: start,
			End: start.Add(time.Duration(r.IntN(9000)) * time.Millisecond), Level: &levels[r.IntN(40)%4], Model: fmt.Sprint("m", i%3),
			Usage: &store.Usage{Input: int64(i), Output: 1, Total: int64(i) + 1}, Cost: &store.Cost{Total: &amount},
		}
		if i%10 == 9 {
			o.TraceID = fmt.Sprint("small", i%50)
		}
		made = append(made, event{observation: &o})
		switch i % 25 {
		case 3: // shorter, and no error any more
			changed = append(changed, event{observation: &store.ObservationWrite{
				Stamp: store.NewStamp(epoch.Add(3*time.Hour), true, "upd-"+id), ID: id, TraceID: "large", Kind: o.Kind, End: start.Add(time.Millisecond), Level: &levels[0],
			}})
		case 8: // an earlier event says another trace, start and kind
			changed = append(changed, event{observation: &store.ObservationWrite{
				Stamp: at(-1, "first-"+id), ID: id, TraceID: fmt.Sprint("small", i%3), Kind: exporter.KindTool, Start: start.Add(-time.Hour),
			}})
		case 13:
			changed = append(changed, event{deletion: &store.Delete{Stamp: at(observations, "del-"+id), Thing: store.ThingObservation, ID: id}})
		}
	}
	made = append(made, event{trace: &store.TraceWrite{Stamp: at(0, "trace"), ID: "large", Timestamp: epoch, UserID: "u", SessionID: "s"}})
	r.Shuffle(len(made), func(i, k int) { made[i], made[k] = made[k], made[i] })
	apply(t, s, projectID, made, 100)
	agree(t, s, projectID, "written", made)
	r.Shuffle(len(changed), func(i, k int) { changed[i], changed[k] = changed[k], changed[i] })
	apply(t, s, projectID, changed, 37)
	all := append(made, changed...)
	agree(t, s, projectID, "changed", all)
	gone := []event{{deletion: &store.Delete{Stamp: at(2*observations, "del"), Thing: store.ThingTrace, ID: "large"}}}
	apply(t, s, projectID, gone, 1)
	agree(t, s, projectID, "deleted", append(all, gone...))
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// testExtremes takes away, one after the other, each observation that makes a
// trace what it is: the first start, the last end, the only one that runs, the
// error, the known cost.
func testExtremes(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	failed, warned, fine := exporter.LevelError, exporter.LevelWarning, exporter.LevelDefault
	cost := exporter.NanoUSD(70)
	second := func(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }
	var events []event
	step := func(name string, next ...event) {
		t.Helper()
		apply(t, s, projectID, next, 1)
		events = append(events, next...)
		agree(t, s, projectID, name, events)
	}
	observe := func(n int, update bool, o store.ObservationWrite) event {
		o.Stamp = store.NewStamp(second(n), update, fmt.Sprint("e", n))
		o.Kind = exporter.KindGeneration
		if o.TraceID == "" {
			o.TraceID = "t"
		}
		return event{observation: &o}
	}
	deleted := func(n int, thing store.Thing, id string) event {
		return event{deletion: &store.Delete{Stamp: at(n, fmt.Sprint("e", n)), Thing: thing, ID: id}}
	}
	step("made",
		event{trace: &store.TraceWrite{Stamp: at(0, "t"), ID: "t", Timestamp: epoch, UserID: "u1", Environment: "prod"}},
		observe(1, false, store.ObservationWrite{ID: "first", Start: second(-9), End: second(1), PromptName: "p", PromptVersion: 1}),
		observe(2, false, store.ObservationWrite{ID: "last", Start: second(2), End: second(90), Model: "m1", CompletionStart: second(3)}),
		observe(3, false, store.ObservationWrite{ID: "failed", Start: second(3), End: second(4), Level: &failed, Cost: &store.Cost{Total: &cost}}),
		observe(4, false, store.ObservationWrite{ID: "warned", Start: second(3), End: second(4), Level: &warned, Usage: &store.Usage{Input: 3, Output: 4, Total: 7}}),
		observe(5, false, store.ObservationWrite{ID: "runs", Start: second(4)}),
	)
	step("the one that ran has ended", observe(10, true, store.ObservationWrite{ID: "runs", End: second(5)}))
	step("the last end is earlier", observe(11, true, store.ObservationWrite{ID: "last", End: second(6)}))
	step("another model and first token", observe(12, true, store.ObservationWrite{ID: "last", Model: "m2", CompletionStart: second(4)}))
	step("another prompt", observe(13, true, store.ObservationWrite{ID: "first", PromptName: "p", PromptVersion: 2}))
	step("no error", observe(14, true, store.ObservationWrite{ID: "failed", Level: &fine}))
	step("other usage", observe(15, true, store.ObservationWrite{ID: "warned", Usage: &store.Usage{Input: 1, Total: 1}}))
	step("another user", event{trace: &store.TraceWrite{Stamp: at(16, "u"), ID: "t", UserID: "u2"}})
	step("the first start is gone", deleted(20, store.ThingObservation, "first"))
	step("the known cost is gone", deleted(21, store.ThingObservation, "failed"))
	step("moved by an earlier event", observe(-5, false, store.ObservationWrite{ID: "last", TraceID: "other", Start: second(-7200)}))
	step("back again by one before that", observe(-6, false, store.ObservationWrite{ID: "last", Start: second(-100)}))
	step("an earlier environment and time", event{trace: &store.TraceWrite{Stamp: at(-7, "v"), ID: "t", Timestamp: epoch.Add(-30 * time.Hour), Environment: "test"}})
	step("runs again in another one", observe(22, false, store.ObservationWrite{ID: "anew", Start: second(30), Input: json.RawMessage(`"x"`)}))
	step("the trace is gone", deleted(30, store.ThingTrace, "t"))
	step("and made anew", observe(31, false, store.ObservationWrite{ID: "last", Start: second(31), End: second(33)}))
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}
