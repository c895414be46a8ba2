package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

func testProjects(t *testing.T, open Opener) {
	t.Helper()
	s := open(t, time.Now)
	addProject(t, s, "b")
	addProject(t, s, "a")
	if err := s.CreateProject(t.Context(), store.Project{ID: "a", Name: "other"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second project a: %v, want ErrExists", err)
	}
	if err := s.CreateProject(t.Context(), store.Project{ID: "c", Name: "name of a"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second name: %v, want ErrExists", err)
	}
	all, err := s.Projects(t.Context())
	if err != nil || len(all) != 2 || all[0].ID != "b" || all[1].ID != "a" || !all[0].CreatedAt.Equal(epoch) {
		t.Errorf("Projects = %+v, %v", all, err)
	}
	k := store.APIKey{ProjectID: "a", PublicKey: "pk", SecretHash: []byte{1, 2}, CreatedAt: epoch}
	if err := s.CreateAPIKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateAPIKey(t.Context(), k); !errors.Is(err, store.ErrExists) {
		t.Errorf("the key again: %v, want ErrExists", err)
	}
	got, err := s.APIKey(t.Context(), "pk")
	if err != nil || !reflect.DeepEqual(*got, k) {
		t.Errorf("APIKey = %+v, %v; want %+v", got, err, k)
	}
	if keys, err := s.APIKeys(t.Context(), "a"); err != nil || !reflect.DeepEqual(keys, []store.APIKey{k}) {
		t.Errorf("APIKeys(a) = %+v, %v", keys, err)
	}
	if keys, err := s.APIKeys(t.Context(), "b"); err != nil || len(keys) != 0 {
		t.Errorf("APIKeys(b) = %+v, %v", keys, err)
	}
	if _, err := s.APIKey(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown key: %v, want ErrNotFound", err)
	}
	testDeleteAPIKey(t, s, k)
	if err := s.Write(t.Context(), &store.Batch{ProjectID: "none", Traces: []store.TraceWrite{{ID: "t", Stamp: at(0, "e")}}}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("write to an unknown project: %v, want ErrNotFound", err)
	}
}

// testDeleteAPIKey takes keys of project a away, but for its last one and those of others.
func testDeleteAPIKey(t *testing.T, s store.Store, last store.APIKey) {
	t.Helper()
	other := store.APIKey{ProjectID: "a", PublicKey: "pk2", SecretHash: []byte{3}, CreatedAt: epoch}
	ofB := store.APIKey{ProjectID: "b", PublicKey: "pk3", SecretHash: []byte{4}, CreatedAt: epoch}
	if err := errors.Join(s.CreateAPIKey(t.Context(), other), s.CreateAPIKey(t.Context(), ofB)); err != nil {
		t.Fatal(err)
	}
	for public, want := range map[string]error{"none": store.ErrNotFound, "pk3": store.ErrNotFound} {
		if err := s.DeleteAPIKey(t.Context(), "a", public); !errors.Is(err, want) {
			t.Errorf("DeleteAPIKey %s: %v, want %v", public, err, want)
		}
	}
	if err := s.DeleteAPIKey(t.Context(), "a", "pk2"); err != nil {
		t.Error(err)
	}
	if _, err := s.APIKey(t.Context(), "pk2"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted key: %v", err)
	}
	testRemovedAPIKey(t, s, other)
	if err := s.DeleteAPIKey(t.Context(), "a", last.PublicKey); !errors.Is(err, store.ErrLastKey) {
		t.Errorf("the last key: %v", err)
	}
	if keys, err := s.APIKeys(t.Context(), "a"); err != nil || !reflect.DeepEqual(keys, []store.APIKey{last}) {
		t.Errorf("left %+v, %v", keys, err)
	}
}

// testRemovedAPIKey has a key that was taken away from project a come back only there, with another secret.
func testRemovedAPIKey(t *testing.T, s store.Store, gone store.APIKey) {
	t.Helper()
	ctx := t.Context()
	removed, err := s.RemovedAPIKeys(ctx, gone.PublicKey)
	if err != nil || len(removed) != 1 || removed[0].ProjectID != "a" || removed[0].PublicKey != gone.PublicKey ||
		string(removed[0].SecretHash) != string(gone.SecretHash) || time.Since(removed[0].RemovedAt).Abs() > time.Minute {
		t.Errorf("RemovedAPIKeys = %+v, %v", removed, err)
	}
	if removed, err := s.RemovedAPIKeys(ctx, "pk3"); err != nil || len(removed) != 0 {
		t.Errorf("of a key that is there: %+v, %v", removed, err)
	}
	if err := s.CreateAPIKey(ctx, gone); !errors.Is(err, store.ErrRemoved) {
		t.Errorf("the same key: %v, want ErrRemoved", err)
	}
	elsewhere := gone
	elsewhere.ProjectID, elsewhere.SecretHash = "b", []byte{5}
	if err := s.CreateAPIKey(ctx, elsewhere); !errors.Is(err, store.ErrExists) {
		t.Errorf("its public half in another project: %v, want ErrExists", err)
	}
	again := gone
	again.SecretHash = []byte{6}
	if err := errors.Join(s.CreateAPIKey(ctx, again), s.DeleteAPIKey(ctx, "a", gone.PublicKey)); err != nil {
		t.Errorf("with another secret: %v", err)
	}
	for _, k := range []store.APIKey{gone, again} {
		if err := s.CreateAPIKey(ctx, k); !errors.Is(err, store.ErrRemoved) {
			t.Errorf("after a second one with secret %v: %v, want ErrRemoved", k.SecretHash, err)
		}
	}
	if removed, err := s.RemovedAPIKeys(ctx, gone.PublicKey); err != nil || len(removed) != 2 {
		t.Errorf("both: %+v, %v", removed, err)
	}
}

func testRoundTrip(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	yes, level, number := true, exporter.LevelWarning, 0.25
	in, out, total := exporter.NanoUSD(2500), exporter.NanoUSD(9000), exporter.NanoUSD(11500)
	start := epoch.Add(-time.Minute)
	write(t, s, store.Batch{
		Traces: []store.TraceWrite{{
			Stamp: at(0, "e1"), ID: "t", Timestamp: start, Name: "차트 🦈", UserID: "u", SessionID: "s", Environment: "prod", Release: "r", Version: "v",
			Public: &yes, Tags: []string{"b", "a", "b"}, Metadata: json.RawMessage(`{"k":1}`), Input: json.RawMessage(`"in"`), Output: json.RawMessage(`0`),
		}},
		Observations: []store.ObservationWrite{{
			Stamp: at(0, "e2"), ID: "o", TraceID: "t", ParentID: "up", Kind: exporter.KindEmbedding, Name: "name", Environment: "prod",
			Start: start, End: start.Add(3 * time.Second), Level: &level, StatusMessage: "careful", Version: "2",
			Metadata: json.RawMessage(`[1]`), Input: json.RawMessage(`{"q":1}`), Output: json.RawMessage(`false`),
			Model: "m", ModelParameters: json.RawMessage(`{"temperature":0.5}`), CompletionStart: start.Add(time.Second), PromptName: "p", PromptVersion: 3,
			Usage: &store.Usage{Unit: "TOKENS", Input: 5, Output: 6, Total: 11, Details: map[string]int64{"input": 5}},
			Cost:  &store.Cost{Input: &in, Output: &out, Total: &total, Details: map[string]exporter.NanoUSD{"input": in}},
		}},
		Scores: []store.ScoreWrite{{
			Stamp: at(0, "e3"), ID: "sc", TraceID: "t", ObservationID: "o", SessionID: "s", Name: "quality", Type: exporter.ScoreNumeric, Number: &number,
			Comment: "fine", Source: "EVAL", ConfigID: "c", QueueID: "q", Environment: "prod", Metadata: json.RawMessage(`{"m":1}`), Timestamp: start,
		}},
	})
	wantTrace := store.Trace{
		ProjectID: projectID, ID: "t", Timestamp: start, Name: "차트 🦈", UserID: "u", SessionID: "s", Environment: "prod", Release: "r", Version: "v",
		Public: true, Tags: []string{"a", "b"}, Metadata: json.RawMessage(`{"k":1}`), Input: json.RawMessage(`"in"`), Output: json.RawMessage(`0`),
		CreatedAt: epoch, UpdatedAt: epoch,
		Rollup: store.Rollup{
			Observations: 1, Warnings: 1, Level: exporter.LevelWarning, Start: start, Latency: 3 * time.Second,
			InputTokens: 5, OutputTokens: 6, TotalTokens: 11, Cost: &total,
		},
	}
	trace, err := s.Trace(t.Context(), projectID, "t")
	if err != nil || !reflect.DeepEqual(*trace, wantTrace) {
		t.Errorf("Trace = %+v, %v\nwant %+v", trace, err, wantTrace)
	}
	wantObservation := store.Observation{
		ProjectID: projectID, ID: "o", TraceID: "t", ParentID: "up", Kind: exporter.KindEmbedding, Name: "name", Environment: "prod",
		Start: start, End: start.Add(3 * time.Second), Level: level, StatusMessage: "careful", Version: "2",
		Metadata: json.RawMessage(`[1]`), Input: json.RawMessage(`{"q":1}`), Output: json.RawMessage(`false`),
		Model: "m", ModelParameters: json.RawMessage(`{"temperature":0.5}`), CompletionStart: start.Add(time.Second), PromptName: "p", PromptVersion: 3,
		Usage:     &store.Usage{Unit: "TOKENS", Input: 5, Output: 6, Total: 11, Details: map[string]int64{"input": 5}},
		Cost:      &store.Cost{Input: &in, Output: &out, Total: &total, Details: map[string]exporter.NanoUSD{"input": in}},
		CreatedAt: epoch, UpdatedAt: epoch,
	}
	observation, err := s.Observation(t.Context(), projectID, "o")
	if err != nil || !reflect.DeepEqual(*observation, wantObservation) {
		t.Errorf("Observation = %+v, %v\nwant %+v", observation, err, wantObservation)
	}
	if observation.Latency() != 3*time.Second || observation.TimeToFirstToken() != time.Second {
		t.Errorf("latency %v, first token %v", observation.Latency(), observation.TimeToFirstToken())
	}
	wantScore := store.Score{
		ProjectID: projectID, ID: "sc", TraceID: "t", ObservationID: "o", SessionID: "s", Name: "quality", Type: exporter.ScoreNumeric, Number: &number,
		Comment: "fine", Source: "EVAL", Sourced: true, ConfigID: "c", QueueID: "q", Environment: "prod", Metadata: json.RawMessage(`{"m":1}`), Timestamp: start, CreatedAt: epoch, UpdatedAt: epoch,
	}
	scores, err := s.Scores(t.Context(), projectID, store.ScoreQuery{TraceIDs: []string{"t"}})
	if err != nil || len(scores.Scores) != 1 || !reflect.DeepEqual(scores.Scores[0], wantScore) {
		t.Errorf("Scores = %+v, %v\nwant %+v", scores, err, wantScore)
	}
	members, err := s.TraceMembers(t.Context(), projectID, []string{"t", "none"})
	if want := map[string]store.Members{"t": {Observations: []string{"o"}, Scores: []string{"sc"}}}; err != nil || !reflect.DeepEqual(members, want) {
		t.Errorf("TraceMembers = %+v, %v", members, err)
	}
	for _, err := range []error{
		second(s.Trace(t.Context(), projectID, "none")), second(s.Observation(t.Context(), projectID, "none")), second(s.Session(t.Context(), projectID, "none")),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("something unknown: %v, want ErrNotFound", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func testNullsNeverClear(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	level := exporter.LevelError
	write(t, s, store.Batch{Observations: []store.ObservationWrite{{Stamp: at(0, "a"), ID: "o", TraceID: "t", Kind: exporter.KindGeneration, Name: "first", Input: json.RawMessage(`1`), Level: &level}}})
	write(t, s, store.Batch{Observations: []store.ObservationWrite{{Stamp: at(1, "b"), ID: "o", Kind: exporter.KindSpan, TraceID: "other", Output: json.RawMessage(`2`)}}})
	o, err := s.Observation(t.Context(), projectID, "o")
	if err != nil {
		t.Fatal(err)
	}
	if o.Name != "first" || string(o.Input) != "1" || string(o.Output) != "2" || o.Level != level || o.TraceID != "t" || o.Kind != exporter.KindGeneration {
		t.Errorf("after an update that gives only an output: %+v", o)
	}
}

func testUnknownTrace(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	start := epoch.Add(-time.Hour)
	write(t, s, store.Batch{Observations: []store.ObservationWrite{
		{Stamp: at(0, "a"), ID: "child", TraceID: "t", ParentID: "root", Kind: exporter.KindSpan, Name: "child", Start: start},
		{Stamp: at(0, "b"), ID: "root", TraceID: "t", Kind: exporter.KindSpan, Name: "root", Start: start.Add(time.Second)},
		{Stamp: at(0, "c"), ID: "lonely", Kind: exporter.KindSpan, Name: "lonely", Start: start},
	}})
	trace, err := s.Trace(t.Context(), projectID, "t")
	if err != nil || trace.Name != "root" || !trace.Timestamp.Equal(start) || !trace.Rollup.Running {
		t.Errorf("a trace that only its observations speak of: %+v, %v", trace, err)
	}
	lonely, err := s.Observation(t.Context(), projectID, "lonely")
	if err != nil || lonely.TraceID == "" {
		t.Fatalf("an observation without a trace: %+v, %v", lonely, err)
	}
	own, err := s.Trace(t.Context(), projectID, lonely.TraceID)
	if err != nil || own.Name != "lonely" || own.Rollup.Observations != 1 {
		t.Errorf("its own trace: %+v, %v", own, err)
	}
	// A later event doesn't move it. Once an earlier one names a trace, its own one goes.
	write(t, s, store.Batch{Observations: []store.ObservationWrite{{Stamp: at(1, "d"), ID: "lonely", Kind: exporter.KindSpan, TraceID: "t"}}})
	if o, err := s.Observation(t.Context(), projectID, "lonely"); err != nil || o.TraceID != lonely.TraceID {
		t.Errorf("moved by a later event: %+v, %v", o, err)
	}
	write(t, s, store.Batch{Observations: []store.ObservationWrite{{Stamp: at(-1, "d"), ID: "lonely", Kind: exporter.KindSpan, TraceID: "t"}}})
	if _, err := s.Trace(t.Context(), projectID, lonely.TraceID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("its own trace after it got another: %v, want ErrNotFound", err)
	}
	// The trace's own word wins.
	write(t, s, store.Batch{Traces: []store.TraceWrite{{Stamp: at(2, "e"), ID: "t", Name: "given"}}})
	trace, err = s.Trace(t.Context(), projectID, "t")
	if err != nil || trace.Name != "given" || trace.Rollup.Observations != 3 || !trace.Timestamp.Equal(epoch) {
		t.Errorf("after its own event: %+v, %v", trace, err)
	}
}

func testDelete(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	observation := store.ObservationWrite{Stamp: at(1, "b"), ID: "o", TraceID: "t", Kind: exporter.KindSpan, Input: json.RawMessage(`"secret"`)}
	number := 1.0
	batch := store.Batch{
		Traces:       []store.TraceWrite{{Stamp: at(1, "a"), ID: "t", Name: "old", Input: json.RawMessage(`"secret"`), Tags: []string{"x"}}},
		Observations: []store.ObservationWrite{observation},
		Scores:       []store.ScoreWrite{{Stamp: at(1, "c"), ID: "sc", TraceID: "t", Name: "n", Type: exporter.ScoreNumeric, Number: &number}},
	}
	write(t, s, batch)
	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(2, "d"), Thing: store.ThingTrace, ID: "t"}}})
	write(t, s, batch) // a late duplicate brings nothing back
	if got := lines(dump(t, s, projectID)); len(got) != 0 {
		t.Errorf("after the delete there are still %v", got)
	}
	if page, err := s.Traces(t.Context(), projectID, store.TraceQuery{TraceFilter: store.TraceFilter{Tags: []string{"x"}}}); err != nil || len(page.Traces) != 0 {
		t.Errorf("its tag still finds %+v, %v", page.Traces, err)
	}
	write(t, s, store.Batch{Traces: []store.TraceWrite{{Stamp: at(3, "e"), ID: "t", Version: "new"}}})
	trace, err := s.Trace(t.Context(), projectID, "t")
	if err != nil || trace.Version != "new" || trace.Name != "" || trace.Input != nil || trace.Metadata != nil || len(trace.Tags) != 0 || trace.Rollup.Observations != 0 {
		t.Errorf("made anew: %+v, %v", trace, err)
	}
	write(t, s, store.Batch{Observations: []store.ObservationWrite{{Stamp: at(3, "f"), ID: "o", TraceID: "t", Kind: exporter.KindSpan, Version: "new"}}})
	o, err := s.Observation(t.Context(), projectID, "o")
	if err != nil || o.Version != "new" || o.Input != nil || o.Metadata != nil || o.ModelParameters != nil {
		t.Errorf("made anew: %+v, %v", o, err)
	}
}

// testDeleteOfWhatIsStored deletes things whose stamps lie after the delete, as clocks of applications have them.
func testDeleteOfWhatIsStored(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	number := 1.0
	batch := func(trace string) store.Batch {
		return store.Batch{
			Traces: []store.TraceWrite{{Stamp: at(5, "a"), ID: trace, Input: json.RawMessage(`"secret"`)}},
			Observations: []store.ObservationWrite{
				{Stamp: at(9, "b"), ID: "o-" + trace, TraceID: trace, Kind: exporter.KindSpan},
				{Stamp: at(1, "c"), ID: "p-" + trace, TraceID: trace, Kind: exporter.KindSpan},
			},
			Scores: []store.ScoreWrite{{Stamp: at(7, "d"), ID: "s-" + trace, TraceID: trace, Name: "n", Type: exporter.ScoreNumeric, Number: &number}},
		}
	}
	for _, trace := range []string{"t", "u", "v"} {
		write(t, s, batch(trace))
	}
	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(2, "x"), Thing: store.ThingTrace, ID: "t", Stored: true}}})
	write(t, s, store.Batch{Deletes: []store.Delete{
		{Stamp: at(2, "x"), Thing: store.ThingObservation, ID: "o-u", Stored: true}, {Stamp: at(2, "x"), Thing: store.ThingScore, ID: "s-u", Stored: true},
	}})
	write(t, s, store.Batch{Deletes: []store.Delete{ // step by step
		{Stamp: at(2, "x"), Thing: store.ThingObservation, ID: "o-v", Stored: true, Passing: true},
		{Stamp: at(2, "x"), Thing: store.ThingObservation, ID: "p-v", Stored: true, Passing: true},
	}})
	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(2, "x"), Thing: store.ThingTrace, ID: "v", Stored: true}}})
	left := func() (list []string) {
		r := dump(t, s, projectID)
		for i := range r.Traces {
			list = append(list, r.Traces[i].ID)
		}
		for i := range r.Observations {
			list = append(list, r.Observations[i].ID)
		}
		for i := range r.Scores {
			list = append(list, r.Scores[i].ID)
		}
		slices.Sort(list)
		return list
	}
	if got, want := left(), []string{"p-u", "u"}; !slices.Equal(got, want) {
		t.Errorf("after the deletes there are %q, want %q", got, want)
	}
	// Sent once more, it stays deleted, and is counted.
	again := batch("t")
	again.ProjectID = projectID
	if err := s.Write(t.Context(), &again); err != nil || again.Dropped != 4 {
		t.Errorf("%d writes dropped, %v; want 4", again.Dropped, err)
	}
	if got := left(); len(got) != 2 {
		t.Errorf("sent once more: %q", got)
	}
	// A delete that comes again, earlier by its stamp, takes what was written later, too.
	write(t, s, store.Batch{Traces: []store.TraceWrite{{Stamp: at(20, "e"), ID: "t"}}})
	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(3, "y"), Thing: store.ThingTrace, ID: "t"}}})
	if got := left(); len(got) != 3 {
		t.Errorf("after a delete by its stamp: %q", got)
	}
	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(3, "y"), Thing: store.ThingTrace, ID: "t", Stored: true}}})
	if got := left(); len(got) != 2 {
		t.Errorf("after a delete of what is stored: %q", got)
	}
	// Deletes can be taken back.
	again.Revive = true
	if err := s.Write(t.Context(), &again); err != nil || again.Dropped != 0 {
		t.Errorf("%d writes dropped, %v; want none", again.Dropped, err)
	}
	members := store.Batch{ProjectID: projectID, Observations: batch("v").Observations, Scores: batch("u").Scores, Revive: true}
	if err := s.Write(t.Context(), &members); err != nil || members.Dropped != 0 {
		t.Errorf("%d writes dropped, %v; want none", members.Dropped, err)
	}
	if got, want := left(), []string{"o-t", "o-v", "p-t", "p-u", "p-v", "s-t", "s-u", "t", "u", "v"}; !slices.Equal(got, want) {
		t.Errorf("brought back there are %q, want %q", got, want)
	}
	if trace, err := s.Trace(t.Context(), projectID, "t"); err != nil || string(trace.Input) != `"secret"` {
		t.Errorf("brought back: %+v, %v", trace, err)
	}
	// Step by step, what lies ahead stays deleted too; and what was given to two traces comes back though the first is gone.
	late := store.ObservationWrite{Stamp: at(50, "l"), ID: "late", TraceID: "w", Kind: exporter.KindSpan}
	given := store.ObservationWrite{Stamp: at(5, "g"), ID: "given", TraceID: "x", Kind: exporter.KindSpan}
	write(t, s, store.Batch{Observations: []store.ObservationWrite{late, given, {Stamp: at(6, "h"), ID: "given", TraceID: "y", Kind: exporter.KindSpan}}})
	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(9, "x"), Thing: store.ThingObservation, ID: "late", Stored: true, Passing: true}}})
	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(9, "x"), Thing: store.ThingTrace, ID: "w", Stored: true}, {Stamp: at(9, "x"), Thing: store.ThingTrace, ID: "y", Stored: true}}})
	twice := store.Batch{ProjectID: projectID, Observations: []store.ObservationWrite{late, given}}
	if err := s.Write(t.Context(), &twice); err != nil || twice.Dropped != 2 {
		t.Errorf("%d writes dropped, %v; want 2", twice.Dropped, err)
	}
	twice.Revive = true
	plain := store.TraceWrite{Stamp: at(5, "p"), ID: "z", Timestamp: epoch}
	write(t, s, store.Batch{Traces: []store.TraceWrite{plain}})
	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(9, "x"), Thing: store.ThingTrace, ID: "z", Stored: true}}})
	twice.Traces = []store.TraceWrite{plain}
	if err := s.Write(t.Context(), &twice); err != nil || twice.Dropped != 0 {
		t.Errorf("%d writes dropped, %v; want none", twice.Dropped, err)
	}
	for _, id := range []string{"late", "given", "z"} {
		if !slices.Contains(left(), id) {
			t.Errorf("%s isn't back: %q", id, left())
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

func testIsolation(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	addProject(t, s, "p2")
	number := 1.0
	for _, p := range []string{projectID, "p2"} {
		write(t, s, store.Batch{
			ProjectID:    p,
			Traces:       []store.TraceWrite{{Stamp: at(0, "a"), ID: "same", Name: "of " + p, SessionID: "s", Tags: []string{"t"}}},
			Observations: []store.ObservationWrite{{Stamp: at(0, "b"), ID: "same", TraceID: "same", Kind: exporter.KindSpan, Name: "of " + p}},
			Scores:       []store.ScoreWrite{{Stamp: at(0, "c"), ID: "same", TraceID: "same", Name: "of " + p, Type: exporter.ScoreNumeric, Number: &number}},
		})
	}
	write(t, s, store.Batch{ProjectID: "p2", Deletes: []store.Delete{{Stamp: at(5, "d"), Thing: store.ThingTrace, ID: "same"}}})
	r := dump(t, s, projectID)
	if len(r.Traces) != 1 || r.Traces[0].Name != "of p1" || len(r.Observations) != 1 || r.Observations[0].Name != "of p1" || len(r.Scores) != 1 || r.Scores[0].Name != "of p1" {
		t.Errorf("p1 has %v", lines(r))
	}
	if other := dump(t, s, "p2"); len(lines(other)) != 0 {
		t.Errorf("p2 has %v after its delete", lines(other))
	}
	for _, f := range []store.TraceFilter{{Tags: []string{"t"}}, {SessionID: "s"}, {IDs: []string{"same"}}, {Search: "of"}} {
		page, err := s.Traces(t.Context(), projectID, store.TraceQuery{TraceFilter: f})
		if err != nil || len(page.Traces) != 1 || page.Traces[0].Name != "of p1" {
			t.Errorf("filter %+v in p1: %+v, %v", f, page.Traces, err)
		}
	}
}

func testWatch(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	var mu sync.Mutex
	var seen []string
	stop := s.Watch(func(c store.Commit) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprint(c.ProjectID, c.TraceIDs))
	})
	write(t, s, store.Batch{Traces: []store.TraceWrite{{Stamp: at(0, "a"), ID: "t1"}, {Stamp: at(0, "b"), ID: "t2"}}})
	write(t, s, store.Batch{Observations: []store.ObservationWrite{{Stamp: at(0, "c"), ID: "o", TraceID: "t1", Kind: exporter.KindSpan}}})
	stop()
	write(t, s, store.Batch{Traces: []store.TraceWrite{{Stamp: at(1, "d"), ID: "t3"}}})
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"p1[t1 t2]", "p1[t1]"}; !reflect.DeepEqual(seen, want) {
		t.Errorf("told %v, want %v", seen, want)
	}
}

// testConcurrent has many writers at once; each reads what it wrote.
func testConcurrent(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	var wg sync.WaitGroup
	const writers, writes = 8, 20
	for w := range writers {
		wg.Go(func() {
			for i := range writes {
				id := fmt.Sprintf("o-%d-%d", w, i)
				b := &store.Batch{ProjectID: projectID, Observations: []store.ObservationWrite{{Stamp: at(i, id), ID: id, TraceID: fmt.Sprint("t", i%3), Kind: exporter.KindSpan, Name: id}}}
				if err := s.Write(t.Context(), b); err != nil {
					t.Errorf("Write: %v", err)
					return
				}
				if o, err := s.Observation(t.Context(), projectID, id); err != nil || o.Name != id {
					t.Errorf("read back %s: %+v, %v", id, o, err)
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, trace := range dump(t, s, projectID).Traces {
		total += trace.Rollup.Observations
	}
	if total != writers*writes {
		t.Errorf("the traces count %d observations, want %d", total, writers*writes)
	}
}

func testClose(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if err := s.Write(t.Context(), &store.Batch{ProjectID: projectID, Traces: []store.TraceWrite{{Stamp: at(0, "a"), ID: "t"}}}); err == nil {
		t.Error("Write after Close succeeded")
	}
}
