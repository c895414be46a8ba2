package promptdir

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/catalog"
)

// Bounds of what one prompt leads to, beside those of package catalog.
const (
	maxReferences    = 100
	maxResolved      = 200
	maxResolvedTotal = 8 * catalog.MaxResolvedBytes
)

// ErrNoSuch is what a [Find] returns for a reference that leads nowhere.
var ErrNoSuch = errors.New("no such prompt")

// Find returns what is referred to, the same file each time for the same version, or an error of [ErrNoSuch].
type Find func(Reference) (*File, error)

// Resolve returns a prompt as applications get it from a server, with the prompts that it refers to in the place of
// its references. What the server would refuse is an error that names the way there.
func Resolve(f *File, find Find) (*File, error) {
	x := &resolver{find: find, done: map[*File]*resolved{}, path: []*File{f}}
	whole := f.copied()
	different := map[Reference]bool{}
	for _, r := range f.References() {
		different[r] = true
	}
	if len(different) > maxReferences {
		return nil, fmt.Errorf("it has %d references to others, and at most %d work: put some of them together", len(different), maxReferences)
	}
	for _, text := range whole.texts() {
		var err error
		if *text, _, err = x.text(*text); err != nil {
			return nil, err
		}
	}
	return whole, nil
}

type resolver struct {
	find  Find
	done  map[*File]*resolved
	path  []*File // those that are being resolved
	bytes int     // of all that is done
}

// resolved is a prompt that others refer to.
type resolved struct {
	text   string
	height int // how many are nested in it
}

// text resolves a text of the last prompt of the path. How many are nested in it is at most height.
func (x *resolver) text(text string) (_ string, height int, err error) {
	var b strings.Builder
	size := len(text)
	for _, part := range catalog.TextParts(text) {
		if part.Name == "" {
			b.WriteString(part.Text)
			continue
		}
		nested, err := x.prompt(referenceOf(part))
		if err != nil {
			return "", 0, err
		}
		height = max(height, nested.height+1)
		if size += len(nested.text); size > catalog.MaxResolvedBytes {
			return "", 0, fmt.Errorf("%s is longer than %d bytes with what it refers to: refer to less", x.steps(), catalog.MaxResolvedBytes)
		}
		b.WriteString(nested.text)
	}
	if x.bytes += size; x.bytes > maxResolvedTotal {
		return "", 0, fmt.Errorf("%s leads to more than %d bytes of other prompts: refer to less", x.steps(), maxResolvedTotal)
	}
	return b.String(), height, nil
}

// prompt is what a reference stands for.
func (x *resolver) prompt(r Reference) (*resolved, error) {
	f, err := x.find(r)
	switch {
	case errors.Is(err, ErrNoSuch):
		return nil, fmt.Errorf("%s refers to %s: %w", x.steps(), r, err)
	case err != nil:
		return nil, err
	case f.Type != Text:
		return nil, fmt.Errorf("%s refers to %s, which is a chat: only text prompts can be referred to", x.steps(), r)
	case slices.Contains(x.path, f):
		return nil, fmt.Errorf("prompts refer to each other in a circle: %s", x.steps(f))
	}
	done := x.done[f]
	if len(x.path) > catalog.MaxPromptDepth || done != nil && len(x.path)+done.height > catalog.MaxPromptDepth {
		return nil, fmt.Errorf("references are nested deeper than %d: %s", catalog.MaxPromptDepth, x.steps(f))
	}
	if done != nil {
		return done, nil
	}
	if len(x.done) >= maxResolved {
		return nil, fmt.Errorf("%s leads to more than %d others: refer to fewer", x.path[0].Name, maxResolved)
	}
	x.path = append(x.path, f)
	text, height, err := x.text(f.Text)
	x.path = x.path[:len(x.path)-1]
	if err != nil {
		return nil, err
	}
	x.done[f] = &resolved{text, height}
	return x.done[f], nil
}

// steps names the prompts of the path, and what comes after it.
func (x *resolver) steps(more ...*File) string {
	var names []string
	for _, f := range slices.Concat(x.path, more) {
		names = append(names, f.Name)
	}
	return strings.Join(names, " → ")
}

// Among finds references in files as they are, each the version that it names and what has its labels, and the newest.
func Among(files []*File) Find {
	byName := map[string]*File{}
	for _, f := range files {
		byName[f.Name] = f
	}
	return func(r Reference) (*File, error) {
		f := byName[r.Name]
		switch {
		case f == nil:
			return nil, fmt.Errorf("%w in the folder: pull it", ErrNoSuch)
		case r.Version > 0 && r.Version != f.Version, r.Version == 0 && r.Label != "latest" && !slices.Contains(f.Labels, r.Label):
			return nil, fmt.Errorf("%w in the folder, where %s is version %d, labelled %q: pull that one, or ask the server instead of the folder", ErrNoSuch, f.Path, f.Version, f.Labels)
		}
		return f, nil
	}
}
