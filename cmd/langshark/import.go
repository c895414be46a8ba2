package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/transfer"
	"github.com/langshark/langshark-go/server/transfer/remote"
)

type importCommand struct {
	data
	projectFlag
	File        string  `arg:"" optional:"" help:"A file of langshark export, compressed or not; - is the standard input."`
	From        string  `placeholder:"URL" help:"Import from the server with this address instead: Langfuse 2.75, 3 or 4, or LangShark."`
	PublicKey   string  `env:"LANGSHARK_IMPORT_PUBLIC_KEY" placeholder:"KEY" help:"Public key of the project there (${env})."`
	SecretKey   string  `env:"LANGSHARK_IMPORT_SECRET_KEY" placeholder:"KEY" help:"Secret key of the project there. Better by ${env}: others on this machine may see the command line."`
	Rate        float64 `placeholder:"N" help:"At most so many requests a second."`
	Concurrency int     `default:"4" placeholder:"N" help:"So many requests at once. Defaults to ${default}."`
	State       string  `placeholder:"FILE" help:"Keep here how far it got. Defaults to FILE.import or HOST.import in this folder."`
	Resume      bool    `help:"Go on where the last import stopped; from a server, fetch what has come since."`
	Revive      bool    `help:"Bring back what was deleted here since it was written there. Without, it stays deleted, and is counted. With --resume it is about what is still to be read."`
	SkipBad     bool    `help:"Leave bad lines of the file out instead of stopping at the first."`
}

// Help is the long text of import --help.
func (*importCommand) Help() string {
	return `Importing twice makes nothing twice, and what has been written here since stays as it is; what has been deleted here since stays deleted, unless --revive is given. A server may be running on the data. ` +
		`Ctrl-C stops after what is being written; --resume goes on from there.

From a server come traces, observations, scores and, with the traces, sessions. Prompts and datasets do not.

	langshark import shop.jsonl.zst --project shop
	export LANGSHARK_IMPORT_PUBLIC_KEY=pk-lf-… LANGSHARK_IMPORT_SECRET_KEY=sk-lf-…
	langshark import --from https://langfuse.example.com --project shop`
}

// rest is the pause after each batch of a file: a server on the same data gets to write in it.
const rest = 5 * time.Millisecond

// Run imports.
func (c *importCommand) Run(ctx context.Context, term terminal) error {
	switch {
	case (c.File == "") == (c.From == ""):
		return errors.New("name a file, or a server with --from URL")
	case c.From != "" && (c.PublicKey == "" || c.SecretKey == ""):
		return errors.New("the keys of the project there are needed: set LANGSHARK_IMPORT_PUBLIC_KEY and LANGSHARK_IMPORT_SECRET_KEY")
	case c.From != "" && c.SkipBad:
		return errors.New("--skip-bad is for files")
	}
	return c.with(ctx, func(srv *server.Server) error {
		project, err := c.find(ctx, srv)
		if err != nil {
			return err
		}
		if c.From != "" {
			return c.server(ctx, term, srv, project)
		}
		return c.file(ctx, term, srv, project)
	})
}

// stopped adds how to go on.
func (c *importCommand) stopped(ctx context.Context, state string, err error) error {
	if err == nil || state == "" {
		return err
	}
	if _, missing := os.Stat(state); missing != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("stopped; the same command with --resume goes on")
	case errors.Is(err, transfer.ErrBeyond): // the same file would stop there again
		return err
	case errors.Is(err, transfer.ErrCut):
		return fmt.Errorf("%w; with the whole file, the same command with --resume goes on from there", err)
	}
	return fmt.Errorf("%w; the same command with --resume goes on from where it stopped", err)
}

