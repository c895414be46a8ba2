package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// seed writes ten traces, a second apart, with one observation each.
func seed(t *testing.T, s store.Store) {
	t.Helper()
	var b store.Batch
	for i := range 10 {
		id := fmt.Sprintf("t%d", i)
		start := epoch.Add(time.Duration(i) * time.Second)
		w := store.TraceWrite{
			Stamp: at(i, "t"+id), ID: id, Timestamp: start, Name: []string{"chat", "search"}[i%2], UserID: fmt.Sprint("u", i%3),
			Release: "r", Version: fmt.Sprint("v", i%2), Tags: []string{"all", fmt.Sprint("mod", i%5)}, Metadata: json.RawMessage(fmt.Sprintf(`{"tenant":"a%d","n":%d}`, i%4, i)),
		}
		if i >= 5 {
			w.SessionID, w.Environment = "s", "prod"
		}
		level := []exporter.Level{exporter.LevelDefault, exporter.LevelWarning, exporter.LevelError}[i%3]
		b.Traces = append(b.Traces, w)
		b.Observations = append(b.Observations, store.ObservationWrite{
			Stamp: at(i, "o"+id), ID: "o" + id, TraceID: id, Kind: exporter.Kind(i), Name: w.Name,
			Start: start, End: start.Add(time.Second), Level: &level, ParentID: []string{"", "up"}[i%2], Version: fmt.Sprint("v", i%2),
		})
	}
	write(t, s, b)
}

func traceIDs(page store.TracePage) []string {
	ids := []string{}
	for _, trace := range page.Traces {
		ids = append(ids, trace.ID)
	}
	return ids
}

func testTraceFilters(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seed(t, s)
	second := func(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }
	for _, c := range []struct {
		name   string
		filter store.TraceFilter
		want   []string
	}{
		{"none", store.TraceFilter{}, []string{"t9", "t8", "t7", "t6", "t5", "t4", "t3", "t2", "t1", "t0"}},
		{"ids", store.TraceFilter{IDs: []string{"t3", "t1", "none"}}, []string{"t3", "t1"}},
		{"name", store.TraceFilter{Name: "search"}, []string{"t9", "t7", "t5", "t3", "t1"}},
		{"user", store.TraceFilter{UserID: "u0"}, []string{"t9", "t6", "t3", "t0"}},
		{"session", store.TraceFilter{SessionID: "s"}, []string{"t9", "t8", "t7", "t6", "t5"}},
		{"environment", store.TraceFilter{Environments: []string{"default"}}, []string{"t4", "t3", "t2", "t1", "t0"}},
		{"environments", store.TraceFilter{Environments: []string{"prod", "none"}}, []string{"t9", "t8", "t7", "t6", "t5"}},
		{"release", store.TraceFilter{Release: "none"}, []string{}},
		{"version", store.TraceFilter{Version: "v1"}, []string{"t9", "t7", "t5", "t3", "t1"}},
		{"tags", store.TraceFilter{Tags: []string{"all", "mod1"}}, []string{"t6", "t1"}},
		{"unknown tag", store.TraceFilter{Tags: []string{"all", "zzz"}}, []string{}},
		{"metadata", store.TraceFilter{Metadata: map[string]string{"tenant": "a1"}}, []string{"t9", "t5", "t1"}},
		{"number in metadata", store.TraceFilter{Metadata: map[string]string{"n": "7"}}, []string{"t7"}},
		{"errors", store.TraceFilter{Levels: []exporter.Level{exporter.LevelError}}, []string{"t8", "t5", "t2"}},
		{"warnings", store.TraceFilter{Levels: []exporter.Level{exporter.LevelWarning}}, []string{"t7", "t4", "t1"}},
		{"errors and warnings", store.TraceFilter{Levels: []exporter.Level{exporter.LevelWarning, exporter.LevelError}}, []string{"t8", "t7", "t5", "t4", "t2", "t1"}},
		{"search", store.TraceFilter{Search: "SEAR"}, []string{"t9", "t7", "t5", "t3", "t1"}},
		{"search for signs", store.TraceFilter{Search: "%"}, []string{}},
		{"time", store.TraceFilter{From: second(3), To: second(5)}, []string{"t4", "t3"}},
		{"together", store.TraceFilter{Name: "chat", UserID: "u0", Tags: []string{"mod1"}, From: second(1)}, []string{"t6"}},
	} {
		page, err := s.Traces(t.Context(), projectID, store.TraceQuery{TraceFilter: c.filter, Page: store.Page{Total: true}})
		if err != nil || !reflect.DeepEqual(traceIDs(page), c.want) || page.Total != int64(len(c.want)) {
			t.Errorf("%s: %v of %d, %v; want %v", c.name, traceIDs(page), page.Total, err, c.want)
		}
	}
}

