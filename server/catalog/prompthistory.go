package catalog

import (
	"context"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// PromptAction is what was done to a prompt.
type PromptAction string

// What is done to prompts.
const (
	ActionCreate     PromptAction = "create" // a version
	ActionLabel      PromptAction = "label"
	ActionUnlabel    PromptAction = "unlabel"
	ActionRollback   PromptAction = "rollback"
	ActionDelete     PromptAction = "delete" // a version, or with version 0 all of them
	ActionTags       PromptAction = "tags"
	ActionExperiment PromptAction = "experiment" // made or changed

	ActionExperimentEnd PromptAction = "experiment-end"
)

// PromptChange is an entry of the history of a prompt.
type PromptChange struct {
	Name string
	At   time.Time
	// By is the public key of an application, or the name of a person; may be empty.
	By     string
	Action PromptAction
	// Version is the one that was made, deleted, or got the label.
	Version int
	// Label is the one that moved; From is the version that had it before, 0 if none.
	Label string
	From  int
	// Experiment is the name of the one that changed, Variants what it has since.
	Experiment string
	Variants   []Variant
	// Message says why; may be empty.
	Message string
}

// promptHistory is an entry as it is kept. Its document has the name of the prompt, so that the
// entries outlive the prompt.
type promptHistory struct {
	Identity   `json:"-"`
	By         string       `json:"by,omitempty"`
	Action     PromptAction `json:"action"`
	Version    int          `json:"version,omitempty"`
	Label      string       `json:"label,omitempty"`
	From       int          `json:"from,omitempty"`
	Experiment string       `json:"experiment,omitempty"`
	Variants   []Variant    `json:"variants,omitempty"`
	Message    string       `json:"message,omitempty"`
}

func (e *promptEdit) saveHistory() error {
	for i := range e.history {
		h := &e.history[i]
		h.ID = newID()
		if err := put(e.tx, kindPromptHistory, "", e.p.Name, h); err != nil {
			return err
		}
	}
	return nil
}

// PromptHistory lists who has changed prompts, newest first; an empty name means all
// prompts. Page takes limit and cursor. What has been deleted stays in it.
func (c *Catalog) PromptHistory(ctx context.Context, projectID, name string, page store.Page) (changes []PromptChange, next store.Cursor, err error) {
	q := store.DocumentQuery{Kind: kindPromptHistory, Page: page}
	if name != "" {
		q.Names = []string{name}
	}
	found, err := c.reader(ctx, projectID).Documents(q)
	if err != nil {
		return nil, "", err
	}
	changes = make([]PromptChange, len(found.Documents))
	for i := range found.Documents {
		h, err := decode[promptHistory](&found.Documents[i])
		if err != nil {
			return nil, "", err
		}
		changes[i] = PromptChange{found.Documents[i].Name, h.CreatedAt, h.By, h.Action, h.Version, h.Label, h.From, h.Experiment, h.Variants, h.Message}
	}
	return changes, found.Next, nil
}
