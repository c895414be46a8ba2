package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server"
)

const (
	day     = 24 * time.Hour
	forever = "forever"
)

type projectRetentionCommand struct {
	data
	Name string `arg:"" help:"Name or id of the project."`
	Keep string `arg:"" help:"How long traces are kept, as in 30d or 720h; or forever."`
}

// Help is the long text of project retention --help.
func (*projectRetentionCommand) Help() string {
	return `Traces whose timestamp is older go, with their observations and scores: in the background while a server runs, and for good. ` +
		`A running server follows the new rule without a restart.`
}

// Run sets the retention.
func (c *projectRetentionCommand) Run(ctx context.Context, term terminal) error {
	keep, err := parseRetention(c.Keep)
	if err != nil {
		return err
	}
	return c.with(ctx, func(srv *server.Server) error {
		p, err := findProject(ctx, srv, c.Name)
		if err != nil {
			return err
		}
		if err := srv.SetRetention(ctx, p.ID, keep); err != nil {
			return err
		}
		if keep == 0 {
			fmt.Fprintf(term.stdout, "Project %s keeps its traces for ever.\n", p.ID)
			return nil
		}
		fmt.Fprintf(term.stdout, "Project %s keeps its traces for %s: those of before %s go.\n",
			p.ID, showRetention(keep), time.Now().Add(-keep).UTC().Format(time.DateTime+" UTC"))
		return nil
	})
}

// findProject finds a project by its name, else by its id.
func findProject(ctx context.Context, srv *server.Server, name string) (found server.Project, err error) {
	projects, err := srv.Projects(ctx)
	if err != nil {
		return found, err
	}
	for _, p := range projects {
		if p.Name == name {
			return p, nil
		}
		if p.ID == name {
			found = p
		}
	}
	if found.ID == "" {
		return found, fmt.Errorf("there is no project %q: langshark project list shows all", name)
	}
	return found, nil
}

// parseRetention reads a number of days, a duration, or forever, which is zero.
func parseRetention(text string) (time.Duration, error) {
	if text == forever {
		return 0, nil
	}
	var keep time.Duration
	if number, ok := strings.CutSuffix(text, "d"); ok {
		days, err := strconv.ParseInt(number, 10, 64)
		if err == nil && days > 0 && days <= int64(math.MaxInt64/day) {
			keep = time.Duration(days) * day
		}
	} else if d, err := time.ParseDuration(text); err == nil {
		keep = d
	}
	if keep <= 0 {
		return 0, fmt.Errorf("%q is no time to keep traces for: say how many days or hours, as in 30d or 720h, or %s", text, forever)
	}
	return keep, nil
}

// showRetention is the opposite of parseRetention.
func showRetention(keep time.Duration) string {
	switch {
	case keep == 0:
		return forever
	case keep%day == 0:
		return fmt.Sprintf("%dd", keep/day)
	case keep%time.Hour == 0:
		return fmt.Sprintf("%dh", keep/time.Hour)
	}
	return keep.String()
}
