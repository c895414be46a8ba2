package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
	"github.com/langshark/langshark-go/cmd/langshark/internal/promptdir"
)

type promptsPullCommand struct {
	hubFlags
	Names []string `arg:"" optional:"" placeholder:"NAME" help:"Prompts, or folders of them by a slash at the end. All if none is given."`
	Dir   string   `default:"prompts" placeholder:"DIR" help:"Folder of the files. Defaults to ${default}."`
	Label string   `default:"latest" placeholder:"LABEL" help:"Version to write. Defaults to ${default}."`
	Force bool     `help:"Overwrite files with changes that were not pushed."`
}

// Help is the long text of pull --help.
func (*promptsPullCommand) Help() string {
	return `Each prompt is a file in Markdown with front matter: name, type, version, labels, tags and config, then the text, or for a chat its messages, each below a line "@@ role". ` +
		`A file that has the prompt already is written over where it is, unless it has changes that were not pushed. Files of prompts that the server doesn't have stay.`
}

// Run pulls.
func (c *promptsPullCommand) Run(ctx context.Context, term terminal) error {
	return c.with(func(client *hub.Client) error {
		local, err := filesIn(c.Dir)
		if err != nil {
			return err
		}
		list, err := chosen(ctx, client, c.Names)
		if err != nil {
			return err
		}
		byName, taken := map[string]*promptdir.File{}, map[string]bool{}
		for _, f := range local {
			byName[f.Name] = f
			taken[strings.ToLower(f.Path)] = true
		}
		var errs []error
		for _, info := range list {
			p, err := client.Get(ctx, info.Name, hub.Selection{Label: c.Label})
			if errors.Is(err, hub.ErrNotFound) {
				fmt.Fprintf(term.stderr, "%s has no version labelled %s\n", info.Name, c.Label)
				continue
			}
			if err != nil {
				return err
			}
			errs = append(errs, c.write(ctx, term, client, p, byName[info.Name], taken))
		}
		return errors.Join(errs...)
	})
}

// write writes one prompt to the file that it has, or to a new one.
func (c *promptsPullCommand) write(ctx context.Context, term terminal, client *hub.Client, p *hub.Prompt, old *promptdir.File, taken map[string]bool) error {
	f, err := promptdir.FromServer(p)
	if err != nil {
		return err
	}
	f.Path = promptdir.PathOf(f.Name)
	if old == nil {
		for n := 2; taken[strings.ToLower(f.Path)]; n++ { // names that differ only in case, where files can't
			f.Path = strings.TrimSuffix(promptdir.PathOf(f.Name), ".md") + fmt.Sprintf("~%d.md", n)
		}
		taken[strings.ToLower(f.Path)] = true
	} else {
		f.Path = old.Path
		if f.Same(old) && f.Version == old.Version && sameSet(f.Labels, old.Labels) && sameSet(f.Tags, old.Tags) {
			return nil
		}
		if !c.Force && !f.Same(old) {
			if err := unpushed(ctx, client, old); err != nil {
				return err
			}
		}
	}
	if err := promptdir.Write(c.Dir, f); err != nil {
		return err
	}
	fmt.Fprintf(term.stdout, "%s: version %d\n", f.Path, f.Version)
	return nil
}

// unpushed is an error if a file differs from the version that it says it is.
func unpushed(ctx context.Context, client *hub.Client, f *promptdir.File) error {
	if f.Version > 0 {
		p, err := client.Get(ctx, f.Name, hub.Selection{Version: f.Version})
		if err != nil && !errors.Is(err, hub.ErrNotFound) {
			return err
		}
		if err == nil {
			if base, err := promptdir.FromServer(p); err == nil && base.Same(f) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s has changes that were not pushed: push them, or pull with --force to lose them", f.Path)
}

// filesIn reads the folder; one that isn't there has none.
func filesIn(dir string) ([]*promptdir.File, error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	files, err := promptdir.Read(dir)
	if err != nil {
		return nil, fmt.Errorf("in %s: %w", dir, err)
	}
	return files, nil
}
