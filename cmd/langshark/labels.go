package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
)

// ofProject is the flag for one project.
type ofProject struct {
	Project string `required:"" placeholder:"NAME" help:"Name or id of the project."`
}

type (
	projectProtectCommand struct {
		data
		ofProject
		Label string   `required:"" help:"The label, such as production."`
		Key   []string `placeholder:"PUBLIC-KEY" help:"Public key that may move it; may be repeated."`
		Role  []string `help:"Role of viewers who may move it; may be repeated."`
	}
	projectUnprotectCommand struct {
		data
		ofProject
		Label string `required:"" help:"The label."`
	}
	projectLabelsCommand struct {
		data
		ofProject
	}
)

// Help is the long text of project protect-label --help.
func (*projectProtectCommand) Help() string {
	return `Whatever would move the label of a prompt is then refused to all others: a new version with it, a move, a rollback, a delete of the version that has it or had it before its last ten moves, an experiment on a prompt that has it. ` +
		`Who was named before is not any more. Roles are those that an application gives to viewers that carries the server in itself. A running server follows at once.`
}

// Run protects the label.
func (c *projectProtectCommand) Run(ctx context.Context, term terminal) error {
	return c.in(ctx, c.Project, func(srv *server.Server, id string) error {
		err := srv.ProtectLabel(ctx, id, server.ProtectedLabel{Label: c.Label, Keys: c.Key, Roles: c.Role})
		if err != nil {
			return err
		}
		fmt.Fprintf(term.stdout, "Label %s of project %s: %s.\n", c.Label, id, mayMove(c.Key, c.Role))
		return nil
	})
}

// Run lets everybody move the label.
func (c *projectUnprotectCommand) Run(ctx context.Context, term terminal) error {
	return c.in(ctx, c.Project, func(srv *server.Server, id string) error {
		err := srv.UnprotectLabel(ctx, id, c.Label)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("label %s of project %s is not protected: langshark project labels --project %s shows those that are", c.Label, id, id)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(term.stdout, "Label %s of project %s: all keys may move it.\n", c.Label, id)
		return nil
	})
}

// Run lists the protected labels.
func (c *projectLabelsCommand) Run(ctx context.Context, term terminal) error {
	return c.in(ctx, c.Project, func(srv *server.Server, id string) error {
		labels, err := srv.ProtectedLabels(ctx, id)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(term.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "LABEL\tWHO MAY MOVE IT")
		for _, l := range labels {
			fmt.Fprintf(w, "%s\t%s\n", l.Label, mayMove(l.Keys, l.Roles))
		}
		return w.Flush()
	})
}

func mayMove(keys, roles []string) string {
	var who []string
	for _, key := range keys {
		who = append(who, "key "+key)
	}
	for _, role := range roles {
		who = append(who, "role "+role)
	}
	if len(who) == 0 {
		return "nobody may move it"
	}
	return strings.Join(who, ", ") + " may move it"
}

// in opens the data and finds a project.
func (d *data) in(ctx context.Context, project string, f func(srv *server.Server, id string) error) error {
	return d.with(ctx, func(srv *server.Server) error {
		p, err := findProject(ctx, srv, project)
		if err != nil {
			return err
		}
		return f(srv, p.ID)
	})
}
