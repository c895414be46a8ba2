package catalog

import (
	"context"
	"slices"
)

// DeletePrompt removes the versions of a prompt that the selection names, all if it names
// none. The newest of those that stay becomes the latest. What other prompts refer to is refused, and for
// those who may not move a protected label what it was on before its last ten moves, since a rollback goes there.
func (c *Catalog) DeletePrompt(ctx context.Context, projectID, name string, s PromptSelection) error {
	return c.editPrompt(ctx, projectID, name, func(e *promptEdit) error {
		if e.p == nil {
			return notFound("Prompt not found: '%s'", name)
		}
		refs := slices.Clone(e.p.Versions)
		gone := promptHistory{Action: ActionDelete}
		if s != (PromptSelection{}) {
			ref := e.p.ref(s.of(e.p))
			if ref == nil {
				return promptNotFound(name, s.named())
			}
			refs, gone.Version = []versionRef{*ref}, ref.Version
		}
		if err := e.drop(refs); err != nil {
			return err
		}
		e.note(gone)
		return nil
	})
}
