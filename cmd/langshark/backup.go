package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/langshark/langshark-go/server"
)

type backupCommand struct {
	data
	File string `arg:"" help:"File to write. It must not be there yet."`
}

// Help is the long text of backup --help.
func (*backupCommand) Help() string {
	return `The copy is of one moment, while the server goes on. FILE is there once the copy is whole; the files that payloads refer to, if there are any, are beside it in FILE` + server.MediaSuffix + `, imported prices in FILE` + server.PricesSuffix + `. The data is not changed, nor brought up to date if an older langshark made it. langshark restore puts it back.`
}

// Run writes the backup.
func (c *backupCommand) Run(ctx context.Context, term terminal) error {
	return c.look(ctx, func(srv *server.Server) error {
		p := newProgress(term.stderr)
		err := srv.Backup(ctx, c.File, p.show)
		p.end()
		if errors.Is(err, server.ErrExists) {
			return fmt.Errorf("%s exists already: choose another name", c.File)
		}
		if err != nil {
			return err
		}
		info, err := os.Stat(c.File)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.stdout, "%s: %s\n", c.File, size(info.Size()))
		for _, suffix := range []string{server.MediaSuffix, server.PricesSuffix} {
			if info, err := os.Stat(c.File + suffix); err == nil {
				fmt.Fprintf(term.stdout, "%s: %s\n", c.File+suffix, size(info.Size()))
			}
		}
		return nil
	})
}

// progress is a line on a terminal that says how far something has come.
type progress struct {
	w    io.Writer // nil if nobody looks
	last string
}

func newProgress(w io.Writer) *progress {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &progress{w: w}
		}
	}
	return &progress{}
}

func (p *progress) show(done, total int64) {
	if p.w == nil || total <= 0 {
		return
	}
	line := fmt.Sprintf("%3d %% of %s", 100*done/total, size(total))
	if line != p.last {
		fmt.Fprint(p.w, "\r"+line)
		p.last = line
	}
}

// end takes the line away.
func (p *progress) end() {
	if p.last != "" {
		fmt.Fprint(p.w, "\r"+strings.Repeat(" ", len(p.last))+"\r")
	}
}

// size is a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	case bytes < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%.2f GiB", float64(bytes)/(1<<30))
}
