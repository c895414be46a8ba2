package spool

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
)

// childDir, when set, makes the test's binary a process that fills the spool there.
const (
	childDir   = "LANGSHARK_SPOOL_TEST_CHILD"
	childFirst = "LANGSHARK_SPOOL_TEST_FIRST"
)

// child appends until it is killed, says after each Append up to which record it was, and
// acknowledges some, which it says before.
func child(dir string) {
	first, _ := strconv.ParseUint(os.Getenv(childFirst), 10, 64)
	s, err := New(Config{Dir: dir, MaxBytes: 512 << 20, SegmentBytes: 64 << 10, Sync: SyncNone})
	if err == nil {
		_, err = s.Open()
	}
	fmt.Println("open", err)
	for seq := first; err == nil; seq += 20 {
		if _, _, err = s.Append(made(seq, 20, 700)); err == nil {
			fmt.Println("appended", seq+20)
		}
		if seq/20%4 != 0 || err != nil {
			continue
		}
		records, _, _ := s.Next(15, 1<<20)
		for i := range records {
			fmt.Println("done", records[i].Record.EventID)
			s.Ack(i)
		}
	}
	fmt.Println("failed", err)
}

// startChild runs the binary as a child and returns what it says.
func startChild(t *testing.T, dir string, first int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprintf("%s=%d", childFirst, first))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "open <nil>" {
		t.Fatalf("child: %q", lines.Text())
	}
	return cmd, lines
}

// kill ends the process as kill -9 does, and returns what it had said by then.
func kill(t *testing.T, cmd *exec.Cmd, lines *bufio.Scanner) (said []string) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		said = append(said, lines.Text())
	}
	_ = cmd.Wait() // killed
	return said
}

func TestKilledProcessesLoseNothing(t *testing.T) {
	dir := t.TempDir()
	appended := make(map[string]bool) // for which Append has returned
	acked := make(map[string]bool)
	for round := range 5 {
		first := 1 + round*1_000_000
		cmd, lines := startChild(t, dir, first)
		last := first
		hear := func(line string) {
			if id, ok := strings.CutPrefix(line, "done "); ok {
				acked[id] = true
			}
			if to, ok := strings.CutPrefix(line, "appended "); ok {
				last, _ = strconv.Atoi(to)
			}
			if strings.HasPrefix(line, "failed") {
				t.Fatal(line)
			}
		}
		for n := 0; n < 40+17*round && lines.Scan(); n++ {
			hear(lines.Text())
		}
		for _, line := range kill(t, cmd, lines) {
			if strings.Count(line, " ") == 1 { // the last may be cut
				hear(line)
			}
		}
		for id := first; id < last; id++ {
			appended[strconv.Itoa(id)] = true
		}
	}
	s, report := open(t, Config{Dir: dir})
	if report.Damaged != 0 || len(report.Problems) != 0 || report.AdoptedFolders == 0 {
		t.Errorf("%+v", report)
	}
	ids, damaged := drain(t, s, 100)
	if damaged != 0 || int64(len(ids)) != report.Adopted {
		t.Errorf("%d came, %d damaged, %+v", len(ids), damaged, report)
	}
	seen := make(map[string]bool)
	for _, id := range ids {
		if seen[id] {
			t.Errorf("%s came twice", id)
		}
		seen[id] = true
	}
	lost := 0
	for id := range appended {
		if !seen[id] && !acked[id] {
			lost++
		}
	}
	if lost > 0 || len(appended) < 500 {
		t.Errorf("%d of %d lost", lost, len(appended))
	}
	t.Logf("%d appended, %d acknowledged, %d came back, %d bytes torn", len(appended), len(acked), len(ids), report.TornBytes)
}

func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	cmd, lines := startChild(t, dir, 1)
	for range 5 {
		lines.Scan()
	}
	s, report := open(t, Config{Dir: dir})
	if report.Adopted != 0 || len(report.Problems) != 0 {
		t.Errorf("took from a living process: %+v", report)
	}
	mustAppend(t, s, made(5_000_001, 3, 200))
	got, _ := drain(t, s, 9)
	same(t, "own", got, []string{"5000001", "5000002", "5000003"})
	kill(t, cmd, lines)
	_, report = open(t, Config{Dir: dir})
	if report.Adopted == 0 || report.AdoptedFolders != 1 {
		t.Errorf("of the killed one: %+v", report)
	}
}

func TestManyOpenAtOnce(t *testing.T) {
	// Each record that a dead process left goes to exactly one of those that open at once.
	dir := t.TempDir()
	for i := range 8 {
		s, _ := New(Config{Dir: dir, Sync: SyncNone})
		var err error
		if s.own, err = s.makeFolder(); err != nil {
			t.Fatal(err)
		}
		s.folders = append(s.folders, s.own)
		mustAppend(t, s, made(uint64(100*i+1), 10, 200))
		s.Close()
	}
	const n = 6
	got := make(chan []string, n)
	for range n {
		go func() {
			s, _ := New(Config{Dir: dir, Sync: SyncNone})
			if _, err := s.Open(); err != nil {
				t.Error(err)
			}
			var ids []string
			for {
				records, damaged, err := s.Next(7, plenty)
				if err != nil || damaged > 0 {
					t.Error(err, damaged)
				}
				if len(records) == 0 {
					break
				}
				for i := range records {
					ids = append(ids, strings.Clone(records[i].Record.EventID))
					s.Ack(i)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			got <- ids
		}()
	}
	var all []string
	for range n {
		all = append(all, <-got...)
	}
	if once := unique(all); len(all) != 80 || len(once) != 80 {
		t.Errorf("%d came, %d different ones, want 80", len(all), len(once))
	}
	if left := entries(t, dir); len(left) != 0 {
		t.Errorf("%q", left)
	}
}

func TestTinyDisk(t *testing.T) {
	dir := t.TempDir()
	mount, err := exec.LookPath("mount")
	if err != nil || exec.CommandContext(t.Context(), mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", dir).Run() != nil {
		testkit.Skip(t, "a file system can't be mounted here")
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	s, _ := open(t, Config{Dir: dir})
	var want []string
	seq := uint64(1)
	var full error
	for full == nil {
		batch := made(seq, 10, 1000)
		var n int
		n, _, full = s.Append(batch)
		want = append(want, idsOf(batch[:n])...)
		seq += uint64(n)
		if len(want) > 1000 {
			t.Fatal("a disk of 256 KiB takes a megabyte")
		}
	}
	if len(want) < 100 || !strings.Contains(full.Error(), "no space") {
		t.Fatalf("%d written, then %v", len(want), full)
	}
	records, _, err := s.Next(100, plenty)
	if err != nil || len(records) != 100 {
		t.Fatalf("%d read from a full disk: %v", len(records), err)
	}
	got := idsOf(records)
	for i := range records {
		got[i] = strings.Clone(got[i])
		s.Ack(i)
	}
	rest, damaged := drain(t, s, 50)
	same(t, "all that was written", append(got, rest...), want)
	if damaged != 0 {
		t.Errorf("%d damaged", damaged)
	}
	mustAppend(t, s, made(seq, 10, 1000))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
