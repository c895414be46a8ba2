package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
	"github.com/langshark/langshark-go/cmd/langshark/internal/promptdir"
	"github.com/langshark/langshark-go/server/catalog"
)

// change is what a push does about one file.
type change struct {
	file      *promptdir.File
	newest    *promptdir.File // nil if the server hasn't the prompt
	latest    int
	made      int  // the version that the push has made; 0 before
	text      bool // it says something else than the newest version
	tags      bool
	labels    []move
	conflicts []error
}

// move is a label that gets to the version of a file, from another one or, if that is 0, from nowhere.
type move struct {
	label string
	from  int
}

// makes reports whether a version is made: tags go with one.
func (c *change) makes() bool { return c.text || c.tags }

// changes reports whether a push does anything.
func (c *change) changes() bool { return c.makes() || len(c.labels) > 0 }

// version is the one that the labels move to: before the push, numbers of deleted versions are not known.
func (c *change) version() int {
	switch {
	case c.made > 0:
		return c.made
	case c.makes():
		return c.latest + 1
	}
	return c.latest
}

func (c *change) moves(label string) bool {
	return slices.ContainsFunc(c.labels, func(m move) bool { return m.label == label })
}

// planner compares files with the server.
type planner struct {
	*hub.Client

	// ours has a file count as from the newest version that the same key has made.
	ours bool
}

// plan compares the files with the server.
func (c *pushFlags) plan(ctx context.Context, p *planner) (plan []*change, err error) {
	files, err := promptdir.Read(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("in %s: %w", c.Dir, err)
	}
	for _, name := range c.Names {
		if !slices.ContainsFunc(files, func(f *promptdir.File) bool { return isChosen(f.Name, name) }) {
			return nil, fmt.Errorf("there is no prompt %q in %s", name, c.Dir)
		}
	}
	var others []*promptdir.File
	for _, f := range files {
		if len(c.Names) > 0 && !slices.ContainsFunc(c.Names, func(name string) bool { return isChosen(f.Name, name) }) {
			others = append(others, f)
			continue
		}
		ch, err := p.compare(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		plan = append(plan, ch)
	}
	leading, err := p.leading(ctx, plan, others)
	if err != nil {
		return nil, err
	}
	return p.inOrder(ctx, append(plan, leading...))
}

var validLabel = regexp.MustCompile(`^[a-z0-9_.-]+$`)

// valid finds what every server refuses.
func valid(f *promptdir.File) error {
	if n := utf8.RuneCountInString(f.Name); n > catalog.MaxNameChars {
		return fmt.Errorf("name: it has %d characters, and %d at most work", n, catalog.MaxNameChars)
	}
	for _, label := range f.Labels {
		if label == "latest" {
			return errors.New("labels: latest is always on the newest version: leave it out")
		}
		if !validLabel.MatchString(label) {
			return fmt.Errorf("labels: %q: use lower-case letters, digits, underscores, hyphens and periods", label)
		}
	}
	return nil
}

// compare is what a file changes.
func (p *planner) compare(ctx context.Context, f *promptdir.File) (*change, error) {
	if err := valid(f); err != nil {
		return nil, err
	}
	c := &change{file: f, text: true, tags: len(f.Tags) > 0}
	newest, err := p.Get(ctx, f.Name, hub.Selection{Label: "latest"})
	switch {
	case errors.Is(err, hub.ErrNotFound):
	case err != nil:
		return nil, err
	default:
		if c.newest, err = promptdir.FromServer(newest); err != nil {
			return nil, err
		}
		if c.newest.Type != f.Type {
			return nil, fmt.Errorf("type: on the server it is a %s, and that can't change: give it another name", c.newest.Type)
		}
		c.latest, c.text, c.tags = newest.Version, !c.newest.Same(f), c.tags && !sameSet(f.Tags, c.newest.Tags)
	}
	if err := p.moves(ctx, c); err != nil {
		return nil, err
	}
	if !c.changes() {
		return c, nil
	}
	c.conflicts, err = p.conflicts(ctx, c)
	return c, err
}

// moves finds the labels that move, and from where.
func (p *planner) moves(ctx context.Context, c *change) error {
	for _, label := range c.file.Labels {
		here := c.newest != nil && slices.Contains(c.newest.Labels, label)
		switch {
		case c.moves(label) || here && !c.makes():
			continue
		case here:
			c.labels = append(c.labels, move{label, c.latest})
			continue
		case c.newest == nil:
			c.labels = append(c.labels, move{label: label})
			continue
		}
		on, err := p.Get(ctx, c.file.Name, hub.Selection{Label: label})
		if errors.Is(err, hub.ErrNotFound) {
			on, err = &hub.Prompt{}, nil
		}
		if err != nil {
			return err
		}
		c.labels = append(c.labels, move{label, on.Version})
	}
	return nil
}

// String is the change on a line.
func (c *change) String() string {
	var b strings.Builder
	b.WriteString(c.file.Path + ": ")
	if c.newest == nil {
		b.WriteString("a new prompt, " + shown(c.file.Name))
	} else {
		fmt.Fprintf(&b, "version %d of %s", c.version(), shown(c.file.Name))
	}
	for i, m := range c.labels {
		b.WriteString([]string{" gets ", ", "}[min(i, 1)] + m.label)
		if m.from > 0 {
			fmt.Fprintf(&b, " from version %d", m.from)
		}
	}
	if c.tags {
		b.WriteString(", tags " + strings.Join(c.file.Tags, ", "))
	}
	return b.String()
}

// maxExpected is how many labels a server of LangShark takes in expect.
const maxExpected = 100

// expect is where the labels have to be still, and which version the newest, when the change is made.
func (c *change) expect() map[string]int {
	e := map[string]int{"latest": c.latest}
	for _, m := range c.labels[:min(len(c.labels), maxExpected-1)] {
		e[m.label] = m.from
	}
	return e
}
