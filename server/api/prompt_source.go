package api

import (
	"context"
	"errors"
	"fmt"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// PromptSource gives a project's prompts to a client in the same process, as the API would.
type PromptSource struct {
	catalog   *catalog.Catalog
	projectID string
	identity  string
}

var (
	_ langshark.PromptSource     = (*PromptSource)(nil)
	_ langshark.PromptWatcher    = (*PromptSource)(nil)
	_ langshark.PromptIdentifier = (*PromptSource)(nil)
)

// NewPromptSource returns the source of a project's prompts. The identity tells the project from those of
// other servers, too; empty if it isn't known.
func NewPromptSource(c *catalog.Catalog, projectID, identity string) *PromptSource {
	return &PromptSource{c, projectID, identity}
}

// PromptIdentity implements [langshark.PromptIdentifier].
func (s *PromptSource) PromptIdentity() string { return s.identity }

// FetchPrompt implements [langshark.PromptSource].
func (s *PromptSource) FetchPrompt(ctx context.Context, r langshark.PromptRequest) (langshark.PromptResponse, error) {
	answer, err := s.find(ctx, r)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("%w: %w", langshark.ErrPromptNotFound, err)
	}
	if err != nil {
		return langshark.PromptResponse{}, err
	}
	text, err := encode(answer)
	if err != nil {
		return langshark.PromptResponse{}, err
	}
	tag := tagOf(text)
	if tag == r.ETag {
		return langshark.PromptResponse{ETag: tag, NotModified: true}, nil
	}
	return langshark.PromptResponse{Body: text, ETag: tag}, nil
}

func (s *PromptSource) find(ctx context.Context, r langshark.PromptRequest) (any, error) {
	if r.Experiment != "" {
		x, err := s.catalog.Experiment(ctx, s.projectID, r.Name, r.Experiment)
		if err != nil {
			return nil, err
		}
		return experimentOnWire(x), nil
	}
	p, err := s.catalog.ResolvedPrompt(ctx, s.projectID, r.Name, catalog.PromptSelection{Version: r.Version, Label: r.Label})
	if err != nil {
		return nil, err
	}
	return promptOnWire(p), nil
}

// WatchPrompts implements [langshark.PromptWatcher].
func (s *PromptSource) WatchPrompts(ctx context.Context, changed func(name string)) error {
	watch, err := s.catalog.WatchPrompts(s.projectID)
	if err != nil {
		return err
	}
	defer watch.Close()
	for {
		events, err := watch.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range events {
			changed(e.Name) // empty where all may have changed
		}
	}
}
