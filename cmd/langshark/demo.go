package main

import (
	"context"
	"os"

	"github.com/langshark/langshark-go/cmd/langshark/internal/demo"
)

type demoCommand struct {
	Once bool   `help:"Play one round, read it back through the public API, compare, print the counts as JSON and end."`
	Live bool   `help:"Ask the provider that OPENAI_BASE_URL and OPENAI_API_KEY name instead of the replay: one round, at most 50 calls."`
	Addr string `placeholder:"HOST:PORT" help:"Where to listen. Defaults to 127.0.0.1:3000, to a free port if that is taken, and to a free port with --once."`
}

// Help is the long text of demo --help.
func (*demoCommand) Help() string {
	return `A support bot of a web shop, in Korean and English, with retrieval, two tools, streaming answers, errors and a slow call. ` +
		`Its model is a replay built into this program: no key is read and nobody is called.

It prints the address of the dashboard and goes on until Ctrl-C. Its data is gone afterwards.

With --live, OPENAI_MODEL names the model (gpt-4o-mini by default). The calls and their estimated cost are shown before and after.`
}

// Run runs the demo until it is done or ctx ends.
func (c *demoCommand) Run(ctx context.Context, term terminal) error {
	return demo.Run(ctx, demo.Config{
		Once: c.Once, Live: c.Live, Addr: c.Addr, Stdout: term.stdout, Stderr: term.stderr, Getenv: os.Getenv,
	})
}
