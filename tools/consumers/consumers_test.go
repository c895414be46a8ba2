// Package consumers tests what happens to the modules of those who import ours.
package consumers

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/langshark/langshark-go/tools/internal/checkout"
)

// world is a proxy of files and the environment that uses it, with a module cache that all tests share.
type world struct {
	modules  []checkout.Module
	unpacked map[string]string // the published modules' folders, by path
	env      []string
	root     string
}

var (
	temporary string
	theWorld  = sync.OnceValues(makeWorld)
)

func TestMain(m *testing.M) {
	var err error
	if temporary, err = os.MkdirTemp("", "consumers"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(temporary)
	os.Exit(code)
}

func makeWorld() (*world, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return nil, err
	}
	proxy := filepath.Join(temporary, "proxy")
	modules, err := checkout.Proxy(context.Background(), root, proxy)
	if err != nil {
		return nil, err
	}
	env, err := checkout.Env(context.Background(), proxy, filepath.Join(temporary, "cache"))
	if err != nil {
		return nil, err
	}
	unpacked, err := checkout.Unpack(modules, proxy, filepath.Join(temporary, "unpacked"))
	if err != nil {
		return nil, err
	}
	return &world{modules, unpacked, env, root}, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w, err := theWorld()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// with is the world with more in its environment.
func (w *world) with(env ...string) *world {
	c := *w
	c.env = slices.Concat(w.env, env)
	return &c
}

func (w *world) run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// ring is an application that imports one of ours, and what its go.mod has then.
type ring struct {
	goVersion string
	// requires is what the application has already; it must not be moved.
	requires string
	source   string
	// without is the application before it imports us. It has all of want but what adds says.
	without string
	adds    []string
}

const core = checkout.Prefix

var (
	tracing = []string{core, "github.com/cenkalti/backoff/v4", "github.com/google/uuid"}
	rings   = map[string]ring{
		"core": {
			goVersion: "1.25.0",
			without:   `func main() {}`,
			source: `import "github.com/langshark/langshark-go"

func main() { _, _ = langshark.New(langshark.Config{}) }`,
			adds: tracing,
		},
		"openai": {
			goVersion: "1.25.0",
			requires:  "require github.com/sashabaranov/go-openai v1.36.0",
			without: `import "github.com/sashabaranov/go-openai"

func main() { _ = openai.NewClientWithConfig(openai.DefaultConfig("")) }`,
			source: `import (
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/sashabaranov/go-openai"
)

func main() {
	cfg := openai.DefaultConfig("")
	lsopenai.WrapConfig(&cfg)
	_ = openai.NewClientWithConfig(cfg)
}`,
			adds: append(slices.Clone(tracing), core+"/integrations/openai"),
		},
		// An application that has models alone would get what chains and agents of the library need as well.
		"langchaingo": {
			goVersion: "1.25.0",
			requires:  "require github.com/tmc/langchaingo v0.1.14",
			without: `import (
	"github.com/tmc/langchaingo/agents"
	"github.com/tmc/langchaingo/llms/openai"
)

func main() {
	llm, _ := openai.New()
	_ = agents.NewExecutor(agents.NewConversationalAgent(llm, nil))
}`,
			source: `import (
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/tmc/langchaingo/agents"
	"github.com/tmc/langchaingo/llms/openai"
)

func main() {
	llm, _ := openai.New()
	_ = agents.NewExecutor(agents.NewConversationalAgent(lslangchaingo.WrapModel(llm), nil))
}`,
			adds: []string{core, core + "/integrations/langchaingo", "github.com/cenkalti/backoff/v4"}, // uuid is there already
		},
		"otel": {
			goVersion: "1.26.0",
			requires:  "require (\n\tgo.opentelemetry.io/otel v1.47.0\n\tgo.opentelemetry.io/otel/sdk v1.47.0\n)",
			without: `import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() { otel.SetTracerProvider(trace.NewTracerProvider()) }`,
			source: `import (
	"github.com/langshark/langshark-go"
	lsotel "github.com/langshark/langshark-go/integrations/otel"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	client, _ := langshark.New(langshark.Config{Bridge: lsotel.Bridge{}})
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(lsotel.NewSpanProcessor(client))))
}`,
			adds: []string{core, core + "/integrations/otel", "github.com/cenkalti/backoff/v4"},
		},
		"server": {
			goVersion: "1.26.0",
			requires:  "require github.com/sashabaranov/go-openai v1.36.0",
			without: `import "github.com/sashabaranov/go-openai"

func main() { _ = openai.DefaultConfig("") }`,
			source: `import (
	"github.com/langshark/langshark-go/server"
	"github.com/sashabaranov/go-openai"
)

func main() {
	_, _ = server.New(server.Config{})
	_ = openai.DefaultConfig("")
}`,
			adds: append(slices.Clone(tracing), core+"/server",
				"github.com/a-h/templ", "github.com/dlclark/regexp2/v2", "github.com/dustin/go-humanize", "github.com/klauspost/compress", "github.com/mattn/go-isatty",
				"github.com/ncruces/go-strftime", "github.com/remyoudompheng/bigfft", "github.com/tiktoken-go/tokenizer", "golang.org/x/sys", "golang.org/x/time",
				"github.com/prometheus/client_golang", "github.com/beorn7/perks", "github.com/cespare/xxhash/v2", "github.com/munnerz/goautoneg",
				"github.com/prometheus/client_model", "github.com/prometheus/common", "github.com/prometheus/procfs", "google.golang.org/protobuf",
				"modernc.org/libc", "modernc.org/mathutil", "modernc.org/memory", "modernc.org/sqlite"),
		},
	}
)

// TestRings builds an application on each ring and looks at what its go.mod grew by: nothing but what is said, and
// no version of the application's own modules has moved.
func TestRings(t *testing.T) {
	w := newWorld(t)
	for name, r := range rings {
		t.Run(name, func(t *testing.T) {
			before, _ := w.application(t, r, r.without)
			after, dir := w.application(t, r, r.source)
			for path, version := range before {
				if after[path] != version {
					t.Errorf("%s was %s and is %s", path, version, after[path])
				}
			}
			want := slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(before)), r.adds...)))
			if have := slices.Sorted(maps.Keys(after)); !slices.Equal(have, want) {
				t.Errorf("the application's go.mod has\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
			}
			w.run(t, dir, "go", "build", "-o", os.DevNull, ".")
		})
	}
}

