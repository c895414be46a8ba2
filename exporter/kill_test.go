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

// recordUntilKilled blasts at a dead sink and prints the ids of the records that
// are on disk.
func recordUntilKilled(dir, run string) {
	disk, err := spool.New(spool.Config{Dir: dir, SegmentBytes: 256 << 10})
	if err != nil {
		panic(err)
	}
	sink := (&script{}).down(1_000_000)
	p := exporter.NewPipeline(sink, exporter.PipelineConfig{FlushInterval: 10 * time.Millisecond, Spool: telling{disk}})
	payload := strings.Repeat("x", 500)
	for i := range 200_000 {
		r := span(run + "-" + strconv.Itoa(i))
		r.Observation.Input = exporter.Text(payload)
		p.EnqueueRecord(r)
	}
	select {} // not killed in time
}

// telling prints the ids of what it has written, a line for each call.
type telling struct{ exporter.Spool }

func (s telling) Append(records []exporter.Spooled) (n int, evicted int64, err error) {
	n, evicted, err = s.Spool.Append(records)
	if n > 0 {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = records[i].Record.EventID
		}
		fmt.Println(strings.Join(ids, " "))
	}
	return n, evicted, err
}

func TestAKilledProcessLosesNothingThatWasOnDisk(t *testing.T) {
	rounds := 3
	if n, err := strconv.Atoi(os.Getenv("LANGSHARK_TEST_KILLS")); err == nil {
		rounds = n
	}
	dir := t.TempDir()
	onDisk := map[string][]string{} // event ids by run
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
		lines := bufio.NewReader(out)
		for n := 0; ; n++ {
			if n == 1+run%7 {
				_ = cmd.Process.Kill()
			}
			line, err := lines.ReadString('\n')
			if err != nil { // it is dead; a line that it was printing may be torn
				break
			}
			onDisk[name] = append(onDisk[name], strings.Fields(line)...)
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
	for run := range rounds {
		ids := onDisk[fmt.Sprintf("run%d", run)]
		if len(ids) == 0 {
			t.Errorf("run %d: nothing was on disk when it was killed", run)
		}
		total += len(ids)
		for _, id := range ids {
			if got := arrived[id]; got != 1 {
				t.Fatalf("record %s, which was on disk, arrived %d times", id, got)
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
