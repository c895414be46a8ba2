// Command bench measures the SDK beside its peers: OpenTelemetry's SDK,
// henomis/langfuse-go, Datadog's LLM Observability and Sentry. It prints tables
// in Markdown.
//
//	go -C bench run .                      all sections, some twelve minutes
//	go -C bench run . -quick               a smoke test; its figures say nothing
//	go -C bench run . -sections hot,loss
//
// Each measurement is a process of its own (this binary again), and what it
// sends goes over loopback to a sink in another one. The subjects take turns
// within a round, so that a busy machine slows all of them; compare ratios, not
// times. It needs getrusage, so it doesn't build on Windows.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// settings are the sizes of all sections.
type settings struct {
	rounds  int
	traces  int // of one measurement of the hot path
	spans   int // bare ones, of one measurement
	calls   int // of wrapped functions, of one measurement
	blast   int // traces of five observations, for export and loss
	perSec  int // observations a second of the steady load
	steady  time.Duration
	delay   time.Duration // of each answer of the slow sink
	closing time.Duration // that an SDK is given to end in the loss tables
	budget  int64         // bytes of langshark's queue in an outage
	offered int           // times the budget that are recorded in it
	pause   time.Duration // how long the restarting sink is away
	limit   time.Duration // of one process
	profile string        // folder for profiles of langshark's processes
}

var (
	full = settings{
		rounds: 7, traces: 10_000, spans: 100_000, calls: 50_000, blast: 20_000, perSec: 5_000, steady: 5 * time.Second,
		delay: 2 * time.Second, closing: 10 * time.Second, budget: 32 << 20, offered: 10, pause: 1500 * time.Millisecond, limit: 90 * time.Second,
	}
	quick = settings{
		rounds: 1, traces: 200, spans: 1_000, calls: 1_000, blast: 400, perSec: 5_000, steady: 500 * time.Millisecond,
		delay: 250 * time.Millisecond, closing: 700 * time.Millisecond, budget: 1 << 20, offered: 3, pause: 200 * time.Millisecond, limit: 15 * time.Second,
	}
)

type section struct {
	name string
	run  func(context.Context, settings) error
}

// sections in the order they are printed.
var sections = []section{
	{"hot", hotPath},
	{"wrapper", wrapper},
	{"http", httpCalls},
	{"export", export},
	{"loss", loss},
	{"memory", memory},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(args) == 2 && args[0] == childVerb {
		return child(ctx, args[1])
	}
	if len(args) == 2 && args[0] == sinkVerb {
		return serveSink(args[1])
	}
	return tables(ctx, args)
}

func tables(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	small := flags.Bool("quick", false, "small sizes and one round, as a smoke test")
	names := flags.String("sections", "", "which ones, with commas: hot, wrapper, http, export, loss, memory (default all)")
	rounds := flags.Int("rounds", 0, "interleaved rounds (default 7)")
	traces := flags.Int("traces", 0, "traces of a measurement of the hot path (default 10000)")
	blast := flags.Int("blast", 0, "traces of a blast, for export and loss (default 20000)")
	profile := flags.String("profile", "", "a folder for CPU and heap profiles of langshark's processes")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	s := full
	if *small {
		s = quick
	}
	s.rounds = cmp.Or(*rounds, s.rounds)
	s.traces = cmp.Or(*traces, s.traces)
	s.blast = cmp.Or(*blast, s.blast)
	s.profile = *profile
	if s.rounds < 1 || s.traces < 1 || s.blast < 1 || flags.NArg() > 0 {
		return errors.New("rounds, traces and blast are whole numbers above 0, and there are no arguments")
	}
	var wanted []string
	if *names != "" {
		wanted = strings.Split(*names, ",")
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(sections, func(s section) bool { return s.name == name }) {
			return fmt.Errorf("there is no section %q", name)
		}
	}
	fmt.Printf("%s %s/%s, %d cores, %s, %d rounds. ", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Now().UTC().Format(time.DateOnly), s.rounds)
	fmt.Println(versions())
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

// versions names the peers as they were built in.
func versions() string {
	names := map[string]string{
		"go.opentelemetry.io/otel/sdk": otelPlain, "github.com/henomis/langfuse-go": henomis,
		"github.com/DataDog/dd-trace-go/v2": datadog, "github.com/getsentry/sentry-go": sentryGo,
	}
	var list []string
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if name, ok := names[m.Path]; ok {
				list = append(list, name+" "+m.Version)
			}
		}
	}
	return "Beside " + strings.Join(list, ", ") + "."
}
