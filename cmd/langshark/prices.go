package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/langshark/langshark-go/server"
)

type pricesCommand struct {
	Import  pricesImportCommand  `cmd:"" help:"Read a table of prices."`
	Reprice pricesRepriceCommand `cmd:"" help:"Price what is there anew."`
}

type pricesImportCommand struct {
	data
	File string `arg:"" help:"The table; - is the standard input."`
	From string `placeholder:"TIME" help:"Prices that have no day of their own hold for calls that began then or later: a day or an instant, as in 2026-01-31 or 2026-01-31T09:00:00Z."`
}

// Help is the long text of prices import --help.
func (*pricesImportCommand) Help() string {
	return `The table is the JSON of pydantic's genai-prices, of LiteLLM (model_prices_and_context_window.json) or of Langfuse (default-model-prices.json), ` +
		`or a CSV as the import writes it, prices.csv in the folder of the data. It comes before the prices that come along and takes the place of an earlier import. ` +
		`What the table doesn't speak of, such as a bucket or a tier, is kept from those prices where both say the same of input and output; the models that lose some are named. ` +
		`What a model cost before its price last changed stays too: a table of today's prices holds since then. ` +
		`A running server uses it within seconds for what comes; what is there keeps its cost until langshark prices reprice.`
}

// maxNamed is how many of what was left out are named.
const maxNamed = 10

// Run imports the table.
func (c *pricesImportCommand) Run(ctx context.Context, term terminal) error {
	from, err := parseTime("--from", c.From)
	if err != nil {
		return err
	}
	in := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	return c.with(ctx, func(srv *server.Server) error {
		r, err := srv.ImportPrices(in, from)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.stdout, "Imported the prices of %s models from a table of %s.\n", count(int64(r.Models)), r.Format)
		if r.Kept > 0 {
			fmt.Fprintf(term.stdout, "%s keep buckets or tiers that the table doesn't speak of.\n", count(int64(r.Kept)))
		}
		if r.Since > 0 {
			fmt.Fprintf(term.stdout, "%s hold since the price of their model last changed; what it cost before stays as it was.\n", count(int64(r.Since)))
		}
		term.names("lose buckets or tiers, as the table has other prices and says less:", r.Less)
		term.names("were left out:", r.Skipped)
		return nil
	})
}

// names says how many names there are, and the first of them.
func (t terminal) names(what string, names []string) {
	if len(names) == 0 {
		return
	}
	fmt.Fprintf(t.stdout, "%s %s\n", count(int64(len(names))), what)
	for i, name := range names {
		if i == maxNamed {
			fmt.Fprintln(t.stdout, "  …")
			return
		}
		fmt.Fprintf(t.stdout, "  %s\n", name)
	}
}

type pricesRepriceCommand struct {
	data
	projectFlag
	From string `placeholder:"TIME" help:"Only calls that began then or later: a day or an instant, as in 2026-01-31 or 2026-01-31T09:00:00Z."`
	To   string `placeholder:"TIME" help:"Only calls that began before then."`
}

// Help is the long text of prices reprice --help.
func (*pricesRepriceCommand) Help() string {
	return `Each model call of the project gets the cost that it has by today's tables: by the price that was valid when it began. Costs that applications reported stay. ` +
		`It goes in small steps; a server may be running on the data.`
}

// Run prices anew.
func (c *pricesRepriceCommand) Run(ctx context.Context, term terminal) error {
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
		m := newMeter(term.stderr)
		var seen, changed int64
		err = srv.Reprice(ctx, project, from, to, func(s, n int64) {
			seen, changed = s, n
			m.show(s, 0, s, fmt.Sprintf("%s model calls, %s with another price", count(s), count(n)))
		})
		m.end()
		if ctx.Err() != nil {
			err = errors.New("stopped: what was priced anew stays so; the same command does the rest")
		}
		fmt.Fprintf(term.stdout, "Project %s: %s model calls seen, %s have other figures now.\n", project, count(seen), count(changed))
		return err
	})
}
