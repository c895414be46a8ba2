package testkit

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// Archive is a text archive in the txtar format: a comment, then files, each
// after a line "-- name --".
type Archive struct {
	Comment string
	Files   []ArchiveFile
}

// ArchiveFile is one file of an [Archive].
type ArchiveFile struct{ Name, Data string }

// ParseArchive reads the format. Any text is an archive.
func ParseArchive(text string) Archive {
	var a Archive
	target := &a.Comment
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(trimmed, "-- "); ok && strings.HasSuffix(name, " --") {
			a.Files = append(a.Files, ArchiveFile{Name: strings.TrimSuffix(name, " --")})
			target = &a.Files[len(a.Files)-1].Data
			continue
		}
		*target += line
	}
	return a
}

// String writes the format.
func (a Archive) String() string {
	var b strings.Builder
	b.WriteString(a.Comment)
	for _, f := range a.Files {
		fmt.Fprintf(&b, "-- %s --\n%s", f.Name, f.Data)
		if !strings.HasSuffix(f.Data, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Golden compares got with the named file of the archive at path, or, with update, writes it there.
func Golden(t *testing.T, update bool, path, name, got string) {
	t.Helper()
	if !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	text, err := os.ReadFile(path)
	if err != nil && !update {
		t.Fatal(err)
	}
	a := ParseArchive(string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
	for i := range a.Files {
		if a.Files[i].Name != name {
			continue
		}
		if a.Files[i].Data == got {
			return
		}
		if !update {
			t.Errorf("%s, %s differs (- golden, + got; run with -update to accept):\n%s", path, name, Diff(a.Files[i].Data, got))
			return
		}
		a.Files[i].Data = got
		write(t, path, a)
		return
	}
	if !update {
		t.Fatalf("%s has no file %s", path, name)
	}
	a.Files = append(a.Files, ArchiveFile{name, got})
	write(t, path, a)
}

func write(t *testing.T, path string, a Archive) {
	t.Helper()
	if err := os.WriteFile(path, []byte(a.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