func testTraceOrders(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seed(t, s)
	for _, order := range []store.Order{
		store.OrderTimestamp, store.OrderID, store.OrderName, store.OrderUserID, store.OrderSessionID, store.OrderRelease,
		store.OrderVersion, store.OrderPublic, store.OrderBookmarked, store.OrderCreatedAt, store.OrderUpdatedAt, store.OrderEnvironment,
	} {
		up, err := s.Traces(t.Context(), projectID, store.TraceQuery{OrderBy: order, Ascending: true})
		if err != nil {
			t.Errorf("order by %s: %v", order, err)
			continue
		}
		down, err := s.Traces(t.Context(), projectID, store.TraceQuery{OrderBy: order})
		if err != nil {
			t.Errorf("order by %s: %v", order, err)
			continue
		}
		reversed := traceIDs(down)
		slices.Reverse(reversed)
		if !reflect.DeepEqual(traceIDs(up), reversed) {
			t.Errorf("order by %s: %v ascending, %v descending", order, traceIDs(up), traceIDs(down))
		}
		if order == store.OrderName && (up.Traces[0].Name != "chat" || up.Traces[9].Name != "search") {
			t.Errorf("by name: %v", traceIDs(up))
		}
	}
	if _, err := s.Traces(t.Context(), projectID, store.TraceQuery{OrderBy: "id; DROP TABLE traces"}); !errors.Is(err, store.ErrBadOrder) {
		t.Errorf("an order that is none: %v, want ErrBadOrder", err)
	}
}

func testPages(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seed(t, s)
	for _, ascending := range []bool{false, true} {
		var all []string
		q := store.TraceQuery{Ascending: ascending, Page: store.Page{Limit: 3}}
		for range 5 {
			page, err := s.Traces(t.Context(), projectID, q)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, traceIDs(page)...)
			if page.Next == "" {
				break
			}
			q.After = page.Next
		}
		if len(all) != 10 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 10 {
			t.Errorf("ascending %v: by cursor %v", ascending, all)
		}
	}
	page, err := s.Traces(t.Context(), projectID, store.TraceQuery{Page: store.Page{Limit: 4, Offset: 8, Total: true}})
	if err != nil || !reflect.DeepEqual(traceIDs(page), []string{"t1", "t0"}) || page.Total != 10 || page.Next != "" {
		t.Errorf("by offset: %v of %d, next %q, %v", traceIDs(page), page.Total, page.Next, err)
	}
	page, err = s.Traces(t.Context(), projectID, store.TraceQuery{Page: store.Page{Limit: -1, Total: true}})
	if err != nil || len(page.Traces) != 0 || page.Total != 10 {
		t.Errorf("no rows: %v of %d, %v", traceIDs(page), page.Total, err)
	}
	if _, err := s.Traces(t.Context(), projectID, store.TraceQuery{Page: store.Page{After: "nonsense"}}); !errors.Is(err, store.ErrBadCursor) {
		t.Errorf("a cursor that is none: %v, want ErrBadCursor", err)
	}
	observations, err := s.Observations(t.Context(), projectID, store.ObservationQuery{Page: store.Page{Limit: 6}})
	if err != nil || len(observations.Observations) != 6 || observations.Next == "" {
		t.Fatalf("first page of observations: %+v, %v", observations, err)
	}
	observations, err = s.Observations(t.Context(), projectID, store.ObservationQuery{Page: store.Page{Limit: 6, After: observations.Next}})
	if err != nil || len(observations.Observations) != 4 || observations.Observations[0].ID != "ot3" {
		t.Errorf("second page of observations: %+v, %v", observations, err)
	}
	testPlaces(t, s)
}

