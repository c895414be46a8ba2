package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// A step of the sweeper takes about stepTime of the writer, and then leaves it
// to others for as long, or longer if they wait.
const (
	stepTime = 15 * time.Millisecond
	minStep  = 50 // observations
	maxStep  = 4000
)

// SetRetention implements [store.Store].
func (s *Store) SetRetention(ctx context.Context, projectID string, keep time.Duration) error {
	if keep < 0 || keep > 0 && keep < store.MinRetention {
		return fmt.Errorf("langshark: retention of %v: the shortest is %v, and 0 is for ever: %w", keep, store.MinRetention, store.ErrBadQuery)
	}
	project, err := s.project(ctx, projectID)
	if err != nil {
		return err
	}
	err = s.do(ctx, func(t *tx) error {
		return t.exec("UPDATE projects SET retention = ? WHERE pk = ?", keep.Microseconds(), project)
	})
	if err != nil {
		return err
	}
	select {
	case s.kick <- struct{}{}:
	default:
	}
	return nil
}

// sweep removes what is too old, now and then.
func (s *Store) sweep(ctx context.Context) {
	ticker := time.NewTicker(s.opts.SweepEvery)
	defer ticker.Stop()
	for {
		if err := s.sweepOnce(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) {
			s.log.Error("langshark: retention", "error", err)
		}
		if err := s.mergeSearch(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) {
			s.log.Error("langshark: search index", "error", err)
		}
		if err := s.train(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) {
			s.log.Error("langshark: dictionary", "error", err)
		}
		s.measureFree(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.kick:
		}
	}
}

// measureFree notes how much of the file is free, for Stats.
func (s *Store) measureFree(ctx context.Context) {
	var pages int64
	if s.read.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&pages) == nil {
		s.counts.freePages.Store(pages)
	}
}

func (s *Store) sweepOnce(ctx context.Context) error {
	projects, err := s.Projects(ctx)
	if err != nil {
		return err
	}
	for _, p := range projects {
		if p.Retention <= 0 {
			continue
		}
		pk, err := s.project(ctx, p.ID)
		if err != nil {
			return err
		}
		if err := s.expire(ctx, p.ID, pk, micros(s.opts.Now().Add(-p.Retention))); err != nil {
			return err
		}
	}
	return nil
}

// expire removes the traces of a project before a time, in steps that hold
// nobody up, then what has no trace.
func (s *Store) expire(ctx context.Context, projectID string, project, before int64) error {
	from := timeAndRow{ts: math.MinInt64}
	for _, step := range []func(t *tx, limit int) (more bool, err error){
		func(t *tx, limit int) (bool, error) { return t.expireTraces(project, before, limit) },
		func(t *tx, limit int) (bool, error) { return t.expireRest(project, before, limit, &from) },
	} {
		limit := 200
		for more := true; more; {
			var began time.Time
			var done *tx
			err := s.do(ctx, func(t *tx) (err error) {
				began, done = time.Now(), t
				t.names[project] = projectID
				more, err = step(t, limit)
				return err
			})
			if err != nil {
				return err
			}
			s.counts.expired.Add(done.expired)
			took := time.Since(began)
			switch {
			case took > stepTime:
				limit = max(limit*3/4, minStep)
			case took < stepTime/2:
				limit = min(limit*5/4+1, maxStep)
			}
			rest := took
			if !s.writer.idle() {
				rest *= 2
			}
			if !pause(ctx, rest) {
				return ctx.Err()
			}
		}
	}
	return nil
}

// expireTraces removes the oldest traces with all that belongs to them: so many
// observations. Of a trace that has more, the row goes now and they step by step.
func (t *tx) expireTraces(project, before int64, observations int) (more bool, err error) {
	if more, err = t.expireLarge(project, observations); err != nil || more {
		return more, err
	}
	var traces []int64
	err = t.d.rows("SELECT rid FROM traces WHERE project = ? AND ts < ? ORDER BY ts LIMIT ?", []any{project, before, observations}, func(r driverRow) error {
		var rid int64
		err := r.Scan(&rid)
		traces = append(traces, rid)
		return err
	})
	if err != nil {
		return false, wrapRead(err)
	}
	more = len(traces) == observations
	for _, rid := range traces {
		st, err := t.traceByRow(project, rid)
		if err != nil {
			return false, err
		}
		large := st.sums.observations > int64(observations)
		if large {
			err = t.exec("INSERT INTO expiring (rid, project) VALUES (?, ?)", rid, project)
		} else {
			_, err = t.expireMembers(project, rid, observations)
		}
		if err != nil {
			return false, err
		}
		if err := t.expireTrace(st); err != nil {
			return false, err
		}
		t.expired++
		if large {
			return true, nil
		}
		if observations -= int(st.before.observations) + 1; observations <= 0 {
			return true, nil
		}
	}
	return more, nil
}

// expireLarge goes on with a large trace, if there is one.
func (t *tx) expireLarge(project int64, observations int) (more bool, err error) {
	var rid int64
	err = t.row("SELECT rid FROM expiring WHERE project = ? LIMIT 1", []any{project}, &rid)
	if errors.Is(err, errNoRow) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	n, err := t.expireMembers(project, rid, observations)
	if err == nil && n < observations {
		err = t.exec("DELETE FROM expiring WHERE rid = ?", rid)
	}
	return true, err
}

