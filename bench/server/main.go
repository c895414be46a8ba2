// Command server measures the server: what it takes in, what it answers, and
// what both cost. It prints tables in Markdown.
//
//	go -C bench run ./server                  all sections, some forty minutes
//	go -C bench run ./server -quick           a smoke test; its figures say nothing
//	go -C bench run ./server -sections ingest,reads -observations 200000,2000000
//
// The server is langshark serve, built from the checkout, in a process of its
// own, on a folder of its own; the client is this process. What is measured in
// the process of the store is done by this binary once more. Commits are
// synchronous: run it on a disk, not in memory. CPU and memory are those of
// Linux's /proc; elsewhere they are zero.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are the sizes of all sections.
type settings struct {
	rounds       int
	ingest       int   // observations of a measurement of ingest
	observations []int // of the projects that are read
	payload      []int // bytes of input at each of these sizes; outputs have half as many
	runs         int   // of each read
	calm         time.Duration
	mixed        time.Duration
	minute       time.Duration // of the table of mixed

	dir    string // of all data
	keep   bool
	root   string // the checkout
	binary string // langshark
}

var (
	full = settings{
		rounds: 5, ingest: 40_000, observations: []int{200_000, 2_000_000}, payload: []int{2048, 320}, runs: 200,
		calm: 10 * time.Second, mixed: 10 * time.Minute, minute: time.Minute,
	}
	quick = settings{
		rounds: 1, ingest: 4_096, observations: []int{50_000}, payload: []int{320}, runs: 20,
		calm: time.Second, mixed: 4 * time.Second, minute: time.Second,
	}
)

type section struct {
	name string
	run  func(context.Context, *settings) error
}

// sections in the order they are printed.
var sections = []section{
	{"ingest", ingestSection},
	{"reads", readsSection},
	{"maintenance", maintenanceSection},
	{"mixed", mixedSection},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench/server:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(args) == 2 && args[0] == childVerb {
		return child(ctx, args[1])
	}
	s, wanted, err := parse(args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "langshark-bench-"); err != nil {
			return err
		}
		s.keep = false
		defer os.RemoveAll(s.dir) //nolint:errcheck // a temporary folder
	} else if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return err
	}
	if err := s.build(ctx); err != nil {
		return err
	}
	fmt.Printf("%s %s/%s, %d cores, %s, %d rounds.\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly), s.rounds)
	for _, section := range sections {
		if wanted != nil && !slices.Contains(wanted, section.name) {
			continue
		}
		if err := section.run(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
	}
	return nil
}

func parse(args []string) (*settings, []string, error) {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	small := flags.Bool("quick", false, "small sizes and one round, as a smoke test")
	names := flags.String("sections", "", "which ones, with commas: ingest, reads, maintenance, mixed (default all)")
	rounds := flags.Int("rounds", 0, "rounds of ingest (default 5)")
	ingest := flags.Int("ingest", 0, "observations of a measurement of ingest (default 40000)")
	observations := flags.String("observations", "", "sizes of the projects that are read (default 200000,2000000)")
	payload := flags.String("payload", "", "bytes of input of half of the observations at each of these sizes; outputs have half as many (default 2048,320)")
	runs := flags.Int("runs", 0, "runs of each read (default 200)")
	minutes := flags.Float64("minutes", 0, "minutes of the section mixed (default 10)")
	dir := flags.String("dir", "", "folder of the data, on a disk (default a temporary one that is removed)")
	keep := flags.Bool("keep", false, "with -dir, keep what has been loaded, and use it again the next time")
	root := flags.String("root", "..", "the checkout")
	binary := flags.String("langshark", "", "a langshark to measure (default one built from the checkout)")
	if err := flags.Parse(args); err != nil {
		return nil, nil, err
	}
	s := full
	if *small {
		s = quick
	}
	for _, v := range []struct {
		into  *int
		given int
	}{{&s.rounds, *rounds}, {&s.ingest, *ingest}, {&s.runs, *runs}} {
		if v.given != 0 {
			*v.into = v.given
		}
	}
	if *minutes != 0 {
		s.mixed = time.Duration(*minutes * float64(time.Minute))
	}
	s.dir, s.keep, s.root, s.binary = *dir, *keep, *root, *binary
	var err error
	if *observations != "" {
		if s.observations, err = numbers(*observations); err != nil {
			return nil, nil, fmt.Errorf("-observations: %w", err)
		}
	}
	if *payload != "" {
		if s.payload, err = numbers(*payload); err != nil {
			return nil, nil, fmt.Errorf("-payload: %w", err)
		}
	}
	for len(s.payload) < len(s.observations) {
		s.payload = append(s.payload, s.payload[len(s.payload)-1])
	}
	if s.rounds < 1 || s.runs < 1 || s.ingest < batchSize || s.mixed < 0 || flags.NArg() > 0 {
		return nil, nil, fmt.Errorf("rounds and runs are whole numbers above 0, ingest at least %d, and there are no arguments", batchSize)
	}
	var wanted []string
	if *names != "" {
		wanted = strings.Split(*names, ",")
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(sections, func(s section) bool { return s.name == name }) {
			return nil, nil, fmt.Errorf("there is no section %q", name)
		}
	}
	return &s, wanted, nil
}

func numbers(list string) (out []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a whole number above 0", text)
		}
		out = append(out, n)
	}
	return out, nil
}
