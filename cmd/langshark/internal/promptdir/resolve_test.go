package promptdir

import (
	"fmt"
	"strings"
	"testing"
)

func text(name, text string) *File {
	return &File{Path: name + ".md", Name: name, Type: Text, Version: 2, Labels: []string{"production"}, Text: text}
}

func ref(name string) string { return "@@@langfusePrompt:name=" + name + "|label=production@@@" }

func TestResolve(t *testing.T) {
	find := Among([]*File{text("rules", "Be "+ref("a@b|c")+"."), text("a@b|c", "kind @@@langfusePrompt:name=rules@@@"), {Name: "talk", Type: Chat}})
	f := &File{Name: "chat", Type: Chat, Messages: []Message{{Role: "system", Content: ref("rules") + " {{x}} @@@langfusePrompt:name=rules|version=2@@@"}, {Placeholder: "h"}, {Role: "user", Content: "@@@langfusePrompt:name=rules|label=latest@@@"}}}
	got, err := Resolve(f, find)
	if err != nil {
		t.Fatal(err)
	}
	const kind = "Be kind @@@langfusePrompt:name=rules@@@."
	if m := got.Messages; m[0].Content != kind+" {{x}} "+kind || m[1] != f.Messages[1] || m[2].Content != kind || !strings.HasPrefix(f.Messages[0].Content, "@@@") {
		t.Errorf("%q of %q", got.Messages, f.Messages)
	}
}

func TestResolveErrors(t *testing.T) {
	files := []*File{
		text("rules", "Be kind."), text("b", ref("c")), text("c", ref("b")),
		{Path: "talk.md", Name: "talk", Type: Chat, Labels: []string{"production"}},
		text("long", strings.Repeat("x", 600<<10)), text("twice", ref("long")+ref("long")),
	}
	for i := range 7 {
		files = append(files, text(fmt.Sprint("deep", i), ref(fmt.Sprint("deep", i+1))))
	}
	files = append(files, text("deep7", "bottom"), text("two", ref("deep4")+ref("deep3")))
	var many, wide strings.Builder
	for i := range 101 {
		many.WriteString(ref(fmt.Sprint("leaf", i)))
	}
	for i := range 3 {
		var b strings.Builder
		for j := range 90 {
			name := fmt.Sprint("leaf", i*90+j)
			files = append(files, text(name, ""))
			b.WriteString(ref(name))
		}
		files = append(files, text(fmt.Sprint("branch", i), b.String()))
		wide.WriteString(ref(fmt.Sprint("branch", i)))
	}
	for name, c := range map[string]struct{ text, want string }{
		"nowhere":         {ref("none"), `x refers to "none" labelled production: no such prompt`},
		"another version": {"@@@langfusePrompt:name=rules|version=3@@@", `rules.md is version 2, labelled ["production"]`},
		"another label":   {"@@@langfusePrompt:name=rules|label=eu@@@", `"rules" labelled eu`},
		"a chat":          {ref("talk"), "is a chat"},
		"a circle":        {ref("b"), "in a circle: x → b → c → b"},
		"itself":          {ref("x"), "in a circle: x → x"},
		"too deep":        {ref("deep2"), "deeper than 5: x → deep2 → deep3 → deep4 → deep5 → deep6 → deep7"},
		"too deep, known": {ref("two"), "deeper than 5: x → two → deep3 → deep4"},
		"too long":        {ref("twice"), "x → twice is longer than 1048576 bytes"},
		"too many":        {many.String(), "it has 101 references"},
		"leads to many":   {wide.String(), "x leads to more than 200 others"},
	} {
		x := text("x", c.text)
		if _, err := Resolve(x, Among(append(files, x))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, fine := range map[string]string{"five deep": ref("deep3"), "nothing": "@@@langfusePrompt:rules@@@"} {
		if _, err := Resolve(text("x", fine), Among(files)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestResolveOfLongChats has messages that are each short enough.
func TestResolveOfLongChats(t *testing.T) {
	x := &File{Name: "x", Type: Chat}
	var files []*File
	for i := range 5 {
		name := fmt.Sprint("long", i)
		files = append(files, text(name, strings.Repeat("y", 900<<10)))
		x.Messages = append(x.Messages, Message{Role: "user", Content: ref(name)})
	}
	if _, err := Resolve(x, Among(files)); err == nil || !strings.Contains(err.Error(), "x leads to more than 8388608 bytes") {
		t.Error(err)
	}
	x.Messages = x.Messages[:4]
	if _, err := Resolve(x, Among(files)); err != nil {
		t.Error(err)
	}
}

// FuzzResolve checks that texts without references, and what only looks like one, stay as they are.
func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"hi", ref("rules"), "@@@langfusePrompt:name=@@@" + ref("rules") + "@@@", "@@@langfusePrompt:name=rules|version=0@@@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		x := text("x", body)
		refers := x.References()
		got, err := Resolve(x, func(Reference) (*File, error) { return text("other", "<>"), nil })
		if err != nil {
			if len(refers) == 0 || x.Text != body {
				t.Fatalf("%q with %v: %v", body, refers, err)
			}
			return
		}
		if strings.Count(got.Text, "<>") < len(refers) || len(refers) == 0 && got.Text != body || x.Text != body {
			t.Fatalf("%q with %v became %q", body, refers, got.Text)
		}
	})
}
