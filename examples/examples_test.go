// Package examples runs every example and looks at what it prints.
package examples

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// examples are the folders, with the arguments of a run that ends by itself
// and patterns that its output has, in this order.
var examples = map[string]struct {
	args []string
	want []string
}{
	"quickstart": {nil, []string{
		`^It arrives tomorrow\.`, `user=minji  session=chat-17`, `span support`, `tool order-status`, `in  A-1042`,
		`generation answer .*gpt-4o  412 → 6 tokens`, `score thumbs-up = true`,
	}},
	"observe": {nil, []string{
		`^I have started your refund`, `error: no order X-9`, `span support .*ERROR`, `span login .*ERROR`, `error: wrong password`,
		`retriever search`, `out \["Refunds within 30 days"`, `generation answer`, `out I have started your refund`, `tool refund .*ERROR`,
	}},
	"streaming": {nil, []string{
		`^내일 오후 두 시에 도착합니다\.`, `generation chat gpt-4o .*first token`, `tokens`, `out \{"role":"assistant","content":"내일 오후 두 시에 도착합니다\."\}`,
	}},
	"http-server": {nil, []string{
		`^200 OK: Refunds within 30 days\.`, `GET /ask  user=minji`, `span GET /ask`, `span GET 127\.0\.0\.1`, `span retrieve`, `event cache-miss`,
	}},
}

func TestExamples(t *testing.T) {
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin+string(filepath.Separator), "./...")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, example := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			program := filepath.Join(bin, name)
			if runtime.GOOS == "windows" {
				program += ".exe"
			}
			cmd := exec.CommandContext(ctx, program, example.args...)
			cmd.Dir = t.TempDir()
			cmd.Env = withoutKeys(os.Environ())
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s%s", err, stdout.String(), stderr.String())
			}
			rest := stdout.String()
			for _, pattern := range example.want {
				at := regexp.MustCompile(`(?m)` + pattern).FindStringIndex(rest)
				if at == nil {
					t.Fatalf("no %q in what is left of the output:\n%s\nwhole:\n%s", pattern, rest, stdout.String())
				}
				rest = rest[at[1]:]
			}
		})
	}
}

// withoutKeys keeps the examples from sending to somebody's server.
func withoutKeys(env []string) (out []string) {
	for _, v := range env {
		if !strings.HasPrefix(v, "LANGSHARK_") && !strings.HasPrefix(v, "LANGFUSE_") && !strings.HasPrefix(v, "OPENAI_") {
			out = append(out, v)
		}
	}
	return out
}

// Every folder is in the list, has one file, and that fits on a page.
func TestExamplesAreSmall(t *testing.T) {
	files, err := filepath.Glob("*/main.go")
	if err != nil || len(files) != len(examples) {
		t.Errorf("%d examples, %d in the list: %v", len(files), len(examples), err)
	}
	for _, f := range files {
		if _, ok := examples[filepath.Dir(f)]; !ok {
			t.Errorf("%s is not in the list", f)
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(b, []byte("\n")); n >= 80 {
			t.Errorf("%s has %d lines, want fewer than 80", f, n)
		}
	}
}
