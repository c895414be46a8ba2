package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// post sends events to a server.
func post(t *testing.T, url, public, secret string, events ...map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"batch": events})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/public/ingestion", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(public, secret)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMultiStatus {
		t.Fatalf("ingestion: %s", res.Status)
	}
}

// filled is a running server with 30 traces.
func filled(t *testing.T) (serving, string) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	s := start(t, 1, "--addr", "127.0.0.1:0", "--data", data, "--open", "--init-project-public-key", "pk", "--init-project-secret-key", "sk")
	var events []map[string]any
	for i := range 30 {
		at := time.Date(2026, 3, 1, 0, i, 0, 0, time.UTC)
		event := func(kind, id string, body map[string]any) {
			body["id"] = id
			events = append(events, map[string]any{"id": "e" + id, "type": kind, "timestamp": at, "body": body})
		}
		id := fmt.Sprint("t", i)
		event("trace-create", id, map[string]any{"timestamp": at, "name": "chat", "userId": []string{"kim", "lee"}[i%2]})
		event("generation-create", id+"-g", map[string]any{"traceId": id, "startTime": at, "endTime": at.Add(time.Second), "name": "answer", "input": "q " + id, "output": "a"})
		event("score-create", id+"-s", map[string]any{"traceId": id, "name": "good", "value": i})
	}
	post(t, s.url, "pk", "sk", events...)
	return s, data
}

func stop(t *testing.T, s serving) {
	t.Helper()
	if code, rest := s.stop(); code != 0 {
		t.Errorf("ended with %d %s", code, rest)
	}
}

