package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
	"github.com/langshark/langshark-go/cmd/langshark/internal/promptdir"
)

// pushFlags are of push and diff, which go by the same plan.
type pushFlags struct {
	hubFlags
	Names []string `arg:"" optional:"" placeholder:"NAME" help:"Prompts, or folders of them by a slash at the end. All of the folder if none is given."`
	Dir   string   `default:"prompts" placeholder:"DIR" help:"Folder of the files. Defaults to ${default}."`
}

type promptsPushCommand struct {
	pushFlags
	Message string `short:"m" placeholder:"TEXT" help:"What the new versions change, where a file has no message of its own."`
	Check   bool   `help:"Change nothing: say what a push would do, and fail if it would fail."`
	Force   bool   `help:"Undo what was done on the server since the file was pulled: newer versions, rollbacks, deletes."`
	NoWrite bool   `help:"Don't write the new version's number to the file, which counts as from the newest version that the same key has made. For CI, with a key of its own."`
}

// Help is the long text of push --help.
func (*promptsPushCommand) Help() string {
	return `A file that says something else than the newest version becomes a new version, with the file's labels, which move to it. ` +
		`Where only labels differ, they move to the newest version; labels that a file doesn't name stay where they are, and tags are replaced if the file has any. ` +
		`Nothing at all is pushed, and --check fails, if one of the files would undo what was done on the server since it was pulled: a version that was made, a label that was moved away from the file's version, as by a rollback, a delete. --force pushes all the same, best with the name of the prompt. ` +
		`Nor is anything if references would lead nowhere, to a chat, in a circle or too deep, or if a label would move that is protected and that the key may not move, or would come to a prompt with an experiment that was set by who may not. Prompts that others refer to are pushed before them.

	langshark prompts push --no-write --check         on a pull request
	langshark prompts push --no-write -m "$COMMIT"    when it is merged, both with a key that CI alone has`
}

type promptsDiffCommand struct {
	pushFlags
	ExitCode bool `help:"Fail if there is any difference."`
}

// Run pushes.
func (c *promptsPushCommand) Run(ctx context.Context, term terminal) error {
	return c.with(func(client *hub.Client) error {
		plan, err := c.plan(ctx, &planner{client, c.NoWrite})
		if err != nil {
			return err
		}
		if !c.Force {
			var errs []error
			for _, ch := range plan {
				errs = append(errs, ch.conflicts...)
			}
			if err := errors.Join(errs...); err != nil {
				return err
			}
		}
		if err := barred(ctx, client, plan); err != nil {
			return err
		}
		for _, ch := range plan {
			if c.Check {
				fmt.Fprintln(term.stdout, "Would push", ch)
				continue
			}
			if err := c.push(ctx, client, ch); err != nil {
				return fmt.Errorf("%s: %w", ch.file.Path, err)
			}
			fmt.Fprintln(term.stdout, "Pushed", ch)
		}
		if len(plan) == 0 {
			fmt.Fprintln(term.stdout, "Nothing has changed")
		}
		return nil
	})
}

func (c *promptsPushCommand) push(ctx context.Context, client *hub.Client, ch *change) error {
	version, err := c.send(ctx, client, ch)
	ch.made = version
	if errors.Is(err, hub.ErrConflict) {
		return fmt.Errorf("nothing of it was pushed: %w", err)
	}
	if err != nil || c.NoWrite || version == ch.file.Version && ch.file.Message == "" {
		return err
	}
	return promptdir.Pushed(c.Dir, ch.file, version)
}

// send makes the version, or moves the labels, and returns which version it is.
func (c *promptsPushCommand) send(ctx context.Context, client *hub.Client, ch *change) (version int, err error) {
	if !ch.makes() {
		var labels []string
		for _, m := range ch.labels {
			labels = append(labels, m.label)
		}
		return ch.latest, client.Label(ctx, ch.file.Name, ch.latest, labels, ch.expect())
	}
	p, err := ch.file.ToServer()
	if err != nil {
		return 0, err
	}
	p.CommitMessage, p.Expect = cmp.Or(p.CommitMessage, c.Message), ch.expect()
	made, err := client.Create(ctx, p)
	if err != nil {
		return 0, err
	}
	return made.Version, nil
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

// Run shows the differences.
func (c *promptsDiffCommand) Run(ctx context.Context, term terminal) error {
	return c.with(func(client *hub.Client) error {
		plan, err := c.plan(ctx, &planner{Client: client})
		if err != nil {
			return err
		}
		for _, ch := range plan {
			fmt.Fprintln(term.stdout, ch)
			for _, conflict := range ch.conflicts {
				fmt.Fprintln(term.stdout, "    not without --force:", conflict)
			}
			if !ch.text {
				continue
			}
			old := &promptdir.File{}
			if ch.newest != nil {
				old = ch.newest
			}
			for _, line := range promptdir.Diff(old, ch.file) {
				fmt.Fprintln(term.stdout, "    "+line)
			}
		}
		if c.ExitCode && len(plan) > 0 {
			return fmt.Errorf("%d prompts differ from the server", len(plan))
		}
		return nil
	})
}
