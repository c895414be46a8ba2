package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// command runs a command line to its end.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, terminal{&out, &errs})
	return code, out.String(), errs.String()
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"", "--help", "serve --help", "demo --help", "project --help", "project add --help", "project list --help", "project retention --help", "project protect-label --help", "project unprotect-label --help", "project labels --help", "export --help", "import --help", "backup --help", "restore --help", "check --help", "health --help", "version --help"} {
		code, stdout, stderr := command(t, strings.Fields(args)...)
		if code != 0 || !strings.Contains(stdout, "Usage: langshark") || stderr != "" {
			t.Errorf("%q: %d\n%s%s", args, code, stdout, stderr)
		}
	}
}

// TestErrors are one line that says what to do.
func TestErrors(t *testing.T) {
	dir := t.TempDir()
	empty := t.TempDir()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	missing := filepath.Join(dir, "none.pem")
	for args, want := range map[string]string{
		"backup x --data " + empty:                                   "start langshark serve first",
		"check --data " + empty:                                      "start langshark serve first",
		"restore --data " + empty + " " + missing:                    missing,
		"restore --data " + empty + " main.go":                       "main.go is no data of langshark",
		"health --url localhost":                                     "--url",
		"project retention x soon --data " + empty:                   "30d",
		"serve --tls-cert " + missing + " --data " + dir:             "--tls-key names no file",
		"serve --tls-cert " + missing + " --tls-key k --data " + dir: "--tls-cert: stat " + missing,
		"serve --tls-cert main.go --tls-key main.go --data " + dir:   "--tls-cert main.go",
		"serve --log-format xml --data " + dir:                       "--log-format",
		"serve --log-level loud --data " + dir:                       "--log-level",
		"serve --drain -1s --data " + dir:                            "--drain",
		"serve --webhook-allow https://x --data " + dir:              "in --webhook-allow is neither",
		"nope":                         "--help",
		"serve --nope":                 "serve --help",
		"project add":                  "--help",
		"serve --addr 1 --data " + dir: "--addr \"1\" is not host:port",
		"serve --addr 0.0.0.0:0 --open --data " + dir:                         "--open works on loopback only",
		"serve --open --public-url https://x.example --data " + dir:           "--public-url",
		"project add x --data " + empty:                                       "start langshark serve first",
		"project list --data " + empty:                                        "start langshark serve first",
		"serve --addr " + taken.Addr().String() + " --data " + dir:            "choose another address with --addr",
		"project list --data " + filepath.Join(dir, "none"):                   "--data DIR",
		"serve --addr 127.0.0.1:0 --init-project-public-key pk --data " + dir: "LANGSHARK_INIT_PROJECT_SECRET_KEY",
	} {
		code, stdout, stderr := command(t, strings.Fields(args)...)
		if code != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "langshark: ") || !strings.Contains(stderr, want) {
			t.Errorf("%q: %d\nstdout %q\nstderr %q, want %q", args, code, stdout, stderr, want)
		}
	}
}

// serving is a server that runs until stop.
type serving struct {
	url   string
	data  string // its folder, where a test needs it
	lines []string
	stop  func() (code int, rest string)
}

// start runs serve and reads what it prints up to the last line it promises.
func start(t *testing.T, lines int, args ...string) serving {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		ended <- run(ctx, append([]string{"serve"}, args...), terminal{writer, &stderr})
		writer.Close()
	}()
	s := serving{}
	in := bufio.NewScanner(reader)
	for len(s.lines) < lines && in.Scan() {
		s.lines = append(s.lines, in.Text())
	}
	if len(s.lines) < lines {
		cancel()
		t.Fatalf("serve ended early: %d %s", <-ended, stderr.String())
	}
	s.url = s.lines[0]
	s.stop = func() (int, string) {
		cancel() // as a signal does
		for in.Scan() {
			s.lines = append(s.lines, in.Text())
		}
		return <-ended, stderr.String()
	}
	return s
}

