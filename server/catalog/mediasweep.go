package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// ForgetMedia forgets what traces refer to, and the files that nothing refers to
// any more: it returns these.
func (c *Catalog) ForgetMedia(ctx context.Context, projectID string, traceIDs ...string) ([]Media, error) {
	var gone []Media
	for _, id := range traceIDs {
		var some []Media
		err := c.change(ctx, projectID, func(tx store.DocumentTx) error {
			some = nil
			var links []store.Document
			err := each(tx, store.DocumentQuery{Kind: kindMediaLink, Parent: objectKey(ObjectTrace, id)}, func(d *store.Document) (bool, error) {
				links = append(links, *d)
				return true, nil
			})
			if err != nil {
				return err
			}
			for i := range links {
				if err := tx.Delete(kindMediaLink, links[i].ID); err != nil {
					return err
				}
			}
			for i := range links {
				m, err := forgetUnlinked(tx, links[i].Name, time.Time{})
				if err != nil {
					return err
				}
				if m != nil {
					some = append(some, *m)
				}
			}
			return nil
		})
		if err != nil {
			return gone, err
		}
		gone = append(gone, some...)
	}
	return gone, nil
}

// SweepMedia forgets references from traces and items that are not there, and then the
// files that nothing refers to: it returns these. What is newer than before stays,
// since a file may come ahead of its trace.
func (c *Catalog) SweepMedia(ctx context.Context, projectID string, before time.Time) ([]Media, error) {
	r := c.reader(ctx, projectID)
	for q := (store.DocumentQuery{Kind: kindMediaLink, Ascending: true, To: before, Page: store.Page{Limit: sweepPage}}); ; {
		page, err := r.Documents(q)
		if err != nil {
			return nil, err
		}
		if err := c.sweepLinks(ctx, projectID, page.Documents, before); err != nil {
			return nil, err
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	var gone []Media
	for q := (store.DocumentQuery{Kind: kindMedia, Ascending: true, To: before, Page: store.Page{Limit: sweepPage}}); ; {
		page, err := r.Documents(q)
		if err != nil {
			return gone, err
		}
		some, err := c.sweepPage(ctx, projectID, page.Documents, before)
		if err != nil {
			return gone, err
		}
		gone = append(gone, some...)
		if q.After = page.Next; q.After == "" {
			return gone, nil
		}
	}
}

const sweepPage = 100

// sweepLinks forgets those of a page of links whose trace or item isn't there.
func (c *Catalog) sweepLinks(ctx context.Context, projectID string, links []store.Document, before time.Time) error {
	of := make([]mediaLink, len(links))
	var traces []string
	for i := range links {
		if err := json.Unmarshal(links[i].Data, &of[i]); err != nil {
			return fmt.Errorf("langshark: %s %q: %w", kindMediaLink, links[i].ID, err)
		}
		if of[i].TraceID != "" {
			traces = append(traces, of[i].TraceID)
		}
	}
	there := map[string]bool{}
	if len(traces) > 0 {
		page, err := c.store.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: traces}, Page: store.Page{Limit: len(traces)}})
		if err != nil {
			return err
		}
		for i := range page.Traces {
			there[page.Traces[i].ID] = true
		}
	}
	var dead []string
	for i := range links {
		if of[i].TraceID == "" {
			switch _, err := read[DatasetItem](c.reader(ctx, projectID), kindDatasetItem, of[i].DatasetItemID); {
			case errors.Is(err, store.ErrNotFound):
			case err != nil:
				return err
			default:
				continue
			}
		} else if there[of[i].TraceID] {
			continue
		}
		dead = append(dead, links[i].ID)
	}
	if len(dead) == 0 {
		return nil
	}
	return c.change(ctx, projectID, func(tx store.DocumentTx) error {
		for _, id := range dead {
			d, err := tx.Document(kindMediaLink, id)
			if errors.Is(err, store.ErrNotFound) || err == nil && !d.UpdatedAt.Before(before) {
				continue
			}
			if err != nil {
				return err
			}
			if err := tx.Delete(kindMediaLink, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// sweepPage forgets those of a page of files that nothing refers to.
func (c *Catalog) sweepPage(ctx context.Context, projectID string, page []store.Document, before time.Time) (gone []Media, err error) {
	linked := map[string]bool{}
	for i := range page { // most have a link: they are found without a transaction
		links, err := c.store.Documents(ctx, projectID, store.DocumentQuery{Kind: kindMediaLink, Names: []string{page[i].ID}, Page: store.Page{Limit: 1}})
		if err != nil {
			return nil, err
		}
		linked[page[i].ID] = len(links.Documents) > 0
	}
	for i := range page {
		if linked[page[i].ID] {
			continue
		}
		var m *Media
		err := c.change(ctx, projectID, func(tx store.DocumentTx) (err error) {
			m, err = forgetUnlinked(tx, page[i].ID, before)
			return err
		})
		if err != nil {
			return gone, err
		}
		if m != nil {
			gone = append(gone, *m)
		}
	}
	return gone, nil
}

// forgetUnlinked forgets a file that nothing refers to, and that is older than before, unless
// that is zero. It returns nil if the file stays.
func forgetUnlinked(tx store.DocumentTx, id string, before time.Time) (*Media, error) {
	links, err := tx.Documents(store.DocumentQuery{Kind: kindMediaLink, Names: []string{id}, Page: store.Page{Limit: 1}})
	if err != nil || len(links.Documents) > 0 {
		return nil, err
	}
	m, err := read[Media](tx, kindMedia, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !before.IsZero() && !m.UpdatedAt.Before(before) {
		return nil, nil //nolint:nilnil // the file stays, or is gone already
	}
	if err != nil {
		return nil, err
	}
	return m, tx.Delete(kindMedia, id)
}
