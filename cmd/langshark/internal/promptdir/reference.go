package promptdir

import (
	"fmt"
	"slices"

	"github.com/langshark/langshark-go/server/catalog"
)

// Reference is a place in a prompt where another one's text is to stand.
type Reference struct {
	Name    string
	Version int    // 0 for one by its label
	Label   string // or empty
}

// String names what is referred to.
func (r Reference) String() string {
	if r.Version > 0 {
		return fmt.Sprintf("%q version %d", r.Name, r.Version)
	}
	return fmt.Sprintf("%q labelled %s", r.Name, r.Label)
}

// References are those of a prompt, in order, as the server reads them.
func (f *File) References() (list []Reference) {
	for _, text := range f.texts() {
		for _, part := range catalog.TextParts(*text) {
			if part.Name != "" {
				list = append(list, referenceOf(part))
			}
		}
	}
	return list
}

func referenceOf(part catalog.TextPart) Reference {
	return Reference{part.Name, part.Selection.Version, part.Selection.Label}
}

// texts are where a reference may stand.
func (f *File) texts() []*string {
	list := []*string{&f.Text}
	for i := range f.Messages {
		list = append(list, &f.Messages[i].Content)
	}
	return list
}

// copied is a file whose texts may change.
func (f *File) copied() *File {
	c := *f
	c.Messages = slices.Clone(f.Messages)
	return &c
}
