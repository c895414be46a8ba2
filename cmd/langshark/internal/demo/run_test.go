package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

func TestOnce(t *testing.T) {
	var stdout, stderr bytes.Buffer
	getenv := func(name string) string { t.Errorf("%s is read", name); return "" }
	if err := Run(t.Context(), Config{Once: true, Stdout: &stdout, Stderr: &stderr, Getenv: getenv}); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var got summary
	line, rest, _ := strings.Cut(stdout.String(), "\n")
	if err := json.Unmarshal([]byte(line), &got); err != nil || rest != "" {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	if got.Traces < leastTraces || got.Observations < leastObservations || got.Errors < leastErrors || got.Dropped != 0 ||
		got.Generations < got.Traces || !strings.HasPrefix(got.URL, "http://127.0.0.1:") {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(stderr.String(), "built-in replay") {
		t.Errorf("screen: %s", stderr.String())
	}
}

// The demo prints its address, serves, goes on, and ends with its context.
func TestKeepsRunning(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Config{Addr: freePort, Stdout: w, Stderr: io.Discard})
		_ = w.Close()
	}()
	url, turns := "", 0
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if at := strings.Index(line, "http://"); at >= 0 && url == "" {
			url = line[at:]
			jar, err := cookiejar.New(nil) // the link signs in
			if err != nil {
				t.Fatal(err)
			}
			client := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
			resp, err := client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != http.StatusOK {
				t.Errorf("GET %s: %s", url, resp.Status)
			}
			_ = resp.Body.Close()
		}
		for _, d := range dialogues {
			if strings.Contains(line, d.lines[0].says) {
				turns++
			}
		}
		if turns == 3 {
			cancel()
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	if url == "" || !strings.Contains(url, "token=") || turns != 3 {
		t.Errorf("url %q, %d turns", url, turns)
	}
}

func TestAddressInUse(t *testing.T) {
	if l, err := net.Listen("tcp", server.DefaultAddr); err == nil {
		defer l.Close()
	} // else somebody else has it already
	h, err := startHost(t.Context(), Config{Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.shutdown(context.Background()) })
	if strings.HasSuffix(h.url, server.DefaultAddr) {
		t.Errorf("listens on %s, which is taken", h.url)
	}
	taken := strings.TrimPrefix(h.url, "http://")
	if _, err := startHost(t.Context(), Config{Addr: taken, Stderr: io.Discard}); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("an address that was asked for and is taken: %v", err)
	}
}

// A live round calls the provider that the environment names, and tells what it took.
func TestLiveOnce(t *testing.T) {
	provider := newReplay(0)
	if err := provider.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(provider.Close)
	env := map[string]string{"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": provider.BaseURL(), "OPENAI_MODEL": "gpt-4o"}
	var stdout, stderr bytes.Buffer
	err := Run(t.Context(), Config{Once: true, Live: true, Stdout: &stdout, Stderr: &stderr, Getenv: func(name string) string { return env[name] }})
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var got summary
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil || got.Traces != 9 || got.Errors != 0 || got.Dropped != 0 {
		t.Errorf("%v: %s", err, stdout.String())
	}
	calls := len(provider.Requests())
	if calls == 0 || calls > maxLiveCalls {
		t.Errorf("%d calls", calls)
	}
	for _, want := range []string{"about $", "at most 50", "estimated $", "Live: "} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %q on the screen: %s", want, stderr.String())
		}
	}
	if strings.Contains(stderr.String(), "built-in replay") {
		t.Error("a live round says it is a replay")
	}
}
