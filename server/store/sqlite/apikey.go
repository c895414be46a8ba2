package sqlite

import (
	"context"
	"fmt"

	"github.com/langshark/langshark-go/server/store"
)

// CreateAPIKey implements [store.Store].
func (s *Store) CreateAPIKey(ctx context.Context, k store.APIKey) error {
	pk, err := s.project(ctx, k.ProjectID)
	if err != nil {
		return err
	}
	return s.writer.submit(ctx, &request{items: 1, do: func(t *tx) error {
		var taken int
		if err := t.row("SELECT count(*) FROM api_keys WHERE public_key = ?", []any{k.PublicKey}, &taken); err != nil {
			return err
		}
		if taken > 0 {
			return fmt.Errorf("langshark: public key %q: %w", k.PublicKey, store.ErrExists)
		}
		var elsewhere, same int
		if err := t.row("SELECT ifnull(sum(project <> ?), 0), ifnull(sum(project = ? AND secret_hash = ?), 0) FROM removed_keys WHERE public_key = ?",
			[]any{pk, pk, k.SecretHash, k.PublicKey}, &elsewhere, &same); err != nil {
			return err
		}
		switch {
		case elsewhere > 0:
			return fmt.Errorf("langshark: public key %q was one of another project: %w", k.PublicKey, store.ErrExists)
		case same > 0:
			return fmt.Errorf("langshark: key %q: %w", k.PublicKey, store.ErrRemoved)
		}
		return t.exec("INSERT INTO api_keys (public_key, project, secret_hash, created) VALUES (?, ?, ?, ?)",
			k.PublicKey, pk, k.SecretHash, micros(k.CreatedAt))
	}})
}

// APIKeys implements [store.Store].
func (s *Store) APIKeys(ctx context.Context, projectID string) ([]store.APIKey, error) {
	pk, err := s.project(ctx, projectID)
	if err != nil {
		return nil, err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	rows, err := s.read.QueryContext(ctx, "SELECT public_key, secret_hash, created FROM api_keys WHERE project = ? ORDER BY created, public_key", pk)
	if err != nil {
		return nil, s.readError("api keys", err)
	}
	defer rows.Close()
	var list []store.APIKey
	for rows.Next() {
		k := store.APIKey{ProjectID: projectID}
		var created int64
		if err := rows.Scan(&k.PublicKey, &k.SecretHash, &created); err != nil {
			return nil, s.readError("api keys", err)
		}
		k.CreatedAt = fromMicros(created)
		list = append(list, k)
	}
	if err := rows.Err(); err != nil {
		return nil, s.readError("api keys", err)
	}
	return list, nil
}

// APIKey implements [store.Store].
func (s *Store) APIKey(ctx context.Context, publicKey string) (*store.APIKey, error) {
	k := &store.APIKey{PublicKey: publicKey}
	var created int64
	s.gate.RLock()
	defer s.gate.RUnlock()
	err := s.read.QueryRowContext(ctx, `SELECT p.id, k.secret_hash, k.created
		FROM api_keys k JOIN projects p ON p.pk = k.project WHERE k.public_key = ?`, publicKey).
		Scan(&k.ProjectID, &k.SecretHash, &created)
	if err != nil {
		return nil, s.readError("api key", err)
	}
	k.CreatedAt = fromMicros(created)
	return k, nil
}

// DeleteAPIKey implements [store.Store].
func (s *Store) DeleteAPIKey(ctx context.Context, projectID, publicKey string) error {
	pk, err := s.project(ctx, projectID)
	if err != nil {
		return err
	}
	return s.writer.submit(ctx, &request{items: 1, do: func(t *tx) error {
		var all, these int
		if err := t.row("SELECT count(*), ifnull(sum(public_key = ?), 0) FROM api_keys WHERE project = ?", []any{publicKey, pk}, &all, &these); err != nil {
			return err
		}
		switch {
		case these == 0:
			return fmt.Errorf("langshark: public key %q: %w", publicKey, store.ErrNotFound)
		case all == 1:
			return fmt.Errorf("langshark: public key %q: %w", publicKey, store.ErrLastKey)
		}
		err := t.exec(`INSERT INTO removed_keys (public_key, secret_hash, project, removed)
			SELECT public_key, secret_hash, project, ? FROM api_keys WHERE public_key = ?`, t.now, publicKey)
		if err != nil {
			return err
		}
		return t.exec("DELETE FROM api_keys WHERE public_key = ?", publicKey)
	}})
}

// RemovedAPIKeys implements [store.Store].
func (s *Store) RemovedAPIKeys(ctx context.Context, publicKey string) ([]store.RemovedAPIKey, error) {
	s.gate.RLock()
	defer s.gate.RUnlock()
	rows, err := s.read.QueryContext(ctx, `SELECT p.id, k.secret_hash, k.removed
		FROM removed_keys k JOIN projects p ON p.pk = k.project WHERE k.public_key = ? ORDER BY k.removed, k.secret_hash`, publicKey)
	if err != nil {
		return nil, s.readError("removed api keys", err)
	}
	defer rows.Close()
	var list []store.RemovedAPIKey
	for rows.Next() {
		k := store.RemovedAPIKey{PublicKey: publicKey}
		var removed int64
		if err := rows.Scan(&k.ProjectID, &k.SecretHash, &removed); err != nil {
			return nil, s.readError("removed api keys", err)
		}
		k.RemovedAt = fromMicros(removed)
		list = append(list, k)
	}
	if err := rows.Err(); err != nil {
		return nil, s.readError("removed api keys", err)
	}
	return list, nil
}
