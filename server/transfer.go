package server

import (
	"context"
	"io"

	"github.com/langshark/langshark-go/server/transfer"
	"github.com/langshark/langshark-go/server/transfer/chatset"
	"github.com/langshark/langshark-go/server/transfer/remote"
)

// Export writes a project as JSON lines, see [transfer.Export]. Empty means the
// first project.
func (s *Server) Export(ctx context.Context, projectID string, w io.Writer, opts transfer.ExportOptions) (transfer.Counts, error) {
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return transfer.Counts{}, err
	}
	return transfer.Export(ctx, s.store, projectID, w, opts)
}

// Import reads what Export wrote, see [transfer.Import]. Empty means the first
// project.
func (s *Server) Import(ctx context.Context, projectID string, r io.Reader, opts transfer.ImportOptions) (transfer.ImportResult, error) {
	if err := s.prices.Check(); err != nil {
		return transfer.ImportResult{}, err
	}
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return transfer.ImportResult{}, err
	}
	return transfer.Import(ctx, s.store, projectID, r, opts)
}

// ImportFrom copies a project of another server by its public API, see
// [remote.Import]. Empty means the first project.
func (s *Server) ImportFrom(ctx context.Context, projectID string, opts remote.Options) (remote.Result, error) {
	if err := s.prices.Check(); err != nil {
		return remote.Result{}, err
	}
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return remote.Result{}, err
	}
	return remote.Import(ctx, s.store, projectID, opts)
}

// ExportChats writes selected generations as conversations for fine-tuning and
// tests, see [chatset.Export]. Empty means the first project.
func (s *Server) ExportChats(ctx context.Context, projectID string, opts chatset.Options) (chatset.Result, error) {
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return chatset.Result{}, err
	}
	return chatset.Export(ctx, s.store, projectID, opts)
}