// application makes an application and returns the requirements that go mod tidy gives it, and its folder.
func (w *world) application(t *testing.T, r ring, source string) (map[string]string, string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/app\n\ngo "+r.goVersion+"\n\n"+r.requires+"\n")
	write(t, filepath.Join(dir, "main.go"), "package main\n\n"+source+"\n")
	w.run(t, dir, "go", "mod", "tidy")
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.Toolchain != nil || f.Go.Version != r.goVersion {
		t.Errorf("go.mod says go %s and has the toolchain line %v", f.Go.Version, f.Toolchain)
	}
	requires := map[string]string{}
	for _, m := range f.Require {
		requires[m.Mod.Path] = m.Mod.Version
	}
	return requires, dir
}

// sameAnywhere are long tests that don't depend on the versions around a module: the README's command has run them.
const sameAnywhere = "^(TestFaults|TestServerRestarts|TestPartialFailuresComeAgainAlone|TestWhereNothingAnswers|TestAKilledProcess.*|TestModel|TestModelOfCounts|TestInvariantUnderLoad.*|TestBrowser.*)$"

// TestModulesAlone vets every module that others may build, without the workspace: with the versions that its own
// go.mod asks for, and its siblings from the proxy. Packages that get other versions so than in the workspace, where the README's
// command has tested them, are tested.
func TestModulesAlone(t *testing.T) {
	w := newWorld(t)
	for _, m := range w.modules {
		if !m.Published && !strings.HasPrefix(m.Dir, "integrations/") || m.Dir == "integrations/llmhttp/sdktest" { // whose SDKs take minutes to build; make sdks runs it
			continue
		}
		t.Run(m.Path, func(t *testing.T) {
			dir := filepath.Join(w.root, m.Dir)
			together := w.usual("GOFLAGS=", "GOWORK="+filepath.Join(w.root, "go.work")).versions(t, dir)
			// In GOFLAGS, it holds for the go commands that tests run too: no file of the checkout changes.
			w := w.usual("GOFLAGS=-mod=mod -modfile="+w.alone(t, m), "GOWORK=off")
			w.run(t, dir, "go", "vet", "./...")
			var others []string
			for path, versions := range w.versions(t, dir) {
				if !slices.Equal(versions, together[path]) {
					others = append(others, path)
				}
			}
			t.Logf("%d of %d packages with tests have other versions than in the workspace: %q", len(others), len(together), others)
			if len(others) > 0 {
				w.run(t, dir, "go", slices.Concat([]string{"test", "-vet=off", "-short", "-skip", sameAnywhere}, others)...)
			}
		})
	}
}

