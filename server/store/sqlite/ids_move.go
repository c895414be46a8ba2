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
	// idStep is how many entries go to the index at once, beside what else is
	// written then; idRows how many rows of the log that are there leave it at once.
	idStep = 1000
	idRows = 32
	// idPause is between two steps.
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
	s.ids.restart(first)
	err := d.rows("SELECT seq, entries FROM id_log ORDER BY seq", nil, func(r driverRow) error {
		var seq int64
		var entries []byte
		if err := r.Scan(&seq, &entries); err != nil {
			return err
		}
		return s.ids.apply(seq, entries)
	})
	s.ids.caughtUp(last)
	return err
}

// moveIDs brings generations to the index when they are full.
func (s *Store) moveIDs(ctx context.Context) {
	for {
		g := s.ids.waiting()
		if g == nil {
			select {
			case <-ctx.Done():
				return
			case <-s.ids.full:
			}
			continue
		}
		err := s.moveGeneration(ctx, g)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrClosed) {
			s.log.Error("langshark: ids", "error", err)
		}
		if !pause(ctx, time.Second) {
			return
		}
	}
}

// errMoved says that another process has moved the generation.
var errMoved = errors.New("langshark: another process has moved the ids")

// moveGeneration brings one to the index, in steps.
func (s *Store) moveGeneration(ctx context.Context, g *generation) error {
	step := func(f func(*tx) error) error {
		var moved bool
		err := s.join(ctx, func(t *tx) error {
			var first int64
			if err := t.row("SELECT ifnull(min(seq), 0) FROM id_log", nil, &first); err != nil {
				return err
			}
			if moved = first != g.first; moved {
				return s.loadIDs(t.d)
			}
			return f(t)
		})
		if err == nil && moved {
			return errMoved
		}
		if err == nil && !pause(ctx, idPause) {
			return ctx.Err()
		}
		return err
	}
	for part := range slices.Chunk(s.ids.changes(g), idStep) {
		if err := step(func(t *tx) error { return t.changeIndex(g, part) }); err != nil {
			return ignoreMoved(err)
		}
	}
	for g.first <= g.last {
		upTo := min(g.first+idRows-1, g.last)
		if err := step(func(t *tx) error { return t.exec("DELETE FROM id_log WHERE seq <= ?", upTo) }); err != nil {
			return ignoreMoved(err)
		}
		g.first = upTo + 1
	}
	s.ids.forget(g)
	return nil
}

func ignoreMoved(err error) error {
	if errors.Is(err, errMoved) {
		return nil
	}
	return err
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
		rows = append(rows, s.ids.find(view, hash)...)
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
