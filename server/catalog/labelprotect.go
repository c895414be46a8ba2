package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/store"
)

// ForbiddenError says that who asks may not do it.
type ForbiddenError struct{ Message string }

// Error is the message.
func (e *ForbiddenError) Error() string { return e.Message }

// ProtectedLabel is a label that only some may move.
type ProtectedLabel struct {
	Label string
	// Keys are the public keys that may, Roles those of persons.
	Keys, Roles []string
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
	err = each(c.reader(ctx, projectID), store.DocumentQuery{Kind: kindProtectedLabel}, func(d *store.Document) (bool, error) {
		l, err := decode[protectedLabel](d)
		if err == nil {
			labels = append(labels, ProtectedLabel{l.ID, l.Keys, l.Roles})
		}
		return true, err
	})
	slices.SortFunc(labels, func(a, b ProtectedLabel) int { return cmp.Compare(a.Label, b.Label) })
	return labels, err
}

// mayMove is the error of one who may not move a label.
func (e *promptEdit) mayMove(label string) error {
	err, known := e.rights[label]
	if !known {
		err = e.checkRight(label)
		e.rights[label] = err
	}
	return err
}

func (e *promptEdit) checkRight(label string) error {
	if e.by.Operator {
		return nil
	}
	l, err := read[protectedLabel](e.tx, kindProtectedLabel, label)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if e.by.PublicKey != "" && slices.Contains(l.Keys, e.by.PublicKey) || e.by.Role != "" && slices.Contains(l.Roles, e.by.Role) {
		return nil
	}
	return &ForbiddenError{fmt.Sprintf("Label '%s' of prompt '%s' is protected: %s", label, e.p.Name, l.who())}
}

// who says who may move the label.
func (l *protectedLabel) who() string {
	var who []string
	if len(l.Keys) > 0 {
		who = append(who, "the keys "+strings.Join(l.Keys, ", "))
	}
	if len(l.Roles) > 0 {
		who = append(who, "the roles "+strings.Join(l.Roles, ", "))
	}
	if len(who) == 0 {
		return "only who runs the server may move it"
	}
	return "only " + strings.Join(who, " and ") + " may move it"
}
