// Command langshark collects the traces of LLM applications and shows them.
//
//	langshark serve      the server
//	langshark demo       a server with a little application that sends to it
//	langshark project    projects and their keys
//	langshark export     a project as a file, generations as sets for fine-tuning
//	langshark import     such a file, or a project of another server
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	// kong, not cobra: commands are structs, and it brings no other module along.
	"github.com/alecthomas/kong"
)

// commands are the commands of the program.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the server: API and dashboard."`
	Demo    demoCommand    `cmd:"" help:"Run the server with a little application that sends traces to it. Needs no key."`
	Project projectCommand `cmd:"" help:"Add and list projects."`
	Export  exportCommand  `cmd:"" help:"Write a project, or selected generations for fine-tuning, to a file."`
	Import  importCommand  `cmd:"" help:"Read a project from a file or from another server."`
	Version versionCommand `cmd:"" help:"Print the version."`

	VersionFlag kong.VersionFlag `name:"version" help:"Print the version."`
}

// terminal is where a command writes.
type terminal struct{ stdout, stderr io.Writer }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], terminal{os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// exited is how kong ends the program after printing help.
type exited int

// run runs a command line and returns the exit code: 0, or 1 after one line on stderr.
func run(ctx context.Context, args []string, term terminal) (code int) {
	defer func() {
		if v := recover(); v != nil {
			status, ok := v.(exited)
			if !ok {
				panic(v)
			}
			code = int(status)
		}
	}()
	parser, err := kong.New(&commands{},
		kong.Name("langshark"),
		kong.Description("Traces, costs and quality of LLM applications."),
		kong.UsageOnError(),
		kong.Writers(term.stdout, term.stderr),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(term),
		kong.Vars{"version": version()},
	)
	if err != nil {
		return fail(term, err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		return fail(term, fmt.Errorf("%w; see langshark %s", err, helpFor(parser.Model, args)))
	}
	if err := command.Run(); err != nil {
		return fail(term, err)
	}
	return 0
}

// helpFor is the help of the command that was meant, as far as that is known.
func helpFor(app *kong.Application, args []string) string {
	for _, node := range app.Children {
		if node.Name == args[0] {
			return node.Name + " --help"
		}
	}
	return "--help"
}

// fail prints an error on one line.
func fail(term terminal, err error) int {
	text := strings.TrimPrefix(err.Error(), "langshark: ")
	text = strings.Join(strings.Fields(text), " ")
	fmt.Fprintln(term.stderr, "langshark:", text)
	return 1
}