// TestExportAndImport move a project through a file, beside a running server.
func TestExportAndImport(t *testing.T) {
	s, data := filled(t)
	defer stop(t, s)
	dir := t.TempDir()
	file := filepath.Join(dir, "p.jsonl.zst")
	if code, stdout, stderr := command(t, "export", "--data", data, "--out", file); code != 0 || stdout != "" || !strings.Contains(stderr, "exported 30 traces, 30 observations, 30 scores") {
		t.Fatalf("export: %d %s%s", code, stdout, stderr)
	}
	if code, _, stderr := command(t, "project", "add", "copy", "--data", data); code != 0 {
		t.Fatal(stderr)
	}
	if code, _, stderr := command(t, "export", "--data", data); code != 1 || !strings.Contains(stderr, "which project? Name it with --project: default, copy") {
		t.Errorf("export without a project: %d %s", code, stderr)
	}
	for range 2 {
		if code, stdout, stderr := command(t, "import", file, "--data", data, "--project", "copy"); code != 0 || !strings.Contains(stdout, "imported 30 traces, 30 observations, 30 scores") {
			t.Fatalf("import: %d %s%s", code, stdout, stderr)
		}
	}
	code, whole, _ := command(t, "export", "--data", data, "--project", "copy")
	if code != 0 || strings.Count(whole, "\n") != 92 || !strings.Contains(whole, `"projectName":"copy"`) {
		t.Errorf("export of the copy: %d, %d lines", code, strings.Count(whole, "\n"))
	}
	code, some, _ := command(t, "export", "--data", data, "--project", "default", "--filter", "user = kim and score.good >= 20", "--from", "2026-03-01", "--to", "2026-03-01T00:25:00Z")
	if code != 0 || strings.Count(some, `"type":"trace"`) != 3 || !strings.Contains(some, `{"type":"trailer","traces":3,"observations":3,"scores":3}`) {
		t.Errorf("a part: %d %s", code, some)
	}
	bad := filepath.Join(dir, "bad.jsonl")
	if err := os.WriteFile(bad, []byte(strings.Replace(whole, `"kind":"generation"`, `"kind":"robot"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "import", bad, "--data", data, "--project", "copy"); code != 1 || !strings.Contains(stderr, `line 3: kind: there is no kind "robot"`) || !strings.Contains(stderr, "--resume goes on") {
		t.Errorf("a bad line: %d %s", code, stderr)
	}
	if code, stdout, stderr := command(t, "import", bad, "--data", data, "--project", "copy", "--skip-bad", "--resume"); code != 0 || !strings.Contains(stdout, "1 bad lines were left out:\n  line 3: kind") {
		t.Errorf("without the bad line: %d %s%s", code, stdout, stderr)
	}
	cut := filepath.Join(dir, "cut.jsonl")
	for _, part := range []struct {
		text, stdout, stderr string
		code                 int
	}{
		{whole[:len(whole)/2], "imported ", "cut off after line ", 1},
		{whole, "imported 30 traces, 30 observations, 30 scores", "", 0},
		{whole + whole, "imported 0 traces", "line 93: a second header: import the files one by one\n", 1},
	} {
		if err := os.WriteFile(cut, []byte(part.text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := command(t, "import", cut, "--data", data, "--project", "copy", "--resume")
		if code != part.code || !strings.Contains(stdout, part.stdout) || !strings.Contains(stderr, part.stderr) || strings.Contains(stderr, "cut off") != strings.Contains(stderr, "with the whole file, the same command with --resume goes on from there") {
			t.Errorf("%d bytes: %d %s%s", len(part.text), code, stdout, stderr)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 4 { // one of them the state of the last
		t.Errorf("files: %q, %v", left, err)
	}
}

func TestExportChats(t *testing.T) {
	s, data := filled(t)
	defer stop(t, s)
	code, stdout, stderr := command(t, "export", "--data", data, "--format", "chat-jsonl", "--filter", "score.good < 3")
	want := `{"messages":[{"role":"user","content":"q t0"},{"role":"assistant","content":"a"}]}` + "\n"
	if code != 0 || !strings.HasPrefix(stdout, want) || strings.Count(stdout, "\n") != 3 || !strings.Contains(stderr, "30 generations read, 3 selected, 3 written") {
		t.Errorf("%d %s%s", code, stdout, stderr)
	}
	out := filepath.Join(t.TempDir(), "set.v1.jsonl.gz")
	code, _, stderr = command(t, "export", "--data", data, "--format", "chat-jsonl", "--split", "train=0.7,test=0.3", "--seed", "4", "--metadata", "--dedupe", "--out", out)
	for _, name := range []string{"set.train.v1.jsonl.gz", "set.test.v1.jsonl.gz"} {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(out), name))
		if err != nil || !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) || !strings.Contains(stderr, name) {
			t.Errorf("%s: %v; %s", name, err, stderr)
		}
	}
	if code != 0 {
		t.Errorf("%d %s", code, stderr)
	}
}

// TestImportFromServer copies a project over the public API, is stopped and goes on.
func TestImportFromServer(t *testing.T) {
	source, _ := filled(t)
	defer stop(t, source)
	target := filepath.Join(t.TempDir(), "data")
	other := start(t, 1, "--addr", "127.0.0.1:0", "--data", target, "--open")
	defer stop(t, other)
	t.Chdir(t.TempDir())
	t.Setenv("LANGSHARK_IMPORT_PUBLIC_KEY", "pk")
	t.Setenv("LANGSHARK_IMPORT_SECRET_KEY", "wrong")
	if code, _, stderr := command(t, "import", "--from", source.url, "--data", target); code != 1 || !strings.Contains(stderr, "does not accept the keys") {
		t.Errorf("a wrong key: %d %s", code, stderr)
	}
	t.Setenv("LANGSHARK_IMPORT_SECRET_KEY", "sk")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"import", "--from", source.url, "--data", target}, terminal{&out, &errs}); code != 1 {
		t.Errorf("stopped: %d %s", code, errs.String())
	}
	code, stdout, stderr := command(t, "import", "--from", source.url, "--data", target, "--resume")
	for _, want := range []string{"traces 30 30 30 30", "observations 30 30 30 30", "scores", "90 traces, observations and scores with times in whole milliseconds", "Prompts and datasets are not imported"} {
		if code != 0 || !strings.Contains(strings.Join(strings.Fields(stdout), " "), want) {
			t.Errorf("%d, lacks %q:\n%s%s", code, want, stdout, stderr)
		}
	}
	if text, err := os.ReadFile(strings.ReplaceAll(strings.TrimPrefix(source.url, "http://"), ":", "_") + ".import"); err != nil || strings.Contains(string(text), `"sk"`) {
		t.Errorf("the state: %s, %v", text, err)
	}
}

// TestTransferErrors are one line that says what to do.
func TestTransferErrors(t *testing.T) {
	s, data := filled(t)
	defer stop(t, s)
	t.Setenv("LANGSHARK_IMPORT_PUBLIC_KEY", "")
	t.Setenv("LANGSHARK_IMPORT_SECRET_KEY", "")
	for args, want := range map[string]string{
		"export --project nope":                        `there is no project "nope": there are default`,
		"export --filter name":                         "filter, column 5: expected an operator",
		"export --from yesterday":                      "--from \"yesterday\" is neither a date",
		"export --dedupe":                              "need --format chat-jsonl",
		"export --format chat-jsonl --split a=1":       "--split writes files: name them with --out",
		"export --format chat-jsonl --split a -o x.jl": "is not a share",
		"export --format csv":                          "--format must be one of",
		"export --out /nowhere/at/all/x":               "no such file",
		"import":                                       "name a file, or a server with --from URL",
		"import x --from http://h":                     "name a file, or a server",
		"import --from http://h":                       "set LANGSHARK_IMPORT_PUBLIC_KEY",
		"import /nowhere/at/all":                       "no such file",
		"import --from http://h --skip-bad --public-key a --secret-key b": "--skip-bad is for files",
		"import --from nowhere --public-key a --secret-key b":             "is not the address of a server",
	} {
		code, _, stderr := command(t, append(strings.Fields(args), "--data", data)...)
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d %s, want %s", args, code, stderr, want)
		}
	}
}

// TestMeter draws on a terminal and prints lines elsewhere.
func TestMeter(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for terminal, want := range map[bool]string{
		true:  "\r\x1b[K[##########----------]  50 %  half  500/s  ETA 1s\r\x1b[Kwaiting\n\r\x1b[Kno total  250/s\r\x1b[K",
		false: "waiting\n100 %  all  83/s  ETA 0s\n",
	} {
		var b bytes.Buffer
		m := newMeter(&b)
		m.terminal, m.now, m.began, m.shown = terminal, func() time.Time { return now }, now, now
		begin := now
		m.show(1, 2, 5, "at once") // too early
		now = now.Add(time.Second)
		m.show(1, 2, 500, "half")
		m.note("waiting")
		now = now.Add(time.Second)
		m.show(0, 0, 500, "no total")
		if !terminal {
			now = now.Add(10 * time.Second)
			m.show(3, 2, 1000, "all")
		}
		m.end()
		m.end()
		if b.String() != want {
			t.Errorf("terminal %t: %q, want %q", terminal, b.String(), want)
		}
		now = begin
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := count(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
