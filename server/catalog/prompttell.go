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
	for _, id := range e.woken {
		c.webhooks.wake(projectID, id)
	}
	names, err := referring(c.reader(context.WithoutCancel(ctx), projectID), e.p.Name)
	if err != nil || len(names) > maxTold {
		names = nil // all
	}
	c.events.tell(projectID, names, mostTelling(changesOf(e.history)))
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

// mostTelling is the one of some ways to change that says most.
func mostTelling(changes []string) string {
	for _, change := range []string{ChangeDelete, ChangeVersion, ChangeExperiment, ChangeLabels} {
		if slices.Contains(changes, change) {
			return change
		}
	}
	return ChangeTags
}

// changesOf are the ways in which a prompt has changed, each once.
func changesOf(history []promptHistory) (changes []string) {
	of := map[PromptAction]string{
		ActionDelete: ChangeDelete, ActionCreate: ChangeVersion, ActionLabel: ChangeLabels, ActionUnlabel: ChangeLabels, ActionRollback: ChangeLabels,
		ActionTags: ChangeTags, ActionExperiment: ChangeExperiment, ActionExperimentEnd: ChangeExperiment,
	}
	for _, h := range history {
		if change := of[h.Action]; !slices.Contains(changes, change) {
			changes = append(changes, change)
		}
	}
	return changes
}
