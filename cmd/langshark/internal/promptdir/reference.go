package promptdir

import (
	"regexp"
	"strconv"
)

// Reference is a place in a prompt where another one's text is to stand.
type Reference struct {
	Name    string
	Version int    // 0 for one by its label
	Label   string // or empty
}

var reference = regexp.MustCompile(`@@@langfusePrompt:name=([^|@]+)\|(?:version=(\d{1,9})|label=([^|@]+))@@@`)

// References are those of a prompt, in order.
func (f *File) References() (list []Reference) {
	add := func(text string) {
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			version, _ := strconv.Atoi(m[2]) // digits, or nothing
			list = append(list, Reference{m[1], version, m[3]})
		}
	}
	add(f.Text)
	for _, m := range f.Messages {
		add(m.Content)
	}
	return list
}
