package testkit

import (
	"fmt"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	numbers := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%d\n", i+1)
		}
		return b.String()
	}
	for name, c := range map[string]struct{ want, got, diff string }{
		"equal":             {"a\nb\n", "a\nb\n", ""},
		"both empty":        {"", "", ""},
		"no final new line": {"a\nb", "a\nb\n", ""},
		"from nothing":      {"", "a\n", "+ a\n"},
		"to nothing":        {"a\n\n", "", "- a\n-\n"},
		"replaced":          {"a\nb\nc\n", "a\nx\nc\n", "  a\n- b\n+ x\n  c\n"},
		"moved":             {"a\nb\nc\n", "b\nc\na\n", "- a\n  b\n  c\n+ a\n"},
		"common within":     {"a\nb\nc\nd\n", "x\nb\nd\ny\n", "- a\n+ x\n  b\n- c\n  d\n+ y\n"},
		"far lines left out": {
			numbers(20), strings.Replace(strings.Replace(numbers(20), "2\n", "two\n", 1), "19\n", "", 1),
			"  1\n- 2\n+ two\n  3\n  4\n  5\n@@ line 16\n  16\n  17\n  18\n- 19\n  20\n",
		},
		"not at the start": {numbers(9), numbers(9) + "ten\n", "@@ line 7\n  7\n  8\n  9\n+ ten\n"},
	} {
		if got := Diff(c.want, c.got); got != c.diff {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

// TestDiffIsBounded compares texts whose table would take gigabytes.
func TestDiffIsBounded(t *testing.T) {
	const n = 50_000
	got := Diff(strings.Repeat("a\nc\n", n), strings.Repeat("b\nc\nd\n", n))
	if lines := strings.Count(got, "\n"); lines != maxDiffLines+1 || !strings.HasPrefix(got, "- a\n- c\n") || !strings.HasSuffix(got, "… more lines differ\n") {
		t.Errorf("%d lines, begins %.20q", lines, got)
	}
}
