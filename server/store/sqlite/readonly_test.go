package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

// fill makes a file with a few traces.
func fill(t *testing.T, path string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} {
		if err := s.Write(t.Context(), largeTrace(id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// first is a copy of the file that the first version made.
func first(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "first.db")
	text, err := os.ReadFile("../../testdata/v1.db")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReadOnly reads a file alone and beside a writer, and does not change it.
func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a #1?%.db")
	fill(t, path)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	present(t, s, []string{"a", "b"})
	for what, err := range map[string]error{
		"Write":         s.Write(t.Context(), largeTrace("c")),
		"CreateProject": s.CreateProject(t.Context(), store.Project{ID: "q", Name: "q"}),
		"CreateAPIKey":  s.CreateAPIKey(t.Context(), store.APIKey{ProjectID: "p", PublicKey: "k"}),
		"SetRetention":  s.SetRetention(t.Context(), "p", time.Hour),
	} {
		if !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("%s: %v, want ErrReadOnly", what, err)
		}
	}
	if stats := s.Stats(); stats.FileBytes == 0 || stats.ReadOnly { // that is of the disk
		t.Errorf("%+v", stats)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := errors.Join(s.Check(t.Context()), s.Backup(t.Context(), copied, nil), s.Close()); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
	again := openAt(t, copied, nil)
	present(t, again, []string{"a", "b"})

	writer := openAt(t, path, nil)
	beside, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Write(t.Context(), largeTrace("c")); err != nil {
		t.Fatal(err)
	}
	present(t, beside, []string{"a", "b", "c"})
	if err := errors.Join(beside.Check(t.Context()), beside.Close()); err != nil {
		t.Error(err)
	}
}

// TestReadOnlyRefuses what has no data, and makes none of it.
func TestReadOnlyRefuses(t *testing.T) {
	dir := t.TempDir()
	foreign := func(name, script string) string {
		path := filepath.Join(dir, name)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), script); err != nil {
			t.Fatal(err)
		}
		db.Close()
		return path
	}
	empty := filepath.Join(dir, "empty.db")
	text := filepath.Join(dir, "text.db")
	if err := errors.Join(os.WriteFile(empty, nil, 0o600), os.WriteFile(text, []byte(strings.Repeat("no data ", 2000)), 0o600), os.Mkdir(filepath.Join(dir, "folder.db"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		text     string
		readOnly bool // only then
	}{
		filepath.Join(dir, "none.db"):   {"none.db", true},
		filepath.Join(dir, "folder.db"): {"is a directory", false},
		empty:                           {"is empty", true},
		text:                            {"not a database", false},
		foreign("foreign.db", "CREATE TABLE recipes (name TEXT)"):                                             {"not one of langshark", false},
		foreign("version.db", "CREATE TABLE projects (name TEXT); PRAGMA user_version = 2"):                   {"not one of langshark", false},
		foreign("older.db", "CREATE TABLE recipes (name TEXT); PRAGMA user_version = 1"):                      {"not one of langshark", false},
		foreign("cleared.db", "CREATE TABLE recipes (name TEXT); DROP TABLE recipes"):                         {"no tables", true},
		foreign("odd.db", "CREATE TABLE recipes (name TEXT); PRAGMA user_version = 7; PRAGMA page_size=4096"): {"not one of langshark", false},
	} {
		before, _ := os.ReadFile(path)
		for _, readOnly := range []bool{true, false} {
			if want.readOnly && !readOnly {
				continue
			}
			s, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: readOnly})
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), want.text) {
				t.Errorf("%s, read only %v: %v, want %s", path, readOnly, err, want.text)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Errorf("%s, read only %v: the file has changed", path, readOnly)
			}
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 8 {
		t.Errorf("the folder has %v, %v", list, err)
	}
}