// projects asks the API who the key belongs to.
func projects(t *testing.T, url, public, secret string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/public/projects", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(public, secret)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// TestServe starts twice on the same data: keys are made and printed the first time.
func TestServe(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	first := start(t, 7, "--addr", "127.0.0.1:0", "--data", data)
	if !strings.HasPrefix(first.url, "http://127.0.0.1:") || !strings.Contains(first.lines[1], first.url+"/?token=") {
		t.Errorf("printed %q", first.lines)
	}
	exports := map[string]string{}
	for _, line := range first.lines {
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "="); ok && strings.HasPrefix(line, "export ") {
			exports[name] = value
		}
	}
	public, secret := exports["LANGSHARK_PUBLIC_KEY"], exports["LANGSHARK_SECRET_KEY"]
	if exports["LANGSHARK_HOST"] != first.url || projects(t, first.url, public, secret) != http.StatusOK {
		t.Errorf("the printed keys do not work: %v", exports)
	}
	code, stdout, _ := command(t, "project", "add", "second one", "--data", data) // beside the running server
	if code != 0 || !strings.Contains(stdout, "second-one") {
		t.Errorf("project add: %d %s", code, stdout)
	}
	var more [2]string
	for line := range strings.SplitSeq(stdout, "\n") {
		if v, ok := strings.CutPrefix(line, "export LANGSHARK_PUBLIC_KEY="); ok {
			more[0] = v
		}
		if v, ok := strings.CutPrefix(line, "export LANGSHARK_SECRET_KEY="); ok {
			more[1] = v
		}
	}
	if status := projects(t, first.url, more[0], more[1]); status != http.StatusOK {
		t.Errorf("the keys of a project added meanwhile: %d", status)
	}
	if code, rest := first.stop(); code != 0 || rest != "" {
		t.Errorf("ended with %d %s", code, rest)
	}

	again := start(t, 2, "--addr", "127.0.0.1:0", "--data", data)
	if status := projects(t, again.url, public, secret); status != http.StatusOK {
		t.Errorf("the keys after a restart: %d", status)
	}
	if code, rest := again.stop(); code != 0 || rest != "" {
		t.Errorf("ended with %d %s", code, rest)
	}
	if n := len(again.lines); n != 2 {
		t.Errorf("printed %q at the second start", again.lines)
	}
	if code, stdout, _ := command(t, "project", "list", "--data", data); code != 0 || strings.Count(stdout, "\n") != 3 || !strings.Contains(stdout, "second one") {
		t.Errorf("project list: %d\n%s", code, stdout)
	}
	if code, _, stderr := command(t, "project", "add", "second one", "--data", data); code != 1 || !strings.Contains(stderr, "choose another name") {
		t.Errorf("the same name: %d %s", code, stderr)
	}
}

// TestServeWithKeys takes address, data and keys from the environment.
func TestServeWithKeys(t *testing.T) {
	t.Setenv("LANGSHARK_ADDR", "127.0.0.1:0")
	t.Setenv("LANGSHARK_DATA", filepath.Join(t.TempDir(), "data"))
	t.Setenv("LANGSHARK_INIT_PROJECT_PUBLIC_KEY", "pk-mine")
	t.Setenv("LANGSHARK_INIT_PROJECT_SECRET_KEY", "sk-mine")
	for range 2 {
		s := start(t, 1, "--open")
		if status := projects(t, s.url, "pk-mine", "sk-mine"); status != http.StatusOK {
			t.Errorf("the given keys: %d", status)
		}
		if code, rest := s.stop(); code != 0 || rest != "" || len(s.lines) != 1 {
			t.Errorf("ended with %d %s, having printed %q", code, rest, s.lines)
		}
	}
	t.Setenv("LANGSHARK_INIT_PROJECT_SECRET_KEY", "another")
	if code, _, stderr := command(t, "serve"); code != 1 || !strings.Contains(stderr, "another secret") {
		t.Errorf("another secret: %d %s", code, stderr)
	}
}

func TestVersion(t *testing.T) {
	for _, args := range []string{"version", "--version"} {
		if code, stdout, stderr := command(t, args); code != 0 || !strings.HasPrefix(stdout, "langshark 0.") || stderr != "" {
			t.Errorf("%s: %d %s%s", args, code, stdout, stderr)
		}
	}
}

// TestEmptyFolder means the default folder, which is kept.
func TestEmptyFolder(t *testing.T) {
	for _, args := range [][]string{{"--data", ""}, nil} {
		t.Chdir(t.TempDir())
		t.Setenv("LANGSHARK_DATA", "")
		s := start(t, 1, append([]string{"--addr", "127.0.0.1:0", "--open"}, args...)...)
		if code, _, stderr := command(t, append([]string{"project", "add", "second"}, args...)...); code != 0 {
			t.Errorf("%q: project add: %d %s", args, code, stderr)
		}
		if code, rest := s.stop(); code != 0 || rest != "" {
			t.Errorf("%q: ended with %d %s", args, code, rest)
		}
		if _, err := os.Stat(filepath.Join("langshark-data", "langshark.db")); err != nil {
			t.Errorf("%q: %v", args, err)
		}
		if code, stdout, _ := command(t, append([]string{"project", "list"}, args...)...); code != 0 || !strings.Contains(stdout, "second") {
			t.Errorf("%q: project list: %d %s", args, code, stdout)
		}
	}
}

