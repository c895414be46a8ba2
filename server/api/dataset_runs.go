package api

import (
	"encoding/json"
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

type wireDatasetRun struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description *string         `json:"description"`
	Metadata    json.RawMessage `json:"metadata"`
	DatasetID   string          `json:"datasetId"`
	CreatedAt   instant         `json:"createdAt"`
	UpdatedAt   instant         `json:"updatedAt"`
	DatasetName string          `json:"datasetName"`
}

func datasetRunOnWire(r *catalog.DatasetRun) wireDatasetRun {
	return wireDatasetRun{r.ID, r.Name, r.Description, r.Metadata, r.DatasetID, instant(r.CreatedAt), instant(r.UpdatedAt), r.DatasetName}
}

type wireDatasetRunDetail struct {
	wireDatasetRun
	Items []wireDatasetRunItem `json:"datasetRunItems"`
}

type wireDatasetRunItem struct {
	ID             string  `json:"id"`
	DatasetRunID   string  `json:"datasetRunId"`
	DatasetItemID  string  `json:"datasetItemId"`
	TraceID        string  `json:"traceId"`
	ObservationID  orNull  `json:"observationId"`
	CreatedAt      instant `json:"createdAt"`
	UpdatedAt      instant `json:"updatedAt"`
	DatasetRunName string  `json:"datasetRunName"`
}

func datasetRunItemOnWire(i *catalog.DatasetRunItem) wireDatasetRunItem {
	return wireDatasetRunItem{i.ID, i.DatasetRunID, i.DatasetItemID, i.TraceID, orNull(i.ObservationID), instant(i.CreatedAt), instant(i.UpdatedAt), i.DatasetRunName}
}

func (c *call) listDatasetRuns() {
	p := c.query()
	page := p.page()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.DatasetRuns(c.ctx(), c.access.ProjectID, c.params["name"], page.store())
	answerList(c, page, list, total, err, datasetRunOnWire)
}

// maxRunItems is how many items a run is answered with; dataset-run-items has pages.
const maxRunItems = 10_000

func (c *call) getDatasetRun() {
	run, err := c.Catalog.DatasetRun(c.ctx(), c.access.ProjectID, c.params["name"], c.params["run"])
	var items []catalog.DatasetRunItem
	if err == nil {
		items, _, err = c.Catalog.RunItems(c.ctx(), c.access.ProjectID, run.ID, store.Page{Limit: maxRunItems})
	}
	answer(c, http.StatusOK, run, err, func(r *catalog.DatasetRun) wireDatasetRunDetail {
		return wireDatasetRunDetail{datasetRunOnWire(r), convert(items, datasetRunItemOnWire)}
	})
}

// deleteDatasetRun removes a run with its links and its scores; the scores first, which nobody would find without it.
func (c *call) deleteDatasetRun() {
	run, err := c.Catalog.DatasetRun(c.ctx(), c.access.ProjectID, c.params["name"], c.params["run"])
	if err == nil {
		err = c.Ingest.DeleteRunScores(c.ctx(), c.access.ProjectID, run.ID)
	}
	if err == nil {
		err = c.Catalog.DeleteDatasetRun(c.ctx(), c.access.ProjectID, c.params["name"], c.params["run"])
	}
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, message{"Dataset run successfully deleted"})
}

func (c *call) postDatasetRunItem() {
	change(c, http.StatusOK, c.Catalog.LinkRunItem, datasetRunItemOnWire)
}

func (c *call) listDatasetRunItems() {
	p := c.query()
	page := p.page()
	dataset, run := p.needed("datasetId"), p.needed("runName")
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.RunItemsOf(c.ctx(), c.access.ProjectID, dataset, run, page.store())
	answerList(c, page, list, total, err, datasetRunItemOnWire)
}
