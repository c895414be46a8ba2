package sqlite

import (
	"context"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

func (s *Store) startWork() {}

func (s *Store) loadDictionaries(*db) error { return nil }

// Metrics implements [store.Store].
func (s *Store) Metrics(context.Context, string, store.MetricsQuery) ([]store.MetricsRow, error) {
	return nil, nil
}

// Search implements [store.Store].
func (s *Store) Search(context.Context, string, store.SearchQuery) (store.SearchPage, error) {
	return store.SearchPage{}, nil
}

// SetRetention implements [store.Store].
func (s *Store) SetRetention(context.Context, string, time.Duration) error { return nil }

// Backup implements [store.Store].
func (s *Store) Backup(context.Context, string, func(done, total int64)) error { return nil }

// Check implements [store.Store].
func (s *Store) Check(context.Context) error { return nil }
