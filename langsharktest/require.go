package langsharktest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
)

// updateVariable is the environment variable that, set to 1, makes [RequireTree] write its files.
const updateVariable = "LANGSHARK_UPDATE"

// TreeOption changes what [RequireTree] and [Recorder.FullTree] show.
type TreeOption func(*treeSettings)

type treeSettings struct {
	ignored  map[string]bool
	replaced []replacement
	sorted   bool
	err      error
}

type replacement struct {
	pattern *regexp.Regexp
	with    string
}

// IgnoreMetadata leaves out the metadata of these keys, of traces, observations and scores.
func IgnoreMetadata(keys ...string) TreeOption {
	return func(s *treeSettings) {
		for _, k := range keys {
			s.ignored[k] = true
		}
	}
}

// Replace replaces what the regular expression matches, in each line as it stands in the file, for what differs from
// run to run. with may refer to groups as [regexp.Regexp.Expand] has it. Replacements apply in the order given:
//
//	langsharktest.Replace(`chatcmpl-\w+`, "chatcmpl-ID")
//	langsharktest.Replace(`"took_ms": \d+`, `"took_ms": 0`)
//
// A pattern that isn't valid fails the test.
func Replace(pattern, with string) TreeOption {
	return func(s *treeSettings) {
		p, err := regexp.Compile(pattern)
		if err != nil {
			s.err = errors.Join(s.err, fmt.Errorf("langsharktest: Replace: %w", err))
			return
		}
		s.replaced = append(s.replaced, replacement{p, with})
	}
}

// SortSiblings orders traces, the observations below one parent, and scores by name, then input, then all else that
// is shown, for code that starts them at the same time. Defaults to the order in which they started.
func SortSiblings() TreeOption { return func(s *treeSettings) { s.sorted = true } }

// loopback is an address with a port that a test server was given.
var loopback = regexp.MustCompile(`(?:\b127\.0\.0\.1|\blocalhost|\[::1\]):\d{4,5}\b`)

func newTreeSettings(opts []TreeOption) (*treeSettings, error) {
	s := &treeSettings{ignored: map[string]bool{}}
	for _, o := range opts {
		if o != nil {
			o(s)
		}
	}
	return s, s.err
}

// steady replaces what differs from run to run in a line.
func (s *treeSettings) steady(line string) string {
	line = loopback.ReplaceAllStringFunc(line, func(address string) string {
		return address[:strings.LastIndexByte(address, ':')] + ":PORT"
	})
	for _, r := range s.replaced {
		line = r.pattern.ReplaceAllString(line, r.with)
	}
	return line
}

// RequireTree compares all that r has recorded, as [Recorder.FullTree] shows it, with the golden file at path, and ends
// the test with the lines that differ. The path is relative to the package's folder, as in testdata/support.tree.
//
//	langsharktest.RequireTree(t, rec, "testdata/support.tree", langsharktest.IgnoreMetadata("host.name"))
//
// Where the environment variable LANGSHARK_UPDATE is 1 the file is written instead, with its folder:
//
//	LANGSHARK_UPDATE=1 go test ./...
//
// Lines at the top of the file that begin with # are the reader's: they are not compared, and stay.
func RequireTree(tb testing.TB, r *Recorder, path string, opts ...TreeOption) {
	tb.Helper()
	got, err := r.fullTree(opts)
	if err != nil {
		tb.Fatal(err)
	}
	update := false
	if v := os.Getenv(updateVariable); v != "" {
		if update, err = strconv.ParseBool(v); err != nil {
			tb.Fatalf("langsharktest: %s: %q is not 1 or 0", updateVariable, v)
		}
	}
	file, err := os.ReadFile(path)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		tb.Fatalf("langsharktest: %v", err)
	}
	comment, want := cutComment(string(bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n"))))
	switch {
	case got == want:
	case update:
		if err := writeGolden(path, comment+got); err != nil {
			tb.Fatalf("langsharktest: %v", err)
		}
		tb.Logf("langsharktest: wrote %s", path)
	case missing:
		tb.Fatalf("langsharktest: there is no %s yet; %s writes it. Recorded:\n%s", path, updateCommand(tb), got)
	default:
		tb.Fatalf("langsharktest: what was recorded differs from %s (- golden, + recorded); %s accepts it:\n%s",
			path, updateCommand(tb), testkit.Diff(want, got))
	}
}

// cutComment splits off the lines at the top that begin with #, and empty ones after them.
func cutComment(text string) (comment, rest string) {
	rest = text
	for strings.HasPrefix(rest, "#") || rest != text && strings.HasPrefix(rest, "\n") {
		_, after, _ := strings.Cut(rest, "\n")
		rest = after
	}
	return text[:len(text)-len(rest)], rest
}

func writeGolden(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// updateCommand is what writes the file of this test alone.
func updateCommand(tb testing.TB) string {
	tb.Helper()
	parts := strings.Split(tb.Name(), "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return updateVariable + "=1 go test -run '" + strings.Join(parts, "/") + "'"
}
