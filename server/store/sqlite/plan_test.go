package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// TestPlans has the lists that people look at read in the order of an index,
// whatever the size of the project.
func TestPlans(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "plan.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		name   string
		filter store.TraceFilter
		want   string
	}{
		{"newest", store.TraceFilter{}, "traces_by_time"},
		{"user", store.TraceFilter{UserID: "u"}, "traces_by_user"},
		{"session", store.TraceFilter{SessionID: "s"}, "traces_by_session"},
		{"name", store.TraceFilter{Name: "n"}, "traces_by_name"},
		{"errors", store.TraceFilter{Levels: []exporter.Level{exporter.LevelError}}, "traces_with_errors"},
		{"tags", store.TraceFilter{Tags: []string{"a", "b"}}, "SEARCH a USING PRIMARY KEY (project=? AND key=? AND value=?)"},
		{"metadata", store.TraceFilter{Metadata: map[string]string{"k": "v"}, Tags: []string{"a"}}, "SEARCH a USING PRIMARY KEY (project=? AND key=? AND value=?)"},
	} {
		source, time, row := traceSource(c.filter)
		w := traceWhere(1, nil, c.filter, time)
		plan := explain(t, s, "SELECT t.id FROM "+source+w.String()+tail(store.Page{}, time+" DESC, "+row+" DESC"), w.args)
		if !strings.Contains(plan, c.want) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s: %s, want %s and no sorting", c.name, plan, c.want)
		}
	}
	for _, c := range []struct {
		name  string
		trace int64
		want  string
	}{
		{"of a trace", 1, "SEARCH o USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
		{"newest", 0, "SEARCH o USING INDEX observations_by_start (project=?)"},
	} {
		w := observationWhere(1, c.trace, nil, store.ObservationFilter{})
		plan := explain(t, s, "SELECT o.id FROM "+observationSource(c.trace)+w.String()+tail(store.Page{}, "o.start ASC, o.rid ASC"), w.args)
		if !strings.Contains(plan, c.want) || c.trace == 0 && strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("observations, %s: %s", c.name, plan)
		}
	}
	w := observationWhere(1, 0, []int64{7}, store.ObservationFilter{IDs: []string{"o"}})
	if plan := explain(t, s, "SELECT o.id FROM "+observationSource(0)+w.String()+tail(store.Page{}, "o.start DESC, o.rid DESC"), w.args); !strings.Contains(plan, "SEARCH o USING INTEGER PRIMARY KEY (rowid=?)") {
		t.Errorf("an observation: %s", plan)
	}
	for _, query := range []string{"SELECT count(*) " + selectSessionSums, selectSessionUsers} {
		args := []any{1, "s", 10}[:strings.Count(query, "?")]
		if plan := explain(t, s, query, args); !strings.Contains(plan, "traces_by_session (project=? AND session_id=?)") {
			t.Errorf("a session: %s", plan)
		}
	}
	w = &where{}
	w.project("t.", 1, []string{"a", "b"})
	byID(w, "t.", []string{"a", "b"}, []int64{7, 8})
	if plan := explain(t, s, selectMembers+w.String()+" ORDER BY o.id", w.args); !strings.Contains(plan, "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)") {
		t.Errorf("members: %s", plan)
	}
	if plan := explain(t, s, selectScoreMembers+" WHERE project = ? AND trace_id IN (?, ?) ORDER BY id", []any{1, "a", "b"}); !strings.Contains(plan, "scores_by_trace (project=? AND trace_id=?)") {
		t.Errorf("scores of traces: %s", plan)
	}
	w = traceWhere(1, []int64{7}, store.TraceFilter{IDs: []string{"t"}}, "t.ts")
	if plan := explain(t, s, "SELECT t.id FROM traces t"+w.String()+tail(store.Page{}, "t.ts DESC, t.rid DESC"), w.args); !strings.Contains(plan, "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)") {
		t.Errorf("a trace: %s", plan)
	}
}

func explain(t *testing.T, s *Store, query string, args []any) string {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "; ")
}

// TestScorePlans has scores read by what is asked for, and not all of the project.
func TestScorePlans(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "plan.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		query store.ScoreQuery
		want  string
	}{
		{store.ScoreQuery{IDs: []string{"a", "b"}}, "(project=? AND id=?)"},
		{store.ScoreQuery{IDs: []string{"a"}, UserID: "u"}, "(project=? AND id=?)"},
		{store.ScoreQuery{TraceIDs: []string{"a", "b"}}, "scores_by_trace (project=? AND trace_id=?)"},
		{store.ScoreQuery{UserID: "u"}, "scores_by_trace (project=? AND trace_id=?); LIST SUBQUERY 1; SEARCH t USING INDEX traces_by_user (project=? AND user_id=?)"},
		{store.ScoreQuery{TraceTags: []string{"a"}}, "scores_by_trace (project=? AND trace_id=?); LIST SUBQUERY 1; SEARCH a USING PRIMARY KEY (project=? AND key=? AND value=?)"},
		{store.ScoreQuery{SessionID: "s"}, "scores_by_session (project=? AND session_id=?)"},
		{store.ScoreQuery{DatasetRunID: "r"}, "scores_by_run (project=? AND dataset_run_id=?)"},
		{store.ScoreQuery{Names: []string{"n"}}, "scores_by_time (project=?)"},
	} {
		w, err := scoreWhere(1, c.query)
		if err != nil {
			t.Fatal(err)
		}
		plan := explain(t, s, "SELECT "+scoreColumns+" FROM "+scoreSource(c.query)+w.String()+tail(c.query.Page, "ts DESC, rid DESC"), w.args)
		if !strings.Contains(plan, c.want) {
			t.Errorf("%+v: %s, want %s", c.query, plan, c.want)
		}
	}
}
