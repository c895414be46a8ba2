package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
)

// maxPast is how many changes of a prompt are looked at.
const maxPast = 1000

// past is what the server has kept of a prompt, newest first.
type past struct {
	known   bool // a server of Langfuse keeps nothing
	changes []hub.Change
}

func (p *planner) past(ctx context.Context, name string) (h past, err error) {
	for change, err := range p.History(ctx, name) {
		if errors.Is(err, hub.ErrNotFound) {
			return past{}, nil
		}
		if err != nil {
			return past{}, err
		}
		if h.changes = append(h.changes, change); len(h.changes) == maxPast {
			break
		}
	}
	return past{true, h.changes}, nil
}

// conflicts are what a push of the file would undo that has happened on the server since the file was pulled.
func (p *planner) conflicts(ctx context.Context, c *change) (errs []error, err error) {
	elsewhere := slices.ContainsFunc(c.labels, func(m move) bool { return m.from != c.latest })
	since := c.text && c.file.Version != c.latest || c.file.Version > c.latest || p.ours && c.newest == nil
	if !elsewhere && !since {
		return nil, nil
	}
	h, err := p.past(ctx, c.file.Name)
	if err != nil {
		return nil, err
	}
	base := c.file.Version
	if p.ours {
		base = max(base, h.madeBy(p.PublicKey()))
	}
	bases := []int{base}
	switch {
	case base > c.latest:
		return []error{c.gone(h, base)}, nil
	case c.newest == nil:
		return nil, nil
	case !c.text: // what the labels get to is the newest version, whether or not that is the one that the file is from
		bases = []int{c.latest, base}
	case base != c.latest:
		return []error{c.newer(h, base)}, nil
	}
	for _, m := range c.labels {
		if m.from == c.latest {
			continue
		}
		if err := c.takenFrom(h, m, bases); err != nil {
			errs = append(errs, err)
		}
	}
	return errs, nil
}

// takenFrom says that a label has left one of the versions, if it has; 0 is none.
func (c *change) takenFrom(h past, m move, versions []int) error {
	for _, base := range versions {
		if base == 0 {
			continue
		}
		if err := c.taken(h, m, base); err != nil {
			return err
		}
	}
	return nil
}

// madeBy is the newest version that a key has made.
func (h past) madeBy(key string) int {
	for _, e := range h.changes {
		if e.Action == hub.ActionCreate && e.By == key {
			return e.Version
		}
	}
	return 0
}

// gone says that the version that the file is from was deleted.
func (c *change) gone(h past, base int) error {
	who := ""
	for _, e := range h.changes {
		if e.Action == hub.ActionDelete && (e.Version == base || e.Version == 0) {
			who = ", deleted " + by(e)
			break
		}
	}
	has := "has no such prompt"
	if c.newest != nil {
		has = fmt.Sprintf("has version %d at most", c.latest)
	}
	if c.file.Version == 0 {
		return fmt.Errorf("%s: it was pushed as version %d with this key, but the server %s%s: delete the file, or push with --force", c.file.Path, base, has, who)
	}
	return fmt.Errorf("%s: it is from version %d, but the server %s%s: delete the file, or take version: out of it for a new prompt, or push with --force", c.file.Path, base, has, who)
}

// newer says that a version was made since.
func (c *change) newer(h past, base int) error {
	from, who := "no version is named in it", ""
	if base > 0 {
		from = fmt.Sprintf("it is from version %d", base)
	}
	for _, e := range h.changes {
		if e.Action == hub.ActionCreate && e.Version == c.latest {
			who = "; that was made " + by(e)
			break
		}
	}
	return fmt.Errorf("%s: the server has version %d, and %s%s: pull and merge, or push with --force", c.file.Path, c.latest, from, who)
}

// taken says that a label has left the file's version, if it has. Without a history that is so where it is on an older one.
func (c *change) taken(h past, m move, base int) error {
	const undo = "a push would undo that: take the label out of the file, or push with --force"
	if !h.known {
		if m.from > 0 && m.from < base {
			return fmt.Errorf("%s: %s is on version %d, older than the file's %d, and the server doesn't tell whether somebody rolled it back: "+undo, c.file.Path, m.label, m.from, base)
		}
		return nil
	}
	for _, e := range h.changes {
		switch {
		case e.Label != m.label:
		case e.Version == base: // it came there
			return nil
		case e.From == base:
			to := "was taken away"
			if e.Version > 0 {
				to = fmt.Sprintf("was moved to version %d", e.Version)
			}
			return fmt.Errorf("%s: %s %s from version %d %s: "+undo, c.file.Path, m.label, to, e.From, by(e))
		}
	}
	return nil
}

// by says who did something when, and why.
func by(e hub.Change) string {
	s := fmt.Sprintf("by %s at %s", shown(cmp.Or(e.By, "somebody")), e.At.UTC().Format(time.DateTime))
	if e.Message != "" {
		s += " (" + shown(e.Message) + ")"
	}
	return s
}
