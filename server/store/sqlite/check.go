package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/store"
)

// maxFindings bounds what a check reports.
const maxFindings = 20

// findings are what a check found.
type findings struct{ errs []error }

func (f *findings) add(format string, args ...any) error {
	f.errs = append(f.errs, fmt.Errorf(format, args...))
	if len(f.errs) >= maxFindings {
		return errEnough
	}
	return nil
}

var errEnough = errors.New("and maybe more")

// Check implements [store.Store]. It has a connection of its own: that of a search
// remembers how the search index was, which the engine's check takes for damage.
func (s *Store) Check(ctx context.Context) error {
	if s.older != nil {
		return fmt.Errorf("langshark: check: %w", s.older)
	}
	own, err := sql.Open("sqlite", s.readURL())
	if err != nil {
		return fmt.Errorf("langshark: check: %w", err)
	}
	defer own.Close()
	defer s.readLong()()
	var f findings
	err = s.snapshotOf(ctx, own, "check", func(tx *sql.Tx) error {
		for _, check := range []func(context.Context, *sql.Tx, *findings) error{checkFile, checkIndex, s.checkPayloads, checkTraces, checkRollups} {
			if err := check(ctx, tx, &f); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.unchanged(); err != nil { // what was found may be no damage
		return fmt.Errorf("langshark: check: %w", err)
	}
	return errors.Join(errors.Join(f.errs...), err)
}

// checkFile has the engine look for damage of the file, table by table with its
// indexes. The search index is left to its own tables: the engine would ask it for
// each word, which takes a quarter of an hour at two million observations, and it
// can be made anew from what is checked here.
func checkFile(ctx context.Context, tx *sql.Tx, f *findings) error {
	var tables []string
	err := each(ctx, tx, "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'", nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		tables = append(tables, name)
		return err
	})
	if err != nil {
		return err
	}
	for _, table := range tables {
		err := each(ctx, tx, "PRAGMA integrity_check('"+strings.ReplaceAll(table, "'", "''")+"')", nil, func(rows *sql.Rows) error {
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			if text == "ok" {
				return nil
			}
			return f.add("file: table %s: %s", table, text)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func each(ctx context.Context, tx *sql.Tx, query string, args []any, f func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// checkIndex compares the index of ids, and the log of what is not in it yet, with
// the rows. Of two million entries it keeps none: it adds up what is mixed of each.
func checkIndex(ctx context.Context, tx *sql.Tx, f *findings) error {
	log := map[idEntry]bool{} // whether the row is there
	err := each(ctx, tx, "SELECT seq, entries FROM id_log ORDER BY seq", nil, func(rows *sql.Rows) error {
		var seq int64
		var entries sql.RawBytes
		if err := rows.Scan(&seq, &entries); err != nil {
			return err
		}
		if err := eachID(entries, func(what byte, e idEntry) { log[e] = what == idAdded }); err != nil {
			return f.add("id_log %d: %w", seq, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	var have, want mixture
	for e, there := range log {
		if there {
			have.add(e)
		}
	}
	err = each(ctx, tx, "SELECT hash, rid FROM ids", nil, func(rows *sql.Rows) error {
		var e idEntry
		if err := rows.Scan(&e.hash, &e.rid); err != nil {
			return err
		}
		if _, newer := log[e]; !newer {
			have.add(e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for of, table := range map[byte]string{traceIDs: "traces", observationIDs: "observations"} {
		err := each(ctx, tx, "SELECT rid, project, id FROM "+table, nil, func(rows *sql.Rows) error {
			var rid, project int64
			var id string
			err := rows.Scan(&rid, &project, &id)
			want.add(idEntry{hashOf(of, project, id), rid})
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := checkTwins(ctx, tx, log, f); err != nil {
		return err
	}
	if have != want {
		return f.add("ids: the index has %d rows that do not match the %d of traces and observations", have.n, want.n)
	}
	return nil
}

// checkTwins looks for ids that have two rows: of what the log has, and of hashes that the index has twice.
func checkTwins(ctx context.Context, tx *sql.Tx, log map[idEntry]bool, f *findings) error {
	rows := map[int64][]int64{}
	for e, there := range log {
		if there {
			rows[e.hash] = append(rows[e.hash], e.rid)
		}
	}
	indexed := func(r *sql.Rows) error {
		var e idEntry
		if err := r.Scan(&e.hash, &e.rid); err != nil {
			return err
		}
		if _, newer := log[e]; !newer {
			rows[e.hash] = append(rows[e.hash], e.rid)
		}
		return nil
	}
	var list []byte
	for hash := range rows {
		list = append(strconv.AppendInt(list, hash, 10), ',')
	}
	if err := each(ctx, tx, "SELECT hash, rid FROM ids WHERE hash IN (SELECT value FROM json_each(?))", []any{jsonList(list)}, indexed); err != nil {
		return err
	}
	err := each(ctx, tx, "SELECT hash, rid FROM ids WHERE hash IN (SELECT hash FROM ids GROUP BY hash HAVING count(*) > 1) AND hash NOT IN (SELECT value FROM json_each(?))", []any{jsonList(list)}, indexed)
	if err != nil {
		return err
	}
	for hash, rids := range rows {
		if len(rids) < 2 {
			continue
		}
		seen := map[string]bool{}
		args := make([]any, len(rids))
		for i, rid := range rids {
			args[i] = rid
		}
		in := "(?" + strings.Repeat(",?", len(rids)-1) + ")"
		err := each(ctx, tx, "SELECT 't', project, id FROM traces WHERE rid IN "+in+" UNION ALL SELECT 'o', project, id FROM observations WHERE rid IN "+in+" AND rid >> 24 NOT IN (SELECT rid FROM expiring)",
			append(args, args...), func(r *sql.Rows) error {
				var of, id string
				var project int64
				if err := r.Scan(&of, &project, &id); err != nil {
					return err
				}
				if hashOf(of[0], project, id) != hash {
					return nil
				}
				if seen[id] {
					return f.add("ids: %q has two rows", id)
				}
				seen[id] = true
				return nil
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// mixture is what a set of entries adds up to, in any order.
type mixture struct {
	n   int
	sum uint64
}

func (m *mixture) add(e idEntry) {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(e.hash)) //nolint:gosec // all 64 bits are meant
	binary.LittleEndian.PutUint64(b[8:], uint64(e.rid)) //nolint:gosec // all 64 bits are meant
	h := fnv.New64a()
	h.Write(b[:])
	m.n++
	m.sum += h.Sum64()
}

// checkPayloads opens all blocks and compares their owners with the rows that refer to them.
func (s *Store) checkPayloads(ctx context.Context, tx *sql.Tx, f *findings) error {
	parts := int64(0)
	err := each(ctx, tx, "SELECT rid, data FROM payloads", nil, func(rows *sql.Rows) error {
		var rid int64
		var data sql.RawBytes
		if err := rows.Scan(&rid, &data); err != nil {
			return err
		}
		o, err := s.openBlock(data)
		if err != nil {
			return f.add("payload %d: %w", rid, err)
		}
		for _, p := range o.parts {
			if p.owner != 0 {
				parts++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	refs := int64(0)
	for _, table := range []string{"traces", "observations"} {
		var n, lost int64
		err := tx.QueryRowContext(ctx, `SELECT count(input) + count(output),
			ifnull(sum(input IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payloads p WHERE p.rid = input >> 8)), 0) +
			ifnull(sum(output IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payloads p WHERE p.rid = output >> 8)), 0) FROM `+table).Scan(&n, &lost)
		if err != nil {
			return err
		}
		refs += n
		if lost > 0 {
			if err := f.add("%s: %d payloads are missing", table, lost); err != nil {
				return err
			}
		}
	}
	if refs != parts {
		return f.add("payloads: rows refer to %d, there are %d", refs, parts)
	}
	return nil
}

// checkTraces compares the sums of traces with their observations.
func checkTraces(ctx context.Context, tx *sql.Tx, f *findings) error {
	var orphans int64
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM observations o WHERE NOT EXISTS (SELECT 1 FROM traces t WHERE t.rid = o.rid >> 24) AND NOT EXISTS (SELECT 1 FROM expiring e WHERE e.rid = o.rid >> 24)").Scan(&orphans); err != nil {
		return err
	}
	if orphans > 0 {
		if err := f.add("observations: %d have no trace", orphans); err != nil {
			return err
		}
	}
	last := int64(0)
	for {
		stored, err := someTraces(ctx, tx, last)
		if err != nil || len(stored) == 0 {
			return err
		}
		first := stored[0].rid
		last = stored[len(stored)-1].rid
		sums, err := sumsOfTraces(ctx, tx, first, last)
		if err != nil {
			return err
		}
		for _, t := range stored {
			if !t.same(sums[t.rid]) {
				if err := f.add("trace %q of project %d: its sums are not those of its observations", t.id, t.project); err != nil {
					return err
				}
			}
		}
	}
}

// storedTrace is a trace with its sums.
type storedTrace struct {
	rid, project int64
	id           string
	traceSums
}

// same reports whether the sums are those; nil is those of nothing.
func (t *storedTrace) same(want *traceSums) bool {
	if want == nil {
		want = &traceSums{}
	}
	equal := func(a, b *int64) bool { return (a == nil) == (b == nil) && number(a) == number(b) }
	return t.observations == want.observations && t.errors == want.errors && t.warnings == want.warnings && t.running == want.running &&
		t.input == want.input && t.output == want.output && t.total == want.total && t.cost == want.cost && t.costs == want.costs &&
		equal(t.started, want.started) && equal(t.lastStart, want.lastStart) && equal(t.lastEnd, want.lastEnd)
}

// someTraces reads the next traces after a row.
func someTraces(ctx context.Context, tx *sql.Tx, after int64) (list []storedTrace, err error) {
	err = each(ctx, tx, `SELECT rid, project, id, observations, errors, warnings, running, input_tokens, output_tokens, total_tokens, cost, costs, started, last_start, last_end
		FROM traces WHERE rid > ? ORDER BY rid LIMIT 2000`, []any{after}, func(rows *sql.Rows) error {
		var t storedTrace
		err := rows.Scan(&t.rid, &t.project, &t.id, &t.observations, &t.errors, &t.warnings, &t.running, &t.input, &t.output, &t.total, &t.cost, &t.costs, &t.started, &t.lastStart, &t.lastEnd)
		list = append(list, t)
		return err
	})
	return list, err
}

// sumsOfTraces adds up the observations of the traces between two rows.
func sumsOfTraces(ctx context.Context, tx *sql.Tx, first, last int64) (map[int64]*traceSums, error) {
	sums := map[int64]*traceSums{}
	err := each(ctx, tx, `SELECT rid, start, kind, ifnull(level, 0), end, completion_start, ifnull(input_tokens, 0), ifnull(output_tokens, 0), ifnull(total_tokens, 0), total_cost
		FROM observations WHERE rid BETWEEN ? AND ?`, []any{firstMember(first), lastMember(last)}, func(rows *sql.Rows) error {
		var o measure
		var rid, kind, level int64
		var end, first, cost *int64
		if err := rows.Scan(&rid, &o.start, &kind, &level, &end, &first, &o.input, &o.output, &o.total, &cost); err != nil {
			return err
		}
		o.fill(kind, level, end, first, cost)
		s := sums[traceOf(rid)]
		if s == nil {
			s = &traceSums{}
			sums[traceOf(rid)] = s
		}
		s.add(&o)
		return nil
	})
	return sums, err
}

// checkRollups makes the rollups anew from all rows and compares.
func checkRollups(ctx context.Context, tx *sql.Tx, f *findings) error {
	var want rollups
	err := each(ctx, tx, `SELECT project, start, kind, ifnull(level, 0), end, ifnull(model, ''), completion_start, ifnull(prompt_name, ''), ifnull(prompt_version, 0),
		ifnull(input_tokens, 0), ifnull(output_tokens, 0), ifnull(total_tokens, 0), total_cost FROM observations`, nil, func(rows *sql.Rows) error {
		var o measure
		var end, first, cost *int64
		var project, kind, level int64
		if err := rows.Scan(&project, &o.start, &kind, &level, &end, &o.model, &first, &o.prompt, &o.promptVersion, &o.input, &o.output, &o.total, &cost); err != nil {
			return err
		}
		o.fill(kind, level, end, first, cost)
		want.observation(project, &o, 1)
		return nil
	})
	if err != nil {
		return err
	}
	err = each(ctx, tx, "SELECT project, "+traceMeasureColumns+" FROM traces", nil, func(rows *sql.Rows) error {
		t := traceMeasure{counted: true}
		var project int64
		if err := rows.Scan(append([]any{&project}, t.destinations()...)...); err != nil {
			return err
		}
		want.trace(project, &t, 1)
		return nil
	})
	if err != nil {
		return err
	}
	err = each(ctx, tx, "SELECT project, by, bucket, name, number, sums FROM rollups", nil, func(rows *sql.Rows) error {
		var k rollupKey
		var data sql.RawBytes
		if err := rows.Scan(&k.project, &k.by, &k.bucket, &k.name, &k.number, &data); err != nil {
			return err
		}
		have := store.Sums{}
		if err := decodeSums(data, &have); err != nil {
			return f.add("rollup %+v: %w", k, err)
		}
		want.at(k).Add(&have, -1)
		return nil
	})
	if err != nil {
		return err
	}
	for k, left := range want.times {
		if !left.IsZero() {
			if err := f.add("rollup %+v lacks %+v", k, *left); err != nil {
				return err
			}
		}
	}
	err = each(ctx, tx, "SELECT project, day, user_id, traces, observations, errors, warnings, input_tokens, output_tokens, total_tokens, cost, costs FROM user_days", nil, func(rows *sql.Rows) error {
		var k userKey
		var u store.Sums
		if err := rows.Scan(&k.project, &k.day, &k.user, &u.Traces, &u.Observations, &u.Errors, &u.Warnings, &u.InputTokens, &u.OutputTokens, &u.TotalTokens, (*int64)(&u.Cost), &u.Costs); err != nil {
			return err
		}
		if want.users[k] == nil {
			return f.add("day %+v is not of any trace", k)
		}
		want.users[k].Add(&u, -1)
		return nil
	})
	if err != nil {
		return err
	}
	for k, left := range want.users {
		if !left.IsZero() {
			if err := f.add("day %+v lacks %+v", k, *left); err != nil {
				return err
			}
		}
	}
	return nil
}