// usual is the world with the usual module cache, where what we depend on is built already.
func (w *world) usual(env ...string) *world {
	c := *w
	c.env = slices.Concat(os.Environ(), env)
	return &c
}

// alone writes a copy of a module's go.mod, in which its siblings are what importers get, and a go.sum beside it.
func (w *world) alone(t *testing.T, m checkout.Module) (name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.root, m.Dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, folder := range w.unpacked {
		if path != m.Path {
			if err := f.AddReplace(path, checkout.Version, folder, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	if text, err = f.Format(); err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(t.TempDir(), "copy.mod")
	write(t, name, string(text))
	if text, err = os.ReadFile(filepath.Join(w.root, m.Dir, "go.sum")); err != nil {
		t.Fatal(err)
	}
	write(t, strings.TrimSuffix(name, "mod")+"sum", string(text))
	return name
}

// versions are, for each package in a folder that has tests, those of the modules, but for ours, that they are built from.
func (w *world) versions(t *testing.T, dir string) map[string][]string {
	t.Helper()
	const format = `{{.ImportPath}}{{"\t"}}{{with .Module}}{{.Path}} {{.Version}}{{end}}{{"\t"}}{{join .Deps " "}}`
	moduleOf, deps := map[string]string{}, map[string]string{}
	for line := range strings.Lines(w.run(t, dir, "go", "list", "-deps", "-test", "-f", format, "./...")) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if len(fields) != 3 {
			t.Fatalf("go list says %q", line)
		}
		if path, isTest := strings.CutSuffix(fields[0], ".test"); isTest {
			deps[path] = fields[2]
		}
		if path, _, _ := strings.Cut(fields[1], " "); path != core && !strings.HasPrefix(path, core+"/") {
			moduleOf[fields[0]] = fields[1]
		}
	}
	versions := map[string][]string{}
	for path, list := range deps {
		var of []string
		for dep := range strings.SplitSeq(list, " ") {
			of = append(of, moduleOf[dep])
		}
		slices.Sort(of)
		versions[path] = slices.Compact(of)
	}
	return versions
}

// TestInstalledBinary installs the binary by its version, starts it and ends it.
func TestInstalledBinary(t *testing.T) {
	bin := t.TempDir()
	// With any GONOPROXY, go asks its cache before the proxies, finds the core there, which another test built, and looks no further.
	w := newWorld(t).with("GOBIN="+bin, "GONOPROXY=")
	w.run(t, t.TempDir(), "go", "install", checkout.Prefix+"/cmd/langshark@"+checkout.Version)
	name := filepath.Join(bin, "langshark")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if out := w.run(t, bin, name, "version"); !strings.Contains(out, strings.TrimPrefix(checkout.Version, "v")) {
		t.Errorf("version says %q", out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "http://127.0.0.1:") {
		t.Errorf("the first line is %q", lines.Text())
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("SIGTERM does not end it cleanly: %v", err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
