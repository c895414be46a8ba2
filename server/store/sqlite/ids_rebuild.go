package sqlite

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// rebuildChunk is how many entries are sorted at once when the index is made anew.
const rebuildChunk = 4 << 20

// loadOrRebuildIDs reads the log, and makes the index anew from the rows if the log
// can't be read.
func (s *Store) loadOrRebuildIDs(d *db) error {
	err := s.loadIDs(d)
	if !errors.Is(err, errIDLog) {
		return err
	}
	if s.opts.ReadOnly {
		s.noIDs = fmt.Errorf("%w: langshark serve makes the index anew", err)
		return nil
	}
	s.log.Error("langshark: the index of ids is made anew from the rows", "error", err)
	if err := d.begin(); err != nil {
		return err
	}
	if err := rebuildIDs(d); err != nil {
		return errors.Join(err, d.rollback())
	}
	if err := d.commit(); err != nil {
		return err
	}
	return s.loadIDs(d)
}

// rebuildIDs makes the index of ids anew.
func rebuildIDs(d *db) error {
	var rows int64
	if err := d.row("SELECT (SELECT count(*) FROM traces) + (SELECT count(*) FROM observations)", nil, &rows); err != nil {
		return err
	}
	if err := d.script("DELETE FROM ids; DELETE FROM id_log"); err != nil {
		return err
	}
	parts := uint64(rows/rebuildChunk) + 1 //nolint:gosec // a count
	for part := range parts {
		entries, err := allIDs(d, func(hash int64) bool { return uint64(hash)%parts == part }) //nolint:gosec // all 64 bits are meant
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := d.exec("INSERT INTO ids (hash, rid) VALUES (?, ?)", e.hash, e.rid); err != nil {
				return err
			}
		}
	}
	return nil
}

// allIDs are the entries of all rows whose hash is wanted, in the order of the index.
func allIDs(d *db, wanted func(hash int64) bool) (entries []idEntry, err error) {
	for of, table := range map[byte]string{traceIDs: "traces", observationIDs: "observations"} {
		err := d.rows("SELECT rid, project, id FROM "+table, nil, func(r driverRow) error {
			var rid, project int64
			var id string
			if err := r.Scan(&rid, &project, &id); err != nil {
				return err
			}
			if hash := hashOf(of, project, id); wanted(hash) {
				entries = append(entries, idEntry{hash, rid})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(entries, func(a, b idEntry) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.rid, b.rid))
	})
	return entries, nil
}
