package sqlite

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// where gathers conditions and their arguments.
type where struct {
	conditions []string
	args       []any
	search     int // bytes
}

// Bounds of a query.
const (
	maxIDs         = 10_000
	maxSearchQuery = 1000 // bytes
)

// check refuses what the engine can't take.
func (w *where) check() error {
	if w.search > maxSearchQuery {
		return fmt.Errorf("langshark: a search of %d bytes: %w: at most %d", w.search, store.ErrBadQuery, maxSearchQuery)
	}
	return nil
}

// checkIDs refuses more ids than the engine can take.
func checkIDs(n int) error {
	if n > maxIDs {
		return fmt.Errorf("langshark: %d ids: %w: ask for at most %d at once", n, store.ErrBadQuery, maxIDs)
	}
	return nil
}

func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// equal adds column = value unless the value is empty.
func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

// in adds column IN (values) unless there are none.
func in[T any](w *where, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	w.add(column+" IN (?"+strings.Repeat(",?", len(values)-1)+")", args...)
}

// project adds that the row is of the project; where ids are given, so that no index of
// the project is used instead of that of the ids.
func (w *where) project(table string, project int64, ids []string) {
	sign := ""
	if len(ids) > 0 {
		sign = "+"
	}
	w.add(sign+table+"project = ?", project)
}

// byID adds that the id is one of these, which are in one of these rows.
func byID(w *where, table string, ids []string, rows []int64) {
	if len(ids) == 0 {
		return
	}
	if len(rows) == 0 {
		w.add("0")
		return
	}
	in(w, table+"rid", rows)
	in(w, table+"id", ids)
}

// span adds from <= column < to, where they are set.
func (w *where) span(column string, from, to time.Time) {
	if !from.IsZero() {
		w.add(column+" >= ?", bound(from))
	}
	if !to.IsZero() {
		w.add(column+" < ?", bound(to))
	}
}

// contains adds a search for a part of any of the columns.
func (w *where) contains(part string, columns ...string) {
	if part == "" {
		return
	}
	w.search += len(part)
	pattern := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(part) + "%"
	var either []string
	for _, c := range columns {
		either = append(either, c+` LIKE ? ESCAPE '\'`)
		w.args = append(w.args, pattern)
	}
	w.conditions = append(w.conditions, "("+strings.Join(either, " OR ")+")")
}

// after adds where a page begins that continues another. The columns are the
// time of the default order and the row number.
func (w *where) after(of list, c store.Cursor, ascending bool, columns string) error {
	if c == "" {
		return nil
	}
	ts, rid, err := parseCursor(of, c)
	if err != nil {
		return err
	}
	sign := "<"
	if ascending {
		sign = ">"
	}
	w.add("("+columns+") "+sign+" (?, ?)", ts, rid)
	return nil
}

func (w *where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

const defaultLimit = 50

// limit is how many rows a page reads: one more than it shows, to know whether there is a next.
func limit(p store.Page) int {
	switch {
	case p.Limit == 0:
		return defaultLimit
	case p.Limit < 0:
		return 0
	}
	return p.Limit
}

// tail is the end of a page's query.
func tail(p store.Page, order string) string {
	s := " ORDER BY " + order + " LIMIT " + strconv.Itoa(limit(p)+1)
	if p.After == "" && p.Offset > 0 {
		s += " OFFSET " + strconv.Itoa(p.Offset)
	}
	return s
}

func direction(ascending bool) string {
	if ascending {
		return "ASC"
	}
	return "DESC"
}

// list names a list in its cursors.
type list string

const (
	ofTraces       list = "t"
	ofObservations list = "o"
	ofScores       list = "s"
	ofSessions     list = "n"
	ofHits         list = "h"
	ofDocuments    list = "d"
)

func checkCursor(of list, c store.Cursor) error {
	if c == "" {
		return nil
	}
	_, _, err := parseCursor(of, c)
	return err
}

// A cursor is the name of the list, and the time and row number of a page's last row.

func makeCursor(of list, ts, rid int64) store.Cursor {
	return store.Cursor(base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s%d.%d", of, ts, rid)))
}

func parseCursor(of list, c store.Cursor) (ts, rid int64, err error) {
	bad := func() (int64, int64, error) {
		return 0, 0, fmt.Errorf("langshark: cursor %q: %w", c, store.ErrBadCursor)
	}
	b, err := base64.RawURLEncoding.DecodeString(string(c))
	if err != nil {
		return bad()
	}
	rest, ok := strings.CutPrefix(string(b), string(of))
	if !ok {
		return bad()
	}
	left, right, ok := strings.Cut(rest, ".")
	if !ok {
		return bad()
	}
	if ts, err = strconv.ParseInt(left, 10, 64); err != nil {
		return bad()
	}
	if rid, err = strconv.ParseInt(right, 10, 64); err != nil {
		return bad()
	}
	return ts, rid, nil
}
