package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
)

type checkCommand struct{ data }

// Help is the long text of check --help.
func (*checkCommand) Help() string {
	return `It reads all data, and adds up again what is kept as sums. It ends with 0 if all is well, with 1 if not; the findings are on stderr. It ends with 2 if nothing is known to be wrong, but not all has been looked at. It takes a time that grows with the data.

Nothing is written, and the data is not brought up to date: that of an older langshark can't be checked before langshark serve has done so. A server may be running. ` +
		`Whoever may read the files can check them, also on a disk that is full or can only be read.`
}

// Run checks the data.
func (c *checkCommand) Run(ctx context.Context, term terminal) error {
	return c.look(ctx, func(srv *server.Server) error {
		err := checked(ctx, srv, folder(c.Data), term)
		switch {
		case errors.Is(err, store.ErrOlder), err != nil && ctx.Err() != nil:
			return uncheckedError{err}
		case err != nil:
			return err
		}
		fmt.Fprintf(term.stdout, "%s: no damage found\n", folder(c.Data))
		return nil
	})
}

// uncheckedError says that it is not known whether the data is well.
type uncheckedError struct{ error }

// Unwrap is the reason.
func (e uncheckedError) Unwrap() error { return e.error }

// checked checks what a server has, which is called name, and prints the findings.
func checked(ctx context.Context, srv *server.Server, name string, term terminal) error {
	err := srv.Check(ctx)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s has not been checked to the end: %w", name, context.Cause(ctx))
	}
	if errors.Is(err, store.ErrOlder) {
		return fmt.Errorf("%s can't be checked yet: %w", name, err)
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(term.stderr, strings.TrimPrefix(line, "langshark: "))
	}
	return fmt.Errorf("%s is damaged", name)
}
