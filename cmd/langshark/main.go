// Command langshark collects the traces of LLM applications and shows them.
//
//	langshark serve      the server
//	langshark demo       a server with a little application that sends to it
//	langshark project    projects, their keys, how long they keep traces, who may move labels
//	langshark export     a project as a file, generations as sets for fine-tuning
//	langshark import     such a file, or a project of another server
//	langshark prompts    managed prompts as files in a folder, for review and CI
//	langshark generate   Go functions for managed prompts
//	langshark prices     a table of prices, and history priced anew by it
//	langshark backup     a copy of all data while the server runs
//	langshark restore    the way back
//	langshark check      looks for damage in the data
//	langshark health     whether a server is well
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	// kong, not cobra: commands are structs, and it brings no other module along.
	"github.com/alecthomas/kong"
)

// commands are the commands of the program.
type commands struct {
	Serve    serveCommand    `cmd:"" help:"Run the server: API and dashboard."`
	Demo     demoCommand     `cmd:"" help:"Run the server with a little application that sends traces to it. Needs no key."`
	Project  projectCommand  `cmd:"" help:"Add and list projects, and say how long they keep traces."`
	Export   exportCommand   `cmd:"" help:"Write a project, or selected generations for fine-tuning, to a file."`
	Import   importCommand   `cmd:"" help:"Read a project from a file or from another server."`
	Prompts  promptsCommand  `cmd:"" help:"Pull prompts to a folder of files, and push what has changed there."`
	Generate generateCommand `cmd:"" help:"Write Go code for managed prompts."`
	Prices   pricesCommand   `cmd:"" help:"Import prices of models, and price history anew."`
	Backup   backupCommand   `cmd:"" help:"Copy all data to a file while the server runs."`
	Restore  restoreCommand  `cmd:"" help:"Put a backup in the place of the data."`
	Check    checkCommand    `cmd:"" help:"Look for damage in the data."`
	Health   healthCommand   `cmd:"" help:"Ask a server whether it is well."`
	Version  versionCommand  `cmd:"" help:"Print the version."`

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

// run runs a command line and returns the exit code: 0, or another after one line on stderr.
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
	if err := kong.Visit(parser.Model, withoutEmptyVariables); err != nil {
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

// withoutEmptyVariables makes a variable that is empty as good as one that is not set.
func withoutEmptyVariables(node kong.Visitable, next kong.Next) error {
	if flag, ok := node.(*kong.Flag); ok {
		flag.Tag.Envs = slices.DeleteFunc(flag.Tag.Envs, func(name string) bool { return os.Getenv(name) == "" })
	}
	return next(nil)
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

// statusUnchecked is the exit code of a check that was not made, or not to its end.
const statusUnchecked = 2

// fail prints an error on one line, and returns the exit code.
func fail(term terminal, err error) int {
	text := strings.TrimPrefix(strings.ReplaceAll(err.Error(), ": langshark: ", ": "), "langshark: ")
	text = strings.Join(strings.Fields(text), " ")
	fmt.Fprintln(term.stderr, "langshark:", text)
	if _, ok := errors.AsType[uncheckedError](err); ok {
		return statusUnchecked
	}
	return 1
}
