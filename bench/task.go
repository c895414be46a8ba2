package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// childVerb starts this binary as what is measured: the next argument is a task.
const childVerb = "child"

// kind is what a child does.
type kind string

const (
	kindTraces  kind = "traces"  // records traces and lets the queue empty now and then
	kindSpans   kind = "spans"   // the same with bare spans
	kindCalls   kind = "calls"   // the same with wrapped functions
	kindBlast   kind = "blast"   // records without a pause, then closes
	kindSteady  kind = "steady"  // records so many a second, then closes
	kindOutage  kind = "outage"  // records while the sink is away
	kindDeliver kind = "deliver" // delivers what another process left
	kindModel   kind = "model"   // calls a model over HTTP
	kindStream  kind = "stream"  // the same, streamed
)

// task is what one child measures.
type task struct {
	Kind    kind
	Subject string
	// Exports makes a sink for the child; without, exports are discarded.
	Exports bool
	To      target
	Control string // of the sink
	// N is how many traces, spans or calls; Chunk after how many the queue may empty.
	N, Chunk, Warmup int
	// Dead makes the sink go away before anything is recorded; Away for a while meanwhile.
	Dead    bool
	Away    time.Duration
	PerSec  int // traces
	Closing time.Duration
	Offer   int64 // bytes of payload to record in an outage
	Profile string
}

// result is what a child measured.
type result struct {
	N             int64
	CPU           time.Duration // caller and worker
	Caller        time.Duration // in the SDK's calls, by the clock
	Bytes, Allocs uint64        // allocated
	P50, P99      time.Duration // of a trace's calls
	Closed        time.Duration // that closing took
	TimedOut      bool          // it was not waited for any longer
	BaseRSS, Peak int64
	Offered       int64
	Stats         *exporter.Stats // where the SDK counts
	Arrived       tally           // at the sink
}

func child(ctx context.Context, argument string) error {
	var t task
	if err := json.Unmarshal([]byte(argument), &t); err != nil {
		return err
	}
	var r result
	var err error
	stop, err := t.cpuProfile()
	if err != nil {
		return err
	}
	switch t.Kind {
	case kindCalls:
		r, err = t.calls()
	case kindModel, kindStream:
		r, err = t.model()
	default:
		var sdk recorder
		if sdk, err = newRecorder(t.Subject, t.To); err != nil {
			return err
		}
		r, err = t.with(ctx, sdk)
		if c, ok := sdk.(counter); ok {
			s := c.counts()
			r.Stats = &s
		}
	}
	stop()
	if err == nil && t.Kind != kindOutage { // which has written one when most was held
		err = t.memoryProfile()
	}
	if err != nil {
		return err
	}
	fmt.Println() // henomis may have printed something
	return json.NewEncoder(os.Stdout).Encode(r)
}

func (t task) with(ctx context.Context, sdk recorder) (result, error) {
	finish := func() { sdk.close(context.Background()) }
	switch t.Kind {
	case kindTraces:
		return t.steps(func(i int) { sdk.trace(&chats[i%len(chats)]) }, sdk.settle, finish), nil
	case kindSpans:
		return t.steps(func(int) { sdk.span() }, sdk.settle, finish), nil
	case kindBlast, kindSteady:
		return t.load(ctx, sdk)
	case kindOutage:
		return t.outage(ctx, sdk)
	case kindDeliver:
		return t.deliver(ctx, sdk)
	default:
		return result{}, fmt.Errorf("no kind of task is called %q", t.Kind)
	}
}

// steps measures what one call of step costs, with all that the SDK does for
// it in the background.
func (t task) steps(step func(int), settle, finish func()) result {
	for i := range t.Warmup {
		step(i)
	}
	settle()
	runtime.GC()
	r := result{N: int64(t.N), BaseRSS: nowRSS()}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := cpuTime()
	for i := 0; i < t.N; {
		begun := time.Now()
		for end := min(i+t.Chunk, t.N); i < end; i++ {
			step(i)
		}
		r.Caller += time.Since(begun)
		settle()
	}
	finish()
	r.CPU = cpuTime() - cpu
	runtime.ReadMemStats(&after)
	r.Bytes, r.Allocs = after.TotalAlloc-before.TotalAlloc, after.Mallocs-before.Mallocs
	r.Peak = peakRSS()
	return r
}

// profileFile is where a profile of one of langshark's processes goes; nil if no folder is named.
func (t task) profileFile(of string) (*os.File, error) {
	if t.Profile == "" || !strings.HasPrefix(t.Subject, shark) {
		return nil, nil //nolint:nilnil // none is wanted
	}
	where := "discard"
	if t.Exports {
		where = "export"
	}
	name := fmt.Sprintf("%s-%s-%s-%d.%s", t.Kind, strings.NewReplacer(" ", "-", ",", "").Replace(t.Subject), where, os.Getpid(), of)
	return os.Create(filepath.Join(t.Profile, name))
}

// memoryProfile writes what is held, and all that was allocated.
func (t task) memoryProfile() error {
	f, err := t.profileFile("heap")
	if f == nil || err != nil {
		return err
	}
	defer f.Close()
	runtime.GC()
	return pprof.WriteHeapProfile(f)
}

// cpuProfile writes a profile until stop is called.
func (t task) cpuProfile() (stop func(), err error) {
	f, err := t.profileFile("cpu")
	if f == nil || err != nil {
		return func() {}, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}, nil
}

// deadline is how long closing is waited for: an SDK that heeds none is left behind.
func (t task) deadline() time.Duration { return cmp.Or(t.Closing, settleTimeout) }