// testPlaces goes on after each row of a page, either way round, also when that row has gone.
func testPlaces(t *testing.T, s store.Store) {
	t.Helper()
	for _, ascending := range []bool{false, true} {
		q := store.ObservationQuery{Ascending: ascending, Page: store.Page{Limit: 8}}
		if page, err := s.Observations(t.Context(), projectID, q); err != nil || page.Places != nil {
			t.Errorf("places that nobody asked for: %v, %v", page.Places, err)
		}
		q.Places = true
		page, err := s.Observations(t.Context(), projectID, q)
		if err != nil || len(page.Places) != 8 || page.Places[7] != page.Next {
			t.Fatalf("%d places, next %q, %v", len(page.Places), page.Next, err)
		}
		gone := page.Observations[2]
		for i, place := range page.Places[:7] {
			q.After, q.Limit = place, 1
			rest, err := s.Observations(t.Context(), projectID, q)
			if err != nil || len(rest.Observations) != 1 || rest.Observations[0].ID != page.Observations[i+1].ID {
				t.Errorf("after row %d: %+v, %v; want %s", i, rest.Observations, err, page.Observations[i+1].ID)
			}
			if i == 1 { // what comes next is looked for from a row that isn't there
				deleted := store.Delete{Stamp: store.NewStamp(epoch.AddDate(1, 0, 0), true, "d"+gone.ID), Thing: store.ThingTrace, ID: gone.TraceID}
				if err := s.Write(t.Context(), &store.Batch{ProjectID: projectID, Deletes: []store.Delete{deleted}}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func testObservationFilters(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seed(t, s)
	for _, c := range []struct {
		name   string
		filter store.ObservationFilter
		want   []string
	}{
		{"ids", store.ObservationFilter{IDs: []string{"ot1"}}, []string{"ot1"}},
		{"trace", store.ObservationFilter{TraceID: "t4"}, []string{"ot4"}},
		{"unknown trace", store.ObservationFilter{TraceID: "none"}, nil},
		{"name", store.ObservationFilter{Name: "search", From: epoch.Add(5 * time.Second)}, []string{"ot9", "ot7", "ot5"}},
		{"user", store.ObservationFilter{UserID: "u2"}, []string{"ot8", "ot5", "ot2"}},
		{"kinds", store.ObservationFilter{Kinds: []exporter.Kind{exporter.KindTool, exporter.KindEvent}}, []string{"ot4", "ot2"}},
		{"levels", store.ObservationFilter{Levels: []exporter.Level{exporter.LevelDefault}}, []string{"ot9", "ot6", "ot3", "ot0"}},
		{"parent", store.ObservationFilter{ParentID: "up", To: epoch.Add(4 * time.Second)}, []string{"ot3", "ot1"}},
		{"environment of the trace", store.ObservationFilter{Environments: []string{"prod"}, Version: "v0"}, []string{"ot8", "ot6"}},
		{"version", store.ObservationFilter{Version: "v0", To: epoch.Add(3 * time.Second)}, []string{"ot2", "ot0"}},
	} {
		page, err := s.Observations(t.Context(), projectID, store.ObservationQuery{ObservationFilter: c.filter, Page: store.Page{Total: true}})
		var ids []string
		for _, o := range page.Observations {
			ids = append(ids, o.ID)
		}
		if err != nil || !reflect.DeepEqual(ids, c.want) || page.Total != int64(len(c.want)) {
			t.Errorf("%s: %v of %d, %v; want %v", c.name, ids, page.Total, err, c.want)
		}
	}
}

func testSessions(t *testing.T, open Opener) {
	t.Helper()
	now := epoch
	s := open(t, func() time.Time { return now })
	addProject(t, s, projectID)
	cost := exporter.NanoUSD(5)
	for i, session := range []string{"a", "b", "b"} {
		now = epoch.Add(time.Duration(i) * time.Minute)
		id := fmt.Sprint("t", i)
		write(t, s, store.Batch{
			Traces: []store.TraceWrite{{Stamp: at(i, "t"), ID: id, Timestamp: now, SessionID: session, UserID: fmt.Sprint("u", i), Environment: []string{"", "first", "later"}[i]}},
			Observations: []store.ObservationWrite{{
				Stamp: at(i, "o"), ID: "o" + id, TraceID: id, Kind: exporter.KindGeneration,
				Usage: &store.Usage{Total: 7}, Cost: &store.Cost{Total: &cost},
			}},
		})
	}
	page, err := s.Sessions(t.Context(), projectID, store.SessionQuery{Page: store.Page{Total: true}})
	if err != nil || page.Total != 2 || len(page.Sessions) != 2 {
		t.Fatalf("Sessions = %+v, %v", page, err)
	}
	sum := 2 * cost
	want := store.Session{
		ProjectID: projectID, ID: "b", CreatedAt: epoch.Add(time.Minute), Traces: 2, FirstTrace: epoch.Add(time.Minute), LastTrace: epoch.Add(2 * time.Minute), Environment: "first",
		UserIDs: []string{"u1", "u2"}, TotalTokens: 14, Cost: &sum,
	}
	if !reflect.DeepEqual(page.Sessions[0], want) {
		t.Errorf("the newest session is %+v, want %+v", page.Sessions[0], want)
	}
	one, err := s.Session(t.Context(), projectID, "a")
	if err != nil || one.Traces != 1 || one.ID != "a" || one.Environment != "default" {
		t.Errorf("Session(a) = %+v, %v", one, err)
	}
	page, err = s.Sessions(t.Context(), projectID, store.SessionQuery{Environments: []string{"first", "later"}, Page: store.Page{Total: true}})
	if err != nil || page.Total != 1 || len(page.Sessions) != 1 || page.Sessions[0].ID != "b" {
		t.Errorf("sessions that began in an environment: %+v, %v", page, err)
	}
	page, err = s.Sessions(t.Context(), projectID, store.SessionQuery{To: epoch.Add(time.Minute)})
	if err != nil || len(page.Sessions) != 1 || page.Sessions[0].ID != "a" {
		t.Errorf("sessions before b: %+v, %v", page, err)
	}
}
