package server

import (
	"bytes"
	"context"
	"errors"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/media"
)

// openMedia opens the files that payloads refer to, in a folder beside the database.
func (s *Server) openMedia(dir string) (*media.Files, error) {
	cfg := media.Config{
		Catalog: s.catalog, Projects: s.store.Projects, Dir: media.Folder(dir), MaxBytes: s.cfg.MaxMediaBytes,
		ReadOnly: s.cfg.ReadOnly, Housekeeping: !s.cfg.NoHousekeeping, Logger: s.cfg.Logger,
	}
	if s.temp != "" {
		cfg.MaxTotalBytes = media.MaxTemporaryBytes
	}
	return media.Open(cfg)
}

var _ exporter.MediaUploader = (*inProcess)(nil)

// AcceptsMedia implements [exporter.MediaUploader].
func (e *inProcess) AcceptsMedia() bool { return true }

// UploadMedia implements [exporter.MediaUploader].
func (e *inProcess) UploadMedia(ctx context.Context, m *exporter.Media) error {
	err := e.server.media.Add(ctx, e.projectID, &catalog.MediaRequest{
		TraceID: m.TraceID, ObservationID: m.ObservationID, Field: m.Field,
		ContentType: catalog.MediaType(m.ContentType), ContentLength: int64(len(m.Data)), SHA256: m.SHA256,
	}, bytes.NewReader(m.Data))
	if errors.Is(err, media.ErrContent) || errors.Is(err, media.ErrTooMuch) {
		return &exporter.PartialError{Failed: []exporter.Failure{{Reason: err.Error()}}}
	}
	return err
}
