package promptdir

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
)

const chat = `---
name: support/answer
type: chat
version: 4
labels: [production, eu]
tags: [support]
config:
  model: gpt-4o
  temperature: 0.5
---
@@ system
You help customers of {{shop}}.

\@@ user
\\@@ twice
  indented
@@ placeholder history
@@ assistant

@@ user
{{question}}
`

func TestFileOfAChat(t *testing.T) {
	f, err := Decode("support/answer.md", []byte(chat))
	if err != nil {
		t.Fatal(err)
	}
	want := []Message{
		{Role: "system", Content: "You help customers of {{shop}}.\n\n@@ user\n\\@@ twice\n  indented"},
		{Placeholder: "history"},
		{Role: "assistant"},
		{Role: "user", Content: "{{question}}"},
	}
	if !reflect.DeepEqual(f.Messages, want) {
		t.Errorf("%q", f.Messages)
	}
	b, err := f.Encode()
	if err != nil || string(b) != chat {
		t.Errorf("%s, %v", b, err)
	}
	windows, err := Decode("a.md", []byte(strings.ReplaceAll(chat, "\n", "\r\n")))
	if err != nil || !windows.Same(f) {
		t.Errorf("with CRLF: %+v, %v", windows, err)
	}
}

// TestRoundTrip writes what a server has and reads it back, and through the API's form.
func TestRoundTrip(t *testing.T) {
	pieces := []string{"a", "\n", "@@ user", "@@", `\`, "---", "\n---\n", " ", "\t", "{{x}}", "한글", "\r\n", "\r", "# h", "\u2028", `"`, "'", ": ", "- "}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test
	text := func() string {
		var b strings.Builder
		for range random.IntN(8) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		return b.String()
	}
	for range 5000 {
		f := &File{Name: "n" + text(), Type: Text, Text: text(), Config: map[string]any{"k" + text(): text(), "n": 1.5, "l": []any{true, nil}}, Tags: []string{text()}}
		if random.IntN(2) == 0 {
			f.Type, f.Text = Chat, ""
			for range 1 + random.IntN(4) {
				f.Messages = append(f.Messages, Message{Role: "user", Content: text()})
				if random.IntN(3) == 0 {
					f.Messages = append(f.Messages, Message{Placeholder: "history"})
				}
			}
		}
		b, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode("", b)
		if err != nil {
			t.Fatalf("%v:\n%s", err, b)
		}
		if !back.Same(f) || back.Name != f.Name || !reflect.DeepEqual(back.Tags, f.Tags) {
			t.Fatalf("%+v\nbecame\n%+v\nby\n%q", f, back, b)
		}
		p, err := back.ToServer()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := FromServer(p); err != nil || !again.Same(f) {
			t.Fatalf("%+v became %+v by the API (%v)", f, again, err)
		}
	}
}

func TestFileErrors(t *testing.T) {
	for name, c := range map[string]struct{ path, text, want string }{
		"no front matter":  {"a.md", "hello", "line 1"},
		"no end":           {"a.md", "---\nname: x\n", "no end"},
		"bad YAML":         {"a.md", "---\nname: [\n---\n", "front matter"},
		"unknown field":    {"a.md", "---\nname: x\nlabel: y\n---\n", "label"},
		"no name":          {"a.md", "---\ntype: text\n---\nx", "name"},
		"another type":     {"a.md", "---\nname: x\ntype: image\n---\nx", "image"},
		"negative version": {"a.md", "---\nname: x\nversion: -1\n---\nx", "version"},
		"no messages":      {"a.md", "---\nname: x\ntype: chat\n---\n", "messages"},
		"text before":      {"a.md", "---\nname: x\ntype: chat\n---\nhello\n@@ user\n", "line 1"},
		"no role":          {"a.md", "---\nname: x\ntype: chat\n---\n@@ \n", "role"},
		"YAML: no text":    {"a.yaml", "name: x\nprompt: [a]\ntype: text\n", "text"},
		"YAML: no role":    {"a.yml", "name: x\nprompt: [{content: a}]\n", "role"},
	} {
		if _, err := Decode(c.path, []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&File{Name: "x", Type: Chat, Messages: []Message{{Role: "a\n@@ b"}}}).Encode(); err == nil {
		t.Error("a role of two lines")
	}
}

func TestYAMLFile(t *testing.T) {
	f, err := Decode("a.yaml", []byte("name: x\nconfig: {model: m}\nprompt:\n  - {role: system, content: a}\n  - {type: placeholder, name: h}\n"))
	if err != nil || f.Type != Chat || !reflect.DeepEqual(f.Messages, []Message{{Role: "system", Content: "a"}, {Placeholder: "h"}}) {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestPaths(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{
		"a", "support/answer", "../../etc/passwd", "..", ".", ".git/config", "/abs", "a//b", "a/", "con", "%con", "NUL.x", "a:b*c?", "a b", " a", "a.", "한글/이름", "a%2Fb", "", "com1", "a\x01b", `a\b`,
	} {
		p := PathOf(name)
		if other, ok := seen[p]; ok {
			t.Errorf("%q and %q are both %s", name, other, p)
		}
		seen[p] = name
		if !filepath.IsLocal(p) || strings.HasPrefix(p, ".") || strings.Contains(p, "/.") || strings.ContainsAny(p, ":*?\\\x01") {
			t.Errorf("%q is %q", name, p)
		}
	}
	if got := PathOf("support/answer"); got != "support/answer.md" {
		t.Error(got)
	}
}

func TestRead(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		file := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("b.md", "---\nname: b\n---\nB\n")
	write("sub/a.md", "---\nname: sub/a\n---\nA")
	write("README.md", "# no prompt")
	write(".git/x.md", "---\nbroken")
	write("notes.txt", "---\nbroken")
	files, err := Read(root)
	if err != nil || len(files) != 2 || files[0].Name != "b" || files[0].Text != "B" || files[1].Path != "sub/a.md" || files[1].Text != "A" {
		t.Fatalf("%+v, %v", files, err)
	}
	write("c.md", "---\nname: b\n---\nC\n")
	write("d.md", "---\nname: d\ntype: x\n---\n")
	if _, err := Read(root); err == nil || !strings.Contains(err.Error(), "d.md: type") || !strings.Contains(err.Error(), "b.md and c.md") {
		t.Errorf("%v", err)
	}
}

func TestDiff(t *testing.T) {
	old, err := FromServer(&hub.Prompt{Name: "a", Version: 3, Type: Text, Prompt: []byte(`"one\ntwo"`), Labels: []string{"production", "latest"}, Tags: []string{"t"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(old.Labels) != 1 {
		t.Errorf("labels %q", old.Labels)
	}
	same := &File{Path: "a.md", Name: "a", Type: Text, Text: "one\ntwo"}
	if d := Diff(old, same); d != nil {
		t.Errorf("%q", d)
	}
	same.Text = "one\n2"
	if d := strings.Join(Diff(old, same), "\n"); !strings.Contains(d, "-two\n+2") || strings.Contains(d, "labels") {
		t.Errorf("%s", d)
	}
}

// FuzzDecode checks that what is read can be written and read again.
func FuzzDecode(f *testing.F) {
	f.Add("a.md", []byte(chat))
	f.Add("a.md", []byte("---\nname: x\n---\nhello"))
	f.Add("a.yaml", []byte("name: x\nprompt: hi\n"))
	f.Fuzz(func(t *testing.T, path string, b []byte) {
		file, err := Decode(path, b)
		if err != nil {
			return
		}
		text, err := file.Encode()
		if err != nil {
			return
		}
		if back, err := Decode("a.md", text); err != nil || !back.Same(file) {
			t.Fatalf("%+v became %+v (%v)", file, back, err)
		}
	})
}

// TestNumbersKeepTheirDigits has numbers that no float64 holds.
func TestNumbersKeepTheirDigits(t *testing.T) {
	const config = `{"big":12345678901234567890,"list":[1,1.50,1e3,-0.1,"5","null",null,true],"seed":9007199254740993}`
	f, err := FromServer(&hub.Prompt{Name: "a", Type: Text, Prompt: []byte(`"x"`), Config: []byte(config)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.Encode()
	if err != nil || !strings.Contains(string(b), "seed: 9007199254740993") || !strings.Contains(string(b), "big: 12345678901234567890") {
		t.Fatalf("%s, %v", b, err)
	}
	back, err := Decode("a.md", b)
	if err != nil || !back.Same(f) {
		t.Fatalf("%+v, %v", back, err)
	}
	p, err := back.ToServer()
	if err != nil || string(p.Config) != config {
		t.Errorf("%s, %v", p.Config, err)
	}
	other := *f
	other.Config = map[string]any{"seed": 9007199254740992}
	if other.Same(f) {
		t.Error("another seed is the same")
	}
	odd, err := Decode("a.md", []byte("---\nname: a\nconfig: {hex: 0x10, many: 1_000, date: 2026-01-02, n: 1.0}\n---\nx"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := odd.ToServer(); err != nil || string(p.Config) != `{"date":"2026-01-02","hex":16,"many":1000,"n":1.0}` {
		t.Errorf("%s, %v", p.Config, err)
	}
	for _, bad := range []string{"{a: .inf}", "{a: 1, a: 2}", "&x [*x]", "{[a]: 1}", "{<<: {a: 1}}"} {
		if _, err := Decode("a.md", []byte("---\nname: a\nconfig: "+bad+"\n---\nx")); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestWriteStaysInItsFolder(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	switch err := os.Symlink(outside, filepath.Join(root, "support")); {
	case err != nil && runtime.GOOS == "windows":
		t.Skip("links need a privilege there: ", err)
	case err != nil:
		t.Fatal(err)
	}
	if err := Write(root, &File{Name: "support/a", Type: Text}); err == nil {
		t.Error("it was written through a link out of the folder")
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestReferences(t *testing.T) {
	f := &File{Type: Chat, Messages: []Message{
		{Role: "system", Content: "@@@langfusePrompt:name=rules|label=production@@@ and @@@langfusePrompt:name=a b/c|version=12@@@"},
		{Placeholder: "x"},
		{Role: "user", Content: "@@@langfusePrompt:name=|label=x@@@ @@@langfusePrompt:rules@@@ @@@langfusePrompt:name=a@b|c|label=x@@@ @@@langfusePrompt:name=a|label=X@@@"},
	}}
	want := []Reference{{Name: "rules", Label: "production"}, {Name: "a b/c", Version: 12}, {Name: "a@b|c", Label: "x"}}
	if got := f.References(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}
