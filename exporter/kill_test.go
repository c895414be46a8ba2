package exporter_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/spool"
)

// killDir names the folder of a process that records until it is killed.
const killDir = "LANGSHARK_TEST_KILL_DIR"

// recordUntilKilled blasts at a dead sink and prints how many of its records,
// which are numbered, are on disk.
func recordUntilKilled(dir, run string) {
	disk, err := spool.New(spool.Config{Dir: dir, SegmentBytes: 256 << 10})
	if err != nil {
		panic(err)
	}
	sink := (&script{}).down(1_000_000)
	p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushInterval: 10 * time.Millisecond, Spool: disk})
	payload := strings.Repeat("x", 500)
	printed := int64(0)
	for i := range 200_000 {
		r := span(run + "-" + strconv.Itoa(i))
		r.Observation.Input = exporter.Text(payload)
		p.EnqueueRecord(r)
		if i%50 == 0 {
			s := p.Stats()
			if own := s.Spooled - s.Adopted; own > printed {
				printed = own
				fmt.Println(own)
			}
		}
	}
	fmt.Println("end") // not killed in time
	select {}
}

func TestAKilledProcessLosesNothingThatWasOnDisk(t *testing.T) {
	rounds := 3
	if n, err := strconv.Atoi(os.Getenv("LANGSHARK_TEST_KILLS")); err == nil {
		rounds = n
	}
	dir := t.TempDir()
	onDisk := map[string]int{} // by run
	for run := range rounds {
		name := fmt.Sprintf("run%d", run)
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), killDir+"="+dir, killDir+"_RUN="+name)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 1+run%7 && lines.Scan(); n++ {
			if onDisk[name], err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatalf("the process printed %q", lines.Text())
			}
		}
		_ = cmd.Process.Kill()
		for lines.Scan() { // what it had printed before it died
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				onDisk[name] = n
			}
		}
		_ = cmd.Wait()
	}

	arrived := map[string]int{} // by event id
	sink := &script{}
	for range 100_000 {
		sink.then(func(_ context.Context, records []exporter.Record) error {
			for i := range records {
				arrived[strings.Clone(records[i].EventID)]++
			}
			return nil
		})
	}
	p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushInterval: 10 * time.Millisecond, Spool: newSpool(t, dir)})
	p.EnqueueRecord(span("last"))
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, p.Stats())
	total := 0
	for name, n := range onDisk {
		if n == 0 {
			t.Errorf("%s: nothing was on disk when it was killed", name)
		}
		total += n
		for i := range n {
			if got := arrived["e-"+name+"-"+strconv.Itoa(i)]; got != 1 {
				t.Fatalf("%s: record %d of %d that were on disk arrived %d times", name, i, n, got)
			}
		}
	}
	for id, n := range arrived {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
	t.Logf("%d processes killed; %d records were known to be on disk, %d arrived", rounds, total, len(arrived)-1)
}
