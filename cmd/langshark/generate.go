package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
	"github.com/langshark/langshark-go/cmd/langshark/internal/promptdir"
	"github.com/langshark/langshark-go/cmd/langshark/internal/promptgen"
)

type generateCommand struct {
	Prompts generatePromptsCommand `cmd:"" help:"Write Go functions for managed prompts, with their variables as parameters."`
}

type generatePromptsCommand struct {
	hubFlags
	Names   []string `arg:"" optional:"" placeholder:"NAME" help:"Prompts, or folders of them by a slash at the end. All if none is given."`
	Dir     string   `placeholder:"DIR" help:"Read the files of langshark prompts pull in this folder instead of asking a server."`
	Label   string   `default:"production" placeholder:"LABEL" help:"Version to generate from, on a server. Defaults to ${default}."`
	Package string   `placeholder:"NAME" help:"Name of the Go package. Defaults to that of the file with the go:generate line, where the output is beside it, else of the other files in the output's folder, else the folder's name."`
	Out     string   `short:"o" default:"prompts_gen.go" placeholder:"FILE" help:"File to write; - is the standard output. Defaults to ${default}."`
	Check   bool     `help:"Write nothing, and fail if the file isn't what would be written."`
}

// Help is the long text of generate prompts --help.
func (*generatePromptsCommand) Help() string {
	return `For a prompt support/answer with the variables shop and question it writes

	func SupportAnswer(ctx context.Context, vars SupportAnswerVars, opts ...langshark.PromptOption) (*langshark.Prompt, string, error)
	func NewSupportAnswerVars(shop, question string) SupportAnswerVars

so that a variable without a value doesn't compile. The text at the time of writing is the fallback, with the prompts that it refers to in it: with --dir they have to be in the folder, with the label or version that is referred to. In Go:

	//go:generate langshark generate prompts --dir prompts`
}

// Run generates.
func (c *generatePromptsCommand) Run(ctx context.Context, term terminal) error {
	files, err := c.files(ctx)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("there are no prompts to generate from")
	}
	list := make([]promptgen.Prompt, 0, len(files))
	for _, f := range files {
		p, err := generated(ctx, f)
		if err != nil {
			return fmt.Errorf("prompt %q: %w", f.Name, err)
		}
		list = append(list, p)
	}
	if c.Package == "" {
		if c.Package, err = packageOf(c.Out); err != nil {
			return err
		}
	}
	source, err := promptgen.Generate(c.Package, list)
	if err != nil {
		return err
	}
	switch {
	case c.Check:
		old, err := os.ReadFile(c.Out)
		if err != nil || !bytes.Equal(old, source) {
			return fmt.Errorf("%s is not what langshark generate prompts writes: run it again", c.Out)
		}
		return nil
	case c.Out == "-":
		_, err = term.stdout.Write(source)
		return err
	}
	return os.WriteFile(c.Out, source, 0o644) //nolint:gosec // source code is for all who read the checkout
}

// files are the prompts, from the folder or the server.
func (c *generatePromptsCommand) files(ctx context.Context) (files []*promptdir.File, err error) {
	if c.Dir != "" {
		all, err := promptdir.Read(c.Dir)
		if err != nil {
			return nil, fmt.Errorf("in %s: %w", c.Dir, err)
		}
		for _, name := range c.Names {
			if !slices.ContainsFunc(all, func(f *promptdir.File) bool { return isChosen(f.Name, name) }) {
				return nil, fmt.Errorf("there is no prompt %q in %s", name, c.Dir)
			}
		}
		find := promptdir.Among(all)
		for _, f := range all {
			if len(c.Names) > 0 && !slices.ContainsFunc(c.Names, func(name string) bool { return isChosen(f.Name, name) }) {
				continue
			}
			whole, err := promptdir.Resolve(f, find)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Path, err)
			}
			files = append(files, whole)
		}
		return files, nil
	}
	err = c.with(func(client *hub.Client) error {
		list, err := chosen(ctx, client, c.Names)
		if err != nil {
			return err
		}
		for _, info := range list {
			p, err := client.Resolved(ctx, info.Name, hub.Selection{Label: c.Label})
			if errors.Is(err, hub.ErrNotFound) && len(c.Names) == 0 {
				continue // it has no version with the label
			}
			if err != nil {
				return err
			}
			f, err := promptdir.FromServer(p)
			if err != nil {
				return err
			}
			files = append(files, f)
		}
		return nil
	})
	slices.SortFunc(files, func(a, b *promptdir.File) int { return strings.Compare(a.Name, b.Name) })
	return files, err
}

// generated takes a prompt apart as the SDK does.
func generated(ctx context.Context, f *promptdir.File) (promptgen.Prompt, error) {
	g := promptgen.Prompt{Name: f.Name, Version: f.Version, Text: f.Text, Chat: f.Type == promptdir.Chat}
	options := langshark.WithFallback(f.Text)
	if g.Chat {
		var messages []langshark.Message
		for _, m := range f.Messages {
			g.Messages = append(g.Messages, promptgen.Message(m))
			if m.Placeholder != "" {
				g.Placeholders = append(g.Placeholders, m.Placeholder)
				messages = append(messages, langshark.Placeholder(m.Placeholder))
				continue
			}
			messages = append(messages, langshark.Message{Role: m.Role, Content: m.Content})
		}
		options = langshark.WithFallbackMessages(messages...)
	}
	var nobody *langshark.Client // has the fallback only
	p, err := nobody.Prompt(ctx, f.Name, options)
	if err != nil {
		return g, err
	}
	slices.Sort(g.Placeholders)
	g.Placeholders = slices.Compact(g.Placeholders)
	for _, name := range p.Variables() {
		if !slices.Contains(g.Placeholders, name) {
			g.Variables = append(g.Variables, name)
		}
	}
	return g, nil
}
