package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

func (s *Store) readURL() string {
	return s.readingURL() + "&_pragma=cache_size(-16384)&_pragma=temp_store(2)"
}

// snapshot reads in one transaction, so that what several queries find belongs together.
func (s *Store) snapshot(ctx context.Context, what string, f func(*sql.Tx) error) error {
	s.gate.RLock()
	defer s.gate.RUnlock()
	return s.snapshotOf(ctx, s.read, what, f)
}

func (s *Store) snapshotOf(ctx context.Context, pool *sql.DB, what string, f func(*sql.Tx) error) error {
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s.readError(what, err)
	}
	err = f(tx)
	if end := tx.Rollback(); err == nil && !errors.Is(end, sql.ErrTxDone) {
		err = end
	}
	if err != nil {
		return s.readError(what, err)
	}
	return nil
}

// payloads reads what references lead to, each block once.
func (s *Store) payloads(ctx context.Context, tx *sql.Tx, refs []payloadRefs, f func(i int, input, output json.RawMessage)) error {
	blocks := map[int64]*opened{}
	var missing []any
	for _, r := range refs {
		for _, ref := range []*int64{r.input, r.output} {
			if ref == nil {
				continue
			}
			rid, _ := blockOf(*ref)
			if _, seen := blocks[rid]; !seen {
				blocks[rid] = nil
				missing = append(missing, rid)
			}
		}
	}
	const atOnce = 500
	for len(missing) > 0 {
		n := min(len(missing), atOnce)
		if err := s.readBlocks(ctx, tx, missing[:n], blocks); err != nil {
			return err
		}
		missing = missing[n:]
	}
	part := func(ref *int64) (json.RawMessage, error) {
		if ref == nil {
			return nil, nil
		}
		rid, n := blockOf(*ref)
		b := blocks[rid]
		if b == nil {
			return nil, fmt.Errorf("%w: there is no %d", errBlock, rid)
		}
		return b.part(n), nil
	}
	for i, r := range refs {
		input, err := part(r.input)
		if err != nil {
			return err
		}
		output, err := part(r.output)
		if err != nil {
			return err
		}
		f(i, input, output)
	}
	return nil
}

func (s *Store) readBlocks(ctx context.Context, tx *sql.Tx, rids []any, blocks map[int64]*opened) error {
	rows, err := tx.QueryContext(ctx, "SELECT rid, data FROM payloads WHERE rid IN (?"+strings.Repeat(",?", len(rids)-1)+")", rids...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var rid int64
		var data sql.RawBytes
		if err := rows.Scan(&rid, &data); err != nil {
			return err
		}
		if blocks[rid], err = s.openBlock(data); err != nil {
			return fmt.Errorf("payload %d: %w", rid, err)
		}
	}
	return rows.Err()
}
