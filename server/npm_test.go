package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
)

// hexID is an id that OpenTelemetry makes.
var hexID = regexp.MustCompile(`[0-9a-f]{32}`)

// npmWithin bounds npm ci and each script.
const npmWithin = 5 * time.Minute

// npmClients returns a folder with the scripts of testdata/npm and the clients
// that its package-lock.json names.
func npmClients(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the clients from npm run in the long form, once")
	}
	if os.Getenv("LANGSHARK_TEST_NPM") != "1" {
		testkit.Skip(t, "clients from npm: LANGSHARK_TEST_NPM is not 1")
	}
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("LANGSHARK_TEST_NPM is 1, but there is no %s: install Node.js 18 or later", tool)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "npm"))); err != nil {
		t.Fatal(err)
	}
	run(t, dir, nil, "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund")
	return dir
}

// run runs a command in a folder, with more in its environment, and fails with its output.
func run(t *testing.T, dir string, env []string, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), npmWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	for _, v := range os.Environ() { // the machine's own keys and addresses of Langfuse are none of ours
		if !strings.HasPrefix(v, "LANGFUSE_") && !strings.HasPrefix(v, "OTEL_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	if len(out) > 0 {
		t.Logf("%s", out)
	}
}

// exchange is a request of a client with its answer.
type exchange struct {
	method, path     string
	status           int
	question, answer []byte
}

// listener keeps every exchange between clients and a server.
type listener struct {
	http.Handler
	mu        sync.Mutex
	exchanges []exchange
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	question, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(question))
	heard := httptest.NewRecorder()
	l.Handler.ServeHTTP(heard, r)
	l.mu.Lock()
	l.exchanges = append(l.exchanges, exchange{r.Method, r.URL.RequestURI(), heard.Code, question, heard.Body.Bytes()})
	l.mu.Unlock()
	maps.Copy(w.Header(), heard.Header())
	w.WriteHeader(heard.Code)
	_, _ = w.Write(heard.Body.Bytes())
}

// TestNPM runs the clients of Langfuse from npm against the server. The scripts
// check what the clients read back, and what follows them here what arrived.
func TestNPM(t *testing.T) {
	dir := npmClients(t)
	for _, c := range []struct {
		script  string
		refused []string // what the script asks for though it isn't there
		arrived func(*testing.T, client)
	}{
		{script: "v3-tracing.mjs", arrived: arrivedV3Tracing},
		{script: "v3-prompts.mjs", arrived: arrivedV3Prompts, refused: []string{"404 GET /api/public/v2/prompts/none", "404 GET /api/public/v2/prompts/none?version=3"}},
		{script: "v3-datasets.mjs", arrived: arrivedV3Datasets},
		{script: "v5-tracing.mjs", arrived: arrivedV5Tracing},
		{script: "v5-prompts.mjs", arrived: arrivedV5Prompts, refused: []string{"404 GET /api/public/v2/prompts/none", "404 GET /api/public/v2/prompts/none?version=3"}},
		{script: "v5-datasets.mjs", arrived: arrivedV5Datasets},
		{script: "v5-api.mjs", arrived: arrivedV5API, refused: []string{"404 GET /api/public/traces/…"}},
		{script: "v3-media.mjs"},
		{script: "v5-media.mjs"},
		{script: "v5-absent.mjs", refused: absent},
	} {
		t.Run(strings.TrimSuffix(c.script, ".mjs"), func(t *testing.T) {
			srv := newServer(t, server.Config{DataDir: t.TempDir()})
			l := &listener{Handler: srv.Handler()}
			ts := httptest.NewServer(l)
			t.Cleanup(ts.Close)
			api := project(t, srv, ts.URL, "npm")
			run(t, dir, []string{
				"LANGFUSE_PUBLIC_KEY=" + api.public, "LANGFUSE_SECRET_KEY=" + api.secret,
				"LANGFUSE_BASEURL=" + api.base, "LANGFUSE_BASE_URL=" + api.base,
			}, "node", c.script)
			l.mu.Lock()
			exchanges := slices.Clone(l.exchanges)
			l.mu.Unlock()
			var refused []string
			for _, e := range exchanges {
				checkDescribed(t, e.method, e.path, e.question, e.status, e.answer)
				if e.status >= http.StatusBadRequest {
					refused = append(refused, fmt.Sprintf("%d %s %s", e.status, e.method, hexID.ReplaceAllString(e.path, "…")))
				}
				if bytes.Contains(e.answer, []byte(`"errors":[{`)) || bytes.Contains(e.answer, []byte(`"partialSuccess":{"`)) {
					t.Errorf("%s %s: %s", e.method, e.path, e.answer)
				}
			}
			slices.Sort(refused)
			if !slices.Equal(slices.Compact(refused), c.refused) {
				t.Errorf("refused: %q, want %q", refused, c.refused)
			}
			if c.arrived != nil {
				c.arrived(t, api)
			}
		})
	}
}
