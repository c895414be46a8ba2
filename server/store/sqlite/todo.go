package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

var errLater = errors.New("langshark: not yet")

// Metrics implements [store.Store].
func (s *Store) Metrics(context.Context, string, store.MetricsQuery) ([]store.MetricsRow, error) {
	return nil, errLater
}

// Search implements [store.Store].
func (s *Store) Search(context.Context, string, store.SearchQuery) (store.SearchPage, error) {
	return store.SearchPage{}, errLater
}

// SetRetention implements [store.Store].
func (s *Store) SetRetention(context.Context, string, time.Duration) error { return errLater }

// Backup implements [store.Store].
func (s *Store) Backup(context.Context, string, func(done, total int64)) error { return errLater }

// Check implements [store.Store].
func (s *Store) Check(context.Context) error { return errLater }

// Stats implements [store.Store].
func (s *Store) Stats() store.Stats { return store.Stats{} }
