package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

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
	for keep, want := range map[time.Duration]string{-1: "negative", 1: "the shortest is 1µs"} {
		if err := srv.SetRetention(t.Context(), "", keep); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", keep, err)
		}
	}
	if err := srv.SetRetention(t.Context(), "", store.MinRetention); err != nil {
		t.Error(err)
	}
}

// TestStaleBackups removes what backups that were killed have left, and nothing of one that goes on.
func TestStaleBackups(t *testing.T) {
	dir := t.TempDir()
	c := &copier{}
	srv := newServer(t, server.WithStore(server.Config{}, func(s store.Store) store.Store { c.Store = s; return c }))
	for _, name := range []string{"killed/langshark.lock", "killed/langshark.db", "killed/langshark.db-journal", "old/langshark.db", "young/langshark.db"} {
		path := filepath.Join(dir, ".langshark-backup-"+name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("1"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, ".langshark-backup-file"), nil, 0o600),
		os.Chtimes(filepath.Join(dir, ".langshark-backup-old"), time.Time{}, time.Now().Add(-25*time.Hour))); err != nil {
		t.Fatal(err)
	}
	during := 0
	err := srv.Backup(t.Context(), filepath.Join(dir, "a.db"), func(int64, int64) {
		list, err := os.ReadDir(dir)
		if during = len(list); err != nil {
			t.Error(err)
		}
		if err := srv.Backup(t.Context(), filepath.Join(dir, "b.db"), func(int64, int64) {}); err != nil { // beside this one
			t.Error(err)
		}
	})
	list, readErr := os.ReadDir(dir)
	var left []string
	for _, e := range list {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); err != nil || readErr != nil || during != 3 || got != ".langshark-backup-file .langshark-backup-young a.db b.db" {
		t.Errorf("%v, %v: %d files meanwhile, left %s", err, readErr, during, got)
	}
}

// TestOneServer is all that a folder has, besides tools that look in.
func TestOneServer(t *testing.T) {
	dir := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	srv := newServer(t, server.Config{DataDir: dir})
	_, err := server.New(server.Config{DataDir: dir, Logger: quiet})
	if want := fmt.Sprintf("the folder %s is in use by another langshark (process %d): stop it, or choose another Config.DataDir", dir, os.Getpid()); !errors.Is(err, server.ErrInUse) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("a second server: %v", err)
	}
	if _, err := server.Lock(dir); !errors.Is(err, server.ErrInUse) {
		t.Errorf("Lock: %v", err)
	}
	for _, cfg := range []server.Config{{DataDir: dir, NoHousekeeping: true, Logger: quiet}, {DataDir: dir, ReadOnly: true, Logger: quiet}} {
		beside, err := server.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := beside.AddProject(t.Context(), "another"); (err == nil) == cfg.ReadOnly {
			t.Errorf("read only %v: AddProject: %v", cfg.ReadOnly, err)
		}
		if err := errors.Join(beside.Check(t.Context()), beside.Shutdown(t.Context())); err != nil {
			t.Error(err)
		}
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	release, err := server.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	release()
	if _, err := server.New(server.Config{DataDir: dir, Logger: quiet, Collectors: []prometheus.Collector{collectors.NewGoCollector(), collectors.NewGoCollector()}}); err == nil || errors.Is(err, server.ErrInUse) {
		t.Errorf("a server that can't be: %v", err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("left %v, %v", list, err)
	}
	newServer(t, server.Config{DataDir: dir})
}

// TestReadOnlyServer makes nothing.
func TestReadOnlyServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := server.New(server.Config{DataDir: dir, ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of no folder: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder is made")
	}
	if _, err := server.New(server.Config{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "Config.DataDir") {
		t.Errorf("of no name: %v", err)
	}
}

// TestToolsLeaveOlderData to the server that uses the folder.
func TestToolsLeaveOlderData(t *testing.T) {
	file, err := os.ReadFile("testdata/v1.db")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "langshark.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	release, err := server.Lock(dir) // as a server of the older version
	if err != nil {
		t.Fatal(err)
	}
	tool := server.Config{DataDir: dir, NoHousekeeping: true, Logger: slog.New(slog.DiscardHandler)}
	if _, err := server.New(tool); !errors.Is(err, server.ErrInUse) || !strings.Contains(err.Error(), "schema version 1, this langshark works with version ") {
		t.Errorf("beside a server: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, file) {
		t.Errorf("its version has changed: %v", err)
	}
	release()
	newServer(t, tool)
	newServer(t, server.Config{DataDir: dir})
}
