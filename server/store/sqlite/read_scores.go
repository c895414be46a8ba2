package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

const scoreColumns = `rid, id, ifnull(trace_id, ''), ifnull(observation_id, ''), ifnull(session_id, ''), ifnull(dataset_run_id, ''), name, type, number, ifnull(text, ''), ifnull(comment, ''),
	ifnull(source, 'API'), source IS NOT NULL, ifnull(config_id, ''), ifnull(queue_id, ''), ifnull(environment, 'default'), metadata, ts, created, updated`

// Scores implements [store.Store].
func (s *Store) Scores(ctx context.Context, projectID string, q store.ScoreQuery) (store.ScorePage, error) {
	var page store.ScorePage
	project, err := s.project(ctx, projectID)
	if err != nil {
		return page, err
	}
	source := scoreSource(q)
	w, err := scoreWhere(project, q)
	if err != nil {
		return page, err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	if q.Total {
		if page.Total, err = count(ctx, s.read, source, w); err != nil {
			return page, s.readError("count", err)
		}
	}
	if err := w.after(ofScores, q.After, false, "ts, rid"); err != nil {
		return page, err
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+scoreColumns+" FROM "+source+w.String()+tail(q.Page, "ts DESC, rid DESC"), w.args...)
	if err != nil {
		return page, s.readError("scores", err)
	}
	defer rows.Close()
	var last int64
	for rows.Next() {
		if n := len(page.Scores); n == limit(q.Page) {
			if n > 0 {
				page.Next = makeCursor(ofScores, micros(page.Scores[n-1].Timestamp), last)
			}
			break
		}
		score := store.Score{ProjectID: projectID}
		var kind string
		var metadata []byte
		var ts, created, updated int64
		if err := rows.Scan(&last, &score.ID, &score.TraceID, &score.ObservationID, &score.SessionID, &score.DatasetRunID, &score.Name, &kind, &score.Number, &score.Text,
			&score.Comment, &score.Source, &score.Sourced, &score.ConfigID, &score.QueueID, &score.Environment, &metadata, &ts, &created, &updated); err != nil {
			return page, s.readError("scores", err)
		}
		score.Type, score.Metadata = exporter.ScoreType(kind), metadata
		score.Timestamp, score.CreatedAt, score.UpdatedAt = fromMicros(ts), fromMicros(created), fromMicros(updated)
		page.Scores = append(page.Scores, score)
	}
	if err := rows.Err(); err != nil {
		return page, s.readError("scores", err)
	}
	return page, nil
}

// scoreWhere are the conditions of a query.
func scoreWhere(project int64, q store.ScoreQuery) (*where, error) {
	if err := checkIDs(len(q.IDs) + len(q.TraceIDs) + len(q.ObservationIDs) + len(q.Names) + len(q.ConfigIDs) + len(q.QueueIDs) + len(q.Numbers) + len(q.Texts) + len(q.TraceTags)); err != nil {
		return nil, err
	}
	w := &where{}
	w.add("project = ?", project)
	in(w, "id", q.IDs)
	in(w, "trace_id", q.TraceIDs)
	in(w, "observation_id", q.ObservationIDs)
	w.equal("session_id", q.SessionID)
	w.equal("dataset_run_id", q.DatasetRunID)
	in(w, "name", q.Names)
	in(w, "ifnull(environment, 'default')", q.Environments)
	in(w, "ifnull(source, 'API')", q.Sources)
	in(w, "config_id", q.ConfigIDs)
	in(w, "queue_id", q.QueueIDs)
	in(w, "type", q.Types)
	in(w, "number", q.Numbers)
	in(w, "text", q.Texts)
	if f := (store.TraceFilter{UserID: q.UserID, Tags: q.TraceTags}); q.UserID != "" || len(q.TraceTags) > 0 {
		source, when, _ := traceSource(f)
		those := traceWhere(project, nil, f, when)
		w.add("trace_id IN (SELECT t.id FROM "+source+those.String()+")", those.args...)
	}
	for _, c := range q.Compare {
		if !slices.Contains(store.ScoreOperators, c.Operator) {
			return nil, fmt.Errorf("langshark: scores by %q: %w: compare by one of %s", c.Operator, store.ErrBadQuery, strings.Join(store.ScoreOperators, " "))
		}
		w.add("number "+c.Operator+" ?", c.Number)
	}
	w.span("ts", q.From, q.To)
	return w, nil
}

// scoreSource is where scores are read from: those of ids, of traces, also by what
// these are like, of a session and of a run by their index, which the engine would leave for the order of time.
func scoreSource(q store.ScoreQuery) string {
	switch {
	case len(q.IDs) > 0:
		return "scores INDEXED BY sqlite_autoindex_scores_1"
	case len(q.TraceIDs) > 0 || q.UserID != "" || len(q.TraceTags) > 0:
		return "scores INDEXED BY scores_by_trace"
	case q.SessionID != "":
		return "scores INDEXED BY scores_by_session"
	case q.DatasetRunID != "":
		return "scores INDEXED BY scores_by_run"
	}
	return "scores"
}
