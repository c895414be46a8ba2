package catalog

import (
	"context"
	"slices"
)

// maxTold is of how many that refer to a changed prompt is told one by one.
const maxTold = maxPendingEvents

// tell tells of what was committed, to those too who watch a prompt that refers to the changed one.
func (c *Catalog) tell(ctx context.Context, projectID string, e *promptEdit) {
	if e == nil || len(e.history) == 0 {
		return
	}
	names, err := referring(c.reader(context.WithoutCancel(ctx), projectID), e.p.Name)
	if err != nil || len(names) > maxTold {
		names = nil // all
	}
	c.events.tell(projectID, names, changeOf(e.history))
}

// referring are the prompts that change with one: itself, then those that refer to it.
func referring(r reader, name string) ([]string, error) {
	names := []string{name}
	from := 0
	for range MaxPromptDepth {
		to := len(names)
		for _, name := range names[from:to] {
			err := eachReferring(r, name, func(ref *promptReference) (bool, error) {
				if !slices.Contains(names, ref.Prompt) {
					names = append(names, ref.Prompt)
				}
				return len(names) <= maxTold, nil
			})
			if err != nil {
				return nil, err
			}
		}
		from = to
	}
	return names, nil
}

// changeOf is the way in which a prompt has changed that says most.
func changeOf(history []promptHistory) string {
	of := map[PromptAction]string{
		ActionDelete: ChangeDelete, ActionCreate: ChangeVersion, ActionLabel: ChangeLabels, ActionUnlabel: ChangeLabels, ActionRollback: ChangeLabels,
		ActionTags: ChangeTags, ActionExperiment: ChangeExperiment,
	}
	for _, change := range []string{ChangeDelete, ChangeVersion, ChangeExperiment, ChangeLabels} {
		if slices.ContainsFunc(history, func(h promptHistory) bool { return of[h.Action] == change }) {
			return change
		}
	}
	return ChangeTags
}
