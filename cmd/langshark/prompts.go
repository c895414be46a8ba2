package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
)

type promptsCommand struct {
	Ls   promptsLsCommand   `cmd:"" help:"List the prompts of a project."`
	Pull promptsPullCommand `cmd:"" help:"Write prompts to a folder of Markdown files."`
	Push promptsPushCommand `cmd:"" help:"Make versions of what has changed in the folder, and move labels."`
	Diff promptsDiffCommand `cmd:"" help:"Show what a push would change."`
	Rm   promptsRmCommand   `cmd:"" help:"Delete a prompt, or a version of it."`
}

// hubFlags name the server and the project's keys.
type hubFlags struct {
	Host      string `env:"LANGSHARK_HOST,LANGSHARK_BASE_URL,LANGFUSE_HOST,LANGFUSE_BASE_URL" placeholder:"URL" help:"Address of the server (LANGSHARK_HOST)."`
	PublicKey string `env:"LANGSHARK_PUBLIC_KEY,LANGFUSE_PUBLIC_KEY" placeholder:"KEY" help:"Public key of the project (LANGSHARK_PUBLIC_KEY)."`
	SecretKey string `env:"LANGSHARK_SECRET_KEY,LANGFUSE_SECRET_KEY" placeholder:"KEY" help:"Its secret key. Better by LANGSHARK_SECRET_KEY: others on this machine may see the command line."`
}

// with calls f with a client of the server.
func (f *hubFlags) with(do func(*hub.Client) error) error {
	c, err := hub.New(f.Host, f.PublicKey, f.SecretKey)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(c)
}

type promptsLsCommand struct {
	hubFlags
	Names []string `arg:"" optional:"" placeholder:"NAME" help:"Prompts, or folders of them by a slash at the end. All if none is given."`
	JSON  bool     `help:"Print JSON, one prompt a line."`
}

// Run lists.
func (c *promptsLsCommand) Run(ctx context.Context, term terminal) error {
	return c.with(func(client *hub.Client) error {
		list, err := chosen(ctx, client, c.Names)
		if err != nil {
			return err
		}
		if c.JSON {
			encoder := json.NewEncoder(term.stdout)
			for _, p := range list {
				if err := encoder.Encode(p); err != nil {
					return err
				}
			}
			return nil
		}
		w := tabwriter.NewWriter(term.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tVERSIONS\tNEWEST\tLABELS\tTAGS\tCHANGED")
		for _, p := range list {
			newest := 0
			if len(p.Versions) > 0 {
				newest = slices.Max(p.Versions)
			}
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", shown(p.Name), len(p.Versions), newest, strings.Join(p.Labels, ","), shown(strings.Join(p.Tags, ",")), p.LastUpdatedAt.UTC().Format(time.DateTime))
		}
		return w.Flush()
	})
}

// shown is a name for a terminal: in quotes, if it has what isn't for one.
func shown(name string) string {
	for _, r := range name {
		if !strconv.IsPrint(r) {
			return strconv.Quote(name)
		}
	}
	return name
}

// chosen are the prompts that are named; a name that there isn't is an error.
func chosen(ctx context.Context, client *hub.Client, names []string) ([]hub.Info, error) {
	list, err := client.List(ctx)
	if err != nil || len(names) == 0 {
		return list, err
	}
	found := map[string]bool{}
	list = slices.DeleteFunc(list, func(p hub.Info) bool {
		for _, name := range names {
			if isChosen(p.Name, name) {
				found[name] = true
				return false
			}
		}
		return true
	})
	for _, name := range names {
		if !found[name] {
			return nil, fmt.Errorf("there is no prompt %q on the server", name)
		}
	}
	return list, nil
}

// isChosen reports whether what is asked for is the name, or one of its folders with a slash.
func isChosen(name, asked string) bool {
	return name == asked || strings.HasSuffix(asked, "/") && strings.HasPrefix(name, asked)
}

type promptsRmCommand struct {
	hubFlags
	Name    string `arg:"" help:"Name of the prompt."`
	Version int    `name:"only-version" placeholder:"N" help:"Delete this version only."`
	Label   string `name:"only-label" placeholder:"LABEL" help:"Delete the version with this label only."`
	Yes     bool   `help:"Delete all versions without asking again."`
}

// Run deletes.
func (c *promptsRmCommand) Run(ctx context.Context, term terminal) error {
	s := hub.Selection{Version: c.Version, Label: c.Label}
	switch {
	case c.Version < 0:
		return fmt.Errorf("--only-version %d: versions begin at 1", c.Version)
	case c.Version > 0 && c.Label != "":
		return errors.New("give --only-version or --only-label, not both")
	case s == hub.Selection{} && !c.Yes:
		return fmt.Errorf("this deletes all versions of %q, and applications that ask for it get an error: add --yes if that is meant", c.Name)
	}
	return c.with(func(client *hub.Client) error {
		if err := client.Delete(ctx, c.Name, s); err != nil {
			return err
		}
		what := "all versions"
		if c.Version > 0 {
			what = fmt.Sprintf("version %d", c.Version)
		} else if c.Label != "" {
			what = "the version labelled " + c.Label
		}
		fmt.Fprintf(term.stdout, "Deleted %s of %s\n", what, shown(c.Name))
		return nil
	})
}
