package sqlite

import (
	"context"
	"fmt"

	"github.com/langshark/langshark-go/server/store"
)

// maxSessionUsers is how many users of a session are listed.
const maxSessionUsers = 10

// Sessions implements [store.Store].
func (s *Store) Sessions(ctx context.Context, projectID string, q store.SessionQuery) (store.SessionPage, error) {
	w := &where{}
	w.contains(q.Search, "id")
	w.span("created", q.From, q.To)
	in(w, sessionEnvironment, q.Environments)
	return s.sessions(ctx, projectID, q.Page, w)
}

func (s *Store) sessions(ctx context.Context, projectID string, p store.Page, w *where) (store.SessionPage, error) {
	var page store.SessionPage
	project, err := s.project(ctx, projectID)
	if err != nil {
		return page, err
	}
	if err := w.check(); err != nil {
		return page, err
	}
	w.add("project = ?", project)
	s.gate.RLock()
	defer s.gate.RUnlock()
	if p.Total {
		if page.Total, err = count(ctx, s.read, "sessions", w); err != nil {
			return page, s.readError("count", err)
		}
	}
	if err := w.after(ofSessions, p.After, false, "created, rid"); err != nil {
		return page, err
	}
	rows, err := s.read.QueryContext(ctx, "SELECT rid, id, created FROM sessions"+w.String()+tail(p, "created DESC, rid DESC"), w.args...)
	if err != nil {
		return page, s.readError("sessions", err)
	}
	defer rows.Close()
	var last int64
	for rows.Next() {
		if n := len(page.Sessions); n == limit(p) {
			if n > 0 {
				page.Next = makeCursor(ofSessions, micros(page.Sessions[n-1].CreatedAt), last)
			}
			break
		}
		session := store.Session{ProjectID: projectID}
		var created int64
		if err := rows.Scan(&last, &session.ID, &created); err != nil {
			return page, s.readError("sessions", err)
		}
		session.CreatedAt = fromMicros(created)
		page.Sessions = append(page.Sessions, session)
	}
	if err := rows.Err(); err != nil {
		return page, s.readError("sessions", err)
	}
	if err := rows.Close(); err != nil {
		return page, s.readError("sessions", err)
	}
	for i := range page.Sessions {
		if err := s.sumSession(ctx, project, &page.Sessions[i]); err != nil {
			return page, err
		}
	}
	return page, nil
}

// The engine would rather walk all users of the project in their order than sort
// those of one session.
const (
	selectSessionSums  = "FROM traces INDEXED BY traces_by_session WHERE project = ? AND session_id = ?"
	selectSessionUsers = "SELECT DISTINCT user_id FROM traces INDEXED BY traces_by_session WHERE project = ? AND session_id = ? AND user_id IS NOT NULL ORDER BY user_id LIMIT ?"
)

// sessionEnvironment is that of the first trace of a row of sessions.
const sessionEnvironment = "ifnull((SELECT t.environment FROM traces t INDEXED BY traces_by_session WHERE t.project = sessions.project AND t.session_id = sessions.id ORDER BY t.ts LIMIT 1), 'default')"

// sumSession fills what the traces of a session add up to.
func (s *Store) sumSession(ctx context.Context, project int64, session *store.Session) error {
	var first, last *int64
	err := s.read.QueryRowContext(ctx, `SELECT count(*), min(ts), max(ts), `+sumOf("total_tokens")+`, ifnull(sum(errors), 0), iif(sum(costs) > 0, `+sumOf("cost")+`, NULL),
		(SELECT `+sessionEnvironment+` FROM sessions WHERE project = ? AND id = ?) `+selectSessionSums, project, session.ID, project, session.ID).
		Scan(&session.Traces, &first, &last, &session.TotalTokens, &session.Errors, nullNano{&session.Cost}, &session.Environment)
	if err != nil {
		return s.readError("session", err)
	}
	session.FirstTrace, session.LastTrace = derefTime(first), derefTime(last)
	rows, err := s.read.QueryContext(ctx, selectSessionUsers, project, session.ID, maxSessionUsers)
	if err != nil {
		return s.readError("session", err)
	}
	defer rows.Close()
	for rows.Next() {
		var user string
		if err := rows.Scan(&user); err != nil {
			return s.readError("session", err)
		}
		session.UserIDs = append(session.UserIDs, user)
	}
	if err := rows.Err(); err != nil {
		return s.readError("session", err)
	}
	return nil
}

// Session implements [store.Store].
func (s *Store) Session(ctx context.Context, projectID, sessionID string) (*store.Session, error) {
	w := &where{}
	w.add("id = ?", sessionID)
	page, err := s.sessions(ctx, projectID, store.Page{Limit: 1}, w)
	if err != nil {
		return nil, err
	}
	if len(page.Sessions) == 0 {
		return nil, fmt.Errorf("langshark: session %q: %w", sessionID, store.ErrNotFound)
	}
	return &page.Sessions[0], nil
}
