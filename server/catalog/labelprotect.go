package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// ProtectedLabel is a label that only some may move.
type ProtectedLabel struct {
	Label string
	// Keys are the public keys that may, Roles those of persons.
	Keys, Roles []string
}

// MovableBy reports whether the actor may move the label.
func (l ProtectedLabel) MovableBy(a Actor) bool {
	return a.Operator || a.PublicKey != "" && slices.Contains(l.Keys, a.PublicKey) || a.Role != "" && slices.Contains(l.Roles, a.Role)
}

// protectedLabel is kept with the label as its id.
type protectedLabel struct {
	Identity `json:"-"`
	Keys     []string `json:"keys"`
	Roles    []string `json:"roles"`
}

// ProtectLabel has only those keys and roles move a label of the project's prompts, in place of those
// who were named before. Without any, only who runs the server may.
func (c *Catalog) ProtectLabel(ctx context.Context, projectID string, l ProtectedLabel) error {
	switch {
	case !validLabel(l.Label) || len(l.Label) > MaxNameChars:
		return fmt.Errorf("langshark: label %q can't be protected: use lower-case letters, digits, underscores, hyphens and periods", l.Label)
	case l.Label == LabelLatest:
		return errors.New("langshark: label latest can't be protected: it is always on the newest version")
	}
	kept := &protectedLabel{Identity: Identity{ID: l.Label}, Keys: sorted(l.Keys), Roles: sorted(l.Roles)}
	return c.change(ctx, projectID, func(tx store.DocumentTx) error { return put(tx, kindProtectedLabel, "", "", kept) })
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return append([]string{}, slices.Compact(list)...)
}

// UnprotectLabel lets everybody move a label again; [store.ErrNotFound] if they can already.
func (c *Catalog) UnprotectLabel(ctx context.Context, projectID, label string) error {
	return c.change(ctx, projectID, func(tx store.DocumentTx) error { return tx.Delete(kindProtectedLabel, label) })
}

// ProtectedLabels lists those of a project by name.
func (c *Catalog) ProtectedLabels(ctx context.Context, projectID string) (labels []ProtectedLabel, err error) {
	return protectedLabels(c.reader(ctx, projectID))
}

func protectedLabels(r reader) (labels []ProtectedLabel, err error) {
	err = each(r, store.DocumentQuery{Kind: kindProtectedLabel}, func(d *store.Document) (bool, error) {
		l, err := decode[protectedLabel](d)
		if err == nil {
			labels = append(labels, ProtectedLabel{l.ID, l.Keys, l.Roles})
		}
		return true, err
	})
	slices.SortFunc(labels, func(a, b ProtectedLabel) int { return cmp.Compare(a.Label, b.Label) })
	return labels, err
}

// protectedMoves is how many of its last moves a protected label may be taken back by: the versions that it
// was on before those can't be deleted by who may not move it.
const protectedMoves = 10

// mayMove is the error of one who may not move a label.
func (e *promptEdit) mayMove(label string) error {
	return e.mayPass(label, func() ingest.Reason { return say("Label '%s' of prompt '%s' is protected", label, e.p.Name) })
}

// mayDrop is the error of one who would leave a protected label nowhere to be taken back to.
func (e *promptEdit) mayDrop(version int) error {
	for _, t := range e.p.Trails {
		if !slices.Contains(t.Versions[max(0, len(t.Versions)-1-protectedMoves):], version) {
			continue
		}
		err := e.mayPass(t.Label, func() ingest.Reason {
			return say("Version %d of prompt '%s' is one that the protected label '%s' may have to go back to", version, e.p.Name, t.Label)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mayDivert is the error of one who would have some units get another version than that with the label that
// they ask for, where the label is protected.
func (e *promptEdit) mayDivert() error {
	for _, l := range e.p.Labels {
		err := e.mayPass(l.Label, func() ingest.Reason {
			return say("An experiment on prompt '%s' goes past its protected label '%s'", e.p.Name, l.Label)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mayPlace is the error of a protected label that comes to a prompt whose experiments were set by somebody who may
// not move it: they would go past it.
func (e *promptEdit) mayPlace(label string) error {
	_, err := read[protectedLabel](e.tx, kindProtectedLabel, label)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	kept, err := e.p.experiments(e.tx)
	if err != nil {
		return err
	}
	for _, x := range kept {
		if !slices.Contains(x.Cleared, label) && !slices.Contains(x.Cleared, allLabels) {
			return refused("Experiment '%s' on prompt '%s' would go past the protected label '%s', and may have been set by somebody who may not move that: end it, or set it again with the right to, then place the label", x.Name, e.p.Name, label)
		}
	}
	return nil
}

// allLabels stands for all labels, those too that are protected later.
const allLabels = "*"

// mayMoveOf are the protected labels that who asks may move.
func (e *promptEdit) mayMoveOf() (labels []string, err error) {
	if e.by.Operator {
		return []string{allLabels}, nil
	}
	all, err := protectedLabels(e.tx)
	for _, l := range all {
		if l.MovableBy(e.by) {
			labels = append(labels, l.Label)
		}
	}
	return labels, err
}

// mayPass is an error that begins with what can't be done, unless the label may be moved.
func (e *promptEdit) mayPass(label string, what func() ingest.Reason) error {
	who, known := e.barred[label]
	if !known {
		var err error
		if who, err = e.whoElse(label); err != nil {
			return err
		}
		e.barred[label] = who
	}
	if who == nil {
		return nil
	}
	return forbidden("%s: %s", what(), *who)
}

// whoElse says who may move the label if who asks may not, else nothing.
func (e *promptEdit) whoElse(label string) (*ingest.Reason, error) {
	if e.by.Operator {
		return nil, nil //nolint:nilnil // nobody else
	}
	l, err := read[protectedLabel](e.tx, kindProtectedLabel, label)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil //nolint:nilnil // nobody else
	}
	if err != nil {
		return nil, err
	}
	protected := ProtectedLabel{l.ID, l.Keys, l.Roles}
	if protected.MovableBy(e.by) {
		return nil, nil //nolint:nilnil // nobody else
	}
	who := protected.who()
	return &who, nil
}

// who says who may move the label.
func (l ProtectedLabel) who() ingest.Reason {
	keys, roles := strings.Join(l.Keys, ", "), strings.Join(l.Roles, ", ")
	switch {
	case len(l.Keys)+len(l.Roles) == 0:
		return say("only who runs the server may move it")
	case len(l.Roles) == 0:
		return say("only the keys %s may move it", keys)
	case len(l.Keys) == 0:
		return say("only the roles %s may move it", roles)
	}
	return say("only the keys %s and the roles %s may move it", keys, roles)
}
