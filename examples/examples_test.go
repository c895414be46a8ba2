// Package examples runs every example and looks at what it prints.
package examples

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// examples are the folders of those that end by themselves, with patterns that
// their output has, in this order.
var examples = map[string][]string{
	"quickstart": {
		`^It arrives tomorrow\.`, `user=minji  session=chat-17`, `span support`, `tool order-status`, `in  A-1042`,
		`generation answer .*gpt-4o  412 → 6 tokens`, `score thumbs-up = true`,
	},
	"observe": {
		`^I have started your refund`, `error: no order X-9`, `span support .*ERROR`, `span login .*ERROR`, `error: wrong password`,
		`retriever search`, `out \["Refunds within 30 days"`, `generation answer`, `out I have started your refund`, `tool refund .*ERROR`,
	},
	"streaming": {
		`^내일 오후 두 시에 도착합니다\.`, `generation chat gpt-4o .*first token`, `tokens`, `out \{"role":"assistant","content":"내일 오후 두 시에 도착합니다\."\}`,
	},
	"chat": {
		`^> 안녕하세요, 민지예요\.`, `^A-1042는 내일 오후 두 시에 도착합니다\.`, `turn  user=minji  session=chat-17`, `generation chat gpt-4o .*→ \d+ tokens`,
		`in  A-1042요`, `generation chat gpt-4o`, `out \{"role":"assistant","content":"A-1042는`, `generation chat gpt-4o`,
	},
	"tools": {
		`^서울은 맑고 부산에는 비가 옵니다\.`, `generation chat gpt-4o`, `"tool_calls":`, `tool weather`, `tool weather`, `tool weather`, `generation chat gpt-4o`,
	},
	"prompts": {
		`^Tomorrow\. \(Be brief\. When`, `Tomorrow\. \(Be kind\. When`, `Tomorrow\. \(Be brief\. When`,
		`generation chat gpt-4o-mini .*prompt support/answer version 1`, `prompt support/answer version 2`, `prompt support/answer version 1`,
	},
	"rag-langchaingo": {
		`^Yes, refunds are possible within 14 days\.`, `embedding embeddings text-embedding-3-small`, `"count":3`, `chain RetrievalQA`,
		`retriever Retriever`, `out \[\{"id":"refunds","score":0\.\d+`, `embedding embeddings`, `generation chat gpt-4o .*→ \d+ tokens`,
	},
	"agent-langchaingo": {
		`^Both orders cost 42,000 won together\.`, `agent Executor`, `"observation":"18000"`, `chain plan`, `generation chat gpt-4o`,
		`tool order_price`, `out 18000`, `tool order_price`, `chain plan`, `tool calculator`, `out 42000`, `chain plan`, `"finish":`,
	},
	"http-server": {
		`^200 OK: Refunds within 30 days\.`, `GET /ask  user=minji`, `span GET /ask`, `span GET 127\.0\.0\.1`, `span retrieve`, `event cache-miss`,
	},
}

// build compiles all examples into a folder.
func build(t *testing.T) (program func(name string) string) {
	t.Helper()
	bin := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin+string(filepath.Separator), "./...")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(name string) string {
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		return filepath.Join(bin, name)
	}
}

func TestExamples(t *testing.T) {
	program := build(t)
	t.Run("embedded-dashboard", func(t *testing.T) { dashboard(t, program("embedded-dashboard")) })
	for name, want := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, program(name))
			cmd.Dir = t.TempDir()
			cmd.Env = withoutKeys(os.Environ())
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s%s", err, stdout.String(), stderr.String())
			}
			rest := stdout.String()
			for _, pattern := range want {
				at := regexp.MustCompile(`(?m)` + pattern).FindStringIndex(rest)
				if at == nil {
					t.Fatalf("no %q in what is left of the output:\n%s\nwhole:\n%s", pattern, rest, stdout.String())
				}
				rest = rest[at[1]:]
			}
		})
	}
}

// dashboard asks the application a question, and finds it on its dashboard.
func dashboard(t *testing.T, program string) {
	t.Helper()
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-addr", "127.0.0.1:0")
	cmd.Dir, cmd.Env = t.TempDir(), withoutKeys(os.Environ())
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ask, signIn string
	lines := bufio.NewScanner(stdout)
	for signIn == "" && lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "Ask at "); ok {
			ask = url
		}
		if _, url, ok := strings.Cut(lines.Text(), "Dashboard: "); ok {
			signIn = url
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	get := func(url string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	_, page, _ := strings.Cut(strings.TrimSpace(get(ask)), "trace: ")
	get(signIn)
	for !strings.Contains(get(page), "question") { // until it is delivered, or ctx ends
	}
	if runtime.GOOS == "windows" {
		_ = cmd.Process.Kill() // knows no interrupt
		_ = cmd.Wait()
		return
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
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

// Every folder is in the list, and each file fits on a page.
func TestExamplesAreSmall(t *testing.T) {
	files, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]bool{"embedded-dashboard": true}
	for _, f := range files {
		if _, ok := examples[filepath.Dir(f)]; !ok && filepath.Dir(f) != "embedded-dashboard" {
			t.Errorf("%s is not in the list", f)
		}
		folders[filepath.Dir(f)] = true
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(b, []byte("\n")); n >= 80 {
			t.Errorf("%s has %d lines, want fewer than 80", f, n)
		}
	}
	if len(folders) != len(examples)+1 {
		t.Errorf("%d folders, %d examples in the list", len(folders), len(examples))
	}
}
