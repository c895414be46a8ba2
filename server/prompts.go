package server

import (
	"context"
	"time"

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
	return api.NewPromptSource(s.catalog, id, s.promptIdentity(id))
}

// promptIdentity tells a project from all others: servers may each have one of the same id, so it has the time
// when it was made as well. Empty if that isn't known.
func (s *Server) promptIdentity(projectID string) string {
	all, err := s.store.Projects(context.Background())
	if err != nil {
		return ""
	}
	for _, p := range all {
		if p.ID == projectID {
			return p.ID + "@" + p.CreatedAt.UTC().Format(time.RFC3339Nano)
		}
	}
	return ""
}
