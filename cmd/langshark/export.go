package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/transfer"
	"github.com/langshark/langshark-go/server/transfer/chatset"
	"github.com/langshark/langshark-go/server/transfer/filter"
)

type exportCommand struct {
	data
	projectFlag
	Out      string `short:"o" placeholder:"FILE" help:"Where to write. Defaults to the standard output. A name that ends in .gz or .zst is compressed."`
	Format   string `enum:"jsonl,chat-jsonl" default:"jsonl" help:"jsonl is all of the project, for langshark import; chat-jsonl one conversation a line, for fine-tuning and tests."`
	Filter   string `placeholder:"EXPR" help:"What to select, as in 'score.helpful >= 0.8 and not tag = internal'. See below."`
	From     string `placeholder:"TIME" help:"Only what began then or later: 2026-01-31, or with a time, 2026-01-31T15:00:00+09:00."`
	To       string `placeholder:"TIME" help:"Only what began before."`
	Compress string `enum:"auto,none,gzip,zstd" default:"auto" help:"How to compress: none, gzip, zstd, or as the file's name says (auto)."`
	Metadata bool   `help:"chat-jsonl: add trace, model and scores to each line. OpenAI doesn't take such lines."`
	Dedupe   bool   `help:"chat-jsonl: write equal conversations once."`
	Split    string `placeholder:"SHARES" help:"chat-jsonl: divide into files, as in train=0.9,test=0.1. All of a trace is in the same."`
	Seed     int64  `help:"chat-jsonl: another number makes another division."`
}

// Help is the long text of export --help.
func (*exportCommand) Help() string {
	return `A server may be running on the data. With jsonl, --filter picks whole traces of which an observation matches; with chat-jsonl it picks generations.

Filters compare fields by =, !=, <, <=, >, >= and ~ (contains), joined by and, or, not and parentheses. The fields: name, trace.name, model, kind, level, ` +
		`user, session, tag, environment, release, version, prompt, latency (1.5s), tokens, cost (0.01), start (2026-01-31), score.NAME, metadata.KEY. ` +
		`Values with spaces stand in quotes.

	langshark export --project shop --out shop.jsonl.zst
	langshark export --format chat-jsonl --filter 'score.helpful >= 0.8 and model ~ gpt-4o' --split train=0.9,test=0.1 --out set.jsonl`
}

// projectFlag names a project.
type projectFlag struct {
	Project string `placeholder:"NAME" help:"Name or id of the project. May be left out if there is only one."`
}