// TestOlderReadOnly is not brought up to date, can be copied and not read.
func TestOlderReadOnly(t *testing.T) {
	path := first(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	_, projects := s.Projects(t.Context())
	for what, err := range map[string]error{"Check": s.Check(t.Context()), "Projects": projects} {
		if err == nil || !strings.Contains(err.Error(), "schema version 1: langshark serve brings it up to date") {
			t.Errorf("%s: %v", what, err)
		}
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	told := int64(0)
	if err := errors.Join(s.Backup(t.Context(), copied, func(_, total int64) { told = total }), s.Close()); err != nil || told != int64(len(before)) {
		t.Errorf("Backup: %v, told of %d bytes", err, told)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed: %v", err)
	}
	again := openAt(t, copied, nil) // which brings it up to date
	if list, err := again.Projects(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("of the copy: %v, %v", list, err)
	}
}

// TestBeforeMigration leaves a file alone if it may not be brought up to date, and asks only then.
func TestBeforeMigration(t *testing.T) {
	path := first(t)
	no := errors.New("not now")
	latest := sqlite.LatestVersion(t)
	var asked [][2]int
	answer, done := no, 0
	before := func(have, want int) (func(), error) {
		asked = append(asked, [2]int{have, want})
		return func() { done++ }, answer
	}
	if s, err := sqlite.Open(t.Context(), path, sqlite.Options{BeforeMigration: before}); !errors.Is(err, no) {
		t.Fatal(s, err)
	}
	for answer = nil; len(asked) < 2; {
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{BeforeMigration: before})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, path := range []string{path, filepath.Join(t.TempDir(), "new.db")} {
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{BeforeMigration: before})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	if !slices.Equal(asked, [][2]int{{1, latest}, {1, latest}}) || done != 1 {
		t.Errorf("asked %v, done %d times", asked, done)
	}
}

// TestReadOnlyFolder reads where nothing can be written.
func TestReadOnlyFolder(t *testing.T) {
	var dir, path string
	if os.Geteuid() == 0 { // whom no mode of a folder keeps from writing
		dir = smallDisk(t)
	} else {
		dir = t.TempDir()
	}
	path = filepath.Join(dir, "a.db")
	fill(t, path)
	if os.Geteuid() == 0 {
		if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
			testkit.Skip(t, "a file system can't be mounted here")
			t.Log(string(out))
		}
	} else {
		if err := os.Chmod(dir, 0o500); err != nil { //nolint:gosec // a folder
			t.Fatal(err)
		}
		defer func() { _ = os.Chmod(dir, 0o700) }() //nolint:gosec // a folder
	}
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	present(t, s, []string{"a", "b"})
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := errors.Join(s.Check(t.Context()), s.Backup(t.Context(), copied, nil), s.Close()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
	present(t, openAt(t, copied, nil), []string{"a", "b"})
}

// TestReadOnlyFullDisk checks as ever, and a copy to it says once what is wrong.
func TestReadOnlyFullDisk(t *testing.T) {
	dir := smallDisk(t)
	path := filepath.Join(dir, "full.db")
	fill(t, path)
	ballast := filepath.Join(dir, "ballast")
	fillUp := func(keep int64) {
		t.Helper()
		_ = os.WriteFile(ballast, make([]byte, 24<<20), 0o600) // as much as fits
		info, err := os.Stat(ballast)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(ballast, info.Size()-keep); err != nil {
			t.Fatal(err)
		}
	}
	for _, keep := range []int64{0, 4 << 10, 48 << 10, 80 << 10, 120 << 10} { // with none there is no room for what SQLite shares files by
		fillUp(keep)
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: true})
		if err != nil {
			t.Errorf("%d bytes free: %v", keep, err)
			continue
		}
		if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
			t.Errorf("%d bytes free: %v", keep, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 2 && keep > 40<<10 { // with less, empty files stay
			t.Errorf("%d bytes free: left %v, %v", keep, left, err)
		}
	}
	fillUp(40 << 10)
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Backup(t.Context(), filepath.Join(dir, "copy.db"), nil)
	if !errors.Is(err, store.ErrFull) || err.Error() != "langshark: backup: there is no room for the copy on its disk" {
		t.Errorf("Backup: %v", err)
	}
}
