package catalog

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/langshark/langshark-go/server/store"
)

// DatasetRun is one pass of an application over the items of a dataset.
type DatasetRun struct {
	Identity    `json:"-"`
	Name        string          `json:"name"`
	Description *string         `json:"description"`
	Metadata    json.RawMessage `json:"metadata"`
	DatasetID   string          `json:"datasetId"`
	DatasetName string          `json:"datasetName"`
}

// DatasetRunItem links an item with the trace, or a part of it, that a run has made of it.
type DatasetRunItem struct {
	Identity       `json:"-"`
	DatasetRunID   string `json:"datasetRunId"`
	DatasetRunName string `json:"datasetRunName"`
	DatasetItemID  string `json:"datasetItemId"`
	TraceID        string `json:"traceId"`
	ObservationID  string `json:"observationId"` // may be empty
}

// LinkRunItem links an item with a trace, given as JSON: runName, datasetItemId, traceId or
// observationId or both, runDescription, metadata. The run is made if the
// item's dataset has none of that name, else its description and metadata change if they are given.
func (c *Catalog) LinkRunItem(ctx context.Context, projectID string, body []byte) (*DatasetRunItem, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	runName, description, metadata := o.name("runName"), o.text("runDescription"), o.any("metadata")
	link := &DatasetRunItem{
		Identity: Identity{ID: newID()}, DatasetRunName: runName, DatasetItemID: o.needID("datasetItemId"),
		TraceID: o.id("traceId"), ObservationID: o.id("observationId"),
	}
	o.refuse("datasetVersion", "a dataset has one version")
	if link.TraceID == "" && link.ObservationID == "" {
		o.fail("traceId", "custom", "give the traceId, or the observationId, of what the run has made of the item")
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	if err := c.findTrace(ctx, projectID, link); err != nil {
		return nil, err
	}
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		item, err := read[DatasetItem](tx, kindDatasetItem, link.DatasetItemID)
		if errors.Is(err, store.ErrNotFound) || err == nil && item.Status != StatusActive {
			return notFound("Dataset item not found or not active")
		}
		if err != nil {
			return err
		}
		run, err := runNamed(tx, item.DatasetID, runName)
		if err != nil {
			return err
		}
		if run == nil {
			run = &DatasetRun{Identity: Identity{ID: newID()}, Name: runName, DatasetID: item.DatasetID, DatasetName: item.DatasetName}
		}
		if run.CreatedAt.IsZero() || description != nil || metadata != nil {
			if description != nil {
				run.Description = description
			}
			if metadata != nil {
				run.Metadata = metadata
			}
			if err := put(tx, kindDatasetRun, run.DatasetID, runName, run); err != nil {
				return err
			}
		}
		link.DatasetRunID = run.ID
		return put(tx, kindDatasetRunItem, run.ID, link.DatasetItemID, link)
	})
	if err != nil {
		return nil, err
	}
	return link, nil
}

// findTrace fills in the trace of a link that names only an observation.
func (c *Catalog) findTrace(ctx context.Context, projectID string, link *DatasetRunItem) error {
	if link.TraceID != "" {
		return nil
	}
	page, err := c.store.Observations(ctx, projectID, store.ObservationQuery{ObservationFilter: store.ObservationFilter{IDs: []string{link.ObservationID}}})
	if err != nil {
		return err
	}
	if len(page.Observations) == 0 {
		return notFound("Observation not found")
	}
	link.TraceID = page.Observations[0].TraceID
	return nil
}

// runNamed returns the run of that name, nil if the dataset has none.
func runNamed(r reader, datasetID, name string) (*DatasetRun, error) {
	return named[DatasetRun](r, store.DocumentQuery{Kind: kindDatasetRun, Parent: datasetID}, name)
}

func needRun(r reader, datasetName, name string) (*DatasetRun, error) {
	d, err := needDataset(r, datasetName)
	if err != nil {
		return nil, err
	}
	run, err := runNamed(r, d.ID, name)
	if err == nil && run == nil {
		err = notFound("Dataset run not found")
	}
	return run, err
}

// DatasetRuns lists the runs of a dataset, newest first.
func (c *Catalog) DatasetRuns(ctx context.Context, projectID, datasetName string, page store.Page) ([]DatasetRun, int64, error) {
	r := c.reader(ctx, projectID)
	d, err := needDataset(r, datasetName)
	if err != nil {
		return nil, 0, err
	}
	return list[DatasetRun](r, store.DocumentQuery{Kind: kindDatasetRun, Parent: d.ID, Page: page})
}

// DatasetRun returns a run of a dataset.
func (c *Catalog) DatasetRun(ctx context.Context, projectID, datasetName, name string) (*DatasetRun, error) {
	return needRun(c.reader(ctx, projectID), datasetName, name)
}

// RunItems lists the items of a run, oldest first.
func (c *Catalog) RunItems(ctx context.Context, projectID, runID string, page store.Page) ([]DatasetRunItem, int64, error) {
	return list[DatasetRunItem](c.reader(ctx, projectID), store.DocumentQuery{Kind: kindDatasetRunItem, Parent: runID, Ascending: true, Page: page})
}

// RunItemsOf lists the items of a run that is named by its dataset's id and its name, oldest first.
func (c *Catalog) RunItemsOf(ctx context.Context, projectID, datasetID, runName string, page store.Page) ([]DatasetRunItem, int64, error) {
	run, err := runNamed(c.reader(ctx, projectID), datasetID, runName)
	if err == nil && run == nil {
		err = notFound("Dataset run not found for the given project and dataset id")
	}
	if err != nil {
		return nil, 0, err
	}
	return c.RunItems(ctx, projectID, run.ID, page)
}

// DeleteDatasetRun removes a run with its links; items and traces stay. Its scores are not the catalog's.
func (c *Catalog) DeleteDatasetRun(ctx context.Context, projectID, datasetName, name string) error {
	return c.change(ctx, projectID, func(tx store.DocumentTx) error {
		run, err := needRun(tx, datasetName, name)
		if err != nil {
			return err
		}
		if err := removeAll(tx, store.DocumentQuery{Kind: kindDatasetRunItem, Parent: run.ID}); err != nil {
			return err
		}
		return tx.Delete(kindDatasetRun, run.ID)
	})
}

// removeAll deletes all documents of a query.
func removeAll(tx store.DocumentTx, q store.DocumentQuery) error {
	var ids []string
	err := each(tx, q, func(d *store.Document) (bool, error) {
		ids = append(ids, d.ID)
		return true, nil
	})
	for _, id := range ids {
		if err == nil {
			err = tx.Delete(q.Kind, id)
		}
	}
	return err
}
