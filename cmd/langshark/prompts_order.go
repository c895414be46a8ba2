package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
	"github.com/langshark/langshark-go/cmd/langshark/internal/promptdir"
)

// inOrder leaves those that change, what is referred to before what refers to it. All of them, and files that
// don't change but lead to one that does, are resolved as they would be after the push, so that it doesn't fail half-way.
func (p *planner) inOrder(ctx context.Context, all []*change) (sorted []*change, err error) {
	if !slices.ContainsFunc(all, (*change).changes) {
		return nil, nil
	}
	byName := map[string]*change{}
	for _, ch := range all {
		byName[ch.file.Name] = ch
	}
	touched := false
	find := p.after(ctx, byName)
	var errs []error
	for _, ch := range all {
		touched = ch.changes()
		_, err := promptdir.Resolve(ch.file, func(r promptdir.Reference) (*promptdir.File, error) {
			other := byName[r.Name]
			touched = touched || other != nil && other.changes()
			return find(r)
		})
		if err != nil && touched {
			errs = append(errs, fmt.Errorf("%s: %w", ch.file.Path, err))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	done := map[*change]bool{}
	var visit func(ch *change)
	visit = func(ch *change) {
		if done[ch] {
			return
		}
		done[ch] = true
		for _, r := range ch.file.References() {
			if other := byName[r.Name]; other != nil && other.gives(r) == other.file {
				visit(other)
			}
		}
		if ch.changes() {
			sorted = append(sorted, ch)
		}
	}
	for _, ch := range all {
		visit(ch)
	}
	return sorted, nil
}

// leading are the files that are not pushed but lead to one that changes, as the server has them.
func (p *planner) leading(ctx context.Context, plan []*change, others []*promptdir.File) (list []*change, err error) {
	names := map[string]bool{}
	for _, ch := range plan {
		names[ch.file.Name] = ch.changes()
	}
	for range others { // as often as one may lead to the next
		more := false
		for _, f := range others {
			if !names[f.Name] && slices.ContainsFunc(f.References(), func(r promptdir.Reference) bool { return names[r.Name] }) {
				names[f.Name], more = true, true
			}
		}
		if !more {
			break
		}
	}
	for _, f := range others {
		if !names[f.Name] {
			continue
		}
		on, err := p.Get(ctx, f.Name, hub.Selection{Label: "latest"})
		if errors.Is(err, hub.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		newest, err := promptdir.FromServer(on)
		if err != nil {
			return nil, err
		}
		newest.Path = f.Path
		list = append(list, &change{file: newest, newest: newest, latest: on.Version})
	}
	return list, nil
}

// gives is what a reference leads to after the push, as far as the change says; else nil.
func (c *change) gives(r promptdir.Reference) *promptdir.File {
	before := c.newest // that stays beside a new version
	if !c.makes() {
		before = c.file
	}
	switch {
	case r.Version == c.version(), r.Version == 0 && (r.Label == "latest" || slices.Contains(c.file.Labels, r.Label)):
		return c.file
	case c.newest != nil && (r.Version == c.latest || r.Version == 0 && slices.Contains(c.newest.Labels, r.Label)):
		return before
	}
	return nil
}

// after finds prompts as they are after the push.
func (p *planner) after(ctx context.Context, byName map[string]*change) promptdir.Find {
	asked, versions := map[promptdir.Reference]*promptdir.File{}, map[promptdir.Reference]*promptdir.File{}
	return func(r promptdir.Reference) (*promptdir.File, error) {
		ch := byName[r.Name]
		if ch != nil {
			if f := ch.gives(r); f != nil {
				return f, nil
			}
		}
		if f := asked[r]; f != nil {
			return f, nil
		}
		found, err := p.Get(ctx, r.Name, hub.Selection{Version: r.Version, Label: r.Label})
		if errors.Is(err, hub.ErrNotFound) {
			return nil, fmt.Errorf("%w, neither on the server nor in the folder: push it, move the label, or change the reference", promptdir.ErrNoSuch)
		}
		if err != nil {
			return nil, err
		}
		version := promptdir.Reference{Name: r.Name, Version: found.Version}
		if versions[version] == nil {
			if versions[version], err = promptdir.FromServer(found); err != nil {
				return nil, err
			}
		}
		asked[r] = versions[version]
		return asked[r], nil
	}
}
