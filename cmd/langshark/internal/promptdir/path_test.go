package promptdir

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestLongNames: a name of 255 characters may have more bytes than the name of a file.
func TestLongNames(t *testing.T) {
	root := t.TempDir()
	seen := map[string]string{}
	for _, name := range []string{
		strings.Repeat("가", 100), strings.Repeat("가", 99) + "나", strings.Repeat("😀", 255), strings.Repeat("?", 255), "a" + strings.Repeat("?", 254), "ab" + strings.Repeat("?", 253),
		strings.Repeat("가", 100) + "/" + strings.Repeat("나", 100), strings.Repeat("n", 240), strings.Repeat("n", 241),
	} {
		p := PathOf(name)
		if other, ok := seen[p]; ok || p != PathOf(name) {
			t.Errorf("%q and %q are both %s", name, other, p)
		}
		seen[p] = name
		for part := range strings.SplitSeq(p, "/") {
			short := strings.TrimRight(strings.TrimSuffix(part, ".md"), "0123456789abcdef")
			if len(part) > 250 || !utf8.ValidString(part) || strings.Count(short, "%") != strings.Count(short, "%3F") {
				t.Errorf("%q is %q", name, part)
			}
		}
		if err := Write(root, &File{Name: name, Type: Text, Text: name}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	files, err := Read(root)
	if err != nil || len(files) != len(seen) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if seen[f.Path] != f.Name || f.Text != f.Name {
			t.Errorf("%s is named %q", f.Path, f.Name)
		}
	}
	if got := PathOf(strings.Repeat("n", 240)); strings.Contains(got, "~") || path.Ext(got) != ".md" {
		t.Error(got)
	}
}
