package catalog

import (
	"context"
	"encoding/json"

	"github.com/langshark/langshark-go/server/store"
)

// Dataset is a named collection of items to run an application on.
type Dataset struct {
	Identity    `json:"-"`
	Name        string          `json:"name"`
	Description *string         `json:"description"`
	Metadata    json.RawMessage `json:"metadata"` // nil if none was given
}

// PutDataset adds a dataset, or changes the one of that name, given as JSON: name,
// description, metadata. What the JSON leaves out stays, and so does metadata that is null.
func (c *Catalog) PutDataset(ctx context.Context, projectID string, body []byte) (*Dataset, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	name, description, metadata := o.name("name"), o.text("description"), o.any("metadata")
	o.refuse("inputSchema", "items are not checked by a schema")
	o.refuse("expectedOutputSchema", "items are not checked by a schema")
	if err := o.err(); err != nil {
		return nil, err
	}
	var d *Dataset
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		if d, err = datasetNamed(tx, name); err != nil {
			return err
		}
		if d == nil {
			d = &Dataset{Identity: Identity{ID: newID()}, Name: name}
		}
		if o.given("description") {
			d.Description = description
		}
		if metadata != nil {
			d.Metadata = metadata
		}
		return put(tx, kindDataset, "", name, d)
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Dataset returns the dataset of that name.
func (c *Catalog) Dataset(ctx context.Context, projectID, name string) (*Dataset, error) {
	return needDataset(c.reader(ctx, projectID), name)
}

// Datasets lists datasets, newest first.
func (c *Catalog) Datasets(ctx context.Context, projectID string, page store.Page) ([]Dataset, int64, error) {
	return list[Dataset](c.reader(ctx, projectID), store.DocumentQuery{Kind: kindDataset, Page: page})
}

// datasetNamed returns the dataset of that name, nil if there is none.
func datasetNamed(r reader, name string) (*Dataset, error) {
	return named[Dataset](r, store.DocumentQuery{Kind: kindDataset}, name)
}

func needDataset(r reader, name string) (*Dataset, error) {
	d, err := datasetNamed(r, name)
	if err == nil && d == nil {
		err = notFound("Dataset not found")
	}
	return d, err
}

// named returns the first thing of that name, nil if there is none.
func named[T any, P thing[T]](r reader, q store.DocumentQuery, name string) (*T, error) {
	q.Names, q.Page = []string{name}, store.Page{Limit: 1}
	found, _, err := list[T, P](r, q)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}
