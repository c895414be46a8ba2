package server

import (
	"context"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/server/api"
)

// Prompts gives a project's prompts to a client in the same process, and tells it of their
// changes: give it to langshark.Config. Empty means the first project.
func (s *Server) Prompts(projectID string) langshark.PromptSource {
	id, err := s.projectOrFirst(context.Background(), projectID)
	if err != nil {
		id = projectID // each fetch says what is wrong
	}
	return api.NewPromptSource(s.catalog, id)
}