// TestRemovedKeyStaysOut takes a key away that is in the environment: no start lets it in again, and each says so.
func TestRemovedKeyStaysOut(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("LANGSHARK_INIT_PROJECT_PUBLIC_KEY", "pk-leaked")
	t.Setenv("LANGSHARK_INIT_PROJECT_SECRET_KEY", "sk-leaked")
	serving := func(secret string, status int, wants ...string) {
		t.Helper()
		s := start(t, 1, "--addr", "127.0.0.1:0", "--data", dir, "--open")
		if got := projects(t, s.url, "pk-leaked", secret); got != status {
			t.Errorf("secret %s: %d, want %d", secret, got, status)
		}
		code, rest := s.stop()
		if code != 0 || (len(wants) == 0) != (rest == "") || strings.Contains(rest, "sk-leaked") {
			t.Errorf("ended with %d %s", code, rest)
		}
		for _, want := range wants {
			if !strings.Contains(rest, want) {
				t.Errorf("the log doesn't say %s:\n%s", want, rest)
			}
		}
	}
	serving("sk-leaked", http.StatusOK)
	for _, args := range []string{"create default", "rm default pk-leaked"} {
		if code, _, stderr := command(t, append(append([]string{"project", "keys"}, strings.Fields(args)...), "--data", dir)...); code != 0 {
			t.Fatalf("%s: %d %s", args, code, stderr)
		}
	}
	for range 2 {
		serving("sk-leaked", http.StatusUnauthorized, "level=WARN", "LANGSHARK_INIT_PROJECT_PUBLIC_KEY", "LANGSHARK_INIT_PROJECT_SECRET_KEY another secret", "pk-leaked")
	}
	t.Setenv("LANGSHARK_INIT_PROJECT_SECRET_KEY", "sk-new")
	serving("sk-new", http.StatusOK)
	serving("sk-leaked", http.StatusUnauthorized)
}

// TestInitProject makes a project with no key but the given one, and says whose a key is: the server starts all the same.
func TestInitProject(t *testing.T) {
	dir := t.TempDir()
	args := func(name, public string) []string {
		return []string{"--addr", "127.0.0.1:0", "--data", dir, "--open", "--init-project-name", name, "--init-project-public-key", public, "--init-project-secret-key", "sk"}
	}
	s := start(t, 1, args("shop", "pk-shop")...)
	if code, rest := s.stop(); code != 0 || rest != "" || len(s.lines) != 1 {
		t.Errorf("ended with %d %s, having printed %q", code, rest, s.lines)
	}
	if _, stdout, _ := command(t, "project", "list", "--data", dir); !strings.Contains(strings.Join(strings.Fields(stdout), " "), "shop shop 1") {
		t.Errorf("projects:\n%s", stdout)
	}
	for name, want := range map[string]string{"other": "belongs to project shop, not to other", "default": "belongs to project shop, not to default"} {
		s := start(t, 1, args(name, "pk-shop")...)
		if code, rest := s.stop(); code != 0 || !strings.Contains(rest, want) || !strings.Contains(rest, "level=ERROR") || !strings.Contains(rest, "LANGSHARK_INIT_PROJECT_PUBLIC_KEY") {
			t.Errorf("%s: %d %s", name, code, rest)
		}
	}
	if code, _, stderr := command(t, append([]string{"serve"}, args("shop", "pk:x")...)...); code != 1 || !strings.Contains(stderr, "colon") {
		t.Errorf("a key with a colon: %d %s", code, stderr)
	}
	if code, _, stderr := command(t, "project", "add", "a\x1b[2Jb", "--data", dir); code != 1 || !strings.Contains(stderr, "control characters") {
		t.Errorf("a name with an escape sequence: %d %s", code, stderr)
	}
	if _, stdout, _ := command(t, "project", "list", "--data", dir); strings.Count(stdout, "\n") != 3 {
		t.Errorf("projects:\n%s", stdout)
	}
}

// TestStalledRequest is cut off, and the program ends well.
func TestStalledRequest(t *testing.T) {
	s := start(t, 1, "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--open")
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /prefs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" { // it waits for the body
		t.Fatalf("%q, %v", line, err)
	}
	began := time.Now()
	code, rest := s.stop()
	if took := time.Since(began); code != 0 || !strings.Contains(rest, "cut off") || took > 30*time.Second { // ReadTimeout would end it after a minute
		t.Errorf("ended with %d after %v: %s", code, took, rest)
	}
}
