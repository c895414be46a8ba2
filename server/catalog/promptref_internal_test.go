package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// tag writes a reference as it stands in a text.
func (r reference) tag() string {
	if r.Version != 0 {
		return fmt.Sprintf("@@@langfusePrompt:name=%s|version=%d@@@", r.name, r.Version)
	}
	return fmt.Sprintf("@@@langfusePrompt:name=%s|label=%s@@@", r.name, r.Label)
}

func found(t *testing.T, text string) (list []reference, rest string) {
	t.Helper()
	rest, err := expand(text, func(r reference) (string, error) {
		list = append(list, r)
		return "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, rest
}

func TestReferenceForms(t *testing.T) {
	v := func(name string, n int) reference { return reference{name, PromptSelection{Version: n}} }
	label := func(name, l string) reference { return reference{name, PromptSelection{Label: l}} }
	for text, want := range map[string][]reference{
		"":                                      nil,
		"plain":                                 nil,
		"@@@langfusePrompt:name=a|version=1@@@": {v("a", 1)},
		"x@@@langfusePrompt:name=a|version=1@@@@@@langfusePrompt:name=b|label=prod-1.x_@@@y":     {v("a", 1), label("b", "prod-1.x_")},
		"@@@langfusePrompt:name=폴더/인사 🎉?#%|label=production@@@":                                  {label("폴더/인사 🎉?#%", "production")},
		"@@@langfusePrompt:name=a|version=1|label=b@@@":                                          {label("a|version=1", "b")}, // the last part counts
		"@@@langfusePrompt:name=a|version=0@@@":                                                  nil,
		"@@@langfusePrompt:name=a|version=-1@@@":                                                 nil,
		"@@@langfusePrompt:name=a|version=99999999999@@@":                                        nil,
		"@@@langfusePrompt:name=a|label=Not A Label@@@":                                          nil,
		"@@@langfusePrompt:name=a@@@":                                                            nil,
		"@@@langfusePrompt:name=|version=1@@@":                                                   nil,
		"@@@langfusePrompt:name=a\n|version=1@@@":                                                nil,
		"@@@langfusePrompt:name=a|version=1":                                                     nil,
		"@@@langfusePrompt:@@@langfusePrompt:name=a|version=1@@@":                                {v("a", 1)}, // one that begins within a broken one
		"@@@langfusePrompt:name=a|version=2@@@ {{x}} @@@langfusePrompt:name=a|version=2@@@":      {v("a", 2), v("a", 2)},
		"@@@langfuseMedia:type=image/png|id=1|source=bytes@@@langfusePrompt:name=a|version=3@@@": {v("a", 3)},
	} {
		if got, _ := found(t, text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if _, rest := found(t, "a@@@langfusePrompt:name=b|version=1@@@c@@@langfusePrompt:name=d@@@e"); rest != "ac@@@langfusePrompt:name=d@@@e" {
		t.Errorf("what stays: %q", rest)
	}
}

// FuzzReferences has any text keep all but its references, and references be read as they are written.
func FuzzReferences(f *testing.F) {
	for _, seed := range []string{
		"@@@langfusePrompt:name=a|version=1@@@", "@@@langfusePrompt:name=인사|label=x@@@ @@@langfusePrompt:", "@@@@langfusePrompt:name=@|label=y@@@@", "@@@langfusePrompt:name=a|version=1|version=2@@@",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, rest := found(t, text)
		if len(list) == 0 && rest != text {
			t.Fatalf("%q became %q without a reference", text, rest)
		}
		var written strings.Builder
		for _, r := range list {
			written.WriteString(r.tag())
		}
		if again, none := found(t, written.String()); !slices.Equal(again, list) || none != "" {
			t.Fatalf("%q: %v written as %q reads as %v with %q", text, list, written.String(), again, none)
		}
	})
}
