package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	engine "modernc.org/sqlite"
)

// db is a connection without database/sql between, which costs as much as the
// small statements of the writer do. It prepares each statement once and is for
// one goroutine. No statement is given up halfway: its transaction may be others' too. Its errors are the engine's, bare.
type db struct {
	conn  driver.Conn
	stmts map[string]*statement
	args  []driver.NamedValue
}

// statement is what the engine's statements can do.
type statement struct {
	driver.Stmt
	exec  driver.StmtExecContext
	query driver.StmtQueryContext
	row   []driver.Value
}

// errNoRow says that a query that should have given a row gave none.
var errNoRow = errors.New("no row")

func openDB(url string) (*db, error) {
	conn, err := (&engine.Driver{}).Open(url)
	if err != nil {
		return nil, err
	}
	return &db{conn: conn, stmts: map[string]*statement{}}, nil
}

func (d *db) close() error {
	var errs []error
	for _, s := range d.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, d.conn.Close())...)
}

// script runs statements without arguments, not prepared.
func (d *db) script(text string) error {
	c, ok := d.conn.(driver.ExecerContext)
	if !ok {
		return errors.New("langshark: the engine can't run scripts")
	}
	_, err := c.ExecContext(context.Background(), text, nil)
	return err
}

// begin begins a transaction that writes; commit and rollback end it.
func (d *db) begin() error    { return d.exec("BEGIN IMMEDIATE") }
func (d *db) commit() error   { return d.exec("COMMIT") }
func (d *db) rollback() error { return d.exec("ROLLBACK") }

func (d *db) statement(query string) (*statement, error) {
	if s := d.stmts[query]; s != nil {
		return s, nil
	}
	stmt, err := d.conn.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("prepare %.60q: %w", query, err)
	}
	s := &statement{Stmt: stmt}
	s.exec, _ = stmt.(driver.StmtExecContext)
	s.query, _ = stmt.(driver.StmtQueryContext)
	if s.exec == nil || s.query == nil {
		return nil, errors.Join(errors.New("langshark: the engine's statements lack a method"), stmt.Close())
	}
	d.stmts[query] = s
	return s, nil
}

// bind makes arguments of values: nil, integers, booleans, floats, texts and
// blobs, and pointers to integers, whose nil is null. The slice is good until the next call.
func (d *db) bind(values []any) ([]driver.NamedValue, error) {
	d.args = d.args[:0]
	for i, v := range values {
		switch x := v.(type) {
		case nil, int64, float64, bool, string, []byte:
		case int:
			v = int64(x)
		case *int64:
			if v = nil; x != nil {
				v = *x
			}
		case *bool:
			if v = nil; x != nil {
				v = *x
			}
		case *float64:
			if v = nil; x != nil {
				v = *x
			}
		default:
			return nil, fmt.Errorf("langshark: argument %d of type %T", i+1, v)
		}
		d.args = append(d.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return d.args, nil
}

// exec runs a statement that gives no rows.
func (d *db) exec(query string, values ...any) error {
	s, err := d.statement(query)
	if err != nil {
		return err
	}
	args, err := d.bind(values)
	if err != nil {
		return err
	}
	_, err = s.exec.ExecContext(context.Background(), args)
	return err
}

// changed runs a statement and returns how many rows it changed.
func (d *db) changed(query string, values ...any) (int64, error) {
	s, err := d.statement(query)
	if err != nil {
		return 0, err
	}
	args, err := d.bind(values)
	if err != nil {
		return 0, err
	}
	result, err := s.exec.ExecContext(context.Background(), args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row reads the first row; errNoRow if there is none.
func (d *db) row(query string, values []any, dest ...any) error {
	found := false
	err := d.rows(query, values, func(r driverRow) error {
		if found {
			return nil
		}
		found = true
		return r.Scan(dest...)
	})
	if err == nil && !found {
		return errNoRow
	}
	return err
}

// rows calls f for each row, which is good until f returns.
func (d *db) rows(query string, values []any, f func(driverRow) error) error {
	s, err := d.statement(query)
	if err != nil {
		return err
	}
	args, err := d.bind(values)
	if err != nil {
		return err
	}
	rows, err := s.query.QueryContext(context.Background(), args)
	if err != nil {
		return err
	}
	if s.row == nil {
		s.row = make([]driver.Value, len(rows.Columns()))
	}
	for {
		err := rows.Next(s.row)
		if errors.Is(err, io.EOF) {
			return rows.Close()
		}
		if err == nil {
			err = f(s.row)
		}
		if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
}

// driverRow is a row as the driver gives it.
type driverRow []driver.Value

// Scan implements scanner, for the types that this package uses. Null leaves
// zero, or a nil pointer.
func (r driverRow) Scan(dest ...any) error {
	if len(dest) > len(r) {
		return fmt.Errorf("langshark: %d destinations for %d columns", len(dest), len(r))
	}
	for i, d := range dest {
		if err := assign(d, r[i]); err != nil {
			return fmt.Errorf("langshark: column %d: %w", i, err)
		}
	}
	return nil
}

func assign(dest any, v driver.Value) error {
	n, isInt := v.(int64)
	ok := isInt || v == nil
	switch d := dest.(type) {
	case *int64:
		*d = n
	case *int:
		*d = int(n)
	case *bool:
		*d = n != 0
	case **int64:
		*d = nil
		if isInt {
			*d = &n
		}
	case **bool:
		*d = nil
		if isInt {
			b := n != 0
			*d = &b
		}
	case *[]byte:
		*d = nil
		switch v := v.(type) {
		case []byte:
			*d, ok = v, true
		case string:
			*d, ok = []byte(v), true
		}
	case *string:
		text, isText := v.(string)
		*d, ok = text, isText || v == nil
	case **string:
		*d = nil
		if text, isText := v.(string); isText {
			*d, ok = &text, true
		}
	case **float64:
		*d = nil
		if f, float := v.(float64); float {
			*d, ok = &f, true
		} else if isInt {
			f := float64(n)
			*d = &f
		}
	default:
		return fmt.Errorf("destination of type %T", dest)
	}
	if !ok {
		return fmt.Errorf("%T for a destination of type %T", v, dest)
	}
	return nil
}
