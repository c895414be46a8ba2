package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/langshark/langshark-go/server"
)

type projectCommand struct {
	Add       projectAddCommand       `cmd:"" help:"Add a project and print its keys, this once."`
	List      projectListCommand      `cmd:"" help:"List the projects."`
	Keys      keysCommand             `cmd:"" help:"List, make and take away the keys of a project."`
	Retention projectRetentionCommand `cmd:"" help:"Say how long a project keeps its traces."`
	Protect   projectProtectCommand   `cmd:"" name:"protect-label" help:"Say who may move a label of prompts."`
	Unprotect projectUnprotectCommand `cmd:"" name:"unprotect-label" help:"Let everybody move a label of prompts again."`
	Labels    projectLabelsCommand    `cmd:"" help:"List the labels of prompts that are protected."`
}

// data is the flag for the folder of the data.
type data struct {
	Data string `default:"langshark-data" env:"LANGSHARK_DATA" placeholder:"DIR" help:"Folder of the data (${env}). Defaults to ${default}. A server may be running on it."`
}

type projectAddCommand struct {
	data
	Name string `arg:"" help:"Name of the project."`
}

type projectListCommand struct{ data }

// Run adds the project.
func (c *projectAddCommand) Run(ctx context.Context, term terminal) error {
	return c.with(ctx, func(srv *server.Server) error {
		p, err := srv.AddProject(ctx, c.Name)
		if errors.Is(err, server.ErrExists) {
			return fmt.Errorf("there is a project %q already: choose another name", c.Name)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(term.stdout, "Added project %s. Its keys, shown this once:\n", p.ID)
		printExports(term.stdout, "", p)
		return nil
	})
}

// Run lists the projects.
func (c *projectListCommand) Run(ctx context.Context, term terminal) error {
	return c.with(ctx, func(srv *server.Server) error {
		projects, err := srv.Projects(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(term.stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tKEYS\tKEEPS")
		for _, p := range projects {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", p.ID, p.Name, p.Keys, showRetention(p.Retention))
		}
		return w.Flush()
	})
}

// with opens the data.
func (d *data) with(ctx context.Context, f func(*server.Server) error) error {
	return d.open(ctx, server.Config{NoHousekeeping: true}, f)
}

// look opens the data for reading alone.
func (d *data) look(ctx context.Context, f func(*server.Server) error) error {
	return d.open(ctx, server.Config{ReadOnly: true}, f)
}

func (d *data) open(ctx context.Context, cfg server.Config, f func(*server.Server) error) (err error) {
	cfg.DataDir, cfg.Logger = folder(d.Data), slog.New(slog.DiscardHandler)
	if _, err := os.Stat(filepath.Join(cfg.DataDir, dataFile)); errors.Is(err, fs.ErrNotExist) { // making some would only hide a mistyped name
		return fmt.Errorf("there is no data in %s: start langshark serve first, or name its folder with --data DIR", cfg.DataDir)
	} else if err != nil {
		return err
	}
	srv, err := server.New(cfg) //nolint:contextcheck // what it opens outlives a call
	if err != nil {
		return byFlags(err)
	}
	defer func() { err = errors.Join(err, srv.Shutdown(context.WithoutCancel(ctx))) }()
	return f(srv)
}
