package catalog

import (
	"cmp"
	"context"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

// PromptOverview is what all versions of a prompt have in common.
type PromptOverview struct {
	Name string
	Type string
	Tags []string
	// Versions are the numbers of those that are there, newest first.
	Versions []int
	// Labels are sorted.
	Labels []PlacedLabel
	// Experiments are those on the prompt, newest first.
	Experiments []PlacedExperiment
}

// PlacedExperiment is an experiment, and the versions that it gives to some units.
type PlacedExperiment struct {
	Name     string
	Versions []int
}

// GivenBy names the experiments that give a version to some units.
func (o *PromptOverview) GivenBy(version int) (names []string) {
	for _, x := range o.Experiments {
		if slices.Contains(x.Versions, version) {
			names = append(names, x.Name)
		}
	}
	return names
}

// PlacedLabel is a label, and where it is.
type PlacedLabel struct {
	Label   string
	Version int
	// Back is the version to which a rollback would move it, 0 if there is none.
	Back int
}

// On is the version that has the label, 0 if none has.
func (o *PromptOverview) On(label string) PlacedLabel {
	for _, l := range o.Labels {
		if l.Label == label {
			return l
		}
	}
	return PlacedLabel{Label: label}
}

// PromptOverview returns what the versions of a prompt have in common.
func (c *Catalog) PromptOverview(ctx context.Context, projectID, name string) (*PromptOverview, error) {
	p, err := c.promptToRead(ctx, projectID, name)
	if err != nil {
		return nil, err
	}
	o := &PromptOverview{Name: p.Name, Type: p.Type, Tags: p.Tags}
	for _, ref := range p.newestFirst() {
		o.Versions = append(o.Versions, ref.Version)
	}
	for _, l := range p.Labels {
		back, _ := p.back(l.Label) // of latest no moves are kept
		o.Labels = append(o.Labels, PlacedLabel{l.Label, l.Version, back})
	}
	slices.SortFunc(o.Labels, func(a, b PlacedLabel) int { return cmp.Compare(a.Label, b.Label) })
	kept, err := p.experiments(c.reader(ctx, projectID))
	for _, x := range kept {
		o.Experiments = append(o.Experiments, PlacedExperiment{x.Name, x.given()})
	}
	return o, err
}

// PromptVersions lists the versions of a prompt as they are kept, newest first. Limits and offsets of the page
// count, cursors don't.
func (c *Catalog) PromptVersions(ctx context.Context, projectID, name string, page store.Page) (versions []Prompt, total int, err error) {
	p, err := c.promptToRead(ctx, projectID, name)
	if err != nil {
		return nil, 0, err
	}
	refs := p.newestFirst()
	total = len(refs)
	refs = refs[min(max(page.Offset, 0), total):]
	for _, ref := range refs[:min(max(page.Limit, 0), len(refs))] {
		v, err := p.load(c.reader(ctx, projectID), ref.Version)
		if err != nil {
			return nil, 0, err
		}
		versions = append(versions, *v)
	}
	return versions, total, nil
}

func (c *Catalog) promptToRead(ctx context.Context, projectID, name string) (*prompt, error) {
	p, err := promptNamed(c.reader(ctx, projectID), name)
	if err == nil && p == nil {
		err = notFound("Prompt not found: '%s'", name)
	}
	return p, err
}

func (p *prompt) newestFirst() []versionRef {
	refs := slices.Clone(p.Versions)
	slices.SortFunc(refs, func(a, b versionRef) int { return cmp.Compare(b.Version, a.Version) })
	return refs
}
