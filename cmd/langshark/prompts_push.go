package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
	Force   bool   `help:"Push over versions that were made on the server since the file was pulled."`
	NoWrite bool   `help:"Don't write the new version's number to the file. For CI, with --force."`
}

// Help is the long text of push --help.
func (*promptsPushCommand) Help() string {
	return `A file that says something else than the newest version becomes a new version, with the file's labels, which move to it. ` +
		`Where only labels differ, they move to the newest version; labels that a file doesn't name stay where they are, and tags are replaced if the file has any. ` +
		`If a version was made on the server after the one that the file is from, nothing is pushed. Prompts that others refer to are pushed before them. So it is if a label would move that is protected and that the key may not move.

	langshark prompts push --check          on a pull request
	langshark prompts push --force --no-write -m "$COMMIT"    when it is merged`
}

type promptsDiffCommand struct {
	pushFlags
	ExitCode bool `help:"Fail if there is any difference."`
}

// change is what a push does about one file.
type change struct {
	file   *promptdir.File
	newest *promptdir.File // nil if the prompt is new
	latest int
	text   bool     // a version is made
	labels []string // that move
	tags   bool
	remote bool // a version was made since the file was pulled
}

// plan compares the files with the server.
func (c *pushFlags) plan(ctx context.Context, client *hub.Client) (plan []*change, err error) {
	files, err := promptdir.Read(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("in %s: %w", c.Dir, err)
	}
	for _, name := range c.Names {
		if !slices.ContainsFunc(files, func(f *promptdir.File) bool { return isChosen(f.Name, name) }) {
			return nil, fmt.Errorf("there is no prompt %q in %s", name, c.Dir)
		}
	}
	for _, f := range files {
		if len(c.Names) > 0 && !slices.ContainsFunc(c.Names, func(name string) bool { return isChosen(f.Name, name) }) {
			continue
		}
		ch, err := compare(ctx, client, f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		if ch != nil {
			plan = append(plan, ch)
		}
	}
	return inOrder(ctx, client, plan)
}

var validLabel = regexp.MustCompile(`^[a-z0-9_.-]+$`)

// inOrder puts what is referred to before what refers to it, and finds references that lead nowhere.
func inOrder(ctx context.Context, client *hub.Client, plan []*change) (sorted []*change, err error) {
	byName := map[string]*change{}
	for _, ch := range plan {
		byName[ch.file.Name] = ch
	}
	const begun, done = 1, 2
	state := map[*change]int{}
	var visit func(ch *change, path []string) error
	visit = func(ch *change, path []string) error {
		path = append(path, ch.file.Name)
		switch state[ch] {
		case done:
			return nil
		case begun:
			return fmt.Errorf("prompts refer to each other in a circle: %s", strings.Join(path, " → "))
		}
		state[ch] = begun
		for _, r := range ch.file.References() {
			if other := byName[r.Name]; other != nil && other.makes(r) {
				if err := visit(other, path); err != nil {
					return err
				}
				continue
			}
			_, err := client.Get(ctx, r.Name, hub.Selection{Version: r.Version, Label: r.Label})
			if errors.Is(err, hub.ErrNotFound) {
				return fmt.Errorf("%s refers to %s, which neither the server nor the folder has so: %s", ch.file.Path, shown(r.Name), cmp.Or(r.Label, strconv.Itoa(r.Version)))
			}
			if err != nil {
				return err
			}
		}
		state[ch] = done
		sorted = append(sorted, ch)
		return nil
	}
	for _, ch := range plan {
		if err := visit(ch, nil); err != nil {
			return nil, err
		}
	}
	return sorted, nil
}

// makes reports whether the push makes what is referred to.
func (c *change) makes(r promptdir.Reference) bool {
	if r.Version > 0 {
		return c.text && r.Version == c.latest+1
	}
	return r.Label == "latest" && c.text || slices.Contains(c.labels, r.Label)
}

// compare is what a file changes; nil if nothing.
func compare(ctx context.Context, client *hub.Client, f *promptdir.File) (*change, error) {
	for _, label := range f.Labels {
		if label == "latest" {
			return nil, errors.New("labels: latest is always on the newest version: leave it out")
		}
		if !validLabel.MatchString(label) {
			return nil, fmt.Errorf("labels: %q: use lower-case letters, digits, underscores, hyphens and periods", label)
		}
	}
	p, err := client.Get(ctx, f.Name, hub.Selection{Label: "latest"})
	if errors.Is(err, hub.ErrNotFound) {
		return &change{file: f, text: true, labels: f.Labels, tags: len(f.Tags) > 0}, nil
	}
	if err != nil {
		return nil, err
	}
	newest, err := promptdir.FromServer(p)
	if err != nil {
		return nil, err
	}
	if newest.Type != f.Type {
		return nil, fmt.Errorf("type: on the server it is a %s, and that can't change: give it another name", newest.Type)
	}
	c := &change{file: f, newest: newest, latest: p.Version, text: !newest.Same(f), tags: len(f.Tags) > 0 && !sameSet(f.Tags, newest.Tags)}
	for _, label := range f.Labels {
		if c.text || !slices.Contains(newest.Labels, label) {
			c.labels = append(c.labels, label)
		}
	}
	if !c.text && !c.tags && len(c.labels) == 0 {
		return nil, nil //nolint:nilnil // no change
	}
	c.remote = c.text && f.Version != p.Version
	return c, nil
}

// String is the change on a line.
func (c *change) String() string {
	var b strings.Builder
	b.WriteString(c.file.Path + ": ")
	switch {
	case c.newest == nil:
		b.WriteString("a new prompt, " + shown(c.file.Name))
	case c.text:
		fmt.Fprintf(&b, "version %d of %s", c.latest+1, shown(c.file.Name))
	default:
		fmt.Fprintf(&b, "version %d of %s", c.latest, shown(c.file.Name))
	}
	if len(c.labels) > 0 {
		b.WriteString(" gets " + strings.Join(c.labels, ", "))
	}
	if c.tags {
		b.WriteString(", tags " + strings.Join(c.file.Tags, ", "))
	}
	return b.String()
}

// Run pushes.
func (c *promptsPushCommand) Run(ctx context.Context, term terminal) error {
	return c.with(func(client *hub.Client) error {
		plan, err := c.plan(ctx, client)
		if err != nil {
			return err
		}
		if !c.Force {
			if err := conflicts(plan); err != nil {
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

// conflicts names the files that were made from older versions.
func conflicts(plan []*change) error {
	var errs []error
	for _, ch := range plan {
		if !ch.remote {
			continue
		}
		from := "no version is named in it"
		if ch.file.Version > 0 {
			from = fmt.Sprintf("it is from version %d", ch.file.Version)
		}
		errs = append(errs, fmt.Errorf("%s: the server has version %d, and %s: pull and merge, or push with --force", ch.file.Path, ch.latest, from))
	}
	return errors.Join(errs...)
}

// barred names the files whose push would move labels that the key may not move.
func barred(ctx context.Context, client *hub.Client, plan []*change) error {
	if !slices.ContainsFunc(plan, func(ch *change) bool { return len(ch.moves()) > 0 }) {
		return nil
	}
	protected, err := client.ProtectedLabels(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, ch := range plan {
		for _, l := range protected {
			if !l.MayMove && slices.Contains(ch.moves(), l.Label) {
				errs = append(errs, fmt.Errorf("%s: label %s is protected, and this key may not move it (%s): push with a key that may, or leave the label out", ch.file.Path, l.Label, mayMove(l.Keys, l.Roles)))
			}
		}
	}
	return errors.Join(errs...)
}

// moves are the labels that a push moves. With a new version, which tags need too, all of the file go there.
func (c *change) moves() []string {
	if c.text || c.tags {
		return c.file.Labels
	}
	return c.labels
}

func (c *promptsPushCommand) push(ctx context.Context, client *hub.Client, ch *change) error {
	version := ch.latest
	if ch.text || ch.tags { // tags go with a version
		p, err := ch.file.ToServer()
		if err != nil {
			return err
		}
		if p.CommitMessage == "" {
			p.CommitMessage = c.Message
		}
		made, err := client.Create(ctx, p)
		if err != nil {
			return err
		}
		version = made.Version
	} else if err := client.Label(ctx, ch.file.Name, version, ch.labels); err != nil {
		return err
	}
	if c.NoWrite || version == ch.file.Version || strings.HasSuffix(ch.file.Path, ".yaml") || strings.HasSuffix(ch.file.Path, ".yml") {
		return nil
	}
	f := *ch.file
	f.Version, f.Message = version, ""
	return promptdir.Write(c.Dir, &f)
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

// Run shows the differences.
func (c *promptsDiffCommand) Run(ctx context.Context, term terminal) error {
	return c.with(func(client *hub.Client) error {
		plan, err := c.plan(ctx, client)
		if err != nil {
			return err
		}
		for _, ch := range plan {
			fmt.Fprintln(term.stdout, ch)
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
