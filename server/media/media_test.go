package media_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/media"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// fixture is a folder of contents beside a store with two projects.
type fixture struct {
	*media.Files
	store store.Store
	dir   string       // of the contents
	later atomic.Int64 // how much later it is than it is
}

func (f *fixture) now() time.Time { return time.Now().Add(time.Duration(f.later.Load())) }

func open(t *testing.T, change func(*media.Config)) *fixture {
	t.Helper()
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "x.db"), sqlite.Options{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{store: s, dir: filepath.Join(dir, media.FolderName)}
	for _, p := range []string{"p1", "p2"} {
		if err := s.CreateProject(t.Context(), store.Project{ID: p, Name: p, CreatedAt: f.now()}); err != nil {
			t.Fatal(err)
		}
	}
	cfg := media.Config{
		Catalog: catalog.New(s), Projects: s.Projects, Dir: f.dir, Housekeeping: true, Logger: slog.New(slog.DiscardHandler),
		Now: f.now,
	}
	if change != nil {
		change(&cfg)
	}
	if f.Files, err = media.Open(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		f.Close() // it is idempotent
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func (f *fixture) request(t *testing.T, project, trace, content string) *media.Upload {
	t.Helper()
	sum := sha256.Sum256([]byte(content))
	body, err := json.Marshal(map[string]any{
		"traceId": trace, "contentType": "text/html", "contentLength": len(content), "sha256Hash": base64.StdEncoding.EncodeToString(sum[:]), "field": "input",
	})
	if err != nil {
		t.Fatal(err)
	}
	u, err := f.Request(t.Context(), project, body)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// send has a project send a content.
func (f *fixture) send(t *testing.T, project, trace, content string) string {
	t.Helper()
	u := f.request(t, project, trace, content)
	if u.Token == "" {
		return u.MediaID
	}
	g, err := f.Check(u.Token, u.MediaID, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), g, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return u.MediaID
}

func (f *fixture) read(t *testing.T, project, id string) (string, error) {
	t.Helper()
	w := httptest.NewRecorder()
	err := f.Serve(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), project, id)
	return w.Body.String(), err
}

// contents lists what is in the folder but the key.
func (f *fixture) contents(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(f.dir, func(path string, d os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err == nil && !d.IsDir() && d.Name() != "key" {
			name, _ := filepath.Rel(f.dir, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return names
}

// TestContents are kept once, for each project that has sent them, its owner's alone.
func TestContents(t *testing.T) {
	f := open(t, nil)
	id := f.send(t, "p1", "t", "<script>")
	if u := f.request(t, "p1", "other", "<script>"); u.Token != "" || u.MediaID != id {
		t.Errorf("it is asked for again: %+v", u)
	}
	if _, err := f.Get(t.Context(), "p2", id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another project sees it: %v", err)
	}
	if u := f.request(t, "p2", "t", "<script>"); u.Token == "" {
		t.Error("a hash alone opens the content of another project")
	}
	if _, err := f.read(t, "p2", id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another project reads it by its hash: %v", err)
	}
	f.send(t, "p2", "t", "<script>")
	for _, p := range []string{"p1", "p2"} {
		if got, err := f.read(t, p, id); err != nil || got != "<script>" {
			t.Errorf("%s reads %q, %v", p, got, err)
		}
	}
	sum := hashOf("<script>")
	if got := f.contents(t); len(got) != 1 || got[0] != sum[:2]+"/"+sum[2:] {
		t.Errorf("%v", got)
	}
	if runtime.GOOS != "windows" {
		for path, want := range map[string]os.FileMode{f.dir: 0o700, filepath.Join(f.dir, "key"): 0o600, filepath.Join(f.dir, sum[:2]): 0o700, filepath.Join(f.dir, sum[:2], sum[2:]): 0o600} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: %v, %v", path, info.Mode(), err)
			}
		}
	}
}

// TestServe answers so that no browser runs what comes.
func TestServe(t *testing.T) {
	f := open(t, nil)
	id := f.send(t, "p1", "t", "<script>")
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.Header.Set("Range", "bytes=1-6")
	if err := f.Serve(w, r, "p1", id); err != nil {
		t.Fatal(err)
	}
	h := w.Result().Header
	if w.Code != 206 || w.Body.String() != "script" || h.Get("Content-Type") != "text/html" || h.Get("Content-Disposition") != "attachment" ||
		h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox; default-src 'none'") {
		t.Errorf("%d %q %v", w.Code, w.Body, h)
	}
	r.Header.Set("If-None-Match", h.Get("ETag"))
	w = httptest.NewRecorder()
	if err := f.Serve(w, r, "p1", id); err != nil || w.Code != 304 {
		t.Errorf("by its tag: %d, %v", w.Code, err)
	}
}

// TestPutRefuses what was not announced, and leaves nothing of it.
func TestPutRefuses(t *testing.T) {
	f := open(t, nil)
	u := f.request(t, "p1", "t", "abc")
	g, err := f.Check(u.Token, u.MediaID, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "ab", "abcd", "abd", strings.Repeat("abc", 1<<20)} {
		if err := f.Put(t.Context(), g, strings.NewReader(content)); !errors.Is(err, media.ErrContent) {
			t.Errorf("%.5q: %v", content, err)
		}
	}
	cut := errors.New("cut")
	if err := f.Put(t.Context(), g, io.MultiReader(strings.NewReader("ab"), iotestErr{cut})); !errors.Is(err, cut) {
		t.Errorf("cut off: %v", err)
	}
	if got := f.contents(t); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	if _, err := f.Get(t.Context(), "p1", u.MediaID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is said to be there: %v", err)
	}
	if err := f.Put(t.Context(), &media.Grant{ContentLength: 3, SHA256: "../../x"}, strings.NewReader("abc")); !errors.Is(err, media.ErrGrant) {
		t.Errorf("a hash that is a path: %v", err)
	}
}

type iotestErr struct{ err error }

func (r iotestErr) Read([]byte) (int, error) { return 0, r.err }

// TestTotal bounds what a server without a folder keeps; what went makes room.
func TestTotal(t *testing.T) {
	f := open(t, func(c *media.Config) { c.MaxTotalBytes = 16 })
	f.send(t, "p1", "a", "12345678")
	f.send(t, "p2", "a", "12345678") // the same content
	u := f.request(t, "p1", "b", "123456789")
	g, err := f.Check(u.Token, u.MediaID, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), g, strings.NewReader("123456789")); !errors.Is(err, media.ErrTooMuch) {
		t.Errorf("beyond the limit: %v", err)
	}
	for _, p := range []string{"p1", "p2"} {
		if err := f.Forget(t.Context(), p, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Put(t.Context(), g, strings.NewReader("123456789")); err != nil {
		t.Errorf("after the other is gone: %v", err)
	}
}

// TestForgetAndSweep remove a content when the last project has forgotten it.
func TestForgetAndSweep(t *testing.T) {
	f := open(t, nil)
	id := f.send(t, "p1", "a", "shared")
	f.send(t, "p2", "a", "shared")
	if err := f.Forget(t.Context(), "p1", "a"); err != nil {
		t.Fatal(err)
	}
	if got, err := f.read(t, "p2", id); err != nil || got != "shared" {
		t.Errorf("the other project reads %q, %v", got, err)
	}
	if err := f.Sweep(t.Context()); err != nil || len(f.contents(t)) != 1 {
		t.Errorf("what is new went: %v, %v", err, f.contents(t))
	}
	orphan := filepath.Join(f.dir, "ab", strings.Repeat("c", 62))
	other := filepath.Join(f.dir, "ab", "note.txt")
	if err := errors.Join(os.MkdirAll(filepath.Dir(orphan), 0o700), os.WriteFile(orphan, nil, 0o600), os.WriteFile(other, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	f.later.Store(int64(25 * time.Hour)) // its trace has never come
	if err := f.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.contents(t); len(got) != 1 || got[0] != "ab/note.txt" {
		t.Errorf("left: %v", got)
	}
}

// TestSweepReadsTheClockOnce has a day pass within one sweep: what that one held to be new goes with the next.
func TestSweepReadsTheClockOnce(t *testing.T) {
	passes := false
	f := open(t, func(c *media.Config) {
		c.Housekeeping = false
		now, later := c.Now, time.Duration(0)
		c.Now = func() time.Time {
			at := now().Add(later)
			if passes {
				later = 25 * time.Hour
			}
			return at
		}
	})
	orphan := filepath.Join(f.dir, "ab", strings.Repeat("c", 62))
	if err := errors.Join(os.MkdirAll(filepath.Dir(orphan), 0o700), os.WriteFile(orphan, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	passes = true
	for want := range 2 {
		if err := f.Sweep(t.Context()); err != nil || len(f.contents(t)) != 1-want {
			t.Errorf("sweep %d: %v, left: %v", want+1, err, f.contents(t))
		}
	}
}

// TestArchive holds what was there at the snapshot, and is unpacked only if whole.
func TestArchive(t *testing.T) {
	f := open(t, nil)
	f.send(t, "p1", "t", "before")
	to := t.TempDir()
	path := filepath.Join(to, "a.tar")
	n, err := f.Archive(t.Context(), path, func() error { f.send(t, "p1", "t", "meanwhile"); return nil })
	if err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	if err := media.Extract(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"before", "meanwhile"} {
		sum := hashOf(content)
		if got, err := os.ReadFile(filepath.Join(to, media.FolderName, sum[:2], sum[2:])); err != nil || string(got) != content {
			t.Errorf("%q, %v", got, err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string]string{
		"another content": strings.Replace(string(whole), "before", "BEFORE", 1),
		"cut off":         string(whole[:515]),
		"no archive":      strings.Repeat("x", 2000),
	} {
		if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := media.Extract(t.Context(), path, t.TempDir()); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	stop := errors.New("stop")
	if _, err := f.Archive(t.Context(), filepath.Join(to, "b.tar"), func() error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// FuzzExtract unpacks nothing outside of the folder, and nothing under another's name.
func FuzzExtract(f *testing.F) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"media/ab/x", "../x", "media/" + hashOf("abc")[:2] + "/" + hashOf("abc")[2:]} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: 3, Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
			f.Fatal(err)
		}
		if _, err := w.Write([]byte("abc")); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(b.Bytes()))
		b.Reset()
	}
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, archive []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.tar")
		if err := os.WriteFile(path, archive, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = media.Extract(t.Context(), path, filepath.Join(dir, "data"))
		err := filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || file == path {
				return err
			}
			content, err := os.ReadFile(file)
			if sum := hashOf(string(content)); file != filepath.Join(dir, "data", media.FolderName, sum[:2], sum[2:]) {
				t.Errorf("%s has %q", file, content)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestVerify finds what is missing and what is damaged.
func TestVerify(t *testing.T) {
	f := open(t, nil)
	f.request(t, "p1", "t", "still to come")
	whole, missing, damaged := f.send(t, "p1", "t", "whole"), f.send(t, "p1", "t", "missing"), f.send(t, "p2", "t", "damaged")
	if err := f.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := func(content string) string { sum := hashOf(content); return filepath.Join(f.dir, sum[:2], sum[2:]) }
	if err := errors.Join(os.Remove(path("missing")), os.WriteFile(path("damaged"), []byte("demaged"), 0o600)); err != nil {
		t.Fatal(err)
	}
	err := f.Verify(t.Context())
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), missing+" of project p1: its content is missing") ||
		!strings.Contains(err.Error(), damaged+" of project p2") || strings.Contains(err.Error(), whole) {
		t.Errorf("%v", err)
	}
	if _, err := f.read(t, "p1", missing); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("reading what is missing: %v", err)
	}
	if u := f.request(t, "p1", "t", "missing"); u.Token == "" {
		t.Error("what is missing isn't asked for again")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Verify(ctx); err == nil {
		t.Error("it went on after ctx had ended")
	}
}
