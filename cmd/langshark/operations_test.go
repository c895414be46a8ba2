package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server"
)

// get asks a server and returns the status and the body.
func get(t *testing.T, url string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(header) == 2 {
		r.Header.Set(header[0], header[1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestServeOperations shows the metrics of the process and, if asked, its profiles, and logs as JSON.
func TestServeOperations(t *testing.T) {
	t.Setenv("LANGSHARK_METRICS_TOKEN", "tok")
	t.Setenv("LANGSHARK_LOG_FORMAT", "") // as good as not set
	t.Setenv("LANGSHARK_SHUTDOWN_TIMEOUT", "")
	plain := start(t, 1, "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--open")
	status, text := get(t, plain.url+"/metrics")
	for _, name := range []string{"go_goroutines", "langshark_build_info", "langshark_http_requests_total"} {
		if status != http.StatusOK || !strings.Contains(text, "\n# TYPE "+name+" ") && name != "langshark_http_requests_total" {
			t.Errorf("metrics: %d, no %s", status, name)
		}
	}
	if runtime.GOOS == "linux" && !strings.Contains(text, "\n# TYPE process_resident_memory_bytes ") {
		t.Error("no metrics of the process")
	}
	if status, _ := get(t, plain.url+"/metrics", "X-Forwarded-For", "10.0.0.1"); status != http.StatusForbidden {
		t.Errorf("by a proxy: %d", status)
	}
	if status, _ := get(t, plain.url+"/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("profiles that nobody asked for: %d", status)
	}
	for _, args := range []string{"health --url ", "health --ready --url "} {
		if code, stdout, stderr := command(t, strings.Fields(args+plain.url)...); code != 0 || !strings.Contains(stdout, "OK") || stderr != "" {
			t.Errorf("%s: %d %s%s", args, code, stdout, stderr)
		}
	}
	if code, _, stderr := command(t, "health", "--url", plain.url+"/nowhere"); code != 1 || !strings.Contains(stderr, "404") {
		t.Errorf("health of nothing: %d %s", code, stderr)
	}
	if code, rest := plain.stop(); code != 0 || rest != "" {
		t.Errorf("ended with %d %s", code, rest)
	}
	if code, _, stderr := command(t, "health", "--url", plain.url); code != 1 || !strings.Contains(stderr, "no answer from") {
		t.Errorf("health of a server that has gone: %d %s", code, stderr)
	}

	t.Setenv("LANGSHARK_PPROF", "true")
	open := start(t, 1, "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--open", "--log-format", "json", "--log-level", "debug")
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/goroutine?debug=1", "/debug/pprof/cmdline", "/debug/pprof/symbol"} {
		if status, text := get(t, open.url+path); status != http.StatusOK || text == "" {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := get(t, open.url+"/debug/pprof/", "X-Forwarded-For", "10.0.0.1"); status != http.StatusForbidden {
		t.Errorf("profiles by a proxy: %d", status)
	}
	code, rest := open.stop()
	lines := strings.Split(strings.TrimSpace(rest), "\n")
	for _, line := range lines {
		var fields map[string]any
		err := json.Unmarshal([]byte(line), &fields)
		if id, _ := fields["request"].(string); err != nil || id == "" {
			t.Errorf("logged %s: %v", line, err)
		}
	}
	if code != 0 || len(lines) != 5 || !strings.Contains(rest, `"route":"/debug/"`) || strings.Contains(rest, "tok\"") {
		t.Errorf("ended with %d, logged %s", code, rest)
	}
}

// TestVerbose logs requests as before, and --log-level error does not.
func TestVerbose(t *testing.T) {
	for flag, want := range map[string]bool{"-v": true, "--log-level=debug": true, "--log-level=info": false, "--log-level=error": false} {
		s := start(t, 1, "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--open", flag)
		get(t, s.url+"/healthz")
		if code, rest := s.stop(); code != 0 || strings.Contains(rest, "route=/healthz") != want {
			t.Errorf("%s: %d %s", flag, code, rest)
		}
	}
}

// TestRetentionFlags reads times as people write them.
func TestRetentionFlags(t *testing.T) {
	for text, want := range map[string]time.Duration{"30d": 30 * day, "1d": day, "720h": 30 * day, "36h": 36 * time.Hour, "90m": 90 * time.Minute, "forever": 0} {
		got, err := parseRetention(text)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
		if back, err := parseRetention(showRetention(got)); err != nil || back != got {
			t.Errorf("%s is shown as %s", text, showRetention(got))
		}
	}
	for _, text := range []string{"", "0", "0d", "-3d", "3", "1.5d", "d", "soon", "-1h", "200000d", "Forever"} {
		if got, err := parseRetention(text); err == nil || !strings.Contains(err.Error(), "30d") {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if showRetention(30*day) != "30d" || showRetention(36*time.Hour) != "36h" || showRetention(0) != "forever" {
		t.Error(showRetention(30*day), showRetention(36*time.Hour), showRetention(0))
	}
}

// TestRetention sets how long a project keeps its traces, by name and by id, and lists it.
func TestRetention(t *testing.T) {
	dir := withData(t)
	if code, _, stderr := command(t, "project", "add", "My Shop", "--data", dir); code != 0 {
		t.Fatal(stderr)
	}
	for _, c := range []struct{ name, keep, want string }{
		{"My Shop", "30d", "my-shop My Shop 1 30d"}, {"my-shop", "36h", "my-shop My Shop 1 36h"}, {"My Shop", "forever", "my-shop My Shop 1 forever"},
	} {
		if code, stdout, stderr := command(t, "project", "retention", c.name, c.keep, "--data", dir); code != 0 || !strings.Contains(stdout, "my-shop keeps") {
			t.Errorf("%v: %d %s%s", c, code, stdout, stderr)
		}
		if _, stdout, _ := command(t, "project", "list", "--data", dir); !strings.Contains(strings.Join(strings.Fields(stdout), " "), c.want) {
			t.Errorf("%v:\n%s", c, stdout)
		}
	}
	if code, _, stderr := command(t, "project", "retention", "none", "30d", "--data", dir); code != 1 || !strings.Contains(stderr, "project list") {
		t.Errorf("of no project: %d %s", code, stderr)
	}
	if code, _, stderr := command(t, "project", "retention", "My Shop", "1ns", "--data", dir); code != 1 || !strings.Contains(stderr, "the shortest is 1µs") || strings.Contains(stderr, "query") {
		t.Errorf("too short: %d %s", code, stderr)
	}
}

// withData makes a folder with data, whose only project is called first.
func withData(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	addProject(t, dir, "first")
	return dir
}

func addProject(t *testing.T, dir, name string) {
	t.Helper()
	srv, err := server.New(server.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := srv.AddProject(t.Context(), name); err != nil {
		t.Error(err)
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// names are the files in a folder, and what their names begin with before a dot and a time.
func names(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range list {
		name := e.Name()
		if i := strings.Index(name, ".before-"); i > 0 {
			name = name[:i] + ".before"
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// TestBackupAndRestore takes a backup while a server runs, and puts it back in an empty folder, over data, and not beside a server.
func TestBackupAndRestore(t *testing.T) {
	dir := withData(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	s := start(t, 1, "--addr", "127.0.0.1:0", "--data", dir, "--open")
	if code, stdout, stderr := command(t, "backup", "--data", dir, file); code != 0 || !strings.Contains(stdout, file) || stderr != "" {
		t.Fatalf("backup: %d %s%s", code, stdout, stderr)
	}
	if code, _, stderr := command(t, "backup", "--data", dir, file); code != 1 || !strings.Contains(stderr, "exists already") {
		t.Errorf("backup over a file: %d %s", code, stderr)
	}
	if code, _, stderr := command(t, "restore", "--data", dir, file); code != 1 || !strings.Contains(stderr, "--force") {
		t.Errorf("restore over data: %d %s", code, stderr)
	}
	if code, _, stderr := command(t, "restore", "--data", dir, "--force", file); code != 1 || !strings.Contains(stderr, "stop it first") {
		t.Errorf("restore beside a server: %d %s", code, stderr)
	}
	if status, _ := get(t, s.url+"/readyz"); status != http.StatusOK {
		t.Errorf("the server is not ready any more: %d", status)
	}
	if code, rest := s.stop(); code != 0 || rest != "" {
		t.Errorf("ended with %d %s", code, rest)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	fresh := filepath.Join(t.TempDir(), "new")
	if code, stdout, stderr := command(t, "restore", "--data", fresh, file); code != 0 || !strings.Contains(stdout, "Restored") {
		t.Fatalf("restore: %d %s%s", code, stdout, stderr)
	}
	if _, stdout, _ := command(t, "project", "list", "--data", fresh); !strings.Contains(stdout, "first") {
		t.Errorf("restored:\n%s", stdout)
	}
	if got := names(t, fresh); got != "langshark.db" {
		t.Errorf("the new folder has %s", got)
	}

	addProject(t, dir, "second")
	if code, stdout, stderr := command(t, "restore", "--data", dir, "--force", file); code != 0 || !strings.Contains(stdout, "langshark.db.before-") {
		t.Fatalf("restore by force: %d %s%s", code, stdout, stderr)
	}
	if _, stdout, _ := command(t, "project", "list", "--data", dir); !strings.Contains(stdout, "first") || strings.Contains(stdout, "second") {
		t.Errorf("restored:\n%s", stdout)
	}
	if got := names(t, dir); got != "langshark.db langshark.db.before" {
		t.Errorf("the folder has %s", got)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the backup has changed: %v", err)
	}
}

// TestBackupOfMedia puts files back with the data, and finds the backup without them damaged.
func TestBackupOfMedia(t *testing.T) {
	dir := withData(t)
	srv, err := server.New(server.Config{DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	m := exporter.NewMedia("image/png", []byte("a picture"))
	m.TraceID, m.Field = "t", "input"
	files, ok := srv.Exporter("").(exporter.MediaUploader)
	if !ok || files.UploadMedia(t.Context(), m) != nil {
		t.Fatal("the server takes no files")
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup.db")
	if code, stdout, stderr := command(t, "backup", "--data", dir, file); code != 0 || !strings.Contains(stdout, file+".media.tar") {
		t.Fatalf("backup: %d %s%s", code, stdout, stderr)
	}
	if code, stdout, stderr := command(t, "restore", "--data", dir, "--force", file); code != 0 {
		t.Fatalf("restore: %d %s%s", code, stdout, stderr)
	}
	if code, stdout, stderr := command(t, "check", "--data", dir); code != 0 {
		t.Errorf("check: %d %s%s", code, stdout, stderr)
	}
	if got := names(t, dir); got != "langshark.db langshark.db.before langshark.db.before media" {
		t.Errorf("the folder has %s", got)
	}
	if err := os.RemoveAll(filepath.Join(dir, "media")); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "check", "--data", dir); code != 1 || !strings.Contains(stderr, m.ID+" of project default: its content is missing") {
		t.Errorf("check without files: %d %s", code, stderr)
	}
	if err := os.Remove(file + ".media.tar"); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "restore", "--data", filepath.Join(t.TempDir(), "x"), file); code != 1 || !strings.Contains(stderr, ".media.tar") {
		t.Errorf("restore without files: %d %s", code, stderr)
	}
}

// TestBackupOfPrices puts imported prices back, and moves those that are there aside, also if the backup has none.
func TestBackupOfPrices(t *testing.T) {
	dir := withData(t)
	prices := filepath.Join(dir, "prices.csv")
	imported := filepath.Join(t.TempDir(), "langfuse.json")
	if err := os.WriteFile(imported, []byte(`[{"modelName":"house-model","matchPattern":"^house-model$","prices":{"input":0.000001,"output":0.000002},"tokenizerId":null}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	without, with := filepath.Join(t.TempDir(), "without.db"), filepath.Join(t.TempDir(), "with.db")
	did(t, "backup", "--data", dir, without)
	did(t, "prices", "import", "--data", dir, imported)
	contains(t, did(t, "backup", "--data", dir, with), with+".prices.csv")
	want, err := os.ReadFile(prices)
	if err != nil || !strings.Contains(string(want), "house-model") {
		t.Fatalf("%v: %.200s", err, want)
	}
	failed(t, "exists already", "backup", "--data", dir, with)
	if err := os.Remove(with); err != nil {
		t.Fatal(err)
	}
	failed(t, "exists already", "backup", "--data", dir, with) // its prices are there still
	if err := os.Remove(with + ".prices.csv"); err != nil {
		t.Fatal(err)
	}
	did(t, "backup", "--data", dir, with)

	other := filepath.Join(t.TempDir(), "other")
	did(t, "restore", "--data", other, with)
	if got, err := os.ReadFile(filepath.Join(other, "prices.csv")); err != nil || string(got) != string(want) {
		t.Errorf("restored elsewhere: %v, %.200s", err, got)
	}
	if err := os.WriteFile(prices, []byte("later\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	aside := func() []string {
		t.Helper()
		list, err := filepath.Glob(filepath.Join(dir, "langshark.db.before-*.prices.csv"))
		if err != nil {
			t.Error(err)
		}
		return list
	}
	said := did(t, "restore", "--data", dir, "--force", without)
	if _, err := os.Lstat(prices); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a backup without prices leaves some: %v", err)
	}
	if list := aside(); len(list) != 1 || !strings.Contains(said, list[0]) || !strings.Contains(said, "the table that comes along is in force") {
		t.Errorf("kept aside: %q, and said %s", list, said)
	} else if got, err := os.ReadFile(list[0]); err != nil || string(got) != "later\n" {
		t.Errorf("kept aside: %v, %.200s", err, got)
	} else if _, err := os.Lstat(strings.TrimSuffix(list[0], ".prices.csv")); err != nil {
		t.Errorf("its data is named otherwise: %v", err)
	}
	if said := did(t, "restore", "--data", dir, "--force", with); strings.Contains(said, "prices") || len(aside()) != 1 {
		t.Errorf("where there are none: %s", said)
	}
	if err := os.WriteFile(prices, []byte("later\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := did(t, "restore", "--data", dir, "--force", with); !strings.Contains(said, "prices that were there") || strings.Contains(said, "in force") || len(aside()) != 2 {
		t.Errorf("over others: %s, %q", said, aside())
	}
	if got, err := os.ReadFile(prices); err != nil || string(got) != string(want) {
		t.Errorf("restored: %v, %.200s", err, got)
	}
}

// TestRestoreRefuses what is no backup, and leaves all as it was.
func TestRestoreRefuses(t *testing.T) {
	dir := withData(t)
	have := names(t, dir)
	other := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(other, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(filepath.Join(dir, dataFile))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(other, "stranger.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE recipes (name TEXT)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	stranger, err := os.ReadFile(filepath.Join(other, "stranger.db"))
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte{}, whole...)
	for i := 8192; i < len(damaged); i++ {
		damaged[i] = 0xA5
	}
	page := append([]byte{}, whole...)
	for i := len(page) - 8192; i < len(page); i++ { // the last page is one that opening does not read
		page[i] = 0xA5
	}
	for name, text := range map[string][]byte{
		"page": page, "empty": nil, "text": []byte(strings.Repeat("no data ", 100)), "stranger": stranger, "half": whole[:len(whole)/2], "damaged": damaged, "short": []byte("SQLite format 3\x00"),
	} {
		code, stdout, stderr := command(t, "restore", "--force", "--data", dir, file(name, text))
		if code != 1 || stdout != "" || !strings.Contains(stderr, filepath.Join(other, name)) {
			t.Errorf("%s: %d %s%s", name, code, stdout, stderr)
		}
		if got := names(t, dir); got != have {
			t.Errorf("%s: the folder has %s, had %s", name, got, have)
		}
	}
	if after, err := os.ReadFile(filepath.Join(dir, dataFile)); err != nil || string(after) != string(whole) {
		t.Errorf("the data has changed: %v", err)
	}
}

// TestRestoreOverStrayLog moves a log aside that has lost its data: it would be played into the backup.
func TestRestoreOverStrayLog(t *testing.T) {
	dir := withData(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	if code, _, stderr := command(t, "backup", "--data", dir, file); code != 0 {
		t.Fatal(stderr)
	}
	fresh := t.TempDir()
	if err := os.WriteFile(filepath.Join(fresh, dataFile+"-wal"), []byte("stray"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "restore", "--data", fresh, file); code != 1 || !strings.Contains(stderr, "--force") {
		t.Errorf("without force: %d %s", code, stderr)
	}
	if code, _, stderr := command(t, "restore", "--force", "--data", fresh, file); code != 0 {
		t.Errorf("by force: %d %s", code, stderr)
	}
	if got := names(t, fresh); got != "langshark.db langshark.db.before" {
		t.Errorf("the folder has %s", got)
	}
}

// TestCheck finds no damage in what is whole, and says what is wrong with what is not.
func TestCheck(t *testing.T) {
	dir := withData(t)
	if code, stdout, stderr := command(t, "check", "--data", dir); code != 0 || !strings.Contains(stdout, "no damage") || stderr != "" {
		t.Errorf("%d %s%s", code, stdout, stderr)
	}
	path := filepath.Join(dir, dataFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(text) - 8192; i < len(text); i++ { // the last page is some index
		text[i] = 0xA5
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := command(t, "check", "--data", dir); code != 1 || stdout != "" || stderr == "" {
		t.Errorf("damaged: %d %s%s", code, stdout, stderr)
	}
}

// TestFindings does not take a check that was cut short for damage.
func TestFindings(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := withData(t)
	srv, err := server.New(server.Config{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if err := checked(ctx, srv, "x", terminal{&out, &errs}); err == nil || !strings.Contains(err.Error(), "not been checked to the end") || errs.String() != "" {
		t.Errorf("cut short: %v, %s", err, errs.String())
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := run(ctx, []string{"check", "--data", dir}, terminal{&out, &errs}); code != 2 || strings.Contains(errs.String(), "damaged") {
		t.Errorf("cut short, it ends with %d: %s", code, errs.String())
	}
}

// TestProgress is shown on a terminal only, and taken away.
func TestProgress(t *testing.T) {
	var b strings.Builder
	p := newProgress(&b)
	p.show(1, 2)
	p.end()
	if b.String() != "" {
		t.Errorf("not a terminal: %q", b.String())
	}
	p = &progress{w: &b}
	for i := range int64(1001) {
		p.show(i, 1000)
	}
	p.show(0, 0)
	p.end()
	if text := b.String(); strings.Count(text, "\r") != 103 || !strings.Contains(text, "\r 50 % of 1000 B") || strings.TrimSpace(text[strings.LastIndex(strings.TrimSuffix(text, "\r"), "\r"):]) != "" {
		t.Errorf("%q", b.String())
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1 << 10: "1.0 KiB", 3 << 20: "3.0 MiB", 5 << 30: "5.00 GiB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
}

// TestCheckWritesNothing and finds no data where there is none.
func TestCheckWritesNothing(t *testing.T) {
	first, err := os.ReadFile(filepath.Join("..", "..", "server", "testdata", "v1.db"))
	if err != nil {
		t.Fatal(err)
	}
	stranger := filepath.Join(t.TempDir(), "stranger.db")
	db, err := sql.Open("sqlite", stranger)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE recipes (name TEXT)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	foreign, err := os.ReadFile(stranger)
	if err != nil {
		t.Fatal(err)
	}
	const older = "can't be checked yet: check: the file has schema version 1: langshark serve brings it up to date\n"
	for want, text := range map[string][]byte{
		"the file is empty": {}, "not one of langshark": foreign, older: first, "not a database": []byte(strings.Repeat("no data ", 100)),
	} {
		status := 1
		if want == older { // of which nobody knows whether it is damaged
			status = 2
		}
		dir := t.TempDir()
		path := filepath.Join(dir, dataFile)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, stdout, stderr := command(t, "check", "--data", dir); code != status || stdout != "" || !strings.Contains(stderr, want) || want == older && strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %d %s%s", want, code, stdout, stderr)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(text) {
			t.Errorf("%s: the file has changed: %v", want, err)
		}
		if got := names(t, dir); got != dataFile {
			t.Errorf("%s: the folder has %s", want, got)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, dataFile), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"check", "project list", "serve --addr 127.0.0.1:0", "backup x"} {
		if code, stdout, stderr := command(t, append(strings.Fields(args), "--data", dir)...); code != 1 || stdout != "" || !strings.Contains(stderr, "it is a directory") {
			t.Errorf("a directory: %s: %d %s%s", args, code, stdout, stderr)
		}
	}
}

// TestBackupOfOlderData copies it as it is.
func TestBackupOfOlderData(t *testing.T) {
	first, err := os.ReadFile(filepath.Join("..", "..", "server", "testdata", "v1.db"))
	if err != nil {
		t.Fatal(err)
	}
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "b.db")
	if err := os.WriteFile(filepath.Join(dir, dataFile), first, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "backup", "--data", dir, file); code != 0 {
		t.Fatal(stderr)
	}
	if after, err := os.ReadFile(filepath.Join(dir, dataFile)); err != nil || string(after) != string(first) {
		t.Errorf("the data has changed: %v", err)
	}
	if code, _, stderr := command(t, "restore", "--data", filepath.Join(dir, "new"), file); code != 0 {
		t.Errorf("restore: %s", stderr)
	}
}

// TestSecondServer is refused by name and number of the first.
func TestSecondServer(t *testing.T) {
	dir := t.TempDir()
	s := start(t, 1, "--addr", "127.0.0.1:0", "--data", dir, "--open")
	want := fmt.Sprintf("langshark: the folder %s is in use by another langshark (process %d): stop it, or choose another --data\n", dir, os.Getpid())
	if code, stdout, stderr := command(t, "serve", "--addr", "127.0.0.1:0", "--data", dir); code != 1 || stdout != "" || stderr != want {
		t.Errorf("a second server: %d %s%s", code, stdout, stderr)
	}
	for _, args := range []string{"check", "project list", "project add x", "project retention x 3d", "backup " + filepath.Join(t.TempDir(), "b.db")} {
		if code, _, stderr := command(t, append(strings.Fields(args), "--data", dir)...); code != 0 || stderr != "" {
			t.Errorf("%s beside a server: %d %s", args, code, stderr)
		}
	}
	if code, rest := s.stop(); code != 0 || rest != "" {
		t.Errorf("ended with %d %s", code, rest)
	}
	if got := names(t, dir); got != dataFile {
		t.Errorf("left %s", got)
	}
}

// TestRestoreRemovesStale folders of restores that were killed.
func TestRestoreRemovesStale(t *testing.T) {
	dir := withData(t)
	file := filepath.Join(t.TempDir(), "b.db")
	if code, _, stderr := command(t, "backup", "--data", dir, file); code != 0 {
		t.Fatal(stderr)
	}
	fresh := t.TempDir()
	stale := filepath.Join(fresh, ".restore-123")
	if err := errors.Join(os.Mkdir(stale, 0o700), os.WriteFile(filepath.Join(stale, dataFile), []byte("half"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "restore", "--data", fresh, file); code != 0 {
		t.Error(stderr)
	}
	if got := names(t, fresh); got != dataFile {
		t.Errorf("left %s", got)
	}
}
