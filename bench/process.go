package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

// measure runs a task in a fresh process, with a fresh sink in another if it
// exports, and returns what it measured and what arrived.
func measure(ctx context.Context, s settings, t task, delay time.Duration) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	t.Profile = s.profile
	if !t.Exports {
		r, err := t.run(ctx)
		return r, err
	}
	sink, err := startSink(ctx, delay)
	if err != nil {
		return result{}, err
	}
	defer sink.stop()
	t.To.URL, t.Control = sink.url, sink.control
	r, err := t.run(ctx)
	if err != nil {
		return r, err
	}
	r.Arrived, err = sink.tally(ctx)
	return r, err
}

// own begins the names of variables that would change what is measured.
var own = []string{"LANGSHARK_", "LANGFUSE_", "OTEL_", "DD_", "SENTRY_", "GOGC=", "GOMEMLIMIT=", "GODEBUG="}

// environment leaves out what else the SDKs could do besides: telemetry of
// their own, and what goes to other hosts.
func environment() []string {
	env := []string{"DD_INSTRUMENTATION_TELEMETRY_ENABLED=false", "DD_REMOTE_CONFIGURATION_ENABLED=false", "DD_RUNTIME_METRICS_ENABLED=false"}
next:
	for _, v := range os.Environ() {
		for _, prefix := range own {
			if strings.HasPrefix(v, prefix) {
				continue next
			}
		}
		env = append(env, v)
	}
	return env
}

func command(ctx context.Context, verb, argument string) (*exec.Cmd, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, verb, argument) //nolint:gosec // itself
	cmd.Env, cmd.WaitDelay = environment(), 5*time.Second
	return cmd, nil
}

// run starts the child and reads its result: the last line of what it prints,
// because some SDKs print too.
func (t task) run(ctx context.Context) (r result, err error) {
	argument, err := json.Marshal(t)
	if err != nil {
		return r, err
	}
	cmd, err := command(ctx, childVerb, string(argument))
	if err != nil {
		return r, err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return r, fmt.Errorf("%s of %s: %w: %s", t.Kind, t.Subject, errors.Join(ctx.Err(), err), tail(stderr.Bytes(), 500))
	}
	out := bytes.TrimSpace(stdout.Bytes())
	if err := json.Unmarshal(out[bytes.LastIndexByte(out, '\n')+1:], &r); err != nil {
		return r, fmt.Errorf("%s of %s: its result: %w: %s", t.Kind, t.Subject, err, tail(out, 500))
	}
	return r, nil
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

// sinkProcess is a sink as the bench sees it.
type sinkProcess struct {
	url, control string
	cmd          *exec.Cmd
	stdin        io.Closer
}

func startSink(ctx context.Context, delay time.Duration) (*sinkProcess, error) {
	cmd, err := command(ctx, sinkVerb, delay.String())
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &sinkProcess{cmd: cmd, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	var found bool
	p.url, p.control, found = strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !found {
		p.stop()
		return nil, fmt.Errorf("the sink did not start: %w", errors.Join(err, ctx.Err()))
	}
	return p, nil
}

// stop ends the process: it does when its standard input ends, or else is killed.
func (p *sinkProcess) stop() {
	p.stdin.Close()
	kill := time.AfterFunc(5*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	_ = p.cmd.Wait()
}

func (p *sinkProcess) tally(ctx context.Context) (t tally, err error) {
	err = control(ctx, http.MethodGet, p.control+"/tally", &t)
	return t, err
}

// leave makes a sink go away; see [sink.away].
func leave(ctx context.Context, address string, after, pause time.Duration) error {
	query := url.Values{"after": {after.String()}}
	if pause > 0 {
		query.Set("for", pause.String())
	}
	return control(ctx, http.MethodPost, address+"/away?"+query.Encode(), nil)
}

// back undoes leave.
func back(ctx context.Context, address string) error {
	return control(ctx, http.MethodPost, address+"/back", nil)
}

func control(ctx context.Context, method, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the sink answers %s", response.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}
