package promptdir

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestPushedChangesOneLine: comments, order and the form of values stay.
func TestPushedChangesOneLine(t *testing.T) {
	for name, c := range map[string]struct{ path, before, after string }{
		"YAML": {
			"a.yaml",
			"# for the shop\nname: 'a' # its name\nversion: 2  # of the server\nlabels:\n  - production\nmessage: politer\nconfig: {model: m, temperature: 0.50}\nprompt: |-\n  version: 2\n",
			"# for the shop\nname: 'a' # its name\nversion: 3  # of the server\nlabels:\n  - production\nconfig: {model: m, temperature: 0.50}\nprompt: |-\n  version: 2\n",
		},
		"YAML without a version":    {"a.yml", "prompt: hi\nname: a", "prompt: hi\nversion: 3\nname: a"},
		"below the name":            {"a.yml", "name: a\n# what it says\nprompt: hi\n", "name: a\nversion: 3\n# what it says\nprompt: hi\n"},
		"in braces":                 {"a.yml", "{prompt: hi, name: a}", "{prompt: hi, version: 3, name: a}"},
		"in braces, with one":       {"a.yml", "{prompt: 한글, version: 2, name: a}", "{prompt: 한글, version: 3, name: a}"},
		"empty":                     {"a.yml", "name: a\nversion:\nprompt: hi\n", "name: a\nversion: 3\nprompt: hi\n"},
		"long message":              {"a.yml", "name: a\nmessage: |\n  one\n  two\nprompt: hi\n", "name: a\nversion: 3\nprompt: hi\n"},
		"a comment below a block":   {"a.yml", "name: a\nmessage: |\n  one\n\n  # two\n\n# why\nprompt: hi\n", "name: a\nversion: 3\n\n# why\nprompt: hi\n"},
		"a comment below a fold":    {"a.yml", "name: a\nmessage: >-\n  one\n  two\n# why\n\nprompt: hi\n", "name: a\nversion: 3\n# why\n\nprompt: hi\n"},
		"a comment below lines":     {"a.yml", "name: a\nmessage: one\n  two # 2\n# why\nprompt: hi\n", "name: a\nversion: 3\n# why\nprompt: hi\n"},
		"a comment below quotes":    {"a.yml", "name: a\nmessage: 'one\n  # two'\n  # why\nprompt: hi\n", "name: a\nversion: 3\n  # why\nprompt: hi\n"},
		"a comment at the end":      {"a.yml", "name: a\nprompt: hi\nmessage: |\n  one\n# why", "name: a\nversion: 3\nprompt: hi\n# why"},
		"a comment in front matter": {"a.md", "---\nname: a\nmessage: |-\n  one\n  two\n# why\n---\nhi\n", "---\nname: a\nversion: 3\n# why\n---\nhi\n"},
		"a comment with CRLF":       {"a.md", "---\r\nname: a\r\nmessage: |\r\n  one\r\n# why\r\n---\r\nhi\r\n", "---\r\nname: a\r\nversion: 3\r\n# why\r\n---\r\nhi\r\n"},
		"a comment within braces":   {"a.yml", "{\n  name: a,\n  message: 'one\n    # two',\n  # why\n  prompt: hi\n}\n", "{\n  version: 3, name: a,\n  # why\n  prompt: hi\n}\n"},
		"message in braces":         {"a.yml", "{name: a, message: x, prompt: hi}", "{version: 3, name: a, message: x, prompt: hi}"},
		"Markdown": {
			"a.md",
			"---\nname: a\nversion: 12\nconfig:\n  z: 1 # why\n  a: 2\nmessage: x\n---\nversion: 12\n---\n",
			"---\nname: a\nversion: 3\nconfig:\n  z: 1 # why\n  a: 2\n---\nversion: 12\n---\n",
		},
		"with CRLF and a mark": {"a.md", "\ufeff---\r\nname: a\r\n---\r\nhi\r\n", "\ufeff---\r\nname: a\r\nversion: 3\r\n---\r\nhi\r\n"},
	} {
		got, err := pushed(c.path, []byte(c.before), 3)
		if err != nil || string(got) != c.after {
			t.Errorf("%s: %v\n%q, not\n%q", name, err, got, c.after)
		}
	}
	if _, err := pushed("a.yml", []byte(`{name: a, version: !!int "2", prompt: hi}`), 3); err == nil || !strings.Contains(err.Error(), "a.yml: its front matter") {
		t.Errorf("what can't be changed: %v", err)
	}
}

func TestPushedWritesTheFile(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "a.yaml")
	if err := os.WriteFile(file, []byte("name: a\nprompt: hi\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Pushed(root, &File{Path: "a.yaml"}, 7); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "name: a\nversion: 7\nprompt: hi\n" {
		t.Errorf("%s, %v", b, err)
	}
	if err := os.WriteFile(file, []byte("name: a\nprompt: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Pushed(root, &File{Path: "a.yaml"}, 8); err == nil || !strings.Contains(err.Error(), "write version: 8 into it") {
		t.Error(err)
	}
}

// FuzzPushed checks that nothing but the version and the message changes.
func FuzzPushed(f *testing.F) {
	f.Add("a.md", []byte(chat))
	f.Add("a.yaml", []byte("name: x\nmessage: 'y'\nprompt: hi\nversion: 0x10\n"))
	f.Add("a.yaml", []byte("{name: x, prompt: hi}"))
	f.Add("a.yaml", []byte("name: x\nmessage: |+\n  y\n\n# z\nprompt: hi"))
	f.Add("a.md", []byte("---\n# \u2028\nname: x\n---\nhello"))
	f.Fuzz(func(t *testing.T, path string, b []byte) {
		before, err := Decode(path, b)
		if err != nil {
			return
		}
		changed, err := pushed(path, b, 5)
		if err != nil {
			return
		}
		before.Version = 5
		after, err := Decode(path, changed)
		if err == nil && after.Message == "" {
			before.Message = ""
		}
		if err != nil || !reflect.DeepEqual(after, before) {
			t.Fatalf("%+v became %+v (%v)", before, after, err)
		}
	})
}