func (c *importCommand) file(ctx context.Context, term terminal, srv *server.Server, project string) error {
	in, size, state := io.Reader(os.Stdin), int64(0), c.State
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			size = info.Size()
		}
		in, state = f, cmp.Or(state, c.File+".import")
	} else {
		defer context.AfterFunc(ctx, func() { os.Stdin.Close() })() // a read would hold up the end
	}
	m := newMeter(term.stderr)
	read := &counting{r: in}
	r, err := srv.Import(ctx, project, read, transfer.ImportOptions{
		SkipBad: c.SkipBad, Revive: c.Revive, State: state, Resume: c.Resume, Rest: rest,
		Progress: func(r transfer.ImportResult) {
			m.show(read.n.Load(), size, r.Total(), fmt.Sprintf("%s traces  %s observations  %s scores", count(r.Traces), count(r.Observations), count(r.Scores)))
		},
		Waiting: func(err error) { m.note("waiting: " + err.Error()) },
	})
	m.end()
	fmt.Fprintf(term.stdout, "imported %s traces, %s observations, %s scores\n", count(r.Traces), count(r.Observations), count(r.Scores))
	if r.Bad > 0 {
		fmt.Fprintf(term.stdout, "%s bad lines were left out:\n", count(r.Bad))
		for _, line := range r.BadLines {
			fmt.Fprintf(term.stdout, "  %v\n", line)
		}
	}
	if r.Dropped > 0 {
		fmt.Fprintf(term.stdout, "%s of these rows were deleted here since they were written, and stay so: --revive, without --resume, brings them back\n", count(r.Dropped))
	}
	if r.Bookmarks > 0 {
		fmt.Fprintf(term.stdout, "%s traces were bookmarked there: bookmarks are not imported\n", count(r.Bookmarks))
	}
	return c.stopped(ctx, state, err)
}

// counting counts what is read.
type counting struct {
	r io.Reader
	n atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (c *importCommand) server(ctx context.Context, term terminal, srv *server.Server, project string) error {
	state := c.State
	if state == "" {
		u, err := url.Parse(c.From)
		if err != nil || u.Host == "" {
			return fmt.Errorf("--from %q is not the address of a server, as https://langfuse.example.com is", c.From)
		}
		state = strings.ReplaceAll(u.Host, ":", "_") + ".import"
	}
	m := newMeter(term.stderr)
	r, err := srv.ImportFrom(ctx, project, remote.Options{
		URL: c.From, PublicKey: c.PublicKey, SecretKey: c.SecretKey, Rate: c.Rate, Concurrency: c.Concurrency, State: state, Resume: c.Resume, Revive: c.Revive,
		Progress: func(p remote.Progress) {
			text := p.List + " " + count(p.Done)
			if p.Total > 0 {
				text += " of " + count(p.Total)
			}
			m.show(p.Done, p.Total, p.Counts.Total(), fmt.Sprintf("%s  %s observations", text, count(p.Observations)))
		},
		Waiting: func(reason error, pause time.Duration) {
			m.note(fmt.Sprintf("waiting %v: %v", pause.Round(100*time.Millisecond), reason))
		},
	})
	m.end()
	printImport(term.stdout, &r, err == nil)
	return c.stopped(ctx, state, err)
}

// printImport compares what the source has with what is here.
func printImport(out io.Writer, r *remote.Result, whole bool) {
	if len(r.Lists) == 0 {
		return
	}
	number := func(n int64) string {
		if n < 0 {
			return "?"
		}
		return count(n)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tSOURCE\tREAD\tWRITTEN\tHERE\t")
	for i := range r.Lists {
		l := &r.Lists[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", l.Name, number(l.There), count(l.Read), count(l.Written()), count(l.Here))
	}
	if whole {
		fmt.Fprintf(w, "sessions\t%s\t\t\t%s\t\n", number(r.SessionsThere), number(r.SessionsHere))
	}
	if err := w.Flush(); err != nil {
		return
	}
	for _, note := range slices.Sorted(maps.Keys(r.Notes)) {
		fmt.Fprintf(out, "%s %s\n", count(r.Notes[note]), note)
	}
	for _, d := range r.Differences {
		fmt.Fprintln(out, d)
	}
	if whole && len(r.Differences) == 0 && len(r.Notes) == 0 {
		fmt.Fprintln(out, "No differences. Prompts and datasets are not imported.")
	} else if whole {
		fmt.Fprintln(out, "Prompts and datasets are not imported.")
	}
}
