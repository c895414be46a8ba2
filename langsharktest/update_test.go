package langsharktest_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

// comparison is a recorder and a test that may fail without failing this one.
type comparison struct {
	*failing
	rec *langsharktest.Recorder
}

func newComparison(t *testing.T, model string) *comparison {
	t.Helper()
	t.Setenv("LANGSHARK_UPDATE", "")
	rec := langsharktest.NewRecorder(t)
	record(rec.Context(), model)
	return &comparison{&failing{TB: t}, rec}
}

func record(ctx context.Context, model string) {
	ctx, trace := langshark.StartTrace(ctx, "support", langshark.WithUser("minji"))
	_, search := langshark.StartObservation(ctx, langshark.KindRetriever, "search", langshark.WithInput("Where?"))
	search.End()
	_, gen := langshark.StartGeneration(ctx, "answer", langshark.WithModel(model), langshark.WithOutput("Tomorrow."))
	gen.End()
	trace.End()
}

// require compares with the file and returns what the test would have failed with.
func (c *comparison) require(t *testing.T, path string, opts ...langsharktest.TreeOption) string {
	t.Helper()
	c.try(t, func() { langsharktest.RequireTree(c.failing, c.rec, path, opts...) })
	return c.message
}

const recorded = `trace support
  user: minji
- span support
  - retriever search
      input: "Where?"
  - generation answer
      model: gpt-4o
      output: "Tomorrow."
`

func TestRequireTreeShowsDifference(t *testing.T) {
	path := filepath.Join(t.TempDir(), "support.tree")
	writeFile(t, path, recorded)
	if got := newComparison(t, "gpt-4o").require(t, path); got != "" {
		t.Errorf("the same differs: %s", got)
	}
	c := newComparison(t, "gpt-4o-mini")
	_, more := langshark.StartSpan(c.rec.Context(), "more")
	more.End()
	expect(t, c.require(t, path), "langsharktest: what was recorded differs from "+path+
		" (- golden, + recorded); LANGSHARK_UPDATE=1 go test -run '^TestRequireTreeShowsDifference$' accepts it:\n"+
		`@@ line 4
    - retriever search
        input: "Where?"
    - generation answer
-       model: gpt-4o
+       model: gpt-4o-mini
        output: "Tomorrow."
+
+ trace more
+ - span more
`)
}

func TestRequireTreeOfMissingFile(t *testing.T) {
	t.Run("sub (test)", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "missing.tree")
		expect(t, newComparison(t, "gpt-4o").require(t, path), "langsharktest: there is no "+path+
			` yet; LANGSHARK_UPDATE=1 go test -run '^TestRequireTreeOfMissingFile$/^sub_\(test\)$' writes it. Recorded:`+"\n"+recorded)
		if _, err := os.Stat(path); err == nil {
			t.Error("the file was written without being asked to")
		}
	})
}

func TestRequireTreeUpdates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testdata", "deeper", "support.tree")
	c := newComparison(t, "gpt-4o")
	for value, want := range map[string]bool{"1": true, "true": true, "0": false, "false": false} {
		t.Setenv("LANGSHARK_UPDATE", value)
		if failed := c.require(t, path) != ""; failed == want {
			t.Errorf("%s: %s", value, c.message)
		}
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", value, err)
		}
		_ = os.Remove(path)
	}
	t.Setenv("LANGSHARK_UPDATE", "1")
	if c.require(t, path); c.log != "langsharktest: wrote "+path || readFile(t, path) != recorded {
		t.Errorf("logged %q, wrote\n%s", c.log, readFile(t, path))
	}
	if c.require(t, path); c.log != "" {
		t.Errorf("logged %q though nothing changed", c.log)
	}

	const comment = "# Guards against the wrong model.\n#\n\n"
	writeFile(t, path, comment+"something else\n")
	if c.require(t, path); readFile(t, path) != comment+recorded {
		t.Errorf("wrote\n%s", readFile(t, path))
	}
	t.Setenv("LANGSHARK_UPDATE", "")
	if got := c.require(t, path); got != "" {
		t.Errorf("the comment was compared: %s", got)
	}
	writeFile(t, path, strings.ReplaceAll(comment+recorded, "\n", "\r\n"))
	if got := c.require(t, path); got != "" {
		t.Errorf("line ends of Windows were compared: %s", got)
	}
	for _, text := range []string{"\n" + recorded, recorded + "# a comment further down\n", "# only a comment"} {
		writeFile(t, path, text)
		if c.require(t, path) == "" {
			t.Errorf("accepted\n%s", text)
		}
	}
}

func TestRequireTreeErrors(t *testing.T) {
	c := newComparison(t, "gpt-4o")
	dir := t.TempDir()
	if got := c.require(t, dir); !strings.HasPrefix(got, "langsharktest: read ") {
		t.Errorf("a folder: %q", got)
	}
	if got := c.require(t, "support.tree", langsharktest.Replace(`(`, ""), langsharktest.Replace(`)`, "")); strings.Count(got, "langsharktest: Replace: error parsing regexp") != 2 {
		t.Errorf("a wrong pattern: %q", got)
	}
	f := &failing{TB: t}
	rec := langsharktest.NewRecorder(f)
	if f.try(t, func() { rec.FullTree(langsharktest.Replace(`(`, "")) }); !strings.Contains(f.message, "missing closing )") {
		t.Errorf("a wrong pattern: %q", f.message)
	}
	t.Setenv("LANGSHARK_UPDATE", "yes please")
	if got := c.require(t, "support.tree"); got != `langsharktest: LANGSHARK_UPDATE: "yes please" is not 1 or 0` {
		t.Errorf("a wrong variable: %q", got)
	}
	t.Setenv("LANGSHARK_UPDATE", "1")
	file := filepath.Join(dir, "file")
	writeFile(t, file, "")
	if got := c.require(t, filepath.Join(file, "support.tree")); runtime.GOOS != "windows" && !strings.HasPrefix(got, "langsharktest: ") {
		t.Errorf("below a file: %q", got)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), link); err == nil {
		if got := c.require(t, filepath.Join(link, "support.tree")); !strings.HasPrefix(got, "langsharktest: mkdir ") {
			t.Errorf("a link to nowhere: %q", got)
		}
	}
	t.Setenv("LANGSHARK_FLUSH_AT", "many") // met by the client that finds out what the environment says
	if got := c.require(t, filepath.Join(dir, "support.tree")); !strings.Contains(got, "LANGSHARK_FLUSH_AT") {
		t.Errorf("a wrong environment: %q", got)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
