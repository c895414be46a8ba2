package catalog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// LabelSpan says that a label was on a version for a time.
type LabelSpan struct {
	Label    string
	Version  int
	From, To time.Time // To is not in it
}

// LabelSpans says which versions of a prompt the labels were on between two times, by its history,
// by label and time. Of latest nothing is said, as no history is kept of it. An unknown prompt has none.
func (c *Catalog) LabelSpans(ctx context.Context, projectID, name string, from, to time.Time) ([]LabelSpan, error) {
	r := c.reader(ctx, projectID)
	open := map[string]*LabelSpan{} // the span that each label is in
	var spans []LabelSpan
	end := func(s *LabelSpan, at time.Time) {
		s.From, s.To = latest(s.From, from), earliest(at, to)
		if s.Version != 0 && s.From.Before(s.To) {
			spans = append(spans, *s)
		}
	}
	q := store.DocumentQuery{Kind: kindPromptHistory, Names: []string{name}, To: to, Ascending: true}
	err := each(r, q, func(d *store.Document) (bool, error) {
		h, err := decode[promptHistory](d)
		if err != nil || h.Label == "" {
			return true, err
		}
		before := open[h.Label]
		if before == nil { // what was before the history began
			before = &LabelSpan{Label: h.Label, Version: h.From}
		}
		end(before, h.CreatedAt)
		open[h.Label] = &LabelSpan{Label: h.Label, Version: h.Version, From: h.CreatedAt}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	p, err := promptNamed(r, name)
	if err != nil {
		return nil, err
	}
	if p != nil {
		for _, l := range p.Labels { // those of before there was a history
			if open[l.Label] == nil && l.Label != LabelLatest && p.trail(l.Label) == nil {
				open[l.Label] = &LabelSpan{Label: l.Label, Version: l.Version, From: p.CreatedAt}
			}
		}
	}
	for _, s := range open {
		end(s, to)
	}
	slices.SortFunc(spans, func(a, b LabelSpan) int { return cmp.Or(cmp.Compare(a.Label, b.Label), a.From.Compare(b.From)) })
	return spans, nil
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