// find returns the id of the project.
func (p *projectFlag) find(ctx context.Context, srv *server.Server) (string, error) {
	projects, err := srv.Projects(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	for _, have := range projects {
		if have.Name == p.Project || have.ID == p.Project {
			return have.ID, nil
		}
		names = append(names, have.Name)
	}
	switch {
	case p.Project != "":
		return "", fmt.Errorf("there is no project %q: there are %s; langshark project add makes one", p.Project, strings.Join(names, ", "))
	case len(projects) == 1:
		return projects[0].ID, nil
	}
	return "", fmt.Errorf("which project? Name it with --project: %s", strings.Join(names, ", "))
}

// Run exports.
func (c *exportCommand) Run(ctx context.Context, term terminal) error {
	chats := c.Format == "chat-jsonl"
	if !chats && (c.Metadata || c.Dedupe || c.Split != "" || c.Seed != 0) {
		return errors.New("--metadata, --dedupe, --split and --seed need --format chat-jsonl")
	}
	if c.Split != "" && toStdout(c.Out) {
		return errors.New("--split writes files: name them with --out, as in set.jsonl, which makes set.train.jsonl and set.test.jsonl")
	}
	f, err := filter.Parse(c.Filter)
	if err != nil {
		return err
	}
	from, err := parseTime("--from", c.From)
	if err != nil {
		return err
	}
	to, err := parseTime("--to", c.To)
	if err != nil {
		return err
	}
	return c.with(ctx, func(srv *server.Server) error {
		project, err := c.find(ctx, srv)
		if err != nil {
			return err
		}
		if chats {
			return c.chats(ctx, term, srv, project, chatset.Options{Filter: f, From: from, To: to, Metadata: c.Metadata, Dedupe: c.Dedupe, Seed: c.Seed})
		}
		return c.whole(ctx, term, srv, project, transfer.ExportOptions{Filter: f, From: from, To: to})
	})
}

func (c *exportCommand) whole(ctx context.Context, term terminal, srv *server.Server, project string, opts transfer.ExportOptions) error {
	m := newMeter(term.stderr)
	opts.Progress = func(n transfer.Counts) {
		m.show(0, 0, n.Total(), fmt.Sprintf("%s traces  %s observations  %s scores", count(n.Traces), count(n.Observations), count(n.Scores)))
	}
	out, err := c.create(term, c.Out)
	if err != nil {
		return err
	}
	n, err := srv.Export(ctx, project, out, opts)
	m.end()
	if err := out.finish(err); err != nil {
		return err
	}
	fmt.Fprintf(term.stderr, "exported %s traces, %s observations, %s scores\n", count(n.Traces), count(n.Observations), count(n.Scores))
	return nil
}

func (c *exportCommand) chats(ctx context.Context, term terminal, srv *server.Server, project string, opts chatset.Options) (err error) {
	opts.Sets = []chatset.Set{{Share: 1}}
	if c.Split != "" {
		if opts.Sets, err = chatset.ParseSets(c.Split); err != nil {
			return err
		}
	}
	var files []*outFile
	var names []string
	for i := range opts.Sets {
		name := setName(c.Out, opts.Sets[i].Name)
		out, err := c.create(term, name)
		if err != nil {
			for _, f := range files {
				err = errors.Join(err, f.finish(err))
			}
			return err
		}
		opts.Sets[i].W = out
		files, names = append(files, out), append(names, name)
	}
	m := newMeter(term.stderr)
	opts.Progress = func(r chatset.Result) {
		m.show(0, 0, r.Read, fmt.Sprintf("%s generations read  %s written", count(r.Read), count(r.Written)))
	}
	r, err := srv.ExportChats(ctx, project, opts)
	m.end()
	failed := err
	for _, f := range files {
		if e := f.finish(failed); e != nil && failed == nil {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return err
	}
	printChats(term.stderr, &r, names)
	return nil
}

// printChats says what became of every generation that was selected.
func printChats(w io.Writer, r *chatset.Result, names []string) {
	fmt.Fprintf(w, "%s generations read, %s selected, %s written\n", count(r.Read), count(r.Selected), count(r.Written))
	if len(names) > 1 {
		for i, name := range names {
			fmt.Fprintf(w, "  %s in %s\n", count(r.Sets[i]), name)
		}
	}
	if r.Duplicates > 0 {
		fmt.Fprintf(w, "  %s left out: equal to one before\n", count(r.Duplicates))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Skipped)) {
		fmt.Fprintf(w, "  %s left out: %s\n", count(r.Skipped[reason]), reason)
	}
	for _, note := range slices.Sorted(maps.Keys(r.Notes)) {
		fmt.Fprintf(w, "  of %s %s\n", count(r.Notes[note]), note)
	}
}

// setName puts the name of a set before the endings of a file: set.jsonl.gz, train → set.train.jsonl.gz.
func setName(out, set string) string {
	if set == "" {
		return out
	}
	dir, base := filepath.Split(out)
	stem, endings, dotted := strings.Cut(base, ".")
	if dotted {
		endings = "." + endings
	}
	return dir + stem + "." + set + endings
}

func parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is neither a date, as 2026-01-31, nor a time with a zone, as 2026-01-31T15:00:00Z", flag, s)
}

func toStdout(name string) bool { return name == "" || name == "-" }

// outFile is a file that has its name once it is whole.
type outFile struct {
	io.Writer
	buffer *bufio.Writer
	zip    io.WriteCloser
	file   *os.File // nil for the standard output
	name   string
}

func (c *exportCommand) create(term terminal, name string) (*outFile, error) {
	f := &outFile{name: name}
	w := term.stdout
	if !toStdout(name) {
		file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.part")
		if err != nil {
			return nil, err
		}
		f.file, w = file, file
	}
	compression := transfer.CompressionOf(name)
	switch c.Compress {
	case "none":
		compression = transfer.Plain
	case "gzip", "zstd":
		compression = transfer.Compression(c.Compress)
	}
	f.buffer = bufio.NewWriterSize(w, 256<<10)
	zip, err := transfer.Compress(f.buffer, compression)
	if err != nil {
		return nil, f.finish(err)
	}
	f.zip, f.Writer = zip, zip
	return f, nil
}

// finish completes the file, or removes it after an error.
func (f *outFile) finish(err error) error {
	if f.zip != nil {
		if e := f.zip.Close(); err == nil {
			err = e
		}
	}
	if err == nil {
		err = f.buffer.Flush()
	}
	if f.file == nil {
		return err
	}
	if err == nil {
		err = f.file.Sync()
	}
	if e := f.file.Close(); err == nil {
		err = e
	}
	if err == nil {
		return os.Rename(f.file.Name(), f.name)
	}
	return errors.Join(err, os.Remove(f.file.Name()))
}
