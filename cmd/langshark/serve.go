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

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/langshark/langshark-go/server"
)

type serveCommand struct {
	Addr      string `default:"127.0.0.1:3000" env:"LANGSHARK_ADDR" placeholder:"HOST:PORT" help:"Where to listen (${env}). Port 0 is any free one. Defaults to ${default}, which only this machine reaches."`
	Data      string `default:"langshark-data" env:"LANGSHARK_DATA" placeholder:"DIR" help:"Folder of the data, made if it isn't there (${env}). Defaults to ${default}."`
	Open      bool   `help:"Show the dashboard without a sign-in. On loopback only."`
	PublicURL string `env:"LANGSHARK_PUBLIC_URL" placeholder:"URL" help:"Address by which the server is reached behind a proxy (${env})."`
	TLSCert   string `name:"tls-cert" env:"LANGSHARK_TLS_CERT" placeholder:"FILE" help:"Certificate in PEM, with those it is signed by (${env}). With it and its key the server speaks HTTPS. Read again when it changes."`
	TLSKey    string `name:"tls-key" env:"LANGSHARK_TLS_KEY" placeholder:"FILE" help:"Key of the certificate in PEM (${env})."`

	ShutdownTimeout time.Duration `default:"3s" env:"LANGSHARK_SHUTDOWN_TIMEOUT" placeholder:"DURATION" help:"How long requests may take to end after SIGTERM or Ctrl-C (${env}). Defaults to ${default}."`
	Drain           time.Duration `default:"0s" env:"LANGSHARK_DRAIN" placeholder:"DURATION" help:"How long to serve on before that, while /readyz says 503 so that load balancers turn away (${env}). Defaults to none."`
	MetricsToken    string        `env:"LANGSHARK_METRICS_TOKEN" placeholder:"TOKEN" help:"Let those read /metrics from elsewhere who send this token in the header Authorization: Bearer (${env})."`
	RateLimit       int           `default:"0" env:"LANGSHARK_RATE_LIMIT" placeholder:"REQUESTS" help:"How many requests a minute each key may send (${env}). Defaults to any number."`
	MaxMediaBytes   int64         `default:"52428800" env:"LANGSHARK_MAX_MEDIA_BYTES" placeholder:"BYTES" help:"How large a file may be that payloads refer to (${env}). Defaults to 50 MiB."`
	WebhookAllow    []string      `env:"LANGSHARK_WEBHOOK_ALLOW" placeholder:"HOST" help:"Hosts, and ranges of addresses as in 10.1.0.0/16, that webhooks may be posted to besides public addresses (${env})."`
	Pprof           bool          `env:"LANGSHARK_PPROF" help:"Serve profiles at /debug/pprof/, to those who may read /metrics (${env})."`
	LogFormat       string        `default:"text" enum:"text,json" env:"LANGSHARK_LOG_FORMAT" placeholder:"FORMAT" help:"Form of the log on stderr: text or json (${env}). Defaults to ${default}."`
	LogLevel        string        `default:"info" enum:"debug,info,warn,error" env:"LANGSHARK_LOG_LEVEL" placeholder:"LEVEL" help:"What to log: debug, which is every request, info, warn or error (${env}). Defaults to ${default}."`
	Verbose         bool          `short:"v" help:"Log every request: --log-level debug."`

	PublicKey   string `name:"init-project-public-key" hidden:"" env:"LANGSHARK_INIT_PROJECT_PUBLIC_KEY"`
	SecretKey   string `name:"init-project-secret-key" hidden:"" env:"LANGSHARK_INIT_PROJECT_SECRET_KEY"`
	ProjectName string `name:"init-project-name" hidden:"" env:"LANGSHARK_INIT_PROJECT_NAME"`
}

// Help is the long text of serve --help.
func (c *serveCommand) Help() string {
	return `The first line on stdout is the address of the server, the second a link that signs one person in.

The first project's keys are those of LANGSHARK_INIT_PROJECT_PUBLIC_KEY and LANGSHARK_INIT_PROJECT_SECRET_KEY; ` +
		`without them the first start makes some and prints the lines to export. A key that was taken away is not made again. LANGSHARK_INIT_PROJECT_NAME names the project.

SIGTERM and Ctrl-C end the server once everything it accepted is on disk; ` +
		`requests have --shutdown-timeout to end. A second one ends it at once. At /readyz the server says whether to send it requests, ` +
		`at /healthz that it is there, at /metrics how it is doing.`
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, term terminal) (err error) {
	if (c.PublicKey == "") != (c.SecretKey == "") {
		return errors.New("set both LANGSHARK_INIT_PROJECT_PUBLIC_KEY and LANGSHARK_INIT_PROJECT_SECRET_KEY, or neither")
	}
	if c.ShutdownTimeout < 0 || c.Drain < 0 {
		return errors.New("--shutdown-timeout and --drain can't be below zero")
	}
	logger, err := c.logger(term.stderr)
	if err != nil {
		return err
	}
	cfg := server.Config{
		DataDir: folder(c.Data), Addr: c.Addr, Open: c.Open, PublicURL: c.PublicURL, Logger: logger,
		TLSCert: c.TLSCert, TLSKey: c.TLSKey, Drain: c.Drain, MetricsToken: c.MetricsToken, RateLimit: c.RateLimit,
		MaxMediaBytes: c.MaxMediaBytes, WebhookAllow: c.WebhookAllow,
		Collectors: []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})},
	}
	if c.Pprof {
		cfg.Debug = profiles()
	}
	srv, err := server.New(cfg) //nolint:contextcheck // it outlives ctx by its last words
	if err != nil {
		return byFlags(err)
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Drain+c.ShutdownTimeout)
		defer cancel()
		err = errors.Join(err, srv.Shutdown(stopping))
	}()
	keys, err := c.keys(ctx, srv, logger)
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

// logger is the log of the server.
func (c *serveCommand) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return nil, fmt.Errorf("--log-level: %w", err)
	}
	if c.Verbose {
		level = slog.LevelDebug
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// keys sees to the keys of the first project. It returns those it made. Those of the environment that are
// not to be let in are no reason not to serve: all who have others need the server.
func (c *serveCommand) keys(ctx context.Context, srv *server.Server, log *slog.Logger) (made server.Project, err error) {
	made, err = c.init(ctx, srv)
	switch {
	case errors.Is(err, server.ErrRemoved):
		log.WarnContext(ctx, "langshark: the key of LANGSHARK_INIT_PROJECT_PUBLIC_KEY was taken away and is not let in: give LANGSHARK_INIT_PROJECT_SECRET_KEY another secret, or remove both", "publicKey", c.PublicKey)
	case errors.Is(err, server.ErrOtherProject):
		log.ErrorContext(ctx, "langshark: LANGSHARK_INIT_PROJECT_PUBLIC_KEY is a key of another project and is not added: give LANGSHARK_INIT_PROJECT_PUBLIC_KEY and LANGSHARK_INIT_PROJECT_SECRET_KEY a new key, or remove both", "publicKey", c.PublicKey, "error", err)
	default:
		return made, err
	}
	return server.Project{}, nil
}

func (c *serveCommand) init(ctx context.Context, srv *server.Server) (made server.Project, err error) {
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
	return errors.New(strings.NewReplacer(
		"Config.Addr", "--addr", "Config.Open", "--open", "Config.PublicURL", "--public-url", "Config.TLSCert", "--tls-cert", "Config.TLSKey", "--tls-key", "Config.DataDir", "--data", "Config.WebhookAllow", "--webhook-allow",
	).Replace(err.Error()))
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
	_, err := os.Stat(filepath.Join(dir, dataFile))
	return err == nil
}
