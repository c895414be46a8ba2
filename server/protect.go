package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// ProtectedLabel is a label of prompts that only some may move.
type ProtectedLabel = catalog.ProtectedLabel

// ProtectLabel has only those public keys and those roles (see [Viewer]) move a label of a
// project's prompts, in place of those who were named before; without any, nobody who comes by the API or the
// dashboard. Empty means the first project. A server that runs follows at once, in another process too.
func (s *Server) ProtectLabel(ctx context.Context, projectID string, l ProtectedLabel) error {
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return err
	}
	have, err := s.store.APIKeys(ctx, projectID)
	if err != nil {
		return err
	}
	for _, key := range l.Keys {
		if !slices.ContainsFunc(have, func(k store.APIKey) bool { return k.PublicKey == key }) {
			return fmt.Errorf("langshark: project %s has no public key %q: %w", projectID, key, store.ErrNotFound)
		}
	}
	return s.catalog.ProtectLabel(ctx, projectID, l)
}

// UnprotectLabel lets all keys and viewers move a label again. [store.ErrNotFound] says
// that it isn't protected.
func (s *Server) UnprotectLabel(ctx context.Context, projectID, label string) error {
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return err
	}
	err = s.catalog.UnprotectLabel(ctx, projectID, label)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("langshark: label %q is not protected: %w", label, store.ErrNotFound)
	}
	return err
}

// ProtectedLabels lists those of a project by name. Empty means the first project.
func (s *Server) ProtectedLabels(ctx context.Context, projectID string) ([]ProtectedLabel, error) {
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return s.catalog.ProtectedLabels(ctx, projectID)
}
