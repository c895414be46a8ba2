package server_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
)

// copier is a store whose backup is a text, or fails half way.
type copier struct {
	store.Store
	err  error
	keep map[string]time.Duration
}

func (c *copier) Backup(_ context.Context, path string, progress func(done, total int64)) error {
	progress(1, 2)
	if err := os.WriteFile(path, []byte("all"), 0o644); err != nil { //nolint:gosec // as an engine with another umask may
		return err
	}
	return c.err
}

func (c *copier) SetRetention(_ context.Context, project string, keep time.Duration) error {
	c.keep[project] = keep
	return nil
}

// TestBackupFile is whole or not there, its owner's alone, and never in the place of another.
func TestBackupFile(t *testing.T) {
	c := &copier{}
	srv := newServer(t, server.WithStore(server.Config{}, func(s store.Store) store.Store { c.Store = s; return c }))
	dir := t.TempDir()
	path := filepath.Join(dir, "b.db")
	told := false
	if err := srv.Backup(t.Context(), path, func(done, total int64) { told = done == 1 && total == 2 }); err != nil || !told {
		t.Fatalf("%v, told %v", err, told)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := srv.Backup(t.Context(), path, nil); !errors.Is(err, server.ErrExists) || !strings.Contains(err.Error(), path) {
		t.Errorf("over a file: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("the file is now %q, %v", text, err)
	}
	c.err = errors.New("no more")
	if err := srv.Backup(t.Context(), filepath.Join(dir, "half.db"), func(int64, int64) {}); !errors.Is(err, c.err) {
		t.Errorf("half way: %v", err)
	}
	if err := srv.Backup(t.Context(), filepath.Join(dir, "no", "folder.db"), nil); err == nil {
		t.Error("into a folder that is not there")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestRetentionOfProjects is set by id, of the first project without one.
func TestRetentionOfProjects(t *testing.T) {
	c := &copier{keep: map[string]time.Duration{}}
	srv := newServer(t, server.WithStore(server.Config{}, func(s store.Store) store.Store { c.Store = s; return c }))
	if err := srv.SetRetention(t.Context(), "", time.Hour); err != nil || c.keep[server.DefaultProject] != time.Hour {
		t.Errorf("%v, %v", err, c.keep)
	}
	if err := srv.SetRetention(t.Context(), "", -1); err == nil || c.keep[server.DefaultProject] != time.Hour {
		t.Errorf("below zero: %v, %v", err, c.keep)
	}
}

// TestBackup takes a copy of a server that goes on, and starts another on it.
func TestBackup(t *testing.T) {
	srv := newServer(t, server.Config{DataDir: t.TempDir()})
	c := serve(t, srv, "")
	c.send(t, event("trace-create", "t", map[string]any{"id": "t", "name": "kept"}))
	dir := t.TempDir()
	var last, total int64
	if err := srv.Backup(t.Context(), filepath.Join(dir, "langshark.db"), func(d, n int64) { last, total = d, n }); err != nil {
		t.Fatal(err)
	}
	if total == 0 || last != total {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	c.send(t, event("trace-create", "later", map[string]any{"id": "later"}))
	again := newServer(t, server.Config{DataDir: dir})
	ts := httptest.NewServer(again.Handler())
	defer ts.Close()
	back := client{ts.URL, c.public, c.secret}
	list := back.object(t, "/api/public/traces")["data"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["name"] != "kept" {
		t.Errorf("the copy has %v", list)
	}
	if err := again.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// TestSetRetention is listed, and of a project that exists.
func TestSetRetention(t *testing.T) {
	srv := newServer(t, server.Config{})
	if err := srv.SetRetention(t.Context(), "", 30*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if all, err := srv.Projects(t.Context()); err != nil || all[0].Retention != 30*24*time.Hour {
		t.Errorf("%+v, %v", all, err)
	}
	if err := srv.SetRetention(t.Context(), "none", time.Hour); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of no project: %v", err)
	}
}
