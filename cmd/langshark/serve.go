package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/langshark/langshark-go/server"
)

// lastWords is how long requests may take to end after a signal.
const lastWords = 3 * time.Second

type serveCommand struct {
	Addr      string `default:"127.0.0.1:3000" env:"LANGSHARK_ADDR" placeholder:"HOST:PORT" help:"Where to listen (${env}). Port 0 is any free one. Defaults to ${default}, which only this machine reaches."`
	Data      string `default:"langshark-data" env:"LANGSHARK_DATA" placeholder:"DIR" help:"Folder of the data, made if it isn't there (${env}). Defaults to ${default}."`
	Open      bool   `help:"Show the dashboard without a sign-in. On loopback only."`
	PublicURL string `env:"LANGSHARK_PUBLIC_URL" placeholder:"URL" help:"Address by which the server is reached behind a proxy (${env})."`
	Verbose   bool   `short:"v" help:"Log every request."`

	PublicKey   string `name:"init-project-public-key" hidden:"" env:"LANGSHARK_INIT_PROJECT_PUBLIC_KEY"`
	SecretKey   string `name:"init-project-secret-key" hidden:"" env:"LANGSHARK_INIT_PROJECT_SECRET_KEY"`
	ProjectName string `name:"init-project-name" hidden:"" env:"LANGSHARK_INIT_PROJECT_NAME"`
}

// Help is the long text of serve --help.
func (c *serveCommand) Help() string {
	return `The first line on stdout is the address of the server, the second a link that signs one person in.

The first project's keys are those of LANGSHARK_INIT_PROJECT_PUBLIC_KEY and LANGSHARK_INIT_PROJECT_SECRET_KEY; ` +
		`without them the first start makes some and prints the lines to export. LANGSHARK_INIT_PROJECT_NAME names the project.

SIGTERM and Ctrl-C end the server once everything it accepted is on disk; requests have 3 seconds to end. A second one ends it at once.`
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, term terminal) (err error) {
	if (c.PublicKey == "") != (c.SecretKey == "") {
		return errors.New("set both LANGSHARK_INIT_PROJECT_PUBLIC_KEY and LANGSHARK_INIT_PROJECT_SECRET_KEY, or neither")
	}
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	srv, err := server.New(server.Config{ //nolint:contextcheck // it outlives ctx by its last words
		DataDir: folder(c.Data), Addr: c.Addr, Open: c.Open, PublicURL: c.PublicURL,
		Logger: slog.New(slog.NewTextHandler(term.stderr, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		return byFlags(err)
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		err = errors.Join(err, srv.Shutdown(stopping))
	}()
	keys, err := c.keys(ctx, srv)
	if err != nil {
		return err
	}
	if err := srv.Start(ctx); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%s is in use: choose another address with --addr HOST:PORT, or port 0 for any free one", c.Addr)
		}
		return err
	}
	c.announce(term.stdout, srv, keys)
	<-ctx.Done()
	return nil
}

// keys sees to the keys of the first project. It returns those it made.
func (c *serveCommand) keys(ctx context.Context, srv *server.Server) (made server.Project, err error) {
	projects, err := srv.Projects(ctx)
	if err != nil {
		return made, err
	}
	name := cmp.Or(c.ProjectName, projects[0].Name)
	for _, p := range projects {
		if p.Name != name {
			continue
		}
		switch {
		case c.PublicKey != "":
			return made, srv.SetKey(ctx, p.ID, c.PublicKey, c.SecretKey)
		case p.Keys == 0:
			return srv.AddKey(ctx, p.ID)
		}
		return made, nil
	}
	if c.PublicKey != "" {
		_, err = srv.AddProjectWithKey(ctx, name, c.PublicKey, c.SecretKey)
		return made, err
	}
	return srv.AddProject(ctx, name)
}

// byFlags puts the names of flags for those of the settings behind them.
func byFlags(err error) error {
	text := strings.NewReplacer("Config.Addr", "--addr", "Config.Open", "--open", "Config.PublicURL", "--public-url").Replace(err.Error())
	return errors.New(text)
}

func (c *serveCommand) announce(w io.Writer, srv *server.Server, keys server.Project) {
	fmt.Fprintln(w, srv.URL())
	if !c.Open {
		fmt.Fprintln(w, "sign in, once:", srv.SignInURL())
	}
	if keys.SecretKey != "" {
		fmt.Fprintln(w, "\nThe keys of this project, shown this once. For your application:")
		printExports(w, srv.URL(), keys)
	}
}

// printExports prints the lines by which an application finds the server.
func printExports(w io.Writer, url string, keys server.Project) {
	if url != "" {
		fmt.Fprintf(w, "export LANGSHARK_HOST=%s\n", url)
	}
	fmt.Fprintf(w, "export LANGSHARK_PUBLIC_KEY=%s\nexport LANGSHARK_SECRET_KEY=%s\n", keys.PublicKey, keys.SecretKey)
}

const defaultFolder = "langshark-data"

// folder is the folder of the data. Empty is as good as not given: a server
// without a folder would forget everything at its end.
func folder(given string) string { return cmp.Or(given, defaultFolder) }

// exists reports whether a server has kept data in the folder.
func exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "langshark.db"))
	return err == nil
}
