package promptdir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Pushed notes in the file of a prompt that it is that version now, and takes the message of the push out. All other
// lines stay as they are, with comments and order.
func Pushed(root string, f *File, version int) error {
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.Path)))
	if err != nil {
		return err
	}
	if b, err = pushed(f.Path, b, version); err != nil {
		return fmt.Errorf("it was pushed, but the file doesn't say so: write version: %d into it: %w", version, err)
	}
	return writeFile(root, f.Path, b)
}

func pushed(path string, b []byte, version int) ([]byte, error) {
	want, err := Decode(path, b)
	if err != nil {
		return nil, err
	}
	text, marked := strings.CutPrefix(string(b), "\ufeff")
	d := &document{path: path, lines: strings.SplitAfter(text, "\n")}
	if message := want.Message; message != "" {
		want.Message = ""
		if d.change(want, d.withoutMessage) != nil {
			want.Message = message // which harms less than a version that is not written
		}
	}
	want.Version = version
	if err := d.change(want, func(fields []field) [][]string { return d.withVersion(fields, version) }); err != nil {
		return nil, err
	}
	text = strings.Join(d.lines, "")
	if marked {
		text = "\ufeff" + text
	}
	return []byte(text), nil
}

// document is the text of a file.
type document struct {
	path  string
	lines []string // each with its line break
}

// field is a field of front matter, at indexes of lines.
type field struct {
	name       string
	begin, end int // the lines from it to the next field
	key, value *yaml.Node
}

// change takes the first of the ways to change the lines by which they say what is wanted.
func (d *document) change(want *File, ways func([]field) [][]string) error {
	fields, err := d.fields()
	if err != nil {
		return err
	}
	for _, lines := range ways(fields) {
		if got, err := Decode(d.path, []byte(strings.Join(lines, ""))); err == nil && reflect.DeepEqual(got, want) {
			d.lines = lines
			return nil
		}
	}
	return fmt.Errorf("%s: its front matter is written in a way that can't be changed line by line", d.path)
}

// first is the line that front matter begins at.
func (d *document) first() int {
	if isYAML(d.path) {
		return 0
	}
	return 1
}

func (d *document) fields() ([]field, error) {
	first, last := d.first(), len(d.lines)
	if !isYAML(d.path) {
		isFence := func(line string) bool { return strings.TrimRight(line, "\r\n") == fence }
		if slices.ContainsFunc(d.lines[1:], isFence) {
			last = 1 + slices.IndexFunc(d.lines[1:], isFence)
		}
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(strings.Join(d.lines[first:last], "")), &root); err != nil {
		return nil, fmt.Errorf("front matter: %w", err)
	}
	var list []field
	for _, m := range root.Content {
		for i := 0; i+1 < len(m.Content); i += 2 {
			begin := first + m.Content[i].Line - 1
			if begin >= last { // other signs than \n broke lines
				return nil, errors.New("front matter: its lines can't be told apart")
			}
			if n := len(list); n > 0 {
				list[n-1].end = begin
			}
			list = append(list, field{m.Content[i].Value, begin, last, m.Content[i], m.Content[i+1]})
		}
	}
	return list, nil
}

// named is a field, nil if it isn't there.
func named(fields []field, name string) *field {
	if i := slices.IndexFunc(fields, func(f field) bool { return f.name == name }); i >= 0 {
		return &fields[i]
	}
	return nil
}

// withoutMessage are ways to leave the message out: its lines, or all up to the next field.
func (d *document) withoutMessage(fields []field) (ways [][]string) {
	if m := named(fields, "message"); m != nil {
		for _, end := range []int{d.endOf(m), m.end} {
			ways = append(ways, slices.Concat(d.lines[:m.begin], d.lines[end:]))
		}
	}
	return ways
}

// endOf is the line after the last one of a field's value: that up to which the value reads as all of it. Comments and
// empty lines below it are not of it.
func (d *document) endOf(f *field) int {
	return f.begin + 1 + sort.Search(f.end-f.begin-1, func(n int) bool {
		text := strings.Join(d.lines[d.first():f.begin+1+n], "")
		return f.ends(text) || f.ends(text+"\n}") // of front matter in braces
	})
}

// ends reports whether the field is the last of a text, and whole.
func (f *field) ends(text string) bool {
	var root yaml.Node
	if yaml.Unmarshal([]byte(text), &root) != nil || len(root.Content) == 0 {
		return false
	}
	fields := root.Content[0].Content
	n := len(fields)
	return n > 1 && fields[n-2].Value == f.name && fields[n-1].Value == f.value.Value
}

// withVersion are ways to write the version: over the one that is there, or on a line below the name, or before that.
func (d *document) withVersion(fields []field, version int) (ways [][]string) {
	name := named(fields, "name")
	if name == nil {
		return nil
	}
	number := strconv.Itoa(version)
	line := "version: " + number + "\n"
	if strings.HasSuffix(d.lines[name.begin], "\r\n") {
		line = "version: " + number + "\r\n"
	}
	if v := named(fields, "version"); v != nil {
		return append(
			ways,
			d.spliced(v.begin+v.value.Line-v.key.Line, v.value.Column-1, len([]rune(v.value.Value)), number),
			slices.Concat(d.lines[:v.begin], []string{line}, d.lines[v.begin+1:]),
		)
	}
	return append(
		ways,
		slices.Insert(slices.Clone(d.lines), name.begin+1, line),
		slices.Insert(slices.Clone(d.lines), name.begin, line),
		d.spliced(name.begin, name.key.Column-1, 0, "version: "+number+", "), // within braces
	)
}

// spliced are the lines with other signs in place of n of them in one line.
func (d *document) spliced(line, at, n int, with string) []string {
	lines := slices.Clone(d.lines)
	if signs := []rune(lines[min(line, len(lines)-1)]); at >= 0 && at+n <= len(signs) {
		lines[min(line, len(lines)-1)] = string(slices.Replace(signs, at, at+n, []rune(with)...))
	}
	return lines
}
