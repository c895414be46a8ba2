package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/store"
)

// PromptFolderQuery says which prompts to list. Its zero value is all at the top.
type PromptFolderQuery struct {
	// Folder is what the names begin with, to the last slash: "support/". Empty is the top.
	Folder string
	// Search is a part of the name, whatever the case. With it the prompts of all folders below
	// stand in one list.
	Search string
	// Tag and Label must be there; a zero field matches all.
	Tag, Label string
}

// PromptFolder is a folder in a list of prompts.
type PromptFolder struct {
	// Path is what the names in it begin with, to the slash at its end.
	Path string
	// Prompts is how many match in it and below.
	Prompts int
}

// PromptFolderPage is a page of folders, which come first, and prompts.
type PromptFolderPage struct {
	Folders []PromptFolder
	Prompts []PromptInfo // without LastConfig
	// Total is how many folders and prompts all pages have.
	Total int
	// Tags and Labels are those of all prompts of the project, sorted, at most [MaxFolderChoices] of each.
	Tags, Labels []string
}

// MaxFolderChoices is how many tags and labels come with a list of prompts.
const MaxFolderChoices = 200

// PromptFolder lists the folders and the prompts in a folder, by name. Limits and offsets of the
// page count, cursors don't.
func (c *Catalog) PromptFolder(ctx context.Context, projectID string, q PromptFolderQuery, page store.Page) (*PromptFolderPage, error) {
	out := &PromptFolderPage{}
	folders, tags, labels := map[string]int{}, map[string]struct{}{}, map[string]struct{}{}
	f := PromptFilter{Tag: q.Tag, Label: q.Label}
	err := each(c.reader(ctx, projectID), store.DocumentQuery{Kind: kindPrompt}, func(d *store.Document) (bool, error) {
		p, err := decode[prompt](d)
		if err != nil {
			return false, err
		}
		gather(tags, p.Tags...)
		for _, l := range p.Labels {
			gather(labels, l.Label)
		}
		if _, ok := f.match(p); !ok || !q.has(p.Name) {
			return true, nil
		}
		if folder := q.below(p.Name); folder != "" {
			folders[folder]++
			return true, nil
		}
		info, _ := new(PromptFilter).match(p) // with all versions
		out.Prompts = append(out.Prompts, info)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for path, n := range folders {
		out.Folders = append(out.Folders, PromptFolder{path, n})
	}
	slices.SortFunc(out.Folders, func(a, b PromptFolder) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortFunc(out.Prompts, func(a, b PromptInfo) int { return cmp.Compare(a.Name, b.Name) })
	out.Tags, out.Labels = sortedKeys(tags), sortedKeys(labels)
	out.Total = len(out.Folders) + len(out.Prompts)
	out.cut(page)
	return out, nil
}

// cut leaves what a page has.
func (out *PromptFolderPage) cut(page store.Page) {
	from := min(max(page.Offset, 0), out.Total)
	to := min(from+max(page.Limit, 0), out.Total)
	n := len(out.Folders)
	out.Prompts = out.Prompts[max(from-n, 0):max(to-n, 0)]
	out.Folders = out.Folders[min(from, n):min(to, n)]
}

func (q *PromptFolderQuery) has(name string) bool {
	return strings.HasPrefix(name, q.Folder) && strings.Contains(strings.ToLower(name), strings.ToLower(q.Search))
}

// below is the folder in q's folder that a name is in; empty if it stands in q's itself.
func (q *PromptFolderQuery) below(name string) string {
	if q.Search != "" {
		return ""
	}
	rest := name[len(q.Folder):]
	i := strings.IndexByte(rest, '/')
	if i < 0 || i == len(rest)-1 { // a slash at the end is of the name
		return ""
	}
	return name[:len(q.Folder)+i+1]
}

func gather(set map[string]struct{}, more ...string) {
	for _, s := range more {
		if len(set) < MaxFolderChoices {
			set[s] = struct{}{}
		}
	}
}

func sortedKeys(set map[string]struct{}) []string {
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}
