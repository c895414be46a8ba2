package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The keys of the server's project.
const (
	publicKey = "pk-bench"
	secretKey = "sk-bench"
	projectID = "default"
	fileName  = "langshark.db"
)

// build makes the langshark to measure, unless there is one.
func (s *settings) build(ctx context.Context) error {
	if s.binary != "" {
		var err error
		s.binary, err = filepath.Abs(s.binary)
		return err
	}
	out := filepath.Join(s.dir, "langshark")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, "./cmd/langshark") //nolint:gosec // a path of our own
	cmd.Dir, cmd.Stderr = s.root, os.Stderr
	cmd.Env = append(os.Environ(), "GOWORK=") // that of the checkout, not the bench's
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build ./cmd/langshark in %s: %w", s.root, err)
	}
	s.binary = out
	return nil
}

// environment leaves out what would change what is measured.
func environment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "LANGSHARK_") && !strings.HasPrefix(v, "GOGC=") && !strings.HasPrefix(v, "GOMEMLIMIT=") && !strings.HasPrefix(v, "GODEBUG=") && !strings.HasPrefix(v, "GOWORK=") {
			env = append(env, v)
		}
	}
	return env
}

// serverProcess is langshark serve.
type serverProcess struct {
	url string
	cmd *exec.Cmd
	log bytes.Buffer
}

// serve starts the server on a folder.
func (s *settings) serve(ctx context.Context, dir string) (*serverProcess, error) {
	p := &serverProcess{cmd: exec.CommandContext(ctx, s.binary, "serve", "--addr", "127.0.0.1:0", "--data", dir, "--open")} //nolint:gosec // what the bench is for
	p.cmd.Env = append(environment(), "LANGSHARK_INIT_PROJECT_PUBLIC_KEY="+publicKey, "LANGSHARK_INIT_PROJECT_SECRET_KEY="+secretKey)
	p.cmd.Stderr, p.cmd.WaitDelay = &p.log, 5*time.Second
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if p.url = strings.TrimSpace(line); err != nil || !strings.HasPrefix(p.url, "http") {
		_ = p.stop()
		return nil, fmt.Errorf("langshark serve did not start: %w: %s", errors.Join(err, ctx.Err()), p.log.String())
	}
	return p, nil
}

// pid is the number of the process.
func (p *serverProcess) pid() int { return p.cmd.Process.Pid }

// stop ends the server as a person would.
func (p *serverProcess) stop() error {
	_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended
	kill := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("langshark serve: %w: %s", err, p.log.String())
	}
	return nil
}

// quiet waits until the server does nothing more, half a minute at most.
func (p *serverProcess) quiet(ctx context.Context) {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	last := cpuOf(p.pid())
	for calm, n := 0, 0; calm < 2 && n < 100; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := cpuOf(p.pid())
		if calm++; now-last > clockTick {
			calm = 0
		}
		last = now
	}
}

// counter reads one from /metrics; false where there is none.
func (p *serverProcess) counter(ctx context.Context, name string) (float64, bool) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/metrics", nil)
	if err != nil {
		return 0, false
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Do(q)
	if err != nil {
		return 0, false
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, false
	}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// childVerb is the argument that makes this binary do one task.
const childVerb = "child"

// task is what a child does: Kind names it, the rest is for it.
type task struct {
	Kind         string
	Dir          string
	Observations int
	Payload      int
	Callers      int
	Runs         int
	Calm         time.Duration
	Binary       string
}

// tasks by kind; each returns a result that JSON can hold.
var tasks = map[string]func(context.Context, task) (any, error){
	"inprocess":   inProcess,
	"load":        load,
	"reads":       reads,
	"maintenance": maintenance,
}

// do runs a task in a process of its own.
func do[T any](ctx context.Context, t task) (result T, err error) {
	argument, err := json.Marshal(t)
	if err != nil {
		return result, err
	}
	self, err := os.Executable()
	if err != nil {
		return result, err
	}
	cmd := exec.CommandContext(ctx, self, childVerb, string(argument)) //nolint:gosec // itself
	cmd.Env, cmd.Stderr, cmd.WaitDelay = environment(), os.Stderr, 5*time.Second
	out, err := cmd.Output()
	if err != nil {
		return result, fmt.Errorf("%s: %w", t.Kind, errors.Join(ctx.Err(), err))
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return result, fmt.Errorf("%s: its result: %w: %.500s", t.Kind, err, out)
	}
	return result, nil
}

func child(ctx context.Context, argument string) error {
	var t task
	if err := json.Unmarshal([]byte(argument), &t); err != nil {
		return err
	}
	f := tasks[t.Kind]
	if f == nil {
		return fmt.Errorf("there is no task %q", t.Kind)
	}
	result, err := f(ctx, t)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}
