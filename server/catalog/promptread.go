package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// PromptSelection says which version of a prompt. Its zero value is the one in production.
type PromptSelection struct {
	Version int
	Label   string
}

// of is the number of the version; 0 if there is none.
func (s PromptSelection) of(p *prompt) int {
	if s.Version != 0 {
		return s.Version
	}
	return p.labelled(cmp.Or(s.Label, LabelProduction))
}

// named names what is selected.
func (s PromptSelection) named() ingest.Reason {
	if s.Version != 0 {
		return sayVersion(s.Version)
	}
	return say("label '%s'", cmp.Or(s.Label, LabelProduction))
}

func promptNotFound(name string, selection ingest.Reason) error {
	return notFound("Prompt not found: '%s' with %s", name, selection)
}

// Prompt returns one version of a prompt, as it is kept.
func (c *Catalog) Prompt(ctx context.Context, projectID, name string, s PromptSelection) (*Prompt, error) {
	return c.promptAt(ctx, projectID, name, s, func(*Prompt, reader) error { return nil })
}

// errMoved says that a version has been deleted since what the versions have in common was read.
var errMoved = errors.New("langshark: deleted meanwhile")

// again reads again what has changed while it was read: the label is on another version then.
func again(read func() error) (err error) {
	const most = 5
	for range most {
		if err = read(); !errors.Is(err, errMoved) {
			break
		}
	}
	return err
}

// promptAt reads one version and has f look at it.
func (c *Catalog) promptAt(ctx context.Context, projectID, name string, s PromptSelection, f func(*Prompt, reader) error) (found *Prompt, err error) {
	r := c.reader(ctx, projectID)
	err = again(func() error {
		if found, err = readPromptAt(r, name, s); err != nil {
			return err
		}
		return f(found, r)
	})
	if errors.Is(err, errMoved) {
		err = promptNotFound(name, s.named())
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

func readPromptAt(r reader, name string, s PromptSelection) (*Prompt, error) {
	p, err := promptNamed(r, name)
	if err != nil {
		return nil, err
	}
	if p == nil || p.ref(s.of(p)) == nil {
		return nil, promptNotFound(name, s.named())
	}
	return p.load(r, s.of(p))
}

// PromptFilter narrows a list of prompts to those of which a version matches. A zero field matches all.
type PromptFilter struct {
	Name    string
	Label   string
	Tag     string
	Version int
	From    time.Time // UpdatedAt of the version, inclusive
	To      time.Time // exclusive
}

// PromptInfo is a prompt in a list, with those of its versions that matched.
type PromptInfo struct {
	Name          string
	Type          string
	Tags          []string
	LastUpdatedAt time.Time
	Versions      []int
	Labels        []string // sorted
	LastConfig    json.RawMessage

	last string // the id of the newest version that matched
}

// Prompts lists prompts by name. Limits and offsets of the page count, cursors don't.
func (c *Catalog) Prompts(ctx context.Context, projectID string, f PromptFilter, page store.Page) (list []PromptInfo, total int64, err error) {
	r := c.reader(ctx, projectID)
	q := store.DocumentQuery{Kind: kindPrompt}
	if f.Name != "" {
		q.Names = []string{f.Name}
	}
	err = each(r, q, func(d *store.Document) (bool, error) {
		p, err := decode[prompt](d)
		if err != nil {
			return false, err
		}
		if info, ok := f.match(p); ok {
			list = append(list, info)
		}
		return true, nil
	})
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(list, func(a, b PromptInfo) int { return cmp.Compare(a.Name, b.Name) })
	total = int64(len(list))
	list = list[min(page.Offset, len(list)):]
	list = list[:min(max(page.Limit, 0), len(list))]
	for i := range list {
		v, err := read[promptVersion](r, kindPromptVersion, list[i].last)
		switch {
		case errors.Is(err, store.ErrNotFound): // deleted meanwhile
			list[i].LastConfig = json.RawMessage(`{}`)
		case err != nil:
			return nil, 0, err
		default:
			list[i].LastConfig = v.Config
		}
	}
	return list, total, nil
}

// match gathers the versions of a prompt that match.
func (f *PromptFilter) match(p *prompt) (info PromptInfo, ok bool) {
	if f.Tag != "" && !slices.Contains(p.Tags, f.Tag) {
		return info, false
	}
	info = PromptInfo{Name: p.Name, Type: p.Type, Tags: p.Tags, Labels: []string{}}
	for _, ref := range p.Versions {
		labels := p.labels(ref.Version)
		if f.Label != "" && !slices.Contains(labels, f.Label) || f.Version != 0 && f.Version != ref.Version ||
			!f.From.IsZero() && ref.UpdatedAt.Before(f.From) || !f.To.IsZero() && !ref.UpdatedAt.Before(f.To) {
			continue
		}
		info.Versions, info.Labels, info.last = append(info.Versions, ref.Version), append(info.Labels, labels...), ref.ID
		if ref.UpdatedAt.After(info.LastUpdatedAt) {
			info.LastUpdatedAt = ref.UpdatedAt
		}
	}
	slices.Sort(info.Labels)
	return info, len(info.Versions) > 0
}

// PromptVersionKey names a version of a prompt as observations do.
type PromptVersionKey struct {
	Name    string
	Version int
}

// PromptIDs returns the ids of those versions that are there.
func (c *Catalog) PromptIDs(ctx context.Context, projectID string, keys []PromptVersionKey) (map[PromptVersionKey]string, error) {
	ids := map[PromptVersionKey]string{}
	var names []string
	for _, k := range keys {
		if k.Name != "" && len(k.Name) <= store.MaxDocumentName && !slices.Contains(names, k.Name) {
			names = append(names, k.Name)
		}
	}
	r := c.reader(ctx, projectID)
	for chunk := range slices.Chunk(names, 100) {
		prompts, _, err := list[prompt](r, store.DocumentQuery{Kind: kindPrompt, Names: chunk, Page: store.Page{Limit: len(chunk)}})
		if err != nil {
			return nil, fmt.Errorf("langshark: prompts of observations: %w", err)
		}
		for _, p := range prompts {
			for _, ref := range p.Versions {
				ids[PromptVersionKey{p.Name, ref.Version}] = ref.ID
			}
		}
	}
	return ids, nil
}
