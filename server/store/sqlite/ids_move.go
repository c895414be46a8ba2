package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

const (
	// idStep is how many entries go to the index with a commit that has nothing else
	// to do; one that has takes idShare times as many along as it adds itself, so that
	// a generation is there before the next is full. idRows is how many rows of the log go at once then.
	idStep  = 1000
	idShare = 2
	idRows  = 32
	// idPause is between two commits that do nothing else.
	idPause = 20 * time.Millisecond
	// idsAtOnce is how many entries one statement has.
	idsAtOnce = 50
)

var insertIDs = "INSERT INTO ids (hash, rid) VALUES (?, ?)" + strings.Repeat(", (?, ?)", idsAtOnce-1) + " ON CONFLICT DO NOTHING"

// loadIDs reads the log anew.
func (s *Store) loadIDs(d *db) error {
	var first, last int64
	if err := d.row("SELECT ifnull((SELECT min(seq) FROM id_log), id + 1), id FROM counters", nil, &first, &last); err != nil {
		return err
	}
	anew := newIDs(s.ids.max)
	anew.oldest.first, anew.oldest.last, anew.seq = first, first-1, first-1
	err := d.rows("SELECT seq, entries FROM id_log ORDER BY seq", nil, func(r driverRow) error {
		var seq int64
		var entries []byte
		if err := r.Scan(&seq, &entries); err != nil {
			return err
		}
		return anew.apply(seq, entries)
	})
	if err != nil {
		return err
	}
	anew.caughtUp(last)
	s.ids.replace(anew)
	return nil
}

// idMove is a generation on its way to the index. The writer takes some of it along
// with each commit: it is behind nothing that waits, and can't be refused.
type idMove struct {
	g       *generation
	changes []idChange // that are left; the writer's
	done    chan struct{}
}

// moveIDs has generations brought to the index when they are full.
func (s *Store) moveIDs(ctx context.Context) {
	for {
		g := s.ids.waiting()
		if g == nil || s.opts.Beside && s.ids.backlog() < patientBacklog {
			select {
			case <-ctx.Done():
				return
			case <-s.ids.full:
			}
			continue
		}
		m := &idMove{g: g, changes: g.changes(), done: make(chan struct{})}
		s.moving.Store(m)
		for moved := false; !moved; {
			select {
			case <-ctx.Done():
				return
			case <-m.done:
				moved = true
			case <-time.After(idPause):
				if !s.writer.idle() { // others take it along
					continue
				}
				err := s.writer.submit(ctx, &request{items: 1, along: idStep, do: func(*tx) error { return nil }})
				if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrClosed) {
					s.log.Error("langshark: ids", "error", err)
				}
			}
		}
	}
}

// takeAlong moves so many entries of the generation that waits, if one does, before the
// transaction writes to the log itself. What it returns is to be called once it is committed.
func (t *tx) takeAlong(n int) (committed func(), err error) {
	m := t.s.moving.Load()
	if m == nil {
		return func() {}, nil
	}
	var first int64
	if err := t.row("SELECT ifnull(min(seq), 0) FROM id_log", nil, &first); err != nil {
		return nil, err
	}
	if first != m.g.first { // another process has moved it
		if err := t.s.loadIDs(t.d); err != nil {
			return nil, err
		}
		return func() { t.s.endMove(m) }, nil
	}
	if n = min(n*max(t.s.ids.backlog(), 1), len(m.changes), maxTaken); n > 0 {
		return func() { m.changes = m.changes[n:] }, t.changeIndex(m.g, m.changes[:n])
	}
	upTo := min(m.g.first+idRows-1, m.g.last)
	return func() {
		if m.g.first = upTo + 1; m.g.first > m.g.last {
			t.s.ids.forget(m.g)
			t.s.endMove(m)
		}
	}, t.exec("DELETE FROM id_log WHERE seq <= ?", upTo)
}

// patientBacklog is how many generations wait until a process that works beside
// another one, which moves them too, does it itself.
const patientBacklog = 3

// maxTaken is the most that one commit takes along.
const maxTaken = 8000

func (s *Store) endMove(m *idMove) {
	s.moving.Store(nil)
	close(m.done)
}

// changeIndex brings entries of a generation to the index.
func (t *tx) changeIndex(g *generation, part []idChange) error {
	values := make([]any, 0, 2*len(part))
	for _, c := range part {
		if c.gone {
			if err := t.exec("DELETE FROM ids WHERE hash = ? AND rid = ?", c.hash, c.rid); err != nil {
				return err
			}
		} else if !t.s.ids.goneLater(g, c.idEntry) {
			values = append(values, c.hash, c.rid)
		}
	}
	for ; len(values) >= 2*idsAtOnce; values = values[2*idsAtOnce:] {
		if err := t.exec(insertIDs, values[:2*idsAtOnce]...); err != nil {
			return err
		}
	}
	for ; len(values) > 0; values = values[2:] {
		if err := t.exec("INSERT INTO ids (hash, rid) VALUES (?, ?) ON CONFLICT DO NOTHING", values[0], values[1]); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf returns the rows that may have one of the ids: whoever reads them looks
// whether they do. The view is from before the snapshot.
func (s *Store) rowsOf(ctx context.Context, tx *sql.Tx, view *generation, of byte, project int64, names []string) ([]int64, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if s.noIDs != nil {
		return nil, s.noIDs
	}
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT id FROM counters").Scan(&last); err != nil {
		return nil, err
	}
	if seq, behind := s.ids.behind(last); behind { // another process has written
		err := each(ctx, tx, "SELECT seq, entries FROM id_log WHERE seq > ? ORDER BY seq", []any{seq}, func(rows *sql.Rows) error {
			var seq int64
			var entries sql.RawBytes
			if err := rows.Scan(&seq, &entries); err != nil {
				return err
			}
			return s.ids.apply(seq, entries)
		})
		if err != nil {
			return nil, err
		}
		s.ids.caughtUp(last)
	}
	var list []byte
	var rows []int64
	for _, name := range names {
		hash := hashOf(of, project, name)
		rows = append(rows, s.ids.everFound(view, hash)...)
		list = append(strconv.AppendInt(list, hash, 10), ',')
	}
	err := each(ctx, tx, "SELECT rid FROM ids WHERE hash IN (SELECT value FROM json_each(?))", []any{jsonList(list)}, func(r *sql.Rows) error {
		var rid int64
		err := r.Scan(&rid)
		rows = append(rows, rid)
		return err
	})
	slices.Sort(rows)
	return slices.Compact(rows), err
}
