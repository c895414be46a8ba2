package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/langshark/langshark-go/server/pricing"
	"github.com/langshark/langshark-go/server/store"
)

// ImportPrices reads a table of prices in the format of genai-prices, LiteLLM,
// Langfuse or LangShark and keeps it beside the data as prices.csv, see
// [pricing.Pricer.Import]. Prices without a day of their own hold from the given one on; zero is
// no day. What is there already keeps its cost until [Server.Reprice].
func (s *Server) ImportPrices(r io.Reader, from time.Time) (pricing.Imported, error) {
	if s.cfg.ReadOnly {
		return pricing.Imported{}, fmt.Errorf("langshark: prices: %w", store.ErrReadOnly)
	}
	data, err := io.ReadAll(io.LimitReader(r, pricing.MaxImportBytes+1))
	if err != nil {
		return pricing.Imported{}, fmt.Errorf("langshark: prices: %w", err)
	}
	return s.prices.Import(data, from)
}

// Reprice prices the model calls of a project anew that began from inclusive until
// exclusive, see [store.Repricer]; zero times are open. Empty means the first
// project. What was reported stays.
func (s *Server) Reprice(ctx context.Context, projectID string, from, until time.Time, progress func(seen, changed int64)) error {
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return err
	}
	if err := s.prices.Check(); err != nil {
		return err
	}
	r, ok := s.store.(store.Repricer)
	if !ok {
		return errors.New("langshark: this store can't price anew")
	}
	return r.Reprice(ctx, projectID, from, until, progress)
}
