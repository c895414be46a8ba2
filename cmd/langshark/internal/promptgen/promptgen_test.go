package promptgen

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const golden = "testdata/prompts/prompts_gen.go"

func examples() []Prompt {
	return []Prompt{
		{Name: "support/answer-v2", Version: 4, Text: "Hello {{name}}, \"{{type}}\"\n`{{ctx}}` {{사용자}}", Variables: []string{"name", "type", "ctx", "사용자"}},
		{
			Name: "chat", Version: 1, Chat: true, Messages: []Message{{Role: "system", Content: "Be {{tone}}."}, {Placeholder: "history"}, {Role: "user", Content: "{{q.1}}"}},
			Variables: []string{"tone", "q.1"}, Placeholders: []string{"history"},
		},
		{Name: "인사", Version: 2, Text: "안녕하세요"},
	}
}

// TestGenerate compares with a file that the go command compiles below. LANGSHARK_UPDATE=1 writes it.
func TestGenerate(t *testing.T) {
	got, err := Generate("prompts", examples())
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("LANGSHARK_UPDATE") == "1" {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("it is not %s (LANGSHARK_UPDATE=1 writes it):\n%s", golden, got)
	}
}

// build compiles the generated file with one that uses it.
func build(t *testing.T, use string) (string, error) {
	t.Helper()
	dir, err := os.MkdirTemp("testdata", "use") //nolint:usetesting // it has to be within the module
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	source, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"prompts_gen.go": source, "use.go": []byte("package prompts\n\nimport (\n\t\"context\"\n\n\t\"github.com/langshark/langshark-go\"\n)\n\n" + use)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", "vet", "./"+dir).CombinedOutput()
	return string(out), err
}

func TestGeneratedCodeCompiles(t *testing.T) {
	if out, err := build(t, `func use(ctx context.Context) (string, []langshark.Message) {
	_, text, _ := SupportAnswerV2(ctx, NewSupportAnswerV2Vars("Ann", "a", "b", "c"), langshark.AtLabel("staging"))
	_, messages, _ := Chat(ctx, NewChatVars("kind", "why?", nil))
	_, _, _ = Prompt인사(ctx, Prompt인사Vars{})
	return text, messages
}
`); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, use := range map[string]string{
		"a missing variable": `func use(context.Context) langshark.Vars { _ = NewSupportAnswerV2Vars("Ann", "a", "b"); return nil }`,
		"another type":       `func use(context.Context) langshark.Vars { _ = NewChatVars("kind", "why?", "text"); return nil }`,
		"another's value":    `func use(context.Context) langshark.Vars { _ = NewChatVars(ChatQ1("why?"), ChatTone("kind"), nil); return nil }`,
		"a text of nobody's": `func use(context.Context) langshark.Vars { tone := "kind"; _ = NewChatVars(tone, "why?", nil); return nil }`,
	} {
		if out, err := build(t, use); err == nil || !strings.Contains(out, "use.go") {
			t.Errorf("%s compiled: %v %s", name, err, out)
		}
	}
}

func TestGenerateWithoutVariables(t *testing.T) {
	got, err := Generate("p", examples()[2:])
	if err != nil || bytes.Contains(got, []byte(`"errors"`)) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestGenerateErrors(t *testing.T) {
	for name, c := range map[string]struct {
		pkg     string
		prompts []Prompt
		want    string
	}{
		"package":            {"a-b", nil, "a-b"},
		"same function":      {"p", []Prompt{{Name: "a/b"}, {Name: "a-b"}}, "AB"},
		"taken by Vars":      {"p", []Prompt{{Name: "a"}, {Name: "a-vars"}}, "AVars"},
		"same variable":      {"p", []Prompt{{Name: "a", Variables: []string{"x.y", "x-y"}}}, "xY"},
		"two kinds":          {"p", []Prompt{{Name: "a", Variables: []string{"h"}, Placeholders: []string{"h"}}}, `"h"`},
		"made is the code's": {"p", []Prompt{{Name: "a", Variables: []string{"made", "made_"}}}, "made"},
	} {
		if _, err := Generate(c.pkg, c.prompts); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
