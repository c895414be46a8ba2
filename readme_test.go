package langshark_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var codeBlock = regexp.MustCompile("(?s)<!-- code: ([^ ]+) -->\n```go\n(.*?)```\n")

// TestReadme fails when Go code in the README or in docs is no longer what the compiled file says.
func TestReadme(t *testing.T) {
	for _, file := range []string{"README.md", "docs/testing.md", "docs/prompts.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blocks := codeBlock.FindAllStringSubmatch(string(text), -1)
		if n := strings.Count(string(text), "```go\n"); n != len(blocks) || n == 0 {
			t.Errorf("%s: %d of %d blocks of Go say which file they are from", file, n, len(blocks))
		}
		for _, b := range blocks {
			source, err := os.ReadFile(b[1])
			if err != nil {
				t.Error(err)
				continue
			}
			if !strings.Contains(string(source), b[2]) {
				t.Errorf("%s: %s has no longer:\n%s", file, b[1], b[2])
			}
		}
	}
}

// TestReadmeLinks fails when a relative link leads nowhere.
func TestReadmeLinks(t *testing.T) {
	for _, file := range []string{"README.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
			}
		}
	}
}
