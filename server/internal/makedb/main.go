// Command makedb makes the data file of the version that is checked out, for
// the upgrade tests of later versions: it builds the langshark binary, runs
// serve on an empty folder, sends the events of a file through the ingestion
// API and ends it with SIGTERM.
//
//	go run ./internal/makedb testdata/v1.json testdata/v1.db
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// The keys of the project in the file.
const (
	publicKey = "pk-lf-v1"
	secretKey = "sk-lf-v1"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: makedb EVENTS.json OUT.db")
		os.Exit(1)
	}
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "makedb:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, events, out string) (err error) {
	if _, err := os.Stat(out); err == nil {
		return fmt.Errorf("%s exists: a file of an earlier version is never made anew", out)
	}
	dir, err := os.MkdirTemp("", "makedb-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary, data := filepath.Join(dir, "langshark"), filepath.Join(dir, "data")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/langshark/langshark-go/cmd/langshark")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := serve(ctx, binary, data, events); err != nil {
		return err
	}
	if left, err := filepath.Glob(filepath.Join(data, "*-wal")); err != nil || len(left) > 0 {
		return fmt.Errorf("the server left %v behind: %w", left, err)
	}
	b, err := os.ReadFile(filepath.Join(data, "langshark.db"))
	if err != nil {
		return err
	}
	return os.WriteFile(out, b, 0o600)
}

// serve runs the server, sends the events and ends it.
func serve(ctx context.Context, binary, data, events string) error {
	server := exec.CommandContext(ctx, binary, "serve", "--addr", "127.0.0.1:0", "--data", data)
	server.Env = append(os.Environ(), "LANGSHARK_INIT_PROJECT_PUBLIC_KEY="+publicKey, "LANGSHARK_INIT_PROJECT_SECRET_KEY="+secretKey)
	server.Stderr = os.Stderr
	stdout, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		return errors.Join(errors.New("the server printed no address"), server.Wait())
	}
	sent := send(ctx, lines.Text(), events)
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		return errors.Join(sent, err)
	}
	for lines.Scan() { // let it write what it has to say
	}
	return errors.Join(sent, server.Wait())
}

func send(ctx context.Context, base, events string) error {
	body, err := os.ReadFile(events)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/public/ingestion", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.SetBasicAuth(publicKey, secretKey)
	r.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: time.Minute}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusMultiStatus || !strings.Contains(string(answer), `"errors":[]`) {
		return fmt.Errorf("ingestion answered %d %s", res.StatusCode, answer)
	}
	return nil
}
