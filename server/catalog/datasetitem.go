package catalog

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/langshark/langshark-go/server/store"
)

// DatasetItem is one case of a dataset: what goes in and what should come out.
type DatasetItem struct {
	Identity `json:"-"`
	// Status is ACTIVE or ARCHIVED: archived items take part in no run.
	Status              string          `json:"status"`
	Input               json.RawMessage `json:"input"`
	ExpectedOutput      json.RawMessage `json:"expectedOutput"`
	Metadata            json.RawMessage `json:"metadata"`
	SourceTraceID       string          `json:"sourceTraceId"`
	SourceObservationID string          `json:"sourceObservationId"`
	DatasetID           string          `json:"datasetId"`
	DatasetName         string          `json:"datasetName"`
}

// The states of an item.
const (
	StatusActive   = "ACTIVE"
	StatusArchived = "ARCHIVED"
)

// PutDatasetItem adds an item to a dataset, or changes the one with that id, given
// as JSON: datasetName, id, input, expectedOutput, metadata, sourceTraceId,
// sourceObservationId, status. What the JSON leaves out or gives as null stays.
func (c *Catalog) PutDatasetItem(ctx context.Context, projectID string, body []byte) (*DatasetItem, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	dataset, id := o.name("datasetName"), o.id("id")
	change := DatasetItem{
		Status: o.oneOf("status", StatusActive, StatusArchived), Input: o.any("input"), ExpectedOutput: o.any("expectedOutput"), Metadata: o.any("metadata"),
		SourceTraceID: o.id("sourceTraceId"), SourceObservationID: o.id("sourceObservationId"),
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	if id == "" {
		id = newID()
	}
	var item *DatasetItem
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		d, err := needDataset(tx, dataset)
		if err != nil {
			return err
		}
		item, err = read[DatasetItem](tx, kindDatasetItem, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			item = &DatasetItem{Identity: Identity{ID: id}, Status: StatusActive, DatasetID: d.ID, DatasetName: d.Name}
		case err != nil:
			return err
		case item.DatasetID != d.ID:
			return refused("Item %s is in dataset %s: give the item another id, or the name of its dataset", id, item.DatasetName)
		}
		item.merge(&change)
		return put(tx, kindDatasetItem, d.ID, item.SourceTraceID, item)
	})
	if err != nil {
		return nil, err
	}
	return item, nil
}

// merge takes over what the change gives.
func (i *DatasetItem) merge(change *DatasetItem) {
	for _, f := range []struct{ dst, src *json.RawMessage }{
		{&i.Input, &change.Input}, {&i.ExpectedOutput, &change.ExpectedOutput}, {&i.Metadata, &change.Metadata},
	} {
		if *f.src != nil {
			*f.dst = *f.src
		}
	}
	for _, f := range []struct{ dst, src *string }{
		{&i.Status, &change.Status}, {&i.SourceTraceID, &change.SourceTraceID}, {&i.SourceObservationID, &change.SourceObservationID},
	} {
		if *f.src != "" {
			*f.dst = *f.src
		}
	}
}

// DatasetItem returns an item.
func (c *Catalog) DatasetItem(ctx context.Context, projectID, id string) (*DatasetItem, error) {
	item, err := read[DatasetItem](c.reader(ctx, projectID), kindDatasetItem, id)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("Dataset item not found")
	}
	return item, err
}

// ItemFilter narrows a list of items. A zero field matches all.
type ItemFilter struct {
	DatasetName         string
	DatasetID           string // saves the look-up of the name
	SourceTraceID       string
	SourceObservationID string
	Status              string
}

// DatasetItems lists items, newest first.
func (c *Catalog) DatasetItems(ctx context.Context, projectID string, f ItemFilter, page store.Page) (items []DatasetItem, total int64, err error) {
	r := c.reader(ctx, projectID)
	q := store.DocumentQuery{Kind: kindDatasetItem, Page: page}
	switch {
	case f.DatasetID != "":
		q.Parent = f.DatasetID
	case f.DatasetName != "":
		d, err := needDataset(r, f.DatasetName)
		if err != nil {
			return nil, 0, err
		}
		q.Parent = d.ID
	}
	if f.SourceTraceID != "" {
		q.Names = []string{f.SourceTraceID}
	}
	if f.SourceObservationID == "" && f.Status == "" {
		return list[DatasetItem](r, q)
	}
	return sift(r, q, page, func(i *DatasetItem) bool {
		return (f.SourceObservationID == "" || i.SourceObservationID == f.SourceObservationID) && (f.Status == "" || i.Status == f.Status)
	})
}

// sift lists those things that keep wants, by page number, reading all of them.
func sift[T any, P thing[T]](r reader, q store.DocumentQuery, page store.Page, keep func(*T) bool) (things []T, total int64, err error) {
	err = each(r, q, func(d *store.Document) (bool, error) {
		v, err := decode[T, P](d)
		if err != nil || !keep(v) {
			return true, err
		}
		if total >= int64(page.Offset) && len(things) < page.Limit {
			things = append(things, *v)
		}
		total++
		return true, nil
	})
	return things, total, err
}

// DeleteDatasetItem removes an item; what runs have of it stays with them.
func (c *Catalog) DeleteDatasetItem(ctx context.Context, projectID, id string) error {
	err := c.change(ctx, projectID, func(tx store.DocumentTx) error { return remove(tx, kindDatasetItem, id) })
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("Dataset item not found")
	}
	return err
}

// remove deletes a document, whatever is asked for by id.
func remove(tx store.DocumentTx, kind, id string) error {
	if id == "" || len(id) > store.MaxDocumentName {
		return store.ErrNotFound
	}
	return tx.Delete(kind, id)
}
