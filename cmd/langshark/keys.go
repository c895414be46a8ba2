package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
)

type keysCommand struct {
	Ls     keysListCommand   `cmd:"" help:"List the keys of a project."`
	Create keysCreateCommand `cmd:"" help:"Make a further key and print it, this once."`
	Rm     keysRemoveCommand `cmd:"" help:"Take a key away."`
}

type keysListCommand struct {
	data
	Project string `arg:"" help:"Name or id of the project."`
}

type keysCreateCommand struct {
	data
	Project string `arg:"" help:"Name or id of the project."`
	Note    string `placeholder:"TEXT" help:"What the key is for."`
}

type keysRemoveCommand struct {
	data
	Project   string `arg:"" help:"Name or id of the project."`
	PublicKey string `arg:"" help:"Public half of the key."`
}

// Help is the long text of project keys rm --help.
func (*keysRemoveCommand) Help() string {
	return `A running server refuses the key within two seconds, and no start makes it again from LANGSHARK_INIT_PROJECT_PUBLIC_KEY and LANGSHARK_INIT_PROJECT_SECRET_KEY: ` +
		`with another secret it does. The last key of a project stays: make another first.`
}

// Run lists the keys.
func (c *keysListCommand) Run(ctx context.Context, term terminal) error {
	return c.of(ctx, c.Project, func(srv *server.Server, p server.Project) error {
		keys, err := srv.Keys(ctx, p.ID)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(term.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "PUBLIC KEY\tSECRET KEY\tMADE\tNOTE")
		for _, k := range keys {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.PublicKey, k.DisplaySecretKey, k.CreatedAt.UTC().Format(time.DateTime), cmp.Or(k.Note, "-"))
		}
		return w.Flush()
	})
}

// Run makes the key.
func (c *keysCreateCommand) Run(ctx context.Context, term terminal) error {
	return c.of(ctx, c.Project, func(srv *server.Server, p server.Project) error {
		made, err := srv.AddKeyWithNote(ctx, p.ID, c.Note)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.stdout, "Made a key of project %s, shown this once:\n", p.ID)
		printExports(term.stdout, "", made)
		return nil
	})
}

// Run takes the key away.
func (c *keysRemoveCommand) Run(ctx context.Context, term terminal) error {
	return c.of(ctx, c.Project, func(srv *server.Server, p server.Project) error {
		switch err := srv.DeleteKey(ctx, p.ID, c.PublicKey); {
		case errors.Is(err, store.ErrLastKey):
			return fmt.Errorf("%s is the last key of project %s: make another first, with langshark project keys create", c.PublicKey, p.ID)
		case errors.Is(err, store.ErrNotFound):
			return fmt.Errorf("project %s has no key %s: langshark project keys ls shows all", p.ID, c.PublicKey)
		case err != nil:
			return err
		}
		fmt.Fprintf(term.stdout, "Took %s away.\n", c.PublicKey)
		return nil
	})
}

// of opens the data and finds the project.
func (d *data) of(ctx context.Context, project string, f func(*server.Server, server.Project) error) error {
	return d.with(ctx, func(srv *server.Server) error {
		p, err := findProject(ctx, srv, project)
		if err != nil {
			return err
		}
		return f(srv, p)
	})
}
