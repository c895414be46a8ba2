// Package consumers tests what happens to the modules of those who import ours.
package consumers

import (
	"bufio"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/langshark/langshark-go/tools/internal/checkout"
)

// world is a proxy of files and the environment that uses it.
type world struct {
	modules []checkout.Module
	env     []string
	root    string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	proxy, cache := t.TempDir(), t.TempDir()
	modules, err := checkout.Proxy(t.Context(), root, proxy)
	if err != nil {
		t.Fatal(err)
	}
	env, err := checkout.Env(t.Context(), proxy, cache)
	if err != nil {
		t.Fatal(err)
	}
	return &world{modules: modules, env: env, root: root}
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

// TestRings builds an application on each ring and looks at what its go.mod grew by.
func TestRings(t *testing.T) {
	w := newWorld(t)
	const core = checkout.Prefix
	tracing := []string{core, "github.com/cenkalti/backoff/v4", "github.com/google/uuid"}
	openai := append(slices.Clone(tracing), core+"/integrations/openai", "github.com/sashabaranov/go-openai")
	server := append(slices.Clone(tracing), core+"/server", "github.com/sashabaranov/go-openai",
		"github.com/a-h/templ", "github.com/dustin/go-humanize", "github.com/klauspost/compress", "github.com/mattn/go-isatty",
		"github.com/ncruces/go-strftime", "github.com/remyoudompheng/bigfft", "golang.org/x/sys",
		"modernc.org/libc", "modernc.org/mathutil", "modernc.org/memory", "modernc.org/sqlite")
	for name, ring := range map[string]struct {
		source string
		want   []string
	}{
		"core": {`import "github.com/langshark/langshark-go"

func main() { _, _ = langshark.New(langshark.Config{}) }`, tracing},
		"openai": {`import (
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/sashabaranov/go-openai"
)

func main() {
	cfg := openai.DefaultConfig("")
	lsopenai.WrapConfig(&cfg)
	_ = openai.NewClientWithConfig(cfg)
}`, openai},
		"server": {`import (
	"github.com/langshark/langshark-go/server"
	"github.com/sashabaranov/go-openai"
)

func main() {
	_, _ = server.New(server.Config{})
	_ = openai.DefaultConfig("")
}`, server},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			mod := "module example.com/app\n\ngo 1.25.0\n"
			if name == "server" {
				mod = "module example.com/app\n\ngo 1.26.0\n"
			}
			if slices.Contains(ring.want, "github.com/sashabaranov/go-openai") {
				mod += "\nrequire github.com/sashabaranov/go-openai v1.36.0\n"
			}
			write(t, filepath.Join(dir, "go.mod"), mod)
			write(t, filepath.Join(dir, "main.go"), "package main\n\n"+ring.source+"\n")
			w.run(t, dir, "go", "mod", "tidy")
			text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
			if err != nil {
				t.Fatal(err)
			}
			f, err := modfile.Parse("go.mod", text, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, r := range f.Require {
				got[r.Mod.Path] = r.Mod.Version
			}
			want := slices.Sorted(slices.Values(ring.want))
			if have := slices.Sorted(maps.Keys(got)); !slices.Equal(have, want) {
				t.Errorf("the application's go.mod has\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
			}
			if v := got["github.com/sashabaranov/go-openai"]; v != "" && v != "v1.36.0" {
				t.Errorf("go-openai was moved to %s", v)
			}
			if f.Toolchain != nil {
				t.Errorf("a toolchain line was added: %s", f.Toolchain.Name)
			}
			w.run(t, dir, "go", "build", "-o", os.DevNull, ".")
		})
	}
}

// TestModulesAlone builds every published module without the workspace.
func TestModulesAlone(t *testing.T) {
	w := newWorld(t)
	for _, m := range w.modules {
		if !m.Published {
			continue
		}
		t.Run(m.Path, func(t *testing.T) {
			dir := filepath.Join(w.root, m.Dir)
			mod := filepath.Join(t.TempDir(), "copy.mod")
			for from, to := range map[string]string{"go.mod": mod, "go.sum": strings.TrimSuffix(mod, ".mod") + ".sum"} {
				text, err := os.ReadFile(filepath.Join(dir, from))
				if err != nil {
					t.Fatal(err)
				}
				write(t, to, string(text))
			}
			w.run(t, dir, "go", "vet", "-modfile="+mod, "./...")
		})
	}
}

// TestInstalledBinary installs the binary by its version, starts it and ends it.
func TestInstalledBinary(t *testing.T) {
	w := newWorld(t)
	bin := t.TempDir()
	w.env = append(w.env, "GOBIN="+bin)
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