// expireMembers takes the first observations of a trace's row out of all tables,
// indexes and sums, but those of the trace. It returns how many there were.
func (t *tx) expireMembers(project, trace int64, limit int) (n int, err error) {
	var refs []int64
	last := firstMember(trace)
	err = t.d.rows(`SELECT rid, id, start, kind, ifnull(level, 0), end, ifnull(model, ''), completion_start, ifnull(prompt_name, ''), ifnull(prompt_version, 0),
		ifnull(input_tokens, 0), ifnull(output_tokens, 0), ifnull(total_tokens, 0), total_cost, input, output FROM observations WHERE rid BETWEEN ? AND ? ORDER BY rid LIMIT ?`,
		[]any{firstMember(trace), lastMember(trace), limit}, func(r driverRow) error {
			var m measure
			var id string
			var kind, level int64
			var end, first, cost, input, output *int64
			if err := r.Scan(&last, &id, &m.start, &kind, &level, &end, &m.model, &first, &m.prompt, &m.promptVersion, &m.input, &m.output, &m.total, &cost, &input, &output); err != nil {
				return err
			}
			m.fill(kind, level, end, first, cost)
			n++
			t.dropID(observationIDs, project, id, last)
			t.rollups.observation(project, &m, -1)
			if input != nil || output != nil {
				t.unsearch = append(t.unsearch, last)
				refs = append(refs, number(input), number(output))
			}
			return nil
		})
	if err != nil {
		return 0, wrapRead(err)
	}
	for i := range refs {
		t.letGo(&refs[i])
	}
	return n, t.exec("DELETE FROM observations WHERE rid BETWEEN ? AND ?", firstMember(trace), last)
}

// expireTrace takes a trace without observations out. It leaves no tombstone: an
// event that comes late makes it anew, until the next sweep.
func (t *tx) expireTrace(st *traceState) error {
	if st.inputRef != 0 || st.outputRef != 0 {
		t.unsearch = append(t.unsearch, firstMember(st.rid))
	}
	t.letGo(&st.inputRef)
	t.letGo(&st.outputRef)
	t.rollups.trace(st.project, &st.before, -1)
	t.tell(st.project, st.id)
	if err := t.removeTrace(st); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM scores WHERE project = ? AND trace_id = ?", st.project, st.id); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM mentions WHERE project = ? AND trace_id = ?", st.project, st.id); err != nil {
		return err
	}
	return t.dropSession(st.project, st.session)
}

// expireScores removes old scores that no trace took along: of the next ones after
// "from", which it moves on. It returns how many it looked at.
func (t *tx) expireScores(project, before int64, limit int, from *timeAndRow) (n int64, err error) {
	type score struct {
		rid   int64
		trace string
	}
	var scores []score
	next := *from
	err = t.d.rows("SELECT ts, rid, ifnull(trace_id, '') FROM scores WHERE project = ? AND ts < ? AND (ts, rid) > (?, ?) ORDER BY ts, rid LIMIT ?",
		[]any{project, before, from.ts, from.rid, limit}, func(r driverRow) error {
			var s score
			err := r.Scan(&next.ts, &next.rid, &s.trace)
			s.rid = next.rid
			scores = append(scores, s)
			return err
		})
	if err != nil {
		return 0, wrapRead(err)
	}
	for _, s := range scores {
		if s.trace != "" {
			switch st, err := t.trace(project, s.trace); {
			case err != nil:
				return 0, err
			case st.rid != 0:
				continue
			}
		}
		if err := t.exec("DELETE FROM scores WHERE rid = ?", s.rid); err != nil {
			return 0, err
		}
	}
	*from = next
	return int64(len(scores)), nil
}

type timeAndRow struct{ ts, rid int64 }

// expireRest removes old scores that no trace took along, and the tombstones of
// what nobody sends any more.
func (t *tx) expireRest(project, before int64, limit int, from *timeAndRow) (more bool, err error) {
	scores, err := t.expireScores(project, before, limit, from)
	if err != nil {
		return false, err
	}
	tombs, err := t.d.changed("DELETE FROM tombstones WHERE (project, thing, id) IN (SELECT project, thing, id FROM tombstones WHERE project = ? AND kept < ? LIMIT ?)",
		project, before, limit)
	if err != nil {
		return false, fmt.Errorf("langshark: write: %w", err)
	}
	sessions, err := t.d.changed(`DELETE FROM sessions WHERE rid IN (SELECT rid FROM sessions s WHERE project = ? AND created < ?
		AND NOT EXISTS (SELECT 1 FROM traces t WHERE t.project = s.project AND t.session_id = s.id) AND NOT EXISTS (SELECT 1 FROM scores c WHERE c.project = s.project AND c.session_id = s.id) LIMIT ?)`,
		project, before, limit)
	if err != nil {
		return false, fmt.Errorf("langshark: write: %w", err)
	}
	return max(scores, tombs, sessions) == int64(limit), nil
}
