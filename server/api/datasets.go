package api

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

type wireDataset struct {
	ID          string          `json:"id"`
	ProjectID   string          `json:"projectId"`
	Name        string          `json:"name"`
	Description *string         `json:"description"`
	Metadata    json.RawMessage `json:"metadata"`
	CreatedAt   instant         `json:"createdAt"`
	UpdatedAt   instant         `json:"updatedAt"`
	*currentDataset
}

func datasetOnWire(d *catalog.Dataset) wireDataset {
	return wireDataset{
		ID: d.ID, ProjectID: d.ProjectID, Name: d.Name, Description: d.Description, Metadata: d.Metadata, CreatedAt: instant(d.CreatedAt), UpdatedAt: instant(d.UpdatedAt),
	}
}

// wireDatasetV1 is a dataset as the older routes have it: with its active items and the names of its runs.
type wireDatasetV1 struct {
	wireDataset
	Items []wireDatasetItem `json:"items"`
	Runs  []string          `json:"runs"`
}

// wireDatasetV1Row is one in a list: of its items with the ids.
type wireDatasetV1Row struct {
	wireDataset
	Items []string `json:"items"`
	Runs  []string `json:"runs"`
}

type wireDatasetItem struct {
	ID                  string          `json:"id"`
	Status              string          `json:"status"`
	Input               json.RawMessage `json:"input"`
	ExpectedOutput      json.RawMessage `json:"expectedOutput"`
	Metadata            json.RawMessage `json:"metadata"`
	SourceTraceID       orNull          `json:"sourceTraceId"`
	SourceObservationID orNull          `json:"sourceObservationId"`
	DatasetID           string          `json:"datasetId"`
	CreatedAt           instant         `json:"createdAt"`
	UpdatedAt           instant         `json:"updatedAt"`
	DatasetName         string          `json:"datasetName"`
	*currentDatasetItem
}

func datasetItemOnWire(i *catalog.DatasetItem) wireDatasetItem {
	return wireDatasetItem{
		ID: i.ID, Status: i.Status, Input: i.Input, ExpectedOutput: i.ExpectedOutput, Metadata: i.Metadata, SourceTraceID: orNull(i.SourceTraceID),
		SourceObservationID: orNull(i.SourceObservationID), DatasetID: i.DatasetID, CreatedAt: instant(i.CreatedAt), UpdatedAt: instant(i.UpdatedAt), DatasetName: i.DatasetName,
	}
}

func (c *call) postDatasetV2() { change(c, http.StatusOK, c.Catalog.PutDataset, c.datasetOnWire) }

func (c *call) getDatasetV2() {
	d, err := c.Catalog.Dataset(c.ctx(), c.access.ProjectID, c.params["name"])
	answer(c, http.StatusOK, d, err, c.datasetOnWire)
}

func (c *call) listDatasetsV2() {
	p := c.query()
	page := p.page()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.Datasets(c.ctx(), c.access.ProjectID, page.store())
	answerList(c, page, list, total, err, c.datasetOnWire)
}

// The older routes.

// maxDatasetParts is how many items and runs the older routes list of one dataset; newer ones have pages.
const maxDatasetParts = 1000

func (c *call) postDataset() {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	d, err := c.Catalog.PutDataset(c.ctx(), c.access.ProjectID, body)
	c.answerDataset(d, err)
}

func (c *call) getDataset() {
	d, err := c.Catalog.Dataset(c.ctx(), c.access.ProjectID, c.params["name"])
	c.answerDataset(d, err)
}

func (c *call) answerDataset(d *catalog.Dataset, err error) {
	var v *wireDatasetV1
	if err == nil {
		v, err = c.datasetParts(d)
	}
	answer(c, http.StatusOK, v, err, func(v *wireDatasetV1) *wireDatasetV1 { return v })
}

func (c *call) listDatasets() {
	p := c.query()
	page := p.page()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.Datasets(c.ctx(), c.access.ProjectID, page.store())
	data := make([]wireDatasetV1Row, len(list))
	for i := range list {
		var v *wireDatasetV1
		if err == nil {
			v, err = c.datasetParts(&list[i])
		}
		if err == nil {
			ids := convert(v.Items, func(item *wireDatasetItem) string { return item.ID })
			data[i] = wireDatasetV1Row{v.wireDataset, ids, v.Runs}
		}
	}
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, listing{data, page.meta(total)})
}

// datasetParts adds to a dataset what the older routes have with it.
func (c *call) datasetParts(d *catalog.Dataset) (*wireDatasetV1, error) {
	all := store.Page{Limit: maxDatasetParts}
	items, _, err := c.Catalog.DatasetItems(c.ctx(), c.access.ProjectID, catalog.ItemFilter{DatasetID: d.ID, Status: catalog.StatusActive}, all)
	if err != nil {
		return nil, err
	}
	runs, _, err := c.Catalog.DatasetRuns(c.ctx(), c.access.ProjectID, d.Name, all)
	if err != nil {
		return nil, err
	}
	v := &wireDatasetV1{c.datasetOnWire(d), convert(items, c.datasetItemOnWire), []string{}}
	for _, run := range slices.Backward(runs) { // the oldest first
		v.Runs = append(v.Runs, run.Name)
	}
	return v, nil
}

// Items.

func (c *call) postDatasetItem() {
	change(c, http.StatusOK, c.Catalog.PutDatasetItem, c.datasetItemOnWire)
}

func (c *call) getDatasetItem() {
	i, err := c.Catalog.DatasetItem(c.ctx(), c.access.ProjectID, c.params["id"])
	answer(c, http.StatusOK, i, err, c.datasetItemOnWire)
}

func (c *call) deleteDatasetItem() {
	if err := c.Catalog.DeleteDatasetItem(c.ctx(), c.access.ProjectID, c.params["id"]); err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, message{"Dataset item successfully deleted"})
}

func (c *call) listDatasetItems() {
	p := c.query()
	page := p.page()
	f := catalog.ItemFilter{DatasetName: p.text("datasetName"), SourceTraceID: p.text("sourceTraceId"), SourceObservationID: p.text("sourceObservationId")}
	p.unsupported("version")
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.DatasetItems(c.ctx(), c.access.ProjectID, f, page.store())
	answerList(c, page, list, total, err, c.datasetItemOnWire)
}
