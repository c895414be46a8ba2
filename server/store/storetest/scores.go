package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// seedScores writes ten scores of the traces of [seed], a second apart.
func seedScores(t *testing.T, s store.Store) {
	t.Helper()
	var b store.Batch
	for i := range 10 {
		number := float64(i) / 2
		w := store.ScoreWrite{
			Stamp: at(i, fmt.Sprint("s", i)), ID: fmt.Sprint("s", i), TraceID: fmt.Sprint("t", i), Name: []string{"quality", "tone"}[i%2],
			Type: exporter.ScoreNumeric, Number: &number, Source: []string{"API", "EVAL"}[i%2], Timestamp: epoch.Add(time.Duration(i) * time.Second),
		}
		if i%3 == 0 {
			w.Type, w.Number, w.Text, w.ConfigID = exporter.ScoreCategorical, nil, "good", "c1"
		}
		if i%4 == 1 {
			w.QueueID = fmt.Sprint("q", i)
		}
		if i >= 5 {
			w.Environment = "prod"
		}
		if i >= 8 {
			w.DatasetRunID = fmt.Sprint("run", i)
		}
		b.Scores = append(b.Scores, w)
	}
	write(t, s, b)
}

func testScoreFilters(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seed(t, s)
	seedScores(t, s)
	for _, c := range []struct {
		name  string
		query store.ScoreQuery
		want  []string
	}{
		{"ids", store.ScoreQuery{IDs: []string{"s1", "s4", "none"}}, []string{"s4", "s1"}},
		{"traces", store.ScoreQuery{TraceIDs: []string{"t2", "t3"}}, []string{"s3", "s2"}},
		{"name", store.ScoreQuery{Names: []string{"tone", "none"}, From: epoch.Add(5 * time.Second)}, []string{"s9", "s7", "s5"}},
		{"user", store.ScoreQuery{UserID: "u1"}, []string{"s7", "s4", "s1"}},
		{"environment", store.ScoreQuery{Environments: []string{"default"}, To: epoch.Add(3 * time.Second)}, []string{"s2", "s1", "s0"}},
		{"source", store.ScoreQuery{Sources: []string{"EVAL"}, Environments: []string{"prod"}}, []string{"s9", "s7", "s5"}},
		{"config", store.ScoreQuery{ConfigIDs: []string{"c0", "c1"}}, []string{"s9", "s6", "s3", "s0"}},
		{"queue", store.ScoreQuery{QueueIDs: []string{"q9", "q5", "none"}}, []string{"s9", "s5"}},
		{"type", store.ScoreQuery{Types: []exporter.ScoreType{exporter.ScoreCategorical}, Names: []string{"tone"}}, []string{"s9", "s3"}},
		{"above", store.ScoreQuery{Compare: []store.ScoreComparison{{Operator: ">", Number: 3.5}}}, []string{"s8"}},
		{"at least", store.ScoreQuery{Compare: []store.ScoreComparison{{Operator: ">=", Number: 3.5}}}, []string{"s8", "s7"}},
		{"below", store.ScoreQuery{Compare: []store.ScoreComparison{{Operator: "<", Number: 1}}}, []string{"s1"}},
		{"at most", store.ScoreQuery{Compare: []store.ScoreComparison{{Operator: "<=", Number: 1}}}, []string{"s2", "s1"}},
		{"equal", store.ScoreQuery{Compare: []store.ScoreComparison{{Operator: "=", Number: 2}}}, []string{"s4"}},
		{"other", store.ScoreQuery{Compare: []store.ScoreComparison{{Operator: "!=", Number: 2}}, Names: []string{"quality"}}, []string{"s8", "s2"}},
		{"between", store.ScoreQuery{Compare: []store.ScoreComparison{{Operator: ">", Number: 1}, {Operator: "<=", Number: 2.5}}}, []string{"s5", "s4"}},
		{"numbers", store.ScoreQuery{Numbers: []float64{1, 4, 99}}, []string{"s8", "s2"}},
		{"texts", store.ScoreQuery{Texts: []string{"good", "bad"}, To: epoch.Add(5 * time.Second)}, []string{"s3", "s0"}},
		{"tags", store.ScoreQuery{TraceTags: []string{"all", "mod1"}}, []string{"s6", "s1"}},
		{"tags of a user", store.ScoreQuery{TraceTags: []string{"mod1"}, UserID: "u0"}, []string{"s6"}},
		{"run", store.ScoreQuery{DatasetRunID: "run8"}, []string{"s8"}},
		{"run and name", store.ScoreQuery{DatasetRunID: "run8", Names: []string{"tone"}}, nil},
		{"nothing", store.ScoreQuery{UserID: "none"}, nil},
	} {
		c.query.Page = store.Page{Total: true}
		page, err := s.Scores(t.Context(), projectID, c.query)
		var ids []string
		for _, score := range page.Scores {
			ids = append(ids, score.ID)
		}
		if err != nil || !reflect.DeepEqual(ids, c.want) || page.Total != int64(len(c.want)) {
			t.Errorf("%s: %v of %d, %v; want %v", c.name, ids, page.Total, err, c.want)
		}
	}
	if _, err := s.Scores(t.Context(), projectID, store.ScoreQuery{Compare: []store.ScoreComparison{{Operator: "LIKE"}}}); !errors.Is(err, store.ErrBadQuery) {
		t.Errorf("a comparison that is none: %v", err)
	}
}
