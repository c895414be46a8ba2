package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// ScoreConfigs checks scores that name a config.
type ScoreConfigs interface {
	// CheckScore checks a score and completes it. given is the data type that the
	// sender named, empty if the value alone told it. It returns an error that is
	// [store.ErrNotFound] if there is no such config, and [*RequestError] if the score
	// does not fit it.
	CheckScore(ctx context.Context, projectID string, w *store.ScoreWrite, given exporter.ScoreType) error
}

// RequestError says that a request is well formed and contradicts what is there.
type RequestError struct {
	Message string
	// Reason is how the message was made; it may be empty.
	Reason Reason
}

// Error is the message.
func (e *RequestError) Error() string { return e.Message }

// CheckScoresBy has scores checked against their configs. Call it before any event comes.
func (g *Ingester) CheckScoresBy(configs ScoreConfigs) { g.configs = configs }

// checkScore checks the score of an item, if it is one with a config.
func (g *Ingester) checkScore(ctx context.Context, projectID string, it *item) error {
	if it.score == nil || it.score.ConfigID == "" || g.configs == nil {
		return nil
	}
	var given string
	fields(it.body, func(key string, v json.RawMessage) {
		if key == "dataType" && kindOf(v) == "string" {
			given = unquote(v)
		}
	})
	return g.configs.CheckScore(ctx, projectID, it.score, exporter.ScoreType(given))
}

// configured leaves out the scores that do not fit the config that they name.
func (g *Ingester) configured(ctx context.Context, projectID string, items []item, r *Result) ([]item, error) {
	kept := items[:0]
	for _, it := range items {
		err := g.checkScore(ctx, projectID, &it)
		var refused *RequestError
		switch {
		case err == nil:
			kept = append(kept, it)
			continue
		case errors.As(err, &refused):
			r.Errors = append(r.Errors, Failure{ID: it.id, Status: http.StatusBadRequest, Message: invalid, Error: err.Error()})
		case errors.Is(err, store.ErrNotFound):
			r.Errors = append(r.Errors, Failure{ID: it.id, Status: http.StatusNotFound, Message: "Resource not found", Error: err.Error()})
		default:
			return nil, err
		}
		r.rejected = append(r.rejected, it.kind)
	}
	return kept, nil
}
