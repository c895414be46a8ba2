package lockfile

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) {
	if name := os.Getenv("LOCKFILE_HOLD"); name != "" {
		if _, err := Acquire(name); err != nil {
			os.Exit(3)
		}
		_, _ = os.Stdout.WriteString("held\n")
		_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed
		os.Exit(0)
	}
	testkit.Main(m)
}

// TestLock is held once, says by whom, and leaves no file.
func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.lock")
	if err := os.WriteFile(name, []byte("123456789\n"), 0o600); err != nil { // of one that was killed
		t.Fatal(err)
	}
	l, err := Acquire(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(name); !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), name) {
		t.Errorf("a second time: %v", err)
	}
	if got := Holder(name); got != os.Getpid() {
		t.Errorf("held by %d", got)
	}
	l.Release()
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
	if Holder(name) != 0 {
		t.Error("held by somebody")
	}
	if _, err := Acquire(filepath.Join(name, "none")); err == nil || errors.Is(err, ErrHeld) {
		t.Errorf("in no folder: %v", err)
	}
}

// TestOneHolder lets many take turns: never two at once.
func TestOneHolder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.lock")
	var holders, taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				l, err := Acquire(name)
				if err != nil {
					if !errors.Is(err, ErrHeld) && runtime.GOOS != "windows" { // there, a file that is being removed
						t.Error(err)
					}
					continue
				}
				taken.Add(1)
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d holders", n)
				}
				holders.Add(-1)
				l.Release()
			}
		})
	}
	wg.Wait()
	if taken.Load() == 0 {
		t.Error("nobody got it")
	}
}

// TestKilled gives the lock back that a killed process had.
func TestKilled(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.lock")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "LOCKFILE_HOLD="+name)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(name); !errors.Is(err, ErrHeld) || Holder(name) != cmd.Process.Pid {
		t.Errorf("while it runs: %v, held by %d", err, Holder(name))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	l, err := Acquire(name)
	if err != nil {
		t.Fatalf("after a kill: %v", err)
	}
	l.Release()
}
