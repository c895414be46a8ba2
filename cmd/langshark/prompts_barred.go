package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
)

// barred names the files whose push the server would refuse for labels that are protected: the key may not move one, or
// one comes to a prompt that has experiments by who may not.
func barred(ctx context.Context, client *hub.Client, plan []*change) error {
	if !slices.ContainsFunc(plan, func(ch *change) bool { return len(ch.labels) > 0 }) {
		return nil
	}
	protected, err := client.ProtectedLabels(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, ch := range plan {
		var placed []string
		for _, l := range protected {
			switch {
			case !ch.moves(l.Label):
			case !l.MayMove:
				errs = append(errs, fmt.Errorf("%s: label %s is protected, and this key may not move it (%s): push with a key that may, or leave the label out", ch.file.Path, l.Label, mayMove(l.Keys, l.Roles)))
			case ch.newest != nil && slices.Contains(ch.labels, move{label: l.Label}):
				placed = append(placed, l.Label)
			}
		}
		passed, err := ch.passed(ctx, client, placed)
		if err != nil {
			return fmt.Errorf("%s: %w", ch.file.Path, err)
		}
		errs = append(errs, passed...)
	}
	return errors.Join(errs...)
}

// passed says which experiments would go past protected labels that come to the prompt from nowhere. What the server
// doesn't say, it says when the label comes.
func (c *change) passed(ctx context.Context, client *hub.Client, placed []string) (errs []error, err error) {
	if len(placed) == 0 {
		return nil, nil
	}
	experiments, err := client.Experiments(ctx, c.file.Name)
	if err != nil {
		return nil, err
	}
	for _, label := range placed {
		for _, x := range experiments {
			if !x.Clears(label) {
				errs = append(errs, fmt.Errorf("%s: label %s is protected, and experiment %s on %s would go past it, and may have been set by somebody who may not move it: end the experiment, or set it again with a key that may, or leave the label out", c.file.Path, label, shown(x.Name), shown(c.file.Name)))
			}
		}
	}
	return errs, nil
}
